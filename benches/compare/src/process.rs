//! A server in a child process, and the resource usage of processes and cores.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use procfs::process::Process;
use procfs::{CurrentSI, KernelStats};
use rustix::thread::{CpuSet, sched_setaffinity};

use crate::Outcome;
use crate::options::RunOptions;
use crate::peer::Peer;

/// Time limit within which a server must accept connections.
const START_TIMEOUT: Duration = Duration::from_secs(20);
/// Time after the start in which a server finishes its initialization, before its memory is measured.
const SETTLE_TIME: Duration = Duration::from_secs(1);

/// A server. Dropping this value kills the process.
pub(crate) struct ServerProcess {
    child: Child,
    process: Process,
    pub(crate) address: SocketAddr,
}

impl ServerProcess {
    /// Starts a server on its core, and waits until it accepts connections.
    pub(crate) fn start(peer: Peer, options: &RunOptions) -> Outcome<Self> {
        let address = free_address()?;
        let server = peer.command(address.port(), options)?;
        let child = Command::new("taskset")
            .args(["-c", &options.server_core.to_string()])
            .arg(server.get_program())
            .args(server.get_args())
            .envs(server.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let process = Process::new(child.id().try_into()?)?;
        let server = Self { child, process, address };
        server.wait_until_it_listens(peer)?;
        std::thread::sleep(SETTLE_TIME);
        Ok(server)
    }

    fn wait_until_it_listens(&self, peer: Peer) -> Outcome<()> {
        let start = Instant::now();
        while TcpStream::connect(self.address).is_err() {
            if start.elapsed() > START_TIMEOUT {
                return Err(format!("{} did not start", peer.name()).into());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Resident memory.
    pub(crate) fn resident_bytes(&self) -> Outcome<u64> {
        Ok(self.process.status()?.vmrss.ok_or("resident memory is unknown")? << 10)
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // A failure cannot be handled here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU times at one moment.
pub(crate) struct CpuSample {
    at: Instant,
    server: Duration,
    generator: Duration,
    server_core: Duration,
}

/// Mean load between two samples, in cores.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CpuLoad {
    /// CPU time of the server process in seconds.
    pub(crate) server_s: f64,
    pub(crate) server: f64,
    pub(crate) generator: f64,
    /// Share of the server's core used by other processes.
    pub(crate) others: f64,
}

impl CpuSample {
    pub(crate) fn take(server: &ServerProcess, server_core: usize) -> Outcome<Self> {
        Ok(Self {
            at: Instant::now(),
            server: cpu_time(&server.process)?,
            generator: cpu_time(&Process::myself()?)?,
            server_core: core_busy(server_core)?,
        })
    }

    pub(crate) fn since(&self, before: &Self) -> CpuLoad {
        let elapsed = (self.at - before.at).as_secs_f64();
        let used = |time: fn(&Self) -> Duration| time(self).saturating_sub(time(before)).as_secs_f64();
        let server_s = used(|sample| sample.server);
        let others = (used(|sample| sample.server_core) - server_s).max(0.0) / elapsed;
        CpuLoad { server_s, server: server_s / elapsed, generator: used(|sample| sample.generator) / elapsed, others }
    }
}

/// Pins this process to a core.
pub(crate) fn pin_to(core: usize) -> Outcome<()> {
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).map_err(|error| format!("core {core}: {error}").into())
}

fn free_address() -> Outcome<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// CPU time of all threads so far, in user and kernel mode, with a resolution of nanoseconds (`/proc/PID/stat` has 10 ms).
fn cpu_time(process: &Process) -> Outcome<Duration> {
    let mut nanoseconds = 0;
    for task in process.tasks()? {
        nanoseconds += task?.schedstat()?.sum_exec_runtime;
    }
    Ok(Duration::from_nanos(nanoseconds))
}

/// The time since boot in which a core was not idle.
fn core_busy(core: usize) -> Outcome<Duration> {
    let stats = KernelStats::current()?;
    let times = stats.cpu_time.get(core).ok_or("the core does not exist")?;
    let interrupts = times.irq.unwrap_or_default() + times.softirq.unwrap_or_default();
    from_clock_ticks(times.user + times.nice + times.system + interrupts + times.steal.unwrap_or_default())
}

fn from_clock_ticks(ticks: u64) -> Outcome<Duration> {
    Ok(Duration::from_secs(ticks) / u32::try_from(procfs::ticks_per_second())?)
}
