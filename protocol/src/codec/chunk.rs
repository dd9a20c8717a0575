//! Lists assembled from encoded values.

use serde::Serialize;

use super::encode_into;

/// Growable sequence of encoded values of one type: an encoded list without its length prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chunk {
    /// Number of values.
    pub count: u32,
    /// The encoded values, one after the other.
    pub bytes: Vec<u8>,
}

impl Chunk {
    /// Encodes and appends a value.
    pub fn push(&mut self, value: &impl Serialize) {
        self.count += 1;
        encode_into(value, &mut self.bytes);
    }

    /// Appends encoded values of the same type.
    pub fn extend(&mut self, run: Run<'_>) {
        self.count += run.count;
        self.bytes.extend_from_slice(run.bytes);
    }

    /// Removes all values and keeps the capacity.
    pub fn clear(&mut self) {
        self.count = 0;
        self.bytes.clear();
    }

    /// All values, borrowed.
    #[must_use]
    pub fn as_run(&self) -> Run<'_> {
        Run { count: self.count, bytes: &self.bytes }
    }
}

/// Borrowed sequence of encoded values. A `Run` is to a [`Chunk`] what a slice is to a `Vec`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run<'a> {
    /// Number of values.
    pub count: u32,
    /// The encoded values, one after the other.
    pub bytes: &'a [u8],
}
