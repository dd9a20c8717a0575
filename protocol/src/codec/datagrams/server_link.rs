//! The server's side of a connection with datagrams.

use super::bundle::{Bundle, BundleHeader, InvalidBundle};
use super::repeater::Repeater;
use super::sequencer::Sequencer;
use crate::units::Tick;

/// The server's side of one connection: snapshots to send, and numbers of client messages received.
///
/// Memory: at most 3 KiB. After a snapshot larger than a datagram, a buffer of its size is freed at once.
#[derive(Clone, Debug, Default)]
pub struct ServerLink {
    epoch: u8,
    /// Tick of the newest snapshot.
    sent: Tick,
    /// Newest tick that the client has acknowledged in this epoch.
    acknowledged: Option<Tick>,
    snapshots: Repeater,
    client_messages: Sequencer,
}

impl ServerLink {
    /// Records that a full snapshot is sent over the stream. It begins a new epoch.
    pub fn push_full(&mut self, tick: Tick) {
        self.epoch = self.epoch.wrapping_add(1);
        self.sent = tick;
        self.acknowledged = None;
        self.snapshots.restart(tick.0 as u16);
    }

    /// Adds the delta snapshot of the next tick. What does not fit into datagrams is appended to `stream`, as one message
    /// that the caller sends over the stream.
    pub fn push_delta(&mut self, snapshot: &[u8], stream: &mut Vec<u8>) {
        self.sent = self.sent.next();
        self.snapshots.push(snapshot, self.header(), stream);
    }

    /// Appends the datagram to send after [`Self::push_delta`]. It contains all snapshots that are neither acknowledged nor
    /// spilled.
    pub fn write_datagram(&self, bytes: &mut Vec<u8>) {
        self.snapshots.write(self.header(), bytes);
    }

    /// Handles a bundle that arrived as a datagram or over the stream. Passes new client messages to `deliver`, in order.
    /// Returns the tick that the client acknowledges, if it is newer than those acknowledged before.
    ///
    /// # Errors
    /// [`InvalidBundle`]. Nothing was delivered.
    pub fn handle_bundle(&mut self, bytes: &[u8], deliver: impl FnMut(&[u8])) -> Result<Option<Tick>, InvalidBundle> {
        let bundle = Bundle::decode(bytes)?;
        let acknowledged = self.handle_acknowledgement(bundle.header)?;
        self.client_messages.handle(&bundle, deliver);
        Ok(acknowledged)
    }

    fn handle_acknowledgement(&mut self, header: BundleHeader) -> Result<Option<Tick>, InvalidBundle> {
        if header.epoch != self.epoch {
            return Ok(None);
        }
        if !self.snapshots.acknowledge(header.acknowledged) {
            return Err(InvalidBundle);
        }
        let age = (self.sent.0 as u16).wrapping_sub(header.acknowledged);
        let tick = self.sent.plus(-i32::from(age));
        let is_newer = self.acknowledged.is_none_or(|acknowledged| tick.is_newer_than(acknowledged));
        self.acknowledged = if is_newer { Some(tick) } else { self.acknowledged };
        Ok(is_newer.then_some(tick))
    }

    const fn header(&self) -> BundleHeader {
        BundleHeader { epoch: self.epoch, acknowledged: self.client_messages.newest(), newest: self.snapshots.newest() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acknowledgement(epoch: u8, acknowledged: u16) -> [u8; 6] {
        let [low, high] = acknowledged.to_le_bytes();
        [0x80, epoch, low, high, 0, 0]
    }

    fn link(first: Tick, deltas: usize) -> ServerLink {
        let mut link = ServerLink::default();
        link.push_full(first);
        for _ in 0..deltas {
            link.push_delta(b"x", &mut Vec::new());
        }
        link
    }

    #[test]
    fn an_acknowledged_number_is_the_low_half_of_a_recent_tick() {
        let mut link = link(Tick(0x2_fffe), 4);
        let mut acknowledge = |number| link.handle_bundle(&acknowledgement(1, number), |_| unreachable!());
        assert_eq!(acknowledge(0xfffe), Ok(Some(Tick(0x2_fffe))));
        assert_eq!(acknowledge(1), Ok(Some(Tick(0x3_0001))));
        assert_eq!(acknowledge(0), Ok(None), "older");
        assert_eq!(acknowledge(3), Err(InvalidBundle), "not sent yet");
    }

    #[test]
    fn an_acknowledgement_of_an_earlier_epoch_has_no_effect() {
        let mut link = link(Tick(7), 3);
        link.push_full(Tick(5));
        link.push_delta(b"x", &mut Vec::new());
        assert_eq!(link.handle_bundle(&acknowledgement(1, 10), |_| unreachable!()), Ok(None));
        assert_eq!(link.handle_bundle(&acknowledgement(2, 6), |_| unreachable!()), Ok(Some(Tick(6))));
    }
}
