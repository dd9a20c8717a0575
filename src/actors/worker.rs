//! The sessions of one HTTP worker, shared by its relay and its sessions. Lives on the worker's thread.

mod pacing;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::Recipient;
use log::debug;
use tickcast_game::GameProtocol;
use tickcast_protocol::CloseReason;
use tickcast_protocol::codec::Chunk;
use tickcast_room::{Delivery, SessionId, TickFrame};
use tokio::time::Instant;

use super::messages::{
    Fanout, IdMap, OutboxOverflows, ParkSoon, RelayHandle, RoomHandle, RoomId, SessionCommand, SessionEvent, WorkerId,
};
use crate::admission::tickets::Tickets;
use crate::telemetry::{Health, Load, Metrics};
use crate::transport::websocket::FrameBuffer;
use crate::transport::{Carrier, OutgoingSnapshot, Pushed, Timeouts};
use pacing::Pacing;

/// A session id consists of the id of the worker and the number of the session. The number occupies this many low bits,
/// enough for a million new sessions per second over twelve days.
const SESSION_BITS: u32 = 40;

/// The sessions of one HTTP worker.
pub struct Worker<G: GameProtocol> {
    id: WorkerId,
    timeouts: Timeouts,
    tickets: Option<Arc<Tickets>>,
    metrics: Arc<Metrics>,
    load: Arc<Load>,
    /// Set when the relay starts.
    relay: OnceCell<Arc<RelayHandle<G>>>,
    sessions: RefCell<IdMap<SessionId, LocalSession>>,
    /// Number of sessions opened.
    opened: Cell<u64>,
    pacing: RefCell<Pacing>,
    is_park_scheduled: Cell<bool>,
    park: Park,
    scratch: RefCell<Scratch>,
}

/// Blocks the calling thread for at most this time, like [`std::thread::park_timeout`].
pub type Park = fn(Duration);

struct LocalSession {
    actor: Recipient<SessionCommand>,
    carrier: Rc<dyn Carrier>,
    /// Whether the session was asked to close. Its carrier then has a deadline.
    is_closing: Cell<bool>,
}

/// Buffers in which snapshots are composed.
#[derive(Default)]
struct Scratch {
    changes: Chunk,
    frame: FrameBuffer,
}

impl<G: GameProtocol> Worker<G> {
    /// A worker without sessions, to be passed to [`Relay::start`](super::relay::Relay::start).
    #[must_use]
    pub fn new(
        id: WorkerId,
        timeouts: Timeouts,
        tickets: Option<Arc<Tickets>>,
        metrics: Arc<Metrics>,
        health: &Health,
    ) -> Self {
        Self {
            id,
            timeouts,
            tickets,
            metrics,
            load: health.register_thread(),
            relay: OnceCell::new(),
            sessions: RefCell::default(),
            opened: Cell::new(0),
            pacing: Pacing::new(Instant::now()).into(),
            is_park_scheduled: Cell::new(false),
            park: |_| {},
            scratch: RefCell::default(),
        }
    }

    /// Sets the function that makes the thread wait while events accumulate. It is called under load only. The default
    /// returns at once, so events are handled as they arrive.
    #[must_use]
    pub const fn park_with(mut self, park: Park) -> Self {
        self.park = park;
        self
    }

    /// The worker's id.
    pub const fn id(&self) -> WorkerId {
        self.id
    }

    /// Timeouts of the worker's connections.
    pub const fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// The object that validates and redeems tickets; `None` if clients need no ticket.
    pub fn tickets(&self) -> Option<&Tickets> {
        self.tickets.as_deref()
    }

    /// The handle through which other threads reach the sessions.
    pub fn relay(&self) -> &Arc<RelayHandle<G>> {
        self.relay.get().expect("the relay starts with the worker")
    }

    pub(super) fn set_relay(&self, relay: Arc<RelayHandle<G>>) {
        assert!(self.relay.set(relay).is_ok(), "a worker has one relay");
    }

    /// The server's metrics.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Whether this thread is overloaded.
    pub fn is_overloaded(&self) -> bool {
        self.load.is_overloaded(Instant::now())
    }

    /// An id that no other session of the server has.
    pub(super) fn next_session_id(&self) -> SessionId {
        let number = self.opened.replace(self.opened.get() + 1);
        SessionId(self.id.0 << SESSION_BITS | number)
    }

    /// Adds a session.
    pub fn register(&self, id: SessionId, actor: Recipient<SessionCommand>, carrier: Rc<dyn Carrier>) {
        self.metrics.sessions.inc();
        self.metrics.transport_sessions.of(carrier.transport()).inc();
        self.metrics.sessions_opened.inc();
        self.sessions.borrow_mut().insert(id, LocalSession { actor, carrier, is_closing: Cell::new(false) });
    }

    /// Removes a session.
    pub fn unregister(&self, id: SessionId) {
        if let Some(LocalSession { carrier, .. }) = self.sessions.borrow_mut().remove(&id) {
            self.metrics.sessions.dec();
            self.metrics.transport_sessions.of(carrier.transport()).dec();
        }
    }

    /// Passes an event to its room. Under load, also makes the thread park once it has handled everything that is ready.
    pub fn enqueue(&self, room: &RoomHandle<G>, session: SessionId, event: SessionEvent<G>, now: Instant) {
        room.push_event(session, event);
        if self.pacing.borrow_mut().handle_event(now) && !self.is_park_scheduled.replace(true) {
            self.relay().park.do_send(ParkSoon);
        }
    }

    /// Parks the thread, unless snapshots remain to be sent or a tick is expected very soon.
    pub(super) fn handle_park(&self, now: Instant, has_sent_all: bool) {
        self.is_park_scheduled.set(false);
        let time = self.pacing.borrow().park_time(now);
        if let Some(time) = time.filter(|_| has_sent_all) {
            (self.park)(time);
        }
    }

    /// Accepts a tick, which is then no longer in flight.
    pub(super) fn accept(&self, fanout: Fanout<G>, now: Instant) -> PendingFanout<G> {
        drop(fanout.in_flight);
        let delay = now.saturating_duration_since(fanout.sent_at);
        self.metrics.fanout_delay.record(delay);
        self.load.report(delay, 0, now);
        self.pacing.borrow_mut().handle_tick(fanout.next_tick_at);
        PendingFanout { frame: fanout.frame, deliveries: fanout.deliveries.into_iter(), room: fanout.room }
    }

    /// Composes the snapshots of up to `sessions_max` sessions and passes each to its carrier with `send`. If the
    /// game's code panics, the room ends, and its remaining snapshots are not sent.
    pub(super) fn fan_out(&self, pending: &mut PendingFanout<G>, sessions_max: usize, send: SendSnapshot) {
        let mut sent = SentSnapshots::default();
        let sessions = self.sessions.borrow();
        let Scratch { changes, frame } = &mut *self.scratch.borrow_mut();
        let (mut overflows, tick) = (Vec::new(), pending.frame.tick());
        if pending.room.has_panicked() {
            pending.discard();
        }
        let receivers = pending.deliveries.as_slice().iter().take(sessions_max).filter_map(|(id, _)| sessions.get(id));
        receivers.for_each(|session| session.carrier.prefetch());
        for (id, delivery) in pending.deliveries.by_ref().take(sessions_max) {
            let Some(session) = sessions.get(&id) else { continue };
            let mut composed = Ok(());
            let frame = frame.binary(|snapshot| composed = pending.frame.compose(&delivery, changes, snapshot));
            if composed.is_err() {
                pending.room.report_panic();
                break;
            }
            let is_full = delivery.previous_view.is_none();
            match send(&*session.carrier, &OutgoingSnapshot { tick, is_full, frame }) {
                Pushed::Queued => sent.add(frame.bytes().len(), is_full),
                Pushed::Overflowed => overflows.push(id),
                Pushed::Dropped => sent.dropped += 1,
            }
        }
        sent.dropped += overflows.len() as u64;
        sent.record(&self.metrics);
        if !overflows.is_empty() {
            debug!("{} outboxes overflowed", overflows.len());
            pending.room.overflows.do_send(OutboxOverflows(tick, overflows));
        }
    }

    /// Closes a session, if it exists.
    pub(super) fn close(&self, id: SessionId, reason: CloseReason) {
        if let Some(session) = self.sessions.borrow().get(&id) {
            self.close_session(session, reason);
        }
    }

    /// Closes the sessions whose idle timeout or write timeout has passed.
    pub(super) fn close_expired(&self, now: Instant) {
        for session in self.sessions.borrow().values() {
            if session.carrier.timer().idle_for(now).is_some_and(|idle| idle >= self.timeouts.idle) {
                self.close_session(session, CloseReason::IdleTimeout);
            } else if session.carrier.is_write_timed_out(now) {
                self.close_session(session, CloseReason::SlowConsumer);
            }
        }
    }

    /// Closes all sessions. Each client is asked to reconnect after a random delay of at most `within`.
    pub(super) fn shut_down(&self, within: Duration) {
        for session in self.sessions.borrow().values() {
            let delay = within.mul_f64(rand::random());
            let reconnect_after_ms = delay.as_millis().try_into().unwrap_or(u16::MAX);
            self.send_closing(session, SessionCommand::Shutdown { reconnect_after_ms });
        }
    }

    fn close_session(&self, session: &LocalSession, reason: CloseReason) {
        self.send_closing(session, SessionCommand::Close(reason));
    }

    /// Asks a session to close, unless it was asked before. If the client accepts no data, the session's actor does not run
    /// and never receives the command. The carrier therefore gets a deadline, too.
    fn send_closing(&self, session: &LocalSession, command: SessionCommand) {
        if !session.is_closing.replace(true) {
            session.actor.do_send(command);
            session.carrier.timer().close_within(self.timeouts.close);
        }
    }
}

/// [`Carrier::send_snapshot`] or [`Carrier::queue_snapshot`].
type SendSnapshot = fn(&dyn Carrier, &OutgoingSnapshot<'_>) -> Pushed;

/// A tick that is being sent to the worker's sessions.
pub(super) struct PendingFanout<G: GameProtocol> {
    frame: Arc<TickFrame<G>>,
    /// The sessions whose snapshots have not been sent yet.
    deliveries: std::vec::IntoIter<(SessionId, Delivery)>,
    /// The room to which outbox overflows are reported.
    room: Arc<RoomHandle<G>>,
}

impl<G: GameProtocol> PendingFanout<G> {
    /// Number of sessions whose snapshots have not been sent yet.
    pub(super) fn remaining(&self) -> usize {
        self.deliveries.len()
    }

    /// The id of the room that sends the tick.
    pub(super) fn room_id(&self) -> RoomId {
        self.room.id
    }

    /// Drops the snapshots that have not been sent yet.
    fn discard(&mut self) {
        self.deliveries = Vec::new().into_iter();
    }
}

/// Counts of one [`Worker::fan_out`], which are added to the metrics at its end.
#[derive(Debug, Default)]
struct SentSnapshots {
    count: u64,
    bytes: u64,
    full: u64,
    dropped: u64,
}

impl SentSnapshots {
    fn add(&mut self, bytes: usize, is_full: bool) {
        self.count += 1;
        self.bytes += bytes as u64;
        self.full += u64::from(is_full);
    }

    fn record(&self, metrics: &Metrics) {
        metrics.snapshots.inc_by(self.count);
        metrics.snapshot_bytes.inc_by(self.bytes);
        metrics.full_snapshots.inc_by(self.full);
        metrics.snapshots_dropped.inc_by(self.dropped);
    }
}
