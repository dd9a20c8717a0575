//! TLS: the handshake has a deadline, and records are sent complete and in order.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use rustls::ALL_VERSIONS;
use tickcast::admission::Refusal;
use tickcast::{Timeouts, TrustedProxies};
use tickcast_arena::Arena;
use tickcast_protocol::{ClientMessage, CloseReason, codec};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, copy_bidirectional, duplex};
use tokio::time::{Instant, sleep};
use tokio_rustls::TlsConnector;

use crate::client::{TestServer, assert_elapsed, hello, until};
use crate::client_limits::{proxy_header, refusals, request_over};
use crate::memory_server::websocket::{BINARY, NORMAL, frame, upgrade_request};
use crate::memory_server::{MemoryServerOptions, run};
use crate::test_certificate::{TestCertificate, server_name};

/// Capacity in bytes of the pipe that carries plaintext between a test and the task that encrypts for it.
const PLAINTEXT_PIPE_BYTES: usize = 16;
/// Interval between ticks.
const PERIOD: Duration = Duration::from_millis(50);
/// Interval between checks of connections' deadlines.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// A server whose clients use TLS.
struct TlsServer {
    inner: TestServer,
    connector: TlsConnector,
}

impl TlsServer {
    async fn start(change: impl FnOnce(&mut MemoryServerOptions)) -> Self {
        let certificate = TestCertificate::generate();
        let inner = TestServer::start(|options| {
            let config = certificate.server_config();
            options.configure_acceptor = Rc::new(move |acceptor| acceptor.with_tls(Some(Arc::clone(&config))));
            change(options);
        })
        .await;
        Self { inner, connector: TlsConnector::from(Arc::new(certificate.client_config(ALL_VERSIONS))) }
    }

    /// Makes the next client use TLS. A task encrypts what the client sends, and decrypts what it receives.
    fn encrypt_next(&mut self) {
        let connector = self.connector.clone();
        self.inner.server.wrap_next(move |pipe| encrypt(connector, pipe));
    }

    fn failed_handshakes(&self) -> u64 {
        let counts = self.inner.server.admission.refusals().counts();
        counts.filter(|(refusal, _)| *refusal == Refusal::TlsHandshake).map(|(_, count)| count).sum()
    }
}

/// Starts a task that performs a TLS handshake on a pipe, and then encrypts what it sends through this pipe. Returns
/// another pipe, which carries the plaintext.
fn encrypt(connector: TlsConnector, pipe: DuplexStream) -> DuplexStream {
    let (near, mut far) = duplex(PLAINTEXT_PIPE_BYTES);
    actix_web::rt::spawn(async move {
        let mut tls = connector.connect(server_name(), pipe).await.expect("the handshake succeeds");
        // Copying fails if the server aborts the connection.
        copy_bidirectional(&mut far, &mut tls).await.ok();
    });
    near
}

#[test]
fn records_that_are_sent_in_parts_arrive_complete_and_without_delay() {
    // During a handshake, rustls does not read while it has data to send. Both sides would block if a pipe could not hold a
    // ChangeCipherSpec record, which has six bytes. Even the smallest of these pipes can hold it.
    for pipe_bytes in [7, 64, 1 << 16] {
        run(async move {
            let mut server = TlsServer::start(|options| options.pipe_bytes = pipe_bytes).await;
            server.encrypt_next();
            let mut client = server.inner.join("Ada").await;
            client.snapshot().await;
            let start = Instant::now();
            for tick in 1..=200 {
                // The replica verifies the checksums, which would not match if a snapshot were missing.
                client.snapshot().await;
                assert_elapsed(start, PERIOD * tick);
                client.acknowledge().await;
            }
            client.wire.close(NORMAL).await;
            assert_eq!(client.wire.read_close().await, Some(CloseReason::Left));
            until("the connection ends", || server.inner.server.admission.connections() == 0).await;
        });
    }
}

#[test]
fn a_client_that_stops_reading_for_a_while_misses_no_snapshot() {
    run(async {
        let mut server = TlsServer::start(|options| options.pipe_bytes = 64).await;
        server.encrypt_next();
        let mut client = server.inner.join("Ada").await;
        client.play(Duration::from_secs(1)).await;
        sleep(Duration::from_secs(2)).await;
        client.play(Duration::from_secs(5)).await;
        assert_eq!(server.inner.server.metrics.full_snapshots.get(), 1);
        let tick = server.inner.journal.last().expect("ticks are recorded").tick;
        assert_eq!(client.now(), tick, "the client is up to date");
    });
}

#[test]
fn a_client_that_accepts_no_data_is_aborted_after_the_write_timeout() {
    run(async {
        let write = Duration::from_millis(5_100);
        let mut server = TlsServer::start(|options| {
            (options.pipe_bytes, options.world.rocks, options.timeouts) = (1 << 10, 200, Timeouts::default());
            options.timeouts.write = write;
        })
        .await;
        let pipe = server.inner.server.connect();
        let mut client = server.connector.connect(server_name(), pipe).await.expect("the handshake succeeds");
        client.write_all(&upgrade_request(None)).await.expect("the server accepts data");
        client.flush().await.expect("the server accepts data");
        let mut response = Vec::new();
        while !response.ends_with(b"\r\n\r\n") {
            response.push(client.read_u8().await.expect("the server responds"));
        }
        let hello = codec::encode_client::<Arena>(&ClientMessage::Hello(hello("Ada")));
        client.write_all(&frame(BINARY, &hello)).await.expect("the server accepts data");
        client.flush().await.expect("the server accepts data");
        // The full snapshot is larger than the pipe, so its write blocks.
        sleep(Duration::from_millis(50)).await;
        let start = Instant::now();
        until("the connection is aborted", || server.inner.server.admission.connections() == 0).await;
        let elapsed = start.elapsed();
        assert!((write..=write + CHECK_INTERVAL).contains(&elapsed), "{elapsed:?}");
        drop(client);
    });
}

#[test]
fn a_slow_handshake_is_aborted_at_the_request_timeout_and_counts_as_a_connection_until_then() {
    run(async {
        let request = Duration::from_millis(4_100);
        let mut server = TlsServer::start(|options| options.timeouts.request = request).await;
        let start = Instant::now();
        let mut pipe = server.inner.server.connect();
        // Send the header of a record of 512 bytes, and the first byte of the handshake message that the record contains.
        // Then send one byte per second.
        pipe.write_all(&[0x16, 3, 1, 2, 0, 1]).await.expect("the server accepts data");
        for byte in [0, 1, 0xfc] {
            sleep(Duration::from_secs(1)).await;
            assert_eq!(server.inner.server.admission.connections(), 1);
            pipe.write_all(&[byte]).await.expect("the server accepts data");
        }
        assert_eq!(pipe.read_to_end(&mut Vec::new()).await.expect("the connection ends orderly"), 0);
        assert_elapsed(start, request);
        assert_eq!((server.inner.server.admission.connections(), server.failed_handshakes()), (0, 1));
    });
}

#[test]
fn plain_http_is_refused_at_once() {
    run(async {
        let mut server = TlsServer::start(|_| {}).await;
        let start = Instant::now();
        let mut pipe = server.inner.server.connect();
        pipe.write_all(b"GET / HTTP/1.1\r\nHost: memory\r\n\r\n").await.expect("the server accepts data");
        let mut alert = Vec::new();
        pipe.read_to_end(&mut alert).await.expect("the connection ends orderly");
        assert_eq!(start.elapsed(), Duration::ZERO);
        assert_eq!(alert.first(), Some(&0x15), "a TLS alert: {alert:?}");
        assert_eq!((server.inner.server.admission.connections(), server.failed_handshakes()), (0, 1));
    });
}

#[test]
fn half_handshakes_do_not_delay_other_clients() {
    run(async {
        let mut server = TlsServer::start(|_| {}).await;
        let stuck: Vec<_> = (0..200).map(|_| server.inner.server.connect()).collect();
        server.encrypt_next();
        let start = Instant::now();
        let mut client = server.inner.join("Ada").await;
        client.snapshot().await;
        assert!(start.elapsed() <= Duration::from_millis(100), "{:?}", start.elapsed());
        drop(stuck);
    });
}

/// The address of a trusted proxy that sends PROXY protocol headers.
const PROXY: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1));

fn expect_proxy_header(options: &mut MemoryServerOptions) {
    options.admission.proxy_protocol = true;
    options.admission.trusted_proxies = TrustedProxies::new(vec![PROXY.into()]);
}

#[test]
fn a_proxy_header_precedes_the_handshake_and_names_the_client() {
    run(async {
        let mut server = TlsServer::start(|options| {
            expect_proxy_header(options);
            options.admission.limits.client.connections = 1;
        })
        .await;
        let mut open = Vec::new();
        for (client, expected) in [(1, 200), (1, 429), (2, 200)] {
            let mut pipe = server.inner.server.connect_from(PROXY);
            pipe.write_all(&proxy_header([198, 51, 100, client])).await.expect("the server accepts data");
            let mut plaintext = encrypt(server.connector.clone(), pipe);
            let request = "GET /healthz HTTP/1.1\r\nHost: memory\r\n\r\n";
            assert_eq!(request_over(&mut plaintext, request).await, Some(expected), "client {client}");
            open.push(plaintext);
        }
        assert_eq!(refusals(&server.inner), BTreeMap::from([("address_full", 1)]));
        // Without a PROXY protocol header, the server rejects the connection at the first bytes of the TLS handshake.
        let pipe = server.inner.server.connect_from(PROXY);
        assert!(server.connector.connect(server_name(), pipe).await.is_err());
        assert_eq!(refusals(&server.inner), BTreeMap::from([("address_full", 1), ("invalid_proxy_header", 1)]));
    });
}

#[test]
fn a_page_loaded_over_http_may_not_connect_through_a_proxy_that_forwards_tls() {
    run(async {
        let mut server = TlsServer::start(expect_proxy_header).await;
        for (scheme, expected) in [("http", 403), ("https", 101)] {
            let mut pipe = server.inner.server.connect_from(PROXY);
            pipe.write_all(&proxy_header([198, 51, 100, 1])).await.expect("the server accepts data");
            let mut plaintext = encrypt(server.connector.clone(), pipe);
            let request = String::from_utf8(upgrade_request(None)).expect("the request is text");
            let request = request.replace("Host: memory", &format!("Host: localhost\r\nOrigin: {scheme}://localhost"));
            assert_eq!(request_over(&mut plaintext, &request).await, Some(expected), "{scheme}");
        }
    });
}

#[test]
fn a_slow_proxy_header_and_the_handshake_have_one_deadline_and_count_as_a_connection() {
    run(async {
        let request = Duration::from_millis(4_100);
        let mut server = TlsServer::start(|options| {
            expect_proxy_header(options);
            options.timeouts.request = request;
        })
        .await;
        let start = Instant::now();
        let mut pipe = server.inner.server.connect_from(PROXY);
        for part in proxy_header([198, 51, 100, 1]).chunks(14) {
            sleep(Duration::from_secs(1)).await;
            assert_eq!(server.inner.server.admission.connections(), 1);
            pipe.write_all(part).await.expect("the server accepts data");
        }
        sleep(Duration::from_secs(1)).await;
        assert_eq!(server.inner.server.admission.connections(), 1);
        assert_eq!(pipe.read_to_end(&mut Vec::new()).await.expect("the connection ends orderly"), 0);
        assert_elapsed(start, request);
        assert_eq!((server.inner.server.admission.connections(), server.failed_handshakes()), (0, 1));
    });
}
