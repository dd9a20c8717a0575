//! Whether the server should be sent more players.

pub mod load;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use load::Load;

/// What the threads of a server know of its health.
#[derive(Debug, Default)]
pub struct Health {
    is_draining: AtomicBool,
    threads: Mutex<Vec<Arc<Load>>>,
}

/// Whether the server should be sent more players.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// It should.
    Ready,
    /// It is about to stop.
    Draining,
    /// A thread of it has more to do than it can.
    Overloaded,
}

impl Health {
    /// The load of one more thread, for that thread to report.
    pub fn watch(&self) -> Arc<Load> {
        let load = Arc::<Load>::default();
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&load));
        load
    }

    /// The server is about to stop.
    pub fn drain(&self) {
        self.is_draining.store(true, Ordering::Release);
    }

    /// Whether the server is about to stop.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.is_draining.load(Ordering::Acquire)
    }

    /// Whether the server should be sent more players.
    #[must_use]
    pub fn readiness(&self, now: Instant) -> Readiness {
        let threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        match () {
            () if self.is_draining() => Readiness::Draining,
            () if threads.iter().any(|load| load.is_over(now)) => Readiness::Overloaded,
            () => Readiness::Ready,
        }
    }
}
