//! The client side of the WebSocket protocol (RFC 6455), reduced to what tests of this server need.

use tickcast_protocol::CloseReason;
use tickcast_protocol::codec::SUBPROTOCOL;

/// Opcodes of frames (RFC 6455, section 5.2).
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Masking key of all frames. RFC 6455 requires random keys, but a server cannot tell the difference.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The close code of a client that leaves for good.
pub const NORMAL: u16 = 1000;
/// The close code of a browser whose page is reloaded.
pub const GOING_AWAY: u16 = 1001;

/// The request that opens a WebSocket, optionally for a certain room.
pub fn upgrade_request(room: Option<&str>) -> Vec<u8> {
    upgrade_with(&room.map(|room| format!("?room={room}")).unwrap_or_default())
}

/// The request that opens a WebSocket with this query, such as `?replay=main`.
pub fn upgrade_with(query: &str) -> Vec<u8> {
    format!(
        "GET /ws{query} HTTP/1.1\r\nHost: memory\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: {SUBPROTOCOL}\r\n\r\n"
    )
    .into_bytes()
}

/// Encodes a whole, masked frame.
pub fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80 | opcode];
    match u16::try_from(payload.len()).expect("clients send short messages") {
        length @ ..=125 => bytes.push(0x80 | length as u8),
        length => {
            bytes.push(0x80 | 126);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend(MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}

/// Encodes a Close frame.
pub fn close_frame(code: u16) -> Vec<u8> {
    frame(CLOSE, &code.to_be_bytes())
}

/// An item that a client receives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// The upgrade was refused with this HTTP status.
    Refused(u16),
    /// A message.
    Binary(Vec<u8>),
    /// A Close frame with one of the server's reasons.
    Close(CloseReason),
}

/// Decodes the bytes that a client receives.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    bytes: Vec<u8>,
    /// Number of bytes at the start of `bytes` that are already decoded.
    start: usize,
    is_upgraded: bool,
    is_closed: bool,
}

impl Decoder {
    /// Appends received bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..std::mem::take(&mut self.start));
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes the next item, if it has been received completely.
    ///
    /// # Panics
    /// If the server violates the protocol.
    pub fn next(&mut self) -> Option<Received> {
        if !self.is_upgraded {
            let status = self.take_response()?;
            if status != 101 {
                return Some(Received::Refused(status));
            }
            self.is_upgraded = true;
        }
        loop {
            let (opcode, payload) = self.take_frame()?;
            assert!(!self.is_closed, "nothing follows a Close frame");
            match opcode {
                BINARY => return Some(Received::Binary(payload)),
                CLOSE => {
                    self.is_closed = true;
                    let (code, text) = payload.split_first_chunk().expect("the server's Close frames have a code");
                    let code = u16::from_be_bytes(*code);
                    let reason = CloseReason::from_code(code).unwrap_or_else(|| panic!("close code {code} has no reason"));
                    let game = match reason {
                        CloseReason::VersionMismatch => "; the server hosts the game arena",
                        _ => "",
                    };
                    assert_eq!(String::from_utf8_lossy(text), format!("{}{game}", reason.text()));
                    return Some(Received::Close(reason));
                }
                PING | PONG => {}
                other => panic!("the server sent a frame with opcode {other}"),
            }
        }
    }

    /// Whether a Close frame was received.
    pub const fn is_closed(&self) -> bool {
        self.is_closed
    }

    fn unread(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Takes the response to the upgrade request, and returns its status.
    fn take_response(&mut self) -> Option<u16> {
        let head = self.unread();
        let end = head.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let status = std::str::from_utf8(&head[9..12]).ok().and_then(|status| status.parse().ok());
        self.start += end;
        Some(status.expect("a response starts with its status"))
    }

    /// Takes a whole frame. Returns its opcode and its payload.
    fn take_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let bytes = self.unread();
        let (head, rest) = bytes.split_first_chunk::<2>()?;
        assert_eq!(head[0] & 0xf0, 0x80, "the server's frames are whole and without extensions");
        let (length, rest) = match head[1] {
            126 => rest.split_first_chunk().map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?,
            127 => rest.split_first_chunk().map(|(length, rest)| (u64::from_be_bytes(*length) as usize, rest))?,
            length => (usize::from(length), rest),
        };
        let payload = rest.get(..length)?.to_vec();
        let opcode = head[0] & 0xf;
        self.start += bytes.len() - rest.len() + length;
        Some((opcode, payload))
    }
}
