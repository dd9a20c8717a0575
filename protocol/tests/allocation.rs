//! What a stranger's bytes make a server allocate.

use allocation_counter::measure;
use tickcast_protocol::arena::Arena;
use tickcast_protocol::codec::{self, CLIENT_MESSAGE_BYTES_MAX};
use tickcast_protocol::{ClientMessage, Hello, ResumeToken, Role, Ticket, Viewport};

/// The most bytes that decoding one message may allocate in all, the text of its error among them.
const ALLOCATED_BYTES_MAX: u64 = 4 << 10;

/// How much decoding them allocates.
fn allocated(bytes: &[u8]) -> u64 {
    measure(|| _ = codec::decode_client::<Arena>(bytes)).bytes_total
}

/// The longest Hello there is.
fn hello() -> Vec<u8> {
    let name = "n".repeat(64).try_into().expect("a name");
    let ticket = Ticket::try_from("t".repeat(Ticket::BYTES_MAX)).expect("a ticket");
    let hello = Hello {
        resume: Some(ResumeToken([0xff; 16])),
        ticket: Some(ticket),
        ..Hello::new::<Arena>(Role::Player(name), Viewport { width: u16::MAX, height: u16::MAX })
    };
    codec::encode_client::<Arena>(&ClientMessage::Hello(hello))
}

/// Numbers that are no lengths of anything a server would like to hold.
fn lengths() -> Vec<Vec<u8>> {
    let wide = |first: u8, bytes: &[u8]| [&[first], bytes].concat();
    let mut lengths: Vec<_> = [0xffff_u16, 0x7fff, 0x0400].map(|length| wide(0xfb, &length.to_le_bytes())).into();
    lengths.extend([u32::MAX, 1 << 31, 1 << 24].map(|length| wide(0xfc, &length.to_le_bytes())));
    lengths.extend([u64::MAX, 1 << 63, 1 << 40].map(|length| wide(0xfd, &length.to_le_bytes())));
    lengths
}

#[test]
fn no_client_message_makes_a_server_allocate_more_than_a_few_kib() {
    // It is computed once and kept, which is not a message's doing.
    let _ = codec::fingerprint::<Arena>();
    let hello = hello();
    assert!(codec::decode_client::<Arena>(&hello).is_ok());
    let mut messages = vec![hello.clone(), vec![0; CLIENT_MESSAGE_BYTES_MAX], vec![0xff; 1 << 20]];
    // Wherever a length stands, there is one that promises the world.
    for at in 0..hello.len() {
        for length in lengths() {
            messages.push([&hello[..at], &length, &hello[at + 1..]].concat());
        }
        for byte in 0..=u8::MAX {
            messages.push([&hello[..at], &[byte], &hello[at + 1..]].concat());
        }
    }
    let most = messages.iter().map(|bytes| allocated(bytes)).max();
    assert!(most <= Some(ALLOCATED_BYTES_MAX), "{most:?} bytes were allocated");
    assert!(most >= Some(hello.len() as u64 / 2), "the allocator counts: {most:?}");
}
