//! The HTTP fallback over real sockets. `tests/virtual_time/http_fallback.rs` tests its rules.

use clap::Parser;
use tickcast_arena::Arena;
use tickcast_bots::{BotsOptions, Brains, Report};

use crate::test_server::{TestServer, room_options};

#[derive(Parser)]
struct Command {
    #[command(flatten)]
    options: BotsOptions,
}

/// The options of eight bots that play for a second.
pub fn bots_options(server: &TestServer, flags: &[&str]) -> BotsOptions {
    let url = format!("ws://{}/ws", server.address());
    let common = ["bots", "--url", &url, "--count", "8", "--seconds", "1"];
    Command::try_parse_from([&common, flags].concat()).expect("the flags are valid").options
}

pub fn run_bots(server: &TestServer, flags: &[&str]) -> Report {
    tickcast_bots::run(&bots_options(server, flags), Brains::<Arena>::of_game()).expect("the bots play")
}

#[test]
fn bots_play_over_http_on_several_workers() {
    let server = TestServer::arena(room_options());
    let report = run_bots(&server, &["--transport", "http", "--inputs-per-second", "30"]);
    assert_eq!((report.connected, report.failed, report.disconnects), (8, 0, 0), "{report}");
    assert_eq!((report.desyncs, report.decode_errors), (0, 0), "{report}");
    assert!(report.snapshots_received > 0 && report.input_latency_ms.p50 > 0.0, "{report}");
}
