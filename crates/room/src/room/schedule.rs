//! When a room ticks, pauses and closes.

use core::time::Duration;

use tickcast_game::Simulation;

use super::Room;

/// After its last client has left, a room continues to tick for this long, so that a player whose page reloads finds the
/// world running. Then the room pauses, because an empty room must cost no CPU time.
pub const PAUSE_DELAY: Duration = Duration::from_secs(3);
/// A room closes after this long without clients.
pub const EMPTY_GRACE: Duration = Duration::from_secs(30);

/// What a room needs next. Times are measured from the start of the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Ticks at the tick rate.
    Tick,
    /// No ticks. The next call of [`Room::poll_schedule`](crate::Room::poll_schedule) is due when a client joins, and at
    /// this time at the latest.
    Pause(Duration),
    /// Nothing: the room has been empty for the whole grace period and should close.
    Close,
}

/// How long a room exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lifetime {
    /// The room closes when it has been without clients for [`EMPTY_GRACE`].
    UntilEmpty,
    /// The room never closes.
    Unlimited,
}

/// How long a room has been without clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vacancy {
    /// There are clients.
    Occupied,
    /// There are no clients.
    Empty {
        /// Time at which the last client left, or at which the room was created or recovered.
        since: Duration,
        /// Time at which the room pauses.
        pauses_at: Duration,
    },
}

impl Vacancy {
    /// A new room, which does not tick before its first client joins.
    pub(super) const NEW: Self = Self::Empty { since: Duration::ZERO, pauses_at: Duration::ZERO };

    /// A room that is recovered now. If seats can be resumed, the room ticks like one whose last client leaves now.
    /// Otherwise, the room pauses at once.
    pub(super) fn recovered(now: Duration, lost_seats: usize) -> Self {
        if lost_seats > 0 { Self::starting(now) } else { Self::Empty { since: now, pauses_at: now } }
    }

    /// A room whose last client leaves now.
    pub(super) fn starting(now: Duration) -> Self {
        Self::Empty { since: now, pauses_at: now + PAUSE_DELAY }
    }

    /// What the room needs next. If there is a `deadline`, a pause ends at the deadline or earlier.
    pub(super) fn schedule(self, now: Duration, deadline: Option<Duration>, lifetime: Lifetime) -> Schedule {
        let Self::Empty { since, pauses_at } = self else { return Schedule::Tick };
        let closes_at = match lifetime {
            Lifetime::UntilEmpty => since + EMPTY_GRACE,
            Lifetime::Unlimited => Duration::MAX,
        };
        if now >= closes_at {
            Schedule::Close
        } else if now < pauses_at {
            Schedule::Tick
        } else {
            let check_at = closes_at.min(now + EMPTY_GRACE);
            Schedule::Pause(deadline.map_or(check_at, |deadline| deadline.min(check_at)))
        }
    }
}

impl<S: Simulation> Room<S> {
    /// Frees the seats that need not be kept any longer. Returns what the room needs next. Call this method after each
    /// tick, and when a pause of the room ends. The returned pause ends before the result of
    /// [`Self::has_seat_for_new_player`] changes.
    pub fn poll_schedule(&mut self, now: Duration) -> Schedule {
        self.state.handle_time(now);
        self.vacancy.schedule(now, self.state.seating.next_expiry(now), self.lifetime)
    }

    /// Whether, since the last tick, an event has occurred whose result clients wait for: a player has changed the controls
    /// or sent an action, or a client has joined, left, or requested a full snapshot. A room with pace on demand then ticks
    /// as soon as its tick rate permits.
    #[must_use]
    pub const fn is_tick_requested(&self) -> bool {
        self.is_tick_requested
    }
}
