//! The listener for WebTransport: a QUIC endpoint, whose connections are distributed among the HTTP workers.
//!
//! The endpoint validates the address of each client with a Retry packet before it allocates state, and accepts no early
//! data (0-RTT), which could be replayed.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use quinn::crypto::rustls::{NoInitialCipherSuite, QuicServerConfig};
use quinn::{Endpoint, EndpointConfig, Incoming, ServerConfig, TokioRuntime, TransportConfig, VarInt};
use rustls::crypto::ring;
use rustls::server::ResolvesServerCert;
use rustls::version;
use tickcast_game::Simulation;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use super::tls::Certificate;
use crate::admission::{AdmissionControl, ConnectionPermit, Refusal};
use crate::http::api::transports::DatagramOffer;
use crate::http::{self, Site};
use crate::transport::datagrams::{SelfSigned, SelfSignedError};

/// Time after which a silent connection is dropped. Sessions are closed earlier.
const IDLE_TIMEOUT: Duration = Duration::from_secs(15);
/// Limit on unacknowledged bytes of a connection's stream. Like the limit on unsent bytes of a TCP connection.
const SEND_WINDOW: u64 = 64 << 10;
/// Limit on received bytes that wait to be read. A client message has at most 1280 bytes.
const RECEIVE_WINDOW: VarInt = VarInt::from_u32(4 << 10);
/// Limit on datagrams that wait to be read or sent. A newer datagram repeats what matters of older ones.
const DATAGRAM_BUFFER_BYTES: usize = 4 << 10;
/// Maximum numbers of streams that a client opens. Bidirectional: the request and the session's stream. Unidirectional: the
/// three of HTTP/3.
const BIDIRECTIONAL_STREAMS: VarInt = VarInt::from_u32(2);
const UNIDIRECTIONAL_STREAMS: VarInt = VarInt::from_u32(4);
/// Maximum number of clients whose addresses are validated and that wait to be accepted.
const INCOMING_MAX: usize = 1024;

/// Where the server accepts WebTransport.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DatagramListen {
    /// Nowhere.
    #[default]
    Off,
    /// On the UDP port with the number of the TCP port for clients, unless another program uses it.
    IfFree,
    /// On this address; `None` stands for the address for clients.
    At(Option<SocketAddr>),
}

/// A connection that was admitted, and its permit.
type AdmittedIncoming = (Incoming, ConnectionPermit);

/// Distributes connections among the HTTP workers. Each queued connection holds a permit, which bounds the queues.
#[derive(Clone)]
pub(super) struct Distributor {
    offer: DatagramOffer,
    queues: Arc<Mutex<Vec<UnboundedSender<AdmittedIncoming>>>>,
    next: Arc<AtomicUsize>,
}

impl Distributor {
    /// How clients reach the listener.
    pub(super) fn offer(&self) -> DatagramOffer {
        self.offer.clone()
    }

    /// Serves a part of the connections on this thread, which is that of a worker.
    pub(super) fn serve<S: Simulation>(&self, site: Rc<Site<S>>) {
        let (sender, mut receiver) = unbounded_channel();
        self.queues.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        actix_web::rt::spawn(async move {
            while let Some((incoming, permit)) = receiver.recv().await {
                actix_web::rt::spawn(http::serve_webtransport(Rc::clone(&site), incoming, permit));
            }
        });
    }

    /// Passes the connection to the workers in turn.
    fn accept(&self, admitted: AdmittedIncoming) {
        let queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        if let Some(queue) = next.checked_rem(queues.len()).map(|next| &queues[next]) {
            // An error means that the worker has stopped. The connection is then dropped.
            let _ = queue.send(admitted);
        }
    }
}

/// A running listener.
pub(super) struct DatagramListener {
    endpoint: Endpoint,
    pub(super) offer: DatagramOffer,
}

/// The listener cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatagramError {
    /// The certificate cannot be created.
    #[error(transparent)]
    Certificate(#[from] SelfSignedError),
    /// The configuration of TLS is invalid.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
    /// The provider of cryptography lacks the cipher suite that QUIC requires.
    #[error(transparent)]
    CipherSuite(#[from] NoInitialCipherSuite),
    /// The server cannot listen on the address.
    #[error("cannot listen on UDP {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The cause.
        source: io::Error,
    },
}

impl DatagramListener {
    /// Starts the listener. `clients` is the address of the listener for clients.
    ///
    /// # Errors
    /// If the certificate or the address cannot be used.
    pub(super) fn start(
        listen: DatagramListen,
        clients: SocketAddr,
        certificate: Option<&Arc<Certificate>>,
    ) -> Result<Option<Self>, DatagramError> {
        let address = match listen {
            DatagramListen::Off => return Ok(None),
            DatagramListen::IfFree | DatagramListen::At(None) => clients,
            DatagramListen::At(Some(address)) => address,
        };
        match Self::start_at(address, certificate) {
            Ok(listener) => Ok(Some(listener)),
            Err(error @ DatagramError::Listen { .. }) if listen == DatagramListen::IfFree => {
                log::warn!("no datagrams: {error}");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn start_at(address: SocketAddr, certificate: Option<&Arc<Certificate>>) -> Result<Self, DatagramError> {
        let self_signed = if certificate.is_some() { None } else { Some(SelfSigned::new()?) };
        let resolver: Arc<dyn ResolvesServerCert> = match (certificate, &self_signed) {
            (Some(certificate), _) => Arc::clone(certificate) as _,
            (None, Some(self_signed)) => Arc::clone(self_signed) as _,
            (None, None) => unreachable!("a certificate is created if none is given"),
        };
        let config = server_config(resolver)?;
        let (endpoint, port) = bind(address, config).map_err(|source| DatagramError::Listen { address, source })?;
        let certificate_hash = self_signed.map(|self_signed| {
            self_signed.rotate();
            Arc::new(move || self_signed.hash()) as Arc<dyn Fn() -> [u8; 32] + Send + Sync>
        });
        Ok(Self { endpoint, offer: DatagramOffer { port, certificate_hash } })
    }

    /// Admits connections and passes them to the workers that the returned value serves, until the listener is closed.
    pub(super) fn distributor(&self, admission: &Arc<AdmissionControl>) -> Distributor {
        let distributor = Distributor { offer: self.offer.clone(), queues: Arc::default(), next: Arc::default() };
        let (endpoint, admission, workers) = (self.endpoint.clone(), Arc::clone(admission), distributor.clone());
        actix_web::rt::spawn(async move {
            while let Some(incoming) = endpoint.accept().await {
                admit(incoming, &admission, &workers);
            }
        });
        distributor
    }

    /// Closes all connections, and accepts no more.
    pub(super) fn close(&self) {
        self.endpoint.close(VarInt::from_u32(0), b"");
    }
}

/// Validates the client's address, then admits or refuses the connection.
fn admit(incoming: Incoming, admission: &Arc<AdmissionControl>, workers: &Distributor) {
    if !incoming.remote_address_validated() {
        // An error means that the address is already validated.
        let _ = incoming.retry();
        return;
    }
    let peer: IpAddr = incoming.remote_address().ip().to_canonical();
    if admission.expects_proxy_header(peer) {
        // A proxy for TCP cannot pass the address of a UDP client, and the headers of its request cannot be trusted.
        incoming.refuse();
        return;
    }
    match admission.handle_connect(peer) {
        Some(permit) if !permit.is_refused() => workers.accept((incoming, permit)),
        Some(permit) => {
            admission.count(permit.handle_request([], []).err().unwrap_or(Refusal::ServerFull));
            incoming.refuse();
        }
        None => incoming.refuse(),
    }
}

/// Returns an endpoint and its port.
fn bind(address: SocketAddr, config: ServerConfig) -> io::Result<(Endpoint, u16)> {
    let socket = tickcast_platform::bind_udp(address)?;
    let port = socket.local_addr()?.port();
    Ok((Endpoint::new(EndpointConfig::default(), Some(config), socket, Arc::new(TokioRuntime))?, port))
}

fn server_config(resolver: Arc<dyn ResolvesServerCert>) -> Result<ServerConfig, DatagramError> {
    let mut tls = rustls::ServerConfig::builder_with_provider(ring::default_provider().into())
        .with_protocol_versions(&[&version::TLS13])?
        .with_no_client_auth()
        .with_cert_resolver(resolver);
    tls.alpn_protocols = vec![web_transport_quinn::ALPN.as_bytes().to_vec()];
    let mut config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls)?));
    config.transport_config(Arc::new(transport_config())).max_incoming(INCOMING_MAX);
    // Connections do not migrate: limits on clients count a connection against the address from which it was opened. If its
    // address changes, the client opens a new connection and resumes its seat.
    config.migration(false);
    Ok(config)
}

fn transport_config() -> TransportConfig {
    let mut config = TransportConfig::default();
    config
        .max_idle_timeout(Some(IDLE_TIMEOUT.try_into().expect("the timeout is a valid number of milliseconds")))
        .max_concurrent_bidi_streams(BIDIRECTIONAL_STREAMS)
        .max_concurrent_uni_streams(UNIDIRECTIONAL_STREAMS)
        .stream_receive_window(RECEIVE_WINDOW)
        .receive_window(VarInt::from_u32(4 * RECEIVE_WINDOW.into_inner() as u32))
        .send_window(SEND_WINDOW)
        .datagram_receive_buffer_size(Some(DATAGRAM_BUFFER_BYTES))
        .datagram_send_buffer_size(DATAGRAM_BUFFER_BYTES)
        // All datagrams fit into the smallest packets.
        .mtu_discovery_config(None);
    config
}
