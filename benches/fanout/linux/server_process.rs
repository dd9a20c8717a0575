//! A server in a child process.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use super::Outcome;
use super::options::{FanoutOptions, ServerKind};
use super::system::ProcessStats;

/// A server in a child process. Dropping this value kills the child. The child also exits by itself when the benchmark ends.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    child: Child,
    address: SocketAddr,
    metrics: Option<SocketAddr>,
}

impl ServerProcess {
    /// Starts this program again, as a child that runs the server `kind`. The child gets the options of this process,
    /// followed by the number of clients and the further options `others`.
    pub(crate) fn start(
        kind: ServerKind,
        options: &FanoutOptions,
        others: impl IntoIterator<Item = OsString>,
    ) -> Outcome<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .args(["--part", kind.name()])
            .args(["--current", &options.clients().to_string()])
            .args(others)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let read = BufReader::new(child.stdout.take().expect("stdout is piped")).read_line(&mut line);
        // From here on, dropping `server` kills the child.
        let mut server = Self { child, address: SocketAddr::from(([127, 0, 0, 1], 0)), metrics: None };
        read?;
        let mut addresses = line.split_whitespace().map(str::parse);
        server.address = addresses.next().and_then(Result::ok).ok_or("the server did not start")?;
        server.metrics = addresses.next().transpose()?;
        Ok(server)
    }

    /// The address at which the server exports metrics. `None` if the server exports none.
    pub(crate) const fn metrics(&self) -> Option<SocketAddr> {
        self.metrics
    }

    /// The address of the server's listener.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Resource usage of the child.
    pub(crate) fn stats(&self) -> Outcome<ProcessStats> {
        ProcessStats::of(self.child.id())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // A failure cannot be handled here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Called in the child. Prints the addresses for the parent, and makes the child exit as soon as the parent ends.
pub(crate) fn announce(address: SocketAddr, metrics: Option<SocketAddr>) -> Outcome<()> {
    println!("{address} {}", metrics.map(|address| address.to_string()).unwrap_or_default());
    std::io::stdout().flush()?;
    std::thread::spawn(|| {
        // Nothing is ever written to stdin: the read returns when the parent ends.
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    Ok(())
}
