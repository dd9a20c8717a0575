//! A WebSocket session: decodes messages, enforces the rate limits of its client, passes messages to the room, and closes
//! the connection with a reason.

mod join_request;

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorContext, AsyncContext, Handler, Message, Recipient, Running, StreamHandler};
use actix_web_actors::ws::{self, WebsocketContext};
use bytes::Bytes;
use log::debug;
use tickcast_game::Game;
use tickcast_protocol::codec::{self, DecodeError};
use tickcast_protocol::{ClientMessage, CloseReason, Hello, Role, RoomName, ServerMessage};
use tickcast_room::{Departure, SessionId};
use tokio::time::Instant;

use super::messages::{FindRoom, JoinPolicy, Leave, RoomHandle, SessionCommand, SessionEvent};
use super::worker::Worker;
use crate::admission::tickets::{Permission, Reservation};
use crate::admission::{RateLimit, Refusal};
use crate::transport::websocket::{FrameBuffer, FrameError, SharedFrameError};
use crate::transport::{Connection, Timeouts};
use join_request::{JoinRequest, JoinResult, Seated, close_reason};

/// Maximum rate of messages of one connection, per second: 120 inputs (one per tick at 120 ticks per second) and 30 others.
pub const MESSAGES_PER_SECOND: u32 = 150;
/// Maximum burst of resync requests. A client that gets no full snapshot repeats its request every second. With this burst,
/// the client may do so for at least 20 s.
const RESYNCS_BURST: u32 = 20;
/// Minimum average interval between resync requests. If a replica diverges more often, it has an error that full snapshots
/// do not repair.
const RESYNC_PERIOD: Duration = Duration::from_secs(4);
/// A WebSocket session.
pub struct Session<G: Game> {
    id: SessionId,
    worker: Rc<Worker<G>>,
    lobby: Recipient<FindRoom<G>>,
    /// The requested room.
    room_name: Option<RoomName>,
    connection: Rc<Connection>,
    /// The error that ended the payload stream, if any.
    frame_error: SharedFrameError,
    messages: RateLimit,
    resyncs: RateLimit,
    phase: Phase<G>,
    /// Number of message streams that have not ended. The session starts with two: the stream of the client's messages, and
    /// the stream of the context's own decoder, which contains no messages.
    open_streams: u8,
}

enum Phase<G: Game> {
    /// The session waits for the Hello.
    Connected,
    /// The session waits for the room's response to the Hello.
    Joining,
    /// The session takes part in a room.
    Joined(Arc<RoomHandle<G>>),
    /// The session has left its room and is closing.
    Closing,
}

type Context<G> = WebsocketContext<Session<G>>;

impl<G: Game> Session<G> {
    /// A session on an upgraded connection.
    pub fn new(
        worker: Rc<Worker<G>>,
        lobby: Recipient<FindRoom<G>>,
        room_name: Option<RoomName>,
        connection: Rc<Connection>,
        frame_error: SharedFrameError,
    ) -> Self {
        Self {
            id: worker.next_session_id(),
            worker,
            lobby,
            room_name,
            connection,
            frame_error,
            messages: RateLimit::per_second(MESSAGES_PER_SECOND),
            resyncs: RateLimit::with_burst(RESYNC_PERIOD, RESYNCS_BURST),
            phase: Phase::Connected,
            open_streams: 2,
        }
    }

    fn handle_bytes(&mut self, bytes: &Bytes, ctx: &mut Context<G>) {
        match codec::decode_client(bytes) {
            Ok(message) => self.handle_message(message, ctx),
            Err(DecodeError::MessageTooBig) => self.close(CloseReason::MessageTooBig, ctx),
            Err(DecodeError::VersionMismatch) => self.close(CloseReason::VersionMismatch, ctx),
            Err(_) => self.close(CloseReason::InvalidMessage, ctx),
        }
    }

    fn handle_message(&mut self, message: ClientMessage<G>, ctx: &mut Context<G>) {
        match message {
            ClientMessage::Hello(hello) => self.handle_hello(hello, ctx),
            ClientMessage::Ping(number) => {
                if self.admit(self.connection.permit().handle_ping(), ctx) {
                    ctx.binary(codec::encode_server::<G>(&ServerMessage::Pong(number)));
                }
            }
            ClientMessage::Input(input) => self.forward(SessionEvent::Input(input), ctx),
            ClientMessage::Acknowledge(tick) => self.forward(SessionEvent::Acknowledge(tick), ctx),
            ClientMessage::Viewport(viewport) => self.forward(SessionEvent::Viewport(viewport), ctx),
            ClientMessage::Resync if self.resyncs.try_acquire() => self.forward(SessionEvent::Resync, ctx),
            ClientMessage::Resync => self.close(CloseReason::RateLimited, ctx),
        }
    }

    /// Returns true if the client was not refused. Otherwise closes the session and returns false. The seat is kept,
    /// because another player behind the same address may have used up the limit.
    fn admit(&mut self, admitted: Result<(), Refusal>, ctx: &mut Context<G>) -> bool {
        let Err(refusal) = admitted else { return true };
        self.connection.permit().control().count(refusal);
        self.close_and_keep_seat(close_reason(refusal), ctx);
        false
    }

    /// Forwards a message to the room. Before the Welcome, such a message is invalid and closes the session.
    fn forward(&mut self, event: SessionEvent<G>, ctx: &mut Context<G>) {
        match &self.phase {
            Phase::Joined(room) => {
                let now = Instant::now();
                self.connection.timer().record_activity(now);
                self.worker.enqueue(room, self.id, event, now);
            }
            Phase::Connected | Phase::Joining => self.close(CloseReason::InvalidMessage, ctx),
            Phase::Closing => {}
        }
    }

    /// Reserves the client's ticket, and returns the conditions under which the client may join. If the client must be
    /// refused, returns the reason.
    fn join_policy(&mut self, hello: &mut Hello) -> Result<(JoinPolicy, Option<Reservation>), CloseReason> {
        let resumes = hello.resume.is_some();
        let refusal = match self.reserve_ticket(hello) {
            Ok(_) if self.worker.is_overloaded() => CloseReason::Overloaded,
            Ok(ticket) => return Ok((if resumes { JoinPolicy::PreferResume } else { JoinPolicy::Open }, ticket)),
            Err(refusal) => refusal,
        };
        if resumes && self.room_name.is_some() { Ok((JoinPolicy::ResumeOnly(refusal), None)) } else { Err(refusal) }
    }

    /// Validates and reserves the client's ticket, if the server requires one. The ticket determines the player's name. If
    /// the ticket names a room, it determines the room, too.
    fn reserve_ticket(&mut self, hello: &mut Hello) -> Result<Option<Reservation>, CloseReason> {
        let Some(tickets) = self.worker.tickets() else { return Ok(None) };
        let permission = match hello.role {
            Role::Player(_) => Permission::Play,
            Role::Spectator => Permission::Spectate,
        };
        let reserve = |ticket| tickets.reserve_now(ticket, permission, self.room_name.as_ref());
        let reservation = hello.ticket.as_ref().and_then(reserve).ok_or(CloseReason::Unauthorized)?;
        if let Some(room) = &reservation.claims().room {
            self.room_name = Some(room.clone());
        }
        if let Role::Player(requested) = &mut hello.role {
            requested.clone_from(&reservation.claims().name);
        }
        Ok(Some(reservation))
    }

    fn handle_hello(&mut self, mut hello: Hello, ctx: &mut Context<G>) {
        if !matches!(self.phase, Phase::Connected) {
            return self.close(CloseReason::InvalidMessage, ctx);
        }
        let (policy, ticket) = match self.join_policy(&mut hello) {
            Ok(admitted) => admitted,
            Err(refusal) => return self.close(refusal, ctx),
        };
        // The join of a client that may resume a seat is not counted here. `JoinRequest` counts it if the client cannot
        // resume.
        let may_resume = hello.resume.is_some() && self.room_name.is_some();
        let permit = self.connection.permit();
        let subject = ticket.as_ref().and_then(|ticket| ticket.claims().subject.as_ref());
        let attributed = subject.map_or(Ok(()), |subject| permit.handle_subject(subject.as_str()));
        let admitted = attributed.and_then(|()| if may_resume { Ok(()) } else { permit.handle_join() });
        if !self.admit(admitted, ctx) {
            return;
        }
        self.phase = Phase::Joining;
        ctx.run_later(self.worker.timeouts().join, |session, ctx| {
            if matches!(session.phase, Phase::Joining) {
                session.close(CloseReason::Overloaded, ctx);
            }
        });
        let (id, session) = (self.id, ctx.address());
        let request = JoinRequest {
            lobby: self.lobby.clone(),
            room_name: self.room_name.clone(),
            session: id,
            hello,
            policy,
            ticket,
            may_resume,
            client: self.connection.permit().client().clone(),
            worker: Rc::clone(&self.worker),
        };
        // The join runs outside this actor, because the seat must be released even if the actor ends before the join
        // completes.
        actix::spawn(async move {
            let joined = request.run().await;
            let taken = joined.as_ref().ok().map(|seated| (Arc::clone(&seated.room), seated.departure()));
            if session.send(Joined::<G>(joined)).await.is_err()
                && let Some((room, departure)) = taken
            {
                room.leave.do_send(Leave(id, departure));
            }
        });
    }

    fn handle_frame_error(&mut self, error: FrameError, ctx: &mut Context<G>) {
        match error {
            FrameError::Protocol => self.close(CloseReason::ProtocolError, ctx),
            FrameError::Unsupported => self.close(CloseReason::UnsupportedData, ctx),
            FrameError::TooBig => self.close(CloseReason::MessageTooBig, ctx),
            // Text messages are rejected as `Unsupported`, so the invalid text can only be the reason in a Close frame. RFC
            // 6455 specifies code 1007 for invalid text; `ProtocolError` has another code.
            FrameError::InvalidUtf8 => self.close_with(error.code(), CloseReason::ProtocolError, Departure::Left, ctx),
        }
    }

    /// Closes the session; the seat becomes free.
    fn close(&mut self, reason: CloseReason, ctx: &mut Context<G>) {
        self.close_with(reason.code(), reason, Departure::Left, ctx);
    }

    /// Closes the session; the seat is kept for the client.
    fn close_and_keep_seat(&mut self, reason: CloseReason, ctx: &mut Context<G>) {
        self.close_with(reason.code(), reason, Departure::Lost, ctx);
    }

    /// Leaves the room, sends the Close frame and stops the actor.
    fn close_with(&mut self, code: u16, reason: CloseReason, departure: Departure, ctx: &mut Context<G>) {
        if matches!(self.phase, Phase::Closing) {
            return;
        }
        debug!("session {} closes: {}", self.id.0, reason.text());
        self.worker.metrics().sessions_closed.count(reason);
        self.leave_room(departure);
        self.connection.clear();
        ctx.close(Some(ws::CloseReason { code: code.into(), description: Some(reason.text().to_owned()) }));
        ctx.stop();
    }

    fn leave_room(&mut self, departure: Departure) {
        if let Phase::Joined(room) = std::mem::replace(&mut self.phase, Phase::Closing) {
            room.leave.do_send(Leave(self.id, departure));
        }
    }
}

/// Number of payload bytes of a message.
fn payload_bytes(message: &Result<ws::Message, ws::ProtocolError>) -> usize {
    match message {
        Ok(ws::Message::Binary(bytes) | ws::Message::Ping(bytes) | ws::Message::Pong(bytes)) => bytes.len(),
        _ => 0,
    }
}

/// To a session: the result of its join.
#[derive(Message)]
#[rtype(result = "()")]
struct Joined<G: Game>(JoinResult<G>);

impl<G: Game> Handler<Joined<G>> for Session<G> {
    type Result = ();

    fn handle(&mut self, Joined(joined): Joined<G>, ctx: &mut Context<G>) {
        match joined {
            Ok(seated) if matches!(self.phase, Phase::Joining) => {
                let has_resumed = seated.has_resumed();
                let Seated { room, welcome, ticket } = seated;
                // A client that resumes a seat needs no ticket. If such a client has sent a ticket, the ticket remains
                // usable.
                if let Some(ticket) = ticket.filter(|_| !has_resumed) {
                    ticket.commit();
                }
                self.phase = Phase::Joined(room);
                self.connection.timer().clear_deadline();
                self.connection.timer().record_activity(Instant::now());
                let welcome = codec::encode_server::<G>(&ServerMessage::Welcome(welcome));
                self.connection.open(FrameBuffer::default().binary(|payload| payload.extend(welcome)));
            }
            Ok(seated) => seated.room.leave.do_send(Leave(self.id, seated.departure())),
            Err(reason) => self.close(reason, ctx),
        }
    }
}

impl<G: Game> Actor for Session<G> {
    type Context = Context<G>;

    fn started(&mut self, ctx: &mut Context<G>) {
        self.worker.register(self.id, ctx.address().recipient(), Rc::clone(&self.connection));
        let Timeouts { hello, join, close, .. } = *self.worker.timeouts();
        // If the client accepts no data, the timers of this actor stop. The connection's deadline remains in effect.
        self.connection.timer().abort_after(hello + join + close);
        ctx.run_later(hello, |session, ctx| {
            if matches!(session.phase, Phase::Connected) {
                session.close(CloseReason::HelloTimeout, ctx);
            }
        });
    }

    /// Called when the session ends for any reason. A session that has sent no Close frame ends for one of two reasons: its
    /// connection was lost or aborted, or the session's code has panicked.
    fn stopping(&mut self, _: &mut Context<G>) -> Running {
        if !matches!(self.phase, Phase::Closing) {
            self.worker.metrics().sessions_closed.count_lost();
        }
        self.leave_room(Departure::Lost);
        self.connection.timer().close_within(self.worker.timeouts().close);
        self.worker.unregister(self.id);
        Running::Stop
    }
}

impl<G: Game> StreamHandler<Result<ws::Message, ws::ProtocolError>> for Session<G> {
    fn handle(&mut self, message: Result<ws::Message, ws::ProtocolError>, ctx: &mut Context<G>) {
        if !self.messages.try_acquire() {
            return self.close(CloseReason::RateLimited, ctx);
        }
        if !self.admit(self.connection.permit().handle_message(payload_bytes(&message)), ctx) {
            return;
        }
        match message {
            Ok(ws::Message::Binary(bytes)) => self.handle_bytes(&bytes, ctx),
            Ok(ws::Message::Ping(payload)) => {
                if self.admit(self.connection.permit().handle_ping(), ctx) {
                    ctx.pong(&payload);
                }
            }
            Ok(ws::Message::Pong(_) | ws::Message::Nop) => {}
            Ok(ws::Message::Close(reason)) if is_deliberate(reason.as_ref()) => self.close(CloseReason::Left, ctx),
            Ok(ws::Message::Close(_)) => self.close_and_keep_seat(CloseReason::Left, ctx),
            Ok(ws::Message::Text(_) | ws::Message::Continuation(_)) => self.close(CloseReason::UnsupportedData, ctx),
            Err(_) => match self.frame_error.get() {
                Some(error) => self.handle_frame_error(error, ctx),
                // All frames were valid: the connection itself has failed.
                None => ctx.stop(),
            },
        }
    }

    /// Called when one of the message streams ends.
    fn finished(&mut self, ctx: &mut Context<G>) {
        self.open_streams -= 1;
        if self.open_streams == 0 {
            ctx.stop();
        }
    }
}

/// Whether the player has left for good. Close code 1000 means that the player has left for good. Close code 1001 is not
/// reliable: a browser also sends 1001 when the page is reloaded, and then the player returns.
fn is_deliberate(reason: Option<&ws::CloseReason>) -> bool {
    reason.is_some_and(|reason| reason.code == ws::CloseCode::Normal)
}

impl<G: Game> Handler<SessionCommand> for Session<G> {
    type Result = ();

    fn handle(&mut self, command: SessionCommand, ctx: &mut Context<G>) {
        match command {
            // This command comes from the room or, if the session is idle, from the worker. If the room has sent it, the
            // room has already freed or kept the seat, and `close_and_keep_seat` does not change that. The seat of an idle
            // session is kept.
            SessionCommand::Close(reason) => self.close_and_keep_seat(reason, ctx),
            SessionCommand::Shutdown { .. } if matches!(self.phase, Phase::Closing) => {}
            SessionCommand::Shutdown { reconnect_after_ms } => {
                ctx.binary(codec::encode_server::<G>(&ServerMessage::Drain(reconnect_after_ms)));
                self.close(CloseReason::ServerShutdown, ctx);
            }
        }
    }
}
