//! Sockets and clock of the conformance server. One thread reads from the client, another one runs the examiner.

use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use tickcast_protocol::codec::{CLIENT_MESSAGE_BYTES_MAX, SUBPROTOCOL};
use tungstenite::handshake::server::{self as handshake, ErrorResponse, Response};
use tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;
use tungstenite::http::{HeaderValue, StatusCode};
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};
use tungstenite::protocol::frame::{Frame, FrameSocket, Utf8Bytes};

use crate::examiner::{Action, Examiner, Received, Request, TICK};
use crate::{ConformanceOptions, Report};

/// Time limit for the handshake, and for the client's response to a Close frame.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(3);

/// Reason why the server cannot run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConformanceError {
    /// The address is not available, or the report cannot be written.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// A server that examines one client.
pub struct ConformanceServer {
    listener: TcpListener,
    address: SocketAddr,
    examiner: Examiner,
}

/// An event that the reading thread reports. The thread serves one connection after the other.
enum Event {
    Opened(Request, Option<Connection>),
    Frame(Received),
    Ping(Vec<u8>),
    Ended,
}

/// The sending side of a connection.
struct Connection {
    socket: FrameSocket<TcpStream>,
    /// Time at which the server ends the connection if the client has not ended it before. `None` until a Close frame is
    /// sent.
    ends_at: Option<Instant>,
}

impl ConformanceServer {
    /// Listens for a client.
    ///
    /// # Errors
    /// If the address is not available.
    pub fn bind(options: &ConformanceOptions) -> Result<Self, ConformanceError> {
        let listener = TcpListener::bind(options.listen)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, examiner: Examiner::new(options.skip.iter().copied().collect()) })
    }

    /// The address for the client.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for a client and examines it. Returns after the end of the script, or when the client has violated a rule and
    /// the examination cannot continue.
    ///
    /// # Errors
    /// This version returns no error.
    pub fn run(self) -> Result<Report, ConformanceError> {
        let (events, received) = mpsc::channel();
        let Self { listener, mut examiner, .. } = self;
        // After the examination, the thread ends when it next tries to report an event. If no client connects, the thread
        // waits in `accept` until the process ends.
        thread::spawn(move || while accept(&listener, &events).is_some() {});
        let lateness = examine(&mut examiner, &received);
        Ok(Report { lateness_ms_max: lateness.as_millis() as u64, ..examiner.report() })
    }
}

/// Runs the examiner until the end of the script. Returns the maximum lateness of its ticks.
fn examine(examiner: &mut Examiner, events: &Receiver<Event>) -> Duration {
    let start = Instant::now();
    let (mut next, mut lateness_max) = (Duration::ZERO, Duration::ZERO);
    let mut connection: Option<Connection> = None;
    while !examiner.is_finished() {
        match events.recv_timeout(next.saturating_sub(start.elapsed())) {
            Ok(Event::Opened(request, opened)) => {
                connection = opened;
                examiner.handle_open(&request, start.elapsed());
            }
            Ok(Event::Frame(frame)) => examiner.handle_frame(frame, start.elapsed()),
            Ok(Event::Ping(payload)) => {
                if let Some(connection) = &mut connection {
                    connection.send(Frame::pong(payload));
                }
            }
            Ok(Event::Ended) => {
                connection = None;
                examiner.handle_end(start.elapsed());
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if let Some(lateness) = start.elapsed().checked_sub(next) {
            lateness_max = lateness_max.max(lateness);
            examiner.poll(start.elapsed());
            next += TICK;
        }
        for action in examiner.take_actions() {
            if let Some(connection) = &mut connection {
                connection.perform(action);
            }
        }
        if let Some(connection) = &mut connection {
            connection.poll();
        }
    }
    lateness_max
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        Self { socket: FrameSocket::new(stream), ends_at: None }
    }

    fn perform(&mut self, action: Action) {
        match action {
            Action::Send(bytes) => self.send(Frame::message(bytes, OpCode::Data(Data::Binary), true)),
            Action::Close(code) => {
                self.send(Frame::close(Some(CloseFrame { code: code.into(), reason: Utf8Bytes::default() })));
                self.ends_at = Some(Instant::now() + HANDSHAKE_TIMEOUT);
            }
            Action::Abort => self.end(),
        }
    }

    /// Sends a frame. An error needs no handling, because the reading thread also notices the end of the connection.
    fn send(&mut self, frame: Frame) {
        self.socket.send(frame).ok();
    }

    /// Ends the connection if the client has not answered a Close frame in time.
    fn poll(&mut self) {
        if self.ends_at.is_some_and(|ends_at| Instant::now() >= ends_at) {
            self.end();
        }
    }

    fn end(&mut self) {
        self.socket.get_ref().shutdown(Shutdown::Both).ok();
    }
}

/// Serves one connection. Returns `None` if the examination is over.
fn accept(listener: &TcpListener, events: &Sender<Event>) -> Option<()> {
    let Ok((stream, _)) = listener.accept() else { return Some(()) };
    let Ok(request) = shake_hands(&stream) else { return Some(()) };
    if !request.offers_subprotocol {
        return events.send(Event::Opened(request, None)).ok();
    }
    let connection = stream.try_clone().map(Connection::new).ok();
    events.send(Event::Opened(request, connection)).ok()?;
    let mut socket = FrameSocket::new(&stream);
    while let Some(event) = read(&mut socket) {
        events.send(event).ok()?;
    }
    stream.shutdown(Shutdown::Both).ok();
    events.send(Event::Ended).ok()
}

/// Answers an upgrade request. Fails if the request asks for no upgrade, or for another path than `/ws`.
#[allow(clippy::result_large_err, reason = "the type of the callback belongs to tungstenite")]
fn shake_hands(stream: &TcpStream) -> Result<Request, tungstenite::Error> {
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(HANDSHAKE_TIMEOUT))?;
    stream.set_write_timeout(Some(HANDSHAKE_TIMEOUT))?;
    let mut requested = Request::default();
    let answer = |request: &handshake::Request, mut response: Response| {
        if request.uri().path() != "/ws" {
            return Err(refusal(StatusCode::NOT_FOUND, "not found\n"));
        }
        let offers = request.headers().get_all(SEC_WEBSOCKET_PROTOCOL).iter().filter_map(|offer| offer.to_str().ok());
        requested.offers_subprotocol = offers.flat_map(|offer| offer.split(',')).any(|offer| offer.trim() == SUBPROTOCOL);
        let parameters = request.uri().query().unwrap_or_default().split('&');
        requested.room = parameters.filter_map(|parameter| parameter.strip_prefix("room=")).map(str::to_owned).next();
        if !requested.offers_subprotocol {
            return Err(refusal(StatusCode::BAD_REQUEST, "offer the WebSocket subprotocol tickcast.1\n"));
        }
        response.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(SUBPROTOCOL));
        Ok(response)
    };
    let outcome = tungstenite::accept_hdr(stream, answer);
    stream.set_read_timeout(None)?;
    match outcome {
        Ok(_) => Ok(requested),
        Err(tungstenite::HandshakeError::Failure(tungstenite::Error::Http(response)))
            if response.status() == StatusCode::BAD_REQUEST =>
        {
            Ok(requested)
        }
        Err(tungstenite::HandshakeError::Failure(error)) => Err(error),
        Err(tungstenite::HandshakeError::Interrupted(_)) => Err(io::Error::from(io::ErrorKind::TimedOut).into()),
    }
}

fn refusal(status: StatusCode, text: &str) -> ErrorResponse {
    let mut response = ErrorResponse::new(Some(text.to_owned()));
    *response.status_mut() = status;
    response
}

/// Reads a frame. Returns `None` at the end of the connection.
fn read(socket: &mut FrameSocket<&TcpStream>) -> Option<Event> {
    loop {
        let mut frame = socket.read(Some(CLIENT_MESSAGE_BYTES_MAX)).ok()??;
        let (is_final, opcode, mask) = (frame.header().is_final, frame.header().opcode, frame.header_mut().mask.take());
        let payload = unmasked(frame.into_payload().to_vec(), mask);
        match opcode {
            OpCode::Data(Data::Binary) if is_final => return Some(Event::Frame(Received::Message(payload))),
            OpCode::Data(_) => return Some(Event::Frame(Received::Unsupported)),
            OpCode::Control(Control::Ping) => return Some(Event::Ping(payload)),
            OpCode::Control(Control::Close) => return None,
            OpCode::Control(_) => {}
        }
    }
}

/// Removes the mask of a frame (RFC 6455, section 5.3).
fn unmasked(mut payload: Vec<u8>, mask: Option<[u8; 4]>) -> Vec<u8> {
    if let Some(mask) = mask {
        payload.iter_mut().zip(mask.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
    }
    payload
}
