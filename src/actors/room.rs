//! The actor of a room: passes ticks and messages to the room, and sends the resulting snapshots to the relays.

pub mod join_queue;
mod lane;
mod tick_clock;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::time::Duration;

use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Handler, Recipient, ResponseFuture, SpawnHandle};
use log::{debug, error, info, warn};
use tickcast_game::Simulation;
use tickcast_protocol::{CloseReason, ResumeToken, RoomName};
use tickcast_room::{Delivery, NewClient, Room, Schedule, SessionId, Step, TickDeliveries, TickFrame};
use tokio::time::Instant;

use super::messages::{
    CloseSessions, EncodingPanicked, Fanout, IdMap, Join, JoinPolicy, Leave, OutboxOverflows, RoomClosed, RoomHandle,
    RoomId, SessionEvent, WorkerId,
};
use crate::telemetry::{Load, Metrics};
use join_queue::{JoinQueue, JoinResult};
use lane::{Lane, WorkerRoute};
use tick_clock::TickClock;

/// State of a room that the lobby reads without sending a message.
#[derive(Debug, Default)]
pub struct RoomStatus {
    /// Seats taken by people.
    pub players: AtomicUsize,
    /// Whether a new player would get no seat: all are taken, and none of them yields to a new player.
    pub is_full: AtomicBool,
    /// Spectators.
    pub spectators: AtomicUsize,
    /// The current tick.
    pub tick: AtomicU32,
}

/// A room that is about to run.
pub struct RoomSetup<S: Simulation> {
    /// The room's id.
    pub id: RoomId,
    /// The room's name.
    pub name: RoomName,
    /// The room.
    pub room: Room<S>,
    /// Ticks per second.
    pub tick_rate: u16,
}

/// State that a room shares with other threads.
#[derive(Clone, Debug)]
pub struct SharedState {
    /// The ticks of all rooms are aligned to this time. Rooms with the same tick rate thus tick together, and share the
    /// wake-ups of their threads and of the workers.
    pub epoch: Instant,
    /// Read by the lobby.
    pub status: Arc<RoomStatus>,
    /// The server's metrics.
    pub metrics: Arc<Metrics>,
    /// The load of the room's thread.
    pub load: Arc<Load>,
}

/// Runs a room on its thread.
pub struct RoomActor<S: Simulation> {
    name: RoomName,
    room: Room<S>,
    tick_rate: u16,
    /// The room's times are measured from here.
    start: Instant,
    clock: TickClock,
    /// Timer for the end of the pause, if the room is paused. A paused room has no other timer.
    pause: Option<SpawnHandle>,
    shared: SharedState,
    /// The lobby, which is informed when the room ends.
    lobby: Recipient<RoomClosed>,
    handle: Arc<RoomHandle<S::Game>>,
    joins: JoinQueue<S::Game>,
    /// The worker of each session.
    sessions: IdMap<SessionId, WorkerId>,
    /// The messages of clients that are being handled. Empty between two ticks.
    events: Vec<(SessionId, SessionEvent<S::Game>)>,
    workers: IdMap<WorkerId, WorkerRoute<S>>,
    /// Number of skipped ticks that have not been logged yet.
    unlogged_skips: u64,
    /// Whether the game's code has panicked on a worker's thread.
    has_failed: bool,
}

type Deliveries = Vec<(SessionId, Delivery)>;

/// Selects a lane of a worker.
type LaneOf<S> = fn(&mut WorkerRoute<S>) -> &mut Lane;

impl<S: Simulation> RoomActor<S> {
    /// Creates the actor of a room, which pauses until its first client joins.
    pub fn new(setup: RoomSetup<S>, shared: SharedState, lobby: Recipient<RoomClosed>, addr: &Addr<Self>) -> Self {
        let RoomSetup { id, name, room, tick_rate } = setup;
        shared.metrics.rooms.inc();
        shared.metrics.rooms_opened.inc();
        let start = Instant::now();
        Self {
            name,
            room,
            tick_rate,
            start,
            clock: TickClock::new(shared.epoch, start, tick_rate),
            pause: None,
            shared,
            lobby,
            handle: RoomHandle::new(id, addr),
            joins: JoinQueue::new(tick_rate),
            sessions: IdMap::default(),
            events: Vec::new(),
            workers: IdMap::default(),
            unlogged_skips: 0,
            has_failed: false,
        }
    }

    /// The handle through which sessions reach the room.
    pub const fn handle(&self) -> &Arc<RoomHandle<S::Game>> {
        &self.handle
    }

    /// Runs one tick and schedules the next.
    fn tick(&mut self, ctx: &mut Context<Self>) {
        let start = Instant::now();
        let lateness = self.clock.lateness(start);
        self.shared.metrics.tick_lateness.record(lateness);
        self.handle_events();
        let must_skip = self.workers.values().any(|worker| worker.live.must_skip() || worker.delayed.must_skip());
        if !must_skip {
            self.advance(start);
        }
        self.joins.handle_tick();
        self.poll_joins(ctx);
        let now = Instant::now();
        let (wait, missed) = self.clock.advance(now);
        let skipped = missed + u64::from(must_skip);
        self.shared.load.report(lateness, skipped, now);
        self.count_skipped(skipped);
        self.follow_schedule(wait, ctx);
    }

    /// Asks the room what comes next, and schedules it: a tick (after `wait`), a pause, or the room's end.
    fn follow_schedule(&mut self, wait: Duration, ctx: &mut Context<Self>) {
        let now = self.start.elapsed();
        match self.room.poll_schedule(now) {
            Schedule::Tick => {
                ctx.run_later(wait, Self::tick);
            }
            Schedule::Pause(until) => {
                let follow_schedule = |room: &mut Self, ctx: &mut _| room.follow_schedule(Duration::ZERO, ctx);
                self.pause = Some(ctx.run_later(until.saturating_sub(now), follow_schedule));
                self.publish_status();
            }
            Schedule::Close => {
                info!("room {} closes: it is empty", self.name);
                ctx.stop();
            }
        }
    }

    /// Ends a pause because a client has joined. The next tick is due within one period. Time spent in the pause is not made
    /// up.
    fn end_pause(&mut self, ctx: &mut Context<Self>) {
        if let Some(timer) = self.pause.take() {
            ctx.cancel_future(timer);
            let now = Instant::now();
            self.clock = TickClock::new(self.shared.epoch, now, self.tick_rate);
            ctx.run_later(self.clock.until_next(now), Self::tick);
        }
    }

    /// Passes the messages of clients to the room.
    fn handle_events(&mut self) {
        let (mut inputs, mut resync_requests) = (0, 0);
        self.handle.events.take(&mut self.events);
        for (session, event) in self.events.drain(..) {
            match event {
                SessionEvent::Input(input) => {
                    inputs += 1;
                    self.room.handle_input(session, &input);
                }
                SessionEvent::Acknowledge(tick) => self.room.handle_acknowledgement(session, tick),
                SessionEvent::Viewport(viewport) => self.room.handle_viewport(session, viewport),
                SessionEvent::Resync => {
                    resync_requests += 1;
                    self.room.handle_resync(session);
                }
            }
        }
        self.shared.metrics.inputs.inc_by(inputs);
        self.shared.metrics.resync_requests.inc_by(resync_requests);
    }

    /// Simulates a tick and sends it.
    fn advance(&mut self, start: Instant) {
        let step = self.room.step(start - self.start);
        self.publish_status();
        self.send(step);
        self.shared.metrics.ticks.inc();
        self.shared.metrics.tick_duration.record(start.elapsed());
    }

    /// Counts skipped ticks, and logs them at most once per second.
    fn count_skipped(&mut self, skipped: u64) {
        self.unlogged_skips += skipped;
        self.shared.metrics.ticks_skipped.inc_by(skipped);
        let tick = self.room.tick().0;
        if self.unlogged_skips > 0 && tick.is_multiple_of(self.tick_rate.into()) {
            warn!("room {}: {} ticks skipped until tick {tick}", self.name, std::mem::take(&mut self.unlogged_skips));
        }
    }

    /// Sends the results of a tick. The snapshots of delayed spectators go first. If the live tick reaches a relay before
    /// all of these are sent, the relay queues the rest on their connections, and then sends the live tick in slices.
    fn send(&mut self, step: Step<S::Game>) {
        if let Some(delayed) = step.delayed {
            self.send_tick(delayed, |route| &mut route.delayed);
        }
        self.send_tick(step.live, |route| &mut route.live);
        for (session, reason) in step.closed {
            if let Some(worker) = self.sessions.remove(&session) {
                self.workers[&worker].relay.close.do_send(CloseSessions(vec![(session, reason)]));
            }
        }
    }

    /// Sends a tick to each relay in one message. Full snapshots come first: their clients have waited longest.
    fn send_tick(&mut self, tick: TickDeliveries<S::Game>, lane: LaneOf<S>) {
        let mut deliveries = IdMap::<WorkerId, Deliveries>::default();
        let (full, delta): (Vec<_>, Vec<_>) =
            tick.deliveries.into_iter().partition(|(_, delivery)| delivery.previous_view.is_none());
        for (session, delivery) in full.into_iter().chain(delta) {
            if let Some(worker) = self.sessions.get(&session) {
                deliveries.entry(*worker).or_default().push((session, delivery));
            }
        }
        for (worker, deliveries) in deliveries {
            self.send_to(worker, lane, &tick.frame, deliveries);
        }
    }

    /// Sends a tick to one worker, without the snapshots of sessions that are shed.
    fn send_to(&mut self, worker: WorkerId, lane: LaneOf<S>, frame: &Arc<TickFrame<S::Game>>, mut deliveries: Deliveries) {
        let route = self.workers.get_mut(&worker).expect("every worker with sessions has a route");
        let lane = lane(route);
        lane.backlog.record(lane.in_flight.count());
        let (backlog, in_flight) = (lane.backlog, lane.in_flight.clone());
        let (room, tick) = (&mut self.room, frame.tick());
        let is_shed = |(session, delivery): &mut (SessionId, Delivery)| {
            delivery.previous_view.is_some() && backlog.sheds(*session, tick)
        };
        let shed = deliveries.extract_if(.., is_shed).map(|(session, _)| room.handle_shed(session, tick)).count();
        self.shared.metrics.snapshots_shed.inc_by(shed as u64);
        route.relay.send_tick(Fanout {
            frame: Arc::clone(frame),
            deliveries,
            room: Arc::clone(&self.handle),
            sent_at: Instant::now(),
            next_tick_at: self.clock.after_next(),
            in_flight,
        });
    }

    fn publish_status(&self) {
        let SharedState { status, metrics, .. } = &self.shared;
        let players = self.room.humans();
        let before = status.players.swap(players, Ordering::Relaxed);
        metrics.players.inc_by(players as i64 - before as i64);
        status.is_full.store(!self.room.has_seat_for_new_player(self.start.elapsed()), Ordering::Relaxed);
        status.spectators.store(self.room.spectators(), Ordering::Relaxed);
        status.tick.store(self.room.tick().0, Ordering::Relaxed);
    }
}

/// Informs the lobby and the sessions that the room has ended, even if the game's code has panicked.
impl<S: Simulation> Drop for RoomActor<S> {
    fn drop(&mut self) {
        let metrics = &self.shared.metrics;
        metrics.rooms.dec();
        metrics.players.dec_by(self.shared.status.players.load(Ordering::Relaxed) as i64);
        let has_panicked = self.has_failed || std::thread::panicking();
        if has_panicked {
            metrics.room_panics.inc();
            error!("room {} has panicked at tick {}", self.name, self.room.tick().0);
        }
        let reason = if has_panicked { CloseReason::RoomFailed } else { CloseReason::RoomClosed };
        self.handle.events.close();
        self.lobby.do_send(RoomClosed(self.name.clone()));
        for (session, worker) in self.sessions.drain() {
            if let Some(route) = self.workers.get(&worker) {
                route.relay.close.do_send(CloseSessions(vec![(session, reason)]));
            }
        }
    }
}

impl<S: Simulation> Actor for RoomActor<S> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.follow_schedule(Duration::ZERO, ctx);
    }
}

impl<S: Simulation> RoomActor<S> {
    /// Lets waiting clients join, as many as may join before the next tick.
    fn poll_joins(&mut self, ctx: &mut Context<Self>) {
        while let Some((join, answer)) = self.joins.poll() {
            let result = self.join(join, ctx);
            self.joins.handle_result(&result);
            _ = answer.send(result);
        }
    }

    fn join(&mut self, join: Join<S::Game>, ctx: &mut Context<Self>) -> JoinResult<S::Game> {
        // An acknowledgement that has arrived before the join may invalidate the client's resume token.
        self.handle_events();
        let refusal = match join.policy {
            JoinPolicy::ResumeOnly(refusal) => Some(refusal),
            JoinPolicy::PreferResume if self.shared.load.is_overloaded(Instant::now()) => Some(CloseReason::Overloaded),
            JoinPolicy::PreferResume | JoinPolicy::Open => None,
        };
        if let Some(refusal) = refusal.filter(|_| !self.room.has_seat(&join.hello)) {
            return Err(refusal);
        }
        let client = NewClient {
            session: join.session,
            hello: &join.hello,
            token: ResumeToken(rand::random()),
            key: join.client,
            permit: join.permit,
        };
        let welcome = self.room.handle_join(client, self.start.elapsed())?;
        self.end_pause(ctx);
        let worker = join.relay.worker;
        self.sessions.insert(join.session, worker);
        self.workers.entry(worker).or_insert_with(|| WorkerRoute {
            relay: join.relay,
            live: Lane::new(self.tick_rate),
            delayed: Lane::new(self.tick_rate),
        });
        self.publish_status();
        debug!("room {}: session {} joined", self.name, join.session.0);
        Ok(welcome)
    }
}

impl<S: Simulation> Handler<Join<S::Game>> for RoomActor<S> {
    type Result = ResponseFuture<JoinResult<S::Game>>;

    fn handle(&mut self, join: Join<S::Game>, ctx: &mut Context<Self>) -> Self::Result {
        let joined = self.joins.push(join);
        self.poll_joins(ctx);
        Box::pin(joined)
    }
}

impl<S: Simulation> Handler<Leave> for RoomActor<S> {
    type Result = ();

    fn handle(&mut self, Leave(session, departure): Leave, _: &mut Context<Self>) {
        // The departure must not overtake the session's last messages. For example, the room keeps the seat only if it has
        // received an acknowledgement before the departure.
        self.handle_events();
        self.sessions.remove(&session);
        self.room.handle_leave(session, departure, self.start.elapsed());
        self.publish_status();
        debug!("room {}: session {} left ({departure:?})", self.name, session.0);
    }
}

impl<S: Simulation> Handler<OutboxOverflows> for RoomActor<S> {
    type Result = ();

    fn handle(&mut self, OutboxOverflows(tick, sessions): OutboxOverflows, _: &mut Context<Self>) {
        self.handle_events();
        sessions.into_iter().for_each(|session| self.room.handle_overflow(session, tick));
    }
}

impl<S: Simulation> Handler<EncodingPanicked> for RoomActor<S> {
    type Result = ();

    fn handle(&mut self, _: EncodingPanicked, ctx: &mut Context<Self>) {
        self.has_failed = true;
        ctx.stop();
    }
}
