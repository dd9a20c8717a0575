//! The program as people start it.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};

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

#[test]
fn a_secret_is_not_repeated_when_it_is_refused() {
    const SECRET: &str = "hush";
    for (arguments, variable) in [
        (&["--auth-secret", SECRET] as &[&str], None),
        (&["serve", "--auth-secret=hush"], None),
        (&["ticket", "--name", "Ada", "--auth-secret", SECRET], None),
        (&[], Some(SECRET)),
        (&["serve"], Some(SECRET)),
        (&["ticket", "--name", "Ada"], Some(SECRET)),
    ] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_tickcast"));
        program.args(arguments).envs(variable.map(|secret| ("TICKCAST_AUTH_SECRET", secret)));
        let output = program.output().expect("it runs");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains("--auth-secret: a secret has at least 16 bytes") && !said.contains(SECRET), "{said}");
    }
}

/// A server that is ended with the test.
struct Server {
    child: Child,
    log: BufReader<ChildStderr>,
}

impl Server {
    /// Starts one, and waits until it serves.
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tickcast"))
            .args(["--listen", "127.0.0.1:0", "--admin-listen", "off", "--drain-seconds", "3"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("text");
        assert!(line.starts_with("tickcast serves http://127.0.0.1:"), "{line}");
        let log = BufReader::new(child.stderr.take().expect("a pipe"));
        Self { child, log }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("it is there");
    }

    fn wait_for_log(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert_ne!(self.log.read_line(&mut line).expect("text"), 0, "it never said: {words}");
        }
    }

    fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already, unless the test has failed.
        let _ = self.child.kill();
    }
}

#[test]
fn a_signal_stops_it_well_and_a_second_one_at_once() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = Server::start();
        server.signal(signal);
        assert_eq!(server.exit_code(), Some(0), "{signal:?}");
    }
    let mut server = Server::start();
    server.signal(Signal::TERM);
    server.wait_for_log("stopping");
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code(), Some(1));
}
