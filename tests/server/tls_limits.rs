//! Limits on the memory that a connection with TLS takes, on real sockets.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use rustls::ALL_VERSIONS;
use tickcast::transport::{Stream, TLS_UNSENT_BYTES_MAX, TlsAcceptor};
use tokio::net::TcpListener;

use crate::metrics::wait_for;
use crate::test_certificate::TestCertificate;
use crate::tls::TlsServer;
use crate::tls_client;

/// Maximum payload of a record in the handshake.
const PLAINTEXT_BYTES_MAX: usize = 16 << 10;
/// Maximum length that the header of an encrypted record may state (RFC 5246, section 6.2.3).
const CIPHERTEXT_BYTES_MAX: u16 = (16 << 10) + (2 << 10);
/// The longest handshake message that rustls accepts.
const HANDSHAKE_BYTES_MAX: u32 = 0xffff;
const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
const APPLICATION_DATA: u8 = 23;
const CLIENT_HELLO: u8 = 1;

/// Starts a server with a very long request timeout, so that only a limit on the size of a message ends a connection.
fn start() -> TlsServer {
    TlsServer::start_with(|options| options.timeouts.request = Duration::from_secs(3_600))
}

/// The header of a record.
fn record_header(kind: u8, length: u16) -> Vec<u8> {
    [&[kind, 3, 3], &length.to_be_bytes()[..]].concat()
}

/// The first `sent` bytes of a Client Hello, split into records. The header of the Client Hello states a length of `stated`
/// bytes. All bytes after this header are zero.
fn client_hello(stated: u32, sent: usize) -> Vec<u8> {
    let [_, length @ ..] = stated.to_be_bytes();
    let mut message = [&[CLIENT_HELLO], &length[..]].concat();
    message.resize(sent, 0);
    let record = |payload: &[u8]| {
        let length = u16::try_from(payload.len()).expect("the payload is at most as long as a record");
        [record_header(HANDSHAKE, length), payload.to_vec()].concat()
    };
    message.chunks(PLAINTEXT_BYTES_MAX).flat_map(record).collect()
}

/// Reads until the server closes the connection. Panics if the server keeps the connection open and sends nothing for ten
/// seconds.
fn read_to_end(mut stream: &TcpStream) -> Vec<u8> {
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("the timeout is not zero");
    let mut received = Vec::new();
    if let Err(error) = stream.read_to_end(&mut received) {
        // Reading fails with `ConnectionReset` if the server has closed the connection without reading everything.
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "the server waits for more data");
    }
    received
}

#[test]
fn unfinished_handshake_messages_are_limited() {
    const HEADER_BYTES: usize = 4;
    let tls = start();
    let send = |stated: u32, sent: usize| {
        let mut stream = TcpStream::connect(tls.server.address()).expect("the server listens");
        // Writing fails if the server closes the connection before it has read everything.
        let _ = stream.write_all(&client_hello(stated, sent));
        read_to_end(&stream)
    };
    let longest = HANDSHAKE_BYTES_MAX as usize + HEADER_BYTES;
    send(HANDSHAKE_BYTES_MAX + 1, HEADER_BYTES);
    assert!(send(HANDSHAKE_BYTES_MAX, longest - 1).is_empty(), "the server closes before the message is complete");
    let shorter = HANDSHAKE_BYTES_MAX - 1_024;
    let response = send(shorter, shorter as usize + HEADER_BYTES);
    assert_eq!(response.first(), Some(&ALERT), "the server decodes a message within the limit");
    wait_for(&tls.server, "failed handshakes", |page| {
        page.value("tickcast_requests_refused_total{reason=\"tls_handshake\"}") == 3.0
    });
}

#[test]
fn records_that_are_not_decrypted_yet_are_limited() {
    let tls = start();
    let mut stream = tls.connect().sock;
    stream.write_all(&record_header(APPLICATION_DATA, CIPHERTEXT_BYTES_MAX + 1)).expect("the connection is open");
    read_to_end(&stream);
    wait_for(&tls.server, "the connection has ended", |page| page.value("tickcast_connections") == 0.0);
}

#[test]
fn encrypted_data_that_a_client_does_not_read_is_limited() {
    actix_web::rt::System::new().block_on(async {
        let certificate = TestCertificate::generate();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port is free");
        let address = listener.local_addr().expect("the listener is bound");
        let config = Arc::new(certificate.client_config(ALL_VERSIONS));
        let client = thread::spawn(move || tls_client::connect(address, &config));
        let (socket, _) = listener.accept().await.expect("the client connects");
        let acceptor = TlsAcceptor::new(certificate.server_config());
        let mut stream = acceptor.accept(Stream::Tcp(socket)).await.expect("the handshake succeeds");
        let _client = client.join().expect("the client does not panic").expect("the handshake succeeds");

        let data = vec![0; 1 << 20];
        let refused = loop {
            match stream.try_write(&data) {
                Ok(encrypted) => assert!((1..=TLS_UNSENT_BYTES_MAX).contains(&encrypted), "{encrypted}"),
                Err(error) => break error.kind(),
            }
        };
        assert_eq!(refused, ErrorKind::WouldBlock, "nothing is encrypted before all earlier data was sent");
    });
}
