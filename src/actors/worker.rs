//! What the sessions of one HTTP worker share with its relay. All of it lives on that worker's thread.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actix::{Actor, Addr};
use foldhash::{HashMap, HashMapExt};
use log::debug;
use tickcast_protocol::CloseReason;
use tickcast_protocol::codec::Chunk;

use super::framing::FrameSpace;
use super::messages::{Batch, Close, Drain, Fanout, FlushSoon, Note, Overruns};
use super::relay::Relay;
use super::room::RoomActor;
use super::session::Session;
use crate::health::Health;
use crate::health::load::Load;
use crate::metrics::Metrics;
use crate::replication::{Delivery, Frame};
use crate::room::SessionId;
use crate::simulation::Simulation;
use crate::tickets::Tickets;
use crate::transport::{Connection, Deadlines, Pushed};

/// An HTTP worker's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct WorkerId(u64);

/// How long a server that stops is away at least.
const AWAY_MIN: Duration = Duration::from_millis(500);

/// How long inputs are gathered before they go to their rooms: a wake-up of the room costs more than an input.
pub(super) const GATHERING: Duration = Duration::from_millis(2);

/// What the sessions of one HTTP worker share with its relay.
pub struct Worker<S: Simulation> {
    id: WorkerId,
    deadlines: Deadlines,
    tickets: Option<Arc<Tickets>>,
    metrics: Arc<Metrics>,
    load: Arc<Load>,
    relay: RefCell<Option<Addr<Relay<S>>>>,
    sessions: RefCell<HashMap<SessionId, Local<S>>>,
    /// What waits to be sent to each room.
    notes: RefCell<HashMap<Addr<RoomActor<S>>, Notes<S>>>,
    will_flush: Cell<bool>,
    flushed_at: Cell<Instant>,
    scratch: RefCell<Scratch>,
}

/// Space to put snapshots together in.
#[derive(Default)]
struct Scratch {
    changes: Chunk,
    frame: FrameSpace,
}

type Notes<S> = Vec<(SessionId, Note<<S as Simulation>::Game>)>;

struct Local<S: Simulation> {
    session: Addr<Session<S>>,
    connection: Rc<Connection>,
}

impl<S: Simulation> Worker<S> {
    /// Starts a worker's relay on this thread.
    pub fn start(deadlines: Deadlines, tickets: Option<Arc<Tickets>>, metrics: Arc<Metrics>, health: &Health) -> Rc<Self> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let worker = Rc::new(Self {
            id: WorkerId(NEXT.fetch_add(1, Ordering::Relaxed)),
            deadlines,
            tickets,
            metrics,
            load: health.watch(),
            relay: RefCell::new(None),
            sessions: RefCell::new(HashMap::new()),
            notes: RefCell::new(HashMap::new()),
            will_flush: Cell::new(false),
            flushed_at: Cell::new(Instant::now()),
            scratch: RefCell::default(),
        });
        *worker.relay.borrow_mut() = Some(Relay::new(Rc::clone(&worker)).start());
        worker
    }

    /// Its number.
    pub const fn id(&self) -> WorkerId {
        self.id
    }

    /// How long its connections may take for what.
    pub const fn deadlines(&self) -> &Deadlines {
        &self.deadlines
    }

    /// What must be shown to come in, if anything.
    pub fn tickets(&self) -> Option<&Tickets> {
        self.tickets.as_deref()
    }

    /// Its relay, through which other threads reach its sessions.
    pub fn relay(&self) -> Addr<Relay<S>> {
        self.relay.borrow().clone().expect("a worker starts with its relay")
    }

    /// What the server counts.
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Whether it has more to do than it can.
    pub fn is_overloaded(&self) -> bool {
        self.load.is_over(Instant::now())
    }

    /// A session begins.
    pub fn register(&self, id: SessionId, session: Addr<Session<S>>, connection: Rc<Connection>) {
        self.metrics.sessions.inc();
        self.metrics.sessions_opened.inc();
        self.sessions.borrow_mut().insert(id, Local { session, connection });
    }

    /// A session is gone.
    pub fn forget(&self, id: SessionId) {
        if self.sessions.borrow_mut().remove(&id).is_some() {
            self.metrics.sessions.dec();
        }
    }

    /// Keeps a note for a room until the next flush. That is now, if it is time; the relay, which has to wait for its turn, sees
    /// to the last note of many.
    pub fn note(&self, room: &Addr<RoomActor<S>>, session: SessionId, note: Note<S::Game>) {
        let mut notes = self.notes.borrow_mut();
        match notes.get_mut(room) {
            Some(batch) => batch.push((session, note)),
            None => drop(notes.insert(room.clone(), vec![(session, note)])),
        }
        drop(notes);
        if self.flushed_at.get().elapsed() >= GATHERING {
            self.flush();
        } else if !self.will_flush.replace(true)
            && let Some(relay) = &*self.relay.borrow()
        {
            relay.do_send(FlushSoon);
        }
    }

    /// Sends every room its notes, as one message each.
    fn flush(&self) {
        self.flushed_at.set(Instant::now());
        for (room, batch) in self.notes.borrow_mut().drain() {
            room.do_send(Batch(batch));
        }
    }

    /// Sends what nobody else has sent meanwhile.
    pub(super) fn flush_late(&self) {
        self.will_flush.set(false);
        self.flush();
    }

    /// Takes a tick in, whose message is not under way any more.
    pub(super) fn begin(&self, fanout: Fanout<S>, now: Instant) -> Begun<S> {
        let delay = now.saturating_duration_since(fanout.sent_at);
        self.metrics.fanout_delay.record(delay);
        self.load.report(delay, 0, now);
        Begun { frame: fanout.frame, deliveries: fanout.deliveries.into_iter(), room: fanout.room }
    }

    /// Puts the snapshots of the next so many sessions together, and hands each over to its connection.
    pub(super) fn fan_out(&self, begun: &mut Begun<S>, sessions_max: usize, hand_over: HandOver) {
        let mut sent = Sent::default();
        let sessions = self.sessions.borrow();
        let Scratch { changes, frame } = &mut *self.scratch.borrow_mut();
        let mut overruns = Vec::new();
        for (id, delivery) in begun.deliveries.by_ref().take(sessions_max) {
            let Some(local) = sessions.get(&id) else { continue };
            let frame = frame.binary(|snapshot| begun.frame.compose(&delivery, changes, snapshot));
            let starts_anew = delivery.saw.is_none();
            match hand_over(&local.connection, frame, starts_anew) {
                Pushed::Taken => sent.add(frame.len(), starts_anew),
                Pushed::Overrun => overruns.push(id),
                Pushed::Dropped => sent.dropped += 1,
            }
        }
        sent.dropped += overruns.len() as u64;
        sent.count(&self.metrics);
        if !overruns.is_empty() {
            debug!("{} outboxes overran", overruns.len());
            begun.room.do_send(Overruns(begun.frame.tick(), overruns));
        }
    }

    /// Ends a session, if it is still there.
    pub(super) fn close(&self, id: SessionId, reason: CloseReason) {
        if let Some(local) = self.sessions.borrow().get(&id) {
            self.say_goodbye(local, reason);
        }
    }

    /// Ends the sessions of which nothing was heard for too long.
    pub(super) fn close_silent(&self, now: Instant) {
        let sessions = self.sessions.borrow();
        let is_silent =
            |local: &&Local<S>| local.connection.lifeline().silence(now).is_some_and(|it| it >= self.deadlines.silence);
        sessions.values().filter(is_silent).for_each(|local| self.say_goodbye(local, CloseReason::Silent));
    }

    /// Ends all sessions, whose clients are to come back at some time within that from [`AWAY_MIN`] on.
    pub(super) fn drain(&self, within: Duration) {
        for local in self.sessions.borrow().values() {
            let away = AWAY_MIN + within.mul_f64(rand::random());
            local.session.do_send(Drain(away.as_millis().try_into().unwrap_or(u16::MAX)));
            local.connection.lifeline().end_within(self.deadlines.goodbye);
        }
    }

    /// A session whose client takes nothing never hears of it: its connection ends all the same.
    fn say_goodbye(&self, local: &Local<S>, reason: CloseReason) {
        local.session.do_send(Close(reason));
        local.connection.lifeline().end_within(self.deadlines.goodbye);
    }
}

/// How a snapshot goes to its connection: [`Connection::send`] or [`Connection::push`].
type HandOver = fn(&Connection, &[u8], bool) -> Pushed;

/// A tick on its way to a worker's sessions.
pub(super) struct Begun<S: Simulation> {
    frame: Arc<Frame<S::Game>>,
    /// Those who are still to get theirs.
    deliveries: std::vec::IntoIter<(SessionId, Delivery)>,
    /// To be told of overruns.
    room: Addr<RoomActor<S>>,
}

impl<S: Simulation> Begun<S> {
    /// Whether all have got theirs.
    pub(super) fn is_over(&self) -> bool {
        self.deliveries.as_slice().is_empty()
    }
}

/// What became of some of a tick's snapshots.
#[derive(Debug, Default)]
struct Sent {
    snapshots: u64,
    bytes: u64,
    resets: u64,
    dropped: u64,
}

impl Sent {
    fn add(&mut self, bytes: usize, starts_anew: bool) {
        self.snapshots += 1;
        self.bytes += bytes as u64;
        self.resets += u64::from(starts_anew);
    }

    fn count(&self, metrics: &Metrics) {
        metrics.snapshots.inc_by(self.snapshots);
        metrics.snapshot_bytes.inc_by(self.bytes);
        metrics.resets.inc_by(self.resets);
        metrics.snapshots_dropped.inc_by(self.dropped);
    }
}
