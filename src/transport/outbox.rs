//! The queue of outgoing frames of a connection.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};

/// Maximum number of queued bytes. An empty queue also accepts a frame that is larger, such as a full snapshot. While that
/// frame is being written, deltas of up to this many bytes may be queued behind it, but no further full snapshot.
pub const BYTES_MAX: usize = 64 << 10;
/// Maximum number of queued frames: about four seconds of small snapshots at 60 ticks per second.
pub const FRAMES_MAX: usize = 256;
/// Maximum number of buffers in a vectored write.
const PIECES_MAX: usize = 64;

/// The queue of outgoing frames of a connection, bounded in bytes and frames.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// Bytes sent before all frames: the rest of a partly written frame, and the output of the session's actor.
    pending: BytesMut,
    frames: VecDeque<Bytes>,
    bytes: usize,
    /// Whether the Welcome was queued. No frame is sent before it.
    is_open: bool,
    /// Whether a frame was dropped. The next queued frame must then be a full snapshot.
    has_gap: bool,
}

/// The outcome of queueing a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The frame was sent or queued.
    Queued,
    /// The queue is full, so the frame was dropped. Every later delta is dropped until a full snapshot is queued. The
    /// caller reports the overflow to the room.
    Overflowed,
    /// The frame was dropped because it is a delta, an earlier frame was dropped, and no full snapshot was queued since
    /// then.
    Dropped,
}

impl Outbox {
    /// Queues the Welcome before all other frames. No frame is sent before this call.
    pub(super) fn open(&mut self, welcome: Bytes) {
        self.bytes += welcome.len();
        self.frames.push_front(welcome);
        self.is_open = true;
    }

    /// Queues or drops a frame. `is_full` marks a full snapshot, which does not depend on earlier frames.
    pub(super) fn push(&mut self, frame: &[u8], is_full: bool) -> Pushed {
        if self.has_gap && !is_full {
            return Pushed::Dropped;
        }
        // The unsent bytes of a partly written frame count towards the limit only when a full snapshot is queued. If they
        // also counted when a delta is queued, each large full snapshot would cause an overflow, and the overflow would
        // cause another full snapshot.
        let begun = if is_full { self.pending.len() } else { 0 };
        let exceeds_limit = begun + self.bytes + frame.len() > BYTES_MAX || self.frames.len() >= FRAMES_MAX;
        if exceeds_limit && !(self.pending.is_empty() && self.frames.is_empty()) {
            self.has_gap = true;
            return Pushed::Overflowed;
        }
        self.has_gap = false;
        self.bytes += frame.len();
        self.frames.push_back(Bytes::copy_from_slice(frame));
        Pushed::Queued
    }

    /// Drops all queued frames, before the connection closes. A frame whose write has begun is still completed.
    pub(super) fn clear(&mut self) {
        self.frames = VecDeque::new();
        self.bytes = 0;
    }

    /// Whether a frame may bypass the queue: the Welcome was queued, no earlier bytes wait to be sent, and no frame was
    /// dropped since the last queued one.
    pub(super) fn is_clear(&self) -> bool {
        self.is_open && !self.has_gap && self.pending.is_empty() && self.frames.is_empty()
    }

    /// The bytes that are sent before all frames.
    pub(super) const fn pending(&mut self) -> &mut BytesMut {
        &mut self.pending
    }

    /// Queues a message that may be lost before all frames, such as a Pong. Drops it if the client does not read: then this
    /// queue is full.
    pub(super) fn push_control(&mut self, message: &[u8]) {
        if self.pending.len() + message.len() <= BYTES_MAX {
            self.pending.extend_from_slice(message);
        }
    }

    /// The buffers to write next. Unused elements are empty.
    pub(super) fn pieces(&self) -> [IoSlice<'_>; PIECES_MAX] {
        let mut pieces = [IoSlice::new(&[]); PIECES_MAX];
        let frames = self.frames.iter().filter(|_| self.is_open).map(|frame| &**frame);
        for (piece, bytes) in pieces.iter_mut().zip(std::iter::once(&*self.pending).chain(frames)) {
            *piece = IoSlice::new(bytes);
        }
        pieces
    }

    /// Whether nothing is left to write, not counting frames that wait for the Welcome.
    pub(super) fn is_written(&self) -> bool {
        self.pending.is_empty() && (self.frames.is_empty() || !self.is_open)
    }

    /// Removes and returns everything that may be sent now.
    pub(super) fn take(&mut self) -> Bytes {
        let mut taken = std::mem::take(&mut self.pending);
        if self.is_open {
            self.bytes = 0;
            std::mem::take(&mut self.frames).iter().for_each(|frame| taken.extend_from_slice(frame));
        }
        taken.freeze()
    }

    /// Removes `count` written bytes.
    pub(super) fn handle_written(&mut self, mut count: usize) {
        let from_pending = count.min(self.pending.len());
        self.pending.advance(from_pending);
        count -= from_pending;
        while count > 0
            && let Some(frame) = self.frames.pop_front()
        {
            self.bytes -= frame.len();
            self.pending.extend_from_slice(&frame[count.min(frame.len())..]);
            count = count.saturating_sub(frame.len());
        }
        // Frees the memory that a burst has occupied.
        if self.is_written() {
            self.pending = BytesMut::new();
        }
        if self.frames.is_empty() {
            self.frames = VecDeque::new();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> Outbox {
        let mut outbox = Outbox::default();
        outbox.open(Bytes::new());
        outbox
    }

    /// Everything that is written to a client that accepts `bytes_at_once` bytes per write.
    fn written(outbox: &mut Outbox, bytes_at_once: usize) -> Vec<u8> {
        let mut written = Vec::new();
        while !outbox.is_written() {
            let piece: Vec<u8> = outbox.pieces().iter().flat_map(|piece| piece.to_vec()).take(bytes_at_once).collect();
            outbox.handle_written(piece.len());
            written.extend(piece);
        }
        written
    }

    #[test]
    fn the_welcome_is_sent_before_queued_frames() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.push(b"snapshot", true), Pushed::Queued);
        assert!(outbox.is_written());
        outbox.open(Bytes::from_static(b"welcome "));
        outbox.pending().extend_from_slice(b"pong ");
        assert_eq!(written(&mut outbox, usize::MAX), b"pong welcome snapshot");
    }

    #[test]
    fn frames_are_complete_and_in_order_for_any_write_size() {
        let frames: Vec<_> = (0..200_u8).map(|frame| vec![frame; usize::from(frame) % 7 + 1]).collect();
        for bytes_at_once in [1, 2, 3, 10, 100, usize::MAX] {
            let mut outbox = open();
            for frame in &frames {
                assert_eq!(outbox.push(frame, false), Pushed::Queued);
            }
            assert_eq!(written(&mut outbox, bytes_at_once), frames.concat());
            assert_eq!(outbox.bytes, 0);
            assert!(outbox.is_clear());
        }
    }

    #[test]
    fn everything_that_may_be_sent_is_taken_at_once() {
        let mut outbox = Outbox::default();
        outbox.push(b"snapshot", true);
        outbox.pending().extend_from_slice(b"pong ");
        assert_eq!(outbox.take(), b"pong "[..], "nothing is sent before the Welcome");
        outbox.open(Bytes::from_static(b"welcome "));
        assert_eq!(outbox.take(), b"welcome snapshot"[..]);
        assert_eq!((outbox.take(), outbox.bytes), (Bytes::new(), 0));
        assert!(outbox.is_clear());
    }

    #[test]
    fn a_frame_whose_write_has_begun_is_completed_after_clear() {
        let mut outbox = open();
        outbox.push(b"first", false);
        outbox.push(b"second", false);
        outbox.handle_written(2);
        outbox.clear();
        outbox.pending().extend_from_slice(b" close");
        assert_eq!(written(&mut outbox, usize::MAX), b"rst close");
    }

    #[test]
    fn a_gap_is_followed_only_by_a_full_snapshot() {
        let mut outbox = open();
        outbox.push(b"x", false);
        assert_eq!(outbox.push(&[0; BYTES_MAX], true), Pushed::Overflowed);
        assert_eq!(outbox.push(b"x", false), Pushed::Dropped);
        written(&mut outbox, usize::MAX);
        assert_eq!(outbox.push(b"x", false), Pushed::Dropped);
        assert_eq!(outbox.push(&[0; 2 * BYTES_MAX], true), Pushed::Queued, "an empty queue accepts a frame of any size");
    }

    #[test]
    fn behind_a_large_frame_whose_write_has_begun_only_deltas_are_queued() {
        let mut outbox = open();
        outbox.push(b"x", false);
        written(&mut outbox, usize::MAX);
        assert_eq!(outbox.push(&[0; 4 * BYTES_MAX], true), Pushed::Queued);
        outbox.handle_written(1);
        assert_eq!(outbox.push(&[0; BYTES_MAX], false), Pushed::Queued);
        assert_eq!(outbox.push(b"x", false), Pushed::Overflowed);
        assert_eq!(outbox.push(b"x", true), Pushed::Overflowed);
    }

    #[test]
    fn bytes_of_a_frame_whose_write_has_begun_count_against_the_limit_of_full_snapshots() {
        const FULL_BYTES: usize = BYTES_MAX / 2 + 1;
        let mut outbox = open();
        assert_eq!(outbox.push(&[0; FULL_BYTES], true), Pushed::Queued);
        outbox.handle_written(1);
        assert_eq!(outbox.push(&[0; FULL_BYTES], true), Pushed::Overflowed);
        outbox.handle_written(FULL_BYTES - 1);
        assert_eq!(outbox.push(&[0; FULL_BYTES], true), Pushed::Queued);
    }

    #[test]
    fn queued_frames_are_bounded() {
        let mut outbox = Outbox::default();
        assert_eq!((0..1000).filter(|_| outbox.push(b"x", false) == Pushed::Queued).count(), FRAMES_MAX);
    }

    #[test]
    fn queued_bytes_are_bounded() {
        const FRAME_BYTES: usize = 1 << 10;
        let mut outbox = Outbox::default();
        let pushed: Vec<_> = (0..1000).map(|_| outbox.push(&[0; FRAME_BYTES], false)).collect();
        assert_eq!(pushed.iter().position(|pushed| *pushed != Pushed::Queued), Some(BYTES_MAX / FRAME_BYTES));
        assert_eq!(outbox.bytes, BYTES_MAX);
        assert_eq!(outbox.frames.iter().map(Bytes::len).sum::<usize>(), BYTES_MAX);
    }
}
