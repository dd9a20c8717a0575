//! A client of the HTTP fallback on in-memory pipes.

use std::time::Duration;

use tickcast_arena::Arena;
use tickcast_protocol::codec::{self, Batch, Record};
use tickcast_protocol::{ClientMessage, CloseReason, Hello, Replica, ServerMessage, Tick, Welcome};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::time::{Instant, timeout, timeout_at};

use crate::client::TestServer;

/// Maximum virtual time for which a test waits.
const PATIENCE: Duration = Duration::from_secs(60);

/// An HTTP/1.1 connection. The server must keep it open after each response.
pub struct HttpConnection {
    pipe: DuplexStream,
    received: Vec<u8>,
    /// Additional headers of requests.
    pub headers: String,
}

impl HttpConnection {
    pub const fn new(pipe: DuplexStream) -> Self {
        Self { pipe, received: Vec::new(), headers: String::new() }
    }

    /// Sends a request with a body, and returns the status of the response.
    pub async fn post(&mut self, path: &str, body: &[u8]) -> u16 {
        self.request(&format!("POST {path} HTTP/1.1\r\nContent-Length: {}", body.len()), body).await;
        self.response().await.0
    }

    pub async fn get(&mut self, path: &str) -> (u16, Vec<u8>) {
        self.request(&format!("GET {path} HTTP/1.1"), b"").await;
        self.response().await
    }

    async fn request(&mut self, start: &str, body: &[u8]) {
        let head = format!("{start}\r\nHost: memory\r\n{}\r\n", self.headers);
        self.pipe.write_all(&[head.as_bytes(), body].concat()).await.expect("the connection is open");
    }

    async fn read(&mut self) {
        let mut bytes = [0; 4096];
        let read = timeout(PATIENCE, self.pipe.read(&mut bytes)).await.expect("the server sends something");
        let count = read.expect("the connection is open");
        assert!(count > 0, "the server keeps the connection open");
        self.received.extend_from_slice(&bytes[..count]);
    }

    /// Takes the head of a response.
    async fn head(&mut self) -> (u16, String) {
        loop {
            if let Some(end) = self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8(self.received.drain(..end + 4).collect()).expect("a head is text");
                return (head[9..12].parse().expect("a status"), head.to_ascii_lowercase());
            }
            self.read().await;
        }
    }

    /// Takes a whole response.
    async fn response(&mut self) -> (u16, Vec<u8>) {
        let (status, head) = self.head().await;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        let length: usize = length.unwrap_or_else(|| {
            assert!(status == 204, "a response has a length: {head}");
            0
        });
        while self.received.len() < length {
            self.read().await;
        }
        (status, self.received.drain(..length).collect())
    }

    /// Takes a chunk of a streamed response; `None` at its end.
    async fn chunk(&mut self) -> Option<Vec<u8>> {
        loop {
            if let Some(line) = self.received.windows(2).position(|window| window == b"\r\n") {
                let size = std::str::from_utf8(&self.received[..line]).expect("a size is text");
                let size = usize::from_str_radix(size, 16).expect("a size is hexadecimal");
                if self.received.len() >= line + 2 + size + 2 {
                    let chunk = self.received[line + 2..line + 2 + size].to_vec();
                    self.received.drain(..line + 2 + size + 2);
                    return (size > 0).then_some(chunk);
                }
            }
            self.read().await;
        }
    }
}

/// How a client receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Down {
    Stream,
    Poll,
}

/// A session of the HTTP fallback.
pub struct HttpClient {
    pub uplink: HttpConnection,
    downlink: HttpConnection,
    down: Down,
    id: String,
    sequence: u32,
    /// Number of responses to polls.
    responses: u32,
    records: Vec<u8>,
    welcome: Option<Welcome<Arena>>,
    replica: Option<Replica<Arena>>,
    /// Why the server has closed the session.
    pub closed: Option<CloseReason>,
}

impl HttpClient {
    /// Opens a session in the room "test".
    pub async fn open(server: &mut TestServer, down: Down) -> Self {
        let mut uplink = HttpConnection::new(server.server.connect());
        uplink.request("POST /http/open?room=test HTTP/1.1\r\nContent-Length: 0", b"").await;
        let (status, id) = uplink.response().await;
        assert_eq!((status, id.len()), (200, 32));
        let id = String::from_utf8(id).expect("an id is text");
        let mut downlink = HttpConnection::new(server.server.connect());
        if down == Down::Stream {
            downlink.request(&format!("GET /http/{id}/stream HTTP/1.1"), b"").await;
            let (status, head) = downlink.head().await;
            assert_eq!(status, 200);
            for header in ["transfer-encoding: chunked", "x-accel-buffering: no", "cache-control: no-store, no-transform"] {
                assert!(head.contains(header), "{head}");
            }
            assert_eq!(downlink.chunk().await, Some(vec![0; 5]), "a heartbeat comes first");
        }
        let (welcome, replica, records) = (None, None, Vec::new());
        Self { uplink, downlink, down, id, sequence: 0, responses: 0, records, welcome, replica, closed: None }
    }

    /// Joins with this Hello.
    pub async fn join(server: &mut TestServer, down: Down, hello: Hello) -> Self {
        let mut client = Self::open(server, down).await;
        client.send(&[ClientMessage::Hello(hello)]).await;
        let Ok(ServerMessage::Welcome(welcome)) = client.message().await else { panic!("the Welcome comes first") };
        client.replica = Some(Replica::new(&welcome).expect("the Welcome is valid"));
        client.welcome = Some(welcome);
        client
    }

    pub fn path(&self, action: &str) -> String {
        format!("/http/{}/{action}", self.id)
    }

    pub fn welcome(&self) -> &Welcome<Arena> {
        self.welcome.as_ref().expect("the client has joined")
    }

    /// Sends messages in one batch.
    pub async fn send(&mut self, messages: &[ClientMessage<Arena>]) {
        let messages: Vec<_> = messages.iter().map(codec::encode_client).collect();
        self.send_records(messages.iter().map(|message| Record::Message(message)).collect()).await;
    }

    /// Closes the session with this code.
    pub async fn close(&mut self, code: u16) {
        self.send_records(vec![Record::Close(code, "")]).await;
    }

    async fn send_records(&mut self, records: Vec<Record<'_>>) {
        let batch = Batch { sequence: self.sequence, records }.encode();
        self.sequence += 1;
        let path = self.path("send");
        assert_eq!(self.uplink.post(&path, &batch).await, 204);
    }

    /// Acknowledges the newest snapshot.
    pub async fn acknowledge(&mut self) {
        let tick = self.now();
        self.send(&[ClientMessage::Acknowledge(tick)]).await;
    }

    /// The tick of the newest snapshot.
    pub fn now(&self) -> Tick {
        self.replica.as_ref().and_then(Replica::tick).expect("a snapshot was applied")
    }

    /// Receives the next message. The error says that the session was closed; `closed` is the reason.
    pub async fn message(&mut self) -> Result<ServerMessage<Arena>, ()> {
        loop {
            let decoded = Record::decode(&self.records, codec::SERVER_MESSAGE_BYTES_MAX).expect("a valid record");
            let Some((record, length)) = decoded else {
                self.receive().await;
                continue;
            };
            let message = match record {
                Record::Heartbeat => None,
                Record::Message(message) => Some(codec::decode_server(message).expect("the message is valid")),
                Record::Close(code, text) => {
                    let reason = CloseReason::from_code(code).expect("a reason of the server");
                    assert_eq!(text, reason.text());
                    self.closed = Some(reason);
                    return Err(());
                }
            };
            self.records.drain(..length);
            if let Some(message) = message {
                return Ok(message);
            }
        }
    }

    async fn receive(&mut self) {
        match self.down {
            Down::Stream => self.records.extend(self.downlink.chunk().await.expect("a close record comes first")),
            Down::Poll => {
                let path = self.poll_path();
                let (status, records) = self.downlink.get(&path).await;
                assert!(matches!(status, 200 | 204), "{status}");
                self.responses += u32::from(status == 200);
                self.records.extend(records);
            }
        }
    }

    /// The path of the next poll.
    pub fn poll_path(&self) -> String {
        self.path(&format!("poll?after={}", self.responses))
    }

    /// Loses the response to the next poll.
    pub async fn lose_next_response(&mut self) {
        let path = self.poll_path();
        assert_eq!(self.downlink.get(&path).await.0, 200);
    }

    /// Drops the connection on which records arrive.
    pub fn abandon_downlink(&mut self) {
        self.downlink.pipe = tokio::io::duplex(1).0;
    }

    /// Receives and applies the next snapshot.
    pub async fn snapshot(&mut self) {
        loop {
            match self.message().await {
                Ok(ServerMessage::Snapshot(snapshot)) => {
                    let replica = self.replica.as_mut().expect("the client has joined");
                    replica.apply(&snapshot).expect("the snapshot applies");
                    return;
                }
                Ok(_) => {}
                Err(()) => panic!("the session was closed: {:?}", self.closed),
            }
        }
    }

    /// Receives snapshots for this long, and acknowledges each of them.
    pub async fn play(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.snapshot().await;
            self.acknowledge().await;
        }
    }

    /// Reads until the session is closed.
    pub async fn read_close(&mut self) -> Option<CloseReason> {
        while timeout_at(Instant::now() + PATIENCE, self.message()).await.expect("the server sends something").is_ok() {}
        self.closed
    }
}
