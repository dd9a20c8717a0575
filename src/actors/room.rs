//! The actor of a room: schedules the room's ticks, passes messages to the room, and sends the resulting snapshots to the
//! relays.

pub mod commits;
mod durability;
mod events;
mod fanout;
pub mod incidents;
pub mod join_queue;
mod operation;
mod status;
mod tick_clock;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actix::{Actor, ActorContext, Addr, AsyncContext, Context, Recipient, SpawnHandle};
use log::{error, info, warn};
use tickcast_game::Simulation;
use tickcast_protocol::{CloseReason, PlayerId, RoomName};
use tickcast_room::{Room, Schedule, SessionId};
use tokio::time::Instant;

use super::log_name::LogName;
use super::messages::{CloseSessions, IdMap, RoomClosed, RoomHandle, RoomId, SessionEvent, WorkerId};
use crate::admission::ClientIdentity;
use crate::admission::tickets::Subject;
use crate::telemetry::{Health, Load, Metrics, RoomEnd, RoomEventSink};
use commits::{Commits, Output};
use durability::report_opening;
use fanout::WorkerRoute;
use incidents::Incidents;
use join_queue::JoinQueue;

pub use commits::{Base, StoredRoom};
pub use status::{Groups, RoomStatus};
use tick_clock::RoomClock;
pub(super) use tick_clock::TickClock;

/// Maximum time for which a recovered room waits for its players to return before it runs its first tick.
const RESUMPTION_TIME_MAX: Duration = Duration::from_secs(2);

/// A room that is about to run.
pub struct RoomSetup<S: Simulation> {
    /// The room's id.
    pub id: RoomId,
    /// The room.
    pub room: Room<S>,
    /// Where the room is stored; `None` if it exists in memory only.
    pub stored: Option<StoredRoom>,
    /// What happens if the store fails.
    pub on_disk_error: OnDiskError,
}

/// What happens if rooms cannot be stored, for example because the disk is full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnDiskError {
    /// Rooms continue in memory. They are stored again as soon as possible.
    #[default]
    Continue,
    /// The server shuts down. Clients see no tick that is not stored.
    Stop,
}

/// State that a room shares with other threads.
#[derive(Clone)]
pub struct SharedState {
    /// The ticks of all rooms are aligned to this time. Rooms with the same tick rate thus tick together, and share the
    /// wake-ups of their threads and of the workers.
    pub epoch: Instant,
    /// The room's status, which the lobby reads.
    pub status: Arc<RoomStatus>,
    /// The server's metrics.
    pub metrics: Arc<Metrics>,
    /// The load of the room's thread.
    pub load: Arc<Load>,
    /// The server's health.
    pub health: Arc<Health>,
    /// Saves the last seconds of stored rooms; `None` if nothing is saved.
    pub incidents: Option<Arc<Incidents>>,
    /// Receives the events of rooms.
    pub events: Option<Arc<dyn RoomEventSink>>,
}

/// Runs a room on its thread.
pub struct RoomActor<S: Simulation> {
    name: RoomName,
    room: Room<S>,
    tick_rate: u16,
    /// The time at which this actor started: on the server's clock, and on the room's clock.
    start: (Instant, Duration),
    clock: RoomClock,
    /// The timer of the next tick; `None` while no tick is scheduled.
    next_tick: Option<SpawnHandle>,
    /// While the room pauses, the timer that ends the pause. No tick is scheduled during a pause. `None` while the room
    /// ticks.
    pause: Option<SpawnHandle>,
    shared: SharedState,
    /// The lobby, which is informed when the room ends.
    lobby: Recipient<RoomClosed>,
    handle: Arc<RoomHandle<S::Game>>,
    joins: JoinQueue<S::Game>,
    sessions: IdMap<SessionId, RoomSession>,
    /// While an operator has paused the room, the timer that lets the room handle the clients' messages without ticks.
    events_without_ticks: Option<SpawnHandle>,
    /// The user of each player whose ticket names one. A client that resumes a seat needs no ticket.
    users: BTreeMap<PlayerId, Subject>,
    /// Buffer for the clients' messages while `handle_events` passes them to the room. Empty otherwise.
    events: Vec<(SessionId, SessionEvent<S::Game>)>,
    workers: IdMap<WorkerId, WorkerRoute<S>>,
    /// Number of skipped ticks that have not been logged yet.
    unlogged_skips: u64,
    /// The results (ticks and Welcomes) that wait for the store; `None` if the room exists in memory only.
    commits: Option<Commits<S::Game>>,
    on_disk_error: OnDiskError,
    phase: Phase,
}

/// A session in a room.
struct RoomSession {
    worker: WorkerId,
    identity: ClientIdentity,
}

/// Phase of a room's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The room was recovered with this many occupied seats. It waits until three quarters of their players have returned,
    /// but for at most `RESUMPTION_TIME_MAX`.
    Resuming(usize),
    /// The room runs or pauses.
    Open,
    /// The server shuts down, possibly because the store has failed. The room does not change any more.
    Stopped,
    /// The room has ended: it was empty for too long, or an operator has closed it.
    Closed(RoomEnd),
    /// The game's code has panicked on a worker's thread, or another server has taken the room over.
    Failed,
}

impl<S: Simulation> RoomActor<S> {
    /// Creates the actor of a room. A new room pauses until its first client joins.
    pub fn new(setup: RoomSetup<S>, shared: SharedState, lobby: Recipient<RoomClosed>, addr: &Addr<Self>) -> Self {
        let RoomSetup { id, room, stored, on_disk_error } = setup;
        let (name, tick_rate) = (room.name().clone(), room.options().tick_rate);
        shared.status.seats.store(room.options().seats, Ordering::Relaxed);
        shared.status.tick_rate.store(tick_rate, Ordering::Relaxed);
        shared.metrics.rooms.inc();
        shared.metrics.rooms_opened.inc();
        report_opening(&shared, &room, stored.as_ref());
        let start = Instant::now();
        Self {
            name,
            tick_rate,
            start: (start, room.now()),
            clock: RoomClock::new::<S::Game>(shared.epoch, start, tick_rate),
            next_tick: None,
            phase: if room.lost_seats() > 0 { Phase::Resuming(room.lost_seats()) } else { Phase::Open },
            commits: stored.map(|stored| Commits::new(id, stored, addr.clone().recipient())),
            on_disk_error,
            room,
            pause: None,
            shared,
            lobby,
            handle: RoomHandle::new(id, addr),
            joins: JoinQueue::new(tick_rate),
            sessions: IdMap::default(),
            events_without_ticks: None,
            users: BTreeMap::new(),
            events: Vec::new(),
            workers: IdMap::default(),
            unlogged_skips: 0,
        }
    }

    /// The handle through which sessions reach the room.
    pub const fn handle(&self) -> &Arc<RoomHandle<S::Game>> {
        &self.handle
    }

    fn log_name(&self) -> LogName<'_> {
        (&self.name).into()
    }

    /// The time on the clock of the room.
    fn now(&self) -> Duration {
        let (start, room_start) = self.start;
        room_start + start.elapsed()
    }

    /// Runs one tick and schedules the next.
    fn tick(&mut self, ctx: &mut Context<Self>) {
        self.next_tick = None;
        if self.phase != Phase::Open {
            return;
        }
        let start = Instant::now();
        let lateness = self.clock.lateness(start);
        self.shared.metrics.tick_lateness.record(lateness);
        self.handle.accept_wakes();
        self.handle_events();
        let must_wait = self.commits.as_ref().is_some_and(|commits| commits.must_wait(self.tick_rate));
        self.shared.metrics.ticks_held_by_store.inc_by(must_wait.into());
        let is_behind = |worker: &WorkerRoute<S>| worker.live.must_skip() || worker.delayed.must_skip();
        let must_skip = must_wait || self.workers.values().any(is_behind);
        if !must_skip {
            self.advance(start);
        }
        self.joins.handle_tick();
        self.poll_joins(ctx);
        let now = Instant::now();
        let missed = self.clock.advance(now);
        let skipped = missed + u64::from(must_skip);
        self.shared.load.report(lateness, skipped, now);
        self.count_skipped(skipped);
        self.follow_schedule(ctx);
    }

    /// Asks the room what comes next, and schedules it: a tick, a pause, or the room's end.
    fn follow_schedule(&mut self, ctx: &mut Context<Self>) {
        if self.phase == Phase::Stopped {
            return;
        }
        let now = self.now();
        match self.room.poll_schedule(now) {
            Schedule::Tick => self.schedule_tick(ctx),
            Schedule::Pause(until) => {
                self.pause = Some(ctx.run_later(until.saturating_sub(now), Self::follow_schedule));
                self.publish_status();
                // The checkpoint replaces the journal. Without a checkpoint, the store would have to keep the journal
                // during the whole pause.
                self.commits.iter_mut().for_each(Commits::request_checkpoint);
                self.commit();
            }
            Schedule::Close => {
                info!("room {} closes: it is empty", self.log_name());
                self.room.end_stays(now);
                self.phase = Phase::Closed(RoomEnd::Empty);
                ctx.stop();
            }
        }
    }

    /// Schedules the next tick, unless an operator has paused the room.
    fn schedule_tick(&mut self, ctx: &mut Context<Self>) {
        if self.shared.status.is_paused.load(Ordering::Relaxed) {
            return;
        }
        let now = Instant::now();
        if self.room.is_tick_requested() {
            self.clock.request(now);
        }
        self.next_tick = Some(ctx.run_later(self.clock.until_next(now), Self::tick));
    }

    /// Ends the pause. Does nothing if the room does not pause, or if a recovered room still waits for players to return.
    /// The next tick of a steady room is due within one period after the end of the pause. The room does not catch up on the
    /// time spent in the pause.
    fn end_pause(&mut self, ctx: &mut Context<Self>) {
        if let Phase::Resuming(seats) = self.phase {
            if self.room.lost_seats() * 4 > seats {
                return;
            }
            self.phase = Phase::Open;
        }
        if let Some(timer) = self.pause.take() {
            ctx.cancel_future(timer);
            self.restart_clock(ctx);
        }
    }

    fn restart_clock(&mut self, ctx: &mut Context<Self>) {
        self.clock = RoomClock::new::<S::Game>(self.shared.epoch, Instant::now(), self.tick_rate);
        self.schedule_tick(ctx);
    }

    /// Simulates a tick. The tick's snapshots are sent as soon as the tick is stored, or at once if the room exists in
    /// memory only.
    fn advance(&mut self, start: Instant) {
        let step = self.room.step(self.now());
        self.publish_status();
        self.output(Output::Tick(step));
        self.shared.metrics.ticks.inc();
        self.shared.metrics.tick_duration.record(start.elapsed());
    }

    /// Counts skipped ticks, and logs them at most once per second.
    fn count_skipped(&mut self, skipped: u64) {
        self.unlogged_skips += skipped;
        self.shared.metrics.ticks_skipped.inc_by(skipped);
        let tick = self.room.tick().0;
        if self.unlogged_skips > 0 && tick.is_multiple_of(self.tick_rate.into()) {
            let skips = std::mem::take(&mut self.unlogged_skips);
            warn!("room {}: {skips} ticks skipped until tick {tick}", self.log_name());
        }
    }

    fn publish_status(&self) {
        let SharedState { status, metrics, .. } = &self.shared;
        let players = self.room.humans();
        let before = status.players.swap(players, Ordering::Relaxed);
        metrics.players.inc_by(players as i64 - before as i64);
        status.update(&self.room, self.now());
    }
}

/// Informs the lobby and the sessions that the room has ended, even if the game's code has panicked.
impl<S: Simulation> Drop for RoomActor<S> {
    fn drop(&mut self) {
        let has_panicked = self.phase == Phase::Failed || std::thread::panicking();
        self.finish_storage(has_panicked);
        self.report_end(has_panicked);
        let metrics = &self.shared.metrics;
        metrics.rooms.dec();
        metrics.players.dec_by(self.shared.status.players.load(Ordering::Relaxed) as i64);
        if has_panicked {
            metrics.room_panics.inc();
            error!("room {} has panicked at tick {}", self.log_name(), self.room.tick().0);
        }
        let reason = match self.phase {
            _ if has_panicked => CloseReason::RoomFailed,
            Phase::Closed(RoomEnd::Operator) => CloseReason::Removed,
            _ => CloseReason::RoomClosed,
        };
        self.handle.events.close();
        self.lobby.do_send(RoomClosed(self.name.clone()));
        for (session, RoomSession { worker, .. }) in self.sessions.drain() {
            if let Some(route) = self.workers.get(&worker) {
                route.relay.close.do_send(CloseSessions(vec![(session, reason)]));
            }
        }
    }
}

impl<S: Simulation> Actor for RoomActor<S> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.publish_replay();
        if let Phase::Resuming(seats) = self.phase {
            info!("room {} continues at tick {} and waits for {seats} players", self.log_name(), self.room.tick().0);
            self.pause = Some(ctx.run_later(RESUMPTION_TIME_MAX, |room, ctx| {
                if room.phase != Phase::Stopped {
                    room.phase = Phase::Open;
                    room.end_pause(ctx);
                }
            }));
            self.commit();
        } else {
            self.follow_schedule(ctx);
        }
    }
}
