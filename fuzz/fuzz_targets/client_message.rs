//! Decodes client messages from arbitrary bytes. The decoder must not panic or allocate too much. A decoded message is
//! encoded again: the result must not be longer than the original bytes, and must decode to the same message.

#![no_main]

use allocation_counter::measure;
use libfuzzer_sys::fuzz_target;
use tickcast_arena::Arena;
use tickcast_protocol::codec;

/// Limit on the bytes allocated while decoding a message: the decoder's own limit of 5 KiB, and 1 KiB for the error text.
const ALLOCATED_BYTES_MAX: u64 = 6 << 10;

/// First byte of a Hello.
const HELLO: u8 = 0;

fuzz_target!(
    // Compute the fingerprint in advance. It is cached, so its allocations are not counted for the first message.
    init: assert_ne!(codec::fingerprint::<Arena>(), [0; 4]),
    |bytes: &[u8]| {
        check(bytes);
        // The decoder rejects a Hello with a wrong fingerprint before it decodes the rest. So that the fuzzer reaches the
        // rest, also check the same Hello with the correct fingerprint.
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
        assert!(encoded.len() <= bytes.len(), "the encoder produces the shortest form");
        assert_eq!(codec::decode_client(&encoded), Ok(message));
    }
}
