//! Errors of starting and stopping a server.

use std::io;
use std::net::SocketAddr;

use tickcast_game::OptionsError;

/// Error of starting a server, or of an orderly shutdown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The options of rooms or worlds are invalid.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// The server cannot listen on the address for clients.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The server cannot listen on the address for operators.
    #[error("cannot listen on {address} for operators: {source}")]
    AdminListen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The server cannot listen on the address that redirects to HTTPS.
    #[cfg(feature = "tls")]
    #[error("cannot listen on {address} to redirect: {source}")]
    RedirectListen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
    /// The certificate or its key cannot be used.
    #[cfg(feature = "tls")]
    #[error("TLS: {0}")]
    Tls(#[from] super::TlsError),
    /// The server cannot accept WebTransport.
    #[cfg(feature = "datagrams")]
    #[error("datagrams: {0}")]
    Datagrams(#[from] super::DatagramError),
    /// Rooms could not be stored, and [`OnDiskError::Stop`](crate::OnDiskError::Stop) was chosen.
    #[error("stopped because rooms could not be stored")]
    StoreFailed,
    /// A second signal ended the shutdown before clients were informed.
    #[error("stopped without an orderly shutdown")]
    Aborted,
    /// Another error of the operating system.
    #[error(transparent)]
    Io(#[from] io::Error),
}
