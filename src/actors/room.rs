//! A room's actor: gives the room its ticks and messages, and sends what comes out to the relays.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::time::Instant;

use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler};
use foldhash::{HashMap, HashMapExt};
use log::{debug, error, info, warn};
use tickcast_protocol::{CloseReason, ResumeToken, RoomName, Welcome};

use super::clock::DeadlineClock;
use super::lobby::Lobby;
use super::messages::{Batch, CloseSessions, Closed, Fanout, Grounds, Join, Leave, Note, Overruns};
use super::relay::Relay;
use super::relief::Backlog;
use super::worker::WorkerId;
use crate::health::load::Load;
use crate::metrics::Metrics;
use crate::replication::{Delivery, Frame};
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

/// What a room shares with those who look at it from outside.
#[derive(Clone, Debug)]
pub struct Shared {
    /// What the lobby sees.
    pub status: Arc<RoomStatus>,
    /// What the server counts.
    pub metrics: Arc<Metrics>,
    /// How much the room's thread has to do.
    pub load: Arc<Load>,
}

/// Runs a room on its thread.
pub struct RoomActor<S: Simulation> {
    name: RoomName,
    room: Room<S>,
    tick_rate: u16,
    clock: DeadlineClock,
    shared: Shared,
    lobby: Addr<Lobby<S>>,
    /// Where each session lives.
    homes: HashMap<SessionId, WorkerId>,
    /// The workers that ticks are sent to.
    routes: HashMap<WorkerId, Route<S>>,
    /// Ticks that were skipped, and that nobody was warned of.
    skipped_untold: u64,
}

/// The way to a worker's sessions.
struct Route<S: Simulation> {
    relay: Addr<Relay<S>>,
    /// Every message on its way holds this.
    under_way: Arc<()>,
    backlog: Backlog,
}

impl<S: Simulation> Route<S> {
    /// How many ticks the worker has not begun to send.
    fn waiting(&self) -> usize {
        Arc::strong_count(&self.under_way) - 1
    }
}

type Deliveries = Vec<(SessionId, Delivery)>;

impl<S: Simulation> RoomActor<S> {
    /// Runs `room`, beginning now.
    pub fn new(name: RoomName, room: Room<S>, tick_rate: u16, shared: Shared, lobby: Addr<Lobby<S>>) -> Self {
        let clock = DeadlineClock::new(Instant::now(), tick_rate);
        shared.metrics.rooms.inc();
        shared.metrics.rooms_opened.inc();
        let (homes, routes) = (HashMap::new(), HashMap::new());
        Self { name, room, tick_rate, clock, shared, lobby, homes, routes, skipped_untold: 0 }
    }

    /// It is time for a tick.
    fn tick(&mut self, ctx: &mut Context<Self>) {
        let began = Instant::now();
        let lateness = self.clock.lateness(began);
        self.shared.metrics.tick_lateness.record(lateness);
        let slips = self.routes.values().any(|route| route.backlog.must_slip(route.waiting()));
        let is_over = !slips && self.advance(began, ctx);
        let now = Instant::now();
        let (wait, too_late) = self.clock.advance(now);
        let skipped = too_late + u64::from(slips);
        self.shared.load.report(lateness, skipped, now);
        self.count_skipped(skipped);
        if is_over {
            info!("room {} closes: nobody is there", self.name);
            ctx.stop();
        } else {
            ctx.run_later(wait, Self::tick);
        }
    }

    /// Makes a tick and sends it; says whether it was the last.
    fn advance(&mut self, began: Instant, ctx: &Context<Self>) -> bool {
        let step = self.room.step();
        self.publish();
        let is_over = step.is_over;
        self.send(step, ctx);
        self.shared.metrics.ticks.inc();
        self.shared.metrics.tick_duration.record(began.elapsed());
        is_over
    }

    /// Counts ticks that were left out, and warns of them, but not all the time.
    fn count_skipped(&mut self, skipped: u64) {
        self.skipped_untold += skipped;
        self.room.handle_skipped(skipped);
        self.shared.metrics.ticks_skipped.inc_by(skipped);
        let tick = self.room.tick().0;
        if self.skipped_untold > 0 && tick.is_multiple_of(self.tick_rate.into()) {
            warn!("room {}: {} ticks skipped until tick {tick}", self.name, std::mem::take(&mut self.skipped_untold));
        }
    }

    /// Sends a tick to the relays, one message each.
    fn send(&mut self, step: Step<S::Game>, ctx: &Context<Self>) {
        let frame = Arc::new(step.frame);
        let mut deliveries: HashMap<WorkerId, Deliveries> = HashMap::with_capacity(self.routes.len());
        for (session, delivery) in step.deliveries {
            if let Some(worker) = self.homes.get(&session) {
                deliveries.entry(*worker).or_default().push((session, delivery));
            }
        }
        for (worker, deliveries) in deliveries {
            self.send_to(worker, &frame, deliveries, ctx);
        }
        for (session, reason) in step.closed {
            if let Some(worker) = self.homes.remove(&session) {
                self.routes[&worker].relay.do_send(CloseSessions(vec![(session, reason)]));
            }
        }
    }

    fn send_to(&mut self, worker: WorkerId, frame: &Arc<Frame<S::Game>>, mut deliveries: Deliveries, ctx: &Context<Self>) {
        let route = self.routes.get_mut(&worker).expect("where a session lives, there is a way");
        route.backlog.note(route.waiting());
        let (backlog, room, tick) = (route.backlog, &mut self.room, frame.tick());
        let shed = deliveries.extract_if(.., |(session, delivery)| delivery.saw.is_some() && backlog.sheds(*session, tick));
        let shed = shed.map(|(session, _)| room.handle_shed(session, tick)).count();
        self.shared.metrics.snapshots_shed.inc_by(shed as u64);
        let (frame, under_way) = (Arc::clone(frame), Arc::clone(&route.under_way));
        route.relay.do_send(Fanout { frame, deliveries, room: ctx.address(), sent_at: Instant::now(), under_way });
    }

    fn publish(&self) {
        let Shared { status, metrics, .. } = &self.shared;
        let players = self.room.people();
        let before = status.players.swap(players, Ordering::Relaxed);
        metrics.players.inc_by(players as i64 - before as i64);
        status.spectators.store(self.room.spectators(), Ordering::Relaxed);
        status.tick.store(self.room.tick().0, Ordering::Relaxed);
    }
}

/// However the room ends, by its own rules or by a panic in them, the lobby and those who are still there are told.
impl<S: Simulation> Drop for RoomActor<S> {
    fn drop(&mut self) {
        let metrics = &self.shared.metrics;
        metrics.rooms.dec();
        metrics.players.dec_by(self.shared.status.players.load(Ordering::Relaxed) as i64);
        let has_failed = std::thread::panicking();
        if has_failed {
            metrics.room_panics.inc();
            let (name, tick, seed) = (&self.name, self.room.tick().0, self.room.seed());
            error!("room {name} has ended by a panic at tick {tick}; its seed is {seed}");
        }
        let reason = if has_failed { CloseReason::RoomFailed } else { CloseReason::RoomClosed };
        self.lobby.do_send(Closed(self.name.clone()));
        for (session, worker) in self.homes.drain() {
            if let Some(route) = self.routes.get(&worker) {
                route.relay.do_send(CloseSessions(vec![(session, reason)]));
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
        let refusal = match join.grounds {
            Grounds::TokenAlone(refusal) => Some(refusal),
            Grounds::Return if self.shared.load.is_over(Instant::now()) => Some(CloseReason::Busy),
            Grounds::Return | Grounds::Open => None,
        };
        if let Some(refusal) = refusal.filter(|_| !self.room.has_seat(&join.hello)) {
            return Err(refusal);
        }
        let welcome = self.room.handle_join(join.session, &join.hello, ResumeToken(rand::random()))?;
        self.homes.insert(join.session, join.worker);
        let route = || Route { relay: join.relay, under_way: Arc::default(), backlog: Backlog::new(self.tick_rate) };
        self.routes.entry(join.worker).or_insert_with(route);
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
        let (mut inputs, mut recoveries) = (0, 0);
        for (session, note) in notes {
            match note {
                Note::Input(input) => {
                    inputs += 1;
                    self.room.handle_input(session, &input);
                }
                Note::Acknowledge(tick) => self.room.handle_acknowledgement(session, tick),
                Note::Viewport(viewport) => self.room.handle_viewport(session, viewport),
                Note::Recover => {
                    recoveries += 1;
                    self.room.handle_recover(session);
                }
            }
        }
        self.shared.metrics.inputs.inc_by(inputs);
        self.shared.metrics.recoveries.inc_by(recoveries);
    }
}

impl<S: Simulation> Handler<Overruns> for RoomActor<S> {
    type Result = ();

    fn handle(&mut self, Overruns(tick, sessions): Overruns, _: &mut Context<Self>) {
        sessions.into_iter().for_each(|session| self.room.handle_overrun(session, tick));
    }
}
