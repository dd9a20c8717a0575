//! Parses the bytes that a server sends to a hostile client. Depends on no other part of this crate.

/// Maximum size of the head of a response.
const HEAD_BYTES_MAX: usize = 8 << 10;
/// Opcodes (RFC 6455, section 5.2).
const BINARY_OPCODE: u8 = 0x2;
const CLOSE_OPCODE: u8 = 0x8;
/// Code reported for a close frame without a code (RFC 6455, section 7.4.1).
const NO_CODE: u16 = 1005;
/// Number of bytes at the beginning of a message that the parser passes to its caller. It skips the other bytes. The header
/// of a snapshot is shorter than this number.
const PREFIX_BYTES: usize = 64;
/// Maximum number of headers of a response.
const HEADERS_MAX: usize = 32;

/// An event in the bytes that the server sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerEvent<'a> {
    /// A response with this status; 0 if the status line is invalid.
    Status(u16),
    /// A message that begins with these bytes.
    Message(&'a [u8]),
    /// A close frame with this code.
    Close(u16),
}

/// Incremental parser of HTTP responses and, after an upgrade, of WebSocket frames. It skips the bodies of responses,
/// and the part of each message after the first [`PREFIX_BYTES`].
#[derive(Debug, Default)]
pub(super) struct ResponseParser {
    /// Bytes of an incomplete response head, or of the beginning of a frame.
    buffer: Vec<u8>,
    is_upgraded: bool,
    /// Bytes of the current body or message that are still to be skipped.
    bytes_to_skip: u64,
}

impl ResponseParser {
    /// Parses the next bytes, and passes every complete event to `handle`.
    pub(super) fn parse(&mut self, mut bytes: &[u8], mut handle: impl FnMut(ServerEvent<'_>)) {
        loop {
            let skipped = self.bytes_to_skip.min(bytes.len() as u64) as usize;
            self.bytes_to_skip -= skipped as u64;
            let Some((byte, rest)) = bytes[skipped..].split_first() else { return };
            bytes = rest;
            self.buffer.push(*byte);
            let parsed = if self.is_upgraded { parse_frame(&self.buffer) } else { parse_head(&self.buffer) };
            if let Some((event, bytes_to_skip)) = parsed {
                self.is_upgraded |= event == Some(ServerEvent::Status(101));
                self.bytes_to_skip = bytes_to_skip;
                event.into_iter().for_each(&mut handle);
                self.buffer.clear();
            }
        }
    }
}

/// An event, if there is one, and the number of bytes to skip after it.
type Parsed<'a> = (Option<ServerEvent<'a>>, u64);

/// Parses a response head. Returns `None` while it is incomplete.
fn parse_head(head: &[u8]) -> Option<Parsed<'static>> {
    if !head.ends_with(b"\r\n\r\n") && head.len() < HEAD_BYTES_MAX {
        return None;
    }
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    // If a header is invalid, parsing fails, but `response` contains the status anyway.
    let _ = response.parse(head);
    let status = response.code.unwrap_or_default();
    let has_no_body = matches!(status, 100..=199 | 204 | 304);
    let body_bytes = if has_no_body { 0 } else { content_length(response.headers) };
    Some((Some(ServerEvent::Status(status)), body_bytes))
}

/// Length of the body of a response. Without a valid Content-Length, the body extends to the end of the connection.
fn content_length(headers: &[httparse::Header<'_>]) -> u64 {
    let header = headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    header.and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok()).unwrap_or(u64::MAX)
}

/// Parses the beginning of a frame: its header, and the code of a close frame or the first bytes of a message. Returns
/// `None` while the beginning is incomplete. Only messages and close frames yield an event.
fn parse_frame(frame: &[u8]) -> Option<Parsed<'_>> {
    let [first, second, rest @ ..] = frame else { return None };
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
    match first & 0xf {
        BINARY_OPCODE => {
            let prefix = payload.get(..length.min(PREFIX_BYTES as u64) as usize)?;
            Some((Some(ServerEvent::Message(prefix)), length - prefix.len() as u64))
        }
        CLOSE_OPCODE if length < 2 => Some((Some(ServerEvent::Close(NO_CODE)), length)),
        CLOSE_OPCODE => {
            let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code))?;
            Some((Some(ServerEvent::Close(code)), length - 2))
        }
        _ => Some((None, length)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses the bytes in chunks of this size. Returns the events as texts.
    fn parse(bytes: &[u8], chunk_size: usize) -> Vec<String> {
        let (mut parser, mut events) = (ResponseParser::default(), Vec::new());
        bytes.chunks(chunk_size).for_each(|chunk| parser.parse(chunk, |event| events.push(format!("{event:?}"))));
        events
    }

    #[test]
    fn a_response_is_parsed_in_chunks_of_any_size() {
        let mut bytes = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n".to_vec();
        bytes.extend([0x82, 3, 1, 2, 3, 0x8a, 2, 5, 5, 0x82, 126, 1, 0]);
        bytes.extend([7; 256]);
        bytes.extend([0x88, 5, 0x0f, 0xa6, b'b', b'y', b'e', 0x88, 0]);
        let long = format!("Message({:?})", [7; PREFIX_BYTES]);
        for chunk_size in [1, 2, 5, 100, bytes.len()] {
            let events = parse(&bytes, chunk_size);
            let expected = ["Status(101)", "Message([1, 2, 3])", &long, "Close(4006)", "Close(1005)"];
            assert_eq!(events, expected, "chunks of {chunk_size}");
        }
    }

    #[test]
    fn responses_on_a_kept_connection_are_parsed_one_after_another() {
        let bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nHTTP/1HTTP/1.1 304 Not Modified\r\n\r\n\
                      HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
        for chunk_size in [1, 7, bytes.len()] {
            assert_eq!(parse(bytes, chunk_size), ["Status(200)", "Status(304)", "Status(429)"], "chunks of {chunk_size}");
        }
    }

    #[test]
    fn a_body_without_a_length_extends_to_the_end_of_the_connection() {
        let bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n:\r\n\r\n\r\nHTTP/1.1 404 \r\n\r\n";
        assert_eq!(parse(bytes, 3), ["Status(200)"]);
    }

    #[test]
    fn an_invalid_status_line_yields_status_0() {
        assert_eq!(parse(b"SSH-2.0-OpenSSH\r\n\r\n", 4), ["Status(0)"]);
    }
}
