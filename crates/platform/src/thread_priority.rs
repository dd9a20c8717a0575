//! Priority of threads.

/// Gives the calling thread the lowest priority: it gets little CPU time while other threads need it. Threads that it starts
/// inherit the priority.
pub fn lower_thread_priority() {
    // Elsewhere, the nice value belongs to the whole process.
    #[cfg(target_os = "linux")]
    {
        // If the system refuses, the thread keeps its priority, and everything works nevertheless.
        let _ = rustix::process::nice(19);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn only_the_calling_thread_gets_a_lower_priority() {
        let priority = || rustix::process::nice(0).expect("the priority can be read");
        let before = priority();
        let lowered = std::thread::spawn(move || {
            lower_thread_priority();
            priority()
        });
        assert_eq!(lowered.join().expect("the thread does not panic"), 19);
        assert_eq!(priority(), before);
    }
}
