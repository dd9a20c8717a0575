//! Encoding and decoding of messages: bincode's standard configuration, with limits on size and memory and no trailing
//! bytes.
//!
//! No other module uses bincode. The codec converts between messages and bytes and is independent of the transport.

use bincode::config::{self, Configuration, Limit, LittleEndian, Varint};
use bincode::enc::write::Writer;
use bincode::error::{DecodeError as BincodeError, EncodeError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::ser::Serializer;

use crate::compact;
use crate::game::{Digest, GameProtocol};
use crate::message::{ClientMessage, LeadingHeader, PlayerName, ServerMessage, SnapshotHeader, Ticket};

#[cfg(test)]
mod action_vectors;
mod chunk;
pub mod datagrams;
mod decoder;
mod fingerprint;
mod record;

pub use chunk::{Chunk, Run};
pub use fingerprint::fingerprint;
pub use record::{Batch, Record};

/// Version of the message formats. Part of the [`fingerprint`] and of the name of the WebSocket subprotocol.
pub const VERSION: u32 = 1;

/// Name of the WebSocket subprotocol that client and server negotiate.
pub const SUBPROTOCOL: &str = "tickcast.1";

/// Maximum size of a client message in bytes. The longest message is a [`Hello`](crate::Hello) with a name and a ticket of
/// maximum length.
pub const CLIENT_MESSAGE_BYTES_MAX: usize = 1_280;
const _: () = assert!(CLIENT_MESSAGE_BYTES_MAX > PlayerName::BYTES_MAX + Ticket::BYTES_MAX + 64);

/// Maximum size of a server message in bytes. Sufficient for a full snapshot with 8,192 ships and all their bullets in view.
pub const SERVER_MESSAGE_BYTES_MAX: usize = 2 << 20;

/// Maximum size of an encoded action in bytes. The server stores each action durably, and queues up to 32 for each player.
/// Sufficient for a chat line or a hand of cards.
pub const ACTION_BYTES_MAX: usize = 256;
/// Maximum size of an [`Act`](crate::Act) in bytes: the tag, two numbers of up to five bytes, and the action.
const ACT_BYTES_MAX: usize = 1 + 5 + 5 + ACTION_BYTES_MAX;
const _: () = assert!(ACT_BYTES_MAX <= CLIENT_MESSAGE_BYTES_MAX);

/// Maximum memory that decoding a client message may allocate, in bytes. A decoded value may be larger than its encoding.
const CLIENT_MEMORY_MAX: usize = 4 * CLIENT_MESSAGE_BYTES_MAX;
/// Maximum memory that decoding a server message may allocate, in bytes. A decoded change is several times larger than its
/// encoding.
const SERVER_MEMORY_MAX: usize = 8 * SERVER_MESSAGE_BYTES_MAX;

type Standard<L> = Configuration<LittleEndian, Varint, L>;
const STANDARD: Configuration = config::standard();
const CLIENT: Standard<Limit<CLIENT_MEMORY_MAX>> = STANDARD.with_limit();
const SERVER: Standard<Limit<SERVER_MEMORY_MAX>> = STANDARD.with_limit();

/// First byte of a [`ClientMessage::Hello`]. The fingerprint follows it.
const HELLO_TAG: u8 = 0;

/// Reason why bytes could not be decoded. In every case, close the connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// The message is longer than any valid one.
    #[error("message too big")]
    MessageTooBig,
    /// The peer was built from another protocol version or game.
    #[error("the peer uses another protocol version or game")]
    VersionMismatch,
    /// The bytes are not exactly one valid message. The text names the cause.
    #[error("invalid message: {0}")]
    InvalidMessage(String),
}

/// Encodes a client message.
#[must_use]
pub fn encode_client<G: GameProtocol>(message: &ClientMessage<G>) -> Vec<u8> {
    encode(message)
}

/// Encodes a server message.
#[must_use]
pub fn encode_server<G: GameProtocol>(message: &ServerMessage<G>) -> Vec<u8> {
    encode(message)
}

/// Encodes a value as it appears inside a message.
#[must_use]
pub fn encode(value: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    encode_into(value, &mut bytes);
    bytes
}

/// Appends the encoding of a value. Consecutive encodings form the contents of an encoded list; see [`Chunk`].
pub fn encode_into(value: &impl Serialize, bytes: &mut Vec<u8>) {
    check_encoded(bincode::serde::encode_into_std_write(value, bytes, STANDARD));
}

/// Adds each byte of the encoding of a value to a checksum. Allocates no memory.
pub fn digest_into(value: &impl Serialize, digest: &mut Digest) {
    struct Bytes<'a>(&'a mut Digest);

    impl Writer for Bytes<'_> {
        fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
            bytes.iter().for_each(|byte| self.0.add(i32::from(*byte)));
            Ok(())
        }
    }

    check_encoded(bincode::serde::encode_into_writer(value, Bytes(digest), STANDARD));
}

/// Panics if a value could not be encoded. `expect` would link the formatting of all errors of bincode, which makes clients for
/// WebAssembly larger.
fn check_encoded<T>(result: Result<T, EncodeError>) {
    match result {
        Ok(_) => {}
        Err(EncodeError::OtherString(reason)) => panic!("every value of the protocol is encodable: {reason}"),
        Err(_) => panic!("every value of the protocol is encodable"),
    }
}

/// Decodes a client message, with bounded memory.
///
/// # Errors
/// [`DecodeError`] names the cause.
pub fn decode_client<G: GameProtocol>(bytes: &[u8]) -> Result<ClientMessage<G>, DecodeError> {
    if bytes.len() > CLIENT_MESSAGE_BYTES_MAX {
        return Err(DecodeError::MessageTooBig);
    }
    // Compares the fingerprints before decoding the rest, because the layout of the rest may differ in another version.
    if let [HELLO_TAG, rest @ ..] = bytes
        && let Some(fingerprint_bytes) = rest.first_chunk()
        && *fingerprint_bytes != fingerprint::<G>()
    {
        return Err(DecodeError::VersionMismatch);
    }
    match exactly_one(bincode::serde::decode_from_slice(bytes, CLIENT), bytes)? {
        // The tag may have a longer varint form, which the comparison above does not recognize.
        ClientMessage::Hello(hello) if hello.fingerprint != fingerprint::<G>() => Err(DecodeError::VersionMismatch),
        ClientMessage::Act(_) if bytes.len() > ACT_BYTES_MAX => Err(DecodeError::MessageTooBig),
        message => Ok(message),
    }
}

/// Decodes a server message, with bounded memory.
///
/// # Errors
/// [`DecodeError`] names the cause.
pub fn decode_server<G: GameProtocol>(bytes: &[u8]) -> Result<ServerMessage<G>, DecodeError> {
    if bytes.len() > SERVER_MESSAGE_BYTES_MAX {
        return Err(DecodeError::MessageTooBig);
    }
    exactly_one(bincode::serde::decode_from_slice(bytes, SERVER), bytes)
}

/// Decodes a server message like [`decode_server`], but without naming the cause of an error: `None` if the bytes are not
/// exactly one valid message. The code of this function is much smaller, which matters to clients for WebAssembly.
#[must_use]
pub fn decode_server_without_reason<G: GameProtocol>(bytes: &[u8]) -> Option<ServerMessage<G>> {
    if bytes.len() > SERVER_MESSAGE_BYTES_MAX { None } else { decoder::decode(bytes) }
}

/// Decodes only the header of a snapshot. Returns `None` if the message is not a snapshot.
///
/// Takes constant time. Intended for clients without a [`Replica`](crate::Replica) that only count snapshots and track ticks
/// and input reports.
///
/// # Errors
/// [`DecodeError`] names the cause. Bytes after the header are not checked.
pub fn decode_snapshot_header(bytes: &[u8]) -> Result<Option<SnapshotHeader>, DecodeError> {
    if bytes.len() > SERVER_MESSAGE_BYTES_MAX {
        return Err(DecodeError::MessageTooBig);
    }
    match bincode::serde::decode_from_slice(bytes, SERVER) {
        Ok((LeadingHeader(header), _)) => Ok(header),
        Err(error) => Err(DecodeError::InvalidMessage(error.to_string())),
    }
}

/// Decodes a value that [`encode`] has encoded, with the memory limit of a server message.
///
/// # Errors
/// [`DecodeError`] names the cause.
pub fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DecodeError> {
    exactly_one(bincode::serde::decode_from_slice(bytes, SERVER), bytes)
}

/// Decodes the first of several consecutive encodings, with the same memory limit as [`decode`]. Afterwards, `bytes` begins
/// with the next encoding.
///
/// # Errors
/// [`DecodeError`] names the cause. `bytes` are then unchanged.
pub fn decode_next<T: DeserializeOwned>(bytes: &mut &[u8]) -> Result<T, DecodeError> {
    match bincode::serde::decode_from_slice(bytes, SERVER) {
        Ok((value, length)) => {
            *bytes = &bytes[length..];
            Ok(value)
        }
        Err(error) => Err(DecodeError::InvalidMessage(error.to_string())),
    }
}

/// Like [`decode_next`], decodes the first of several consecutive encodings, but does not name the cause of an error. See
/// [`decode_server_without_reason`].
#[must_use]
pub fn decode_first_without_reason<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    decoder::decode_first(bytes)
}

/// Returns the decoded value if it spans all bytes, otherwise an error.
fn exactly_one<T>(decoded: Result<(T, usize), BincodeError>, bytes: &[u8]) -> Result<T, DecodeError> {
    match decoded {
        Ok((value, length)) if length == bytes.len() => Ok(value),
        Ok(_) => Err(DecodeError::InvalidMessage("trailing bytes".to_owned())),
        Err(error) => Err(DecodeError::InvalidMessage(error.to_string())),
    }
}

/// Appends a snapshot assembled from encoded parts. The bytes equal the encoding of the whole
/// [`Snapshot`](crate::Snapshot).
///
/// The server encodes each change once and copies its bytes to the snapshots of all clients that see it. The runs in `room`
/// are concatenated to form the list of room events. `personal` is the encoded [`Personal`](crate::Personal) section, or
/// empty if there is none.
pub fn compose_snapshot(header: &SnapshotHeader, room: &[Run<'_>], changes: Run<'_>, personal: &[u8], bytes: &mut Vec<u8>) {
    let room_count: u32 = room.iter().map(|run| run.count).sum();
    bytes.push(header.tag(room_count as usize, changes.count as usize, !personal.is_empty()));
    encode_into(&HeaderFields(header), bytes);
    for (count, runs) in [(room_count, room), (changes.count, &[changes])] {
        if count > 0 {
            encode_into(&count, bytes);
            runs.iter().for_each(|run| bytes.extend_from_slice(run.bytes));
        }
    }
    bytes.extend_from_slice(personal);
}

/// The fields of a header, without the tag that precedes them.
struct HeaderFields<'a>(&'a SnapshotHeader);

impl Serialize for HeaderFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        compact::serialize_fields(serializer, |fields| self.0.write_fields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Hello, Role, Snapshot, Viewport};
    use crate::test_game::TestGame;
    use crate::units::Tick;

    fn snapshot_bytes(header: SnapshotHeader) -> Vec<u8> {
        encode_server(&ServerMessage::Snapshot(Snapshot::<TestGame> { header, ..Snapshot::default() }))
    }

    #[test]
    fn a_snapshot_header_is_decoded_without_what_follows() {
        for message in fingerprint::server_samples(&TestGame::samples()) {
            let header = decode_snapshot_header(&encode_server(&message)).expect("the message is valid");
            let expected = if let ServerMessage::Snapshot(snapshot) = message { Some(snapshot.header) } else { None };
            assert_eq!(header, expected);
        }
    }

    #[test]
    fn another_fingerprint_is_rejected_in_every_varint_form_of_the_tag() {
        let hello = Hello::new::<TestGame>(Role::Spectator, Viewport::default());
        let hello = encode_client::<TestGame>(&ClientMessage::Hello(hello));
        for tag in [&[0][..], &[0xfb, 0, 0], &[0xfc, 0, 0, 0, 0]] {
            let mut bytes = [tag, &hello[1..]].concat();
            assert!(decode_client::<TestGame>(&bytes).is_ok(), "{tag:?}");
            bytes[tag.len()] ^= 1;
            assert_eq!(decode_client::<TestGame>(&bytes), Err(DecodeError::VersionMismatch), "{tag:?}");
        }
    }

    #[test]
    fn a_digest_of_an_encoding_is_the_digest_of_its_bytes() {
        let value = (Tick(70_000), "text", Some(-3_i8), [1_u64, 1 << 40]);
        let (mut streamed, mut added) = (Digest::default(), Digest::default());
        digest_into(&value, &mut streamed);
        encode(&value).into_iter().for_each(|byte| added.add(byte.into()));
        assert_eq!(streamed.finish(), added.finish());
        assert_ne!(streamed.finish(), Digest::default().finish());
    }

    #[test]
    fn a_truncated_header_is_rejected() {
        let bytes = snapshot_bytes(SnapshotHeader { full: Some(Tick(9)), checksum: Some(1), ..SnapshotHeader::default() });
        assert!(decode_snapshot_header(&bytes[..bytes.len() - 1]).is_err());
        assert!(decode_snapshot_header(&[]).is_err());
    }
}
