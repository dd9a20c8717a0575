//! Validates the frames of a client (RFC 6455, section 5) while their bytes arrive, before a whole message is buffered.

use bytes::Bytes;

use super::utf8::Utf8Validator;

/// Reason for rejecting a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// The frame violates RFC 6455.
    Protocol,
    /// The frame is text or a fragment, but only unfragmented binary messages are accepted.
    Unsupported,
    /// A text message, or the reason in a Close frame, is not valid UTF-8.
    InvalidUtf8,
    /// The declared payload length exceeds the limit.
    TooBig,
}

impl FrameError {
    /// The close code for this error (RFC 6455, section 7.4.1).
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Protocol => 1002,
            Self::Unsupported => 1003,
            Self::InvalidUtf8 => 1007,
            Self::TooBig => 1009,
        }
    }
}

/// The kinds of messages that are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptedFrames {
    /// Unfragmented binary messages.
    WholeBinary,
    /// Text and binary messages, fragmented or not.
    All,
}

/// The rules for frames.
#[derive(Clone, Copy, Debug)]
pub struct FrameRules {
    /// The kinds of messages that are accepted.
    pub accepted: AcceptedFrames,
    /// Limit on the payload of a frame, in bytes.
    pub payload_bytes_max: u64,
}

/// The result of validating a piece of the stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validated {
    /// Number of frames that end in the piece.
    pub frames: usize,
    /// Number of bytes before the first invalid frame, or the length of the piece if there is no invalid frame.
    pub valid_bytes: usize,
    /// The error of the first invalid frame, if any. Validation must not continue after it.
    pub error: Option<FrameError>,
}

/// Validates the frames of a byte stream that arrives in pieces of any size.
#[derive(Debug)]
pub struct FrameValidator {
    rules: FrameRules,
    /// The bytes of an incomplete frame header.
    header: [u8; HEADER_BYTES_MAX],
    header_length: usize,
    /// The frame whose payload is arriving.
    frame: FrameHeader,
    /// Kind of the fragmented message that is arriving, if any.
    fragmented: Option<Content>,
    /// Validates the text of the message that is arriving.
    text: Utf8Validator,
    /// Payload of the Close frame that is arriving.
    close_payload: Vec<u8>,
}

/// The header of a frame, and how much of its payload has arrived.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct FrameHeader {
    is_final: bool,
    content: Content,
    mask: [u8; 4],
    length: u64,
    /// Payload bytes that have arrived.
    arrived: u64,
}

/// Kind of a payload. `Ping` is also used for Pong, which is validated in the same way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Content {
    #[default]
    Binary,
    Text,
    Close,
    Ping,
}

/// Length of the longest header: flags and opcode (one byte), length (up to nine bytes), mask (four bytes).
const HEADER_BYTES_MAX: usize = 14;
/// Limit on the payload of a control frame, in bytes.
const CONTROL_BYTES_MAX: u8 = 125;

impl FrameValidator {
    /// A validator at the beginning of a stream.
    #[must_use]
    pub fn new(rules: FrameRules) -> Self {
        Self {
            rules,
            header: [0; HEADER_BYTES_MAX],
            header_length: 0,
            frame: FrameHeader::default(),
            fragmented: None,
            text: Utf8Validator::default(),
            close_payload: Vec::new(),
        }
    }

    /// Validates the next piece of the stream.
    pub fn validate(&mut self, bytes: &[u8]) -> Validated {
        let mut validated = Validated { frames: 0, valid_bytes: 0, error: None };
        let mut consumed = 0;
        while consumed < bytes.len() {
            match self.validate_frame(&bytes[consumed..]) {
                Ok((count, header)) => {
                    consumed += count;
                    validated.frames += usize::from(header.is_some());
                    validated.valid_bytes = if header.is_some() { consumed } else { validated.valid_bytes };
                }
                Err(error) => return Validated { error: Some(error), ..validated },
            }
        }
        Validated { valid_bytes: consumed, ..validated }
    }

    /// Validates the stream up to the end of the frame that is arriving. Returns the number of validated bytes. If the
    /// frame is complete, also returns its header.
    ///
    /// # Errors
    /// The error of the frame. Validation must not continue after it.
    pub(super) fn validate_frame(&mut self, bytes: &[u8]) -> Result<(usize, Option<FrameHeader>), FrameError> {
        let mut consumed = 0;
        while consumed < bytes.len() {
            consumed += self.consume(&bytes[consumed..])?;
            if self.is_between_frames() {
                return Ok((consumed, Some(self.frame)));
            }
        }
        Ok((consumed, None))
    }

    const fn is_between_frames(&self) -> bool {
        self.header_length == 0 && self.frame.arrived == self.frame.length
    }

    /// Consumes bytes of a header, or all available bytes of a payload. Returns the number of bytes consumed.
    fn consume(&mut self, bytes: &[u8]) -> Result<usize, FrameError> {
        if self.frame.arrived < self.frame.length {
            let left = self.frame.length - self.frame.arrived;
            let payload = &bytes[..usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()))];
            self.consume_payload(payload)?;
            return Ok(payload.len());
        }
        let wanted = self.header_bytes_wanted().min(bytes.len());
        self.header[self.header_length..self.header_length + wanted].copy_from_slice(&bytes[..wanted]);
        self.header_length += wanted;
        if self.header_length == 2 {
            self.frame = self.parse_opcode()?;
        }
        if let Some((length, mask)) = self.parse_length_and_mask()? {
            self.header_length = 0;
            self.frame = FrameHeader { length, mask, arrived: 0, ..self.frame };
            self.consume_payload(&[])?;
        }
        Ok(wanted)
    }

    /// Number of header bytes to read next. The first two bytes determine the length of the header, so they are read first.
    /// Then the rest of the header is read.
    const fn header_bytes_wanted(&self) -> usize {
        let end = match (self.header_length, self.header[1] & 0x7f) {
            (0 | 1, _) => 2,
            (_, 126) => 8,
            (_, 127) => HEADER_BYTES_MAX,
            _ => 6,
        };
        end - self.header_length
    }

    /// Parses the first two bytes of a header.
    fn parse_opcode(&self) -> Result<FrameHeader, FrameError> {
        const FINAL: u8 = 0x80;
        const RESERVED: u8 = 0x70;
        const MASKED: u8 = 0x80;
        let [first, second, ..] = self.header;
        let is_final = first & FINAL != 0;
        if first & RESERVED != 0 || second & MASKED == 0 {
            return Err(FrameError::Protocol);
        }
        let content = match (first & 0x0f, self.fragmented) {
            (0, Some(content)) => content,
            (1, None) => Content::Text,
            (2, None) => Content::Binary,
            (8, _) => Content::Close,
            (9 | 10, _) => Content::Ping,
            _ => return Err(FrameError::Protocol),
        };
        let is_control = matches!(content, Content::Close | Content::Ping);
        if is_control && (!is_final || second & !MASKED > CONTROL_BYTES_MAX) {
            return Err(FrameError::Protocol);
        }
        let is_whole_binary = is_control || content == Content::Binary && is_final && self.fragmented.is_none();
        if self.rules.accepted == AcceptedFrames::WholeBinary && !is_whole_binary {
            return Err(FrameError::Unsupported);
        }
        Ok(FrameHeader { is_final, content, ..FrameHeader::default() })
    }

    /// Parses length and mask. Returns `None` while the header is incomplete.
    fn parse_length_and_mask(&self) -> Result<Option<(u64, [u8; 4])>, FrameError> {
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
            return Err(FrameError::Protocol);
        }
        if length > self.rules.payload_bytes_max {
            return Err(FrameError::TooBig);
        }
        Ok(Some((length, mask)))
    }

    /// Consumes the next bytes of the payload. After each header, the caller must call this once with an empty slice, which
    /// ends a frame that has no payload.
    fn consume_payload(&mut self, payload: &[u8]) -> Result<(), FrameError> {
        match self.frame.content {
            Content::Text => self.consume_text(payload)?,
            Content::Close => {
                let unmasked = self.frame.unmasked(payload).collect::<Vec<_>>();
                self.close_payload.extend(unmasked);
            }
            Content::Binary | Content::Ping => {}
        }
        self.frame.arrived += payload.len() as u64;
        if self.frame.arrived < self.frame.length { Ok(()) } else { self.end_frame() }
    }

    fn consume_text(&mut self, payload: &[u8]) -> Result<(), FrameError> {
        let mut piece = [0; 1024];
        let mut unmasked = self.frame.unmasked(payload);
        loop {
            let length = piece.iter_mut().zip(&mut unmasked).map(|(to, byte)| *to = byte).count();
            if length == 0 {
                return Ok(());
            }
            if !self.text.accept(&piece[..length]) {
                return Err(FrameError::InvalidUtf8);
            }
        }
    }

    fn end_frame(&mut self) -> Result<(), FrameError> {
        match self.frame.content {
            Content::Ping => Ok(()),
            Content::Close => validate_close_payload(&std::mem::take(&mut self.close_payload)),
            _ if self.frame.is_final && !self.text.is_complete() => Err(FrameError::InvalidUtf8),
            content => {
                self.fragmented = (!self.frame.is_final).then_some(content);
                Ok(())
            }
        }
    }
}

impl FrameHeader {
    /// Whether the frame is the last one of its message.
    pub(super) const fn is_final(&self) -> bool {
        self.is_final
    }

    /// The unmasked payload of a complete frame.
    pub(super) fn payload_of(&self, frame: &[u8]) -> Bytes {
        let mut payload = frame[frame.len() - self.length as usize..].to_vec();
        payload.iter_mut().zip(self.mask.into_iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        payload.into()
    }

    fn unmasked<'b>(&self, payload: &'b [u8]) -> impl Iterator<Item = u8> + use<'b> {
        let start = (self.arrived % 4) as usize;
        payload.iter().zip(self.mask.into_iter().cycle().skip(start)).map(|(byte, mask)| byte ^ mask)
    }
}

/// Validates the payload of a Close frame. A valid payload is empty, or consists of a permitted code and a reason (RFC
/// 6455, sections 5.5.1 and 7.4).
fn validate_close_payload(payload: &[u8]) -> Result<(), FrameError> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() { Ok(()) } else { Err(FrameError::Protocol) };
    };
    match u16::from_be_bytes(*code) {
        1000..=1003 | 1007..=1014 | 3000..=4999 => {}
        _ => return Err(FrameError::Protocol),
    }
    if std::str::from_utf8(reason).is_ok() { Ok(()) } else { Err(FrameError::InvalidUtf8) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINARY: FrameRules = FrameRules { accepted: AcceptedFrames::WholeBinary, payload_bytes_max: 70_000 };
    const ALL: FrameRules = FrameRules { accepted: AcceptedFrames::All, payload_bytes_max: 70_000 };

    /// A masked frame with this first byte.
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

    /// Checks how many frames of a stream are valid, and which error follows them. The stream is cut into pieces of several
    /// sizes.
    fn check(rules: FrameRules, frames: &[Vec<u8>], expected: (usize, Option<FrameError>)) {
        let stream = frames.concat();
        for size in [1, 2, 3, 7, 64, 4096, stream.len()] {
            let mut validator = FrameValidator::new(rules);
            let mut found = (0, None);
            for piece in stream.chunks(size) {
                let validated = validator.validate(piece);
                found = (found.0 + validated.frames, validated.error);
                if validated.error.is_some() {
                    break;
                }
                assert_eq!(validated.valid_bytes, piece.len());
            }
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn frames_up_to_the_limit_are_accepted() {
        let frames: Vec<_> = [0, 1, 125, 126, 300, 70_000, 0, 7].map(|length| frame(0x82, &vec![0xff; length])).into();
        check(BINARY, &frames, (8, None));
    }

    #[test]
    fn an_oversized_frame_is_rejected_at_its_header() {
        for length in [257, 70_000, u64::MAX >> 1] {
            let rules = FrameRules { payload_bytes_max: 256, ..BINARY };
            check(rules, &[frame(0x82, &[0; 256]), header(0x82, length)], (1, Some(FrameError::TooBig)));
        }
        check(BINARY, &[header(0x82, 1 << 63)], (0, Some(FrameError::Protocol)));
    }

    #[test]
    fn fragments_and_text_are_rejected_where_only_whole_binary_messages_are_accepted() {
        for first in [0x81, 0x01, 0x02] {
            check(BINARY, &[frame(0x82, b"one"), frame(first, b"two")], (1, Some(FrameError::Unsupported)));
        }
        check(BINARY, &[frame(0x89, b"ping"), frame(0x8a, b""), frame(0x88, b"")], (3, None));
    }

    #[test]
    fn frames_that_violate_rfc_6455_are_rejected() {
        let unmasked = vec![0x82, 0x01, 0x00];
        let long_ping = header(0x89, 126);
        for bad in
            [unmasked, long_ping, frame(0xc2, b""), frame(0xa2, b""), frame(0x92, b""), frame(0x83, b""), frame(0x8b, b"")]
        {
            check(ALL, &[frame(0x81, b"one"), bad], (1, Some(FrameError::Protocol)));
        }
        for fragmented_control in [0x08, 0x09, 0x0a] {
            check(ALL, &[frame(fragmented_control, b"")], (0, Some(FrameError::Protocol)));
        }
        check(ALL, &[frame(0x80, b"")], (0, Some(FrameError::Protocol)));
        check(ALL, &[frame(0x01, b"one"), frame(0x81, b"two")], (1, Some(FrameError::Protocol)));
        check(ALL, &[frame(0x02, b"one"), frame(0x80, b"two"), frame(0x00, b"three")], (2, Some(FrameError::Protocol)));
    }

    #[test]
    fn control_frames_are_accepted_between_fragments() {
        let fragments =
            [frame(0x01, b"one"), frame(0x89, b"ping"), frame(0x00, b""), frame(0x8a, b""), frame(0x80, b"two")];
        check(ALL, &fragments, (5, None));
    }

    #[test]
    fn text_is_validated_across_fragments() {
        let text = "κόσμε".as_bytes();
        for cut in 0..=text.len() {
            check(ALL, &[frame(0x01, &text[..cut]), frame(0x89, b""), frame(0x80, &text[cut..])], (3, None));
        }
        check(ALL, &[frame(0x81, &text[..1])], (0, Some(FrameError::InvalidUtf8)));
        check(ALL, &[frame(0x01, &text[..1]), frame(0x00, b"a")], (1, Some(FrameError::InvalidUtf8)));
        check(ALL, &[frame(0x02, &text[..1]), frame(0x80, b"a")], (2, None));
    }

    #[test]
    fn invalid_text_is_rejected_before_its_frame_ends() {
        let mut validator = FrameValidator::new(ALL);
        let frame = frame(0x81, b"abc\xffdef");
        let error_at = frame.len() - 4;
        assert_eq!(validator.validate(&frame[..error_at]).error, None);
        assert_eq!(validator.validate(&frame[error_at..=error_at]).error, Some(FrameError::InvalidUtf8));
    }

    #[test]
    fn a_close_payload_is_empty_or_a_code_and_a_reason() {
        let close = |code: u16, reason: &[u8]| frame(0x88, &[&code.to_be_bytes()[..], reason].concat());
        for code in [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 3000, 3999, 4000, 4999] {
            check(BINARY, &[close(code, "κόσμε".as_bytes())], (1, None));
        }
        for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] {
            check(BINARY, &[close(code, b"")], (0, Some(FrameError::Protocol)));
        }
        check(BINARY, &[frame(0x88, b"")], (1, None));
        check(BINARY, &[frame(0x88, b"x")], (0, Some(FrameError::Protocol)));
        check(BINARY, &[close(1000, b"\xce")], (0, Some(FrameError::InvalidUtf8)));
    }
}
