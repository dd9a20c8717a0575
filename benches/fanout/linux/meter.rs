//! Resource usage of a server while its clients play.

use std::net::SocketAddr;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::Outcome;
use super::lateness::{Lateness, TickLateness};
use super::options::FanoutOptions;
use super::system::{self, ProcessStats};

/// Time between the last connection and the start of the measurement. After the measurement, the clients continue to play
/// for the same time.
pub(crate) const MARGIN: Duration = Duration::from_secs(3);
/// Interval between checks whether all clients are connected.
const CONNECT_POLL_INTERVAL: Duration = Duration::from_millis(100);
/// Time limit within which all clients must connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(120);

/// Resource usage of a server during a measurement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    /// Load of the servers' core and of the clients' core.
    pub(crate) cores: CoreLoads,
    /// Resident memory with all clients connected.
    pub(crate) resident_bytes: u64,
    /// Resident memory without clients.
    pub(crate) resident_bytes_before: u64,
    /// Lateness of the ticks while the clients joined, if the server exports it.
    pub(crate) lateness_joining: Option<TickLateness>,
    /// Lateness of the ticks during the measurement, if the server exports it.
    pub(crate) lateness: Option<TickLateness>,
}

/// Load of the servers' core and of the clients' core, from 0 to 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CoreLoads {
    /// Share of the servers' core used by the server.
    pub(crate) server: f64,
    /// Share of the servers' core used by other processes. If it is high, the measurement is not reliable.
    pub(crate) others: f64,
    /// Load of the clients' core. If this load is near 1, the clients may be the bottleneck.
    pub(crate) clients: f64,
}

/// Measures a server process on a separate thread, while another thread runs the clients.
pub(crate) struct Meter(JoinHandle<Outcome<Usage>>);

impl Meter {
    /// Starts the thread. The thread waits until all clients have connected, and then measures.
    pub(crate) fn start(process: ProcessStats, metrics: Option<SocketAddr>, options: &FanoutOptions) -> Outcome<Self> {
        let resident_bytes_before = process.resident_bytes()?;
        let open_files = process.open_files()? + usize::from(options.clients());
        let duration = Duration::from_secs(options.seconds.into());
        let (server_core, client_core) = (options.server_core, options.client_core);
        let fetch_lateness = move || metrics.map(Lateness::fetch).transpose();
        let unused = fetch_lateness()?;
        Ok(Self(thread::spawn(move || {
            wait_for_open_files(&process, open_files)?;
            thread::sleep(MARGIN);
            let joined = fetch_lateness()?;
            let before = Sample::take(&process, server_core, client_core)?;
            thread::sleep(duration);
            let cores = Sample::take(&process, server_core, client_core)?.since(&before);
            let measured = fetch_lateness()?;
            let lateness_joining = joined.as_ref().zip(unused).map(|(joined, unused)| joined.since(&unused));
            let lateness = measured.zip(joined).map(|(measured, joined)| measured.since(&joined));
            Ok(Usage {
                cores,
                resident_bytes: process.resident_bytes()?,
                resident_bytes_before,
                lateness_joining,
                lateness,
            })
        })))
    }

    /// Waits for the end of the measurement.
    pub(crate) fn finish(self) -> Outcome<Usage> {
        self.0.join().map_err(|_| "the meter has panicked")?
    }
}

/// CPU times at one moment.
struct Sample {
    at: Instant,
    server: Duration,
    server_core: Duration,
    client_core: Duration,
}

impl Sample {
    fn take(process: &ProcessStats, server_core: usize, client_core: usize) -> Outcome<Self> {
        Ok(Self {
            at: Instant::now(),
            server: process.cpu_time()?,
            server_core: system::core_busy(server_core)?,
            client_core: system::core_busy(client_core)?,
        })
    }

    fn since(&self, before: &Self) -> CoreLoads {
        let elapsed = (self.at - before.at).as_secs_f64();
        let load = |time: fn(&Self) -> Duration| time(self).saturating_sub(time(before)).as_secs_f64() / elapsed;
        let server = load(|sample| sample.server);
        let others = (load(|sample| sample.server_core) - server).max(0.0);
        CoreLoads { server, others, clients: load(|sample| sample.client_core) }
    }
}

/// Waits until the server has this many open files. Each connected client adds one socket.
fn wait_for_open_files(process: &ProcessStats, open_files: usize) -> Outcome<()> {
    let start = Instant::now();
    while process.open_files()? < open_files {
        if start.elapsed() > CONNECT_TIMEOUT {
            return Err("not all clients have connected".into());
        }
        thread::sleep(CONNECT_POLL_INTERVAL);
    }
    Ok(())
}
