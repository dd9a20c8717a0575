//! The thread that carries out all writes.

mod open_history;
mod pruning;

use std::collections::{BTreeSet, HashMap};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::{Duration, Instant};

use super::database::{CheckpointRow, Database, NewCheckpoint, NewPart, RoomRow};
use super::history::Retention;
use super::{OpenError, failed};
use crate::store::{Done, Epoch, JournalPart, MatchId, Operation, RoomEntry, SavedRoom, StoreError, Write};
use open_history::OpenHistory;
use pruning::Pruning;

/// Maximum number of writes in one transaction. Limits how long the first of these writes waits for the others.
const GROUP_MAX: usize = 1_024;
/// A room is idle if it has written nothing since its newest checkpoint, while more than this number of rows were added to
/// the journal. An idle room keeps no part of the journal, so it can be recovered only from its newest checkpoint. If idle
/// rooms kept a part, the journals of all rooms could not be deleted while one room is paused, because rows are deleted
/// only from the beginning of the table.
const IDLE_PARTS_MAX: i64 = 100_000;
/// Interval at which the writer truncates the write-ahead log. By then, `WalThread` has usually copied most of the log into
/// the database.
const WAL_RESET_INTERVAL: Duration = Duration::from_secs(60);

/// A request to the writer.
pub(super) enum Request {
    Write(Write),
    Rooms(SyncSender<Result<Vec<RoomEntry>, StoreError>>),
    TakeOver(MatchId, SyncSender<Result<SavedRoom, StoreError>>),
    Flush(SyncSender<()>),
}

/// Carries out writes. Nothing else changes rooms in the database, so the writer keeps their current state in memory.
pub(super) struct Writer {
    database: Database,
    rooms: HashMap<MatchId, OwnedRoom>,
    /// Id of the last row of the journal.
    last_part: i64,
    /// The rows of the journal that were found at the start, by room. Each entry is removed when the room is taken over.
    found: HashMap<RoomRow, Vec<JournalPart>>,
    /// Rooms that were found at the start and are not taken over yet: their journal must not be deleted.
    unclaimed: BTreeSet<MatchId>,
    wal_reset_at: Instant,
    retention: Retention,
    history: OpenHistory,
    pruning: Pruning,
    started: Instant,
    /// Time for which servers had used the database before this server started.
    time_before_s: i64,
}

/// A room that this server has created or taken over.
#[derive(Clone, Copy)]
struct OwnedRoom {
    row: RoomRow,
    epoch: Epoch,
    sequence: u64,
    newest: CheckpointRow,
    /// The checkpoint before the newest. There is none after [`Operation::Create`] or [`Operation::Restart`].
    previous: Option<CheckpointRow>,
    /// Whether the next write resets the number of recovery attempts.
    is_recovering: bool,
}

impl OwnedRoom {
    /// Returns an id of a row of the journal: the room needs neither the row with this id nor any row with a lower id.
    /// `last` is the id of the last row of the journal.
    fn obsolete_up_to(&self, last: i64) -> i64 {
        let is_idle = self.sequence == self.newest.sequence && last - self.newest.journal > IDLE_PARTS_MAX;
        if is_idle { last } else { self.previous.unwrap_or(self.newest).journal }
    }
}

impl Writer {
    pub(super) fn new(database: Database, retention: Retention) -> Result<Self, OpenError> {
        let mut found = HashMap::<_, Vec<_>>::new();
        let last = database.read_journal(|room, part| found.entry(room).or_default().push(part))?;
        let last_part = last.max(database.last_checkpointed_row()?);
        let unclaimed = database.rooms()?.into_iter().map(|room| room.id).collect();
        let (started, time_before_s) = (Instant::now(), database.last_time_s()?);
        Ok(Self {
            database,
            rooms: HashMap::new(),
            last_part,
            found,
            unclaimed,
            wal_reset_at: started + WAL_RESET_INTERVAL,
            retention,
            history: OpenHistory::new(!retention.age.is_zero()),
            pruning: Pruning::new(started),
            started,
            time_before_s,
        })
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
            self.write_group(group);
            match other {
                Some(Request::Rooms(reply)) => drop(reply.send(self.database.rooms().map_err(failed))),
                Some(Request::TakeOver(id, reply)) => drop(reply.send(self.take_over(id))),
                Some(Request::Flush(reply)) => drop(reply.send(())),
                Some(Request::Write(_)) | None => {}
            }
            self.reset_wal_if_due();
            if self.pruning.is_overdue(Instant::now()) {
                self.prune_history();
            }
        }
    }

    /// Carries out writes in one transaction. If the transaction fails, all these writes fail.
    fn write_group(&mut self, group: Vec<Write>) {
        if group.is_empty() {
            return;
        }
        let before: Vec<_> = group.iter().map(|write| (write.room, self.rooms.get(&write.room).copied())).collect();
        let last_part = self.last_part;
        let mut results = Vec::new();
        match self.try_write_group(group, &mut results) {
            Ok(()) => results.into_iter().for_each(|(done, result)| done(result)),
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
                results.into_iter().for_each(|(done, result)| done(result.and_then(|()| Err(failed(&error)))));
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
        for Write { room, epoch, operation, done } in group {
            has_checkpoint |= !matches!(operation, Operation::Append { checkpoint: None, .. });
            let result = match &outcome {
                Ok(()) => self.write(room, epoch, &operation),
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
    ) -> Result<Result<(), StoreError>, rusqlite::Error> {
        if let Operation::Create { name, checkpoint } = operation {
            return self.create(id, epoch, name, checkpoint);
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
                    self.insert_checkpoint(&mut room, checkpoint)?;
                }
            }
            Operation::Restart { sequence, checkpoint } => {
                let history = self.history.start(room.row, Vec::new());
                self.insert_history(id, &room, history)?;
                room.sequence = *sequence;
                self.insert_checkpoint(&mut room, checkpoint)?;
                room.previous = None;
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
        checkpoint: &[u8],
    ) -> Result<Result<(), StoreError>, rusqlite::Error> {
        if self.rooms.contains_key(&id) {
            return Ok(Err(StoreError::OutOfSequence));
        }
        let row = self.database.insert_room(id, name, epoch)?;
        let newest = self.insert_checkpoint_row(row, 0, checkpoint)?;
        self.history.start(row, Vec::new());
        self.rooms.insert(id, OwnedRoom { row, epoch, sequence: 0, newest, previous: None, is_recovering: false });
        Ok(Ok(()))
    }

    fn insert_checkpoint(&self, room: &mut OwnedRoom, checkpoint: &[u8]) -> rusqlite::Result<()> {
        let row = self.insert_checkpoint_row(room.row, room.sequence, checkpoint)?;
        room.previous = Some(std::mem::replace(&mut room.newest, row));
        Ok(())
    }

    fn insert_checkpoint_row(&self, room: RoomRow, sequence: u64, data: &[u8]) -> rusqlite::Result<CheckpointRow> {
        let (journal, created_s) = (self.last_part, self.now_s());
        let id = self.database.insert_checkpoint(&NewCheckpoint { room, sequence, journal, created_s, data })?;
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
        self.time_before_s + self.started.elapsed().as_secs() as i64
    }

    /// Deletes a small part of the history that is not to be kept any more.
    fn prune_history(&mut self) {
        let result = self.database.prune(self.retention, self.now_s());
        let has_more = result.unwrap_or_else(|error| {
            self.database.roll_back();
            log::warn!("the history of rooms cannot be deleted: {error}");
            false
        });
        self.pruning.schedule(Instant::now(), has_more);
    }

    /// Deletes the rows of the journal that precede the first row that a room still needs.
    fn prune_journal(&self) -> rusqlite::Result<()> {
        if !self.unclaimed.is_empty() {
            return Ok(());
        }
        let obsolete = self.rooms.values().map(|room| room.obsolete_up_to(self.last_part)).min();
        self.database.delete_journal_up_to(obsolete.unwrap_or(self.last_part))
    }

    fn take_over(&mut self, id: MatchId) -> Result<SavedRoom, StoreError> {
        let taken = self.database.take_over(id).map_err(failed)?;
        let (row, epoch, attempts) = taken.ok_or(StoreError::OutOfSequence)?;
        let journal = if self.unclaimed.remove(&id) {
            self.found.remove(&row).unwrap_or_default()
        } else {
            self.database.journal_of(row).map_err(failed)?
        };
        let checkpoints = self.database.checkpoints(row, &journal).map_err(failed)?;
        let rows: Vec<_> = checkpoints.iter().map(|(row, _)| *row).collect();
        let last = journal.last().map_or(0, |part| part.sequence);
        // A room without a checkpoint is damaged, and can only be set aside. Until then, a placeholder takes the place of
        // its checkpoint.
        let placeholder = CheckpointRow { id: 0, sequence: last, journal: self.last_part };
        let newest = rows.first().copied().unwrap_or(placeholder);
        let (sequence, previous) = (last.max(newest.sequence), rows.get(1).copied());
        self.rooms.insert(id, OwnedRoom { row, epoch, sequence, newest, previous, is_recovering: true });
        let checkpoints = checkpoints.into_iter().map(|(_, checkpoint)| checkpoint).collect();
        let saved = SavedRoom { epoch, attempts, sequence, checkpoints, journal };
        let newest = saved.checkpoints.first().and_then(|newest| saved.journal_after(id, newest).ok());
        newest.and_then(|journal| self.history.start(row, journal.concat()));
        Ok(saved)
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
