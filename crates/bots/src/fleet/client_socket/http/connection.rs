//! Non-blocking HTTP/1.1 connection: pipelined requests, and responses with a length or in chunks.

use std::io::{ErrorKind, Read, Write};

use mio::{Registry, Token};

use crate::endpoint::{ClientStream, Connector, Encryption};
use crate::fleet::client_socket::DisconnectReason;
use crate::fleet::socket::{Readiness, Socket};

/// Maximum number of headers of a response.
const HEADERS_MAX: usize = 32;
/// Size of a read.
const READ_BYTES: usize = 4 << 10;
/// Maximum number of unsent bytes. If a server reads so slowly that more would accumulate, the bot disconnects.
const UNSENT_BYTES_MAX: usize = 64 << 10;

/// A connection in any state from connecting to closed.
#[derive(Debug)]
pub(super) struct HttpConnection {
    phase: Phase,
    encryption: Encryption,
    unsent: Vec<u8>,
    /// Received bytes that are not parsed yet.
    received: Vec<u8>,
    /// Whether the server has ended the connection.
    has_ended: bool,
    /// The parsed part of the body of a response in chunks; `None` before its head has arrived.
    body: Option<Vec<u8>>,
    /// Number of bytes at the start of `body` that are consumed.
    consumed: usize,
}

#[derive(Debug)]
enum Phase {
    Connecting(Socket),
    Open(ClientStream<Socket>),
    Closed,
}

/// A response with a length.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Response {
    /// The reason for which the server has refused the client, according to this response.
    pub(super) fn refusal(&self) -> DisconnectReason {
        let text = format!("{} {}", self.status, String::from_utf8_lossy(&self.body).trim());
        DisconnectReason::Refused(text.trim_end().to_owned())
    }
}

/// The head of a response.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    /// `None` if the body is sent in chunks.
    body_bytes: Option<usize>,
    length: usize,
}

impl HttpConnection {
    pub(super) fn start(
        connector: &Connector,
        number: u32,
        registry: &Registry,
        token: Token,
    ) -> Result<Self, DisconnectReason> {
        let stream = connector.connect_registered(number, registry, token).map_err(io_error)?;
        Ok(Self {
            phase: Phase::Connecting(Socket::new(stream)),
            encryption: connector.encryption().clone(),
            unsent: Vec::new(),
            received: Vec::new(),
            has_ended: false,
            body: None,
            consumed: 0,
        })
    }

    /// Queues a request.
    pub(super) fn request(&mut self, method: &str, path: &str, authority: &str, body: &[u8]) {
        let length = if method == "POST" { format!("Content-Length: {}\r\n", body.len()) } else { String::new() };
        self.unsent.extend(format!("{method} {path} HTTP/1.1\r\nHost: {authority}\r\n{length}\r\n").as_bytes());
        self.unsent.extend(body);
    }

    /// Handles an event of the socket: continues connecting, sends what is queued, and reads what has arrived.
    pub(super) fn handle_event(&mut self, readiness: Readiness) -> Result<(), DisconnectReason> {
        match &mut self.phase {
            Phase::Connecting(_) => self.connect()?,
            Phase::Open(stream) => stream.socket_mut().handle_event(readiness),
            Phase::Closed => {}
        }
        self.flush()?;
        self.read()
    }

    fn connect(&mut self) -> Result<(), DisconnectReason> {
        let Phase::Connecting(socket) = std::mem::replace(&mut self.phase, Phase::Closed) else { return Ok(()) };
        if let Some(error) = socket.stream().take_error().map_err(io_error)? {
            return Err(io_error(error));
        }
        self.phase = match socket.stream().peer_addr() {
            Ok(_) => Phase::Open(self.encryption.client(socket).map_err(io_error)?),
            Err(error) if error.kind() == ErrorKind::NotConnected => Phase::Connecting(socket),
            Err(error) => return Err(io_error(error)),
        };
        Ok(())
    }

    /// Sends as much of the queued requests as the socket accepts.
    pub(super) fn flush(&mut self) -> Result<(), DisconnectReason> {
        let Phase::Open(stream) = &mut self.phase else { return Ok(()) };
        while !self.unsent.is_empty() {
            match stream.write(&self.unsent) {
                Ok(written) => drop(self.unsent.drain(..written)),
                Err(error) if error.kind() == ErrorKind::WouldBlock && self.unsent.len() > UNSENT_BYTES_MAX => {
                    return Err(DisconnectReason::SendBufferFull);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(io_error(error)),
            }
        }
        match stream.flush() {
            Err(error) if error.kind() != ErrorKind::WouldBlock => Err(io_error(error)),
            _ => Ok(()),
        }
    }

    fn read(&mut self) -> Result<(), DisconnectReason> {
        let Phase::Open(stream) = &mut self.phase else { return Ok(()) };
        let mut piece = [0; READ_BYTES];
        while !self.has_ended {
            match stream.read(&mut piece) {
                Ok(0) => self.has_ended = true,
                Ok(count) => self.received.extend(&piece[..count]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(io_error(error)),
            }
        }
        Ok(())
    }

    /// The next response, or `None` if it has not arrived completely.
    pub(super) fn take_response(&mut self) -> Result<Option<Response>, DisconnectReason> {
        let Some(Head { status, body_bytes, length }) = parse_head(&self.received)? else {
            return self.check_end().map(|()| None);
        };
        let end = length + body_bytes.ok_or(DisconnectReason::InvalidResponse)?;
        let Some(body) = self.received.get(length..end) else { return self.check_end().map(|()| None) };
        let body = body.to_vec();
        self.received.drain(..end);
        Ok(Some(Response { status, body }))
    }

    /// For a response whose body is sent in chunks: the part of the body that has arrived and is not consumed.
    pub(super) fn body(&mut self) -> Result<&[u8], DisconnectReason> {
        if self.body.is_none()
            && let Some(Head { status, length, body_bytes }) = parse_head(&self.received)?
        {
            if status != 200 || body_bytes.is_some() {
                return Err(Response { status, body: Vec::new() }.refusal());
            }
            self.received.drain(..length);
            self.body = Some(Vec::new());
        }
        let Some(body) = &mut self.body else { return Ok(&[]) };
        self.received.drain(..decode_chunks(&self.received, body)?);
        Ok(&body[self.consumed..])
    }

    /// Removes bytes from the beginning of the body.
    pub(super) fn consume(&mut self, bytes: usize) {
        let Some(body) = &mut self.body else { return };
        self.consumed += bytes;
        if self.consumed == body.len() {
            body.clear();
            self.consumed = 0;
        }
    }

    /// # Errors
    /// Fails if the server has ended the connection.
    pub(super) fn check_end(&self) -> Result<(), DisconnectReason> {
        if self.has_ended { Err(DisconnectReason::Io(ErrorKind::UnexpectedEof)) } else { Ok(()) }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "a function for map_err")]
fn io_error(error: std::io::Error) -> DisconnectReason {
    DisconnectReason::Io(error.kind())
}

/// Parses the head of a response. Returns `None` while it is incomplete.
fn parse_head(bytes: &[u8]) -> Result<Option<Head>, DisconnectReason> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    let parsed = response.parse(bytes).map_err(|_| DisconnectReason::InvalidResponse)?;
    let (httparse::Status::Complete(length), Some(status)) = (parsed, response.code) else { return Ok(None) };
    let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let declared = header.and_then(|header| str::from_utf8(header.value).ok()?.parse().ok());
    Ok(Some(Head { status, length, body_bytes: if status == 204 { Some(0) } else { declared } }))
}

/// Appends the complete chunks to the body. Returns the number of decoded bytes.
fn decode_chunks(bytes: &[u8], body: &mut Vec<u8>) -> Result<usize, DisconnectReason> {
    let mut decoded = 0;
    loop {
        let rest = &bytes[decoded..];
        let parsed = httparse::parse_chunk_size(rest).map_err(|_| DisconnectReason::InvalidResponse)?;
        let httparse::Status::Complete((start, size)) = parsed else { return Ok(decoded) };
        let end = start + usize::try_from(size).map_err(|_| DisconnectReason::InvalidResponse)?;
        let (Some(chunk), Some(_line_end)) = (rest.get(start..end), rest.get(end..end + 2)) else { return Ok(decoded) };
        body.extend(chunk);
        decoded += end + 2;
        if size == 0 {
            return Ok(decoded);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_response_tells_the_length_of_its_body() {
        let parse = |head: &str| parse_head(head.as_bytes()).expect("valid");
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 32\r\n\r\n";
        assert_eq!(parse(head), Some(Head { status: 200, body_bytes: Some(32), length: head.len() }));
        assert_eq!(parse(&head[..head.len() - 1]), None);
        let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        assert_eq!(parse(chunked), Some(Head { status: 200, body_bytes: None, length: chunked.len() }));
        let empty = "HTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(parse(empty), Some(Head { status: 204, body_bytes: Some(0), length: empty.len() }));
        assert_eq!(parse_head(b"HTTP\0"), Err(DisconnectReason::InvalidResponse));
    }

    #[test]
    fn chunks_are_decoded_once_they_are_complete() {
        let stream = b"3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n";
        for size in 1..=stream.len() {
            let (mut received, mut body) = (Vec::new(), Vec::new());
            for piece in stream.chunks(size) {
                received.extend(piece);
                let decoded = decode_chunks(&received, &mut body).expect("valid");
                received.drain(..decoded);
            }
            assert_eq!((&body[..], received.len()), (&b"abc0123456789abcdef"[..], 0), "in pieces of {size}");
        }
    }
}
