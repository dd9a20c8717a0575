//! Repeats the ends of rooms that could not be written.

use std::collections::VecDeque;

use super::Writer;
use crate::store::Write;

/// Ends of rooms, that is, writes with [`Operation::Close`](crate::Operation::Close) or
/// [`Operation::SetAside`](crate::Operation::SetAside), whose transaction failed. A room is gone when its end fails, so only
/// the writer can repeat the end. As long as a room has not ended, no row of the journal that follows the room's last
/// checkpoints can be deleted.
///
/// A room ends only once, and rooms that are not stored have no entry. There are thus at most as many entries as rooms.
pub(super) type FailedEnds = VecDeque<Write>;

/// Copies of the writes in a group that end a room. Nobody receives the results of the copies.
pub(super) fn copies_of_ends(group: &[Write]) -> Vec<Write> {
    let copy = |write: &Write| Write {
        room: write.room,
        epoch: write.epoch,
        operation: write.operation.clone(),
        index: write.index.clone(),
        stays: write.stays.clone(),
        listing: None,
        done: Box::new(drop),
    };
    group.iter().filter(|write| write.operation.is_end()).map(copy).collect()
}

impl Writer {
    /// Repeats the end that has waited for the longest time. The end has a transaction of its own, so that an end that fails
    /// again affects no other write. It then waits behind the other ends.
    pub(super) fn repeat_failed_end(&mut self) {
        if let Some(end) = self.failed_ends.pop_front() {
            self.write_group(vec![end]);
        }
    }
}
