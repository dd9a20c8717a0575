//! Refuses a WebSocket frame by the length that its header declares, before anything of it is buffered.
//!
//! actix-web-actors looks at its size limit only once the whole frame has been buffered, so that a client that declares a
//! gigabyte could make the server keep whatever it sends.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::error::PayloadError;
use bytes::Bytes;
use futures_util::Stream;

/// A payload stream that ends with [`PayloadError::Overflow`] when a frame declares more than is allowed.
#[derive(Debug)]
pub struct Guarded<P> {
    payload: P,
    headers: FrameHeaders,
}

impl<P> Guarded<P> {
    /// Lets frames of up to `payload_bytes_max` through.
    pub const fn new(payload: P, payload_bytes_max: u64) -> Self {
        Self { payload, headers: FrameHeaders::new(payload_bytes_max) }
    }
}

impl<P: Stream<Item = Result<Bytes, PayloadError>> + Unpin> Stream for Guarded<P> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let polled = Pin::new(&mut self.payload).poll_next(cx);
        if let Poll::Ready(Some(Ok(bytes))) = &polled
            && !self.headers.allow(bytes)
        {
            return Poll::Ready(Some(Err(PayloadError::Overflow)));
        }
        polled
    }
}

/// Follows the frames of a byte stream (RFC 6455, section 5.2), whatever pieces it comes in.
#[derive(Debug)]
pub struct FrameHeaders {
    payload_bytes_max: u64,
    /// The bytes of a header that has not come whole.
    header: [u8; HEADER_BYTES_MAX],
    header_length: usize,
    /// How much of the present frame's payload is still to come.
    payload_left: u64,
}

/// Flags and opcode, length of up to nine bytes, mask.
const HEADER_BYTES_MAX: usize = 14;

impl FrameHeaders {
    /// Allows frames of up to `payload_bytes_max`.
    #[must_use]
    pub const fn new(payload_bytes_max: u64) -> Self {
        Self { payload_bytes_max, header: [0; HEADER_BYTES_MAX], header_length: 0, payload_left: 0 }
    }

    /// Takes in the next bytes of the stream; false if a frame declares too much.
    pub fn allow(&mut self, mut bytes: &[u8]) -> bool {
        while let [byte, after @ ..] = bytes {
            if self.payload_left > 0 {
                let skipped = self.payload_left.min(bytes.len() as u64);
                self.payload_left -= skipped;
                bytes = &bytes[skipped as usize..];
                continue;
            }
            self.header[self.header_length] = *byte;
            self.header_length += 1;
            bytes = after;
            if let Some(declared) = self.whole_header() {
                if declared > self.payload_bytes_max {
                    return false;
                }
                self.payload_left = declared;
                self.header_length = 0;
            }
        }
        true
    }

    /// The declared length, once the header is whole.
    fn whole_header(&self) -> Option<u64> {
        let header = &self.header[..self.header_length];
        let second = *header.get(1)?;
        let mask_length = if second & 0x80 == 0 { 0 } else { 4 };
        let (length_bytes, short) = match second & 0x7f {
            126 => (2, 0),
            127 => (8, 0),
            short => (0, u64::from(short)),
        };
        if header.len() < 2 + length_bytes + mask_length {
            return None;
        }
        let long = header[2..2 + length_bytes].iter().fold(0, |length, byte| length << 8 | u64::from(*byte));
        Some(short + long)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A masked frame as clients send them.
    fn frame(length: usize) -> Vec<u8> {
        let mut frame = vec![0x82];
        match length {
            0..=125 => frame.push(0x80 | length as u8),
            126..=0xffff => {
                frame.push(0x80 | 126);
                frame.extend((length as u16).to_be_bytes());
            }
            _ => {
                frame.push(0x80 | 127);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend([1, 2, 3, 4]);
        frame.extend(std::iter::repeat_n(0xff, length));
        frame
    }

    #[test]
    fn frames_up_to_the_limit_pass_in_whatever_pieces_they_come() {
        let stream: Vec<u8> = [0, 1, 125, 126, 300, 70_000, 0, 7].into_iter().flat_map(frame).collect();
        for piece in [1, 2, 3, 7, 64, 4096, stream.len()] {
            let mut headers = FrameHeaders::new(70_000);
            assert!(stream.chunks(piece).all(|bytes| headers.allow(bytes)), "in pieces of {piece}");
        }
    }

    #[test]
    fn a_frame_that_declares_too_much_is_refused_at_its_header() {
        for length in [257, 70_000] {
            let header_length = frame(length).len() - length;
            let mut headers = FrameHeaders::new(256);
            assert!(headers.allow(&frame(256)));
            let refused = frame(length).iter().position(|byte| !headers.allow(&[*byte]));
            assert_eq!(refused, Some(header_length - 1), "for {length} bytes");
        }
    }
}
