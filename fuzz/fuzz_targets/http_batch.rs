//! Decodes batches of the HTTP fallback, and records of a stream, from arbitrary bytes. The decoders must not panic or allocate
//! too much. There is only one encoding of a batch, so a decoded batch is encoded to the same bytes.

#![no_main]

use allocation_counter::measure;
use libfuzzer_sys::fuzz_target;
use tickcast_protocol::codec::{Batch, Record};

/// Limit on the bytes allocated while decoding a batch: a growing list of up to 64 records, and the text of an error.
const ALLOCATED_BYTES_MAX: u64 = 8 << 10;
/// Limit on the size of a message in a stream.
const MESSAGE_BYTES_MAX: usize = 300;

fuzz_target!(|bytes: &[u8]| {
    let mut decoded = None;
    let allocated = measure(|| decoded = Some(Batch::decode(bytes))).bytes_total;
    assert!(allocated <= ALLOCATED_BYTES_MAX, "{allocated} bytes were allocated");
    if let Some(Ok(batch)) = decoded {
        assert_eq!(batch.encode(), bytes);
    }
    check_stream(bytes);
});

/// A stream that arrives byte by byte has the same records as one that has arrived completely.
fn check_stream(bytes: &[u8]) {
    let (mut begin, mut end) = (0, 0);
    while let Ok(Some((record, length))) = Record::decode(&bytes[begin..], MESSAGE_BYTES_MAX) {
        while end < begin + length {
            assert_eq!(Record::decode(&bytes[begin..end], MESSAGE_BYTES_MAX), Ok(None), "the record is incomplete");
            end += 1;
        }
        assert_eq!(Record::decode(&bytes[begin..end], MESSAGE_BYTES_MAX), Ok(Some((record, length))));
        begin = end;
    }
}
