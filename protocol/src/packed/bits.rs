//! Writer and reader of numbers with any number of bits.

use std::fmt::Display;

use serde::de::{Error as _, SeqAccess};
use serde::ser::{Error as _, SerializeTuple};

use crate::compact::{FieldReader, FieldWriter};

/// Writes numbers as consecutive bits.
#[derive(Debug)]
pub struct BitWriter<'a, Out> {
    fields: &'a mut FieldWriter<Out>,
    /// Bits that do not fill a byte yet, fewer than 8 between two calls.
    pending: u64,
    pending_bits: u32,
}

impl<'a, Out: SerializeTuple> BitWriter<'a, Out> {
    pub(super) const fn new(fields: &'a mut FieldWriter<Out>) -> Self {
        Self { fields, pending: 0, pending_bits: 0 }
    }

    /// Writes the lowest `bits` bits (at most 32) of a number. The other bits of the number must be zero.
    ///
    /// # Errors
    /// Errors of the serializer.
    pub fn write(&mut self, number: u32, bits: u32) -> Result<(), Out::Error> {
        debug_assert!(bits <= 32 && u64::from(number) >> bits == 0, "{number} must fit {bits} bits");
        self.pending |= u64::from(number) << self.pending_bits;
        self.pending_bits += bits;
        while self.pending_bits >= 8 {
            self.fields.write_bytes(&[self.pending as u8])?;
            self.pending >>= 8;
            self.pending_bits -= 8;
        }
        Ok(())
    }

    /// Returns an error with this reason, for a value that the encoding cannot represent.
    ///
    /// # Errors
    /// Always.
    pub fn invalid<T>(&self, reason: impl Display) -> Result<T, Out::Error> {
        Err(Out::Error::custom(reason))
    }

    /// Fills the last byte with zeros.
    pub(super) fn finish(mut self) -> Result<(), Out::Error> {
        if self.pending_bits > 0 { self.write(0, 8 - self.pending_bits) } else { Ok(()) }
    }
}

/// Reads numbers that [`BitWriter`] has written.
#[derive(Debug)]
pub struct BitReader<'a, In> {
    fields: &'a mut FieldReader<In>,
    /// Bits of the last byte that are not read yet.
    pending: u64,
    pending_bits: u32,
}

impl<'a, 'de, In: SeqAccess<'de>> BitReader<'a, In> {
    pub(super) const fn new(fields: &'a mut FieldReader<In>) -> Self {
        Self { fields, pending: 0, pending_bits: 0 }
    }

    /// Reads a number of `bits` bits (at most 32).
    ///
    /// # Errors
    /// Errors of the deserializer.
    pub fn read(&mut self, bits: u32) -> Result<u32, In::Error> {
        debug_assert!(bits <= 32, "a number has at most 32 bits, not {bits}");
        while self.pending_bits < bits {
            self.pending |= u64::from(self.fields.read::<u8>()?) << self.pending_bits;
            self.pending_bits += 8;
        }
        let number = self.pending & ((1 << bits) - 1);
        self.pending >>= bits;
        self.pending_bits -= bits;
        Ok(number as u32)
    }

    /// Returns an error with this reason, for bits that are not the encoding of a value.
    ///
    /// # Errors
    /// Always.
    pub fn invalid<T>(&self, reason: &'static str) -> Result<T, In::Error> {
        Err(In::Error::custom(reason))
    }

    /// Checks that the unused bits of the last byte are zero.
    pub(super) fn finish(self) -> Result<(), In::Error> {
        if self.pending == 0 { Ok(()) } else { self.invalid("unused bits are not zero") }
    }
}
