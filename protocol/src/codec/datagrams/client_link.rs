//! The client's side of a connection with datagrams.

use super::bundle::{BUNDLE_TAG, Bundle, BundleHeader, InvalidBundle};
use super::repeater::Repeater;
use super::sequencer::{Sequenced, Sequencer};
use crate::codec;

/// Number of received bytes after which a client acknowledges at once, so that the server need not move snapshots to the
/// stream.
const UNACKNOWLEDGED_BYTES_MAX: usize = super::DATAGRAM_BYTES_MAX / 2;

/// The client's side of one connection. It delivers server messages in the order in which a WebSocket would deliver them.
///
/// # Use
/// - Pass each message of the stream to [`Self::handle_stream`], and each datagram to [`Self::handle_datagram`].
/// - Pass each Input to [`Self::push`], and then send a datagram. Send no Acknowledge: each datagram contains an
///   acknowledgement. Send all other messages over the stream.
/// - After datagrams have arrived, send a datagram if [`Self::is_datagram_due`].
#[derive(Clone, Debug, Default)]
pub struct ClientLink {
    epoch: u8,
    snapshots: Sequencer,
    messages: Repeater,
    /// The newest datagram whose snapshots follow a snapshot that has not arrived yet. The datagram is handled again after
    /// the next message of the stream.
    early: Vec<u8>,
    /// Number of ticks, and bytes of snapshots, that no datagram has acknowledged yet.
    unacknowledged_ticks: u32,
    unacknowledged_bytes: usize,
}

impl ClientLink {
    /// Handles a message that arrived over the stream. Passes server messages to `deliver`, in order. If the message is a
    /// bundle, these are the snapshots in it, otherwise the message itself. The snapshots of a datagram that arrived too
    /// early follow.
    ///
    /// # Errors
    /// [`InvalidBundle`]. The server does not follow the protocol.
    pub fn handle_stream(&mut self, message: &[u8], mut deliver: impl FnMut(&[u8])) -> Result<(), InvalidBundle> {
        if message.first() == Some(&BUNDLE_TAG) {
            if self.handle_bundle(message, &mut deliver)? == Sequenced::Hole {
                return Err(InvalidBundle);
            }
        } else {
            self.handle_full(message)?;
            deliver(message);
        }
        let early = std::mem::take(&mut self.early);
        if early.is_empty() { Ok(()) } else { self.handle_datagram(&early, deliver) }
    }

    /// Handles a datagram. Passes the snapshots that follow the last one to `deliver`, in order.
    ///
    /// # Errors
    /// [`InvalidBundle`]. The server does not follow the protocol.
    pub fn handle_datagram(&mut self, datagram: &[u8], deliver: impl FnMut(&[u8])) -> Result<(), InvalidBundle> {
        if self.handle_bundle(datagram, deliver)? == Sequenced::Hole {
            self.early = datagram.to_vec();
        }
        Ok(())
    }

    /// Adds a message that is repeated until the server acknowledges it. What does not fit into datagrams is appended to
    /// `stream`, as one message that the caller sends over the stream.
    pub fn push(&mut self, message: &[u8], stream: &mut Vec<u8>) {
        self.messages.push(message, self.header(), stream);
    }

    /// Whether to send a datagram although there is no new message. True if the last message is not acknowledged, if the
    /// snapshots of `interval_ticks` ticks are unacknowledged, or if the unacknowledged snapshots have many bytes. Call it
    /// after each arrival. The interval is at most 100 ms.
    #[must_use]
    pub fn is_datagram_due(&self, interval_ticks: u32) -> bool {
        !self.messages.is_empty()
            || self.unacknowledged_ticks >= interval_ticks
            || self.unacknowledged_bytes >= UNACKNOWLEDGED_BYTES_MAX
    }

    /// Appends the datagram to send: an acknowledgement, and all messages that are neither acknowledged nor spilled.
    pub fn write_datagram(&mut self, bytes: &mut Vec<u8>) {
        (self.unacknowledged_ticks, self.unacknowledged_bytes) = (0, 0);
        self.messages.write(self.header(), bytes);
    }

    /// Begins a new epoch if the message is a full snapshot. A delta snapshot is sent only in a bundle.
    fn handle_full(&mut self, message: &[u8]) -> Result<(), InvalidBundle> {
        let Some(header) = codec::decode_snapshot_header(message).map_err(|_| InvalidBundle)? else { return Ok(()) };
        let tick = header.full.ok_or(InvalidBundle)?;
        self.epoch = self.epoch.wrapping_add(1);
        self.snapshots.restart(tick.0 as u16);
        self.record_arrival(message);
        Ok(())
    }

    /// Delivers the new snapshots of a bundle of the current epoch. Those of another epoch are outdated, or follow a full
    /// snapshot that has not arrived yet.
    fn handle_bundle(&mut self, bytes: &[u8], mut deliver: impl FnMut(&[u8])) -> Result<Sequenced, InvalidBundle> {
        let bundle = Bundle::decode(bytes)?;
        if !self.messages.acknowledge(bundle.header.acknowledged) {
            return Err(InvalidBundle);
        }
        match bundle.header.epoch.wrapping_sub(self.epoch).cast_signed() {
            0 => {}
            1.. => return Ok(Sequenced::Hole),
            _ => return Ok(Sequenced::Complete),
        }
        let mut snapshots = self.snapshots;
        let sequenced = snapshots.handle(&bundle, |snapshot| {
            self.record_arrival(snapshot);
            deliver(snapshot);
        });
        self.snapshots = snapshots;
        Ok(sequenced)
    }

    const fn record_arrival(&mut self, snapshot: &[u8]) {
        self.unacknowledged_ticks += 1;
        self.unacknowledged_bytes += snapshot.len();
    }

    const fn header(&self) -> BundleHeader {
        BundleHeader { epoch: self.epoch, acknowledged: self.snapshots.newest(), newest: self.messages.newest() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::datagrams::ServerLink;
    use crate::message::{ServerMessage, Snapshot, SnapshotHeader};
    use crate::test_game::TestGame;
    use crate::units::Tick;

    fn full(tick: Tick) -> Vec<u8> {
        let header = SnapshotHeader { full: Some(tick), ..SnapshotHeader::default() };
        codec::encode_server(&ServerMessage::Snapshot(Snapshot::<TestGame> { header, ..Snapshot::default() }))
    }

    fn datagram(server: &ServerLink) -> Vec<u8> {
        let mut bytes = Vec::new();
        server.write_datagram(&mut bytes);
        bytes
    }

    /// The messages that `handle` delivers.
    fn delivered<'a>(handle: impl FnOnce(&mut dyn FnMut(&[u8])) -> Result<(), InvalidBundle> + 'a) -> Vec<Vec<u8>> {
        let mut messages = Vec::new();
        handle(&mut |message| messages.push(message.to_vec())).expect("the bytes are valid");
        messages
    }

    #[test]
    fn a_datagram_that_overtakes_the_full_snapshot_is_handled_after_it() {
        let (mut server, mut client) = (ServerLink::default(), ClientLink::default());
        server.push_full(Tick(65_535));
        server.push_delta(b"first", &mut Vec::new());
        server.push_delta(b"second", &mut Vec::new());
        let early = datagram(&server);
        assert!(delivered(|deliver| client.handle_datagram(&early, deliver)).is_empty());
        let full = full(Tick(65_535));
        let messages = delivered(|deliver| client.handle_stream(&full, deliver));
        assert_eq!(messages, [&full[..], b"first", b"second"]);
        assert!(delivered(|deliver| client.handle_datagram(&early, deliver)).is_empty(), "delivered before");
    }

    #[test]
    fn datagrams_of_an_earlier_epoch_are_ignored() {
        let (mut server, mut client) = (ServerLink::default(), ClientLink::default());
        server.push_full(Tick(100));
        client.handle_stream(&full(Tick(100)), |_| {}).expect("the snapshot is valid");
        server.push_delta(b"outdated", &mut Vec::new());
        let outdated = datagram(&server);
        server.push_full(Tick(100));
        client.handle_stream(&full(Tick(100)), |_| {}).expect("the snapshot is valid");
        assert!(delivered(|deliver| client.handle_datagram(&outdated, deliver)).is_empty());
    }

    #[test]
    fn an_input_is_repeated_until_the_server_acknowledges_it() {
        let (mut server, mut client) = (ServerLink::default(), ClientLink::default());
        let mut received = Vec::new();
        client.push(b"input", &mut Vec::new());
        for _ in 0..3 {
            assert!(client.is_datagram_due(u32::MAX));
            let mut bytes = Vec::new();
            client.write_datagram(&mut bytes);
            server.handle_bundle(&bytes, |message| received.push(message.to_vec())).expect("the bundle is valid");
        }
        assert_eq!(received, [b"input"]);
        server.push_full(Tick(0));
        client.handle_datagram(&datagram(&server), |_| {}).expect("the bundle is valid");
        assert!(!client.is_datagram_due(u32::MAX));
    }

    #[test]
    fn an_acknowledgement_is_due_after_ticks_or_bytes() {
        let mut client = ClientLink::default();
        let mut server = ServerLink::default();
        server.push_full(Tick(0));
        client.handle_stream(&full(Tick(0)), |_| {}).expect("the snapshot is valid");
        client.write_datagram(&mut Vec::new());
        let mut arrive = |snapshot: &[u8], client: &mut ClientLink| {
            server.push_delta(snapshot, &mut Vec::new());
            client.handle_datagram(&datagram(&server), |_| {}).expect("the bundle is valid");
            client.is_datagram_due(3)
        };
        assert_eq!([(); 3].map(|()| arrive(b"x", &mut client)), [false, false, true]);
        client.write_datagram(&mut Vec::new());
        assert!(arrive(&[0; 600], &mut client));
    }

    #[test]
    fn a_delta_snapshot_outside_of_a_bundle_is_invalid() {
        assert_eq!(ClientLink::default().handle_stream(&[0x40], |_| {}), Err(InvalidBundle));
    }
}
