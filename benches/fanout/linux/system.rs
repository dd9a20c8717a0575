//! CPU affinity and limits of a process, resource usage of processes and cores.

use std::time::Duration;

use procfs::process::Process;
use procfs::{Current, CurrentSI, KernelStats, LoadAverage};
use rustix::thread::{CpuSet, sched_setaffinity};

use super::Outcome;

/// Open files that a process needs in addition to its clients' sockets.
const OTHER_FILES: u64 = 64;

/// Pins this process, with all threads and children it will have, to one core, and raises its limit on open files.
pub(crate) fn prepare_process(core: usize, clients: u16) -> Outcome<()> {
    if core >= CpuSet::MAX_CPU {
        return Err(format!("core {core} does not exist").into());
    }
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).map_err(|error| format!("core {core}: {error}"))?;
    let needed = u64::from(clients) + OTHER_FILES;
    match tickcast_platform::raise_open_files_limit() {
        Some(limit) if limit < needed => Err(format!("{needed} open files needed, but the limit is {limit}").into()),
        _ => Ok(()),
    }
}

/// Resource usage of a process.
#[derive(Debug)]
pub(crate) struct ProcessStats(Process);

impl ProcessStats {
    /// The process with this id.
    pub(crate) fn of(id: u32) -> Outcome<Self> {
        Ok(Self(Process::new(id.try_into()?)?))
    }

    /// CPU time used so far, in user and kernel mode, with a resolution of about 10 ms.
    pub(crate) fn cpu_time(&self) -> Outcome<Duration> {
        let stat = self.0.stat()?;
        duration(stat.utime + stat.stime)
    }

    /// Resident memory.
    pub(crate) fn resident_bytes(&self) -> Outcome<u64> {
        Ok(self.0.status()?.vmrss.ok_or("resident memory is unknown")? << 10)
    }

    /// Number of open files and sockets.
    pub(crate) fn open_files(&self) -> Outcome<usize> {
        Ok(self.0.fd_count()?)
    }
}

/// The time since boot in which a core was not idle, including time stolen by a hypervisor. Waiting for I/O counts as idle.
pub(crate) fn core_busy(core: usize) -> Outcome<Duration> {
    let stats = KernelStats::current()?;
    let times = stats.cpu_time.get(core).ok_or("the core does not exist")?;
    let interrupts = times.irq.unwrap_or_default() + times.softirq.unwrap_or_default();
    duration(times.user + times.nice + times.system + interrupts + times.steal.unwrap_or_default())
}

/// The load average of the last minute.
pub(crate) fn load_average() -> Outcome<f64> {
    Ok(LoadAverage::current()?.one.into())
}

/// Converts CPU time from clock ticks, the unit of the operating system.
fn duration(clock_ticks: u64) -> Outcome<Duration> {
    Ok(Duration::from_secs(clock_ticks) / u32::try_from(procfs::ticks_per_second())?)
}
