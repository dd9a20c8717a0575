//! Tests that the decoder allocates little memory, even for invalid bytes.

use allocation_counter::measure;
use tickcast_arena::Arena;
use tickcast_game::protocol::codec::{self, CLIENT_MESSAGE_BYTES_MAX};
use tickcast_game::protocol::{ClientMessage, Hello, ProfileSecret, ResumeToken, Role, Team, Ticket, Viewport};

/// Maximum number of bytes that decoding one message may allocate in total, including the error text.
const ALLOCATED_BYTES_MAX: u64 = 6 << 10;

/// Total number of bytes allocated while decoding.
fn allocated(bytes: &[u8]) -> u64 {
    measure(|| _ = codec::decode_client::<Arena>(bytes)).bytes_total
}

/// A Hello of maximum length.
fn longest_hello() -> Vec<u8> {
    let name = "n".repeat(64).try_into().expect("the name is valid");
    let ticket = Ticket::try_from("t".repeat(Ticket::BYTES_MAX)).expect("the ticket is valid");
    let hello = Hello {
        resume: Some(ResumeToken([0xff; 16])),
        ticket: Some(ticket),
        profile: Some(ProfileSecret([0xff; 16])),
        team: Some(Team(0xff)),
        ..Hello::new::<Arena>(Role::Player(name), Viewport { width: u16::MAX, height: u16::MAX })
    };
    codec::encode_client::<Arena>(&ClientMessage::Hello(hello))
}

/// Encoded lengths that exceed the longest message.
fn excessive_lengths() -> Vec<Vec<u8>> {
    let wide = |first: u8, bytes: &[u8]| [&[first], bytes].concat();
    let mut lengths: Vec<_> = [0xffff_u16, 0x7fff, 0x0800].map(|length| wide(0xfb, &length.to_le_bytes())).into();
    lengths.extend([u32::MAX, 1 << 31, 1 << 24].map(|length| wide(0xfc, &length.to_le_bytes())));
    lengths.extend([u64::MAX, 1 << 63, 1 << 40].map(|length| wide(0xfd, &length.to_le_bytes())));
    lengths
}

#[test]
fn decoding_a_client_message_allocates_at_most_6_kib() {
    // The fingerprint is computed once and cached. Computing it here excludes it from the measurement.
    let _ = codec::fingerprint::<Arena>();
    let hello = longest_hello();
    assert!(codec::decode_client::<Arena>(&hello).is_ok());
    let mut most = 0;
    let mut measure = |bytes: &[u8]| most = most.max(allocated(bytes));
    measure(&hello);
    measure(&[0; CLIENT_MESSAGE_BYTES_MAX]);
    measure(&vec![0xff; 1 << 20]);
    // Replaces each byte of the Hello in turn: first with each encoded length that exceeds the limit, then with each byte
    // value.
    for at in 0..hello.len() {
        for length in excessive_lengths() {
            measure(&[&hello[..at], &length, &hello[at + 1..]].concat());
        }
        for byte in 0..=u8::MAX {
            measure(&[&hello[..at], &[byte], &hello[at + 1..]].concat());
        }
    }
    assert!(most <= ALLOCATED_BYTES_MAX, "{most} bytes were allocated");
    assert!(most >= hello.len() as u64 / 2, "allocations are counted: {most}");
}
