//! Keys that sign and verify tickets. Each key has one algorithm, so the header of a ticket cannot choose another algorithm
//! for the key.

use std::str::FromStr;

use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};

use super::{Secret, SecretError};

/// A key that verifies tickets: a shared secret (HS256) or an Ed25519 public key (EdDSA). `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct VerifyingKey {
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

/// A key that signs tickets: a shared secret (HS256) or an Ed25519 private key (EdDSA). `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct SigningKey {
    pub(super) algorithm: Algorithm,
    pub(super) key: EncodingKey,
}

/// The text is not a suitable key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is PEM, but not an Ed25519 public key.
    #[error("the PEM text is not an Ed25519 public key")]
    NotAPublicKey,
    /// The text is PEM, but not an Ed25519 private key.
    #[error("the PEM text is not an Ed25519 private key in PKCS #8")]
    NotAPrivateKey,
    /// The text is not PEM, so it is treated as a secret. It is too short for a secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl From<Secret> for VerifyingKey {
    fn from(secret: Secret) -> Self {
        Self { algorithm: Algorithm::HS256, key: DecodingKey::from_secret(secret.bytes()) }
    }
}

impl From<Secret> for SigningKey {
    fn from(secret: Secret) -> Self {
        Self { algorithm: Algorithm::HS256, key: EncodingKey::from_secret(secret.bytes()) }
    }
}

/// Parses the content of a key file: an Ed25519 public key in PEM, or a secret. White space after a secret is removed.
impl FromStr for VerifyingKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if !is_pem(text) {
            return Ok(text.trim_end().parse::<Secret>()?.into());
        }
        let key = ed25519_dalek::VerifyingKey::from_public_key_pem(text).map_err(|_| KeyError::NotAPublicKey)?;
        Ok(Self { algorithm: Algorithm::EdDSA, key: DecodingKey::from_ed_der(key.as_bytes()) })
    }
}

/// Parses the content of a key file: an Ed25519 private key in PEM, or a secret. White space after a secret is removed.
impl FromStr for SigningKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        if !is_pem(text) {
            return Ok(text.trim_end().parse::<Secret>()?.into());
        }
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(text).map_err(|_| KeyError::NotAPrivateKey)?;
        Ok(Self { algorithm: Algorithm::EdDSA, key: EncodingKey::from_ed_der(key.as_bytes()) })
    }
}

/// Whether a text is meant to be PEM. Such a text is never treated as a secret. If a public key were used as the secret,
/// anyone could sign tickets.
fn is_pem(text: &str) -> bool {
    text.contains("-----BEGIN")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admission::tickets::test_keys::{PRIVATE_PEM, PUBLIC_PEM, SECRET};

    #[test]
    fn a_key_file_determines_the_algorithm() {
        let algorithm = |text: &str| text.parse::<VerifyingKey>().map(|key| key.algorithm);
        assert_eq!(algorithm(PUBLIC_PEM), Ok(Algorithm::EdDSA));
        assert_eq!(algorithm(&format!("{SECRET}\n")), Ok(Algorithm::HS256));
        assert_eq!(algorithm("short"), Err(KeyError::Secret(SecretError)));
        assert_eq!(PRIVATE_PEM.parse::<SigningKey>().map(|key| key.algorithm), Ok(Algorithm::EdDSA));
    }

    #[test]
    fn pem_that_is_not_the_required_key_is_never_used_as_a_secret() {
        assert_eq!(PRIVATE_PEM.parse::<VerifyingKey>().err(), Some(KeyError::NotAPublicKey));
        assert_eq!(PUBLIC_PEM.parse::<SigningKey>().err(), Some(KeyError::NotAPrivateKey));
        let truncated = &PUBLIC_PEM[..PUBLIC_PEM.len() / 2];
        assert_eq!(truncated.parse::<VerifyingKey>().err(), Some(KeyError::NotAPublicKey));
    }

    #[test]
    fn debug_output_contains_no_keys() {
        let verifying = VerifyingKey::from(SECRET.parse::<Secret>().expect("long enough"));
        let signing = PRIVATE_PEM.parse::<SigningKey>().expect("a private key");
        let shown = format!("{verifying:?} {signing:?}");
        assert_eq!(shown.matches("[redacted]").count(), 2, "{shown}");
        assert!(!shown.contains(&format!("{:?}", signing.key.as_bytes())), "{shown}");
    }
}
