//! TLS on the listener for clients: its options, and the certificate, which can be replaced while the server runs.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};
use tickcast_platform::ReloadSignals;

/// The only application protocol of the server: WebSocket over HTTP/2 is not supported.
const ALPN_PROTOCOL: &[u8] = b"http/1.1";

/// TLS on the listener for clients.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsOptions {
    /// PEM file with the server's certificate, followed by the intermediate certificates. With an ECDSA certificate,
    /// handshakes take less CPU time than with an RSA certificate.
    pub certificate: PathBuf,
    /// PEM file with the private key of the certificate.
    pub key: PathBuf,
    /// Address of a second listener, which redirects plain HTTP requests to the listener for clients. Default: none.
    pub redirect_listen: Option<SocketAddr>,
}

impl TlsOptions {
    /// TLS with this certificate and key, without a redirect.
    #[must_use]
    pub fn new(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Self {
        Self { certificate: certificate.into(), key: key.into(), redirect_listen: None }
    }
}

/// Reason why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A file cannot be read, or does not contain what it should.
    #[error("{}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: pem::Error,
    },
    /// The file contains no certificate.
    #[error("{}: the file contains no certificate", .0.display())]
    NoCertificate(PathBuf),
    /// The certificate or the key is not supported, or the key belongs to another certificate.
    #[error("certificate and key cannot be used: {0}")]
    Unusable(#[from] rustls::Error),
}

/// The certificate that the server presents on new connections.
#[derive(Debug)]
pub(super) struct Certificate {
    options: TlsOptions,
    current: RwLock<Arc<CertifiedKey>>,
}

impl Certificate {
    /// Reads certificate and key.
    pub(super) fn load(options: &TlsOptions) -> Result<Arc<Self>, TlsError> {
        Ok(Arc::new(Self { options: options.clone(), current: RwLock::new(read(options)?) }))
    }

    /// Reads certificate and key again. If that fails, the current ones stay in use.
    pub(super) fn reload(&self) -> Result<(), TlsError> {
        let certified_key = read(&self.options)?;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = certified_key;
        Ok(())
    }

    /// Reloads certificate and key on each signal, until the current actix system stops.
    pub(super) fn reload_on_signals(self: &Arc<Self>) -> io::Result<()> {
        let (certificate, mut signals) = (Arc::clone(self), ReloadSignals::listen()?);
        actix_web::rt::spawn(async move {
            loop {
                signals.next().await;
                match certificate.reload() {
                    Ok(()) => log::info!("certificate reloaded"),
                    Err(error) => log::error!("the previous certificate stays in use: {error}"),
                }
            }
        });
        Ok(())
    }

    /// The configuration of a listener with this certificate. Clients can resume TLS sessions with TLS session tickets. A
    /// resumed TLS session needs no signature with the certificate's key. The keys that encrypt session tickets are random
    /// and change every six hours.
    pub(super) fn server_config(self: &Arc<Self>) -> Result<Arc<ServerConfig>, TlsError> {
        let mut config = ServerConfig::builder_with_provider(ring::default_provider().into())
            .with_protocol_versions(&[&version::TLS13, &version::TLS12])?
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![ALPN_PROTOCOL.to_vec()];
        config.ticketer = ring::Ticketer::new()?;
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn read(options: &TlsOptions) -> Result<Arc<CertifiedKey>, TlsError> {
    let error_of = |path: &Path| {
        let path = path.to_owned();
        move |source| TlsError::File { path, source }
    };
    let certificates = CertificateDer::pem_file_iter(&options.certificate).and_then(Iterator::collect);
    let certificates: Vec<_> = certificates.map_err(error_of(&options.certificate))?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate(options.certificate.clone()));
    }
    let key = PrivateKeyDer::from_pem_file(&options.key).map_err(error_of(&options.key))?;
    Ok(Arc::new(CertifiedKey::from_der(certificates, key, &ring::default_provider())?))
}
