//! WebSocket frames as bytes (RFC 6455, section 5.2), and connections over which tests send arbitrary bytes.

use std::fmt;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
const CONTINUATION: u8 = 0;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
const FINAL: u8 = 0x80;
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
/// Maximum time for which a test waits for the server.
const IO_TIMEOUT: Duration = Duration::from_secs(10);

/// A frame: its first byte, which holds flags and opcode, and its payload.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    first: u8,
    payload: Vec<u8>,
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let start = self.payload[..self.payload.len().min(8)].escape_ascii();
        write!(f, "{:02x}[{}]\"{start}\"", self.first, self.payload.len())
    }
}

/// A frame with this first byte, which may be invalid.
pub fn frame(first: u8, payload: impl AsRef<[u8]>) -> Frame {
    Frame { first, payload: payload.as_ref().to_vec() }
}

pub fn text(payload: impl AsRef<[u8]>) -> Frame {
    frame(FINAL | TEXT, payload)
}

pub fn binary(payload: impl AsRef<[u8]>) -> Frame {
    frame(FINAL | BINARY, payload)
}

/// A continuation that is not the last fragment.
pub fn continuation(payload: impl AsRef<[u8]>) -> Frame {
    frame(CONTINUATION, payload)
}

/// A continuation that is the last fragment.
pub fn final_continuation(payload: impl AsRef<[u8]>) -> Frame {
    frame(FINAL | CONTINUATION, payload)
}

pub fn ping(payload: impl AsRef<[u8]>) -> Frame {
    frame(FINAL | PING, payload)
}

pub fn pong(payload: impl AsRef<[u8]>) -> Frame {
    frame(FINAL | PONG, payload)
}

/// A Close frame with this payload, which may be invalid.
pub fn close_with(payload: impl AsRef<[u8]>) -> Frame {
    frame(FINAL | CLOSE, payload)
}

/// A Close frame with a code and no reason.
pub fn close(code: u16) -> Frame {
    close_with(code.to_be_bytes())
}

/// A message in fragments of `size` bytes.
pub fn fragments(opcode: u8, payload: &[u8], size: usize) -> Vec<Frame> {
    let mut frames: Vec<_> = payload.chunks(size).map(continuation).collect();
    frames.first_mut().expect("the message is not empty").first |= opcode;
    frames.last_mut().expect("the message is not empty").first |= FINAL;
    frames
}

impl Frame {
    /// The same frame, but marked as a fragment that is not the last one of its message.
    pub fn unfinished(self) -> Self {
        Self { first: self.first & !FINAL, ..self }
    }

    /// The same frame with these reserved bits set.
    pub fn with_reserved_bits(self, bits: u8) -> Self {
        Self { first: self.first | bits, ..self }
    }

    /// The bytes of the frame, masked as clients must do.
    pub fn masked(&self) -> Vec<u8> {
        const MASKED: u8 = 0x80;
        let mut bytes = vec![self.first];
        match self.payload.len() {
            short @ 0..126 => bytes.push(MASKED | short as u8),
            middle @ 126..=0xffff => {
                bytes.push(MASKED | 126);
                bytes.extend((middle as u16).to_be_bytes());
            }
            long => {
                bytes.push(MASKED | 127);
                bytes.extend((long as u64).to_be_bytes());
            }
        }
        bytes.extend(MASK);
        bytes.extend(self.payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        bytes
    }

    /// Reads an unmasked frame. Returns `None` at the end of the connection. Drops the reason of a Close frame, because RFC
    /// 6455 does not specify its text.
    fn read(stream: &mut impl BufRead) -> Option<Self> {
        if stream.fill_buf().expect("the connection is closed in order").is_empty() {
            return None;
        }
        let mut number = |bytes: usize| {
            let mut number = [0; 8];
            stream.read_exact(&mut number[8 - bytes..]).expect("the frame is complete");
            u64::from_be_bytes(number)
        };
        let (first, length) = (number(1) as u8, number(1));
        let length = match length {
            126 => number(2),
            127 => number(8),
            short => short,
        };
        let mut payload = Vec::new();
        stream.take(length).read_to_end(&mut payload).expect("the frame is complete");
        assert_eq!(payload.len() as u64, length, "the frame is complete");
        if first == FINAL | CLOSE {
            payload.truncate(2);
        }
        Some(Self { first, payload })
    }
}

/// Sends bytes in pieces of this length over a new connection, and reads all frames until the server ends the connection.
pub fn exchange(address: SocketAddr, sent: &[u8], piece_length: usize) -> Vec<Frame> {
    let (mut writer, mut reader) = open(address);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // A write fails if the server closes the connection early.
            sent.chunks(piece_length).try_for_each(|piece| writer.write_all(piece)).ok();
        });
        std::iter::from_fn(|| Frame::read(&mut reader)).collect()
    })
}

/// Connects and performs the opening handshake with the example key of RFC 6455, section 1.3.
fn open(address: SocketAddr) -> (TcpStream, BufReader<TcpStream>) {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(IO_TIMEOUT)).expect("the timeout is not zero");
    stream.set_write_timeout(Some(IO_TIMEOUT)).expect("the timeout is not zero");
    stream.set_nodelay(true).expect("the socket is connected");
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .expect("the connection is open");
    let mut reader = BufReader::new(stream.try_clone().expect("the socket can be duplicated"));
    let head: Vec<_> = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    assert!(head[0].starts_with("HTTP/1.1 101 "), "{head:?}");
    let accept = "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    assert!(head.iter().any(|line| line.eq_ignore_ascii_case(accept)), "{head:?}");
    (stream, reader)
}
