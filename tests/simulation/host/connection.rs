//! A connection of the simulation: a pipe to the server and a line in each direction.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tickcast_protocol::{CloseReason, Role};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::task::yield_now;

use super::super::choices::Choices;
use super::super::line::{Line, Quality, StepNumber};
use super::super::memory_server::websocket::{BINARY, Decoder, Received, close_frame, frame, upgrade_request};
use super::super::oracles::End;
use super::super::oracles::accounts::SessionClaims;
use super::super::oracles::snapshots::Snapshots;

/// Maximum number of attempts to write a frame. Between attempts, the server runs and empties the pipe. If the
/// frame is not written after the last attempt, the server has stopped reading, and the run fails.
const WRITE_ATTEMPTS: u32 = 10_000;

/// A connection of the simulation.
pub(crate) struct Connection {
    pipe: DuplexStream,
    decoder: Decoder,
    is_at_end: bool,
    pub(super) worker: usize,
    pub(crate) up: Line<ToServer>,
    pub(crate) down: Line<ToClient>,
    /// Number of bytes in transit to the client.
    in_transit: usize,
    /// The line blocks while more than this number of bytes is in transit to the client.
    capacity: usize,
    /// Whether the line is blocked. The simulation then reads nothing from the server and delivers nothing to it.
    pub(super) is_blocked: bool,
    /// The earliest step in which the line may have blocked.
    pub(super) blocked_since: Option<StepNumber>,
    pub(super) role: Option<Role>,
    pub(super) is_welcomed: bool,
    /// Whether the client has sent a Close frame.
    pub(super) has_sent_close: bool,
    /// Whether the client's Close frame had a code other than 1000, such as the code that browsers send when a page is
    /// reloaded. The server then keeps the seat.
    pub(super) is_reloading: bool,
    /// The oracle for snapshots. `None` until the Hello is delivered.
    pub(super) snapshots: Option<Snapshots>,
    /// What the client has claimed. `None` if the client is not accounted (see `Host::connect_from`).
    pub(super) claims: Option<SessionClaims>,
    /// How the session has ended. `None` while the session is open.
    pub(super) end: Option<End>,
    /// If `end` is set: whether the session may already have ended before the last tick.
    pub(super) is_end_uncertain: bool,
}

/// An item on a line to the server.
#[derive(Clone, Debug)]
pub(crate) enum ToServer {
    Message(Vec<u8>),
    /// A Close frame with this code.
    Close(u16),
    /// The connection ends without a Close frame at this point.
    Lost,
}

/// An item on a line to a client.
#[derive(Clone, Debug)]
pub(crate) enum ToClient {
    Message(Vec<u8>),
    /// A Close frame, or the end of a connection without one.
    Closed(Option<CloseReason>),
}

impl ToServer {
    /// The bytes of a message or of a Close frame.
    pub(super) fn frame(&self) -> Vec<u8> {
        match self {
            Self::Message(bytes) => frame(BINARY, bytes),
            Self::Close(code) => close_frame(*code),
            Self::Lost => Vec::new(),
        }
    }
}

impl ToClient {
    /// Whether this is a Welcome. The first byte of a Welcome is 0.
    pub(super) fn is_welcome(&self) -> bool {
        matches!(self, Self::Message(bytes) if bytes.first() == Some(&0))
    }

    fn len(&self) -> usize {
        match self {
            Self::Message(bytes) => bytes.len(),
            Self::Closed(_) => 0,
        }
    }
}

impl Connection {
    /// Opens a WebSocket.
    pub(super) fn open(pipe: DuplexStream, worker: usize, quality: Quality, capacity: usize, room: &str) -> Self {
        let mut connection = Self {
            pipe,
            decoder: Decoder::default(),
            is_at_end: false,
            worker,
            up: Line::new(quality),
            down: Line::new(quality),
            in_transit: 0,
            capacity,
            is_blocked: false,
            blocked_since: None,
            role: None,
            is_welcomed: false,
            has_sent_close: false,
            is_reloading: false,
            snapshots: None,
            claims: None,
            end: None,
            is_end_uncertain: false,
        };
        let request = upgrade_request(Some(room));
        assert_eq!(connection.try_write(&request), request.len(), "a request fits into a pipe");
        connection
    }

    /// Takes up to `count` items that have reached the client.
    pub(super) fn receive(&mut self, now: StepNumber, count: usize) -> Vec<ToClient> {
        let received = self.down.receive(now, count);
        self.in_transit -= received.iter().map(ToClient::len).sum::<usize>();
        received
    }

    /// Reads from the pipe, unless the line is blocked. Returns whether there was anything to read.
    pub(super) fn read(&mut self) -> bool {
        self.is_blocked = self.in_transit > self.capacity && self.end.is_none();
        !self.is_blocked && self.read_all()
    }

    /// Reads from the pipe even if the line is blocked. Returns whether there was anything to read.
    pub(super) fn read_all(&mut self) -> bool {
        if self.is_at_end {
            return false;
        }
        let mut space = [0; 4096];
        let mut bytes = ReadBuf::new(&mut space);
        let polled = Pin::new(&mut self.pipe).poll_read(&mut Context::from_waker(Waker::noop()), &mut bytes);
        self.is_at_end = match polled {
            Poll::Ready(Ok(())) => bytes.filled().is_empty(),
            Poll::Ready(Err(_)) => true,
            Poll::Pending => return false,
        };
        self.decoder.push(bytes.filled());
        true
    }

    /// Decodes what was read, sends it on the line to the client, and returns it.
    pub(super) fn decode(&mut self, now: StepNumber, choices: &mut impl Choices) -> Vec<ToClient> {
        let mut decoded = Vec::new();
        while let Some(received) = self.decoder.next() {
            decoded.push(match received {
                Received::Binary(bytes) => ToClient::Message(bytes),
                Received::Close(reason) => ToClient::Closed(Some(reason)),
                Received::Refused(status) => panic!("the upgrade was refused with status {status}"),
            });
        }
        if self.is_at_end && !self.decoder.is_closed() && self.end.is_none() {
            decoded.push(ToClient::Closed(None));
        }
        for item in &decoded {
            self.in_transit += item.len();
            self.down.send(item.clone(), now, choices);
        }
        decoded
    }

    /// Writes to the pipe. Also reads what the server sends, because a server whose writes block may stop reading.
    pub(super) async fn write(&mut self, mut bytes: &[u8]) {
        for _ in 0..WRITE_ATTEMPTS {
            let written = self.try_write(bytes);
            bytes = &bytes[written..];
            if bytes.is_empty() || self.is_at_end {
                return;
            }
            self.read_all();
            yield_now().await;
        }
        panic!("the server does not read");
    }

    fn try_write(&mut self, bytes: &[u8]) -> usize {
        match Pin::new(&mut self.pipe).poll_write(&mut Context::from_waker(Waker::noop()), bytes) {
            Poll::Ready(Ok(written)) => written,
            Poll::Ready(Err(_)) => bytes.len(),
            Poll::Pending => 0,
        }
    }
}
