//! Non-blocking client of the HTTP fallback.
//!
//! One connection carries requests with batches, pipelined. The other one carries the streamed response.

mod connection;

use bytes::Bytes;
use mio::{Registry, Token};
use tickcast_protocol::RoomName;
use tickcast_protocol::codec::{self, Record};

use super::{DisconnectReason, Handshake};
use crate::endpoint::{Connector, Endpoint};
use crate::fleet::socket::Readiness;
use connection::HttpConnection;

/// A session of the HTTP fallback, in any state from connecting to closed.
#[derive(Debug)]
pub(in crate::fleet) struct HttpClient {
    connector: Connector,
    number: u32,
    registry: Registry,
    token: Token,
    authority: String,
    phase: Phase,
    /// Sends requests. `None` after the end.
    uplink: Option<HttpConnection>,
    /// Number of the next batch.
    sequence: u32,
    /// The records of the next batch.
    records: Vec<u8>,
}

#[derive(Debug)]
enum Phase {
    /// The client has requested a new session.
    Opening,
    /// The client waits for the first record of the stream.
    Attaching(Session),
    /// Records arrive.
    Open(Session),
}

#[derive(Debug)]
struct Session {
    /// The path of the session.
    path: String,
    stream: HttpConnection,
}

impl HttpClient {
    /// Requests a new session in `room`. `number` determines the source address. The events of both sockets are registered
    /// under `token`.
    pub(super) fn start(
        connector: Connector,
        number: u32,
        endpoint: &Endpoint,
        room: Option<&RoomName>,
        registry: Registry,
        token: Token,
    ) -> Result<Self, DisconnectReason> {
        let mut uplink = HttpConnection::start(&connector, number, &registry, token)?;
        let (path, authority) = (endpoint.http_path(room), endpoint.authority().to_owned());
        uplink.request("POST", &path, &authority, &[]);
        let (phase, sequence, records) = (Phase::Opening, 0, Vec::new());
        Ok(Self { connector, number, registry, token, authority, phase, uplink: Some(uplink), sequence, records })
    }

    /// Handles an event of one of the sockets.
    pub(super) fn handle_event(&mut self, readiness: Readiness) -> Result<Handshake, DisconnectReason> {
        let Some(uplink) = &mut self.uplink else { return Ok(Handshake::Unchanged) };
        uplink.handle_event(readiness)?;
        while let Some(response) = self.uplink.as_mut().map_or(Ok(None), HttpConnection::take_response)? {
            match (&self.phase, response.status) {
                (Phase::Opening, 200) => self.phase = Phase::Attaching(self.attach(&response.body)?),
                (Phase::Attaching(_) | Phase::Open(_), 204) => {}
                _ => return Err(response.refusal()),
            }
        }
        self.handle_stream_event(readiness)
    }

    fn handle_stream_event(&mut self, readiness: Readiness) -> Result<Handshake, DisconnectReason> {
        let (Phase::Attaching(session) | Phase::Open(session)) = &mut self.phase else { return Ok(Handshake::Unchanged) };
        session.stream.handle_event(readiness)?;
        let has_records = !session.stream.body()?.is_empty();
        match std::mem::replace(&mut self.phase, Phase::Opening) {
            Phase::Attaching(session) if has_records => {
                self.phase = Phase::Open(session);
                Ok(Handshake::Completed)
            }
            unchanged => {
                self.phase = unchanged;
                Ok(Handshake::Unchanged)
            }
        }
    }

    /// Requests the stream of the session with this id.
    fn attach(&self, id: &[u8]) -> Result<Session, DisconnectReason> {
        let path = format!("/http/{}", String::from_utf8_lossy(id).trim());
        let mut stream = HttpConnection::start(&self.connector, self.number, &self.registry, self.token)?;
        stream.request("GET", &format!("{path}/stream"), &self.authority, &[]);
        Ok(Session { path, stream })
    }

    /// The next message, or `None` if no complete one has arrived.
    pub(super) fn receive(&mut self) -> Result<Option<Bytes>, DisconnectReason> {
        let Phase::Open(session) = &mut self.phase else { return Ok(None) };
        loop {
            let body = session.stream.body()?;
            let Some((record, length)) = Record::decode(body, codec::SERVER_MESSAGE_BYTES_MAX)? else {
                return session.stream.check_end().map(|()| None);
            };
            let message = match record {
                Record::Heartbeat => None,
                Record::Message(message) => Some(Bytes::copy_from_slice(message)),
                Record::Close(code, text) => return Err(DisconnectReason::closed(code, text)),
            };
            session.stream.consume(length);
            if message.is_some() {
                return Ok(message);
            }
        }
    }

    /// Adds a message to the next batch.
    pub(super) fn send(&mut self, message: &[u8]) {
        Record::Message(message).encode_into(&mut self.records);
    }

    /// Sends the batch.
    pub(super) fn flush(&mut self) -> Result<(), DisconnectReason> {
        let (Phase::Open(session), Some(uplink)) = (&self.phase, &mut self.uplink) else { return Ok(()) };
        if !self.records.is_empty() {
            let batch = [&self.sequence.to_le_bytes()[..], &self.records].concat();
            self.records.clear();
            self.sequence += 1;
            uplink.request("POST", &format!("{}/send", session.path), &self.authority, &batch);
        }
        uplink.flush()
    }

    /// Sends a close record, if the session is open.
    pub(super) fn close(&mut self, code: u16) {
        Record::Close(code, "").encode_into(&mut self.records);
        // An error means that the connection is closed already.
        let _ = self.flush();
    }

    /// Drops the TCP connections.
    pub(super) fn disconnect(&mut self) {
        self.phase = Phase::Opening;
        self.uplink = None;
    }
}
