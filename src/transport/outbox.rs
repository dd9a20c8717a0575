//! What waits for a client: a bounded queue of ready frames.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes, BytesMut};

/// The most bytes that wait. A single frame may be larger: a reset that shows everything.
const BYTES_MAX: usize = 64 << 10;
/// The most frames that wait: four seconds of small ones at 60 ticks a second.
const FRAMES_MAX: usize = 256;
/// The most pieces that are written at once.
const PIECES_MAX: usize = 64;

/// What waits for a client: a bounded queue of ready frames, and before them what is already on its way.
#[derive(Debug, Default)]
pub(super) struct Outbox {
    /// What leaves next: the rest of a frame that has begun, and what the session's own actor says. Nothing may come in between.
    begun: BytesMut,
    frames: VecDeque<Bytes>,
    bytes: usize,
    /// No frame leaves before the welcome.
    is_open: bool,
    /// A frame was dropped, so that only one that starts anew may follow.
    is_broken: bool,
}

/// What became of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// It is sent, or will be.
    Taken,
    /// It was dropped, the first one: the room must be told.
    Overrun,
    /// It was dropped like those before it.
    Dropped,
}

impl Outbox {
    /// Lets frames flow, the welcome first.
    pub(super) fn open(&mut self, welcome: Bytes) {
        self.bytes += welcome.len();
        self.frames.push_front(welcome);
        self.is_open = true;
    }

    /// Puts a frame in, or drops it. `starts_anew` says that it does not build on the frames before it.
    pub(super) fn push(&mut self, frame: &[u8], starts_anew: bool) -> Pushed {
        if self.is_broken && !starts_anew {
            return Pushed::Dropped;
        }
        let is_full = self.bytes + frame.len() > BYTES_MAX || self.frames.len() >= FRAMES_MAX;
        if is_full && !self.frames.is_empty() {
            self.is_broken = true;
            return Pushed::Overrun;
        }
        self.is_broken = false;
        self.bytes += frame.len();
        self.frames.push_back(Bytes::copy_from_slice(frame));
        Pushed::Taken
    }

    /// Drops all frames that wait: the connection is about to end. What has begun is still said to its end.
    pub(super) fn clear(&mut self) {
        self.frames = VecDeque::new();
        self.bytes = 0;
    }

    /// Whether a frame would leave at once.
    pub(super) fn is_clear(&self) -> bool {
        self.is_open && !self.is_broken && self.begun.is_empty() && self.frames.is_empty()
    }

    /// What was said goes out before any frame; this is where more is said.
    pub(super) const fn begun(&mut self) -> &mut BytesMut {
        &mut self.begun
    }

    /// What is to be written next; empty pieces when there is nothing.
    pub(super) fn pieces(&self) -> [IoSlice<'_>; PIECES_MAX] {
        let mut pieces = [IoSlice::new(&[]); PIECES_MAX];
        let frames = self.frames.iter().filter(|_| self.is_open).map(|frame| &**frame);
        for (piece, bytes) in pieces.iter_mut().zip(std::iter::once(&*self.begun).chain(frames)) {
            *piece = IoSlice::new(bytes);
        }
        pieces
    }

    /// Whether nothing is to be written.
    pub(super) fn is_written(&self) -> bool {
        self.begun.is_empty() && (self.frames.is_empty() || !self.is_open)
    }

    /// So many bytes of the pieces were written.
    pub(super) fn handle_written(&mut self, mut count: usize) {
        let begun = count.min(self.begun.len());
        self.begun.advance(begun);
        count -= begun;
        while count > 0
            && let Some(frame) = self.frames.pop_front()
        {
            self.bytes -= frame.len();
            self.begun.extend_from_slice(&frame[count.min(frame.len())..]);
            count = count.saturating_sub(frame.len());
        }
        // A burst leaves no memory behind.
        if self.is_written() {
            self.begun = BytesMut::new();
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

    /// What is written when the client takes so many bytes at a time.
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
    fn the_welcome_comes_first_and_what_is_said_before_it() {
        let mut outbox = Outbox::default();
        assert_eq!(outbox.push(b"snapshot", true), Pushed::Taken);
        assert!(outbox.is_written());
        outbox.open(Bytes::from_static(b"welcome "));
        outbox.begun().extend_from_slice(b"pong ");
        assert_eq!(written(&mut outbox, usize::MAX), b"pong welcome snapshot");
    }

    #[test]
    fn frames_come_whole_and_in_order_however_little_is_taken_at_once() {
        let frames: Vec<_> = (0..200_u8).map(|frame| vec![frame; usize::from(frame) % 7 + 1]).collect();
        for bytes_at_once in [1, 2, 3, 10, 100, usize::MAX] {
            let mut outbox = open();
            for frame in &frames {
                assert_eq!(outbox.push(frame, false), Pushed::Taken);
            }
            assert_eq!(written(&mut outbox, bytes_at_once), frames.concat());
            assert_eq!(outbox.bytes, 0);
            assert!(outbox.is_clear());
        }
    }

    #[test]
    fn what_has_begun_is_said_to_its_end() {
        let mut outbox = open();
        outbox.push(b"first", false);
        outbox.push(b"second", false);
        outbox.handle_written(2);
        outbox.clear();
        outbox.begun().extend_from_slice(b" goodbye");
        assert_eq!(written(&mut outbox, usize::MAX), b"rst goodbye");
    }

    #[test]
    fn a_hole_is_followed_only_by_a_new_start() {
        let mut outbox = open();
        outbox.push(b"x", false);
        assert_eq!(outbox.push(&[0; BYTES_MAX], true), Pushed::Overrun);
        assert_eq!(outbox.push(b"x", false), Pushed::Dropped);
        written(&mut outbox, usize::MAX);
        assert_eq!(outbox.push(b"x", false), Pushed::Dropped);
        assert_eq!(outbox.push(&[0; 2 * BYTES_MAX], true), Pushed::Taken, "an empty outbox takes any one frame");
    }

    #[test]
    fn the_number_of_frames_is_bounded() {
        let mut outbox = Outbox::default();
        assert_eq!((0..1000).filter(|_| outbox.push(b"x", false) == Pushed::Taken).count(), FRAMES_MAX);
    }

    #[test]
    fn the_bytes_that_wait_are_bounded() {
        const FRAME_BYTES: usize = 1 << 10;
        let mut outbox = Outbox::default();
        let pushed: Vec<_> = (0..1000).map(|_| outbox.push(&[0; FRAME_BYTES], false)).collect();
        assert_eq!(pushed.iter().position(|pushed| *pushed != Pushed::Taken), Some(BYTES_MAX / FRAME_BYTES));
        assert_eq!(outbox.bytes, BYTES_MAX);
        assert_eq!(outbox.frames.iter().map(Bytes::len).sum::<usize>(), BYTES_MAX);
    }
}
