//! Ends a stream of WebSocket frames with an error at the first invalid frame.
//!
//! actix-web-actors rejects a frame only after buffering all of it: a client that declares a payload of a gigabyte could
//! make the server buffer that much. Its errors do not identify the cause either.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::Stream;

use super::{FrameError, FrameRules, FrameValidator, Validated};

/// The error that ended a payload stream. It is shared with the reader, because the error type of the stream cannot
/// represent it.
pub type SharedFrameError = Rc<Cell<Option<FrameError>>>;

/// A payload stream that ends with an error before the first invalid frame.
#[derive(Debug)]
pub struct ValidatedPayload<P> {
    payload: P,
    validator: FrameValidator,
    shared_error: SharedFrameError,
    /// The error of the first invalid frame. It is reported after the reader has decoded all frames before that frame.
    error: Option<FrameError>,
    /// Number of valid frames that the reader has not decoded yet. The reader decodes one frame each time a poll returns
    /// `Pending`.
    unconsumed: usize,
}

impl<P> ValidatedPayload<P> {
    /// Passes through the valid frames of `payload`.
    pub fn new(payload: P, rules: FrameRules) -> Self {
        let (validator, shared_error) = (FrameValidator::new(rules), SharedFrameError::default());
        Self { payload, validator, shared_error, error: None, unconsumed: 0 }
    }

    /// The value in which the error will be stored.
    pub fn shared_error(&self) -> SharedFrameError {
        Rc::clone(&self.shared_error)
    }

    fn validate(&mut self, mut bytes: Bytes) -> Bytes {
        let Validated { frames, valid_bytes, error } = self.validator.validate(&bytes);
        self.unconsumed += frames;
        self.error = error;
        bytes.truncate(valid_bytes);
        bytes
    }
}

impl<P: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for ValidatedPayload<P> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.error.is_some() && self.unconsumed == 0 {
            self.shared_error.set(self.error);
            return Poll::Ready(Some(Err(PayloadError::EncodingCorrupted)));
        }
        let polled = if self.error.is_some() {
            cx.waker().wake_by_ref();
            Poll::Pending
        } else {
            Pin::new(&mut self.payload).poll_next(cx)
        };
        if polled.is_pending() {
            self.unconsumed = self.unconsumed.saturating_sub(1);
        }
        polled.map_ok(|bytes| self.validate(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::websocket::AcceptedFrames;
    use futures_util::{StreamExt, stream};
    use std::task::Waker;

    const PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];
    const UNMASKED: [u8; 2] = [0x82, 0x00];

    #[test]
    fn an_error_is_reported_after_the_frames_before_it_were_consumed() {
        let chunks = [[PING, PING].concat(), [&PING[..], &UNMASKED, &PING].concat()].map(|chunk| Ok(Bytes::from(chunk)));
        let payload = stream::iter(chunks).chain(stream::pending());
        let mut payload_stream =
            ValidatedPayload::new(payload, FrameRules { accepted: AcceptedFrames::WholeBinary, payload_bytes_max: 9 });
        let error = payload_stream.shared_error();
        let mut poll = || match Pin::new(&mut payload_stream).poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(Ok(bytes))) => Some(Ok(bytes.len())),
            Poll::Ready(Some(Err(_))) => Some(Err(())),
            Poll::Ready(None) | Poll::Pending => None,
        };
        assert_eq!((poll(), poll()), (Some(Ok(12)), Some(Ok(6))));
        assert_eq!((poll(), poll(), poll(), error.get()), (None, None, None, None));
        assert_eq!((poll(), error.get()), (Some(Err(())), Some(FrameError::Protocol)));
    }
}
