//! What the operating system allows and counts.

use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

use super::BotsError;

/// How many descriptors a process needs beside the bots' sockets.
const DESCRIPTORS_BESIDE: u64 = 64;

/// Makes room for that many sockets: the usual limit is 1,024, and may be raised as far as the hard limit.
pub(super) fn allow_sockets(count: u32) -> Result<(), BotsError> {
    let needed = u64::from(count) + DESCRIPTORS_BESIDE;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= needed) {
        return Ok(());
    }
    setrlimit(Resource::Nofile, Rlimit { current: Some(needed), ..limit }).map_err(|_| {
        let most = limit.maximum.unwrap_or(needed).saturating_sub(DESCRIPTORS_BESIDE);
        BotsError::Options(format!("{count} bots need more open files than the system allows; at most {most} fit"))
    })
}

/// The processor time that this process has used, its own and the kernel's for it.
pub(super) fn cpu_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap_or_default()
}
