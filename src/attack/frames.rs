//! WebSocket frames by hand (RFC 6455, section 5.2), so that they can be wrong.

/// Appends a whole masked binary frame.
pub(super) fn frame(payload: &[u8], bytes: &mut Vec<u8>) {
    header(0x82, payload.len() as u64, bytes);
    bytes.extend(payload);
}

/// Appends a close frame with that code.
pub(super) fn close(code: u16, bytes: &mut Vec<u8>) {
    header(0x88, 2, bytes);
    bytes.extend(code.to_be_bytes());
}

/// Appends the header of a frame whose payload follows, or does not. The masking key is zero, which leaves the payload as it is.
pub(super) fn header(first: u8, length: u64, bytes: &mut Vec<u8>) {
    const MASKED: u8 = 0x80;
    bytes.push(first);
    match length {
        0..=125 => bytes.push(MASKED | length as u8),
        126..=0xffff => {
            bytes.push(MASKED | 126);
            bytes.extend((length as u16).to_be_bytes());
        }
        _ => {
            bytes.push(MASKED | 127);
            bytes.extend(length.to_be_bytes());
        }
    }
    bytes.extend([0; 4]);
}

/// What a server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It answers the request for an upgrade with that status.
    Status(u16),
    /// A message.
    Message,
    /// Goodbye, with that code.
    Close(u16),
}

/// Takes apart what a server says, and forgets the payloads.
#[derive(Debug, Default)]
pub(super) struct Ear {
    /// Bytes that are no whole head or header yet.
    begun: Vec<u8>,
    is_upgraded: bool,
    /// How much of a payload is still to be passed over.
    payload_left: u64,
}

/// The longest answer to a request for an upgrade.
const HEAD_BYTES_MAX: usize = 8 << 10;

impl Ear {
    /// Takes in bytes, and says what has been heard so far. What makes no sense is passed over.
    pub(super) fn hear(&mut self, mut bytes: &[u8], mut say: impl FnMut(Heard)) {
        while !bytes.is_empty() {
            let skipped = self.payload_left.min(bytes.len() as u64) as usize;
            self.payload_left -= skipped as u64;
            bytes = &bytes[skipped..];
            let Some((byte, after)) = bytes.split_first() else { return };
            self.begun.push(*byte);
            bytes = after;
            if let Some(heard) = if self.is_upgraded { self.frame() } else { self.head() } {
                self.begun.clear();
                say(heard);
            }
        }
    }

    fn head(&mut self) -> Option<Heard> {
        let is_whole = self.begun.ends_with(b"\r\n\r\n") || self.begun.len() >= HEAD_BYTES_MAX;
        is_whole.then(|| {
            let head = String::from_utf8_lossy(&self.begun);
            let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
            self.is_upgraded = status == 101;
            Heard::Status(status)
        })
    }

    /// A message is heard with its header, a goodbye with its code.
    fn frame(&mut self) -> Option<Heard> {
        let [first, second, rest @ ..] = self.begun.as_slice() else { return None };
        let length_bytes = match second & 0x7f {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let (long, payload) = rest.split_at_checked(length_bytes)?;
        let length = match length_bytes {
            0 => u64::from(second & 0x7f),
            _ => long.iter().fold(0, |length, byte| length << 8 | u64::from(*byte)),
        };
        const CLOSE: u8 = 0x8;
        if first & 0xf != CLOSE {
            self.payload_left = length;
            return Some(Heard::Message);
        }
        const NO_CODE: u16 = 1005;
        if length < 2 {
            return Some(Heard::Close(NO_CODE));
        }
        let code = payload.first_chunk().map(|code| u16::from_be_bytes(*code))?;
        self.payload_left = length - 2;
        Some(Heard::Close(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_understood_in_whatever_pieces_it_comes() {
        let mut bytes = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n".to_vec();
        bytes.extend([0x82, 3, 1, 2, 3, 0x82, 126, 1, 0]);
        bytes.extend([7; 256]);
        bytes.extend([0x88, 5, 0x0f, 0xa6, b'b', b'y', b'e', 0x88, 0]);
        let expected = [Heard::Status(101), Heard::Message, Heard::Message, Heard::Close(4006), Heard::Close(1005)];
        for piece in [1, 2, 5, 100, bytes.len()] {
            let (mut ear, mut heard) = (Ear::default(), Vec::new());
            bytes.chunks(piece).for_each(|bytes| ear.hear(bytes, |it| heard.push(it)));
            assert_eq!(heard, expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn a_refusal_is_its_status() {
        let mut heard = Vec::new();
        Ear::default().hear(b"HTTP/1.1 429 Too Many Requests\r\n\r\n", |it| heard.push(it));
        assert_eq!(heard, [Heard::Status(429)]);
    }
}
