//! Sessions on carriers other than WebSockets.

use actix::{Actor, Addr, Context, Handler, Message, Running};
use bytes::Bytes;
use tickcast_game::GameProtocol;
use tickcast_protocol::{CloseReason, Tick};

use super::actor::SessionActor;
use super::join_request::Joined;
use super::{Session, Step};
use crate::actors::messages::{InFlight, SessionCommand, SessionEvent};

/// A session whose carrier is not a WebSocket. Its carrier passes to it what the client sends, as [`Received`].
pub struct CarriedSession<G: GameProtocol>(Session<G>);

/// To a [`CarriedSession`]: what its carrier has received, in order. With the counter, the sender limits how many of these
/// messages wait for the session.
#[derive(Debug, Message)]
#[rtype(result = "()")]
pub struct Received(pub Vec<FromClient>, pub InFlight);

/// Something that a carrier has received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromClient {
    /// A message.
    Message(Bytes),
    /// A datagram of this size, without new messages.
    Datagram(usize),
    /// The client acknowledges all snapshots up to this tick.
    Acknowledgement(Tick),
    /// The client closes the session with this code. With code 1000, the player leaves for good. Otherwise, the seat is kept.
    Close(u16),
    /// The client has violated the rules of the carrier.
    Violation(CloseReason),
    /// The carrier has lost its client.
    Lost,
}

impl<G: GameProtocol> CarriedSession<G> {
    /// Starts the session's actor on this thread.
    pub fn start(session: Session<G>) -> Addr<Self> {
        Actor::start(Self(session))
    }

    fn handle_received(&mut self, received: FromClient) -> Step<G> {
        const NORMAL: u16 = 1000;
        match received {
            FromClient::Message(bytes) => match self.0.admit_message(bytes.len()) {
                Ok(()) => self.0.handle_message(&bytes),
                Err(step) => step,
            },
            FromClient::Datagram(bytes) => self.0.admit_message(bytes).err().unwrap_or(Step::Continue),
            FromClient::Acknowledgement(tick) => self.0.forward(SessionEvent::Acknowledge(tick)),
            FromClient::Close(NORMAL) => self.0.close(CloseReason::Left),
            FromClient::Close(_) => self.0.close_and_keep_seat(CloseReason::Left),
            FromClient::Violation(reason) => self.0.close(reason),
            FromClient::Lost => Step::Stop,
        }
    }
}

impl<G: GameProtocol> SessionActor<G> for CarriedSession<G> {
    fn session(&mut self) -> &mut Session<G> {
        &mut self.0
    }
}

impl<G: GameProtocol> Actor for CarriedSession<G> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.start_session(ctx);
    }

    fn stopping(&mut self, _: &mut Context<Self>) -> Running {
        self.0.handle_stopped();
        Running::Stop
    }
}

impl<G: GameProtocol> Handler<Received> for CarriedSession<G> {
    type Result = ();

    fn handle(&mut self, Received(received, _): Received, ctx: &mut Context<Self>) {
        for received in received {
            let step = self.handle_received(received);
            self.follow(step, ctx);
        }
    }
}

impl<G: GameProtocol> Handler<Joined<G>> for CarriedSession<G> {
    type Result = ();

    fn handle(&mut self, Joined(joined): Joined<G>, ctx: &mut Context<Self>) {
        let step = self.0.handle_joined(joined);
        self.follow(step, ctx);
    }
}

impl<G: GameProtocol> Handler<SessionCommand> for CarriedSession<G> {
    type Result = ();

    fn handle(&mut self, command: SessionCommand, ctx: &mut Context<Self>) {
        let step = self.0.handle_command(command);
        self.follow(step, ctx);
    }
}
