//! Connections of *accounted* clients: for these clients, an oracle checks the accounts of the server. Several of them
//! share an address, and therefore an account.

use std::net::IpAddr;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use tickcast::admission::limits::Resource;
use tickcast_protocol::CloseReason;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};

use super::super::line::{Quality, StepNumber};
use super::super::oracles::ConnectionId;
use super::super::oracles::accounts::{ClaimId, SessionClaims};
use super::{Connection, Host, ROOM};

/// Maximum time in seconds until the server notices that a session's connection has ended. After the server has sent
/// a Close frame, it waits up to 2 s for the client's answer.
const SESSION_END_S: StepNumber = 3;
/// Maximum time in seconds until the server notices that an event stream has ended. It writes to the stream every 15 s.
const STREAM_END_S: StepNumber = 17;
/// Maximum time in seconds until the seat of a player who has left the room is free. A game may require such a player to
/// stay in the world for 30 s.
const SEAT_END_S: StepNumber = 32;
/// Seconds after which an empty room closes.
const ROOM_S: StepNumber = 30;

/// A request to the HTTP interface, other than one for a WebSocket.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Request {
    /// Subscribes to the list of rooms.
    EventStream,
    /// Creates a room.
    NewRoom,
}

/// A request on a connection of its own.
#[derive(Debug)]
pub(super) struct OpenRequest {
    pipe: DuplexStream,
    /// The response, until it is complete.
    response: Vec<u8>,
    is_answered: bool,
    /// Maximum time in seconds until the server notices that the connection has ended.
    end_s: StepNumber,
    connection: ClaimId,
    resource: Resource,
    claim: ClaimId,
}

impl Request {
    const fn resource(self) -> Resource {
        match self {
            Self::EventStream => Resource::EventStream,
            Self::NewRoom => Resource::Room,
        }
    }

    /// The request on the connection with this id.
    fn text(self, id: ConnectionId) -> String {
        match self {
            Self::EventStream => "GET /api/rooms/events HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
            Self::NewRoom => {
                let body = format!("{{\"name\": \"room-{}\"}}", id.0);
                let head = "POST /api/rooms HTTP/1.1\r\nHost: x\r\nContent-Type: application/json";
                format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
            }
        }
    }
}

impl Host {
    /// Opens a connection of an accounted client.
    pub(crate) fn connect_from(&mut self, address: IpAddr) -> ConnectionId {
        let pipe = self.server.connect_from(address);
        let id = self.insert(pipe, Quality::PERFECT, usize::MAX);
        let connection = self.accounts.claim(address, Resource::Connection);
        let claims = SessionClaims { address, connection, seat: None };
        self.connections.get_mut(&id).expect("it was just inserted").claims = Some(claims);
        id
    }

    /// Whether a connection is open.
    pub(crate) fn is_open(&self, id: ConnectionId) -> bool {
        self.connections.contains_key(&id) || self.requests.contains_key(&id)
    }

    /// Sends a request of an accounted client on a new connection.
    pub(crate) fn request(&mut self, address: IpAddr, request: Request) -> ConnectionId {
        let (mut pipe, id) = (self.server.connect_from(address), self.next_id());
        let text = request.text(id);
        let written = Pin::new(&mut pipe).poll_write(&mut Context::from_waker(Waker::noop()), text.as_bytes());
        assert!(matches!(written, Poll::Ready(Ok(count)) if count == text.len()), "a request fits into a pipe");
        let resource = request.resource();
        let request = OpenRequest {
            pipe,
            response: Vec::new(),
            is_answered: false,
            end_s: if resource == Resource::EventStream { STREAM_END_S } else { SESSION_END_S },
            connection: self.accounts.claim(address, Resource::Connection),
            resource,
            claim: self.accounts.claim(address, resource),
        };
        self.requests.insert(id, request);
        id
    }

    /// Ends the connection of a request.
    pub(crate) fn end_request(&mut self, id: ConnectionId) {
        self.release_request(id, self.now);
    }

    fn release_request(&mut self, id: ConnectionId, certain_until: StepNumber) {
        let Some(request) = self.requests.remove(&id) else { return };
        let until = self.now + request.end_s * self.rate();
        self.accounts.release(request.connection, certain_until, until);
        if request.resource == Resource::EventStream {
            self.accounts.release(request.claim, certain_until, until);
        } else if !request.is_answered {
            self.accounts.release(request.claim, certain_until, self.now + (ROOM_S + SESSION_END_S) * self.rate());
        }
    }

    /// Reads the responses to requests, and passes them to the oracle for accounts. Then asserts that the server's accounts
    /// agree with the oracle.
    pub(super) fn check_accounts(&mut self) {
        let (now, rate) = (self.now, self.rate());
        let ids: Vec<_> = self.requests.keys().copied().collect();
        for id in ids {
            let request = self.requests.get_mut(&id).expect("it was just there");
            let is_open = request.read();
            let accounts = &mut self.accounts;
            if let Some(response) = request.take_response() {
                match (&response[9..12], request.resource) {
                    ("200" | "201", resource) => {
                        accounts.grant(request.connection, now);
                        accounts.grant(request.claim, now);
                        if resource == Resource::Room {
                            // The server has created the room up to three steps before the client has received the response.
                            accounts.release(request.claim, now + ROOM_S * rate - 3, now + ROOM_S * rate + 2);
                        }
                    }
                    ("429", _) if response.contains("too many connections") => {
                        accounts.refuse(request.connection, now);
                        accounts.release(request.claim, now - 1, now - 1);
                    }
                    ("429", _) if response.contains("too many rooms") || response.contains("too many event streams") => {
                        accounts.grant(request.connection, now);
                        accounts.refuse(request.claim, now);
                    }
                    // The client has joined too often, or the server is overloaded.
                    ("429" | "503", _) => {
                        accounts.grant(request.connection, now);
                        accounts.release(request.claim, now - 1, now - 1);
                    }
                    _ => panic!("unexpected response: {response}"),
                }
            } else if !is_open && !request.is_answered {
                // The server answers only a limited number of refused connections. It has closed this one without a
                // response.
                accounts.refuse(request.connection, now);
                accounts.release(request.claim, now - 1, now - 1);
            }
            if !is_open {
                self.release_request(id, now - 1);
            }
        }
        self.accounts.check(&self.server.admission, now, self.is_lagging());
    }

    /// Handles the Hello of a session. With its first Hello, a session claims a seat.
    pub(super) fn claim_seat(&mut self, id: ConnectionId) {
        let claims = self.connections.get_mut(&id).and_then(|connection| connection.claims.as_mut());
        if let Some(claims) = claims.filter(|claims| claims.seat.is_none()) {
            claims.seat = Some(self.accounts.claim(claims.address, Resource::Seat));
        }
    }

    /// Handles a Welcome: the server has granted all claims of the session.
    pub(super) fn grant_claims(&mut self, id: ConnectionId) {
        if let Some(claims) = self.connections[&id].claims {
            [Some(claims.connection), claims.seat]
                .into_iter()
                .flatten()
                .for_each(|claim| self.accounts.grant(claim, self.now));
        }
    }

    /// Handles the end of a session that the server has closed, or whose connection it has dropped without an answer.
    pub(super) fn handle_closed_claims(&mut self, id: ConnectionId, reason: Option<CloseReason>) {
        let Some(connection) = self.connections.get_mut(&id) else { return };
        let Some(SessionClaims { connection: claim, seat, .. }) = connection.claims.take() else { return };
        let is_refused = matches!(reason, None | Some(CloseReason::TooManyConnections)) && !connection.is_welcomed;
        if is_refused && !connection.has_sent_close {
            self.accounts.refuse(claim, self.now);
        }
        if let Some(seat) = seat.filter(|_| reason == Some(CloseReason::TooManyPlayers)) {
            self.accounts.refuse(seat, self.now);
        }
        self.release_claims(claim, seat, self.now - 1);
    }

    /// Handles the end of a session whose connection is lost.
    pub(super) fn handle_lost_claims(&mut self, connection: &Connection) {
        if let Some(SessionClaims { connection, seat, .. }) = connection.claims {
            self.release_claims(connection, seat, self.now);
        }
    }

    fn release_claims(&mut self, connection: ClaimId, seat: Option<ClaimId>, certain_until: StepNumber) {
        let until = |seconds: StepNumber| self.now + seconds * self.rate();
        let (session_end, seat_end) = (until(SESSION_END_S), until(SEAT_END_S));
        self.accounts.release(connection, certain_until, session_end);
        if let Some(seat) = seat {
            self.accounts.release(seat, certain_until, seat_end);
        }
    }

    /// Opens a WebSocket on this pipe.
    pub(super) fn insert(&mut self, pipe: DuplexStream, quality: Quality, capacity: usize) -> ConnectionId {
        let worker = self.opened as usize % super::WORKERS;
        let id = self.next_id();
        self.connections.insert(id, Connection::open(pipe, worker, quality, capacity, ROOM));
        id
    }

    /// Returns the number of a new connection. Every connection must get a number, because the host computes the
    /// connection's worker from it: the server assigns connections to its workers in turn.
    const fn next_id(&mut self) -> ConnectionId {
        let id = ConnectionId(self.opened);
        self.opened += 1;
        id
    }
}

impl OpenRequest {
    /// Reads what the server has sent. Returns whether the connection is open.
    fn read(&mut self) -> bool {
        loop {
            let mut space = [0; 4096];
            let mut bytes = ReadBuf::new(&mut space);
            match Pin::new(&mut self.pipe).poll_read(&mut Context::from_waker(Waker::noop()), &mut bytes) {
                Poll::Ready(Ok(())) if bytes.filled().is_empty() => return false,
                Poll::Ready(Ok(())) if self.is_answered => {}
                Poll::Ready(Ok(())) => self.response.extend(bytes.filled()),
                Poll::Ready(Err(_)) => return false,
                Poll::Pending => return true,
            }
        }
    }

    /// Takes the response when it is complete. The response of an event stream is complete after its head.
    /// Events that arrive later are discarded.
    fn take_response(&mut self) -> Option<String> {
        let text = String::from_utf8_lossy(&self.response).into_owned();
        let (head, body) = text.split_once("\r\n\r\n")?;
        let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if length.is_some_and(|length: usize| body.len() < length) {
            return None;
        }
        self.is_answered = true;
        self.response.clear();
        Some(text)
    }
}
