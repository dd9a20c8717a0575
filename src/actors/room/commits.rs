//! Holds back the results of a room (ticks and Welcomes) until they are stored. What is stored is a journal, from which the
//! results can be recomputed.
//!
//! A room has at most one write in progress. While a write is in progress, the room continues, and its journal and results
//! are collected. The next write stores all that has been collected (group commit).

pub mod match_results;
mod recording;
mod room_end;
pub mod waiting_stays;

use std::sync::Arc;
use std::time::Duration;

use actix::Recipient;
use tickcast_game::{GameProtocol, Simulation};
use tickcast_protocol::{CloseReason, PlayerId, Tick, Welcome, codec};
use tickcast_room::{Marker, Room, Step};
use tickcast_store::{
    CheckpointIndex, Creator, Epoch, MatchId, MatchKey, Operation, ProfileId, StayEvent, Store, StoreError, Write,
};
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::actors::messages::{Committed, RoomId};
use crate::admission::tickets::now_s;
use crate::telemetry::PlayerResult;
use room_end::EndRecord;
use waiting_stays::WaitingStays;

use match_results::MatchResults;
pub use recording::Recording;

/// Interval between checkpoints. Bounds the journal that a recovery has to replay.
const CHECKPOINT_INTERVAL: Duration = Duration::from_secs(10);
/// Limit on the ticks that wait to be stored, as the game time that they take in total. When the limit is reached, the room
/// runs no further tick until some of the waiting ticks are stored.
pub const WAITING_TIME_MAX: Duration = Duration::from_millis(250);

/// Maximum number of markers that wait for the next checkpoint. If there are more, the newest ones are kept.
const MARKERS_MAX: usize = 256;

/// A result of a room, which is held back until it is stored.
pub(super) enum Output<G: GameProtocol> {
    /// A client has joined.
    Welcome(oneshot::Sender<Result<Welcome<G>, CloseReason>>, Welcome<G>),
    /// A tick.
    Tick(Step<G>),
    /// The response to `StopRoom`.
    Stopped(oneshot::Sender<()>),
    /// The response to `StoreListing`.
    Listed(oneshot::Sender<()>),
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
    /// The client who has caused the creation of the room, if that is known and the room is not stored yet.
    pub creator: Option<Creator>,
    /// The room's listing, if the store does not contain it yet.
    pub listing: Option<Vec<u8>>,
}

/// The part of a room that a store contains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Nothing.
    Nothing,
    /// Either entries are missing after this sequence number of the stored journal, or the room has just been recovered. In
    /// both cases, the next write must contain the whole state.
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
pub(super) struct Commits<G: GameProtocol> {
    stored: StoredRoom,
    /// Receives the results of writes.
    actor: Recipient<Committed>,
    /// The journal of the queued results.
    journal: Vec<u8>,
    recording: Recording,
    queued: Vec<Output<G>>,
    /// Time since which the first of the queued results waits.
    ready: Option<Instant>,
    /// Stays of players that have begun or ended since the write in progress started.
    stays: WaitingStays,
    /// The results of players who have left, for the event of the room's end.
    match_results: MatchResults,
    /// `None` if no write is in progress.
    in_progress: Option<WriteInProgress<G>>,
    checkpoint_due: Instant,
    /// Time from a write of the whole state to the next checkpoint, unless writes fail.
    first_interval: Duration,
    /// Whether the last write contained a checkpoint, and nothing has happened since. This is normal while the room pauses.
    is_checkpointed: bool,
    /// What has happened since the last checkpoint, for replays.
    markers: Vec<Marker>,
    /// Whether the store keeps a history.
    keeps_history: bool,
    /// The ticks of the first and the last checkpoint in the history.
    recorded: Option<(Tick, Tick)>,
    /// Whether results are sent without waiting for the store. This is the case from the failure of a write until a later
    /// write has stored the whole state.
    is_suspended: bool,
}

/// What a write contains besides its operation.
#[derive(Default)]
struct Annotations {
    index: Option<CheckpointIndex>,
    stays: Vec<StayEvent>,
    listing: Option<Vec<u8>>,
}

/// A write in progress.
struct WriteInProgress<G: GameProtocol> {
    /// The results that wait for this write.
    outputs: Vec<Output<G>>,
    /// The stays in this write.
    stays: Vec<StayEvent>,
    /// Tick of the checkpoint in this write.
    checkpoint: Option<Tick>,
    /// The listing in this write.
    listing: Option<Vec<u8>>,
    /// What the store contains if the write succeeds.
    after: Base,
}

impl<G: GameProtocol> Commits<G> {
    pub(super) fn new(room: RoomId, stored: StoredRoom, actor: Recipient<Committed>) -> Self {
        let history = stored.store.history();
        Self {
            keeps_history: history.is_some(),
            recorded: history.filter(|_| stored.base != Base::Nothing).and_then(|history| {
                let found = history.find(&MatchKey::Id(stored.id)).ok()??;
                Some((Tick(found.first_tick), Tick(found.last_tick)))
            }),
            stored,
            actor,
            journal: Vec::new(),
            recording: Recording::default(),
            queued: Vec::new(),
            ready: None,
            stays: WaitingStays::default(),
            match_results: MatchResults::default(),
            in_progress: None,
            checkpoint_due: Instant::now(),
            first_interval: first_interval(room),
            is_checkpointed: false,
            markers: Vec::new(),
            is_suspended: false,
        }
    }

    /// Whether results are sent without waiting for the store, because a write failed.
    pub(super) const fn is_suspended(&self) -> bool {
        self.is_suspended
    }

    /// Whether so many ticks wait to be stored that the room must not run another one before the write in progress has
    /// ended.
    pub(super) fn must_wait(&self, tick_rate: u16) -> bool {
        let waiting_max = (u128::from(tick_rate) * WAITING_TIME_MAX.as_millis()).div_ceil(1_000) as usize;
        let in_progress = self.in_progress.as_ref().map_or(&[][..], |write| &write.outputs);
        let is_tick = |output: &&Output<G>| matches!(output, Output::Tick(_));
        self.queued.iter().chain(in_progress).filter(is_tick).count() >= waiting_max
    }

    /// Adds a result of the room, such as a tick.
    pub(super) fn push(&mut self, output: Output<G>) {
        self.ready.get_or_insert_with(Instant::now);
        self.queued.push(output);
    }

    /// The id of the room.
    pub(super) const fn match_id(&self) -> MatchId {
        self.stored.id
    }

    /// Takes the results of players who have left since the room opened or the server last started, whichever is later.
    pub(super) fn take_match_results(&mut self) -> Vec<PlayerResult> {
        self.match_results.take()
    }

    /// The last seconds of the room.
    pub(super) const fn recording(&self) -> &Recording {
        &self.recording
    }

    /// Number of ticks from the first to the last checkpoint in the history of the store, which replays can show.
    pub(super) fn recorded_ticks(&self) -> i32 {
        self.recorded.map_or(0, |(first, last)| last.since(first))
    }

    /// Takes what the room has recorded in its journal since the last call, and the results of players who have left.
    pub(super) fn collect<S: Simulation<Game = G>>(&mut self, room: &mut Room<S>) {
        let entries = room.take_journal();
        self.recording.extend(&entries);
        self.journal.extend(entries);
        self.markers.extend(room.take_markers());
        self.markers.drain(..self.markers.len().saturating_sub(MARKERS_MAX));
        let results = room.take_results();
        self.match_results.extend(&results);
        self.stays.end(results, now_s());
    }

    /// Makes the next write contain a new listing.
    pub(super) fn set_listing(&mut self, listing: Vec<u8>) {
        self.stored.listing = Some(listing);
    }

    /// Makes the next write contain a checkpoint.
    pub(super) fn request_checkpoint(&mut self) {
        self.checkpoint_due = Instant::now();
    }

    /// Records that a player has just taken a seat.
    pub(super) fn begin_stay<S: Simulation<Game = G>>(
        &mut self,
        room: &mut Room<S>,
        player: PlayerId,
        profile: Option<ProfileId>,
    ) {
        // The player may have taken the seat of a player whose stay has just ended. The end of that stay must be recorded
        // first.
        self.collect(room);
        self.stays.begin(player, room.tick().next(), profile);
    }

    /// Starts a write if there is something to write and no write is in progress. Returns the results that can be sent now:
    /// all queued results if `is_suspended` is true, otherwise none.
    pub(super) fn poll<S: Simulation<Game = G>>(&mut self, room: &mut Room<S>, now: Instant) -> Vec<Output<G>> {
        self.collect(room);
        self.is_checkpointed &= self.journal.is_empty();
        let is_due = now >= self.checkpoint_due;
        match &mut self.in_progress {
            None if is_due || !self.is_suspended => self.write(room, now),
            // The write in progress may never end, and until it ends, no other write can start. The journal of the ticks
            // that run in the meantime would grow without limit, so it is discarded. The next write then contains the whole
            // state.
            Some(write) if is_due && self.is_suspended => {
                write.after = write.after.with_gap();
                self.journal.clear();
            }
            None | Some(_) => {}
        }
        if !self.is_suspended {
            return Vec::new();
        }
        self.ready = None;
        std::mem::take(&mut self.queued)
    }

    fn write<S: Simulation<Game = G>>(&mut self, room: &Room<S>, now: Instant) {
        let is_due = now >= self.checkpoint_due && !self.is_checkpointed;
        let mut make_checkpoint = || {
            let checkpoint = room.checkpoint();
            self.recording.start(&checkpoint);
            checkpoint
        };
        let (operation, after) = match self.stored.base {
            Base::Journal(_) if self.journal.is_empty() && self.queued.is_empty() && !is_due => return,
            Base::Nothing => {
                let name = room.name().to_string();
                let creator = self.stored.creator;
                (Operation::Create { name, creator, checkpoint: make_checkpoint() }, Base::Journal(0))
            }
            Base::Gap(last) => {
                let sequence = last + 1;
                (Operation::Restart { sequence, checkpoint: make_checkpoint() }, Base::Journal(sequence))
            }
            Base::Journal(last) => {
                let (sequence, journal) = (last + 1, std::mem::take(&mut self.journal));
                let checkpoint = is_due.then(make_checkpoint);
                (Operation::Append { sequence, journal, checkpoint }, Base::Journal(sequence))
            }
        };
        let has_checkpoint = !matches!(operation, Operation::Append { checkpoint: None, .. });
        let checkpoint = has_checkpoint.then(|| room.tick());
        let index = checkpoint.map(|tick| self.take_index(tick));
        self.is_checkpointed = has_checkpoint;
        if has_checkpoint {
            self.journal.clear();
            let is_append = matches!(operation, Operation::Append { .. });
            let is_first = !is_append && !self.is_suspended;
            self.checkpoint_due = now + if is_first { self.first_interval } else { CHECKPOINT_INTERVAL };
        }
        let is_suspended = self.is_suspended;
        let waits = |output: &mut Output<G>| !is_suspended || matches!(output, Output::Stopped(_));
        let outputs = self.queued.extract_if(.., waits).collect();
        let (stays, listing) = (self.stays.take(), self.stored.listing.take());
        self.in_progress =
            Some(WriteInProgress { outputs, stays: stays.clone(), checkpoint, listing: listing.clone(), after });
        let ready = self.ready.take().unwrap_or(now);
        self.submit(operation, Annotations { index, stays, listing }, ready);
    }

    /// What a history must know about a checkpoint of this tick.
    fn take_index(&mut self, tick: Tick) -> CheckpointIndex {
        let markers = std::mem::take(&mut self.markers);
        let markers = if markers.is_empty() { Vec::new() } else { codec::encode(&markers) };
        CheckpointIndex { tick: tick.0, markers }
    }

    fn submit(&self, operation: Operation, annotations: Annotations, ready: Instant) {
        let Annotations { index, stays, listing } = annotations;
        let actor = self.actor.clone();
        let done = Box::new(move |result| actor.do_send(Committed { result, ready }));
        let (room, epoch) = (self.stored.id, self.stored.epoch);
        self.stored.store.submit(Write { room, epoch, operation, index, stays, listing, done });
    }

    /// Handles the end of the write in progress. Returns the results that may be sent now. After a failed write, results
    /// are sent without waiting for the store, until a write of the whole state has succeeded.
    ///
    /// # Errors
    /// Returns the error of the store if this server must not write to the room any more, normally because another server
    /// has taken the room over. The room must end, and its results must not be sent.
    pub(super) fn handle_committed(&mut self, result: &Result<(), StoreError>) -> Result<Vec<Output<G>>, StoreError> {
        let WriteInProgress { outputs, stays, checkpoint, listing, after } =
            self.in_progress.take().expect("a write was in progress");
        match result {
            Ok(()) => {
                (self.stored.base, self.is_suspended) = (after, matches!(after, Base::Gap(_)));
                if let Some(last) = checkpoint.filter(|_| self.keeps_history) {
                    self.recorded = Some((self.recorded.map_or(last, |(first, _)| first), last));
                }
            }
            Err(error @ (StoreError::Fenced | StoreError::OutOfSequence)) => return Err(error.clone()),
            Err(_) => {
                self.is_suspended = true;
                self.stored.base = self.stored.base.with_gap();
                self.stays.put_back(stays);
                self.stored.listing = self.stored.listing.take().or(listing);
            }
        }
        Ok(outputs)
    }

    /// Ends the room in the store. If `set_aside` contains a reason, the store keeps the room for examination, including the
    /// journal of the last tick, which may not have ended. Otherwise, the store closes the room.
    pub(super) fn finish(&mut self, set_aside: Option<String>) {
        // If the write in progress fails, the store rejects this part of the journal, because its sequence number is wrong.
        let base = self.in_progress.as_ref().map_or(self.stored.base, |write| write.after);
        if let Base::Journal(last) = base
            && set_aside.is_some()
            && !self.journal.is_empty()
        {
            let journal = std::mem::take(&mut self.journal);
            let operation = Operation::Append { sequence: last + 1, journal, checkpoint: None };
            self.submit(operation, Annotations::default(), Instant::now());
        }
        let operation = set_aside.map_or(Operation::Close, |reason| Operation::SetAside { reason });
        let (store, room, epoch) = (Arc::clone(&self.stored.store), self.stored.id, self.stored.epoch);
        EndRecord { store, room, epoch, operation, stays: self.stays.take(), attempts: 0 }.submit();
    }
}

/// Time from the first write of a room to its next checkpoint. A server may open many rooms at the same time. If all of them
/// added their checkpoints at the same time, too, ticks would wait for a long write every ten seconds. With these times, the
/// checkpoints of any number of consecutive rooms are spread over the interval.
fn first_interval(room: RoomId) -> Duration {
    // The fractional parts of the multiples of 1 / 1.618 (the reciprocal of the golden ratio) are spread evenly. 159 / 256
    // is nearly 1 / 1.618. Rooms are numbered from 1, so the fraction of the first room is 0. A room with the fraction 0
    // has the whole interval.
    let fraction = room.0.wrapping_sub(1).wrapping_mul(159) % 256;
    CHECKPOINT_INTERVAL - CHECKPOINT_INTERVAL * fraction as u32 / 256
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_first_checkpoints_of_consecutive_rooms_are_spread_over_the_interval() {
        let intervals: BTreeSet<_> = (1_000..1_100).map(|room| first_interval(RoomId(room))).collect();
        let between = intervals.iter().zip(intervals.iter().skip(1)).map(|(first, second)| *second - *first);
        assert!(between.max() < Some(CHECKPOINT_INTERVAL / 50), "{intervals:?}");
        assert!(intervals.last() <= Some(&CHECKPOINT_INTERVAL) && intervals.len() == 100);
    }
}
