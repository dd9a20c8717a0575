//! The program as people start it.

use std::process::{Command, Output};

/// Runs the program with a server's setting that makes no sense in its environment.
fn run(arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_tickcast"));
    program.args(arguments).env("TICKCAST_TICK_RATE", "often").output().expect("it runs")
}

#[test]
fn a_bad_setting_of_the_server_is_the_servers_alone() {
    for arguments in [&["serve"] as &[&str], &[], &["--drones", "1"]] {
        let output = run(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("--tick-rate"), "{output:?}");
    }
    // Nobody listens there: the bots have tried.
    let output = run(&["bots", "--url", "ws://127.0.0.1:9/ws", "--count", "1"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stderr).contains("not one bot got in"), "{output:?}");
    assert_eq!(run(&["attack", "--url", "ws://192.0.2.1:9/ws"]).status.code(), Some(2));
    assert_eq!(run(&["bots", "--help"]).status.code(), Some(0));
}
