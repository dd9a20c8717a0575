//! The Rust clients of this repository pass an examination over real sockets.

use std::thread;

use clap::Parser;
use tickcast_arena::Arena;
use tickcast_bots::{BotsOptions, Brains};
use tickcast_conformance::{ConformanceOptions, ConformanceServer, Report};
use tickcast_protocol::CloseReason;

/// Seconds for which a client plays. The examination takes less time.
const SECONDS: u32 = 42;

#[path = "../examples/play.rs"]
#[allow(dead_code, unreachable_pub, unused_qualifications, reason = "an example is a program, and is tested as a module")]
mod play;
#[path = "../examples/watch.rs"]
#[allow(dead_code, unreachable_pub, unused_qualifications, reason = "an example is a program, and is tested as a module")]
mod watch;

#[derive(Parser)]
struct Bots {
    #[command(flatten)]
    options: BotsOptions,
}

#[derive(Parser)]
struct Conformance {
    #[command(flatten)]
    options: ConformanceOptions,
}

/// Flags that skip the examination of reconnecting. The Rust examples play on one connection and never reconnect.
const ONE_CONNECTION: [&str; 2] = ["--skip", "reconnects"];

/// Starts an examination and calls `client` with its URL. Returns the report.
fn examine(flags: &[&str], client: impl FnOnce(String) + Send + 'static) -> Report {
    let flags = [&["conformance", "--listen", "127.0.0.1:0"], flags].concat();
    let server = ConformanceServer::bind(&Conformance::parse_from(flags).options).expect("a port is free");
    let url = format!("ws://{}/ws?room=conformance", server.address());
    let client = thread::spawn(|| client(url));
    let report = server.run().expect("the server runs");
    client.join().expect("the client does not panic");
    report
}

#[test]
fn bots_pass_the_examination() {
    let report = examine(&[], |url| {
        let seconds = SECONDS.to_string();
        let url = url.split('?').next().expect("a split has at least one part");
        let flags = ["bots", "--count", "1", "--lead", "auto", "--seconds", &seconds, "--url", url];
        tickcast_bots::run(&Bots::parse_from(flags).options, Brains::<Arena>::of_game()).expect("the bot joins");
    });
    assert!(report.passed, "{report}");
}

#[test]
fn the_rust_example_passes_the_examination() {
    let report = examine(&ONE_CONNECTION, |url| {
        let closed = play::play(&url, SECONDS).err().expect("the server ends the connection").to_string();
        assert!(closed.contains("4008"), "{closed}");
    });
    assert!(report.passed, "{report}");
}

#[test]
fn the_rust_spectator_passes_the_examination() {
    let report = examine(&ONE_CONNECTION, |url| {
        let reason = watch::watch(&url).expect("the server closes the connection");
        assert_eq!(reason, CloseReason::SessionReplaced.text());
    });
    assert!(report.passed, "{report}");
}
