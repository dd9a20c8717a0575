//! The thread that carries out all writes.

use std::collections::{BTreeSet, HashMap};
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::{Duration, Instant};

use super::database::{CheckpointRow, Database, NewPart, RoomRow};
use super::{OpenError, failed};
use crate::store::{Done, Epoch, JournalPart, MatchId, Operation, RoomEntry, SavedRoom, StoreError, Write};

/// Maximum number of writes in one transaction. Bounds how long the first of them waits.
const GROUP_MAX: usize = 1_024;
/// A room is idle if it has written nothing since its newest checkpoint, while more than this number of rows were added to
/// the journal. An idle room keeps no part of the journal, so it can be recovered only from its newest checkpoint.
/// Otherwise, a room that is paused for a day would keep the journal of all rooms for a day.
const IDLE_PARTS_MAX: i64 = 100_000;
/// Interval at which the writer truncates the write-ahead log. Usually, little is left to copy then.
const WAL_RESET_INTERVAL: Duration = Duration::from_secs(60);

/// A request to the writer.
pub(super) enum Request {
    Write(Write),
    Rooms(SyncSender<Result<Vec<RoomEntry>, StoreError>>),
    TakeOver(MatchId, SyncSender<Result<SavedRoom, StoreError>>),
    Flush(SyncSender<()>),
}

/// Carries out writes. Nothing else writes to the database, so the writer need not read the current state of rooms from it.
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
    /// The id up to which the room needs no rows of the journal. `last` is the id of the journal's last row.
    fn obsolete_up_to(&self, last: i64) -> i64 {
        let is_idle = self.sequence == self.newest.sequence && last - self.newest.journal > IDLE_PARTS_MAX;
        if is_idle { last } else { self.previous.unwrap_or(self.newest).journal }
    }
}

impl Writer {
    pub(super) fn new(database: Database) -> Result<Self, OpenError> {
        let mut found = HashMap::<_, Vec<_>>::new();
        let last = database.read_journal(|room, part| found.entry(room).or_default().push(part))?;
        let last_part = last.max(database.last_checkpointed_row()?);
        let unclaimed = database.rooms()?.into_iter().map(|room| room.id).collect();
        let wal_reset_at = Instant::now() + WAL_RESET_INTERVAL;
        Ok(Self { database, rooms: HashMap::new(), last_part, found, unclaimed, wal_reset_at })
    }

    /// Carries out requests until all senders are dropped.
    pub(super) fn run(mut self, queue: &Receiver<Request>) {
        while let Ok(first) = queue.recv() {
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
        }
    }

    /// Carries out writes in one transaction. If the transaction fails, all of them fail.
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
                    match room {
                        Some(room) => self.rooms.insert(id, room),
                        None => self.rooms.remove(&id),
                    };
                }
                results.into_iter().for_each(|(done, result)| done(result.and_then(|()| Err(failed(&error)))));
            }
        }
    }

    /// Writes a group. Adds each write's outcome to `results`, which is final only if the whole group succeeds.
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
                room.sequence = *sequence;
                if let Some(checkpoint) = checkpoint {
                    self.insert_checkpoint(&mut room, checkpoint)?;
                    room.previous
                        .map_or(Ok(()), |kept| self.database.delete_checkpoints_before(room.row, kept.sequence))?;
                }
            }
            Operation::Restart { sequence, checkpoint } => {
                room.sequence = *sequence;
                self.insert_checkpoint(&mut room, checkpoint)?;
                room.previous = None;
                self.database.delete_checkpoints_before(room.row, *sequence)?;
            }
            Operation::Close => {
                self.database.delete_room(room.row)?;
                self.rooms.remove(&id);
                return Ok(Ok(()));
            }
            Operation::SetAside { reason } => {
                self.database.set_aside(room.row, reason)?;
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
        let newest = CheckpointRow { sequence: 0, journal: self.last_part };
        self.database.insert_checkpoint(row, newest, checkpoint)?;
        self.rooms.insert(id, OwnedRoom { row, epoch, sequence: 0, newest, previous: None, is_recovering: false });
        Ok(Ok(()))
    }

    fn insert_checkpoint(&self, room: &mut OwnedRoom, checkpoint: &[u8]) -> rusqlite::Result<()> {
        let row = CheckpointRow { sequence: room.sequence, journal: self.last_part };
        room.previous = Some(std::mem::replace(&mut room.newest, row));
        self.database.insert_checkpoint(room.row, row, checkpoint)
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
        let checkpoints = self.database.checkpoints(row).map_err(failed)?;
        let journal = if self.unclaimed.remove(&id) {
            self.found.remove(&row).unwrap_or_default()
        } else {
            self.database.journal_of(row).map_err(failed)?
        };
        let rows: Vec<_> = checkpoints.iter().map(|(row, _)| *row).collect();
        let last = journal.last().map_or(0, |part| part.sequence);
        // A room without a checkpoint is damaged, and can only be set aside. Until then, it has a placeholder.
        let newest = rows.first().copied().unwrap_or(CheckpointRow { sequence: last, journal: self.last_part });
        let (sequence, previous) = (last.max(newest.sequence), rows.get(1).copied());
        self.rooms.insert(id, OwnedRoom { row, epoch, sequence, newest, previous, is_recovering: true });
        let checkpoints = checkpoints.into_iter().map(|(_, checkpoint)| checkpoint).collect();
        Ok(SavedRoom { epoch, attempts, sequence, checkpoints, journal })
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
