//! Ends a stream of WebSocket frames at the first one that is at fault, before anything of it is buffered.
//!
//! actix-web-actors looks at a frame only once all of it has been buffered, so that a client that declares a gigabyte could make
//! the server keep whatever it sends; and it does not tell what was wrong.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::Stream;

use super::frames::{Checked, Fault, FrameCheck, FrameRules};

/// Where the guard tells what was wrong, as its error cannot.
pub type Verdict = Rc<Cell<Option<Fault>>>;

/// A payload stream that ends with an error before the first frame that is at fault.
#[derive(Debug)]
pub struct Guarded<P> {
    payload: P,
    frames: FrameCheck,
    verdict: Verdict,
    /// What was found, and is not told before everything that came before it was taken.
    found: Option<Fault>,
    /// How many frames have passed that were not taken yet. Whoever reads this stream takes one whenever there is nothing more.
    untaken: usize,
}

impl<P> Guarded<P> {
    /// Lets sound frames through.
    pub fn new(payload: P, rules: FrameRules) -> Self {
        let (frames, verdict) = (FrameCheck::new(rules), Verdict::default());
        Self { payload, frames, verdict, found: None, untaken: 0 }
    }

    /// Where it will say what was wrong, if anything is.
    pub fn verdict(&self) -> Verdict {
        Rc::clone(&self.verdict)
    }

    fn let_through(&mut self, mut bytes: Bytes) -> Bytes {
        let Checked { frames, sound, fault } = self.frames.check(&bytes);
        self.untaken += frames;
        self.found = fault;
        bytes.truncate(sound);
        bytes
    }
}

impl<P: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for Guarded<P> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.found.is_some() && self.untaken == 0 {
            self.verdict.set(self.found);
            return Poll::Ready(Some(Err(PayloadError::EncodingCorrupted)));
        }
        let polled = if self.found.is_some() {
            cx.waker().wake_by_ref();
            Poll::Pending
        } else {
            Pin::new(&mut self.payload).poll_next(cx)
        };
        if polled.is_pending() {
            self.untaken = self.untaken.saturating_sub(1);
        }
        polled.map_ok(|bytes| self.let_through(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actors::frames::Takes;
    use futures_util::{StreamExt, stream};
    use std::task::Waker;

    const PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];
    const UNMASKED: [u8; 2] = [0x82, 0x00];

    #[test]
    fn a_fault_is_told_when_the_frames_before_it_were_taken() {
        let chunks = [[PING, PING].concat(), [&PING[..], &UNMASKED, &PING].concat()].map(|chunk| Ok(Bytes::from(chunk)));
        let payload = stream::iter(chunks).chain(stream::pending());
        let mut guarded = Guarded::new(payload, FrameRules { takes: Takes::WholeBinary, payload_bytes_max: 9 });
        let verdict = guarded.verdict();
        let mut poll = || match Pin::new(&mut guarded).poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(Ok(bytes))) => Some(Ok(bytes.len())),
            Poll::Ready(Some(Err(_))) => Some(Err(())),
            Poll::Ready(None) | Poll::Pending => None,
        };
        assert_eq!((poll(), poll()), (Some(Ok(12)), Some(Ok(6))));
        assert_eq!((poll(), poll(), poll(), verdict.get()), (None, None, None, None));
        assert_eq!((poll(), verdict.get()), (Some(Err(())), Some(Fault::BadFrame)));
    }
}
