//! A room's actor: gives the room its ticks and messages, and sends what comes out to the relays.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Instant;

use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler};
use log::{debug, info, warn};
use tickcast_protocol::{CloseReason, ResumeToken, RoomName, Welcome};

use super::clock::DeadlineClock;
use super::lobby::Lobby;
use super::messages::{Batch, CloseSessions, Closed, Fanout, Join, Leave, Note, Overruns};
use super::relay::Relay;
use super::worker::WorkerId;
use crate::room::{Room, SessionId, Step};
use crate::simulation::Simulation;

/// What the lobby can see of a room without asking it.
#[derive(Debug, Default)]
pub struct RoomStatus {
    /// How many people play.
    pub players: AtomicUsize,
    /// How many people watch.
    pub spectators: AtomicUsize,
    /// The tick it is at.
    pub tick: AtomicU32,
}

/// Runs a room on its thread.
pub struct RoomActor<S: Simulation> {
    name: RoomName,
    room: Room<S>,
    clock: DeadlineClock,
    status: Arc<RoomStatus>,
    lobby: Addr<Lobby<S>>,
    /// Where each session lives.
    homes: HashMap<SessionId, WorkerId>,
    /// The relays that ticks are sent to.
    relays: HashMap<WorkerId, Addr<Relay<S>>>,
}

impl<S: Simulation> RoomActor<S> {
    /// Runs `room`, beginning now.
    pub fn new(name: RoomName, room: Room<S>, tick_rate: u16, status: Arc<RoomStatus>, lobby: Addr<Lobby<S>>) -> Self {
        let clock = DeadlineClock::new(Instant::now(), tick_rate);
        Self { name, room, clock, status, lobby, homes: HashMap::new(), relays: HashMap::new() }
    }

    fn tick(&mut self, ctx: &mut Context<Self>) {
        let step = self.room.step();
        self.publish();
        let is_over = step.is_over;
        self.send(step, ctx);
        let (wait, skipped) = self.clock.advance(Instant::now());
        if skipped > 0 {
            warn!("room {}: {skipped} ticks skipped at tick {}", self.name, self.room.tick().0);
        }
        if is_over {
            info!("room {} closes: nobody is there", self.name);
            ctx.stop();
        } else {
            ctx.run_later(wait, Self::tick);
        }
    }

    /// Sends a tick to the relays, one message each.
    fn send(&mut self, step: Step<S::Game>, ctx: &Context<Self>) {
        let frame = Arc::new(step.frame);
        let mut deliveries: HashMap<WorkerId, Vec<_>> = HashMap::with_capacity(self.relays.len());
        for (session, delivery) in step.deliveries {
            if let Some(worker) = self.homes.get(&session) {
                deliveries.entry(*worker).or_default().push((session, delivery));
            }
        }
        for (worker, deliveries) in deliveries {
            let fanout = Fanout { frame: Arc::clone(&frame), deliveries, room: ctx.address() };
            self.relays[&worker].do_send(fanout);
        }
        for (session, reason) in step.closed {
            if let Some(worker) = self.homes.remove(&session) {
                self.relays[&worker].do_send(CloseSessions(vec![(session, reason)]));
            }
        }
    }

    fn publish(&self) {
        self.status.players.store(self.room.people(), Ordering::Relaxed);
        self.status.spectators.store(self.room.spectators(), Ordering::Relaxed);
        self.status.tick.store(self.room.tick().0, Ordering::Relaxed);
    }
}

/// However the room ends, by its own rules or by a panic in them, the lobby and those who are still there are told.
impl<S: Simulation> Drop for RoomActor<S> {
    fn drop(&mut self) {
        self.lobby.do_send(Closed(self.name.clone()));
        for (session, worker) in self.homes.drain() {
            if let Some(relay) = self.relays.get(&worker) {
                relay.do_send(CloseSessions(vec![(session, CloseReason::RoomClosed)]));
            }
        }
    }
}

impl<S: Simulation> Actor for RoomActor<S> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.run_later(self.clock.until_next(Instant::now()), Self::tick);
    }
}

impl<S: Simulation> Handler<Join<S>> for RoomActor<S> {
    type Result = Result<Welcome<S::Game>, CloseReason>;

    fn handle(&mut self, join: Join<S>, _: &mut Context<Self>) -> Self::Result {
        let welcome = self.room.handle_join(join.session, &join.hello, ResumeToken(rand::random()))?;
        self.homes.insert(join.session, join.worker);
        self.relays.entry(join.worker).or_insert(join.relay);
        self.publish();
        debug!("room {}: session {} joined", self.name, join.session.0);
        Ok(welcome)
    }
}

impl<S: Simulation> Handler<Leave> for RoomActor<S> {
    type Result = ();

    fn handle(&mut self, Leave(session, departure): Leave, _: &mut Context<Self>) {
        self.homes.remove(&session);
        self.room.handle_leave(session, departure);
        self.publish();
        debug!("room {}: session {} is gone ({departure:?})", self.name, session.0);
    }
}

impl<S: Simulation> Handler<Batch<S::Game>> for RoomActor<S> {
    type Result = ();

    fn handle(&mut self, Batch(notes): Batch<S::Game>, _: &mut Context<Self>) {
        for (session, note) in notes {
            match note {
                Note::Input(input) => self.room.handle_input(session, &input),
                Note::Acknowledge(tick) => self.room.handle_acknowledgement(session, tick),
                Note::Viewport(viewport) => self.room.handle_viewport(session, viewport),
                Note::Recover => self.room.handle_recover(session),
            }
        }
    }
}

impl<S: Simulation> Handler<Overruns> for RoomActor<S> {
    type Result = ();

    fn handle(&mut self, Overruns(tick, sessions): Overruns, _: &mut Context<Self>) {
        sessions.into_iter().for_each(|session| self.room.handle_overrun(session, tick));
    }
}
