//! Webhooks over real sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tickcast::{Secret, WebhookOptions};
use tickcast_arena::{Arena, World};

use crate::client::Client;
use crate::http::request;
use crate::test_server::{TestServer, empty_arena, room_options, server_options};

const SECRET: &str = "a secret of at least thirty-two bytes";
/// Time after which a test that waits for a request fails.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request that the backend has received.
#[derive(Debug)]
struct Received {
    headers: Vec<(String, String)>,
    body: String,
}

impl Received {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(header, _)| header.eq_ignore_ascii_case(name));
        &found.unwrap_or_else(|| panic!("there is no {name}: {self:?}")).1
    }

    /// Whether the signature is that of the body, with the secret.
    fn is_signed(&self) -> bool {
        let signed = format!("{}.{}.{}", self.header("webhook-id"), self.header("webhook-timestamp"), self.body);
        let signature = self.header("webhook-signature").strip_prefix("v1,").expect("a version");
        let signature = BASE64.decode(signature.as_bytes()).expect("Base64");
        let mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length").chain_update(signed);
        mac.verify_slice(&signature).is_ok()
    }
}

/// Starts a backend that responds to its requests with these statuses, one after another.
fn backend(statuses: &'static [&'static str]) -> (SocketAddr, Receiver<Received>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("the listener is bound");
    let (sender, received) = mpsc::channel();
    std::thread::spawn(move || {
        for status in statuses {
            let (stream, _) = listener.accept().expect("the server connects");
            let mut reader = BufReader::new(stream);
            let mut lines = reader.by_ref().lines().map(|line| line.expect("the server sends a head"));
            assert_eq!(lines.next().as_deref(), Some("POST /hooks HTTP/1.1"));
            let head = lines.take_while(|line| !line.is_empty());
            let headers: Vec<(String, String)> =
                head.filter_map(|line| line.split_once(": ").map(|(name, value)| (name.into(), value.into()))).collect();
            let mut received = Received { headers, body: String::new() };
            let length = received.header("content-length").parse().expect("a number");
            reader.by_ref().take(length).read_to_string(&mut received.body).expect("the body is text");
            let response = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            reader.get_mut().write_all(response.as_bytes()).expect("the server waits for the response");
            if sender.send(received).is_err() {
                return;
            }
        }
    });
    (address, received)
}

fn start(address: SocketAddr) -> TestServer {
    let secret: Secret = SECRET.parse().expect("long enough");
    let mut options = server_options(room_options(), empty_arena());
    options.webhooks = Some(WebhookOptions::new(&format!("http://{address}/hooks"), secret).expect("a URL"));
    TestServer::start_with::<World>(options)
}

#[test]
fn a_webhook_is_signed_and_repeated_with_the_same_id_until_it_is_accepted() {
    let (address, requests) = backend(&["503 Service Unavailable", "204 No Content"]);
    let server = start(address);
    let _ada = Client::<Arena>::join(server.address(), "duel", "Ada").expect("a seat is free");
    let [first, second] = [(); 2].map(|()| requests.recv_timeout(PATIENCE).expect("the server sends a request"));
    let body: Value = serde_json::from_str(&first.body).expect("the body is JSON");
    assert!(body["time"].as_u64().is_some_and(|time| time > 1_700_000_000), "{body}");
    let event = ["type", "room", "match", "seats", "tick_rate"].map(|field| body[field].clone());
    assert_eq!(event, [json!("room.opened"), json!("duel"), Value::Null, json!(4), json!(60)]);
    assert_eq!((second.header("webhook-id"), &second.body), (first.header("webhook-id"), &first.body));
    assert!(first.is_signed() && second.is_signed());
    assert_eq!(first.header("content-type"), "application/json");
}

#[test]
fn rooms_do_not_wait_for_a_backend_that_does_not_respond() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let server = start(listener.local_addr().expect("the listener is bound"));
    for name in ["one", "two", "three"] {
        let mut client = Client::<Arena>::join(server.address(), name, "Ada").expect("a seat is free");
        client.tick();
    }
    let metrics = request(server.admin_address(), "GET", "/metrics", "").body;
    assert!(metrics.contains("tickcast_webhooks_sent_total 0\n"), "{metrics}");
    assert!(metrics.contains("tickcast_webhooks_dropped_total 0\n"), "{metrics}");
}
