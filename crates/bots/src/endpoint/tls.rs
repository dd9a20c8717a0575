//! TLS of a client.

pub(crate) mod quic;

use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::TlsError;

/// Whether and how clients encrypt their connections to an endpoint.
#[derive(Clone, Debug)]
pub(crate) enum Encryption {
    /// The scheme of the endpoint is `ws`.
    None,
    /// The scheme of the endpoint is `wss`.
    Tls { config: Arc<ClientConfig>, server_name: ServerName<'static> },
}

impl Encryption {
    /// TLS with a server of this name. `ca` is a PEM file with the certificate authorities to trust; by default, these are the
    /// ones that Mozilla trusts.
    pub(super) fn tls(host: &str, ca: Option<&Path>) -> Result<Self, TlsError> {
        let server_name = ServerName::try_from(host.to_owned()).map_err(|_| TlsError::InvalidHost)?;
        let mut config = ClientConfig::builder_with_provider(ring::default_provider().into())
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots(ca)?)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Each client of a load test represents another device, which connects for the first time and has no session to
        // resume.
        config.resumption = Resumption::disabled();
        Ok(Self::Tls { config: Arc::new(config), server_name })
    }

    /// Encrypts a connected socket, if the endpoint requires it.
    pub(crate) fn client<S: Read + Write>(&self, socket: S) -> io::Result<ClientStream<S>> {
        Ok(match self {
            Self::None => ClientStream::Plain(socket),
            Self::Tls { config, server_name } => {
                let client = ClientConnection::new(Arc::clone(config), server_name.clone()).map_err(io::Error::other)?;
                ClientStream::Tls(Box::new(StreamOwned::new(client, socket)))
            }
        })
    }
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, TlsError> {
    let Some(ca) = ca else { return Ok(webpki_roots::TLS_SERVER_ROOTS.iter().cloned().collect()) };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(ca)? {
        roots.add(certificate?)?;
    }
    if roots.is_empty() { Err(pem::Error::NoItemsFound.into()) } else { Ok(roots) }
}

/// A socket, with or without TLS. Reads and writes fail with `WouldBlock` when those of the socket do.
#[derive(Debug)]
pub(crate) enum ClientStream<S: Read + Write> {
    /// The socket itself.
    Plain(S),
    /// TLS on the socket.
    Tls(Box<StreamOwned<ClientConnection, S>>),
}

impl<S: Read + Write> ClientStream<S> {
    pub(crate) fn socket_mut(&mut self) -> &mut S {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => &mut stream.sock,
        }
    }
}

impl<S: Read + Write> Read for ClientStream<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.read(buffer),
            Self::Tls(stream) => stream.read(buffer),
        }
    }
}

impl<S: Read + Write> Write for ClientStream<S> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(socket) => socket.write(buffer),
            Self::Tls(stream) => stream.write(buffer),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(socket) => socket.flush(),
            Self::Tls(stream) => stream.flush(),
        }
    }
}
