//! Recovers all rooms of a database, as a server does when it starts, and compares them with their history.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tickcast::actors::lobby::recovery::recover;
use tickcast::store::{DatabaseReader, Durability, MatchId, OpenError, Retention, SqliteStore, Store};
use tickcast_room::NoObserver;

use crate::Random;
use crate::history::{History, LiveRoom};

/// Number of ticks that a recovered room runs.
const TICKS: u32 = 3;
const RETENTION: Retention = Retention { age: std::time::Duration::from_secs(3_600), bytes_max: u64::MAX };

/// The history of each room that a database may contain.
pub type Histories = BTreeMap<MatchId, History>;

/// What was found in a database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Number of rooms that continue at their last confirmed state or later.
    pub intact: u64,
    /// Number of rooms that continue at an earlier state.
    pub outdated: u64,
    /// Number of rooms that were set aside or cannot be read.
    pub rejected: u64,
    /// Number of rooms that the database does not list as open.
    pub missing: u64,
    /// Whether the database cannot be opened or its rooms cannot be listed.
    pub is_refused: bool,
    /// Whether the store reports that writes are missing.
    pub is_loss_reported: bool,
}

impl Found {
    pub const fn add(&mut self, other: Self) {
        self.intact += other.intact;
        self.outdated += other.outdated;
        self.rejected += other.rejected;
        self.missing += other.missing;
        self.is_refused |= other.is_refused;
        self.is_loss_reported |= other.is_loss_reported;
    }
}

pub fn open(folder: &Path, durability: Durability) -> Result<Arc<dyn Store>, OpenError> {
    Ok(Arc::new(SqliteStore::open_with_history(folder, durability, RETENTION)?))
}

/// Recovers all rooms. Asserts that each room has a state of its history. Returns the rooms that can continue.
pub fn recover_rooms(store: &Arc<dyn Store>, histories: &Histories) -> (Vec<LiveRoom>, Found) {
    let mut found = Found::default();
    let Ok(entries) = store.rooms() else { return (Vec::new(), Found { is_refused: true, ..found }) };
    let mut rooms = Vec::new();
    for entry in &entries {
        let Some((room, stored)) = recover(store, entry, || Box::new(NoObserver)) else {
            found.rejected += 1;
            continue;
        };
        let history = histories.get(&entry.id).unwrap_or_else(|| panic!("room {} is invented", entry.name)).clone();
        let position = history
            .find(room.hash())
            .unwrap_or_else(|| panic!("room {} has a state at tick {} that it never had", entry.name, room.tick().0));
        let count = if history.is_outdated(position) { &mut found.outdated } else { &mut found.intact };
        *count += 1;
        rooms.push(LiveRoom::recovered(entry.clone(), room, &stored, history));
    }
    found.missing = histories.keys().filter(|id| !entries.iter().any(|entry| entry.id == **id)).count() as u64;
    (rooms, found)
}

/// Recovers all rooms in a folder, lets them continue for some ticks, and recovers them again. Asserts that each room has a
/// state of its history every time, and that confirmed writes were not lost.
pub fn check(folder: &Path, histories: &Histories, random: &mut Random) -> Found {
    let lost_rows = DatabaseReader::open(folder).map(|database| database.lost_rows());
    let Ok(store) = open(folder, Durability::Process) else { return Found { is_refused: true, ..Found::default() } };
    let (mut rooms, mut found) = recover_rooms(&store, histories);
    found.is_loss_reported = matches!(lost_rows, Ok(Ok(1..)));
    let mut continued = histories.clone();
    for room in &mut rooms {
        for _ in 0..TICKS {
            room.play(random);
            room.write(&*store, false);
        }
        continued.insert(room.entry.id, room.history.clone());
    }
    store.flush();
    drop(rooms);
    drop(store);
    if let Ok(store) = open(folder, Durability::Process) {
        recover_rooms(&store, &continued);
    }
    found
}
