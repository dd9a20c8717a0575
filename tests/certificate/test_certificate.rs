//! Certificates of test servers, generated at run time.
#![allow(unreachable_pub, reason = "the modules of a test binary are its own")]

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{CertifiedKey, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig, SupportedProtocolVersion};

/// The host name in all certificates, which are also valid for 127.0.0.1.
pub const NAME: &str = "localhost";

/// [`NAME`] in the type that clients need to verify a certificate.
pub fn server_name() -> ServerName<'static> {
    ServerName::try_from(NAME).expect("the name is valid")
}

/// A self-signed certificate with its private key.
pub struct TestCertificate(CertifiedKey<KeyPair>);

impl TestCertificate {
    pub fn generate() -> Self {
        let names = vec![NAME.to_owned(), "127.0.0.1".to_owned()];
        Self(rcgen::generate_simple_self_signed(names).expect("the names are valid"))
    }

    /// The configuration of a client that trusts only this certificate.
    pub fn client_config(&self, versions: &[&'static SupportedProtocolVersion]) -> ClientConfig {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.cert.der().clone()).expect("the certificate is valid");
        ClientConfig::builder_with_provider(ring::default_provider().into())
            .with_protocol_versions(versions)
            .expect("the versions are supported")
            .with_root_certificates(roots)
            .with_no_client_auth()
    }

    /// The configuration of a server that uses the certificate.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        let key = PrivateKeyDer::Pkcs8(self.0.signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()
            .expect("the provider supports TLS 1.2 and 1.3")
            .with_no_client_auth()
            .with_single_cert(vec![self.0.cert.der().clone()], key);
        Arc::new(config.expect("the key belongs to the certificate"))
    }
}

/// A certificate and its private key in files, which are deleted when this value is dropped.
pub struct CertificateFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

impl CertificateFiles {
    /// Writes new files.
    pub fn write(certificate: &TestCertificate) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path =
            |part| PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{part}-{}-{number}.pem", std::process::id()));
        let files = Self { certificate: path("certificate"), key: path("key") };
        files.replace(certificate);
        files
    }

    /// Replaces certificate and key.
    pub fn replace(&self, certificate: &TestCertificate) {
        fs::write(&self.certificate, certificate.0.cert.pem()).expect("the folder for tests is writable");
        fs::write(&self.key, certificate.0.signing_key.serialize_pem()).expect("the folder for tests is writable");
    }
}

impl Drop for CertificateFiles {
    fn drop(&mut self) {
        for file in [&self.certificate, &self.key] {
            // A file that cannot be deleted does no harm.
            fs::remove_file(file).ok();
        }
    }
}
