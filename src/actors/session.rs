//! A connection: an actor that turns frames into messages for its room, and says goodbye.

use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use actix::{Actor, ActorContext, Addr, AsyncContext, Handler, Message, Running, StreamHandler};
use actix_web_actors::ws::{self, WebsocketContext};
use bytes::Bytes;
use log::debug;
use tickcast_protocol::codec::{self, DecodeError};
use tickcast_protocol::{ClientMessage, CloseReason, Hello, Role, RoomName, ServerMessage, Welcome};

use super::bucket::TokenBucket;
use super::frames::Fault;
use super::framing::FrameSpace;
use super::guard::Verdict;
use super::lobby::Lobby;
use super::messages::{Close, Drain, Grounds, Join, Leave, Note, Place};
use super::room::RoomActor;
use super::worker::Worker;
use crate::room::{Departure, SessionId};
use crate::simulation::Simulation;
use crate::tickets::Claims;
use crate::transport::{Connection, Deadlines};

/// How many messages a client may send each second: inputs at 120 ticks a second, and some.
pub const MESSAGES_PER_SECOND: u32 = 150;
/// How often a client may ask for everything anew, at once and in the long run: it may ask once a second while it hears nothing,
/// but whose world is wrong every few seconds is not helped by that.
const RECOVERIES_MAX: u32 = 20;
const RECOVERIES_PER_SECOND: f64 = 0.25;
/// How often a place is looked for again, when the room closed or somebody else took its last seat meanwhile: when very many
/// come at once, each try fills a room.
const TRIES: u32 = 16;

/// A connection.
pub struct Session<S: Simulation> {
    id: SessionId,
    worker: Rc<Worker<S>>,
    lobby: Addr<Lobby<S>>,
    /// The room that was asked for.
    wanted: Option<RoomName>,
    connection: Rc<Connection>,
    /// Where the guard tells what is wrong with a frame.
    verdict: Verdict,
    budget: TokenBucket,
    recoveries: TokenBucket,
    phase: Phase<S>,
}

enum Phase<S: Simulation> {
    /// Nothing was said yet.
    Connected,
    /// Hello was said, and the room has not answered.
    Joining,
    /// It is in a room.
    Joined(Addr<RoomActor<S>>),
    /// Goodbye was said.
    Closing,
}

type Context<S> = WebsocketContext<Session<S>>;
type Joined<S> = Result<(Addr<RoomActor<S>>, Welcome<<S as Simulation>::Game>), CloseReason>;

impl<S: Simulation> Session<S> {
    /// A new session.
    pub fn new(
        worker: Rc<Worker<S>>,
        lobby: Addr<Lobby<S>>,
        wanted: Option<RoomName>,
        connection: Rc<Connection>,
        verdict: Verdict,
    ) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            id: SessionId(NEXT.fetch_add(1, Ordering::Relaxed)),
            worker,
            lobby,
            wanted,
            connection,
            verdict,
            budget: TokenBucket::new(MESSAGES_PER_SECOND, Instant::now()),
            recoveries: TokenBucket::with_burst(RECOVERIES_PER_SECOND, RECOVERIES_MAX, Instant::now()),
            phase: Phase::Connected,
        }
    }

    fn handle_bytes(&mut self, bytes: &Bytes, ctx: &mut Context<S>) {
        match codec::decode_client(bytes) {
            Ok(message) => self.handle_message(message, ctx),
            Err(DecodeError::TooLong) => self.close(CloseReason::TooLong, ctx),
            Err(DecodeError::WrongVersion) => self.close(CloseReason::WrongVersion, ctx),
            Err(DecodeError::Malformed(_)) => self.close(CloseReason::Malformed, ctx),
        }
    }

    fn handle_message(&mut self, message: ClientMessage<S::Game>, ctx: &mut Context<S>) {
        match message {
            ClientMessage::Hello(hello) => self.handle_hello(hello, ctx),
            ClientMessage::Ping(number) => {
                ctx.binary(codec::encode_server::<S::Game>(&ServerMessage::Pong(number)));
            }
            ClientMessage::Input(input) => self.tell_room(Note::Input(input), ctx),
            ClientMessage::Acknowledge(tick) => self.tell_room(Note::Acknowledge(tick), ctx),
            ClientMessage::Viewport(viewport) => self.tell_room(Note::Viewport(viewport), ctx),
            ClientMessage::Recover if self.recoveries.take(Instant::now()) => self.tell_room(Note::Recover, ctx),
            ClientMessage::Recover => self.close(CloseReason::Flooding, ctx),
        }
    }

    /// Nobody has anything to say to a room before they are in it.
    fn tell_room(&mut self, note: Note<S::Game>, ctx: &mut Context<S>) {
        match &self.phase {
            Phase::Joined(room) => {
                self.connection.lifeline().hear(Instant::now());
                self.worker.note(room, self.id, note);
            }
            Phase::Connected | Phase::Joining => self.close(CloseReason::Malformed, ctx),
            Phase::Closing => {}
        }
    }

    /// On what grounds the client may come in, or why it may not.
    fn grounds(&mut self, hello: &mut Hello) -> Result<Grounds, CloseReason> {
        let (is_allowed, returns) = (self.redeem(hello), hello.resume.is_some());
        if is_allowed && !self.worker.is_overloaded() {
            return Ok(if returns { Grounds::Return } else { Grounds::Open });
        }
        let refusal = if is_allowed { CloseReason::Busy } else { CloseReason::Unauthorized };
        if returns && self.wanted.is_some() { Ok(Grounds::TokenAlone(refusal)) } else { Err(refusal) }
    }

    /// Whether the client has a good ticket, if it needs one. The ticket says for which room it is, and for whom.
    fn redeem(&mut self, hello: &mut Hello) -> bool {
        let Some(tickets) = self.worker.tickets() else { return true };
        let redeemed = hello.ticket.as_ref().and_then(|ticket| tickets.redeem_now(ticket, self.wanted.as_ref()));
        let Some(Claims { room, name, .. }) = redeemed else { return false };
        self.wanted = room.or(self.wanted.take());
        if let Role::Player(said) = &mut hello.role {
            *said = name;
        }
        true
    }

    fn handle_hello(&mut self, mut hello: Hello, ctx: &mut Context<S>) {
        if !matches!(self.phase, Phase::Connected) {
            return self.close(CloseReason::Malformed, ctx);
        }
        let grounds = match self.grounds(&mut hello) {
            Ok(grounds) => grounds,
            Err(refusal) => return self.close(refusal, ctx),
        };
        self.phase = Phase::Joining;
        ctx.run_later(self.worker.deadlines().joining, |session, ctx| {
            if matches!(session.phase, Phase::Joining) {
                session.close(CloseReason::Busy, ctx);
            }
        });
        let (id, session) = (self.id, ctx.address());
        let join = join(self.lobby.clone(), self.wanted.clone(), id, hello, grounds, Rc::clone(&self.worker));
        // Not a future of this actor: should it end meanwhile, the seat must still be given back.
        actix::spawn(async move {
            let joined = join.await;
            let room = joined.as_ref().ok().map(|(room, _)| room.clone());
            if session.send(Answer::<S>(joined)).await.is_err()
                && let Some(room) = room
            {
                room.do_send(Leave(id, Departure::Lost));
            }
        });
    }

    fn handle_fault(&mut self, fault: Fault, ctx: &mut Context<S>) {
        match fault {
            Fault::BadFrame => self.close(CloseReason::BadFrame, ctx),
            Fault::NotBinary => self.close(CloseReason::NotBinary, ctx),
            Fault::TooLong => self.close(CloseReason::TooLong, ctx),
            // Only a close frame's reason can be that here: a bad frame, for which RFC 6455 has a code of its own.
            Fault::NotUtf8 => self.end_with(fault.code(), CloseReason::BadFrame, Departure::Left, ctx),
        }
    }

    /// Says why, and ends: the close frame is still sent.
    fn close(&mut self, reason: CloseReason, ctx: &mut Context<S>) {
        self.end(reason, Departure::Left, ctx);
    }

    fn end(&mut self, reason: CloseReason, departure: Departure, ctx: &mut Context<S>) {
        self.end_with(reason.code(), reason, departure, ctx);
    }

    fn end_with(&mut self, code: u16, reason: CloseReason, departure: Departure, ctx: &mut Context<S>) {
        if matches!(self.phase, Phase::Closing) {
            return;
        }
        debug!("session {} ends: {}", self.id.0, reason.text());
        self.worker.metrics().closes.count(&reason);
        self.leave_room(departure);
        self.connection.clear();
        ctx.close(Some(ws::CloseReason { code: code.into(), description: Some(reason.text().to_owned()) }));
        ctx.stop();
    }

    fn leave_room(&mut self, departure: Departure) {
        if let Phase::Joined(room) = std::mem::replace(&mut self.phase, Phase::Closing) {
            room.do_send(Leave(self.id, departure));
        }
    }
}

/// To a session: what came of its hello.
#[derive(Message)]
#[rtype(result = "()")]
struct Answer<S: Simulation>(Joined<S>);

impl<S: Simulation> Handler<Answer<S>> for Session<S> {
    type Result = ();

    fn handle(&mut self, Answer(joined): Answer<S>, ctx: &mut Context<S>) {
        match joined {
            Ok((room, welcome)) if matches!(self.phase, Phase::Joining) => {
                self.phase = Phase::Joined(room);
                self.connection.lifeline().hold();
                self.connection.lifeline().hear(Instant::now());
                let welcome = codec::encode_server::<S::Game>(&ServerMessage::Welcome(welcome));
                self.connection.open(FrameSpace::default().binary(|payload| payload.extend(welcome)));
            }
            Ok((room, _)) => room.do_send(Leave(self.id, Departure::Lost)),
            Err(reason) => self.close(reason, ctx),
        }
    }
}

/// Finds the room and takes a seat in it.
async fn join<S: Simulation>(
    lobby: Addr<Lobby<S>>,
    wanted: Option<RoomName>,
    session: SessionId,
    hello: Hello,
    grounds: Grounds,
    worker: Rc<Worker<S>>,
) -> Joined<S> {
    let mut refusal = CloseReason::RoomClosed;
    for _ in 0..TRIES {
        let place = Place { name: wanted.clone(), grounds, game: PhantomData };
        let room = lobby.send(place).await.map_err(|_| CloseReason::ServerStopping)??;
        let join = Join { session, hello: hello.clone(), grounds, worker: worker.id(), relay: worker.relay() };
        match room.send(join).await {
            Ok(Ok(welcome)) => return Ok((room, welcome)),
            // Somebody else took the last seat: where the room does not matter, another one will do.
            Ok(Err(reason)) if wanted.is_none() => refusal = reason,
            Ok(Err(reason)) => return Err(reason),
            // The room closed just now.
            Err(_) => {}
        }
    }
    Err(refusal)
}

impl<S: Simulation> Actor for Session<S> {
    type Context = Context<S>;

    fn started(&mut self, ctx: &mut Context<S>) {
        self.worker.register(self.id, ctx.address(), Rc::clone(&self.connection));
        let Deadlines { hello, joining, goodbye, .. } = *self.worker.deadlines();
        // Should the timers below be stuck with the session, the connection ends without them.
        self.connection.lifeline().end_within(hello + joining + goodbye);
        ctx.run_later(hello, |session, ctx| {
            if matches!(session.phase, Phase::Connected) {
                session.close(CloseReason::HelloTimeout, ctx);
            }
        });
    }

    /// However it ends: if nobody said goodbye, the client is gone, its connection was cut, or the session has panicked.
    fn stopping(&mut self, _: &mut Context<S>) -> Running {
        if !matches!(self.phase, Phase::Closing) {
            self.worker.metrics().closes.count(&format_args!("lost"));
        }
        self.leave_room(Departure::Lost);
        self.connection.lifeline().end_within(self.worker.deadlines().goodbye);
        self.worker.forget(self.id);
        Running::Stop
    }
}

impl<S: Simulation> StreamHandler<Result<ws::Message, ws::ProtocolError>> for Session<S> {
    fn handle(&mut self, message: Result<ws::Message, ws::ProtocolError>, ctx: &mut Context<S>) {
        if !self.budget.take(Instant::now()) {
            return self.close(CloseReason::Flooding, ctx);
        }
        match message {
            Ok(ws::Message::Binary(bytes)) => self.handle_bytes(&bytes, ctx),
            Ok(ws::Message::Ping(payload)) => ctx.pong(&payload),
            Ok(ws::Message::Pong(_) | ws::Message::Nop) => {}
            Ok(ws::Message::Close(reason)) => self.end(CloseReason::Left, departure(reason.as_ref()), ctx),
            Ok(ws::Message::Text(_) | ws::Message::Continuation(_)) => self.close(CloseReason::NotBinary, ctx),
            Err(_) => match self.verdict.get() {
                Some(fault) => self.handle_fault(fault, ctx),
                // What the guard has no objection to is an error of the connection itself.
                None => ctx.stop(),
            },
        }
    }
}

/// Who means to leave closes with 1000. A browser whose page is loaded anew closes with 1001, and comes back.
fn departure(reason: Option<&ws::CloseReason>) -> Departure {
    match reason {
        Some(reason) if reason.code == ws::CloseCode::Normal => Departure::Left,
        _ => Departure::Lost,
    }
}

impl<S: Simulation> Handler<Close> for Session<S> {
    type Result = ();

    /// Nobody is sent away through a relay for what they did: their room has dismissed them already, or they were not heard of.
    fn handle(&mut self, Close(reason): Close, ctx: &mut Context<S>) {
        self.end(reason, Departure::Lost, ctx);
    }
}

impl<S: Simulation> Handler<Drain> for Session<S> {
    type Result = ();

    fn handle(&mut self, Drain(reconnect_after_ms): Drain, ctx: &mut Context<S>) {
        if !matches!(self.phase, Phase::Closing) {
            ctx.binary(codec::encode_server::<S::Game>(&ServerMessage::Drain(reconnect_after_ms)));
            self.close(CloseReason::ServerStopping, ctx);
        }
    }
}
