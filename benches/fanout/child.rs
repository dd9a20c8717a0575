//! A server in a process of its own.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

use crate::Outcome;
use crate::options::Part;
use crate::process::Process;

/// A server in a process of its own, which ends when this is dropped, and by itself when the benchmark dies.
#[derive(Debug)]
pub(crate) struct Child {
    process: std::process::Child,
    address: SocketAddr,
}

impl Child {
    /// Starts this program once more, as that server, with the same options.
    pub(crate) fn start(part: Part, frame_bytes: usize) -> Outcome<Self> {
        let part = if part == Part::Tickcast { "tickcast" } else { "floor" };
        let mut process = Command::new(std::env::current_exe()?)
            .args(std::env::args_os().skip(1))
            .args(["--part", part, "--frame-bytes", &frame_bytes.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut line = String::new();
        let told = BufReader::new(process.stdout.take().expect("it is piped")).read_line(&mut line);
        // From here on, dropping it ends the process.
        let mut child = Self { process, address: SocketAddr::from(([127, 0, 0, 1], 0)) };
        told?;
        child.address = line.trim().parse().map_err(|_| "the server did not start")?;
        Ok(child)
    }

    /// Where it listens.
    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the operating system knows about it.
    pub(crate) fn process(&self) -> Process {
        Process::new(self.process.id())
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Whether it is gone already or not: it is waited for.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Within the child: says where it listens, and ends it when its parent is gone.
pub(crate) fn announce(address: SocketAddr) -> Outcome<()> {
    println!("{address}");
    std::io::stdout().flush()?;
    std::thread::spawn(|| {
        // Nothing is ever written there: reading ends when the parent does.
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    Ok(())
}
