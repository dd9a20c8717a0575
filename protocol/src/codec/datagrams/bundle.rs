//! Encoding of bundles.

use crate::codec;

/// First byte of a bundle. No other message begins with this byte.
pub const BUNDLE_TAG: u8 = 0x80;

const HEADER_BYTES: usize = 6;

/// The fields of a bundle that precede its messages. Encoding: [`BUNDLE_TAG`], then the fields in this order, little-endian.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BundleHeader {
    /// In a bundle from the server, the number of full snapshots that it has sent. In a bundle from the client, the number
    /// of full snapshots that have arrived. Both modulo 256.
    pub epoch: u8,
    /// Number of the newest message that the sender of this bundle has received. The number of a snapshot is the low half of
    /// its tick. Client messages are counted from 1.
    pub acknowledged: u16,
    /// Number of the newest message that was sent. If the bundle contains messages, this is the number of the first one.
    pub newest: u16,
}

/// Messages with consecutive numbers, and an acknowledgement of what was received in the other direction. The newest
/// message comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bundle<'a> {
    /// The fields that precede the messages.
    pub header: BundleHeader,
    messages: &'a [u8],
}

/// The bytes are not a bundle, or acknowledge what was not sent. Close the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("invalid bundle")]
pub struct InvalidBundle;

impl BundleHeader {
    /// Appends the encoded header.
    pub(super) fn write(self, bytes: &mut Vec<u8>) {
        bytes.extend([BUNDLE_TAG, self.epoch]);
        bytes.extend(self.acknowledged.to_le_bytes());
        bytes.extend(self.newest.to_le_bytes());
    }
}

impl<'a> Bundle<'a> {
    /// Number of bytes available to messages in a bundle of `bundle_bytes` bytes.
    pub(super) const fn capacity(bundle_bytes: usize) -> usize {
        bundle_bytes - HEADER_BYTES
    }

    /// Decodes a bundle. Allocates no memory.
    ///
    /// # Errors
    /// If the bytes are not exactly one bundle.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, InvalidBundle> {
        let (header, messages) = bytes.split_first_chunk::<HEADER_BYTES>().ok_or(InvalidBundle)?;
        let [BUNDLE_TAG, epoch, acknowledged_low, acknowledged_high, newest_low, newest_high] = *header else {
            return Err(InvalidBundle);
        };
        let acknowledged = u16::from_le_bytes([acknowledged_low, acknowledged_high]);
        let newest = u16::from_le_bytes([newest_low, newest_high]);
        let mut rest = messages;
        while !rest.is_empty() {
            rest = split_message(rest).ok_or(InvalidBundle)?.1;
        }
        Ok(Self { header: BundleHeader { epoch, acknowledged, newest }, messages })
    }

    /// The messages, the newest first.
    pub fn messages(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let mut rest = self.messages;
        std::iter::from_fn(move || {
            let (message, after) = split_message(rest)?;
            rest = after;
            Some(message)
        })
    }
}

/// Number of bytes that a message occupies in a bundle.
pub(super) const fn encoded_bytes(message_bytes: usize) -> usize {
    let length_bytes = match message_bytes {
        0..=250 => 1,
        251..=0xffff => 3,
        _ => 5,
    };
    length_bytes + message_bytes
}

/// Appends the length of a message. The message follows it.
pub(super) fn write_length(message_bytes: usize, bytes: &mut Vec<u8>) {
    let length = u32::try_from(message_bytes).expect("a message is shorter than 4 GiB");
    codec::encode_into(&length, bytes);
}

/// The first message, and the bytes after it. `None` if the bytes do not begin with a message. No message is empty.
fn split_message(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = match *bytes {
        [length @ 1..=250, ref rest @ ..] => (usize::from(length), rest),
        [251, low, high, ref rest @ ..] => (usize::from(u16::from_le_bytes([low, high])), rest),
        [252, a, b, c, d, ref rest @ ..] => (u32::from_le_bytes([a, b, c, d]) as usize, rest),
        _ => return None,
    };
    if length == 0 { None } else { rest.split_at_checked(length) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: BundleHeader = BundleHeader { epoch: 2, acknowledged: 0x0103, newest: 0x0204 };

    fn encoded(messages: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        HEADER.write(&mut bytes);
        for message in messages {
            write_length(message.len(), &mut bytes);
            bytes.extend_from_slice(message);
        }
        bytes
    }

    #[test]
    fn a_bundle_has_a_header_and_messages_with_their_lengths() {
        assert_eq!(encoded(&[&[7], &[8, 9]]), [0x80, 2, 3, 1, 4, 2, 1, 7, 2, 8, 9]);
    }

    #[test]
    fn messages_of_all_lengths_are_decoded() {
        for length in [1, 250, 251, 0xffff, 0x1_0000] {
            let message = vec![5; length];
            let bytes = encoded(&[&message, &[1]]);
            assert_eq!(bytes.len(), HEADER_BYTES + encoded_bytes(length) + encoded_bytes(1));
            let bundle = Bundle::decode(&bytes).expect("the bundle is valid");
            assert_eq!(bundle.header, HEADER);
            assert_eq!(bundle.messages().collect::<Vec<_>>(), [&message[..], &[1]]);
        }
    }

    #[test]
    fn truncated_bundles_and_empty_messages_are_invalid() {
        let bytes = encoded(&[&[7], &[8; 300]]);
        let ends = [HEADER_BYTES, HEADER_BYTES + 2, bytes.len()];
        for end in 0..=bytes.len() {
            assert_eq!(Bundle::decode(&bytes[..end]).is_ok(), ends.contains(&end), "{end} bytes");
        }
        assert_eq!(Bundle::decode(&encoded(&[&[]])), Err(InvalidBundle));
        assert_eq!(Bundle::decode(&[&encoded(&[])[..], &[0xfd; 9]].concat()), Err(InvalidBundle));
        assert_eq!(Bundle::decode(&[0x40, 0, 0, 0, 0, 0]), Err(InvalidBundle), "another tag");
    }
}
