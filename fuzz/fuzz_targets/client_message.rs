//! Any bytes from a client: they never panic, never allocate much, and mean one thing.

#![no_main]

use allocation_counter::measure;
use libfuzzer_sys::fuzz_target;
use tickcast_arena::Arena;
use tickcast_protocol::codec;

/// The most bytes that decoding a message may allocate in all, its error text among them.
const ALLOCATED_BYTES_MAX: u64 = 4 << 10;

/// The first byte of a Hello.
const HELLO: u8 = 0;

fuzz_target!(
    // It is computed once and kept, which is not a message's doing.
    init: assert_ne!(codec::fingerprint::<Arena>(), [0; 4]),
    |bytes: &[u8]| {
        check(bytes);
        // A Hello with another fingerprint is refused unread: let the rest of it be read too.
        if let [HELLO, _, _, _, _, rest @ ..] = bytes {
            check(&[&[HELLO], codec::fingerprint::<Arena>().as_slice(), rest].concat());
        }
    }
);

fn check(bytes: &[u8]) {
    let mut decoded = None;
    let allocated = measure(|| decoded = Some(codec::decode_client::<Arena>(bytes))).bytes_total;
    assert!(allocated <= ALLOCATED_BYTES_MAX, "{allocated} bytes were allocated");
    if let Some(Ok(message)) = decoded {
        let encoded = codec::encode_client(&message);
        assert!(encoded.len() <= bytes.len(), "ours is the shortest form");
        assert_eq!(codec::decode_client(&encoded), Ok(message));
    }
}
