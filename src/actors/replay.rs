//! The actor of a replay: plays a recorded match again for one client.
//!
//! A replay has the handle of a room, so sessions and relays treat both in the same way. Replays run on threads of low
//! priority, so that they do not delay the ticks of rooms.

pub mod directory;
mod matches;
mod player;
pub mod recording;

use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorContext, AsyncContext, Context, Handler};
use log::{debug, warn};
use tickcast_game::{GameProtocol, Simulation};
use tickcast_protocol::{CloseReason, PlaybackSpeed, Tick, Welcome};
use tickcast_room::{PlayedTick, SeatPermit, SessionId};
use tokio::time::Instant;

use super::messages::{
    CloseSessions, EncodingPanicked, Fanout, InFlight, Join, JoinPolicy, Leave, OutboxOverflows, PlaybackControl,
    RelayHandle, RoomHandle, RoomReport, RunOperation, SessionEvent, StopRoom, StoreListing, WakeRoom,
};
use super::room::TickClock;
use crate::admission::limits::Event;
use crate::admission::{Client, Permit};
use crate::telemetry::Metrics;
use player::{PlayError, Player, Progress};

/// Maximum number of ticks that the client's worker has not accepted yet. If there are more, the replay waits. The limit is
/// larger than 16, because a replay sends 16 ticks at once at the highest speed.
const IN_FLIGHT_MAX: usize = 32;
/// Interval between checks whether more ticks of a running match can be played.
const WAITING_INTERVAL: Duration = Duration::from_secs(1);
/// Time within which the client must join a replay that was opened for it. A join needs no more than a message.
const JOIN_TIMEOUT: Duration = Duration::from_secs(10);

/// A replay that is about to run.
struct ReplaySetup<S: Simulation> {
    player: Player<S>,
    /// The client, whose seeks are limited.
    client: Client,
    /// Counts the replay against the limits of its client and of the server.
    _permits: (Permit, Arc<()>),
    metrics: Arc<Metrics>,
}

/// Plays a recorded match again for one client.
struct ReplayActor<S: Simulation> {
    setup: ReplaySetup<S>,
    handle: Arc<RoomHandle<S::Game>>,
    viewer: Option<Viewer<S>>,
    clock: TickClock,
    speed: PlaybackSpeed,
    is_paused: bool,
    /// The tick that the client wants to see next. The seek to this tick waits until the limit on seeks permits it.
    seek: Option<Tick>,
    /// Time of the replay that may still be sent to the client in this period, in quarters of a beat. In a steady room, a
    /// beat is the time of a tick.
    credit: u32,
    /// The next tick, if it has been simulated already, but its time has not come: ticks of a match with pace on demand take
    /// different times.
    next: Option<PlayedTick<S::Game>>,
    /// At the end of the match, the time of the next attempt to continue.
    waits_until: Option<Instant>,
    /// Buffer for the client's messages. Empty outside `handle_events`.
    events: Vec<(SessionId, SessionEvent<S::Game>)>,
    has_failed: bool,
}

/// The session that watches.
struct Viewer<S: Simulation> {
    session: SessionId,
    relay: Arc<RelayHandle<S::Game>>,
    in_flight: InFlight,
    _permit: Option<SeatPermit>,
}

impl<S: Simulation> ReplayActor<S> {
    fn new(setup: ReplaySetup<S>, handle: Arc<RoomHandle<S::Game>>) -> Self {
        setup.metrics.replays.inc();
        let now = Instant::now();
        Self {
            clock: TickClock::new(now, now, setup.player.tick_rate()),
            setup,
            handle,
            viewer: None,
            speed: PlaybackSpeed::default(),
            is_paused: false,
            seek: None,
            credit: 0,
            next: None,
            waits_until: None,
            events: Vec::new(),
            has_failed: false,
        }
    }

    /// Does what is due in a period of a tick, and schedules the next period.
    fn run_period(&mut self, ctx: &mut Context<Self>) {
        self.handle_events();
        if let Err(error) = self.play() {
            return self.fail(&error, ctx);
        }
        if self.viewer.is_none() {
            // The client's session was closed because the client acknowledges nothing.
            return ctx.stop();
        }
        let wait = if self.setup.player.is_seeking() && !self.waits_for_worker() {
            // Other replays of this thread run between two parts of a seek.
            Duration::ZERO
        } else {
            self.credit = (self.credit + u32::from(self.speed.quarters())).min(self.credit_max());
            self.clock.advance(Instant::now()).0
        };
        ctx.run_later(wait, Self::run_period);
    }

    /// The client must not fall behind by more ticks than are sent at once at the highest speed.
    fn credit_max(&self) -> u32 {
        let next = self.next.as_ref().map_or(0, cost);
        next.max(PlaybackSpeed::QUARTERS_MAX.into())
    }

    /// Whether the client's worker must first accept ticks that were sent before.
    fn waits_for_worker(&self) -> bool {
        self.viewer.as_ref().is_some_and(|viewer| viewer.in_flight.count() >= IN_FLIGHT_MAX)
    }

    fn play(&mut self) -> Result<(), PlayError> {
        if self.viewer.is_none() || self.waits_for_worker() {
            return Ok(());
        }
        if let Some(tick) = self.seek.take_if(|_| self.setup.client.try_acquire(Event::Seek, 1).is_ok()) {
            self.setup.player.seek(tick)?;
            self.next = None;
            self.waits_until = None;
        }
        if self.setup.player.is_seeking() {
            if let Progress::Tick(played) = self.setup.player.step()? {
                self.credit = 0;
                self.send(played);
            }
            return Ok(());
        }
        if self.setup.player.playback().is_unresponsive() {
            self.close_viewer(CloseReason::SlowConsumer);
            return Ok(());
        }
        if self.is_paused || self.waits_until.is_some_and(|until| Instant::now() < until) {
            return Ok(());
        }
        self.play_ticks()
    }

    /// Sends the ticks that are due. At the end of the match, and if flow control holds snapshots back, stops earlier.
    fn play_ticks(&mut self) -> Result<(), PlayError> {
        // No tick follows the one before it in less than a beat.
        while self.credit >= PlaybackSpeed::REAL_TIME.quarters().into() {
            let Some(next) = self.take_next()? else { return Ok(()) };
            let Some(credit) = self.credit.checked_sub(cost(&next)) else {
                self.next = Some(next);
                return Ok(());
            };
            self.credit = if next.delivery.is_none() { 0 } else { credit };
            self.send(next);
        }
        Ok(())
    }

    /// The next tick. `None` if a seek must end first, or at the end of the match.
    fn take_next(&mut self) -> Result<Option<PlayedTick<S::Game>>, PlayError> {
        if let Some(next) = self.next.take() {
            return Ok(Some(next));
        }
        match self.setup.player.step()? {
            Progress::Tick(next) => Ok(Some(next)),
            Progress::Seeking => {
                // One beat passes in the meantime.
                self.credit -= u32::from(PlaybackSpeed::REAL_TIME.quarters());
                Ok(None)
            }
            Progress::End => {
                self.credit = 0;
                self.waits_until = Some(Instant::now() + WAITING_INTERVAL);
                Ok(None)
            }
        }
    }

    fn send(&self, PlayedTick { frame, delivery, .. }: PlayedTick<S::Game>) {
        let (Some(viewer), Some(delivery)) = (&self.viewer, delivery) else { return };
        let now = Instant::now();
        viewer.relay.send_tick(Fanout {
            frame,
            deliveries: vec![(viewer.session, delivery)],
            room: Arc::clone(&self.handle),
            sent_at: now,
            next_tick_at: self.clock.next_after(now),
            in_flight: viewer.in_flight.clone(),
        });
    }

    fn handle_events(&mut self) {
        let mut events = std::mem::take(&mut self.events);
        self.handle.events.take(&mut events);
        let is_viewer = |session: &SessionId| self.viewer.as_ref().is_some_and(|viewer| viewer.session == *session);
        for (_, event) in events.extract_if(.., |(session, _)| is_viewer(session)).collect::<Vec<_>>() {
            match event {
                SessionEvent::Input(input) => self.setup.player.playback().handle_acknowledgement(input.acknowledged),
                SessionEvent::Acknowledge(tick) => self.setup.player.playback().handle_acknowledgement(tick),
                // A spectator's view is the whole world.
                SessionEvent::Viewport(_) | SessionEvent::Act { .. } | SessionEvent::Ready(_) => {}
                SessionEvent::Resync => self.seek = self.seek.or(Some(self.setup.player.tick())),
                SessionEvent::Playback(PlaybackControl::Seek(tick)) => self.seek = Some(tick),
                SessionEvent::Playback(PlaybackControl::Speed(speed)) => {
                    self.speed = speed;
                    self.setup.player.playback().set_speed(speed);
                }
                SessionEvent::Playback(PlaybackControl::Pause(is_paused)) => self.is_paused = is_paused,
            }
        }
        events.clear();
        self.events = events;
    }

    fn fail(&mut self, error: &PlayError, ctx: &mut Context<Self>) {
        let id = self.setup.player.id();
        if let PlayError::Gone = error {
            debug!("the replay of match {id} ends: {error}");
        } else {
            warn!("the replay of match {id} ends at tick {}: {error}", self.setup.player.tick().0);
            self.has_failed = true;
        }
        ctx.stop();
    }

    fn close_viewer(&mut self, reason: CloseReason) {
        if let Some(viewer) = self.viewer.take() {
            viewer.relay.close.do_send(CloseSessions(vec![(viewer.session, reason)]));
        }
    }
}

/// What it costs to send a tick, in quarters of a beat.
fn cost<G: GameProtocol>(next: &PlayedTick<G>) -> u32 {
    next.beats * u32::from(PlaybackSpeed::REAL_TIME.quarters())
}

/// Closes the client's session, even if the game's code has panicked.
impl<S: Simulation> Drop for ReplayActor<S> {
    fn drop(&mut self) {
        self.setup.metrics.replays.dec();
        self.handle.events.close();
        let has_failed = self.has_failed || std::thread::panicking();
        self.close_viewer(if has_failed { CloseReason::RoomFailed } else { CloseReason::RoomClosed });
    }
}

impl<S: Simulation> Actor for ReplayActor<S> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        ctx.run_later(JOIN_TIMEOUT, |replay, ctx| {
            if replay.viewer.is_none() {
                ctx.stop();
            }
        });
    }
}

impl<S: Simulation> Handler<Join<S::Game>> for ReplayActor<S> {
    type Result = Result<Welcome<S::Game>, CloseReason>;

    fn handle(&mut self, join: Join<S::Game>, ctx: &mut Context<Self>) -> Self::Result {
        let Join { session, policy, permit, relay, .. } = join;
        if let JoinPolicy::ResumeOnly(refusal) = policy {
            return Err(refusal);
        }
        if self.viewer.is_some() {
            return Err(CloseReason::RoomFull);
        }
        self.viewer = Some(Viewer { session, relay, in_flight: InFlight::default(), _permit: permit });
        ctx.run_later(Duration::ZERO, Self::run_period);
        Ok(self.setup.player.playback().welcome())
    }
}

impl<S: Simulation> Handler<Leave> for ReplayActor<S> {
    type Result = ();

    fn handle(&mut self, Leave(session, _): Leave, ctx: &mut Context<Self>) {
        if self.viewer.take_if(|viewer| viewer.session == session).is_some() {
            ctx.stop();
        }
    }
}

impl<S: Simulation> Handler<OutboxOverflows> for ReplayActor<S> {
    type Result = ();

    fn handle(&mut self, OutboxOverflows(tick, _): OutboxOverflows, _: &mut Context<Self>) {
        self.setup.player.playback().handle_overflow(tick);
    }
}

impl<S: Simulation> Handler<EncodingPanicked> for ReplayActor<S> {
    type Result = ();

    fn handle(&mut self, _: EncodingPanicked, ctx: &mut Context<Self>) {
        self.has_failed = true;
        ctx.stop();
    }
}

impl<S: Simulation> Handler<WakeRoom> for ReplayActor<S> {
    type Result = ();

    /// Does nothing. A message need not wake a replay, because the replay takes the client's messages once per period
    /// anyway.
    fn handle(&mut self, _: WakeRoom, _: &mut Context<Self>) {}
}

impl<S: Simulation> Handler<StoreListing> for ReplayActor<S> {
    type Result = ();

    /// A replay is not listed.
    fn handle(&mut self, _: StoreListing, _: &mut Context<Self>) {}
}

impl<S: Simulation> Handler<StopRoom> for ReplayActor<S> {
    type Result = ();

    /// A replay has nothing to store.
    fn handle(&mut self, _: StopRoom, _: &mut Context<Self>) {}
}

impl<S: Simulation> Handler<RunOperation> for ReplayActor<S> {
    type Result = Option<RoomReport>;

    /// Operators manage rooms only.
    fn handle(&mut self, _: RunOperation, _: &mut Context<Self>) -> Self::Result {
        None
    }
}
