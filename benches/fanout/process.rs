//! Where the operating system lets a process run, and how busy its cores are.

use std::fs;
use std::time::Duration;

use rustix::param::clock_ticks_per_second;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_setaffinity};

pub(crate) use tickcast::process::Process;

use crate::Outcome;

/// How many descriptors a process needs beside its clients' sockets.
const DESCRIPTORS_BESIDE: u64 = 64;

/// Keeps this process, with all threads and children it will have, on one core; and makes room for its clients' sockets.
pub(crate) fn settle(core: usize, clients: u16) -> Outcome<()> {
    if core >= CpuSet::MAX_CPU {
        return Err("there is no such core".into());
    }
    let mut cores = CpuSet::new();
    cores.set(core);
    sched_setaffinity(None, &cores).map_err(|error| format!("core {core}: {error}"))?;
    let needed = u64::from(clients) + DESCRIPTORS_BESIDE;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        let raised = Rlimit { current: Some(needed), ..limit };
        setrlimit(Resource::Nofile, raised).map_err(|error| format!("{needed} open files: {error}"))?;
    }
    Ok(())
}

/// The time a core has spent on anything at all since the machine started.
pub(crate) fn core_busy(core: usize) -> Outcome<Duration> {
    let stat = fs::read_to_string("/proc/stat")?;
    let name = format!("cpu{core} ");
    let line = stat.lines().find_map(|line| line.strip_prefix(&name)).ok_or("there is no such core")?;
    let times: Vec<u64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    // proc_stat(5): user, nice, system, idle, waiting for a disk, interrupts, soft interrupts, stolen by the host; then guests.
    let busy: u64 = times.iter().take(8).sum::<u64>() - times[3] - times[4];
    in_seconds(busy)
}

/// The clock ticks that the kernel counts processor time in.
fn in_seconds(clock_ticks: u64) -> Outcome<Duration> {
    Ok(Duration::from_secs(clock_ticks) / u32::try_from(clock_ticks_per_second())?)
}

/// How busy the whole machine has been in the last minute.
pub(crate) fn load_average() -> Outcome<f64> {
    Ok(fs::read_to_string("/proc/loadavg")?.split_whitespace().next().ok_or("no load average")?.parse()?)
}
