//! Errors of a load test.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use rustls::pki_types::pem;

/// Reason why a load test yields no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BotsError {
    /// The test cannot run with these options. The error names the option or the limit.
    #[error(transparent)]
    Option(#[from] OptionError),
    /// The server does not say how it accepts datagrams.
    #[error("{url}: {error}")]
    Transports {
        /// The URL of the request.
        url: String,
        /// The reason for its failure.
        #[source]
        error: Box<ureq::Error>,
    },
    /// No bot could join. Contains the most frequent reason.
    #[error("no bot could join: {0}")]
    NoneJoined(String),
    /// The operating system reported an error.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reason why a load test cannot run with its options.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OptionError {
    /// Every bot needs an open file: run fewer bots or raise the limit.
    #[error("{bots} bots need more than the {limit} open files that the system allows")]
    OpenFiles {
        /// Number of bots.
        bots: u32,
        /// Limit on open files of this process.
        limit: u64,
    },
    /// The host in `--url` has no address.
    #[error("--url: {0}")]
    UnknownHost(#[source] io::Error),
    /// `--transport datagrams`, but the server accepts none.
    #[error("--transport datagrams: the server accepts no datagrams")]
    NoDatagrams,
    /// Source addresses are configured, but clients cannot connect to the target from them.
    #[error(
        "source addresses (--addresses, --honest-addresses) require a server in 127.0.0.0/8 and a system that supports this \
         network; the server is {0}"
    )]
    SourceAddresses(SocketAddr),
    /// TLS cannot be prepared: the host of the `wss` URL is invalid, or the file in `--tls-ca` is not usable.
    #[error("--tls-ca: {0}")]
    Tls(#[from] TlsError),
    /// The target of an attack is another machine.
    #[error("{0} is not on this machine; pass --i-own-this-server to attack it nevertheless")]
    RemoteTarget(SocketAddr),
    /// The file in `--json` cannot be created.
    #[error("--json {}: {error}", path.display())]
    ReportFile {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        #[source]
        error: io::Error,
    },
}

/// Error of preparing TLS.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The file with the certificate authority cannot be read, or contains no certificate.
    #[error(transparent)]
    File(#[from] pem::Error),
    /// The certificate authority or the name of the server cannot be used.
    #[error(transparent)]
    Unusable(#[from] rustls::Error),
    /// The host is neither a DNS name nor an IP address.
    #[error("the host of the URL is not a valid server name")]
    InvalidHost,
}
