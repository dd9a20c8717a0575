//! A secret that the server shares with the operator's backend.

use std::fmt;
use std::str::FromStr;

/// A secret that the server shares with the operator's backend. Signs tickets with HMAC-SHA-256 (HS256). `Debug` does not
/// show it.
#[derive(Clone)]
pub struct Secret(Box<[u8]>);

/// The secret is too short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a secret has at least {} bytes", Secret::BYTES_MIN)]
pub struct SecretError;

impl Secret {
    /// Minimum length in bytes: RFC 7518, section 3.2, requires at least the length of the hash.
    pub const BYTES_MIN: usize = 32;

    pub(crate) const fn bytes(&self) -> &[u8] {
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
