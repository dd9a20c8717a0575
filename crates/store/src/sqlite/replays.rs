//! Reads the history of matches for replays.

use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{OptionalExtension, Row, ToSql, params};

use super::database::{Database, RoomRow, checkpoint};
use super::failed;
use crate::store::{
    CheckpointIndex, Creator, FairList, JournalPart, MarkerVisitor, MatchHistory, MatchId, MatchKey, MatchRecord, Segment,
    SegmentPosition, StoreError,
};

/// Columns of a match: the ticks of its first and of its last checkpoint come last. They are NULL if there is none.
const MATCH: &str = "SELECT r.match, r.name, r.closed IS NULL,
    (SELECT t.tick FROM checkpoints c CROSS JOIN checkpoint_ticks t ON t.checkpoint = c.id
     WHERE c.room = r.id ORDER BY c.sequence LIMIT 1),
    (SELECT t.tick FROM checkpoints c CROSS JOIN checkpoint_ticks t ON t.checkpoint = c.id
     WHERE c.room = r.id ORDER BY c.sequence DESC LIMIT 1)
    FROM rooms r";

/// Columns of a segment. `CROSS JOIN` makes SQLite search the checkpoints in the order of their index.
const SEGMENT: &str = "SELECT c.sequence, c.hash, c.data, t.tick, h.sequence, h.hash, h.data
    FROM checkpoints c CROSS JOIN checkpoint_ticks t ON t.checkpoint = c.id LEFT JOIN history h ON h.checkpoint = c.id
    WHERE c.room = (SELECT id FROM rooms WHERE match = ?1)";

/// Reads the history of matches with a connection of its own.
pub(super) struct SqliteHistory(Mutex<Database>);

impl SqliteHistory {
    /// Reads with this connection.
    pub(super) const fn new(database: Database) -> Self {
        Self(Mutex::new(database))
    }

    fn database(&self) -> MutexGuard<'_, Database> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MatchHistory for SqliteHistory {
    fn find(&self, key: &MatchKey) -> Result<Option<MatchRecord>, StoreError> {
        match key {
            MatchKey::Id(id) => self.database().find_match("r.match = ?1", &id.0),
            MatchKey::Newest(name) => self.database().find_match("r.name = ?1", name),
        }
        .map_err(failed)
    }

    fn finished(&self, count_max: u32) -> Result<Vec<MatchRecord>, StoreError> {
        self.database().finished_matches(count_max).map_err(failed)
    }

    fn segment(&self, id: MatchId, position: SegmentPosition) -> Result<Option<Segment>, StoreError> {
        self.database().segment(id, position).map_err(failed)
    }

    fn visit_markers(&self, id: MatchId, count_max: u32, visit: &mut MarkerVisitor<'_>) -> Result<(), StoreError> {
        self.database().visit_markers(id, count_max, visit).map_err(failed)
    }
}

impl Database {
    /// Adds what replays need to know about a checkpoint.
    pub(super) fn insert_index(&self, room: i64, checkpoint: i64, index: &CheckpointIndex) -> rusqlite::Result<()> {
        let CheckpointIndex { tick, markers } = index;
        self.run("INSERT INTO checkpoint_ticks (checkpoint, tick) VALUES (?1, ?2)", params![checkpoint, tick])?;
        if markers.is_empty() {
            return Ok(());
        }
        let sql = "INSERT OR REPLACE INTO markers (room, tick, data) VALUES (?1, ?2, ?3)";
        self.run(sql, params![room, tick, markers])
    }

    /// Deletes the markers of a room that precede its first checkpoint.
    pub(super) fn delete_old_markers(&self, room: i64) -> rusqlite::Result<()> {
        let first = "SELECT t.tick FROM checkpoints c CROSS JOIN checkpoint_ticks t ON t.checkpoint = c.id
                     WHERE c.room = ?1 ORDER BY c.sequence LIMIT 1";
        self.run(&format!("DELETE FROM markers WHERE room = ?1 AND tick <= ({first})"), params![room])
    }

    /// The newest of the matches that meet the condition and were not set aside. `None` if this match has no checkpoint.
    fn find_match(&self, condition: &str, parameter: &dyn ToSql) -> rusqlite::Result<Option<MatchRecord>> {
        let sql = format!("{MATCH} WHERE {condition} AND r.set_aside IS NULL ORDER BY r.id DESC LIMIT 1");
        Ok(self.0.prepare_cached(&sql)?.query_row([parameter], record).optional()?.flatten())
    }

    fn finished_matches(&self, count_max: u32) -> rusqlite::Result<Vec<MatchRecord>> {
        let mut list = FairList::new(count_max as usize);
        // The search may pass over all closed matches of the database. 100,000 take about 20 ms.
        let sql = "SELECT id, creator FROM rooms r WHERE closed IS NOT NULL AND set_aside IS NULL
                       AND EXISTS (SELECT 1 FROM markers m WHERE m.room = r.id)
                   ORDER BY closed DESC, id DESC";
        let mut statement = self.0.prepare_cached(sql)?;
        let mut rows = statement.query([])?;
        while !list.is_full()
            && let Some(row) = rows.next()?
        {
            let creator = row.get::<_, Option<i64>>(1)?.map(|hash| Creator(hash.cast_unsigned()));
            list.push(creator, row.get::<_, RoomRow>(0)?);
        }
        list.finish().filter_map(|room| self.find_match("r.id = ?1", &room).transpose()).collect()
    }

    fn segment(&self, id: MatchId, position: SegmentPosition) -> rusqlite::Result<Option<Segment>> {
        let (condition, parameter) = match position {
            SegmentPosition::Tick(tick) => ("t.tick <= ?2 ORDER BY c.sequence DESC", tick.into()),
            SegmentPosition::Sequence(last) => ("c.sequence <= ?2 ORDER BY c.sequence DESC", last.cast_signed()),
            SegmentPosition::After(last) => ("c.sequence > ?2 ORDER BY c.sequence", last.cast_signed()),
        };
        let sql = format!("{SEGMENT} AND {condition} LIMIT 1");
        self.0.prepare_cached(&sql)?.query_row(params![id.0, parameter], segment).optional()
    }

    fn visit_markers(&self, id: MatchId, count_max: u32, visit: &mut MarkerVisitor<'_>) -> rusqlite::Result<()> {
        let sql = "SELECT data FROM markers WHERE room = (SELECT id FROM rooms WHERE match = ?1)
                   ORDER BY tick DESC LIMIT ?2";
        let mut statement = self.0.prepare_cached(sql)?;
        let mut rows = statement.query(params![id.0, count_max])?;
        while let Some(row) = rows.next()? {
            if visit(row.get_ref(0)?.as_blob()?).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Reads a match. `None` if it has no checkpoint.
fn record(row: &Row<'_>) -> rusqlite::Result<Option<MatchRecord>> {
    let (Some(first_tick), Some(last_tick)) = (row.get(3)?, row.get(4)?) else { return Ok(None) };
    Ok(Some(MatchRecord { id: MatchId(row.get(0)?), name: row.get(1)?, is_running: row.get(2)?, first_tick, last_tick }))
}

fn segment(row: &Row<'_>) -> rusqlite::Result<Segment> {
    let journal = match row.get::<_, Option<i64>>(4)? {
        None => None,
        Some(sequence) => Some(JournalPart {
            sequence: sequence.cast_unsigned(),
            hash: row.get::<_, i64>(5)?.cast_unsigned(),
            bytes: row.get(6)?,
        }),
    };
    Ok(Segment { tick: row.get(3)?, checkpoint: checkpoint(row)?, journal })
}
