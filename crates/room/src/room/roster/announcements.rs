//! Decides when the names of new players are announced to the clients of a room.
//!
//! Every client of a room receives every name. To keep this affordable if players join and leave all the time, a human
//! player is announced only after some seconds in the room, and the announcements have a byte budget. A player who leaves
//! before the announcement is never announced. Announcements that exceed the budget are delayed until they fit.

use core::time::Duration;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tickcast_protocol::PlayerId;

/// A human player is announced at the earliest after this long in the room.
pub const SETTLING_TIME: Duration = Duration::from_secs(2);
/// Increase of the budget per beat, in units of 1/[`UNITS_PER_BYTE`] bytes. A delta snapshot of a calm room has 8 bytes.
/// Announcements may add 20 % to it: 8/5 bytes per beat, which are 48 bytes per second at 30 ticks per second. This suffices for
/// three players per second with names of eight bytes.
const UNITS_PER_BEAT: u64 = 8;
const UNITS_PER_BYTE: u64 = 5;
/// The maximum budget is this many bytes times the number of seats. The announcement of a player whose name has eight bytes
/// takes 16 bytes. With such names, half of the players in a full room can thus be announced at once. With a higher
/// maximum, one client whose players join and leave for a minute would add more than 20 % to the bytes that the other
/// clients receive.
const BYTES_PER_SEAT: u64 = 8;
/// Lower limit of the maximum budget in bytes. It applies to small rooms. It is sufficient for a dozen announcements with
/// names of the maximum length.
const BYTES_MIN: u64 = 1_000;
/// Bytes that each announcement uses from the budget in addition to its size. They pay for the later event that reports
/// that the player has left.
const LEFT_BYTES: u64 = 4;

/// Players who are not announced yet, and the byte budget for announcements.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Announcements {
    /// Players who are not announced yet, in the order in which they are announced. At most one per seat.
    pending: BTreeMap<Place, PlayerId>,
    /// Number of players who have joined.
    joined: u64,
    /// Current and maximum budget, in units of 1/[`UNITS_PER_BYTE`] bytes.
    budget: u64,
    budget_max: u64,
}

/// Place of a player in the order of announcements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Place {
    /// The earliest time of the announcement.
    due: Duration,
    /// Number of players who joined before this player.
    number: u64,
}

impl Announcements {
    /// No pending players and a full budget, for a room with this many seats, including those of AI players.
    pub(super) fn new(seats: usize) -> Self {
        let budget_max = UNITS_PER_BYTE * (BYTES_PER_SEAT * seats as u64).max(BYTES_MIN);
        Self { pending: BTreeMap::new(), joined: 0, budget: budget_max, budget_max }
    }

    /// Adds a player who has joined, to be announced at the time `due` at the earliest.
    pub(super) fn add(&mut self, player: PlayerId, due: Duration) -> Place {
        let place = Place { due, number: self.joined };
        self.joined += 1;
        self.pending.insert(place, player);
        place
    }

    /// Records that a player leaves. Returns whether the player was not announced yet.
    pub(super) fn remove(&mut self, place: Place) -> bool {
        self.pending.remove(&place).is_some()
    }

    /// Whether a player is not announced yet.
    pub(super) fn contains(&self, place: Place) -> bool {
        self.pending.contains_key(&place)
    }

    /// Increases the budget, because this number of beats has passed.
    pub(super) fn refill(&mut self, beats: u32) {
        self.budget = (self.budget + UNITS_PER_BEAT * u64::from(beats)).min(self.budget_max);
    }

    /// The next player to announce.
    pub(super) fn next(&self, now: Duration) -> Option<PlayerId> {
        self.pending.first_key_value().filter(|(place, _)| place.due <= now).map(|(_, player)| *player)
    }

    /// If the budget allows an announcement of this size, records the announcement of the next player and returns `true`.
    /// Otherwise, returns `false`.
    pub(super) fn try_announce(&mut self, bytes: usize) -> bool {
        let Some(budget) = self.budget.checked_sub(UNITS_PER_BYTE * (bytes as u64 + LEFT_BYTES)) else { return false };
        self.budget = budget;
        self.pending.pop_first().is_some()
    }
}
