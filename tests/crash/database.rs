//! The worlds of all rooms in a database, as a recovery would compute them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tickcast::store::{Durability, SqliteStore, Store};
use tickcast_arena::{Arena, World};
use tickcast_game::Simulation;
use tickcast_protocol::{Digest, Tick};
use tickcast_room::Replay;

/// The checksum of each tick's world.
pub struct RoomTicks {
    /// Tick of the checkpoint at which the journal begins.
    pub first: Tick,
    /// The checksums, by tick.
    pub checksums: BTreeMap<u32, u32>,
}

/// Computes the ticks of each room, by the room's name, from a copy of the database in the folder `data`. No server may be
/// using the database.
pub fn recomputed_worlds(data: &Path) -> BTreeMap<String, RoomTicks> {
    let copy = TempDir::new().expect("a directory");
    fs::copy(data.join("tickcast.db"), copy.path().join("tickcast.db")).expect("the database exists");
    let log = data.join("tickcast.db-wal");
    // A backup has no write-ahead log.
    if log.exists() {
        fs::copy(log, copy.path().join("tickcast.db-wal")).expect("the log is readable");
    }
    let store = SqliteStore::open(copy.path(), Durability::Process).expect("the database is intact");
    let rooms = store.rooms().expect("the database is intact");
    rooms.into_iter().map(|room| (room.name, ticks_of(&store, room.id))).collect()
}

fn ticks_of(store: &SqliteStore, id: tickcast::store::MatchId) -> RoomTicks {
    let saved = store.take_over(id).expect("the room is stored");
    let oldest = saved.checkpoints.last().expect("every room has a checkpoint");
    let mut replay = Replay::<World>::new(&oldest.bytes).expect("the checkpoint is valid");
    let mut ticks = RoomTicks { first: replay.tick(), checksums: BTreeMap::new() };
    for mut part in saved.journal_after(id, oldest).expect("the journal is complete") {
        while !part.is_empty() {
            replay.apply_next(&mut part).expect("the journal is valid");
            let checksum = Digest::of_entities::<Arena>(replay.world().entities().iter());
            ticks.checksums.insert(replay.tick().0, checksum);
        }
    }
    ticks
}
