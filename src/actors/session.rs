//! A session: decodes messages, enforces the rate limits of its client, passes messages to the room, and closes the
//! connection with a reason.
//!
//! [`Session`] contains all of this, independently of the transport. A [`Carrier`] delivers the session's messages. Two
//! actors contain a [`Session`]: [`WebSocketSession`] for WebSockets, and [`CarriedSession`] for all other carriers.

mod actor;
mod carried;
mod close_frame;
mod join_request;
mod limits;
mod websocket;

use std::rc::Rc;
use std::sync::Arc;

use actix::Recipient;
use log::debug;
use tickcast_game::GameProtocol;
use tickcast_protocol::codec::{self, DecodeError};
use tickcast_protocol::{Act, ClientMessage, CloseReason, Hello, Role, RoomName, ServerMessage};
use tickcast_room::{Departure, SessionId, SubmittedAction};
use tokio::time::Instant;

use super::messages::{Entrance, JoinPolicy, Leave, PlaybackControl, RoomHandle, SessionCommand, SessionEvent};
use super::worker::Worker;
use crate::admission::tickets::{Permission, Reservation};
use crate::admission::{ClientIdentity, Refusal};
use crate::transport::Carrier;
pub use carried::{CarriedSession, FromClient, Received};
use close_frame::close_text;
use join_request::{JoinRequest, JoinResult, Seated, close_reason};
use limits::Limits;

#[cfg_attr(
    not(feature = "internals"),
    allow(unused_imports, reason = "the feature `internals` makes this module public")
)]
pub use limits::{ACTIONS_PER_SECOND, MESSAGES_PER_SECOND};
pub use websocket::WebSocketSession;

/// A session on a carrier.
pub struct Session<G: GameProtocol> {
    id: SessionId,
    worker: Rc<Worker<G>>,
    /// Where the session joins.
    entrance: Entrance<G>,
    /// The requested room, or the room of the requested match.
    room_name: Option<RoomName>,
    carrier: Rc<dyn Carrier>,
    limits: Limits,
    phase: Phase<G>,
}

enum Phase<G: GameProtocol> {
    /// The session waits for the Hello.
    Connected,
    /// The session waits for the room's response to the Hello.
    Joining,
    /// The session takes part in a room.
    Joined(Arc<RoomHandle<G>>),
    /// The session has left its room and is closing.
    Closing,
}

/// What the session's actor must do next.
#[must_use]
enum Step<G: GameProtocol> {
    /// Wait for further messages.
    Continue,
    /// Run the request, and pass its result to [`Session::handle_joined`].
    Join(Box<JoinRequest<G>>),
    /// Stop: the session is closed.
    Stop,
}

impl<G: GameProtocol> Session<G> {
    /// A session that waits for the Hello.
    pub fn new(
        worker: Rc<Worker<G>>,
        entrance: Entrance<G>,
        room_name: Option<RoomName>,
        carrier: Rc<dyn Carrier>,
    ) -> Self {
        Self {
            id: worker.next_session_id(),
            worker,
            entrance,
            room_name,
            carrier,
            limits: Limits::new(),
            phase: Phase::Connected,
        }
    }

    /// Registers the session with its worker, which sends commands to `actor`.
    fn handle_started(&self, actor: Recipient<SessionCommand>) {
        self.worker.register(self.id, actor, Rc::clone(&self.carrier));
        let timeouts = self.worker.timeouts();
        // If the client accepts no data, the timers of a WebSocket's actor stop. The carrier's deadline remains in effect.
        self.carrier.timer().abort_after(timeouts.hello + timeouts.join + timeouts.close);
    }

    /// Handles the end of the actor. A session that has sent no close reason ends for one of two reasons: its connection was
    /// lost or aborted, or the session's code has panicked.
    fn handle_stopped(&mut self) {
        if !matches!(self.phase, Phase::Closing) {
            self.worker.metrics().sessions_closed.count_lost();
        }
        self.leave_room(Departure::Lost);
        self.carrier.timer().close_within(self.worker.timeouts().close);
        self.carrier.end();
        self.worker.unregister(self.id);
    }

    /// Counts a message against the limits of the session and of its client.
    ///
    /// # Errors
    /// The next step if a limit was reached. The session is then closed.
    fn admit_message(&mut self, payload_bytes: usize) -> Result<(), Step<G>> {
        if !self.limits.messages.try_acquire() {
            return Err(self.close(CloseReason::RateLimited));
        }
        self.admit(self.carrier.permit().handle_message(payload_bytes))
    }

    /// Like [`Self::admit_message`], for a Ping.
    fn admit_ping(&mut self) -> Result<(), Step<G>> {
        self.admit(self.carrier.permit().handle_ping())
    }

    /// Handles a message that was admitted.
    fn handle_message(&mut self, bytes: &[u8]) -> Step<G> {
        match codec::decode_client(bytes) {
            Ok(message) => self.dispatch(message),
            Err(DecodeError::MessageTooBig) => self.close(CloseReason::MessageTooBig),
            Err(DecodeError::VersionMismatch) => self.close(CloseReason::VersionMismatch),
            Err(_) => self.close(CloseReason::InvalidMessage),
        }
    }

    fn dispatch(&mut self, message: ClientMessage<G>) -> Step<G> {
        match message {
            ClientMessage::Hello(hello) => self.handle_hello(hello),
            ClientMessage::Ping(number) => self.handle_ping(number),
            ClientMessage::Input(input) => self.forward(SessionEvent::Input(input)),
            ClientMessage::Acknowledge(tick) => self.forward(SessionEvent::Acknowledge(tick)),
            ClientMessage::Viewport(viewport) => self.forward(SessionEvent::Viewport(viewport)),
            ClientMessage::Resync if self.limits.resyncs.try_acquire() => self.forward(SessionEvent::Resync),
            ClientMessage::Ready(is_ready) if self.limits.ready.try_acquire() => {
                self.forward(SessionEvent::Ready(is_ready))
            }
            ClientMessage::Resync | ClientMessage::Ready(_) => self.close(CloseReason::RateLimited),
            ClientMessage::Seek(tick) => self.control(PlaybackControl::Seek(tick)),
            ClientMessage::Speed(speed) => self.control(PlaybackControl::Speed(speed)),
            ClientMessage::Act(act) => self.handle_act(act),
            ClientMessage::Pause(is_paused) => self.control(PlaybackControl::Pause(is_paused)),
        }
    }

    /// Forwards an action to the room. An action that exceeds the rate limit gets an outcome, too, so that the player can
    /// act again later.
    fn handle_act(&mut self, act: Act<G>) -> Step<G> {
        let Act { sequence: number, tick: stamp, action } = act;
        let is_admitted = self.limits.actions.try_acquire();
        let action = if is_admitted { SubmittedAction::Admitted(action) } else { SubmittedAction::RateLimited };
        self.forward(SessionEvent::Act { number, stamp, action })
    }

    fn handle_ping(&mut self, number: u32) -> Step<G> {
        if let Err(step) = self.admit_ping() {
            return step;
        }
        self.carrier.send_message(&codec::encode_server::<G>(&ServerMessage::Pong(number)));
        Step::Continue
    }

    /// Returns `Ok` if the client was not refused. Otherwise closes the session. The seat is kept, because another player
    /// behind the same address may have used up the limit.
    fn admit(&mut self, admitted: Result<(), Refusal>) -> Result<(), Step<G>> {
        let Err(refusal) = admitted else { return Ok(()) };
        self.carrier.permit().control().count(refusal);
        Err(self.close_and_keep_seat(close_reason(refusal)))
    }

    /// Forwards a message to the replay. In a room, such a message is invalid and closes the session.
    fn control(&mut self, control: PlaybackControl) -> Step<G> {
        match self.entrance {
            Entrance::Replay(_) => self.forward(SessionEvent::Playback(control)),
            Entrance::Lobby(..) => self.close(CloseReason::InvalidMessage),
        }
    }

    /// Forwards a message to the room. Before the Welcome, such a message is invalid and closes the session.
    fn forward(&mut self, event: SessionEvent<G>) -> Step<G> {
        match &self.phase {
            Phase::Joined(room) => {
                let now = Instant::now();
                self.carrier.timer().record_activity(now);
                self.worker.enqueue(room, self.id, event, now);
                Step::Continue
            }
            Phase::Connected | Phase::Joining => self.close(CloseReason::InvalidMessage),
            Phase::Closing => Step::Continue,
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
    /// the ticket names a room or a team, it determines them, too.
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
        hello.team = reservation.claims().team.or(hello.team);
        Ok(Some(reservation))
    }

    fn handle_hello(&mut self, mut hello: Hello) -> Step<G> {
        if !matches!(self.phase, Phase::Connected) {
            return self.close(CloseReason::InvalidMessage);
        }
        if matches!(self.entrance, Entrance::Replay(_)) {
            if hello.role != Role::Spectator {
                return self.close(CloseReason::InvalidMessage);
            }
            hello.resume = None;
        }
        let (policy, ticket) = match self.join_policy(&mut hello) {
            Ok(admitted) => admitted,
            Err(refusal) => return self.close(refusal),
        };
        // The join of a client that may resume a seat is not counted here. `JoinRequest` counts it if the client cannot
        // resume.
        let may_resume = hello.resume.is_some() && self.room_name.is_some();
        let permit = self.carrier.permit();
        let subject = ticket.as_ref().and_then(|ticket| ticket.claims().subject.as_ref());
        let identity = ClientIdentity { address: permit.address(), subject: subject.cloned() };
        let attributed = subject.map_or(Ok(()), |subject| permit.handle_subject(subject.as_str()));
        let admitted =
            permit.check_ban().and(attributed).and_then(|()| if may_resume { Ok(()) } else { permit.handle_join() });
        if let Err(step) = self.admit(admitted) {
            return step;
        }
        self.phase = Phase::Joining;
        Step::Join(Box::new(JoinRequest {
            entrance: self.entrance.clone(),
            room_name: self.room_name.clone(),
            session: self.id,
            hello,
            policy,
            ticket,
            may_resume,
            client: self.carrier.permit().client().clone(),
            identity,
            worker: Rc::clone(&self.worker),
        }))
    }

    fn handle_hello_timeout(&mut self) -> Step<G> {
        if matches!(self.phase, Phase::Connected) { self.close(CloseReason::HelloTimeout) } else { Step::Continue }
    }

    fn handle_join_timeout(&mut self) -> Step<G> {
        if matches!(self.phase, Phase::Joining) { self.close(CloseReason::Overloaded) } else { Step::Continue }
    }

    fn handle_joined(&mut self, joined: JoinResult<G>) -> Step<G> {
        match joined {
            Ok(seated) if matches!(self.phase, Phase::Joining) => {
                // A ban closes the sessions in rooms. It may have done so while this session was on the way to its room.
                if let Err(step) = self.admit(self.check_bans(&seated)) {
                    seated.room.leave.do_send(Leave(self.id, Departure::Left));
                    return step;
                }
                let has_resumed = seated.has_resumed();
                let Seated { room, welcome, ticket } = seated;
                // A client that resumes a seat needs no ticket. If such a client has sent a ticket, the ticket remains
                // usable.
                if let Some(ticket) = ticket.filter(|_| !has_resumed) {
                    ticket.commit();
                }
                self.phase = Phase::Joined(room);
                self.carrier.timer().clear_deadline();
                self.carrier.timer().record_activity(Instant::now());
                self.carrier.open(&codec::encode_server::<G>(&ServerMessage::Welcome(welcome)));
                Step::Continue
            }
            Ok(seated) => {
                seated.room.leave.do_send(Leave(self.id, seated.departure()));
                Step::Continue
            }
            Err(reason) => self.close(reason),
        }
    }

    fn check_bans(&self, seated: &Seated<G>) -> Result<(), Refusal> {
        let permit = self.carrier.permit();
        let subject = seated.ticket.as_ref().and_then(|ticket| ticket.claims().subject.as_ref());
        permit.check_ban().and_then(|()| subject.map_or(Ok(()), |subject| permit.check_subject(subject.as_str())))
    }

    fn handle_command(&mut self, command: SessionCommand) -> Step<G> {
        match command {
            // This command comes from the room or, if the session is idle, from the worker. If the room has sent it, the
            // room has already freed or kept the seat, and `close_and_keep_seat` does not change that. The seat of an idle
            // session is kept.
            SessionCommand::Close(reason) => self.close_and_keep_seat(reason),
            SessionCommand::Shutdown { .. } if matches!(self.phase, Phase::Closing) => Step::Continue,
            SessionCommand::Shutdown { reconnect_after_ms } => {
                self.carrier.send_message(&codec::encode_server::<G>(&ServerMessage::Drain(reconnect_after_ms)));
                self.close(CloseReason::ServerShutdown)
            }
        }
    }

    /// Closes the session; the seat becomes free.
    fn close(&mut self, reason: CloseReason) -> Step<G> {
        self.close_with(reason.code(), reason, Departure::Left)
    }

    /// Closes the session; the seat is kept for the client.
    fn close_and_keep_seat(&mut self, reason: CloseReason) -> Step<G> {
        self.close_with(reason.code(), reason, Departure::Lost)
    }

    /// Leaves the room and sends the close reason.
    fn close_with(&mut self, code: u16, reason: CloseReason, departure: Departure) -> Step<G> {
        if matches!(self.phase, Phase::Closing) {
            return Step::Continue;
        }
        debug!("session {} closes: {}", self.id.0, reason.text());
        self.worker.metrics().sessions_closed.count(reason);
        self.leave_room(departure);
        self.carrier.close(code, &close_text::<G>(reason));
        Step::Stop
    }

    fn leave_room(&mut self, departure: Departure) {
        if let Phase::Joined(room) = std::mem::replace(&mut self.phase, Phase::Closing) {
            room.leave.do_send(Leave(self.id, departure));
        }
    }
}
