//! Parses the bytes that a server sends to a hostile client. Depends on no other part of this crate.

/// Maximum size of the head of an upgrade response.
const HEAD_BYTES_MAX: usize = 8 << 10;
/// Opcode of a close frame (RFC 6455, section 5.2).
const CLOSE_OPCODE: u8 = 0x8;
/// Code reported for a close frame without a code (RFC 6455, section 7.4.1).
const NO_CODE: u16 = 1005;

/// An event in the bytes that the server sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerEvent {
    /// A response to the upgrade request with this status; 0 if the status line is invalid.
    Status(u16),
    /// A frame other than a close frame.
    Message,
    /// A close frame with this code.
    Close(u16),
}

/// Incremental parser of an upgrade response and the frames that follow. It skips payloads.
#[derive(Debug, Default)]
pub(super) struct ResponseParser {
    /// Bytes of an incomplete response head or frame header.
    buffer: Vec<u8>,
    is_upgraded: bool,
    /// Bytes of the current payload that are still to be skipped.
    payload_left: u64,
}

impl ResponseParser {
    /// Parses the next bytes, and passes every complete event to `handle`.
    pub(super) fn parse(&mut self, mut bytes: &[u8], mut handle: impl FnMut(ServerEvent)) {
        loop {
            let skipped = self.payload_left.min(bytes.len() as u64) as usize;
            self.payload_left -= skipped as u64;
            let Some((byte, rest)) = bytes[skipped..].split_first() else { return };
            bytes = rest;
            self.buffer.push(*byte);
            let event = if self.is_upgraded { self.parse_frame() } else { self.parse_head() };
            if let Some(event) = event {
                self.buffer.clear();
                handle(event);
            }
        }
    }

    fn parse_head(&mut self) -> Option<ServerEvent> {
        if !self.buffer.ends_with(b"\r\n\r\n") && self.buffer.len() < HEAD_BYTES_MAX {
            return None;
        }
        let status = status(&self.buffer);
        self.is_upgraded = status == 101;
        Some(ServerEvent::Status(status))
    }

    /// The event of the frame in the buffer. `None` while the header is incomplete, or the code of a close frame has not
    /// arrived.
    fn parse_frame(&mut self) -> Option<ServerEvent> {
        let [first, second, rest @ ..] = self.buffer.as_slice() else { return None };
        let short_length = second & 0x7f;
        let length_bytes = match short_length {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let (long_length, payload) = rest.split_at_checked(length_bytes)?;
        let length = match length_bytes {
            0 => u64::from(short_length),
            _ => long_length.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
        };
        if first & 0xf != CLOSE_OPCODE {
            self.payload_left = length;
            return Some(ServerEvent::Message);
        }
        if length < 2 {
            return Some(ServerEvent::Close(NO_CODE));
        }
        let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code))?;
        self.payload_left = length - 2;
        Some(ServerEvent::Close(code))
    }
}

/// Status code of a response head, or 0 if its status line is invalid.
fn status(head: &[u8]) -> u16 {
    let mut no_headers = [];
    let mut response = httparse::Response::new(&mut no_headers);
    // Parsing fails because there is no space for headers, which are not needed here. The status code is stored before that.
    let _ = response.parse(head);
    response.code.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ServerEvent::{Close, Message, Status};

    fn parse(bytes: &[u8], chunk_size: usize) -> Vec<ServerEvent> {
        let (mut parser, mut events) = (ResponseParser::default(), Vec::new());
        bytes.chunks(chunk_size).for_each(|chunk| parser.parse(chunk, |event| events.push(event)));
        events
    }

    #[test]
    fn a_response_is_parsed_in_chunks_of_any_size() {
        let mut bytes = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n".to_vec();
        bytes.extend([0x82, 3, 1, 2, 3, 0x82, 126, 1, 0]);
        bytes.extend([7; 256]);
        bytes.extend([0x88, 5, 0x0f, 0xa6, b'b', b'y', b'e', 0x88, 0]);
        for chunk_size in [1, 2, 5, 100, bytes.len()] {
            let events = parse(&bytes, chunk_size);
            assert_eq!(events, [Status(101), Message, Message, Close(4006), Close(1005)], "chunks of {chunk_size}");
        }
    }

    #[test]
    fn a_refused_upgrade_yields_its_status() {
        assert_eq!(parse(b"HTTP/1.1 429 Too Many Requests\r\n\r\n", 1), [Status(429)]);
        assert_eq!(
            parse(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n", 7),
            [Status(503)]
        );
    }

    #[test]
    fn an_invalid_status_line_yields_status_0() {
        assert_eq!(parse(b"SSH-2.0-OpenSSH\r\n\r\n", 4), [Status(0)]);
    }
}
