//! What a room and the lobby share.

use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicUsize};

use tickcast_room::RoomOptions;

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
    /// Whether the room admits no new clients. The lobby sets it, and the room reads it.
    pub is_locked: AtomicBool,
    /// Whether the room continues in memory because its store fails.
    pub is_unsaved: AtomicBool,
    /// Whether clients can watch a replay of the room.
    pub has_replay: AtomicBool,
}

impl RoomStatus {
    /// The status of a room with these options and without clients.
    pub fn new(options: &RoomOptions) -> Self {
        Self { seats: options.seats.into(), tick_rate: options.tick_rate.into(), ..Self::default() }
    }
}
