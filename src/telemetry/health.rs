//! Whether the server should receive more players.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Load;

/// The health of a server, shared by its threads.
pub struct Health {
    is_shutting_down: AtomicBool,
    threads: Mutex<Vec<Arc<Load>>>,
    /// Returns the CPU time of the calling thread. Tests in virtual time replace this function.
    thread_cpu_time: fn() -> Duration,
}

/// Whether the server should receive more players.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Readiness {
    /// The server should receive more players.
    Ready,
    /// The server is shutting down.
    ShuttingDown,
    /// One of the server's threads is overloaded.
    Overloaded,
}

impl Health {
    /// The health of a server without registered threads. `thread_cpu_time` returns the CPU time of the calling thread.
    #[must_use]
    pub fn new(thread_cpu_time: fn() -> Duration) -> Self {
        Self { is_shutting_down: AtomicBool::new(false), threads: Mutex::default(), thread_cpu_time }
    }

    /// Registers a thread. The thread reports its load to the returned value.
    pub fn register_thread(&self) -> Arc<Load> {
        let load = Arc::new(Load::new(self.thread_cpu_time));
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&load));
        load
    }

    /// Records that shutdown has begun.
    pub fn begin_shutdown(&self) {
        self.is_shutting_down.store(true, Ordering::Release);
    }

    /// Whether shutdown has begun.
    #[must_use]
    pub fn is_shutting_down(&self) -> bool {
        self.is_shutting_down.load(Ordering::Acquire)
    }

    /// Whether the server should receive more players.
    #[must_use]
    pub fn readiness(&self, now: Instant) -> Readiness {
        if self.is_shutting_down() {
            return Readiness::ShuttingDown;
        }
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if threads.iter().any(|load| load.is_overloaded(now)) { Readiness::Overloaded } else { Readiness::Ready }
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").field("is_shutting_down", &self.is_shutting_down).finish_non_exhaustive()
    }
}
