//! Validation errors of options.

use std::ops::RangeInclusive;

/// Error in the options of a room or a world. Its text is shown to the person who chose the options.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OptionsError {
    /// A number is out of range.
    #[error("{name} is {value}, but must be from {} to {}", range.start(), range.end())]
    OutOfRange {
        /// Name of the option.
        name: &'static str,
        /// Value of the option.
        value: u64,
        /// The accepted values.
        range: RangeInclusive<u64>,
    },
    /// Any other error, described by this text.
    #[error("{0}")]
    Other(String),
}

impl OptionsError {
    /// Checks that a number is within a range.
    ///
    /// # Errors
    /// [`OptionsError::OutOfRange`].
    pub fn check_range<N: Copy + Into<u64>>(name: &'static str, value: N, range: RangeInclusive<N>) -> Result<(), Self> {
        let (value, range) = (value.into(), (*range.start()).into()..=(*range.end()).into());
        if range.contains(&value) { Ok(()) } else { Err(Self::OutOfRange { name, value, range }) }
    }
}
