//! What a room and the lobby share.

use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tickcast_game::Simulation;
use tickcast_room::{Room, RoomOptions};

/// State that a room and the lobby share without sending messages.
#[derive(Debug, Default)]
pub struct RoomStatus {
    /// Number of seats taken by people.
    pub players: AtomicUsize,
    /// Whether a new player would get no seat: no seat is free, and the room must not give a new player any of the seats
    /// that it keeps for disconnected players.
    pub is_full: AtomicBool,
    /// Number of spectators.
    pub spectators: AtomicUsize,
    /// The current tick.
    pub tick: AtomicU32,
    /// Number of seats for people.
    pub seats: AtomicU16,
    /// Ticks per second.
    pub tick_rate: AtomicU16,
    /// Teams, and players who are ready.
    groups: Mutex<Groups>,
    /// Whether the room admits no new clients. The lobby sets it, and the room reads it.
    pub is_locked: AtomicBool,
    /// Whether an operator has paused the room.
    pub is_paused: AtomicBool,
    /// Whether the room continues in memory because its store fails.
    pub is_unsaved: AtomicBool,
    /// Whether clients can watch a replay of the room.
    pub has_replay: AtomicBool,
}

impl RoomStatus {
    /// The status of a room with these options and without clients.
    pub fn new(options: &RoomOptions) -> Self {
        let groups = Groups { ready: (options.ready_up_s > 0).then_some(0), ..Groups::default() };
        let (seats, tick_rate) = (options.seats.into(), options.tick_rate.into());
        Self { seats, tick_rate, groups: groups.into(), ..Self::default() }
    }

    /// Copies the state of the room, except the number of players.
    pub fn update<S: Simulation>(&self, room: &Room<S>, now: Duration) {
        self.is_full.store(!room.has_seat_for_new_player(now), Ordering::Relaxed);
        self.spectators.store(room.spectators(), Ordering::Relaxed);
        self.tick.store(room.tick().0, Ordering::Relaxed);
        let groups = Groups { teams: room.team_sizes(), ready: room.ready() };
        *self.groups.lock().unwrap_or_else(PoisonError::into_inner) = groups;
    }

    /// Teams, and players who are ready.
    pub fn groups(&self) -> Groups {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Teams of a room, and its players who are ready.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// Seats taken by people in each team. Empty in a room without teams.
    pub teams: Vec<usize>,
    /// Number of players who are ready; `None` unless the room waits for its players.
    pub ready: Option<usize>,
}
