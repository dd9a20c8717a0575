//! Passes arbitrary bytes to the validator of WebSocket frames, in arbitrary pieces. The validator must find the same
//! frames and the same error as a simple reader that reads the whole stream at once.

#![no_main]

use libfuzzer_sys::arbitrary::{self, Unstructured};
use libfuzzer_sys::fuzz_target;
use tickcast::transport::websocket::{AcceptedFrames, FrameError, FrameRules, FrameValidator, Validated};

fuzz_target!(|input: &[u8]| {
    // `check` returns an error only if the input is too short to contain the parameters of a check.
    let _ = check(Unstructured::new(input));
});

fn check(mut input: Unstructured<'_>) -> arbitrary::Result<()> {
    let accepted = *input.choose(&[AcceptedFrames::WholeBinary, AcceptedFrames::All])?;
    let rules = FrameRules { accepted, payload_bytes_max: input.arbitrary::<u16>()?.into() };
    let sizes: [u8; 4] = input.arbitrary()?;
    let stream = input.take_rest();
    let whole = FrameValidator::new(rules).validate(stream);
    assert_eq!(whole, Reader { rules, stream, position: 0 }.read(), "{rules:?}");
    check_pieces(rules, stream, sizes, whole);
    Ok(())
}

/// Checks that the validator reports the same frames and the same error for the pieces as for the whole stream.
fn check_pieces(rules: FrameRules, stream: &[u8], sizes: [u8; 4], whole: Validated) {
    let (mut validator, mut rest, mut frames) = (FrameValidator::new(rules), stream, 0);
    for size in sizes.into_iter().cycle() {
        let (piece, after) = rest.split_at(usize::from(size).max(1).min(rest.len()));
        let validated = validator.validate(piece);
        frames += validated.frames;
        if validated.error.is_some() || after.is_empty() {
            assert_eq!((frames, validated.error), (whole.frames, whole.error), "in pieces of {sizes:?}");
            return;
        }
        assert_eq!(validated.valid_bytes, piece.len());
        rest = after;
    }
}

/// Simple reader of frames (RFC 6455, section 5.2) that reads the whole stream at once.
struct Reader<'a> {
    rules: FrameRules,
    stream: &'a [u8],
    position: usize,
}

/// A frame. The last frame of the stream may be incomplete.
struct Frame {
    is_final: bool,
    opcode: u8,
    payload: Vec<u8>,
    is_complete: bool,
}

/// A message whose last frame has not been read.
struct Message {
    opcode: u8,
    payload: Vec<u8>,
}

impl Reader<'_> {
    fn read(mut self) -> Validated {
        let mut validated = Validated { frames: 0, valid_bytes: 0, error: None };
        let mut message = None;
        loop {
            match self.next(message.is_some()) {
                Ok(None) => return Validated { valid_bytes: self.stream.len(), ..validated },
                Err(error) => return Validated { error: Some(error), ..validated },
                Ok(Some(frame)) => {
                    if let Err(error) = handle_frame(&frame, &mut message) {
                        return Validated { error: Some(error), ..validated };
                    }
                    if frame.is_complete {
                        validated.frames += 1;
                        validated.valid_bytes = self.position;
                    }
                }
            }
        }
    }

    /// The next frame, or `None` if its header is incomplete.
    fn next(&mut self, is_fragmented: bool) -> Result<Option<Frame>, FrameError> {
        let rest = &self.stream[self.position..];
        let [first, second, after @ ..] = rest else { return Ok(None) };
        let (is_final, opcode, short_length) = (first >> 7 == 1, first & 15, second & 127);
        let is_opcode_valid = match opcode {
            0 => is_fragmented,
            1 | 2 => !is_fragmented,
            8..=10 => is_final && short_length < 126,
            _ => false,
        };
        if first & 0x70 != 0 || second >> 7 == 0 || !is_opcode_valid {
            return Err(FrameError::Protocol);
        }
        if self.rules.accepted == AcceptedFrames::WholeBinary && !(opcode >= 8 || opcode == 2 && is_final) {
            return Err(FrameError::Unsupported);
        }
        let (length, header_bytes) = match (short_length, after) {
            (126, [a, b, ..]) => (u64::from(u16::from_be_bytes([*a, *b])), 4),
            (127, [a, b, c, d, e, f, g, h, ..]) => (u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]), 10),
            (126 | 127, _) => return Ok(None),
            (short, _) => (short.into(), 2),
        };
        let Some((mask, payload)) = rest[header_bytes..].split_first_chunk::<4>() else { return Ok(None) };
        if length > i64::MAX as u64 {
            return Err(FrameError::Protocol);
        }
        if length > self.rules.payload_bytes_max {
            return Err(FrameError::TooBig);
        }
        let available = payload.len().min(length as usize);
        let payload: Vec<u8> = (0..available).map(|index| payload[index] ^ mask[index % 4]).collect();
        self.position += header_bytes + mask.len() + available;
        Ok(Some(Frame { is_final, opcode, payload, is_complete: available as u64 == length }))
    }
}

/// Adds a frame to the message it belongs to, and validates its content.
fn handle_frame(frame: &Frame, message: &mut Option<Message>) -> Result<(), FrameError> {
    match frame.opcode {
        8 if frame.is_complete => return validate_close(&frame.payload),
        8..=10 => return Ok(()),
        _ => {}
    }
    let Message { opcode, payload } = message.get_or_insert(Message { opcode: frame.opcode, payload: Vec::new() });
    payload.extend(&frame.payload);
    let is_complete = frame.is_complete && frame.is_final;
    if *opcode == 1
        && let Err(error) = std::str::from_utf8(payload)
        && (is_complete || error.error_len().is_some())
    {
        return Err(FrameError::InvalidUtf8);
    }
    if is_complete {
        *message = None;
    }
    Ok(())
}

fn validate_close(payload: &[u8]) -> Result<(), FrameError> {
    match payload {
        [] => Ok(()),
        [high, low, reason @ ..] => match u16::from_be_bytes([*high, *low]) {
            0..1000 | 1004..=1006 | 1015..3000 | 5000.. => Err(FrameError::Protocol),
            _ if std::str::from_utf8(reason).is_err() => Err(FrameError::InvalidUtf8),
            _ => Ok(()),
        },
        [_] => Err(FrameError::Protocol),
    }
}
