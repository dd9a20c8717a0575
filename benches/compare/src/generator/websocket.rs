//! A WebSocket client that usually reads once per event. It buffers outgoing bytes only if the socket does not accept them.

use std::io::{Cursor, ErrorKind, Read, Write};
use std::net::SocketAddr;

use mio::net::TcpStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::Outcome;
use crate::protocol::Frames;

const HEADERS_MAX: usize = 32;

pub(super) struct WebSocket {
    pub(super) stream: TcpStream,
    /// Received bytes. Those before `handled` belong to frames that were handled.
    received: Vec<u8>,
    handled: usize,
    /// Bytes that the socket has not accepted yet.
    unsent: Vec<u8>,
}

/// A frame from the server, without fragmentation.
pub(super) enum Frame<'f> {
    Text(&'f [u8]),
    Binary(&'f [u8]),
    Ping(&'f [u8]),
}

impl WebSocket {
    /// Connects, and performs the opening handshake. Blocks until the server has answered.
    pub(super) fn connect(address: SocketAddr, path: &str, subprotocol: Option<&str>) -> Outcome<Self> {
        let mut stream = std::net::TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let protocol = subprotocol.map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n")).unwrap_or_default();
        let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key";
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{protocol}{upgrade}: {}\r\n\r\n", generate_key());
        stream.write_all(request.as_bytes())?;
        let mut received = Vec::new();
        let head_length = loop {
            let mut buffer = [0; 4096];
            match stream.read(&mut buffer)? {
                0 => return Err("the server closed a connection instead of upgrading it".into()),
                length => received.extend_from_slice(&buffer[..length]),
            }
            if let Some(length) = parse_response(&received)? {
                break length;
            }
        };
        received.drain(..head_length);
        stream.set_nonblocking(true)?;
        Ok(Self { stream: TcpStream::from_std(stream), received, handled: 0, unsent: Vec::new() })
    }

    /// Reads everything that has arrived. Returns the number of bytes.
    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> Outcome<usize> {
        self.received.drain(..self.handled);
        self.handled = 0;
        let mut total = 0;
        loop {
            match self.stream.read(buffer) {
                Ok(0) => return Err("the server has closed a connection".into()),
                Ok(length) => {
                    self.received.extend_from_slice(&buffer[..length]);
                    total += length;
                    if length < buffer.len() {
                        return Ok(total);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(total),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The next complete frame.
    pub(super) fn next_frame(&mut self) -> Outcome<Option<Frame<'_>>> {
        let rest = &self.received[self.handled..];
        let mut cursor = Cursor::new(rest);
        let Some((header, length)) = parse_header(&mut cursor)? else { return Ok(None) };
        let start = cursor.position() as usize;
        let Some(payload) = rest.get(start..start + length) else { return Ok(None) };
        self.handled += start + length;
        match header.opcode {
            OpCode::Data(Data::Text) if header.is_final => Ok(Some(Frame::Text(payload))),
            OpCode::Data(Data::Binary) if header.is_final => Ok(Some(Frame::Binary(payload))),
            OpCode::Control(Control::Ping) => Ok(Some(Frame::Ping(payload))),
            OpCode::Control(Control::Close) => {
                let (code, reason) = payload.split_at(payload.len().min(2));
                Err(format!("the server closed a WebSocket: {code:?} {}", String::from_utf8_lossy(reason)).into())
            }
            other => Err(format!("unexpected frame {other:?}").into()),
        }
    }

    /// Sends frames. Bytes that the socket does not accept are sent by the next call, before the frames of that call.
    pub(super) fn send(&mut self, frames: &[u8]) -> Outcome<()> {
        if self.unsent.is_empty() {
            let sent = self.write(frames)?;
            self.unsent.extend_from_slice(&frames[sent..]);
        } else {
            self.unsent.extend_from_slice(frames);
            let unsent = std::mem::take(&mut self.unsent);
            let sent = self.write(&unsent)?;
            self.unsent = unsent[sent..].to_vec();
        }
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Outcome<usize> {
        if bytes.is_empty() {
            return Ok(0);
        }
        match self.stream.write(bytes) {
            Ok(sent) => Ok(sent),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(0),
            Err(error) => Err(error.into()),
        }
    }
}

pub(super) fn push_pong(payload: &[u8], frames: &mut Frames) {
    frames.push(OpCode::Control(Control::Pong), payload);
}

/// Parses a header; `None` if it is incomplete.
fn parse_header(cursor: &mut Cursor<&[u8]>) -> Outcome<Option<(FrameHeader, usize)>> {
    Ok(match FrameHeader::parse(cursor)? {
        Some((header, length)) => Some((header, length.try_into()?)),
        None => None,
    })
}

/// Parses the response to the upgrade; returns its length, or `None` if it is incomplete.
fn parse_response(received: &[u8]) -> Outcome<Option<usize>> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(received)? {
        httparse::Status::Complete(length) if response.code == Some(101) => Ok(Some(length)),
        httparse::Status::Complete(_) => Err(format!("no upgrade: {}", String::from_utf8_lossy(received)).into()),
        httparse::Status::Partial => Ok(None),
    }
}
