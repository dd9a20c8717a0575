//! What a client's WebSocket frames must be (RFC 6455, section 5), checked while their bytes come, before anything is buffered.

use super::utf8::Utf8;

/// What is wrong with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It breaks RFC 6455.
    BadFrame,
    /// It is no whole binary message, where nothing else is taken.
    NotBinary,
    /// It holds text that is no UTF-8.
    NotUtf8,
    /// It declares more than is taken.
    TooLong,
}

impl Fault {
    /// The close code that says so (RFC 6455, section 7.4.1).
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::BadFrame => 1002,
            Self::NotBinary => 1003,
            Self::NotUtf8 => 1007,
            Self::TooLong => 1009,
        }
    }
}

/// Which messages are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// Binary ones of a single frame.
    WholeBinary,
    /// Text and binary ones, in fragments too.
    Everything,
}

/// What frames may be.
#[derive(Clone, Copy, Debug)]
pub struct FrameRules {
    /// Which messages are taken.
    pub takes: Takes,
    /// The most bytes of a frame's payload.
    pub payload_bytes_max: u64,
}

/// What was found in the next bytes of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checked {
    /// How many frames ended in them.
    pub frames: usize,
    /// How many bytes there are before the frame that is at fault, or in all.
    pub sound: usize,
    /// What is wrong with it. Nothing can be said of what comes after.
    pub fault: Option<Fault>,
}

/// Follows the frames of a byte stream, whatever pieces it comes in.
#[derive(Debug)]
pub struct FrameCheck {
    rules: FrameRules,
    /// The bytes of a header that has not come whole.
    header: [u8; HEADER_BYTES_MAX],
    header_length: usize,
    /// The frame whose payload is passing.
    frame: Frame,
    /// What the message is whose fragments have begun to come.
    begun: Option<Content>,
    /// The text of that message.
    text: Utf8,
    /// The payload of a close frame.
    farewell: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Frame {
    is_final: bool,
    content: Content,
    mask: [u8; 4],
    length: u64,
    /// How much of it has passed.
    passed: u64,
}

/// What a payload is, as far as it matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Content {
    #[default]
    Binary,
    Text,
    Close,
    Ping,
}

/// Flags and opcode, length of up to nine bytes, mask.
const HEADER_BYTES_MAX: usize = 14;
/// The most bytes of a control frame's payload.
const CONTROL_BYTES_MAX: u8 = 125;

impl FrameCheck {
    /// Follows a stream from its beginning.
    #[must_use]
    pub fn new(rules: FrameRules) -> Self {
        Self {
            rules,
            header: [0; HEADER_BYTES_MAX],
            header_length: 0,
            frame: Frame::default(),
            begun: None,
            text: Utf8::default(),
            farewell: Vec::new(),
        }
    }

    /// Takes in the next bytes of the stream.
    pub fn check(&mut self, bytes: &[u8]) -> Checked {
        let mut checked = Checked { frames: 0, sound: 0, fault: None };
        let mut taken = 0;
        while taken < bytes.len() {
            match self.step(&bytes[taken..]) {
                Ok(step) => taken += step,
                Err(fault) => return Checked { fault: Some(fault), ..checked },
            }
            if self.is_between_frames() {
                checked = Checked { frames: checked.frames + 1, sound: taken, fault: None };
            }
        }
        Checked { sound: taken, ..checked }
    }

    const fn is_between_frames(&self) -> bool {
        self.header_length == 0 && self.frame.passed == self.frame.length
    }

    /// Takes in what comes next: a byte of a header, or as much of a payload as is there.
    fn step(&mut self, bytes: &[u8]) -> Result<usize, Fault> {
        if self.frame.passed < self.frame.length {
            let left = self.frame.length - self.frame.passed;
            let payload = &bytes[..usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()))];
            self.take_payload(payload)?;
            return Ok(payload.len());
        }
        self.header[self.header_length] = bytes[0];
        self.header_length += 1;
        if self.header_length == 2 {
            self.frame = self.begin_frame()?;
        }
        if let Some((length, mask)) = self.whole_header()? {
            self.header_length = 0;
            self.frame = Frame { length, mask, passed: 0, ..self.frame };
            self.take_payload(&[])?;
        }
        Ok(1)
    }

    /// What the first two bytes of a header say.
    fn begin_frame(&self) -> Result<Frame, Fault> {
        const FINAL: u8 = 0x80;
        const RESERVED: u8 = 0x70;
        const MASKED: u8 = 0x80;
        let [first, second, ..] = self.header;
        let is_final = first & FINAL != 0;
        if first & RESERVED != 0 || second & MASKED == 0 {
            return Err(Fault::BadFrame);
        }
        let content = match (first & 0x0f, self.begun) {
            (0, Some(begun)) => begun,
            (1, None) => Content::Text,
            (2, None) => Content::Binary,
            (8, _) => Content::Close,
            (9 | 10, _) => Content::Ping,
            _ => return Err(Fault::BadFrame),
        };
        let is_control = matches!(content, Content::Close | Content::Ping);
        if is_control && (!is_final || second & !MASKED > CONTROL_BYTES_MAX) {
            return Err(Fault::BadFrame);
        }
        let is_whole_binary = is_control || content == Content::Binary && is_final && self.begun.is_none();
        if self.rules.takes == Takes::WholeBinary && !is_whole_binary {
            return Err(Fault::NotBinary);
        }
        Ok(Frame { is_final, content, ..Frame::default() })
    }

    /// The declared length and the mask, once the header is whole.
    fn whole_header(&self) -> Result<Option<(u64, [u8; 4])>, Fault> {
        let header = &self.header[..self.header_length];
        let Some(second) = header.get(1) else { return Ok(None) };
        let (length_bytes, short) = match second & 0x7f {
            126 => (2, 0),
            127 => (8, 0),
            short => (0, u64::from(short)),
        };
        let Some((fields, mask)) = header[2..].split_at_checked(length_bytes) else { return Ok(None) };
        let Ok(mask) = mask.try_into() else { return Ok(None) };
        let length = short + fields.iter().fold(0, |length, byte| length << 8 | u64::from(*byte));
        if length >> 63 != 0 {
            return Err(Fault::BadFrame);
        }
        if length > self.rules.payload_bytes_max {
            return Err(Fault::TooLong);
        }
        Ok(Some((length, mask)))
    }

    /// The next bytes of the payload, or none where it is empty.
    fn take_payload(&mut self, payload: &[u8]) -> Result<(), Fault> {
        match self.frame.content {
            Content::Text => self.take_text(payload)?,
            Content::Close => {
                let unmasked = self.frame.unmasked(payload).collect::<Vec<_>>();
                self.farewell.extend(unmasked);
            }
            Content::Binary | Content::Ping => {}
        }
        self.frame.passed += payload.len() as u64;
        if self.frame.passed < self.frame.length { Ok(()) } else { self.end_frame() }
    }

    fn take_text(&mut self, payload: &[u8]) -> Result<(), Fault> {
        let mut piece = [0; 1024];
        let mut unmasked = self.frame.unmasked(payload);
        loop {
            let length = piece.iter_mut().zip(&mut unmasked).map(|(to, byte)| *to = byte).count();
            if length == 0 {
                return Ok(());
            }
            if !self.text.allow(&piece[..length]) {
                return Err(Fault::NotUtf8);
            }
        }
    }

    fn end_frame(&mut self) -> Result<(), Fault> {
        match self.frame.content {
            Content::Ping => Ok(()),
            Content::Close => check_farewell(&std::mem::take(&mut self.farewell)),
            _ if self.frame.is_final && !self.text.is_whole() => Err(Fault::NotUtf8),
            content => {
                self.begun = (!self.frame.is_final).then_some(content);
                Ok(())
            }
        }
    }
}

impl Frame {
    fn unmasked<'b>(&self, payload: &'b [u8]) -> impl Iterator<Item = u8> + use<'b> {
        let begin = (self.passed % 4) as usize;
        payload.iter().zip(self.mask.into_iter().cycle().skip(begin)).map(|(byte, mask)| byte ^ mask)
    }
}

/// The payload of a close frame: nothing, or a code that may be sent and a reason (RFC 6455, sections 5.5.1 and 7.4).
fn check_farewell(payload: &[u8]) -> Result<(), Fault> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(()) } else { Err(Fault::BadFrame) };
    };
    match u16::from_be_bytes(*code) {
        1000..=1003 | 1007..=1014 | 3000..=4999 => {}
        _ => return Err(Fault::BadFrame),
    }
    if std::str::from_utf8(reason).is_ok() { Ok(()) } else { Err(Fault::NotUtf8) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINARY: FrameRules = FrameRules { takes: Takes::WholeBinary, payload_bytes_max: 70_000 };
    const ALL: FrameRules = FrameRules { takes: Takes::Everything, payload_bytes_max: 70_000 };

    /// A frame as clients send them, under its first byte.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = header(first, payload.len() as u64);
        frame.extend(payload.iter().zip([0x37, 0xfa, 0x21, 0x3d].iter().cycle()).map(|(byte, mask)| byte ^ mask));
        frame
    }

    fn header(first: u8, length: u64) -> Vec<u8> {
        let mut header = vec![first];
        match length {
            0..=125 => header.push(0x80 | length as u8),
            126..=0xffff => {
                header.push(0x80 | 126);
                header.extend((length as u16).to_be_bytes());
            }
            _ => {
                header.push(0x80 | 127);
                header.extend(length.to_be_bytes());
            }
        }
        header.extend([0x37, 0xfa, 0x21, 0x3d]);
        header
    }

    /// What is found in a stream, in whatever pieces it comes: the frames before the fault, and the fault.
    fn check(rules: FrameRules, frames: &[Vec<u8>], expected: (usize, Option<Fault>)) {
        let stream = frames.concat();
        for size in [1, 2, 3, 7, 64, 4096, stream.len()] {
            let mut check = FrameCheck::new(rules);
            let mut found = (0, None);
            for piece in stream.chunks(size) {
                let checked = check.check(piece);
                found = (found.0 + checked.frames, checked.fault);
                if checked.fault.is_some() {
                    break;
                }
                assert_eq!(checked.sound, piece.len());
            }
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn frames_up_to_the_limit_pass() {
        let frames: Vec<_> = [0, 1, 125, 126, 300, 70_000, 0, 7].map(|length| frame(0x82, &vec![0xff; length])).into();
        check(BINARY, &frames, (8, None));
    }

    #[test]
    fn a_frame_that_declares_too_much_is_refused_at_its_header() {
        for length in [257, 70_000, u64::MAX >> 1] {
            let rules = FrameRules { payload_bytes_max: 256, ..BINARY };
            check(rules, &[frame(0x82, &[0; 256]), header(0x82, length)], (1, Some(Fault::TooLong)));
        }
        check(BINARY, &[header(0x82, 1 << 63)], (0, Some(Fault::BadFrame)));
    }

    #[test]
    fn only_whole_binary_messages_are_taken_where_nothing_else_is() {
        for first in [0x81, 0x01, 0x02] {
            check(BINARY, &[frame(0x82, b"one"), frame(first, b"two")], (1, Some(Fault::NotBinary)));
        }
        check(BINARY, &[frame(0x89, b"ping"), frame(0x8a, b""), frame(0x88, b"")], (3, None));
    }

    #[test]
    fn frames_that_break_the_rules_are_refused() {
        let unmasked = vec![0x82, 0x01, 0x00];
        let long_ping = header(0x89, 126);
        for bad in
            [unmasked, long_ping, frame(0xc2, b""), frame(0xa2, b""), frame(0x92, b""), frame(0x83, b""), frame(0x8b, b"")]
        {
            check(ALL, &[frame(0x81, b"one"), bad], (1, Some(Fault::BadFrame)));
        }
        for fragmented_control in [0x08, 0x09, 0x0a] {
            check(ALL, &[frame(fragmented_control, b"")], (0, Some(Fault::BadFrame)));
        }
        check(ALL, &[frame(0x80, b"")], (0, Some(Fault::BadFrame)));
        check(ALL, &[frame(0x01, b"one"), frame(0x81, b"two")], (1, Some(Fault::BadFrame)));
        check(ALL, &[frame(0x02, b"one"), frame(0x80, b"two"), frame(0x00, b"three")], (2, Some(Fault::BadFrame)));
    }

    #[test]
    fn fragments_pass_with_control_frames_between_them() {
        let fragments =
            [frame(0x01, b"one"), frame(0x89, b"ping"), frame(0x00, b""), frame(0x8a, b""), frame(0x80, b"two")];
        check(ALL, &fragments, (5, None));
    }

    #[test]
    fn text_is_utf_8_across_its_fragments() {
        let text = "κόσμε".as_bytes();
        for cut in 0..=text.len() {
            check(ALL, &[frame(0x01, &text[..cut]), frame(0x89, b""), frame(0x80, &text[cut..])], (3, None));
        }
        check(ALL, &[frame(0x81, &text[..1])], (0, Some(Fault::NotUtf8)));
        check(ALL, &[frame(0x01, &text[..1]), frame(0x00, b"a")], (1, Some(Fault::NotUtf8)));
        check(ALL, &[frame(0x02, &text[..1]), frame(0x80, b"a")], (2, None));
    }

    #[test]
    fn no_text_is_refused_before_its_frame_has_ended() {
        let mut check = FrameCheck::new(ALL);
        let frame = frame(0x81, b"abc\xffdef");
        let fault_at = frame.len() - 4;
        assert_eq!(check.check(&frame[..fault_at]).fault, None);
        assert_eq!(check.check(&frame[fault_at..=fault_at]).fault, Some(Fault::NotUtf8));
    }

    #[test]
    fn a_farewell_is_nothing_or_a_code_and_a_reason() {
        let farewell = |code: u16, reason: &[u8]| frame(0x88, &[&code.to_be_bytes()[..], reason].concat());
        for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 3000, 3999, 4000, 4999] {
            check(BINARY, &[farewell(code, "κόσμε".as_bytes())], (1, None));
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
            check(BINARY, &[farewell(code, b"")], (0, Some(Fault::BadFrame)));
        }
        check(BINARY, &[frame(0x88, b"")], (1, None));
        check(BINARY, &[frame(0x88, b"x")], (0, Some(Fault::BadFrame)));
        check(BINARY, &[farewell(1000, b"\xce")], (0, Some(Fault::NotUtf8)));
    }
}
