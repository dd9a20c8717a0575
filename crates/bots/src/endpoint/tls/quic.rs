//! TLS of QUIC connections.

use std::path::Path;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use quinn::TransportConfig;
use quinn::crypto::rustls::QuicClientConfig;
use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, PeerIncompatible, SignatureScheme, version};

use super::roots;
use crate::TlsError;

/// The configuration of a client. `hash` is the SHA-256 hash of the only certificate to trust, in hexadecimal digits. Without
/// a hash, the client trusts certificates of the authorities in the PEM file `ca`.
pub(crate) fn client_config(ca: Option<&Path>, hash: Option<String>) -> Result<quinn::ClientConfig, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(&[&version::TLS13])?;
    let mut tls = match hash {
        Some(hash) => builder.dangerous().with_custom_certificate_verifier(Arc::new(TrustedHash { hash, provider })),
        None => builder.with_root_certificates(roots(ca)?),
    }
    .with_no_client_auth();
    tls.alpn_protocols = vec![web_transport_quinn::ALPN.as_bytes().to_vec()];
    tls.resumption = Resumption::disabled();
    let tls = QuicClientConfig::try_from(tls).expect("the provider has the initial cipher suite");
    let mut config = quinn::ClientConfig::new(Arc::new(tls));
    let mut transport = TransportConfig::default();
    // All datagrams fit into the smallest packets.
    transport.mtu_discovery_config(None);
    config.transport_config(Arc::new(transport));
    Ok(config)
}

/// Trusts one certificate, as `serverCertificateHashes` does in a browser.
#[derive(Debug)]
struct TrustedHash {
    hash: String,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for TrustedHash {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let hash = web_transport_quinn::crypto::sha256(&self.provider, certificate);
        if HEXLOWER.encode(hash.as_ref()) == self.hash {
            return Ok(ServerCertVerified::assertion());
        }
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(PeerIncompatible::Tls12NotOfferedOrEnabled.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
