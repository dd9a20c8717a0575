//! Any bytes on a connection, in any pieces: the guard finds in them what a plain reader of the whole stream does.

#![no_main]

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use tickcast::transport::websocket::{Validated, FrameError, FrameValidator, FrameRules, AcceptedFrames};

fuzz_target!(|input: &[u8]| {
    // Too few bytes make no stream.
    let _ = check(Unstructured::new(input));
});

fn check(mut input: Unstructured<'_>) -> Result<()> {
    let takes = *input.choose(&[AcceptedFrames::WholeBinary, AcceptedFrames::Everything])?;
    let rules = FrameRules { takes, payload_bytes_max: input.arbitrary::<u16>()?.into() };
    let sizes: [u8; 4] = input.arbitrary()?;
    let stream = input.take_rest();
    let whole = FrameValidator::new(rules).check(stream);
    assert_eq!(whole, Reader { rules, stream, at: 0 }.read(), "{rules:?}");
    let (mut guard, mut rest, mut frames) = (FrameValidator::new(rules), stream, 0);
    for size in sizes.into_iter().cycle() {
        let (piece, after) = rest.split_at(usize::from(size).max(1).min(rest.len()));
        let checked = guard.check(piece);
        frames += checked.frames;
        if checked.fault.is_some() || after.is_empty() {
            assert_eq!((frames, checked.fault), (whole.frames, whole.fault), "in pieces of {sizes:?}");
            break;
        }
        assert_eq!(checked.sound, piece.len());
        rest = after;
    }
    Ok(())
}

/// Reads frames the plain way: all of them are there, or will not come (RFC 6455, section 5.2).
struct Reader<'a> {
    rules: FrameRules,
    stream: &'a [u8],
    at: usize,
}

/// One frame, as far as it is there.
struct Frame {
    is_final: bool,
    opcode: u8,
    payload: Vec<u8>,
    is_whole: bool,
}

impl Reader<'_> {
    fn read(mut self) -> Validated {
        let mut checked = Validated { frames: 0, sound: 0, fault: None };
        // The opcode of the message that has begun, and its payload so far.
        let mut message: Option<(u8, Vec<u8>)> = None;
        loop {
            match self.next(message.as_ref().map(|(opcode, _)| *opcode)) {
                Ok(None) => return Validated { sound: self.stream.len(), ..checked },
                Err(fault) => return Validated { fault: Some(fault), ..checked },
                Ok(Some(frame)) => {
                    if let Err(fault) = take(&frame, &mut message) {
                        return Validated { fault: Some(fault), ..checked };
                    }
                    if frame.is_whole {
                        checked.frames += 1;
                        checked.sound = self.at;
                    }
                }
            }
        }
    }

    /// The next frame, if its header is there.
    fn next(&mut self, begun: Option<u8>) -> std::result::Result<Option<Frame>, FrameError> {
        let rest = &self.stream[self.at..];
        let [first, second, after @ ..] = rest else { return Ok(None) };
        let (is_final, opcode, short) = (first >> 7 == 1, first & 15, second & 127);
        let is_known = match opcode {
            0 => begun.is_some(),
            1 | 2 => begun.is_none(),
            8..=10 => is_final && short < 126,
            _ => false,
        };
        if first & 0x70 != 0 || second >> 7 == 0 || !is_known {
            return Err(FrameError::Protocol);
        }
        if self.rules.takes == AcceptedFrames::WholeBinary && !(opcode >= 8 || opcode == 2 && is_final) {
            return Err(FrameError::Unsupported);
        }
        let (length, header) = match (short, after) {
            (126, [a, b, ..]) => (u64::from(u16::from_be_bytes([*a, *b])), 4),
            (127, [a, b, c, d, e, f, g, h, ..]) => (u64::from_be_bytes([*a, *b, *c, *d, *e, *f, *g, *h]), 10),
            (126 | 127, _) => return Ok(None),
            (short, _) => (short.into(), 2),
        };
        let Some((mask, payload)) = rest[header..].split_first_chunk::<4>() else { return Ok(None) };
        if length > i64::MAX as u64 {
            return Err(FrameError::Protocol);
        }
        if length > self.rules.payload_bytes_max {
            return Err(FrameError::TooBig);
        }
        let there = payload.len().min(length as usize);
        let payload: Vec<u8> = (0..there).map(|index| payload[index] ^ mask[index % 4]).collect();
        self.at += header + 4 + there;
        Ok(Some(Frame { is_final, opcode, payload, is_whole: there as u64 == length }))
    }
}

/// What a frame does to the message it belongs to.
fn take(frame: &Frame, message: &mut Option<(u8, Vec<u8>)>) -> std::result::Result<(), FrameError> {
    match frame.opcode {
        8 if frame.is_whole => return farewell(&frame.payload),
        8..=10 => return Ok(()),
        _ => {}
    }
    let (opcode, said) = message.get_or_insert((frame.opcode, Vec::new()));
    said.extend(&frame.payload);
    let is_ended = frame.is_whole && frame.is_final;
    if *opcode == 1
        && let Err(why) = std::str::from_utf8(said)
        && (is_ended || why.error_len().is_some())
    {
        return Err(FrameError::InvalidUtf8);
    }
    if is_ended {
        *message = None;
    }
    Ok(())
}

fn farewell(payload: &[u8]) -> std::result::Result<(), FrameError> {
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
