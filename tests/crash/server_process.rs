//! A `tickcast` process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running server, which is killed when it is dropped.
pub struct ServerProcess {
    child: Child,
    address: SocketAddr,
}

impl ServerProcess {
    /// Starts a server on a free port, and waits until it accepts connections. The whole world is in view of every player.
    pub fn start(data: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_tickcast"))
            .args(["--listen", "127.0.0.1:0", "--admin-listen", "off", "--workers", "2", "--tick-rate", "30"])
            .args(["--world-size", "1000", "--view-size", "2048", "--rocks", "6", "--orbs", "6", "--ai-players", "4"])
            .args(["--data-dir".as_ref(), data.as_os_str()])
            .env("RUST_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("stdout is piped"));
        stdout.read_line(&mut line).expect("the output is UTF-8");
        let (_, address) = line.trim_end().split_once("://").unwrap_or_else(|| panic!("the server prints its URL: {line}"));
        Self { child, address: address.parse().expect("an address") }
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
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
