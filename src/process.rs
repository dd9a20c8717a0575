//! What the operating system knows about a process, as `/proc` tells it; nothing where there is no such thing.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use rustix::param::clock_ticks_per_second;

/// A process, looked at through `/proc`.
#[derive(Clone, Debug)]
pub struct Process {
    folder: PathBuf,
}

impl Process {
    /// The process of that number.
    #[must_use]
    pub fn new(id: u32) -> Self {
        Self { folder: format!("/proc/{id}").into() }
    }

    /// This process.
    #[must_use]
    pub fn this() -> Self {
        Self { folder: "/proc/self".into() }
    }

    /// The processor time it has used, its own and the kernel's for it, to a hundredth of a second.
    ///
    /// # Errors
    /// When the process is gone, or the system tells nothing.
    pub fn cpu_time(&self) -> io::Result<Duration> {
        let stat = fs::read_to_string(self.folder.join("stat"))?;
        let ticks = processor_ticks(&stat).ok_or_else(|| io::Error::other("a short stat"))?;
        let ticks_per_second = u32::try_from(clock_ticks_per_second()).map_err(io::Error::other)?;
        Ok(Duration::from_secs(ticks) / ticks_per_second)
    }

    /// How much of its memory is in use.
    ///
    /// # Errors
    /// When the process is gone, or the system tells nothing.
    pub fn resident_bytes(&self) -> io::Result<u64> {
        let status = fs::read_to_string(self.folder.join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kibibytes.map(|kibibytes| kibibytes << 10).ok_or_else(|| io::Error::other("no memory is told"))
    }

    /// How many files and sockets it has open.
    ///
    /// # Errors
    /// When the process is gone, or the system tells nothing.
    pub fn open_files(&self) -> io::Result<usize> {
        Ok(fs::read_dir(self.folder.join("fd"))?.count())
    }
}

/// `proc_pid_stat(5)`: the name may hold anything and ends with the last parenthesis; the fields 14 and 15 are wanted.
fn processor_ticks(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11).map(str::parse::<u64>);
    let (user, system) = fields.next().zip(fields.next())?;
    Some(user.ok()? + system.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_spaces_and_parentheses() {
        let stat = "7 (a) b c) S 1 7 7 0 -1 4194304 100 0 0 0 23 19 0 0 20 0 1 0";
        assert_eq!(processor_ticks(stat), Some(42));
        assert_eq!(processor_ticks("7 (a) S 1"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_uses_memory_files_and_time() {
        let this = Process::this();
        assert!(this.resident_bytes().is_ok_and(|bytes| bytes > 1 << 20));
        assert!(this.open_files().is_ok_and(|files| files >= 3));
        assert!(this.cpu_time().is_ok());
    }
}
