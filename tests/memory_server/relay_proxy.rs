//! An actor in front of a relay. It delays messages from rooms to the relay, to simulate a worker thread that does not keep
//! up.

use std::collections::VecDeque;
use std::sync::Arc;

use actix::{Actor, Context, Handler, Message};
use tickcast::actors::messages::{CloseSessions, Fanout, ParkSoon, RelayHandle, ShutdownSessions};
use tickcast_game::GameProtocol;

/// An actor in front of a relay. It delays messages from rooms.
pub struct RelayProxy<G: GameProtocol> {
    relay: Arc<RelayHandle<G>>,
    /// Number of messages to hold back. While more messages are waiting, the oldest one is forwarded.
    lag: usize,
    /// Messages from rooms that are held back, in order of arrival.
    waiting: VecDeque<Waiting<G>>,
}

enum Waiting<G: GameProtocol> {
    Fanout(Fanout<G>),
    Close(CloseSessions),
}

/// Sent to a relay proxy. From then on, the proxy forwards a message only after this many later messages have arrived.
#[derive(Message)]
#[rtype(result = "()")]
pub struct SetLag(pub usize);

impl<G: GameProtocol> RelayProxy<G> {
    /// A proxy without a lag.
    pub fn new(relay: Arc<RelayHandle<G>>) -> Self {
        Self { relay, lag: 0, waiting: VecDeque::new() }
    }

    fn forward(&mut self) {
        while self.waiting.len() > self.lag
            && let Some(message) = self.waiting.pop_front()
        {
            match message {
                Waiting::Fanout(fanout) => self.relay.send_tick(fanout),
                Waiting::Close(close) => self.relay.close.do_send(close),
            }
        }
    }
}

impl<G: GameProtocol> Actor for RelayProxy<G> {
    type Context = Context<Self>;
}

impl<G: GameProtocol> Handler<SetLag> for RelayProxy<G> {
    type Result = ();

    fn handle(&mut self, SetLag(lag): SetLag, _: &mut Context<Self>) {
        self.lag = lag;
        self.forward();
    }
}

impl<G: GameProtocol> Handler<Fanout<G>> for RelayProxy<G> {
    type Result = ();

    fn handle(&mut self, fanout: Fanout<G>, _: &mut Context<Self>) {
        self.waiting.push_back(Waiting::Fanout(fanout));
        self.forward();
    }
}

impl<G: GameProtocol> Handler<CloseSessions> for RelayProxy<G> {
    type Result = ();

    fn handle(&mut self, close: CloseSessions, _: &mut Context<Self>) {
        self.waiting.push_back(Waiting::Close(close));
        self.forward();
    }
}

impl<G: GameProtocol> Handler<ParkSoon> for RelayProxy<G> {
    type Result = ();

    fn handle(&mut self, park: ParkSoon, _: &mut Context<Self>) {
        self.relay.park.do_send(park);
    }
}

impl<G: GameProtocol> Handler<ShutdownSessions> for RelayProxy<G> {
    type Result = ();

    fn handle(&mut self, shutdown: ShutdownSessions, _: &mut Context<Self>) {
        self.relay.shutdown.do_send(shutdown);
    }
}
