//! Both ends of a connection with datagrams receive arbitrary bytes, between valid ones. They must not panic, deliver a
//! message twice or out of order, or write a datagram that is too large.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tickcast_protocol::Tick;
use tickcast_protocol::codec::datagrams::{Bundle, ClientLink, DATAGRAM_BYTES_MAX, ServerLink};

/// Maximum length of one piece of the input.
const PIECE_BYTES_MAX: usize = 255;

fuzz_target!(|bytes: &[u8]| {
    let _ = Bundle::decode(bytes);
    let (mut server, mut client) = (ServerLink::default(), ClientLink::default());
    server.push_full(Tick(7));
    let mut rest = bytes;
    let (mut sent, mut received) = (0_u32, 0_u32);
    while let Some((piece, after)) = next_piece(rest) {
        rest = after;
        match piece.split_first() {
            // Valid messages in both directions.
            Some((0, message)) if !message.is_empty() => {
                server.push_delta(message, &mut Vec::new());
                sent += 1;
                client.push(&sent.to_le_bytes(), &mut Vec::new());
            }
            Some((1, _)) => {
                let datagram = written(|bytes| client.write_datagram(bytes));
                let deliver = |message: &[u8]| {
                    let number = u32::from_le_bytes(message.try_into().expect("only valid messages are delivered"));
                    assert!(number > received, "the messages are in order");
                    received = number;
                };
                let _ = server.handle_bundle(&datagram, deliver);
            }
            Some((2, _)) => {
                let datagram = written(|bytes| server.write_datagram(bytes));
                let _ = client.handle_datagram(&datagram, |_| {});
            }
            // Arbitrary bytes. A server that receives these bytes may deliver anything, so the test passes them to a copy
            // of the server.
            Some((3, arbitrary)) => {
                let _ = server.clone().handle_bundle(arbitrary, |_| {});
            }
            Some((4, arbitrary)) => {
                let _ = client.handle_datagram(arbitrary, |_| {});
            }
            Some((_, arbitrary)) => {
                let _ = client.handle_stream(arbitrary, |_| {});
            }
            None => {}
        }
    }
});

/// Splits off a piece, which follows its length.
fn next_piece(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first()?;
    Some(rest.split_at(rest.len().min(usize::from(*length).min(PIECE_BYTES_MAX))))
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes);
    assert!(bytes.len() <= DATAGRAM_BYTES_MAX);
    bytes
}
