//! The program of {{name}}: bots play, and verify what the server sends. The page computes what the server computes.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use rules::MyGame;

const PROGRAM: &str = env!("CARGO_BIN_EXE_{{name}}");

/// A running server, which is killed when it is dropped.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn bots_play_without_desyncs() {
    let flags = ["--listen", "127.0.0.1:0", "--admin-listen", "off", "--data-dir", "off"];
    let started = Command::new(PROGRAM).args(flags).stdout(Stdio::piped()).spawn();
    let mut server = Server(started.expect("the program starts"));
    let mut line = String::new();
    let output = server.0.stdout.take().expect("the output is piped");
    BufReader::new(output).read_line(&mut line).expect("the program prints its address");
    let (_, address) = line.trim_end().split_once("://").expect("the line contains a URL");

    let url = format!("ws://{address}/ws");
    let bots = ["bots", "--url", &url, "--count", "5", "--seconds", "2", "--require", "connected==5,desyncs==0"];
    assert!(Command::new(PROGRAM).args(bots).status().expect("the program starts").success());
}

#[test]
fn the_client_in_webassembly_computes_what_the_rules_compute() {
    let [(_, module), ..] = tickcast::compiled_client!();
    tickcast_testing::examine_client::<MyGame>(module);
}
