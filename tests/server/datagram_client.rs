//! A client over WebTransport.

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{Endpoint, EndpointConfig, TokioRuntime, TransportConfig};
use rustls::pki_types::CertificateDer;
use serde_json::Value;
use tickcast_arena::{Arena, Controls};
use tickcast_game::GameProtocol;
use tickcast_protocol::codec::{self, Record, datagrams::ClientLink};
use tickcast_protocol::{ClientMessage, CloseReason, Hello, Input, Replica, ServerMessage, Snapshot, Welcome};
use tokio::runtime::Runtime;
use tokio::time::timeout;
use web_transport_quinn::proto::ConnectRequest;
use web_transport_quinn::{Client, RecvStream, SendStream, Session, SessionError, WebTransportError};

use crate::http::request;
use crate::test_server::TestServer;

const WAIT_TIMEOUT: Duration = Duration::from_secs(30);

/// An open session that has not joined a room.
pub struct DatagramConnection {
    pub runtime: Runtime,
    endpoint: Endpoint,
    pub session: Session,
    sending: SendStream,
    receiving: RecvStream,
    received: Vec<u8>,
    pub link: ClientLink,
    /// Messages that were delivered and not read yet.
    inbox: VecDeque<Bytes>,
    /// The code in the server's close record.
    close_code: Option<u16>,
    /// Numbers of snapshots that arrived in datagrams, and of all snapshots.
    pub datagrams: usize,
}

/// What `GET /api/transports` says about datagrams.
pub fn offer(server: &TestServer) -> Value {
    let response = request(server.address(), "GET", "/api/transports", "");
    let transports: Value = serde_json::from_str(&response.body).expect("the body is JSON");
    transports["datagrams"].clone()
}

fn hash(offer: &Value) -> Vec<u8> {
    let hash = offer["certificate_sha256"].as_str().expect("the certificate is self-signed");
    data_encoding::HEXLOWER.decode(hash.as_bytes()).expect("the hash is hexadecimal")
}

impl DatagramConnection {
    /// Opens a session and its stream, from 127.0.0.1.
    pub fn open(server: &TestServer, query: &str) -> Result<Self, String> {
        Self::open_with(server, Ipv4Addr::LOCALHOST, &format!("/wt?{query}"), |request| request)
    }

    /// Opens a session from this address, with a changed request.
    pub fn open_with(
        server: &TestServer,
        from: Ipv4Addr,
        path: &str,
        change: impl FnOnce(ConnectRequest) -> ConnectRequest,
    ) -> Result<Self, String> {
        Self::open_from(server, from, path, change, TransportConfig::default())
    }

    /// Opens a session with other parameters of QUIC.
    pub fn open_with_transport(server: &TestServer, transport: TransportConfig) -> Result<Self, String> {
        Self::open_from(server, Ipv4Addr::LOCALHOST, "/wt?room=main", |request| request, transport)
    }

    fn open_from(
        server: &TestServer,
        from: Ipv4Addr,
        path: &str,
        change: impl FnOnce(ConnectRequest) -> ConnectRequest,
        transport: TransportConfig,
    ) -> Result<Self, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        let offer = offer(server);
        let port = offer["port"].as_u64().expect("the server accepts datagrams");
        let url = format!("https://127.0.0.1:{port}{path}").parse::<url::Url>().expect("the URL is valid");
        let request = change(ConnectRequest::new(url));
        let opened = runtime.block_on(async {
            let (client, endpoint) = client(from, &hash(&offer), transport);
            let session = client.connect(request).await.map_err(|error| error.to_string())?;
            let (sending, receiving) = session.open_bi().await.map_err(|error| error.to_string())?;
            Ok::<_, String>((endpoint, session, sending, receiving))
        });
        let (endpoint, session, sending, receiving) = opened?;
        let (link, received, inbox) = (ClientLink::default(), Vec::new(), VecDeque::new());
        let close_code = None;
        Ok(Self { runtime, endpoint, session, sending, receiving, received, link, inbox, close_code, datagrams: 0 })
    }

    /// Sends a message over the stream.
    pub fn send(&mut self, message: &ClientMessage<Arena>) {
        self.send_bytes(&codec::encode_client(message));
    }

    /// Sends the bytes of a message over the stream.
    pub fn send_bytes(&mut self, message: &[u8]) {
        let mut record = Vec::new();
        Record::Message(message).encode_into(&mut record);
        self.send_raw(&record);
    }

    /// Sends bytes over the stream. They may be lost if the server has closed the session.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        self.runtime.block_on(self.sending.write_all(bytes)).unwrap_or_default();
    }

    /// Closes the session with this code.
    pub fn close(self, code: u16) {
        self.runtime.block_on(async {
            self.session.close(code.into(), b"");
            timeout(WAIT_TIMEOUT, self.session.closed()).await.expect("the session closes");
            timeout(WAIT_TIMEOUT, self.endpoint.wait_idle()).await.expect("the connection ends");
        });
    }

    /// The next message, or the close code.
    pub fn read(&mut self) -> Result<ServerMessage<Arena>, u16> {
        while self.inbox.is_empty() {
            if let Some(code) = self.close_code {
                return Err(code);
            }
            self.receive()?;
        }
        let message = self.inbox.pop_front().expect("a message was received");
        Ok(codec::decode_server(&message).expect("the server sends valid messages"))
    }

    /// Reads until the server closes the session.
    pub fn read_close(&mut self) -> CloseReason {
        loop {
            if let Err(code) = self.read() {
                return CloseReason::from_code(code).expect("a reason has this code");
            }
        }
    }

    /// Receives a part of the stream, or a datagram.
    fn receive(&mut self) -> Result<(), u16> {
        let Self { runtime, session, receiving, received, link, inbox, close_code, datagrams, .. } = self;
        let mut deliver = |message: &[u8]| inbox.push_back(Bytes::copy_from_slice(message));
        let mut read = [0; 4096];
        let arrived = async {
            tokio::select! {
                count = receiving.read(&mut read) => Some(count.ok().flatten().ok_or(())),
                datagram = session.read_datagram() => {
                    if let Ok(datagram) = datagram {
                        link.handle_datagram(&datagram, |message| {
                            *datagrams += 1;
                            deliver(message);
                        }).expect("the server sends valid datagrams");
                    }
                    None
                }
            }
        };
        let arrived = runtime.block_on(async { timeout(WAIT_TIMEOUT, arrived).await.expect("something arrives") });
        match arrived {
            Some(Ok(count)) => received.extend_from_slice(&read[..count]),
            Some(Err(())) => return Err(self.close_code()),
            None => return Ok(()),
        }
        while let Some((record, length)) =
            Record::decode(received, codec::SERVER_MESSAGE_BYTES_MAX).expect("the server sends valid records")
        {
            match record {
                Record::Message(message) => link.handle_stream(message, &mut deliver).expect("the stream is valid"),
                Record::Close(code, _) => *close_code = Some(code),
                Record::Heartbeat => {}
            }
            received.drain(..length);
        }
        Ok(())
    }

    /// The code with which the server has closed the session.
    fn close_code(&self) -> u16 {
        let closed = self.runtime.block_on(async { timeout(WAIT_TIMEOUT, self.session.closed()).await });
        match closed.expect("the session closes") {
            SessionError::WebTransportError(WebTransportError::Closed(code, _)) => code.try_into().expect("a close code"),
            error => panic!("the connection is lost: {error}"),
        }
    }

    /// Continues on another socket.
    pub fn move_to(&self, socket: UdpSocket) {
        let _runtime = self.runtime.enter();
        self.endpoint.rebind(socket).expect("the socket is usable");
    }

    /// Sends a datagram.
    pub fn send_datagram(&mut self, datagram: &[u8]) {
        let _runtime = self.runtime.enter();
        self.session.send_datagram(Bytes::copy_from_slice(datagram)).unwrap_or_default();
    }
}

/// A client that trusts the certificate with this hash.
fn client(from: Ipv4Addr, hash: &[u8], transport: TransportConfig) -> (Client, Endpoint) {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = Arc::new(TrustedHash { hash: hash.to_vec(), provider: Arc::clone(&provider) });
    let mut tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3 is supported")
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    tls.alpn_protocols = vec![web_transport_quinn::ALPN.as_bytes().to_vec()];
    let config = QuicClientConfig::try_from(tls).expect("the provider has the initial cipher suite");
    let socket = UdpSocket::bind(SocketAddr::from((from, 0))).expect("a port is free");
    let endpoint =
        Endpoint::new(EndpointConfig::default(), None, socket, Arc::new(TokioRuntime)).expect("an endpoint starts");
    let mut config = quinn::ClientConfig::new(Arc::new(config));
    config.transport_config(Arc::new(transport));
    (Client::new(endpoint.clone(), config), endpoint)
}

/// A player over WebTransport.
pub struct DatagramPlayer {
    pub connection: DatagramConnection,
    pub welcome: Welcome<Arena>,
    pub replica: Replica<Arena>,
    pub snapshot: Option<Snapshot<Arena>>,
}

impl DatagramPlayer {
    pub fn join(server: &TestServer, room: &str, hello: Hello) -> Result<Self, CloseReason> {
        let mut connection =
            DatagramConnection::open(server, &format!("room={room}")).expect("the server accepts sessions");
        connection.send(&ClientMessage::Hello(hello));
        match connection.read() {
            Ok(ServerMessage::Welcome(welcome)) => {
                let replica = Replica::new(&welcome).expect("the cell size fits the world");
                Ok(Self { connection, welcome, replica, snapshot: None })
            }
            Ok(other) => panic!("the first message is not a Welcome: {other:?}"),
            Err(code) => Err(CloseReason::from_code(code).expect("a reason has this code")),
        }
    }

    /// Receives and applies the next snapshot, and sends what is due.
    pub fn tick(&mut self) -> Result<(), CloseReason> {
        loop {
            let message = self.connection.read();
            match message.map_err(|code| CloseReason::from_code(code).expect("a reason has this code"))? {
                ServerMessage::Snapshot(snapshot) => {
                    self.replica.apply(&snapshot).expect("the snapshot fits the replica");
                    self.snapshot = Some(snapshot);
                    if self.connection.link.is_datagram_due(3) {
                        self.send_datagram();
                    }
                    return Ok(());
                }
                ServerMessage::Pong(_) | ServerMessage::Drain(_) => {}
                ServerMessage::Welcome(_) => panic!("the server sent a second Welcome"),
            }
        }
    }

    /// Sends controls that are stamped three ticks ahead of the newest snapshot.
    pub fn hold(&mut self, controls: Controls) {
        let acknowledged = self.replica.tick().expect("a snapshot was received");
        let input = Input { tick: acknowledged.plus(3), acknowledged, controls };
        let message = codec::encode_client::<Arena>(&ClientMessage::Input(input));
        let mut spilled = Vec::new();
        self.connection.link.push(&message, &mut spilled);
        assert!(spilled.is_empty(), "inputs are small");
        self.send_datagram();
    }

    fn send_datagram(&mut self) {
        let mut datagram = Vec::new();
        self.connection.link.write_datagram(&mut datagram);
        self.connection.send_datagram(&datagram);
    }

    /// The entity of the player.
    pub fn avatar(&self) -> Option<&<Arena as GameProtocol>::Entity> {
        self.replica.entities().get(Arena::avatar(self.welcome.player()?))
    }
}

/// Trusts one certificate, like `serverCertificateHashes` in a browser.
#[derive(Debug)]
struct TrustedHash {
    hash: Vec<u8>,
    provider: Arc<rustls::crypto::CryptoProvider>,
}

impl rustls::client::danger::ServerCertVerifier for TrustedHash {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &rustls::pki_types::ServerName<'_>,
        _: &[u8],
        _: rustls::pki_types::UnixTime,
    ) -> Result<rustls::client::danger::ServerCertVerified, rustls::Error> {
        let hash = web_transport_quinn::crypto::sha256(&self.provider, certificate);
        assert_eq!(hash.as_ref(), self.hash, "the server presents the certificate that it announces");
        Ok(rustls::client::danger::ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        unreachable!("QUIC uses TLS 1.3")
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &rustls::DigitallySignedStruct,
    ) -> Result<rustls::client::danger::HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<rustls::SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
