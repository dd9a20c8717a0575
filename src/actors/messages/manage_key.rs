//! Keys with which the creators of rooms manage them.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The key that permits managing a room: 32 random hexadecimal digits. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ManageKey(String);

/// SHA-256 hash of a [`ManageKey`]. The server keeps only the hash.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ManageKeyHash(String);

impl ManageKey {
    /// A new key.
    #[must_use]
    pub fn random() -> Self {
        Self(format!("{:032x}", rand::random::<u128>()))
    }

    /// The key that a client presents. It may be any text.
    #[must_use]
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The hash of the key.
    #[must_use]
    pub fn hash(&self) -> ManageKeyHash {
        ManageKeyHash(Sha256::digest(&self.0).iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

impl fmt::Debug for ManageKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ManageKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_has_the_same_hash() {
        let (key, other) = (ManageKey::random(), ManageKey::random());
        assert_eq!(ManageKey::presented(&key.0).hash(), key.hash());
        assert_ne!(other.hash(), key.hash());
        assert_ne!(ManageKey::presented("").hash(), key.hash());
    }
}
