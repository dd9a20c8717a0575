//! Records: messages in a byte stream that has no frames of its own, such as the body of an HTTP request or response.
//!
//! ```text
//! record   kind: u8 │ length: u32, little-endian │ length bytes
//! batch    sequence number: u32, little-endian │ records
//! ```

use super::{CLIENT_MESSAGE_BYTES_MAX, DecodeError};

/// Length of the header of a record.
const HEADER_BYTES: usize = 5;
/// Maximum size of the payload of a [`Record::Close`] in bytes: as in a Close frame of WebSocket (RFC 6455, section 5.5).
const CLOSE_BYTES_MAX: usize = 125;

const HEARTBEAT: u8 = 0;
const MESSAGE: u8 = 1;
const CLOSE: u8 = 2;

/// A record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'b> {
    /// Shows that the connection exists, while there is nothing else to send.
    Heartbeat,
    /// A message: the same bytes as in a message on WebSocket.
    Message(&'b [u8]),
    /// The sender closes the session, with a close code and a reason in words. It is the last record.
    Close(u16, &'b str),
}

impl<'b> Record<'b> {
    /// Appends the encoding of the record.
    ///
    /// # Panics
    /// If a message has 4 GiB or more.
    pub fn encode_into(self, bytes: &mut Vec<u8>) {
        let (kind, code, payload) = match self {
            Self::Heartbeat => (HEARTBEAT, None, &[][..]),
            Self::Message(message) => (MESSAGE, None, message),
            Self::Close(code, text) => (CLOSE, Some(code.to_le_bytes()), text.as_bytes()),
        };
        let code = code.as_ref().map_or(&[][..], |code| code);
        let length = u32::try_from(code.len() + payload.len()).expect("a message has less than 4 GiB");
        bytes.reserve(HEADER_BYTES + length as usize);
        bytes.push(kind);
        bytes.extend(length.to_le_bytes());
        bytes.extend(code);
        bytes.extend(payload);
    }

    /// Decodes the first record of a stream. Returns the record and the number of its bytes; `None` if the record has not
    /// arrived completely.
    ///
    /// # Errors
    /// [`DecodeError::MessageTooBig`] if the record declares more than `message_bytes_max` bytes, which is known before they
    /// arrive. [`DecodeError::InvalidMessage`] if the record is invalid.
    pub fn decode(bytes: &'b [u8], message_bytes_max: usize) -> Result<Option<(Self, usize)>, DecodeError> {
        let Some(([kind, length @ ..], rest)) = bytes.split_first_chunk::<HEADER_BYTES>() else { return Ok(None) };
        let length = u32::from_le_bytes(*length) as usize;
        let length_max = match *kind {
            HEARTBEAT => 0,
            MESSAGE => message_bytes_max,
            CLOSE => CLOSE_BYTES_MAX,
            _ => return Err(DecodeError::InvalidMessage("unknown kind of record".to_owned())),
        };
        if length > length_max {
            return Err(DecodeError::MessageTooBig);
        }
        let Some(payload) = rest.get(..length) else { return Ok(None) };
        let record = match *kind {
            HEARTBEAT => Self::Heartbeat,
            MESSAGE => Self::Message(payload),
            _ => decode_close(payload)?,
        };
        Ok(Some((record, HEADER_BYTES + length)))
    }
}

fn decode_close<'b>(payload: &'b [u8]) -> Result<Record<'b>, DecodeError> {
    let invalid = || DecodeError::InvalidMessage("a close record has a code and a text in UTF-8".to_owned());
    let (code, text) = payload.split_first_chunk().ok_or_else(invalid)?;
    let text = str::from_utf8(text).map_err(|_| invalid())?;
    Ok(Record::Close(u16::from_le_bytes(*code), text))
}

/// What a client sends in one request: records, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch<'b> {
    /// The number of the batch: 0 for the first one of a session, then 1, and so on.
    pub sequence: u32,
    /// The records.
    pub records: Vec<Record<'b>>,
}

impl<'b> Batch<'b> {
    /// Maximum size of a batch in bytes. A client sends a few short messages in each.
    pub const BYTES_MAX: usize = 16 << 10;
    /// Maximum number of records in a batch.
    pub const RECORDS_MAX: usize = 64;

    /// Encodes the batch.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.sequence.to_le_bytes().to_vec();
        self.records.iter().for_each(|record| record.encode_into(&mut bytes));
        bytes
    }

    /// Decodes a batch, with bounded memory.
    ///
    /// # Errors
    /// [`DecodeError::MessageTooBig`] if the batch, or a message in it, is too big. [`DecodeError::InvalidMessage`] if the
    /// bytes are not exactly one batch, or if there are too many records.
    pub fn decode(bytes: &'b [u8]) -> Result<Self, DecodeError> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(DecodeError::MessageTooBig);
        }
        let invalid = |reason: &str| DecodeError::InvalidMessage(reason.to_owned());
        let (sequence, mut rest) = bytes.split_first_chunk().ok_or_else(|| invalid("a batch without a sequence number"))?;
        let mut records = Vec::new();
        while !rest.is_empty() {
            let decoded = Record::decode(rest, CLIENT_MESSAGE_BYTES_MAX)?;
            let (record, length) = decoded.ok_or_else(|| invalid("an incomplete record"))?;
            if records.len() == Self::RECORDS_MAX {
                return Err(invalid("too many records"));
            }
            records.push(record);
            rest = &rest[length..];
        }
        Ok(Self { sequence: u32::from_le_bytes(*sequence), records })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDS: [Record<'_>; 5] = [
        Record::Message(b"\x04\x07"),
        Record::Heartbeat,
        Record::Message(b""),
        Record::Message(&[9; CLIENT_MESSAGE_BYTES_MAX]),
        Record::Close(1000, "the client left"),
    ];

    #[test]
    fn records_are_decoded_from_a_stream_in_pieces_of_any_size() {
        let mut stream = Vec::new();
        RECORDS.iter().for_each(|record| record.encode_into(&mut stream));
        for size in [1, 2, 5, 7, 100, stream.len()] {
            let (mut arrived, mut decoded) = (Vec::new(), 0);
            for piece in stream.chunks(size) {
                arrived.extend(piece);
                while let Some((record, length)) = Record::decode(&arrived, CLIENT_MESSAGE_BYTES_MAX).expect("valid") {
                    assert_eq!(record, RECORDS[decoded], "in pieces of {size}");
                    decoded += 1;
                    arrived.drain(..length);
                }
            }
            assert_eq!((decoded, arrived.len()), (RECORDS.len(), 0));
        }
    }

    #[test]
    fn an_oversized_record_is_rejected_at_its_header() {
        for (kind, length_max) in [(HEARTBEAT, 0), (MESSAGE, 300_u32), (CLOSE, 125)] {
            let header = |length: u32| [&[kind][..], &length.to_le_bytes()].concat();
            assert_eq!(Record::decode(&header(length_max + 1), 300), Err(DecodeError::MessageTooBig));
            assert_eq!(Record::decode(&header(u32::MAX), 300), Err(DecodeError::MessageTooBig));
            assert_ne!(Record::decode(&header(length_max), 300), Err(DecodeError::MessageTooBig));
        }
    }

    #[test]
    fn invalid_records_are_rejected() {
        for bytes in [&b"\x03\0\0\0\0"[..], b"\xff\0\0\0\0", b"\x02\x01\0\0\0\xe8", b"\x02\x03\0\0\0\xe8\x03\xff"] {
            assert!(matches!(Record::decode(bytes, 300), Err(DecodeError::InvalidMessage(_))), "{bytes:?}");
        }
    }

    #[test]
    fn a_batch_is_decoded_only_if_it_is_complete() {
        let batch = Batch { sequence: 0x0102_0304, records: RECORDS.to_vec() };
        let bytes = batch.encode();
        assert_eq!(bytes[..11], [4, 3, 2, 1, 1, 2, 0, 0, 0, 4, 7]);
        assert_eq!(Batch::decode(&bytes), Ok(batch));
        let ends = (0..bytes.len()).filter(|&end| Batch::decode(&bytes[..end]).is_ok());
        let records = RECORDS.iter().scan(4, |end, record| {
            let begin = *end;
            let mut bytes = Vec::new();
            record.encode_into(&mut bytes);
            *end += bytes.len();
            Some(begin)
        });
        assert!(ends.eq(records), "a batch may end after each of its records");
    }

    #[test]
    fn the_size_of_a_batch_is_limited() {
        let batch = |count| Batch { sequence: 0, records: vec![Record::Heartbeat; count] }.encode();
        assert!(Batch::decode(&batch(Batch::RECORDS_MAX)).is_ok());
        assert!(matches!(Batch::decode(&batch(Batch::RECORDS_MAX + 1)), Err(DecodeError::InvalidMessage(_))));
        assert_eq!(Batch::decode(&[0; Batch::BYTES_MAX + 1]), Err(DecodeError::MessageTooBig));
    }
}
