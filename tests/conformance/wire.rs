//! WebSocket frames as bytes (RFC 6455, section 5.2), and connections that carry whatever bytes a test wants.

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
/// A server that is silent for longer has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// A frame: flags and opcode, and what it carries.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    first: u8,
    payload: Vec<u8>,
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let begin = self.payload[..self.payload.len().min(8)].escape_ascii();
        write!(f, "{:02x}[{}]\"{begin}\"", self.first, self.payload.len())
    }
}

/// A frame under any first byte.
pub fn frame(first: u8, payload: impl AsRef<[u8]>) -> Frame {
    Frame { first, payload: payload.as_ref().to_vec() }
}

pub fn text(payload: impl AsRef<[u8]>) -> Frame {
    frame(FINAL | TEXT, payload)
}

pub fn binary(payload: impl AsRef<[u8]>) -> Frame {
    frame(FINAL | BINARY, payload)
}

pub fn more(payload: impl AsRef<[u8]>) -> Frame {
    frame(CONTINUATION, payload)
}

pub fn last(payload: impl AsRef<[u8]>) -> Frame {
    frame(FINAL | CONTINUATION, payload)
}

pub fn ping(payload: impl AsRef<[u8]>) -> Frame {
    frame(FINAL | PING, payload)
}

pub fn pong(payload: impl AsRef<[u8]>) -> Frame {
    frame(FINAL | PONG, payload)
}

/// A close frame with any payload.
pub fn closing(payload: impl AsRef<[u8]>) -> Frame {
    frame(FINAL | CLOSE, payload)
}

pub fn close(code: u16) -> Frame {
    closing(code.to_be_bytes())
}

/// A message in fragments of so many bytes.
pub fn fragments(opcode: u8, payload: &[u8], size: usize) -> Vec<Frame> {
    let mut frames: Vec<_> = payload.chunks(size).map(more).collect();
    frames.first_mut().expect("a message of some length").first |= opcode;
    frames.last_mut().expect("a message of some length").first |= FINAL;
    frames
}

impl Frame {
    /// The same, but its message is to go on.
    pub fn open(self) -> Self {
        Self { first: self.first & !FINAL, ..self }
    }

    /// The same, with reserved bits.
    pub fn reserving(self, bits: u8) -> Self {
        Self { first: self.first | bits, ..self }
    }

    /// Its bytes, as clients send them.
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

    /// The next one of a server's, or none at the end of the connection. Of a close frame only the code is kept: its reason is
    /// for people.
    fn read(stream: &mut impl BufRead) -> Option<Self> {
        let is_over = stream.fill_buf().expect("the connection ends well").is_empty();
        if is_over {
            return None;
        }
        let mut number = |bytes: usize| {
            let mut number = [0; 8];
            stream.read_exact(&mut number[8 - bytes..]).expect("a whole frame");
            u64::from_be_bytes(number)
        };
        let (first, length) = (number(1) as u8, number(1));
        let length = match length {
            126 => number(2),
            127 => number(8),
            short => short,
        };
        let mut payload = Vec::new();
        stream.take(length).read_to_end(&mut payload).expect("a whole frame");
        assert_eq!(payload.len() as u64, length, "a whole frame");
        if first == FINAL | CLOSE {
            payload.truncate(2);
        }
        Some(Self { first, payload })
    }
}

/// Sends bytes on a connection of their own, in such pieces, and reads until the server ends it.
pub fn exchange(address: SocketAddr, sent: &[u8], piece: usize) -> Vec<Frame> {
    let (mut writer, mut reader) = open(address);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            // The server may have closed before all of it has come.
            let _ = sent.chunks(piece).try_for_each(|piece| writer.write_all(piece));
        });
        std::iter::from_fn(|| Frame::read(&mut reader)).collect()
    })
}

/// The opening handshake with the key that RFC 6455 gives as its example (section 1.3).
fn open(address: SocketAddr) -> (TcpStream, BufReader<TcpStream>) {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    stream.set_write_timeout(Some(PATIENCE)).expect("a timeout");
    stream.set_nodelay(true).expect("a TCP socket");
    write!(
        stream,
        "GET / HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .expect("it takes requests");
    let mut reader = BufReader::new(stream.try_clone().expect("a second handle"));
    let head: Vec<_> = reader.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    assert!(head[0].starts_with("HTTP/1.1 101 "), "{head:?}");
    let accept = "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
    assert!(head.iter().any(|line| line.eq_ignore_ascii_case(accept)), "{head:?}");
    (stream, reader)
}
