//! The algorithms of tickets, for `jsonwebtoken`: HS256 and EdDSA with Ed25519.
//!
//! `jsonwebtoken` parses tokens and enforces the algorithm of a key, but leaves cryptography to a provider. The providers
//! that `jsonwebtoken` contains depend on RSA and NIST curves, or on a C library. The provider in this module only calls
//! the crates `hmac` and `ed25519-dalek`.

use ed25519_dalek::Signer as _;
use hmac::{Hmac, KeyInit, Mac};
use jsonwebtoken::crypto::{CryptoProvider, JwtSigner, JwtVerifier, KeyUtils};
use jsonwebtoken::errors::{Error, ErrorKind, Result};
use jsonwebtoken::signature::{self, Signer, Verifier};
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};
use sha2::Sha256;

static PROVIDER: CryptoProvider =
    CryptoProvider { signer_factory, verifier_factory, key_utils: KeyUtils::new_unimplemented() };

/// Installs this provider for `jsonwebtoken`, unless the process has already installed a provider. A process has only one
/// provider.
pub(super) fn install() {
    PROVIDER.install_default().ok();
}

fn signer_factory(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>> {
    match (algorithm, key.family()) {
        (Algorithm::HS256, AlgorithmFamily::Hmac) => Ok(Box::new(Hs256::new(key.as_bytes()))),
        (Algorithm::EdDSA, AlgorithmFamily::Ed) => {
            let seed = key.as_bytes().try_into().map_err(|_| invalid_key())?;
            Ok(Box::new(EdDsa(ed25519_dalek::SigningKey::from_bytes(seed))))
        }
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

fn verifier_factory(algorithm: &Algorithm, key: &DecodingKey) -> Result<Box<dyn JwtVerifier>> {
    match (algorithm, key.family()) {
        (Algorithm::HS256, AlgorithmFamily::Hmac) => Ok(Box::new(Hs256::new(key.try_get_as_bytes()?))),
        (Algorithm::EdDSA, AlgorithmFamily::Ed) => {
            let bytes = key.try_get_as_bytes()?.try_into().map_err(|_| invalid_key())?;
            Ok(Box::new(EdDsa(ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| invalid_key())?)))
        }
        _ => Err(ErrorKind::InvalidAlgorithm.into()),
    }
}

fn invalid_key() -> Error {
    ErrorKind::InvalidEddsaKey.into()
}

/// HMAC-SHA-256 (RFC 7518, section 3.2).
struct Hs256(Hmac<Sha256>);

impl Hs256 {
    fn new(secret: &[u8]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("HMAC accepts keys of any length"))
    }
}

impl Signer<Vec<u8>> for Hs256 {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        Ok(self.0.clone().chain_update(message).finalize().into_bytes().to_vec())
    }
}

impl Verifier<Vec<u8>> for Hs256 {
    /// Compares in constant time, so the response time does not reveal how much of a forged signature is correct.
    fn verify(&self, message: &[u8], tag: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        self.0.clone().chain_update(message).verify_slice(tag).map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

impl JwtVerifier for Hs256 {
    fn algorithm(&self) -> Algorithm {
        Algorithm::HS256
    }
}

/// EdDSA with an Ed25519 key (RFC 8037).
struct EdDsa<K>(K);

impl Signer<Vec<u8>> for EdDsa<ed25519_dalek::SigningKey> {
    fn try_sign(&self, message: &[u8]) -> std::result::Result<Vec<u8>, signature::Error> {
        Ok(self.0.sign(message).to_vec())
    }
}

impl Verifier<Vec<u8>> for EdDsa<ed25519_dalek::VerifyingKey> {
    /// Rejects all signatures of a weak public key, because one such signature is valid for many messages.
    fn verify(&self, message: &[u8], signature: &Vec<u8>) -> std::result::Result<(), signature::Error> {
        let signature = ed25519_dalek::Signature::from_slice(signature).map_err(|_| signature::Error::new())?;
        self.0.verify_strict(message, &signature).map_err(|_| signature::Error::new())
    }
}

impl JwtSigner for EdDsa<ed25519_dalek::SigningKey> {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}

impl JwtVerifier for EdDsa<ed25519_dalek::VerifyingKey> {
    fn algorithm(&self) -> Algorithm {
        Algorithm::EdDSA
    }
}
