//! The messages that one side repeats.

use std::collections::VecDeque;

use super::DATAGRAM_BYTES_MAX;
use super::bundle::{Bundle, BundleHeader, encoded_bytes, write_length};

/// Maximum size of all repeated messages together, encoded: they fit into one datagram.
const CAPACITY: usize = Bundle::capacity(DATAGRAM_BYTES_MAX);

/// The messages that the peer has not acknowledged and that were not spilled.
#[derive(Clone, Debug, Default)]
pub(super) struct Repeater {
    /// Number of the newest message that was pushed.
    newest: u16,
    /// Lengths of the messages, the oldest first.
    lengths: VecDeque<u32>,
    /// The bytes of all messages, the oldest first.
    bytes: VecDeque<u8>,
    /// Size of the messages in a bundle.
    encoded: usize,
}

impl Repeater {
    /// Number of the newest message that was pushed.
    pub(super) const fn newest(&self) -> u16 {
        self.newest
    }

    /// Whether all messages are acknowledged. Spilled messages are not considered.
    pub(super) fn is_empty(&self) -> bool {
        self.lengths.is_empty()
    }

    /// Drops all messages. The next message has the number after `newest`.
    pub(super) fn restart(&mut self, newest: u16) {
        *self = Self { newest, ..Self::default() };
    }

    /// Adds a message. If the messages then do not fit into a datagram, moves the oldest to the end of `stream`, as a
    /// bundle.
    /// `header` contains what the bundle acknowledges.
    pub(super) fn push(&mut self, message: &[u8], header: BundleHeader, stream: &mut Vec<u8>) {
        self.newest = self.newest.wrapping_add(1);
        self.lengths.push_back(u32::try_from(message.len()).expect("a message is shorter than 4 GiB"));
        self.bytes.extend(message);
        self.encoded += encoded_bytes(message.len());
        let count = self.count_excess();
        if count > 0 {
            let remaining = self.lengths.len() - count;
            let newest = self.newest.wrapping_sub(remaining as u16);
            BundleHeader { newest, ..header }.write(stream);
            self.write_oldest(count, stream);
            self.drop_oldest(count);
            self.bytes.shrink_to(CAPACITY);
        }
    }

    /// Drops the messages up to number `acknowledged`. Returns false if no message with this number was pushed.
    pub(super) fn acknowledge(&mut self, acknowledged: u16) -> bool {
        let newer = self.newest.wrapping_sub(acknowledged);
        self.drop_oldest(self.lengths.len().saturating_sub(newer.into()));
        newer.cast_signed() >= 0
    }

    /// Appends a bundle of all messages.
    pub(super) fn write(&self, header: BundleHeader, bytes: &mut Vec<u8>) {
        BundleHeader { newest: self.newest, ..header }.write(bytes);
        self.write_oldest(self.lengths.len(), bytes);
    }

    /// The number of messages to drop, from the oldest on, so that the others fit into a datagram.
    fn count_excess(&self) -> usize {
        let mut encoded = self.encoded;
        let is_dropped = |length: &&u32| {
            let exceeds = encoded > CAPACITY;
            encoded -= encoded_bytes(**length as usize);
            exceeds
        };
        self.lengths.iter().take_while(is_dropped).count()
    }

    /// Appends the `count` oldest messages, the newest of them first.
    fn write_oldest(&self, count: usize, bytes: &mut Vec<u8>) {
        let lengths = self.lengths.range(..count);
        let mut end: usize = lengths.clone().map(|length| *length as usize).sum();
        for length in lengths.rev().map(|length| *length as usize) {
            write_length(length, bytes);
            bytes.extend(self.bytes.range(end - length..end));
            end -= length;
        }
    }

    fn drop_oldest(&mut self, count: usize) {
        let lengths = self.lengths.drain(..count).map(|length| length as usize);
        let (bytes, encoded) =
            lengths.fold((0, 0), |(bytes, encoded), length| (bytes + length, encoded + encoded_bytes(length)));
        self.bytes.drain(..bytes);
        self.encoded -= encoded;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: BundleHeader = BundleHeader { epoch: 0, acknowledged: 0, newest: 0 };

    /// Pushes messages of these lengths. Returns the repeater and what was spilled by the last one.
    fn pushed(first: u16, lengths: &[usize]) -> (Repeater, Vec<u8>) {
        let (mut repeater, mut stream) = (Repeater::default(), Vec::new());
        repeater.restart(first);
        for (length, content) in lengths.iter().zip(1..) {
            stream.clear();
            repeater.push(&vec![content; *length], HEADER, &mut stream);
        }
        (repeater, stream)
    }

    /// Number of the newest message of a bundle, and the first byte of each message.
    fn contents(bundle: &[u8]) -> (u16, Vec<u8>) {
        let bundle = Bundle::decode(bundle).expect("the bundle is valid");
        (bundle.header.newest, bundle.messages().map(|message| message[0]).collect())
    }

    fn repeated(repeater: &Repeater) -> (u16, Vec<u8>) {
        let mut bytes = Vec::new();
        repeater.write(HEADER, &mut bytes);
        assert!(bytes.len() <= DATAGRAM_BYTES_MAX);
        contents(&bytes)
    }

    #[test]
    fn all_unacknowledged_messages_are_repeated_the_newest_first() {
        let (mut repeater, stream) = pushed(u16::MAX, &[1, 2, 3]);
        assert_eq!((repeated(&repeater), stream.len()), ((2, vec![3, 2, 1]), 0));
        assert!(repeater.acknowledge(0));
        assert_eq!(repeated(&repeater), (2, vec![3, 2]));
        assert!(repeater.acknowledge(u16::MAX), "an older acknowledgement has no effect");
        assert_eq!(repeated(&repeater), (2, vec![3, 2]));
        assert!(!repeater.acknowledge(3), "number 3 was not sent");
        assert!(repeater.acknowledge(2) && repeater.is_empty());
        assert_eq!(repeater.encoded, 0);
    }

    #[test]
    fn the_oldest_messages_are_spilled_if_not_all_fit() {
        let (repeater, stream) = pushed(9, &[400, 400, 10, 160]);
        assert_eq!((repeated(&repeater), stream.len()), ((13, vec![4, 3, 2, 1]), 0));
        let (repeater, stream) = pushed(9, &[400, 400, 10, 200]);
        assert_eq!((repeated(&repeater), contents(&stream)), ((13, vec![4, 3, 2]), (10, vec![1])));
    }

    #[test]
    fn a_message_larger_than_a_datagram_is_spilled_with_all_before_it() {
        let (repeater, stream) = pushed(9, &[5, 6, 2000]);
        assert_eq!((repeated(&repeater), contents(&stream)), ((12, vec![]), (12, vec![3, 2, 1])));
        assert!(repeater.bytes.capacity() <= 2 * CAPACITY);
    }

    #[test]
    fn a_message_that_exactly_fits_is_repeated() {
        let fits = CAPACITY - 3;
        assert_eq!(repeated(&pushed(0, &[fits]).0), (1, vec![1]));
        assert_eq!(repeated(&pushed(0, &[fits + 1]).0), (1, vec![]));
    }
}
