//! The messages of a client: validates the frames of a byte stream, and decodes each of them once it is complete.
//!
//! The decoder of actix-web-actors has three disadvantages. It checks a frame only after buffering all of it, so a client
//! that declares a payload of a gigabyte could make the server buffer a gigabyte. Its errors do not identify the cause. It
//! copies all bytes through a buffer of its own. [`MessageStream`] needs such a buffer only for frames that arrive in
//! pieces.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use actix_http::ws::{CloseReason, Item, Message, ProtocolError};
use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::Stream;

use super::frame_validator::FrameHeader;
use super::{FrameError, FrameRules, FrameValidator};

/// The error that ended a message stream. The stream's own error type cannot represent this error, so the stream shares it
/// with the reader.
pub type SharedFrameError = Rc<Cell<Option<FrameError>>>;

/// The messages of a byte stream. At the first invalid frame, the stream ends with an error. A session receives its
/// messages from this stream and not from the decoder of actix-web-actors.
#[derive(Debug)]
pub struct MessageStream<P> {
    payload: P,
    validator: FrameValidator,
    shared_error: SharedFrameError,
    /// Received bytes that are not validated yet.
    received: Bytes,
    /// The beginning of a frame whose other bytes have not arrived.
    incomplete: Vec<u8>,
    has_ended: bool,
}

impl<P> MessageStream<P> {
    /// Decodes the messages of `payload`.
    pub fn new(payload: P, rules: FrameRules) -> Self {
        Self {
            payload,
            validator: FrameValidator::new(rules),
            shared_error: SharedFrameError::default(),
            received: Bytes::new(),
            incomplete: Vec::new(),
            has_ended: false,
        }
    }

    /// The cell in which the stream stores the error that ends it.
    pub fn shared_error(&self) -> SharedFrameError {
        Rc::clone(&self.shared_error)
    }

    /// The next message that was received completely.
    fn next_received(&mut self) -> Option<Result<Message, FrameError>> {
        if self.received.is_empty() {
            return None;
        }
        let (length, header) = match self.validator.validate_frame(&self.received) {
            Ok(validated) => validated,
            Err(error) => return Some(Err(error)),
        };
        let piece = self.received.split_to(length);
        let Some(header) = header else {
            self.incomplete.extend_from_slice(&piece);
            return None;
        };
        if self.incomplete.is_empty() {
            return Some(message(&piece, &header));
        }
        let mut frame = std::mem::take(&mut self.incomplete);
        frame.extend_from_slice(&piece);
        Some(message(&frame, &header))
    }

    fn fail(&mut self, error: FrameError) -> ProtocolError {
        self.has_ended = true;
        self.shared_error.set(Some(error));
        ProtocolError::Io(io::ErrorKind::InvalidData.into())
    }
}

impl<P: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for MessageStream<P> {
    type Item = Result<Message, ProtocolError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        while !self.has_ended {
            if let Some(next) = self.next_received() {
                return Poll::Ready(Some(next.map_err(|error| self.fail(error))));
            }
            match ready!(Pin::new(&mut self.payload).poll_next(cx)) {
                Some(Ok(bytes)) => self.received = bytes,
                Some(Err(error)) => {
                    self.has_ended = true;
                    return Poll::Ready(Some(Err(ProtocolError::Io(io::Error::other(error.to_string())))));
                }
                None => self.has_ended = true,
            }
        }
        Poll::Ready(None)
    }
}

/// Decodes a complete and valid frame.
fn message(frame: &[u8], header: &FrameHeader) -> Result<Message, FrameError> {
    let payload = header.payload_of(frame);
    let opcode = frame[0] & 0x0f;
    Ok(match (opcode, header.is_final()) {
        (8, _) => Message::Close(close_reason(&payload)),
        (9, _) => Message::Ping(payload),
        (10, _) => Message::Pong(payload),
        (2, true) => Message::Binary(payload),
        (1, true) => Message::Text(payload.try_into().map_err(|_| FrameError::InvalidUtf8)?),
        (1, false) => Message::Continuation(Item::FirstText(payload)),
        (2, false) => Message::Continuation(Item::FirstBinary(payload)),
        (_, false) => Message::Continuation(Item::Continue(payload)),
        (_, true) => Message::Continuation(Item::Last(payload)),
    })
}

/// Decodes the payload of a valid Close frame.
fn close_reason(payload: &[u8]) -> Option<CloseReason> {
    let (code, reason) = payload.split_first_chunk()?;
    let description = (!reason.is_empty()).then(|| String::from_utf8_lossy(reason).into_owned());
    Some(CloseReason { code: u16::from_be_bytes(*code).into(), description })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::websocket::AcceptedFrames;
    use futures_util::{StreamExt, stream};
    use std::task::Waker;

    const PING: [u8; 6] = [0x89, 0x80, 0, 0, 0, 0];
    const BINARY: [u8; 9] = [0x82, 0x83, 1, 2, 3, 4, b'a' ^ 1, b'b' ^ 2, b'c' ^ 3];
    const UNMASKED: [u8; 2] = [0x82, 0x00];
    const RULES: FrameRules = FrameRules { accepted: AcceptedFrames::WholeBinary, payload_bytes_max: 9 };

    /// The messages of these chunks until the stream is pending or has ended, and the error that has ended the stream.
    fn messages(chunks: impl Iterator<Item = Vec<u8>>) -> (Vec<Message>, Option<FrameError>) {
        let chunks: Vec<_> = chunks.map(|chunk| Ok(Bytes::from(chunk))).collect();
        let mut messages = MessageStream::new(stream::iter(chunks).chain(stream::pending()), RULES);
        let mut cx = Context::from_waker(Waker::noop());
        let mut poll = || match messages.poll_next_unpin(&mut cx) {
            Poll::Ready(next) => next.and_then(Result::ok),
            Poll::Pending => None,
        };
        let decoded = std::iter::from_fn(&mut poll).collect();
        (decoded, messages.shared_error.get())
    }

    #[test]
    fn an_error_is_reported_after_the_messages_before_it() {
        let chunks = [[PING, PING].concat(), [&PING[..], &UNMASKED, &PING].concat()];
        let (messages, error) = messages(chunks.into_iter());
        assert_eq!(messages, [(); 3].map(|()| Message::Ping(Bytes::new())));
        assert_eq!(error, Some(FrameError::Protocol));
    }

    #[test]
    fn messages_in_pieces_of_any_size_are_decoded() {
        let stream = [&BINARY[..], &PING, &BINARY].concat();
        let binary = || Message::Binary(Bytes::from_static(b"abc"));
        for size in 1..=stream.len() {
            let (messages, error) = messages(stream.chunks(size).map(<[u8]>::to_vec));
            assert_eq!(messages, [binary(), Message::Ping(Bytes::new()), binary()], "in pieces of {size}");
            assert_eq!(error, None);
        }
    }

    #[test]
    fn a_close_frame_contains_an_optional_code_and_reason() {
        assert_eq!(close_reason(b""), None);
        let reason = close_reason(b"\x03\xe8bye").expect("there is a code");
        assert_eq!((u16::from(reason.code), reason.description.as_deref()), (1000, Some("bye")));
    }
}
