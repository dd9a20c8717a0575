//! Holds back the results of a room (ticks and Welcomes) until they are stored. What is stored is a journal, from which the
//! results can be recomputed.
//!
//! A room has at most one write in progress. While a write is in progress, the room continues, and its journal and results
//! are collected. The next write stores all that has been collected (group commit).

use std::sync::Arc;
use std::time::Duration;

use actix::Recipient;
use tickcast_game::{Game, Simulation};
use tickcast_protocol::{CloseReason, Welcome};
use tickcast_room::{Room, Step};
use tickcast_store::{Epoch, MatchId, Operation, Store, StoreError, Write};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::actors::messages::Committed;

/// Interval between checkpoints. Bounds the journal that a recovery has to replay.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(10);
/// Limit on the ticks that wait to be stored, as the game time that they take in total. When the limit is reached, the room
/// runs no further tick until some of the waiting ticks are stored.
pub const WAITING_TIME_MAX: Duration = Duration::from_millis(250);

/// A result of a room, which is held back until it is stored.
pub(super) enum Output<G: Game> {
    /// A client has joined.
    Welcome(oneshot::Sender<Result<Welcome<G>, CloseReason>>, Welcome<G>),
    /// A tick.
    Tick(Step<G>),
    /// The response to `StopRoom`.
    Stopped(oneshot::Sender<()>),
}

/// Where a room is stored.
pub struct StoredRoom {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The room.
    pub id: MatchId,
    /// The epoch of this server: a fencing token, with which the store rejects writes of previous owners of the room.
    pub epoch: Epoch,
    /// The part of the room that the store already contains.
    pub base: Base,
}

/// The part of a room that a store contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nothing.
    Nothing,
    /// The store contains the journal up to this sequence number, but later entries are missing, or the room has just been
    /// recovered. In both cases, the next write must contain the whole state.
    Gap(u64),
    /// The store contains the journal up to this sequence number. The next write can append the entries that follow.
    Journal(u64),
}

impl Base {
    /// The same content, but the part of the journal that follows is discarded.
    const fn with_gap(self) -> Self {
        match self {
            Self::Nothing => Self::Nothing,
            Self::Gap(last) | Self::Journal(last) => Self::Gap(last),
        }
    }
}

/// Holds back the results of a room until they are stored.
pub(super) struct Commits<G: Game> {
    stored: StoredRoom,
    /// Receives the results of writes.
    actor: Recipient<Committed>,
    /// The journal of the queued results.
    journal: Vec<u8>,
    queued: Vec<Output<G>>,
    /// The write in progress: the results that wait for this write, and what the store contains if the write succeeds.
    /// `None` if no write is in progress.
    in_progress: Option<(Vec<Output<G>>, Base)>,
    checkpoint_due: Instant,
    /// Whether results are sent without waiting for the store. This is the case from the failure of a write until a later
    /// write has stored the whole state.
    is_suspended: bool,
}

impl<G: Game> Commits<G> {
    pub(super) fn new(stored: StoredRoom, actor: Recipient<Committed>) -> Self {
        let checkpoint_due = Instant::now();
        let (journal, queued) = (Vec::new(), Vec::new());
        Self { stored, actor, journal, queued, in_progress: None, checkpoint_due, is_suspended: false }
    }

    /// Whether results are sent without waiting for the store, because a write failed.
    pub(super) const fn is_suspended(&self) -> bool {
        self.is_suspended
    }

    /// Whether so many ticks wait to be stored that the room must not run another one before the write in progress has
    /// ended.
    pub(super) fn must_wait(&self, tick_rate: u16) -> bool {
        let waiting_max = (u128::from(tick_rate) * WAITING_TIME_MAX.as_millis()).div_ceil(1_000) as usize;
        let in_progress = self.in_progress.as_ref().map_or(&[][..], |(outputs, _)| outputs);
        let is_tick = |output: &&Output<G>| matches!(output, Output::Tick(_));
        self.queued.iter().chain(in_progress).filter(is_tick).count() >= waiting_max
    }

    /// Adds a result of the room, such as a tick.
    pub(super) fn push(&mut self, output: Output<G>) {
        self.queued.push(output);
    }

    /// Makes the next write contain a checkpoint.
    pub(super) fn request_checkpoint(&mut self) {
        self.checkpoint_due = Instant::now();
    }

    /// Starts a write if there is something to write and no write is in progress. Returns the results that can be sent now:
    /// all queued results if `is_suspended` is true, otherwise none.
    pub(super) fn poll<S: Simulation<Game = G>>(&mut self, room: &mut Room<S>, now: Instant) -> Vec<Output<G>> {
        self.journal.extend(room.take_journal());
        let is_due = now >= self.checkpoint_due;
        match &mut self.in_progress {
            None if is_due || !self.is_suspended => self.write(room, now),
            // The write in progress may never end, and until it ends, no other write can start. The journal of the ticks
            // that run in the meantime would grow without limit, so it is discarded. The next write then contains the whole
            // state.
            Some((_, after)) if is_due && self.is_suspended => {
                *after = after.with_gap();
                self.journal.clear();
            }
            None | Some(_) => {}
        }
        if self.is_suspended { std::mem::take(&mut self.queued) } else { Vec::new() }
    }

    fn write<S: Simulation<Game = G>>(&mut self, room: &Room<S>, now: Instant) {
        let is_due = now >= self.checkpoint_due;
        let (operation, after) = match self.stored.base {
            Base::Journal(_) if self.journal.is_empty() && self.queued.is_empty() && !is_due => return,
            Base::Nothing => {
                let name = room.name().to_string();
                (Operation::Create { name, checkpoint: room.checkpoint() }, Base::Journal(0))
            }
            Base::Gap(last) => {
                let sequence = last + 1;
                (Operation::Restart { sequence, checkpoint: room.checkpoint() }, Base::Journal(sequence))
            }
            Base::Journal(last) => {
                let (sequence, journal) = (last + 1, std::mem::take(&mut self.journal));
                let checkpoint = is_due.then(|| room.checkpoint());
                (Operation::Append { sequence, journal, checkpoint }, Base::Journal(sequence))
            }
        };
        if !matches!(operation, Operation::Append { checkpoint: None, .. }) {
            self.journal.clear();
            self.checkpoint_due = now + CHECKPOINT_INTERVAL;
        }
        let is_suspended = self.is_suspended;
        let waits = |output: &mut Output<G>| !is_suspended || matches!(output, Output::Stopped(_));
        self.in_progress = Some((self.queued.extract_if(.., waits).collect(), after));
        self.submit(operation, now);
    }

    fn submit(&self, operation: Operation, now: Instant) {
        let actor = self.actor.clone();
        let done = Box::new(move |result| actor.do_send(Committed { result, submitted: now }));
        self.stored.store.submit(Write { room: self.stored.id, epoch: self.stored.epoch, operation, done });
    }

    /// Handles the end of the write in progress. Returns the results that may be sent now. After a failed write, results
    /// are sent without waiting for the store, until a write of the whole state has succeeded.
    ///
    /// # Errors
    /// Returns the error of the store if this server must not write to the room any more, normally because another server
    /// has taken the room over. The room must end, and its results must not be sent.
    pub(super) fn handle_committed(&mut self, result: &Result<(), StoreError>) -> Result<Vec<Output<G>>, StoreError> {
        let (outputs, after) = self.in_progress.take().expect("a write was in progress");
        match result {
            Ok(()) => (self.stored.base, self.is_suspended) = (after, matches!(after, Base::Gap(_))),
            Err(error @ (StoreError::Fenced | StoreError::OutOfSequence)) => return Err(error.clone()),
            Err(_) => {
                self.is_suspended = true;
                self.stored.base = self.stored.base.with_gap();
            }
        }
        Ok(outputs)
    }

    /// Ends the room in the store. If `set_aside` contains a reason, the store keeps the room for examination. Otherwise,
    /// the store closes the room.
    pub(super) fn finish(&self, set_aside: Option<String>) {
        let operation = set_aside.map_or(Operation::Close, |reason| Operation::SetAside { reason });
        self.submit(operation, Instant::now());
    }
}
