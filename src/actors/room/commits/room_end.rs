//! Ends a room in its store.

use std::sync::Arc;
use std::time::Duration;

use actix::Arbiter;
use log::warn;
use tickcast_store::{Epoch, MatchId, Operation, StayEvent, Store, StoreError, Write};
use tokio::time::sleep;

/// Interval between attempts to end a room while the queue of the store is full.
const RETRY_INTERVAL: Duration = Duration::from_secs(1);
/// Maximum number of attempts. Clients can open and close rooms while the store accepts nothing, and each of these rooms
/// takes memory until the last attempt. A store that accepts nothing for ten minutes does not recover.
const ATTEMPTS_MAX: u32 = 600;

/// Writes the end of a room to its store. If the store rejects this write, the room's actor no longer exists. A task on the
/// room's thread therefore repeats the write. Otherwise, the room would stay open in the store until the next start of the
/// server.
#[derive(Clone)]
pub(super) struct EndRecord {
    pub(super) store: Arc<dyn Store>,
    pub(super) room: MatchId,
    pub(super) epoch: Epoch,
    pub(super) operation: Operation,
    pub(super) stays: Vec<StayEvent>,
    /// Number of attempts that the store has rejected.
    pub(super) attempts: u32,
}

impl EndRecord {
    /// Ends the room. If too many writes are waiting in the store, tries again later. Does not wait for the result.
    pub(super) fn submit(self) {
        // There is no arbiter if the server has stopped. The next server then finds the room open and empty, and closes it.
        let (thread, next) = (Arbiter::try_current(), Self { attempts: self.attempts + 1, ..self.clone() });
        let done = Box::new(move |result| match thread {
            Some(thread) if result == Err(StoreError::QueueFull) => next.submit_later(&thread),
            _ => {}
        });
        let Self { store, room, epoch, operation, stays, .. } = self;
        store.submit(Write { room, epoch, operation, index: None, stays, listing: None, done });
    }

    fn submit_later(self, thread: &actix::ArbiterHandle) {
        if self.attempts == ATTEMPTS_MAX {
            return warn!("match {} remains open in the store, because too many writes are waiting", self.room);
        }
        // Spawning fails if the thread has ended.
        let _ = thread.spawn(async {
            sleep(RETRY_INTERVAL).await;
            self.submit();
        });
    }
}
