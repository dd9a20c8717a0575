//! TLS on real sockets.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;

use rustls::version::{TLS12, TLS13};
use rustls::{ALL_VERSIONS, HandshakeKind};
use tickcast::{AdmissionOptions, Assets, Networks, Server, ServerError, ServerOptions, TlsOptions};
use tickcast_arena::{Arena, Options, World};
use tickcast_bots::{BotsOptions, Brains};

use crate::metrics::wait_for;
use crate::test_certificate::{CertificateFiles, TestCertificate};
use crate::test_server::{TestServer, empty_arena, room_options, server_options};
use crate::tls_client::{self, TlsPlayer};

/// A server with a certificate.
pub struct TlsServer {
    pub server: TestServer,
    certificate: TestCertificate,
    files: CertificateFiles,
}

impl TlsServer {
    fn start(admission: AdmissionOptions) -> Self {
        Self::start_with(|options| options.admission = admission)
    }

    /// Starts a server after `change` has changed its options.
    pub fn start_with(change: impl FnOnce(&mut ServerOptions<Options>)) -> Self {
        let certificate = TestCertificate::generate();
        let files = CertificateFiles::write(&certificate);
        let mut options = server_options(room_options(), empty_arena());
        options.assets = Assets::folder(concat!(env!("CARGO_MANIFEST_DIR"), "/web"));
        change(&mut options);
        options.tls = Some(TlsOptions::new(&files.certificate, &files.key));
        Self { server: TestServer::start_with::<World>(options), certificate, files }
    }

    pub fn connect(&self) -> tls_client::TlsStream {
        let config = Arc::new(self.certificate.client_config(ALL_VERSIONS));
        tls_client::connect(self.server.address(), &config).expect("the handshake succeeds")
    }
}

#[test]
fn the_page_and_sessions_use_tls_1_2_and_1_3() {
    let tls = TlsServer::start(AdmissionOptions::default());
    for version in [&TLS12, &TLS13] {
        let mut config = tls.certificate.client_config(&[version]);
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let config = Arc::new(config);
        let connect = || tls_client::connect(tls.server.address(), &config).expect("the handshake succeeds");
        let stream = connect();
        assert_eq!(stream.conn.protocol_version(), Some(version.version));
        assert_eq!(stream.conn.alpn_protocol(), Some(b"http/1.1".as_slice()));
        let page = tls_client::get(stream, "/");
        assert!(page.starts_with("HTTP/1.1 200 OK\r\n") && page.contains("<canvas"), "{page}");
        TlsPlayer::join(connect()).play(100);
    }
}

#[test]
fn clients_resume_tls_sessions() {
    let tls = TlsServer::start(AdmissionOptions::default());
    for version in [&TLS12, &TLS13] {
        let config = Arc::new(tls.certificate.client_config(&[version]));
        let handshake = || {
            let stream = tls_client::connect(tls.server.address(), &config).expect("the handshake succeeds");
            let kind = stream.conn.handshake_kind();
            // The server sends TLS session tickets after the handshake. The client receives them while it reads this
            // response.
            tls_client::get(stream, "/healthz");
            kind
        };
        assert_eq!([handshake(), handshake()], [Some(HandshakeKind::Full), Some(HandshakeKind::Resumed)], "{version:?}");
    }
}

#[test]
fn a_client_that_speaks_only_another_protocol_is_refused() {
    let tls = TlsServer::start(AdmissionOptions::default());
    let mut config = tls.certificate.client_config(ALL_VERSIONS);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let error = tls_client::connect(tls.server.address(), &Arc::new(config)).expect_err("the server supports no h2");
    assert!(error.to_string().contains("NoApplicationProtocol"), "{error}");
}

#[test]
fn plain_http_ends_with_an_alert() {
    let tls = TlsServer::start(AdmissionOptions::default());
    let mut stream = TcpStream::connect(tls.server.address()).expect("the server listens");
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").expect("the connection is open");
    let mut response = Vec::new();
    stream.read_to_end(&mut response).expect("the connection ends orderly");
    assert_eq!(response.first(), Some(&0x15), "{response:?}");
    wait_for(&tls.server, "the failed handshake is counted", |page| {
        page.value("tickcast_requests_refused_total{reason=\"tls_handshake\"}") == 1.0
    });
}

#[test]
fn half_handshakes_count_against_the_limit_of_their_client() {
    let mut admission = AdmissionOptions::default();
    admission.exempt_networks = Networks::default();
    admission.limits.client.connections = 3;
    let tls = TlsServer::start(admission);
    let mut stuck = Vec::new();
    for connections in 1..=3 {
        stuck.push(TcpStream::connect(tls.server.address()).expect("the server listens"));
        wait_for(&tls.server, "the connection is counted", |page| {
            page.value("tickcast_connections") == f64::from(connections)
        });
    }
    let refused = tls_client::get(tls.connect(), "/healthz");
    assert!(refused.starts_with("HTTP/1.1 429 "), "{refused}");
    drop(stuck);
    wait_for(&tls.server, "the connections have ended", |page| page.value("tickcast_connections") == 0.0);
    assert!(tls_client::upgrade(tls.connect(), None).is_ok());
}

#[test]
fn pages_that_were_loaded_without_tls_may_not_connect() {
    let tls = TlsServer::start(AdmissionOptions::default());
    assert_eq!(tls_client::upgrade(tls.connect(), Some("http://localhost")).err(), Some(403));
    assert!(tls_client::upgrade(tls.connect(), Some("https://localhost")).is_ok());
}

#[test]
fn plain_requests_are_redirected() {
    let certificate = TestCertificate::generate();
    let files = CertificateFiles::write(&certificate);
    actix_web::rt::System::new().block_on(async {
        let mut options = server_options(room_options(), empty_arena());
        let mut tls = TlsOptions::new(&files.certificate, &files.key);
        tls.redirect_listen = Some(options.listen);
        options.tls = Some(tls);
        let server = Server::<World>::builder().options(options).start().expect("a port is free");
        let (https, redirect) = (server.address().port(), server.redirect_address().expect("the redirect is enabled"));
        assert_eq!(server.url(), format!("https://127.0.0.1:{https}"));
        let response = actix_web::rt::task::spawn_blocking(move || request_redirect(redirect)).await.expect("a response");
        assert!(response.starts_with("HTTP/1.1 308 "), "{response}");
        assert!(response.contains(&format!("location: https://localhost:{https}/ws?room=a\r\n")), "{response}");
        server.stop().await;
        server.wait().await.expect("the server stops without an error");
    });
}

fn request_redirect(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).expect("the server listens");
    stream.write_all(b"GET /ws?room=a HTTP/1.1\r\nHost: localhost:80\r\n\r\n").expect("the connection is open");
    let mut response = String::new();
    stream.read_to_string(&mut response).expect("the connection ends orderly");
    response
}

#[test]
fn a_server_with_an_unusable_certificate_does_not_start() {
    let (one, other) = (TestCertificate::generate(), TestCertificate::generate());
    let (one, other) = (CertificateFiles::write(&one), CertificateFiles::write(&other));
    let check = |certificate: &PathBuf, key: &PathBuf, expected: &str| {
        actix_web::rt::System::new().block_on(async {
            let mut options = server_options(room_options(), empty_arena());
            options.tls = Some(TlsOptions::new(certificate, key));
            match Server::<World>::builder().options(options).start() {
                Err(ServerError::Tls(error)) => assert!(error.to_string().contains(expected), "{error}"),
                _ => panic!("the certificate is unusable: {expected}"),
            }
        });
    };
    check(&PathBuf::from("missing.pem"), &one.key, "missing.pem");
    check(&one.certificate, &one.certificate, "no items found");
    check(&one.key, &one.key, "no certificate");
    check(&one.certificate, &other.key, "cannot be used");
}

#[test]
fn bots_play_over_tls_if_they_trust_the_certificate() {
    let tls = TlsServer::start(AdmissionOptions::default());
    let url = format!("wss://{}/ws", tls.server.address());
    let options = |flags: &[&str]| {
        #[derive(clap::Parser)]
        struct Command {
            #[command(flatten)]
            options: BotsOptions,
        }
        let flags = [&["bots", "--url", &url, "--count", "3", "--seconds", "1"], flags].concat();
        <Command as clap::Parser>::try_parse_from(flags).expect("the flags are valid").options
    };
    let ca = tls.files.certificate.to_str().expect("the path is UTF-8");
    let run = |flags: &[&str]| tickcast_bots::run(&options(flags), Brains::<Arena>::of_game());
    let report = run(&["--tls-ca", ca]).expect("the bots play");
    assert!(report.snapshots_received > 0);
    assert_eq!((report.failed, report.disconnects, report.desyncs, report.decode_errors), (0, 0, 0, 0));
    assert!(run(&[]).is_err_and(|error| error.to_string().contains("no bot could join")));
    let error = run(&["--tls-ca", "missing.pem"]).expect_err("there is no such file");
    assert!(error.to_string().contains("--tls-ca"), "{error}");
}
