//! Any bytes on a connection, in any pieces: the guard refuses exactly where a reader of whole frames would.

#![no_main]

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use tickcast::actors::guard::FrameHeaders;

fuzz_target!(|input: &[u8]| {
    // Too few bytes make no stream.
    let _ = check(Unstructured::new(input));
});

fn check(mut input: Unstructured<'_>) -> Result<()> {
    let payload_bytes_max = input.arbitrary::<u16>()?.into();
    let pieces: [u8; 8] = input.arbitrary()?;
    let stream = input.take_rest();
    let mut guard = FrameHeaders::new(payload_bytes_max);
    let (mut rest, mut sizes) = (stream, pieces.iter().cycle());
    let mut refused = None;
    while !rest.is_empty() && refused.is_none() {
        let size = usize::from(*sizes.next().expect("a cycle")).clamp(1, rest.len());
        let (piece, after) = rest.split_at(size);
        if !guard.allow(piece) {
            refused = Some(stream.len() - rest.len()..stream.len() - after.len());
        }
        rest = after;
    }
    match (refused, first_refused(stream, payload_bytes_max)) {
        (Some(piece), Some(byte)) => assert!(piece.contains(&byte), "{piece:?} was refused for byte {byte}"),
        (refused, expected) => assert_eq!(refused, expected.map(|byte| byte..byte + 1)),
    }
    Ok(())
}

/// The last byte of the first header that declares too much, read the plain way (RFC 6455, section 5.2).
fn first_refused(stream: &[u8], payload_bytes_max: u64) -> Option<usize> {
    let mut start: u64 = 0;
    loop {
        let frame = stream.get(usize::try_from(start).ok()?..)?;
        let (declared, length_end) = match frame.get(1)? & 0x7f {
            126 => (u64::from(u16::from_be_bytes(frame.get(2..4)?.try_into().ok()?)), 4),
            127 => (u64::from_be_bytes(frame.get(2..10)?.try_into().ok()?), 10),
            length => (u64::from(length), 2),
        };
        let header_length = if frame[1] & 0x80 == 0 { length_end } else { length_end + 4 };
        if frame.len() < header_length {
            return None;
        }
        if declared > payload_bytes_max {
            return Some(start as usize + header_length - 1);
        }
        start += header_length as u64 + declared;
    }
}
