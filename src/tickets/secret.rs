//! What tickets are made with.

use std::fmt;
use std::str::FromStr;

/// What tickets are made with, and what nobody but the server and the maker of the tickets may know. It is never shown.
#[derive(Clone)]
pub struct Secret(Box<[u8]>);

/// It is too short to be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecretError;

impl Secret {
    /// The fewest bytes it has.
    pub const BYTES_MIN: usize = 16;

    pub(super) const fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl TryFrom<String> for Secret {
    type Error = SecretError;

    fn try_from(text: String) -> Result<Self, SecretError> {
        if text.len() < Self::BYTES_MIN { Err(SecretError) } else { Ok(Self(text.into_bytes().into())) }
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, SecretError> {
        text.to_owned().try_into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a secret has at least {} bytes", Secret::BYTES_MIN)
    }
}

impl std::error::Error for SecretError {}
