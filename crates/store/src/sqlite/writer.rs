//! The thread that carries out all writes.

mod annotations;
mod commit_mark;
mod failed_ends;
mod open_history;
mod owned_room;
mod pruning;
mod stays;
mod take_over;
mod thinning;

use std::collections::{BTreeSet, HashMap};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use super::database::{CheckpointRow, Database, NewCheckpoint, NewPart, RoomRow};
use super::history::Retention;
use super::{OpenError, failed};
use crate::profiles::{ProfileId, StayEvent};
use crate::store::{
    Creator, Done, Epoch, JournalPart, MatchId, Operation, RoomEntry, SavedRoom, StoreError, Write, hash_of,
};
use failed_ends::FailedEnds;
use open_history::OpenHistory;
use owned_room::OwnedRoom;
use pruning::Pruning;
use stays::TRIM_STAYS;
use thinning::HistoryEnd;

pub(super) use commit_mark::{CommitMark, marked_row};

/// Maximum number of writes in one transaction. Limits how long the first of these writes waits for the others.
const GROUP_MAX: usize = 1_024;
/// Interval at which the writer truncates the write-ahead log. By then, `WalThread` has usually copied most of the log into
/// the database.
const WAL_RESET_INTERVAL: Duration = Duration::from_secs(60);

/// Maximum row id and sequence number of a database that is opened. No server writes that many rows, so a higher number is
/// damage. A server that continues to count from this number does not cause an overflow.
const ROW_MAX: i64 = i64::MAX / 2;

/// A request to the writer.
pub(super) enum Request {
    Write(Write),
    Rooms(SyncSender<Result<Vec<RoomEntry>, StoreError>>),
    TakeOver(MatchId, SyncSender<Result<SavedRoom, StoreError>>),
    EraseProfile(ProfileId, SyncSender<Result<bool, StoreError>>),
    Flush(SyncSender<()>),
}

/// Carries out writes. Nothing else changes rooms in the database, so the writer keeps their current state in memory.
pub(super) struct Writer {
    database: Database,
    mark: CommitMark,
    rooms: HashMap<MatchId, OwnedRoom>,
    /// Row id of the last room. No later room gets the same id, even if this room is deleted, because the journal may still
    /// contain rows of this room.
    last_room: RoomRow,
    /// Id of the last row of the journal.
    last_part: i64,
    /// The rows of the journal that were found at the start, by room. Each entry is removed when the room is taken over.
    found: HashMap<RoomRow, Vec<JournalPart>>,
    /// Rooms that were found at the start and are not taken over yet: their journal must not be deleted.
    unclaimed: BTreeSet<MatchId>,
    failed_ends: FailedEnds,
    wal_reset_at: Instant,
    retention: Retention,
    history: OpenHistory,
    pruning: Pruning,
    /// Number of stays that began or ended since the profiles were last counted.
    stays_since_trimming: usize,
    started: Instant,
    /// Time for which servers had used the database before this server started.
    time_before_s: i64,
}

impl Writer {
    pub(super) fn new(database: Database, mark: CommitMark, retention: Retention) -> Result<Self, OpenError> {
        let mut found = HashMap::<_, Vec<_>>::new();
        let last = database.read_journal(|room, part| found.entry(room).or_default().push(part))?;
        let last_part = last.max(database.last_checkpointed_row()?);
        let last_room = found.keys().copied().fold(database.last_room()?, RoomRow::max);
        if last_part > ROW_MAX || last_room > ROW_MAX {
            return Err(OpenError::Damaged);
        }
        let unclaimed = database.rooms()?.into_iter().map(|room| room.id).collect();
        let (started, time_before_s) = (Instant::now(), database.last_time_s()?);
        Ok(Self {
            database,
            mark,
            rooms: HashMap::new(),
            last_room,
            last_part,
            found,
            unclaimed,
            failed_ends: FailedEnds::default(),
            wal_reset_at: started + WAL_RESET_INTERVAL,
            retention,
            history: OpenHistory::new(!retention.age.is_zero()),
            pruning: Pruning::new(started),
            stays_since_trimming: TRIM_STAYS,
            started,
            time_before_s,
        })
    }

    /// Id of the last row of the journal.
    pub(super) const fn last_part(&self) -> i64 {
        self.last_part
    }

    /// Carries out requests until all senders are dropped.
    pub(super) fn run(mut self, queue: &Receiver<Request>) {
        loop {
            let first = match queue.recv_timeout(self.pruning.idle_timeout(Instant::now())) {
                Ok(first) => first,
                Err(RecvTimeoutError::Timeout) => {
                    self.prune_history();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let mut group = Vec::new();
            let mut requests = std::iter::once(first).chain(queue.try_iter());
            let other = loop {
                match requests.next() {
                    Some(Request::Write(write)) => group.push(write),
                    other => break other,
                }
                if group.len() == GROUP_MAX {
                    break None;
                }
            };
            if self.write_group(group) {
                self.repeat_failed_end();
            }
            match other {
                Some(Request::Rooms(reply)) => drop(reply.send(self.database.rooms().map_err(failed))),
                Some(Request::TakeOver(id, reply)) => drop(reply.send(self.take_over(id))),
                Some(Request::EraseProfile(id, reply)) => {
                    drop(reply.send(self.database.erase_profile(id).map_err(failed)));
                }
                Some(Request::Flush(reply)) => drop(reply.send(())),
                Some(Request::Write(_)) | None => {}
            }
            self.reset_wal_if_due();
            if self.pruning.is_overdue(Instant::now()) {
                self.prune_history();
            }
        }
    }

    /// Carries out writes in one transaction. If the transaction fails, all these writes fail. Returns whether anything was
    /// written.
    fn write_group(&mut self, group: Vec<Write>) -> bool {
        if group.is_empty() {
            return false;
        }
        let before: Vec<_> = group.iter().map(|write| (write.room, self.rooms.get(&write.room).copied())).collect();
        let last_part = self.last_part;
        let ends = failed_ends::copies_of_ends(&group);
        let mut results = Vec::new();
        match self.try_write_group(group, &mut results) {
            Ok(()) => {
                // When a room ends, the last row of the journal may be deleted.
                self.mark.set(if ends.is_empty() { self.last_part } else { 0 });
                results.into_iter().for_each(|(done, result)| done(result));
                true
            }
            Err(error) => {
                self.database.roll_back();
                self.last_part = last_part;
                for (id, room) in before.into_iter().rev() {
                    let changed = match room {
                        Some(room) => self.rooms.insert(id, room).or(Some(room)),
                        None => self.rooms.remove(&id),
                    };
                    // The open history of a changed room contains parts of the journal that were not written, so it is
                    // discarded. The history of the room continues with the next checkpoint.
                    changed.and_then(|room| self.history.remove(room.row));
                }
                self.failed_ends.extend(ends.into_iter().filter(|end| self.rooms.contains_key(&end.room)));
                results.into_iter().for_each(|(done, result)| done(result.and_then(|()| Err(failed(&error)))));
                false
            }
        }
    }

    /// Writes a group. Adds the outcome of each write to `results`. The outcomes are final only if this function succeeds.
    fn try_write_group(
        &mut self,
        group: Vec<Write>,
        results: &mut Vec<(Done, Result<(), StoreError>)>,
    ) -> Result<(), rusqlite::Error> {
        let mut outcome = self.database.begin();
        let mut has_checkpoint = false;
        for Write { room, epoch, operation, index, stays, listing, done } in group {
            has_checkpoint |= !matches!(operation, Operation::Append { checkpoint: None, .. });
            let result = match &outcome {
                Ok(()) => self.write(room, epoch, &operation, &stays).and_then(|result| {
                    if result.is_ok() {
                        self.insert_index(room, index.as_ref())?;
                        self.set_listing(room, listing.as_deref())?;
                    }
                    Ok(result)
                }),
                Err(_) => Ok(Ok(())),
            };
            match result {
                Ok(result) => results.push((done, result)),
                Err(error) => {
                    results.push((done, Ok(())));
                    outcome = Err(error);
                }
            }
        }
        outcome?;
        if has_checkpoint {
            self.prune_journal()?;
        }
        self.database.commit()
    }

    /// Carries out one write. The outer error ends the transaction; the inner one concerns only this write.
    fn write(
        &mut self,
        id: MatchId,
        epoch: Epoch,
        operation: &Operation,
        stays: &[StayEvent],
    ) -> Result<Result<(), StoreError>, rusqlite::Error> {
        let outcome = self.operate(id, epoch, operation)?;
        if outcome.is_ok() {
            self.handle_stays(id, operation, stays)?;
        }
        Ok(outcome)
    }

    /// Carries out the operation of a write, as [`Writer::write`] does.
    fn operate(
        &mut self,
        id: MatchId,
        epoch: Epoch,
        operation: &Operation,
    ) -> Result<Result<(), StoreError>, rusqlite::Error> {
        if let Operation::Create { name, creator, checkpoint } = operation {
            return self.create(id, epoch, name, *creator, checkpoint);
        }
        let Some(mut room) = self.rooms.get(&id).copied() else { return Ok(Err(StoreError::OutOfSequence)) };
        if room.epoch != epoch {
            return Ok(Err(StoreError::Fenced));
        }
        match operation {
            Operation::Create { .. } => unreachable!("handled above"),
            Operation::Append { sequence, .. } | Operation::Restart { sequence, .. } if *sequence != room.sequence + 1 => {
                return Ok(Err(StoreError::OutOfSequence));
            }
            Operation::Append { sequence, journal, checkpoint } => {
                self.last_part += 1;
                let part = JournalPart::new(id, *sequence, journal.clone());
                self.database.insert_part(&NewPart { id: self.last_part, room: room.row, part: &part })?;
                self.history.extend(room.row, journal);
                room.sequence = *sequence;
                if let Some(checkpoint) = checkpoint {
                    let history = self.history.start(room.row, Vec::new());
                    self.insert_history(id, &room, history)?;
                    let outdated = self.insert_checkpoint(id, &mut room, checkpoint)?;
                    if let Some(outdated) = outdated.filter(|_| self.history.is_kept()) {
                        room.history_end = Some(HistoryEnd::push(room.history_end, &self.database, id, &outdated)?);
                    }
                }
            }
            Operation::Restart { sequence, checkpoint } => {
                let history = self.history.start(room.row, Vec::new());
                self.insert_history(id, &room, history)?;
                room.sequence = *sequence;
                self.insert_checkpoint(id, &mut room, checkpoint)?;
                (room.previous, room.history_end) = (None, None);
            }
            Operation::Close => {
                self.close(id, &room)?;
                self.rooms.remove(&id);
                return Ok(Ok(()));
            }
            Operation::SetAside { reason } => {
                self.database.set_aside(room.row, reason)?;
                self.history.remove(room.row);
                self.rooms.remove(&id);
                return Ok(Ok(()));
            }
        }
        if std::mem::take(&mut room.is_recovering) {
            self.database.reset_attempts(room.row)?;
        }
        self.rooms.insert(id, room);
        Ok(Ok(()))
    }

    fn create(
        &mut self,
        id: MatchId,
        epoch: Epoch,
        name: &str,
        creator: Option<Creator>,
        checkpoint: &[u8],
    ) -> Result<Result<(), StoreError>, rusqlite::Error> {
        if self.rooms.contains_key(&id) {
            return Ok(Err(StoreError::OutOfSequence));
        }
        self.last_room += 1;
        let row = self.last_room;
        self.database.insert_room(row, id, name, epoch, creator)?;
        let newest = self.insert_checkpoint_row(id, row, 0, checkpoint)?;
        self.history.start(row, Vec::new());
        self.rooms.insert(id, OwnedRoom::new(row, epoch, newest));
        Ok(Ok(()))
    }

    /// Adds the newest checkpoint of a room. Returns the checkpoint that recovery does not need any more.
    fn insert_checkpoint(
        &self,
        id: MatchId,
        room: &mut OwnedRoom,
        checkpoint: &[u8],
    ) -> rusqlite::Result<Option<CheckpointRow>> {
        let row = self.insert_checkpoint_row(id, room.row, room.sequence, checkpoint)?;
        Ok(room.previous.replace(std::mem::replace(&mut room.newest, row)))
    }

    fn insert_checkpoint_row(
        &self,
        id: MatchId,
        room: RoomRow,
        sequence: u64,
        data: &[u8],
    ) -> rusqlite::Result<CheckpointRow> {
        let (journal, created_s, hash) = (self.last_part, self.now_s(), hash_of(id, sequence, data));
        let id = self.database.insert_checkpoint(&NewCheckpoint { room, sequence, journal, created_s, hash, data })?;
        Ok(CheckpointRow { id, sequence, journal })
    }

    /// Adds to the history the journal that has followed the newest checkpoint of a room; does nothing if `journal` is
    /// `None`.
    fn insert_history(&self, id: MatchId, room: &OwnedRoom, journal: Option<Vec<u8>>) -> rusqlite::Result<()> {
        let Some(journal) = journal else { return Ok(()) };
        self.database.insert_history(room.newest.id, &JournalPart::new(id, room.sequence, journal))
    }

    /// Closes a room. Its data is deleted at once, unless it is kept as history.
    fn close(&mut self, id: MatchId, room: &OwnedRoom) -> rusqlite::Result<()> {
        if !self.history.is_kept() {
            return self.database.delete_room(room.row);
        }
        let history = self.history.remove(room.row);
        self.insert_history(id, room, history)?;
        self.database.close_room(room.row, self.now_s())
    }

    /// Time in seconds for which servers have used the database.
    fn now_s(&self) -> i64 {
        self.time_before_s.saturating_add(self.started.elapsed().as_secs() as i64)
    }

    fn reset_wal_if_due(&mut self) {
        let now = Instant::now();
        if now < self.wal_reset_at {
            return;
        }
        self.wal_reset_at = now + WAL_RESET_INTERVAL;
        if let Err(error) = self.database.reset_wal() {
            log::warn!("the write-ahead log cannot be reset: {error}");
        }
    }
}
