//! A `tickcast` process.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

/// A running server, which is killed when it is dropped.
pub struct ServerProcess {
    child: Child,
    address: SocketAddr,
    started: Instant,
}

impl ServerProcess {
    /// Starts a server on a free port with these additional arguments, and waits until it accepts connections. The whole
    /// world is in view of every player.
    pub fn start(data: &Path, arguments: &[&str]) -> Self {
        Self::start_with::<&str>(data, arguments, [])
    }

    /// Like [`ServerProcess::start`], with additional environment variables.
    pub fn start_with<V: AsRef<OsStr>>(
        data: &Path,
        arguments: &[&str],
        environment: impl IntoIterator<Item = (&'static str, V)>,
    ) -> Self {
        let started = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_tickcast"))
            .args(["--listen", "127.0.0.1:0", "--admin-listen", "off", "--workers", "2", "--tick-rate", "30"])
            .args(["--world-size", "1000", "--view-size", "2048", "--rocks", "6", "--orbs", "6", "--ai-players", "4"])
            .args(["--data-dir".as_ref(), data.as_os_str()])
            .args(arguments)
            .env("RUST_LOG", "warn")
            .envs(environment)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        stdout.read_line(&mut line).expect("the output is UTF-8");
        let (_, address) = line.trim_end().split_once("://").unwrap_or_else(|| panic!("the server prints its URL: {line}"));
        Self { child, address: address.parse().expect("an address"), started }
    }

    /// The address, and the time of the start.
    pub const fn endpoint(&self) -> (SocketAddr, Instant) {
        (self.address, self.started)
    }

    /// Kills the server with SIGKILL, and waits until it has ended.
    pub fn kill(self) {
        drop(self);
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // If the process has already ended, there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
