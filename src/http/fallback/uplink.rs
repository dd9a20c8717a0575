//! The batches that the client of an HTTP session sends, in the order of their sequence numbers.

use std::collections::BTreeMap;

use bytes::Bytes;
use tickcast_protocol::CloseReason;
use tickcast_protocol::codec::{Batch, DecodeError, Record};

use crate::actors::session::FromClient;

/// Maximum number of batches that arrive before an earlier one. A client has three requests at a time, on different
/// connections, so batches may overtake one another.
pub const EARLY_MAX: u32 = 8;

/// Puts batches in order. A batch that has arrived before is ignored: a client or a proxy repeats a request if it does not know
/// whether the request has arrived.
#[derive(Debug, Default)]
pub(super) struct Uplink {
    /// The sequence number of the next batch.
    next: u32,
    /// Batches that arrived before an earlier one.
    early: BTreeMap<u32, Vec<FromClient>>,
}

impl Uplink {
    /// Handles a batch. Returns what can be passed to the session now. If the batch is invalid, this is a violation.
    pub(super) fn handle_batch(&mut self, batch: &[u8]) -> Vec<FromClient> {
        let Batch { sequence, records } = match Batch::decode(batch) {
            Ok(batch) => batch,
            Err(DecodeError::MessageTooBig) => return vec![FromClient::Violation(CloseReason::MessageTooBig)],
            Err(_) => return vec![FromClient::Violation(CloseReason::InvalidMessage)],
        };
        if sequence < self.next {
            return Vec::new();
        }
        if sequence - self.next > EARLY_MAX {
            return vec![FromClient::Violation(CloseReason::InvalidMessage)];
        }
        self.early.entry(sequence).or_insert_with(|| records.into_iter().filter_map(from_client).collect());
        let mut received = Vec::new();
        while let Some(batch) = self.early.remove(&self.next) {
            received.extend(batch);
            self.next += 1;
        }
        received
    }
}

fn from_client(record: Record<'_>) -> Option<FromClient> {
    match record {
        Record::Heartbeat => None,
        Record::Message(message) => Some(FromClient::Message(Bytes::copy_from_slice(message))),
        Record::Close(code, _) => Some(FromClient::Close(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(sequence: u32) -> Vec<u8> {
        Batch { sequence, records: vec![Record::Message(&sequence.to_le_bytes())] }.encode()
    }

    /// Handles batches with these numbers. Returns the numbers that were passed to the session after each of them.
    fn check(arrivals: &[u32], expected: &[&[u32]]) {
        let mut uplink = Uplink::default();
        for (sequence, expected) in arrivals.iter().zip(expected) {
            let expected: Vec<_> =
                expected.iter().map(|number| FromClient::Message(Bytes::copy_from_slice(&number.to_le_bytes()))).collect();
            assert_eq!(uplink.handle_batch(&batch(*sequence)), expected, "batch {sequence} of {arrivals:?}");
        }
    }

    #[test]
    fn batches_are_put_in_order_and_duplicates_are_ignored() {
        check(&[0, 1, 2], &[&[0], &[1], &[2]]);
        check(&[1, 0, 2], &[&[], &[0, 1], &[2]]);
        check(&[2, 1, 1, 0, 0, 3], &[&[], &[], &[], &[0, 1, 2], &[], &[3]]);
    }

    #[test]
    fn a_batch_far_ahead_is_a_violation() {
        let mut uplink = Uplink::default();
        assert_eq!(uplink.handle_batch(&batch(EARLY_MAX)), []);
        let violation = [FromClient::Violation(CloseReason::InvalidMessage)];
        assert_eq!(uplink.handle_batch(&batch(EARLY_MAX + 1)), violation);
        assert_eq!(uplink.handle_batch(&batch(u32::MAX)), violation);
    }

    #[test]
    fn invalid_batches_are_violations() {
        let mut uplink = Uplink::default();
        for invalid in [&b""[..], b"\0\0\0", b"\0\0\0\0\x01\x02\0\0\0\x04", b"\0\0\0\0\x09\0\0\0\0"] {
            assert_eq!(uplink.handle_batch(invalid), [FromClient::Violation(CloseReason::InvalidMessage)], "{invalid:?}");
        }
        let large = b"\0\0\0\0\x01\x01\x05\0\0";
        assert_eq!(uplink.handle_batch(large), [FromClient::Violation(CloseReason::MessageTooBig)], "1281 bytes");
    }

    #[test]
    fn heartbeats_are_not_passed_to_the_session() {
        let records = vec![Record::Heartbeat, Record::Close(1000, ""), Record::Heartbeat];
        assert_eq!(Uplink::default().handle_batch(&Batch { sequence: 0, records }.encode()), [FromClient::Close(1000)]);
    }
}
