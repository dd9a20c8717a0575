//! The HTTP fallback: sessions in the bodies of HTTP requests and responses.

mod http_client;

use std::net::IpAddr;
use std::time::Duration;

use tickcast::actors::messages::ShutdownSessions;
use tickcast::admission::Refusal;
use tickcast_arena::{Arena, Controls};
use tickcast_game::Command;
use tickcast_protocol::codec::{Batch, Record, encode_client};
use tickcast_protocol::{ClientMessage, CloseReason, Input, ServerMessage};
use tickcast_room::RESUME_GRACE;
use tokio::time::{Instant, sleep};

use crate::client::{TestServer, assert_elapsed, hello, resume, until};
use crate::memory_server::run;
use http_client::{Down, HttpClient, HttpConnection};

const NORMAL: u16 = 1000;
const NO_CODE: u16 = 1005;

/// Starts a server with two workers: the requests of a session arrive on both.
async fn start() -> TestServer {
    TestServer::start(|options| options.workers = 2).await
}

fn refusals(server: &TestServer, refusal: Refusal) -> u64 {
    let mut counts = server.server.admission.refusals().counts();
    counts.find_map(|(counted, count)| (counted == refusal).then_some(count)).expect("every refusal is counted")
}

#[test]
fn a_player_plays_over_a_stream_and_over_polls() {
    for down in [Down::Stream, Down::Poll] {
        run(async {
            let mut server = start().await;
            let mut client = HttpClient::join(&mut server, down, hello("Ada")).await;
            let player = client.welcome().seat.expect("a seat").player;
            client.play(Duration::from_secs(10)).await;
            let controls = Controls { fire: true, ..Controls::default() };
            let tick = client.now().plus(2);
            client.send(&[ClientMessage::Input(Input { tick, acknowledged: client.now(), controls })]).await;
            client.play(Duration::from_secs(1)).await;
            let commands: Vec<_> = server.journal.take().into_iter().flat_map(|tick| tick.commands).collect();
            assert!(commands.contains(&Command::Controls(player, controls)), "{down:?}: {commands:?}");
            assert_eq!(server.server.metrics.sessions.get(), 1);
        });
    }
}

#[test]
fn snapshots_arrive_without_delay() {
    for down in [Down::Stream, Down::Poll] {
        run(async {
            let mut server = start().await;
            let mut client = HttpClient::join(&mut server, down, hello("Ada")).await;
            client.play(Duration::from_secs(2)).await;
            client.snapshot().await;
            let start = Instant::now();
            for _ in 0..20 {
                client.snapshot().await;
                client.acknowledge().await;
            }
            assert_elapsed(start, Duration::from_secs(1));
        });
    }
}

#[test]
fn a_response_to_a_poll_that_was_lost_is_sent_again() {
    run(async {
        let mut server = start().await;
        let mut client = HttpClient::join(&mut server, Down::Poll, hello("Ada")).await;
        client.play(Duration::from_secs(1)).await;
        client.lose_next_response().await;
        client.play(Duration::from_secs(1)).await;
        assert_eq!(server.server.metrics.sessions.get(), 1, "the replica has missed no tick");
    });
}

#[test]
fn batches_that_overtake_one_another_are_put_in_order() {
    run(async {
        let mut server = start().await;
        let client = HttpClient::open(&mut server, Down::Stream).await;
        let message = |message: &ClientMessage<_>| encode_client::<Arena>(message);
        let (greeting, viewport) = (message(&ClientMessage::Hello(hello("Ada"))), message(&ClientMessage::Ping(7)));
        let batch = |sequence, bytes| Batch { sequence, records: vec![Record::Message(bytes)] }.encode();
        for sent in [batch(1, &viewport), batch(1, &viewport), batch(0, &greeting), batch(0, &greeting)] {
            let mut connection = HttpConnection::new(server.server.connect());
            assert_eq!(connection.post(&client.path("send"), &sent).await, 204);
        }
        let (mut client, mut messages) = (client, Vec::new());
        while messages.len() < 3 {
            messages.push(client.message().await.expect("the session is open"));
        }
        let kinds = messages.iter().filter(|message| matches!(message, ServerMessage::Pong(7))).count();
        assert_eq!(kinds, 1, "a duplicate is ignored: {messages:?}");
    });
}

#[test]
fn an_invalid_batch_closes_only_its_session() {
    let oversized = [&[0; 4][..], &[1, 1, 5, 0, 0], &[0; 1281]].concat();
    let cases: [(&[u8], CloseReason); 5] = [
        (b"", CloseReason::InvalidMessage),
        (b"\0\0\0\0\x01\x02\0\0\0\x04", CloseReason::InvalidMessage),
        (b"\xff\0\0\0\x01\x02\0\0\0\x04\x07", CloseReason::InvalidMessage),
        (b"\0\0\0\0\x01\x01\0\0\0\x09", CloseReason::InvalidMessage),
        (&oversized, CloseReason::MessageTooBig),
    ];
    for (batch, reason) in cases {
        run(async {
            let mut server = start().await;
            let mut other = HttpClient::join(&mut server, Down::Stream, hello("Bob")).await;
            let mut client = HttpClient::open(&mut server, Down::Stream).await;
            let path = client.path("send");
            assert_eq!(client.uplink.post(&path, batch).await, 204);
            assert_eq!(client.read_close().await, Some(reason), "{batch:?}");
            other.play(Duration::from_secs(1)).await;
        });
    }
}

#[test]
fn a_body_that_is_too_large_closes_the_session() {
    run(async {
        let mut server = start().await;
        let mut client = HttpClient::open(&mut server, Down::Stream).await;
        let path = client.path("send");
        assert_eq!(client.uplink.post(&path, &[0; Batch::BYTES_MAX + 1]).await, 204);
        assert_eq!(client.read_close().await, Some(CloseReason::MessageTooBig));
    });
}

#[test]
fn requests_for_sessions_that_do_not_exist_are_refused_and_counted() {
    run(async {
        let mut server = start().await;
        let mut client = HttpClient::join(&mut server, Down::Stream, hello("Ada")).await;
        let mut connection = HttpConnection::new(server.server.connect());
        for id in ["0123456789abcdef0123456789abcdef", "x", "..%2f"] {
            assert_eq!(connection.post(&format!("/http/{id}/send"), b"").await, 404);
            assert_eq!(connection.get(&format!("/http/{id}/poll?after=0")).await.0, 404);
            assert_eq!(connection.get(&format!("/http/{id}/stream")).await.0, 404);
        }
        assert_eq!(refusals(&server, Refusal::UnknownSession), 9);
        client.play(Duration::from_secs(1)).await;
    });
}

#[test]
fn a_poll_that_claims_responses_that_were_never_sent_closes_the_session() {
    run(async {
        let mut server = start().await;
        let client = HttpClient::join(&mut server, Down::Stream, hello("Ada")).await;
        let mut connection = HttpConnection::new(server.server.connect());
        assert_eq!(connection.get(&client.path("poll?after=5")).await.0, 410);
        until("the session is closed", || server.server.metrics.sessions.get() == 0).await;
    });
}

#[test]
fn a_session_without_a_hello_is_closed() {
    run(async {
        let mut server = start().await;
        let mut client = HttpClient::open(&mut server, Down::Poll).await;
        let start = Instant::now();
        assert_eq!(client.read_close().await, Some(CloseReason::HelloTimeout));
        assert_elapsed(start, Duration::from_secs(3));
        // The client has until the end of the close timeout to read the close reason.
        let mut status_after = async |ms| {
            sleep(Duration::from_millis(ms)).await;
            let mut connection = HttpConnection::new(server.server.connect());
            connection.get(&client.path("poll?after=0")).await.0
        };
        assert_eq!([status_after(1_990).await, status_after(20).await], [200, 404]);
    });
}

const fn resource() -> tickcast::admission::limits::Resource {
    tickcast::admission::limits::Resource::Connection
}

#[test]
fn a_silent_client_keeps_its_seat_and_resumes_it_on_a_websocket() {
    run(async {
        let mut server = start().await;
        let mut client = HttpClient::join(&mut server, Down::Stream, hello("Ada")).await;
        client.play(Duration::from_secs(1)).await;
        assert_eq!(client.read_close().await, Some(CloseReason::IdleTimeout));
        let token = client.welcome().seat.expect("a seat").token;
        let resumed = server.greet(resume("Ada", token)).await.expect("the seat is kept");
        assert!(resumed.welcome.seat.is_some_and(|seat| seat.resumed));
        // And back: another transport takes over the seat, as another connection does.
        let token = resumed.welcome.seat.expect("a seat").token;
        let mut back = HttpClient::join(&mut server, Down::Stream, resume("Ada", token)).await;
        assert!(back.welcome().seat.is_some_and(|seat| seat.resumed));
        back.play(Duration::from_secs(1)).await;
    });
}

#[test]
fn a_client_that_leaves_frees_its_seat_and_one_that_closes_without_a_code_keeps_it() {
    for (code, is_kept) in [(NORMAL, false), (NO_CODE, true)] {
        run(async {
            let mut server = start().await;
            let mut client = HttpClient::join(&mut server, Down::Stream, hello("Ada")).await;
            client.play(Duration::from_secs(1)).await;
            client.close(code).await;
            assert_eq!(client.read_close().await, Some(CloseReason::Left));
            sleep(RESUME_GRACE / 2).await;
            let token = client.welcome().seat.expect("a seat").token;
            let again = server.greet(resume("Ada", token)).await.expect("there are free seats");
            assert_eq!(again.welcome.seat.map(|seat| seat.resumed), Some(is_kept), "{code}");
        });
    }
}

#[test]
fn a_client_that_takes_no_records_is_closed() {
    run(async {
        let mut server = start().await;
        let mut client = HttpClient::join(&mut server, Down::Stream, hello("Ada")).await;
        client.play(Duration::from_secs(1)).await;
        client.abandon_downlink();
        let start = Instant::now();
        while server.server.metrics.sessions.get() > 0 {
            // The client acknowledges the last snapshot that it has received, so it is not idle.
            client.acknowledge().await;
            sleep(Duration::from_millis(500)).await;
            assert!(start.elapsed() < Duration::from_secs(15), "three seconds of snapshots, and ten without a response");
        }
        let page = server.server.metrics.encode();
        assert!(page.contains("tickcast_sessions_closed_total{reason=\"slow_consumer\"} 1\n"), "{page}");
    });
}

#[test]
fn the_write_timeout_closes_a_session_whose_records_nobody_takes() {
    run(async {
        let mut server = TestServer::start(|options| options.timeouts.write = Duration::from_secs(2)).await;
        let mut client = HttpClient::join(&mut server, Down::Poll, hello("Ada")).await;
        client.play(Duration::from_secs(1)).await;
        let closed = "tickcast_sessions_closed_total{reason=\"slow_consumer\"} 1\n";
        let start = Instant::now();
        while !server.server.metrics.encode().contains(closed) {
            client.acknowledge().await;
            sleep(Duration::from_millis(100)).await;
            assert!(start.elapsed() < Duration::from_secs(4), "the write timeout and an interval between checks");
        }
        assert_eq!(client.read_close().await, Some(CloseReason::SlowConsumer));
    });
}

#[test]
fn repeated_responses_count_against_the_limits_of_the_client() {
    run(async {
        let mut server = TestServer::start(|options| options.admission.limits.client.bytes_per_second = 1000).await;
        let address: IpAddr = "192.0.2.1".parse().expect("an address");
        let mut client = HttpClient::join(&mut server, Down::Poll, hello("Ada")).await;
        client.play(Duration::from_secs(1)).await;
        let path = client.poll_path();
        let mut connection = HttpConnection::new(server.server.connect_from(address));
        let mut received = 0;
        loop {
            let (status, response) = connection.get(&path).await;
            if status == 429 {
                break;
            }
            received += response.len();
            assert!((1..5_000).contains(&received), "{received} bytes, with a burst of 2000");
        }
    });
}

#[test]
fn a_session_counts_against_the_limit_on_connections() {
    run(async {
        let mut server = TestServer::start(|options| options.admission.limits.client.connections = 3).await;
        let address: IpAddr = "192.0.2.1".parse().expect("an address");
        let mut connection = HttpConnection::new(server.server.connect_from(address));
        let statuses = [connection.post("/http/open", b"").await, connection.post("/http/open?room=x", b"").await];
        assert_eq!(statuses, [200, 200]);
        assert_eq!(connection.post("/http/open", b"").await, 429);
        assert_eq!(refusals(&server, Refusal::AddressFull), 1);
        // Without a Hello, the sessions end after three seconds and the close timeout. So does the idle connection.
        until("the sessions have ended", || server.server.admission.held(resource()) == 0).await;
    });
}

#[test]
fn messages_count_against_the_limits_of_the_client() {
    run(async {
        let mut server = start().await;
        let mut client = HttpClient::join(&mut server, Down::Stream, hello("Ada")).await;
        for _ in 0..10 {
            client.send(&[(); 40].map(|()| ClientMessage::Ping(1))).await;
        }
        assert_eq!(client.read_close().await, Some(CloseReason::RateLimited), "more than 300 messages at once");
    });
}

#[test]
fn a_page_of_another_origin_is_refused() {
    run(async {
        let mut server = start().await;
        let mut connection = HttpConnection::new(server.server.connect());
        connection.headers = "Origin: https://evil.example\r\n".to_owned();
        assert_eq!(connection.post("/http/open", b"").await, 403);
    });
}

#[test]
fn a_shutdown_is_announced() {
    run(async {
        let mut server = start().await;
        let mut client = HttpClient::join(&mut server, Down::Stream, hello("Ada")).await;
        client.play(Duration::from_secs(1)).await;
        (0..2).for_each(|worker| server.server.relay_handle(worker).shutdown.do_send(ShutdownSessions(Duration::ZERO)));
        let mut has_drain = false;
        while let Ok(message) = client.message().await {
            has_drain |= matches!(message, ServerMessage::Drain(0));
        }
        assert!(has_drain);
        assert_eq!(client.closed, Some(CloseReason::ServerShutdown));
    });
}
