//! Certificates that the server signs itself, so that WebTransport works without a configured certificate.
//!
//! A browser accepts such a certificate if the page passes its hash (`serverCertificateHashes`), the key is an ECDSA key,
//! and the certificate is valid for at most 14 days.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rcgen::{CertificateParams, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How long before its creation the validity of a certificate begins, and how long after its creation it ends. It begins
/// earlier because a client's clock may be slow.
const VALID_BEFORE: Duration = DAY;
const VALID_AFTER: Duration = DAY.saturating_mul(12);
/// Interval at which the certificate is replaced. A page that has the hash of the previous certificate requests the hash
/// again.
const ROTATION: Duration = DAY.saturating_mul(6);

/// A certificate that the server has signed itself and that it replaces in time.
#[derive(Debug)]
pub struct SelfSigned {
    current: RwLock<Arc<CertifiedKey>>,
}

/// The certificate could not be created.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SelfSignedError {
    /// The certificate could not be signed.
    #[error(transparent)]
    Signing(#[from] rcgen::Error),
    /// The key cannot be used for TLS.
    #[error(transparent)]
    Key(#[from] rustls::Error),
}

impl SelfSigned {
    /// Creates a certificate.
    ///
    /// # Errors
    /// If the system has no random numbers.
    pub fn new() -> Result<Arc<Self>, SelfSignedError> {
        Ok(Arc::new(Self { current: RwLock::new(create(SystemTime::now())?) }))
    }

    /// SHA-256 of the current certificate.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.current().end_entity_cert().expect("the certificate exists")).into()
    }

    /// Replaces the certificate each time before it expires, until nothing uses `self` any more.
    pub fn rotate(self: &Arc<Self>) {
        let certificate = Arc::downgrade(self);
        actix_web::rt::spawn(async move {
            loop {
                tokio::time::sleep(ROTATION).await;
                let Some(certificate) = certificate.upgrade() else { return };
                if let Err(error) = certificate.replace(SystemTime::now()) {
                    log::error!("the previous certificate for datagrams stays in use: {error}");
                }
            }
        });
    }

    fn replace(&self, now: SystemTime) -> Result<(), SelfSignedError> {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = create(now)?;
        Ok(())
    }

    fn current(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl ResolvesServerCert for SelfSigned {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current())
    }
}

fn create(now: SystemTime) -> Result<Arc<CertifiedKey>, SelfSignedError> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    params.not_before = (now - VALID_BEFORE).into();
    params.not_after = (now + VALID_AFTER).into();
    let certificate = params.self_signed(&key)?.der().clone();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Ok(Arc::new(CertifiedKey::from_der(vec![certificate], key, &ring::default_provider())?))
}

const _: () = assert!(VALID_BEFORE.as_secs() + VALID_AFTER.as_secs() <= DAY.as_secs() * 14);
const _: () = assert!(ROTATION.as_secs() + DAY.as_secs() <= VALID_AFTER.as_secs());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_changes_with_the_certificate() {
        let certificate = SelfSigned::new().expect("the certificate can be created");
        let hash = certificate.hash();
        assert_eq!(certificate.hash(), hash);
        certificate.replace(SystemTime::now() + ROTATION).expect("the certificate can be created");
        assert_ne!(certificate.hash(), hash);
    }
}
