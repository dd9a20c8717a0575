//! Delivery of numbered messages.

use super::bundle::Bundle;

/// Delivers each numbered message once, in order.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sequencer {
    /// Number of the newest delivered message.
    newest: u16,
}

/// What a bundle contained beyond the messages that were delivered before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sequenced {
    /// All messages up to the newest one are delivered now.
    Complete,
    /// A message that precedes the messages in the bundle is missing, so no message of the bundle was delivered.
    Hole,
}

impl Sequencer {
    /// Number of the newest delivered message.
    pub(super) const fn newest(self) -> u16 {
        self.newest
    }

    /// The next message to deliver has the number after `newest`.
    pub(super) const fn restart(&mut self, newest: u16) {
        self.newest = newest;
    }

    /// Delivers the messages of a bundle that were not delivered yet, the oldest first.
    pub(super) fn handle(&mut self, bundle: &Bundle<'_>, mut deliver: impl FnMut(&[u8])) -> Sequenced {
        let missing = bundle.header.newest.wrapping_sub(self.newest).cast_signed();
        let Ok(missing) = usize::try_from(missing) else { return Sequenced::Complete };
        let fresh: Vec<_> = bundle.messages().take(missing).collect();
        if fresh.len() < missing {
            return Sequenced::Hole;
        }
        self.newest = bundle.header.newest;
        fresh.into_iter().rev().for_each(&mut deliver);
        Sequenced::Complete
    }
}
