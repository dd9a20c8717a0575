//! Memory and CPU time used by this process.

use std::time::Duration;

use cpu_time::{ProcessTime, ThreadTime};

/// The resident memory of this process in bytes, or `None` where the system does not report it.
#[must_use]
pub fn resident_bytes() -> Option<u64> {
    memory_stats::memory_stats().map(|stats| stats.physical_mem as u64)
}

/// The CPU time of the calling thread, in user and kernel mode; 0 where the system does not report it.
#[must_use]
pub fn thread_cpu_time() -> Duration {
    ThreadTime::try_now().map(|time| time.as_duration()).unwrap_or_default()
}

/// The CPU time of this process, in user and kernel mode; 0 where the system does not report it.
#[must_use]
pub fn process_cpu_time() -> Duration {
    ProcessTime::try_now().map(|time| time.as_duration()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_process_uses_memory() {
        assert!(resident_bytes().is_none_or(|bytes| bytes > 1 << 20));
    }

    #[test]
    fn a_busy_thread_uses_cpu_time() {
        let (thread, process) = (thread_cpu_time(), process_cpu_time());
        let mut sum = 0_u64;
        while process_cpu_time() - process < Duration::from_millis(1) {
            sum = std::hint::black_box(sum + 1);
        }
        assert!(thread_cpu_time() > thread, "{sum}");
    }
}
