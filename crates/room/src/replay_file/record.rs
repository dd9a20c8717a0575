//! Records of a replay file, chained by hashes.

use sha2::{Digest, Sha256};

use super::ReplayFileError;

/// SHA-256 hash of a record and all that precedes it.
pub(super) type Link = [u8; 32];

/// Kind of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Checkpoint = 0,
    Part = 1,
    End = 2,
    Panic = 3,
}

/// The link that precedes the first record.
pub(super) fn first_link(head: &[u8]) -> Link {
    Sha256::digest(head).into()
}

/// Appends a record to `bytes`, and replaces `link`, the link of the previous record, with the link of the new record.
pub(super) fn push_record(kind: Kind, contents: &[u8], link: &mut Link, bytes: &mut Vec<u8>) {
    let length = u32::try_from(contents.len()).expect("a file, and thus a record, is shorter than 4 GiB");
    let start = bytes.len();
    bytes.push(kind as u8);
    bytes.extend(length.to_le_bytes());
    bytes.extend_from_slice(contents);
    *link = next_link(link, &bytes[start..]);
    bytes.extend_from_slice(link);
}

fn next_link(previous: &Link, record: &[u8]) -> Link {
    Sha256::new().chain_update(previous).chain_update(record).finalize().into()
}

/// A record whose link is correct.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) kind: Kind,
    pub(super) contents: &'a [u8],
    /// Offset of the contents in the file.
    pub(super) offset: usize,
}

impl Record<'_> {
    /// Returns the record if it has this kind.
    pub(super) fn expect(self, kind: Kind) -> Result<Self, ReplayFileError> {
        if self.kind == kind { Ok(self) } else { Err(self.damaged("a record of another kind is expected")) }
    }

    pub(super) const fn damaged(&self, what: &'static str) -> ReplayFileError {
        ReplayFileError::Damaged { offset: self.offset, what }
    }
}

/// The unread rest of a file or of a record.
pub(super) struct Bytes<'a> {
    rest: &'a [u8],
    /// Offset of the rest in the file.
    offset: usize,
}

impl<'a> Bytes<'a> {
    /// The bytes of a file.
    pub(super) const fn new(file: &'a [u8]) -> Self {
        Self { rest: file, offset: 0 }
    }

    /// The contents of a record.
    pub(super) const fn of(record: &Record<'a>) -> Self {
        Self { rest: record.contents, offset: record.offset }
    }

    pub(super) const fn offset(&self) -> usize {
        self.offset
    }

    pub(super) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Takes this number of bytes.
    pub(super) fn take(&mut self, count: u64) -> Result<&'a [u8], ReplayFileError> {
        let split = usize::try_from(count).ok().and_then(|count| self.rest.split_at_checked(count));
        let end = self.offset + self.rest.len();
        let (taken, rest) = split.ok_or(ReplayFileError::Damaged { offset: end, what: "bytes are missing" })?;
        (self.rest, self.offset) = (rest, self.offset + taken.len());
        Ok(taken)
    }

    pub(super) fn take_array<const N: usize>(&mut self) -> Result<[u8; N], ReplayFileError> {
        Ok(self.take(N as u64)?.try_into().expect("N bytes were taken"))
    }

    /// Takes an array after which nothing follows.
    pub(super) fn take_only<const N: usize>(mut self) -> Result<[u8; N], ReplayFileError> {
        let array = self.take_array()?;
        self.finish()?;
        Ok(array)
    }

    /// Checks that nothing is left.
    pub(super) const fn finish(&self) -> Result<(), ReplayFileError> {
        match self.rest {
            [] => Ok(()),
            _ => Err(ReplayFileError::Damaged { offset: self.offset, what: "unexpected bytes" }),
        }
    }
}

/// Reads the records of a file.
pub(super) struct Records<'a> {
    bytes: Bytes<'a>,
    link: Link,
}

impl<'a> Records<'a> {
    /// Reads the records in `bytes`. `head` contains the bytes of the file that precede the records.
    pub(super) fn new(head: &[u8], bytes: Bytes<'a>) -> Self {
        Self { bytes, link: first_link(head) }
    }

    /// Reads the next record and checks its link.
    pub(super) fn next(&mut self) -> Result<Record<'a>, ReplayFileError> {
        let (start, record) = (self.bytes.offset(), self.bytes.rest());
        let damaged = |what| ReplayFileError::Damaged { offset: start, what };
        let [kind] = self.bytes.take_array()?;
        let length = u32::from_le_bytes(self.bytes.take_array()?);
        let offset = self.bytes.offset();
        let contents = self.bytes.take(length.into())?;
        self.link = next_link(&self.link, &record[..self.bytes.offset() - start]);
        if self.bytes.take_array()? != self.link {
            return Err(damaged("the hash of this record is wrong"));
        }
        let kinds = [Kind::Checkpoint, Kind::Part, Kind::End, Kind::Panic];
        let kind = kinds.into_iter().find(|known| *known as u8 == kind);
        Ok(Record { kind: kind.ok_or(damaged("a record of an unknown kind"))?, contents, offset })
    }

    /// Checks that no record follows. Returns the last link.
    pub(super) fn finish(self) -> Result<Link, ReplayFileError> {
        self.bytes.finish()?;
        Ok(self.link)
    }
}
