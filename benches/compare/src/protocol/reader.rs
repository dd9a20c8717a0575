//! Reads numbers and byte strings from the front of a message.

use crate::Outcome;

/// The unread rest of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader<'m>(pub(super) &'m [u8]);

impl<'m> Reader<'m> {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn take(&mut self, length: usize) -> Outcome<&'m [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or("a message is too short")?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn u8(&mut self) -> Outcome<u8> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn u16_le(&mut self) -> Outcome<u16> {
        Ok(u16::from_le_bytes(self.take(2)?.try_into()?))
    }

    pub(super) fn u32_le(&mut self) -> Outcome<u32> {
        Ok(u32::from_le_bytes(self.take(4)?.try_into()?))
    }
}
