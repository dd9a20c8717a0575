//! Whether the server should receive more players.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use super::Load;

/// The health of a server, shared by its threads.
pub struct Health {
    is_shutting_down: AtomicBool,
    unsaved_rooms: AtomicUsize,
    has_store_failed: AtomicBool,
    store_failure: Notify,
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
    /// The server should receive more players, but some rooms would not survive a restart, because the store fails.
    Unsaved,
}

impl Health {
    /// The health of a server without registered threads. `thread_cpu_time` returns the CPU time of the calling thread.
    #[must_use]
    pub fn new(thread_cpu_time: fn() -> Duration) -> Self {
        Self {
            is_shutting_down: AtomicBool::new(false),
            unsaved_rooms: AtomicUsize::new(0),
            has_store_failed: AtomicBool::new(false),
            store_failure: Notify::new(),
            threads: Mutex::default(),
            thread_cpu_time,
        }
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

    /// Updates [`Self::unsaved_rooms`]. `is_unsaved` is true for a room that now continues in memory because its store
    /// fails, and false for a room that is now stored again.
    pub fn count_unsaved_room(&self, is_unsaved: bool) {
        if is_unsaved {
            self.unsaved_rooms.fetch_add(1, Ordering::Relaxed);
        } else {
            self.unsaved_rooms.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Number of rooms that continue in memory because their store fails.
    #[must_use]
    pub fn unsaved_rooms(&self) -> usize {
        self.unsaved_rooms.load(Ordering::Relaxed)
    }

    /// Reports that the server must shut down because its store fails.
    pub fn report_store_failure(&self) {
        self.has_store_failed.store(true, Ordering::Release);
        self.store_failure.notify_one();
    }

    /// Waits until the server must shut down because its store fails.
    pub async fn store_failure(&self) {
        self.store_failure.notified().await;
    }

    /// Whether the server must shut down because its store fails.
    #[must_use]
    pub fn has_store_failed(&self) -> bool {
        self.has_store_failed.load(Ordering::Acquire)
    }

    /// Whether the server should receive more players.
    #[must_use]
    pub fn readiness(&self, now: Instant) -> Readiness {
        if self.is_shutting_down() {
            return Readiness::ShuttingDown;
        }
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        if threads.iter().any(|load| load.is_overloaded(now)) {
            Readiness::Overloaded
        } else if self.unsaved_rooms() > 0 {
            Readiness::Unsaved
        } else {
            Readiness::Ready
        }
    }
}

impl fmt::Debug for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Health").field("is_shutting_down", &self.is_shutting_down).finish_non_exhaustive()
    }
}
