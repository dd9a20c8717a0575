//! What a server uses while its clients play.

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::options::FanoutOptions;
use crate::process::{self, Process};

/// How long after the last connection measuring begins, and how long the clients go on after it ends.
pub(crate) const LEAD: Duration = Duration::from_secs(3);
/// How often it is asked whether all clients are there.
const ROUND_EVERY: Duration = Duration::from_millis(100);
/// How long they may take to come.
const JOIN_TIMEOUT: Duration = Duration::from_secs(120);

/// What a server used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Used {
    /// How busy the cores were.
    pub(crate) shares: Shares,
    /// Memory in use, with all clients connected.
    pub(crate) resident_bytes: u64,
    /// Memory in use before the first one was.
    pub(crate) resident_bytes_before: u64,
}

/// How busy the cores were, from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shares {
    /// What the server used of its core.
    pub(crate) server: f64,
    /// What others used of it: with much of that, nothing here is to be trusted.
    pub(crate) others: f64,
    /// What was used of its clients' core: near 1, it may be the clients that are slow.
    pub(crate) clients: f64,
}

/// A look at a server from outside, beside the thread that plays its clients.
pub(crate) struct Meter(JoinHandle<Outcome<Used>>);

impl Meter {
    /// Waits for the clients to connect, then measures.
    pub(crate) fn start(process: Process, options: &FanoutOptions) -> Outcome<Self> {
        let resident_bytes_before = process.resident_bytes()?;
        let files = process.open_files()? + usize::from(options.clients);
        let whole = Duration::from_secs(options.seconds.into());
        let cores = [options.server_core, options.client_core];
        Ok(Self(thread::spawn(move || {
            wait_for_files(&process, files)?;
            thread::sleep(LEAD);
            let [server_core, client_core] = cores;
            let look = || -> Outcome<[Duration; 3]> {
                Ok([process.cpu_time()?, process::core_busy(server_core)?, process::core_busy(client_core)?])
            };
            let (start, before) = (Instant::now(), look()?);
            thread::sleep(whole);
            let (elapsed, after) = (start.elapsed().as_secs_f64(), look()?);
            let share = |index: usize| (after[index] - before[index]).as_secs_f64() / elapsed;
            let shares = Shares { server: share(0), others: (share(1) - share(0)).max(0.0), clients: share(2) };
            Ok(Used { shares, resident_bytes: process.resident_bytes()?, resident_bytes_before })
        })))
    }

    /// What was measured.
    pub(crate) fn finish(self) -> Outcome<Used> {
        self.0.join().map_err(|_| "the meter broke")?
    }
}

/// A server has a socket for each client.
fn wait_for_files(process: &Process, files: usize) -> Outcome<()> {
    let start = Instant::now();
    while process.open_files()? < files {
        if start.elapsed() > JOIN_TIMEOUT {
            return Err("the clients did not all connect".into());
        }
        thread::sleep(ROUND_EVERY);
    }
    Ok(())
}
