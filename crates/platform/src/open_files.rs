//! Open files and sockets of this process, and their limit.

/// Raises the soft limit on open files and sockets to the hard limit. Returns the new soft limit, or `None` if the number
/// is not limited.
#[must_use]
pub fn raise_open_files_limit() -> Option<u64> {
    #[cfg(unix)]
    {
        // If the system refuses, the old limit remains in effect, and `open_files_max` returns it.
        let _ = rlimit::increase_nofile_limit(u64::MAX);
    }
    open_files_max()
}

/// The soft limit on open files and sockets, or `None` if the number is not limited.
#[must_use]
pub fn open_files_max() -> Option<u64> {
    #[cfg(unix)]
    {
        rlimit::getrlimit(rlimit::Resource::NOFILE).ok().map(|(soft, _)| soft).filter(|soft| *soft != rlimit::INFINITY)
    }
    #[cfg(not(unix))]
    {
        None
    }
}

/// The number of open files and sockets, or `None` where the system does not report it.
#[must_use]
pub fn open_files() -> Option<usize> {
    std::fs::read_dir("/dev/fd").ok().map(Iterator::count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_streams_are_open_files() {
        assert!(open_files().is_none_or(|files| files >= 3));
    }
}
