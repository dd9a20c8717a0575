//! When a room ticks, pauses and closes.

use core::time::Duration;

/// A room without clients ticks for this long, so that a player whose page reloads finds the world running. Then it pauses: an
/// empty room must cost no CPU time.
pub const PAUSE_DELAY: Duration = Duration::from_secs(3);
/// A room closes after this long without clients.
pub const EMPTY_GRACE: Duration = Duration::from_secs(30);

/// What a room needs next. Times are measured from the start of the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Ticks at the tick rate.
    Tick,
    /// No ticks. The next call of [`Room::poll_schedule`](crate::Room::poll_schedule) is due when a client joins, or at this
    /// time.
    Pause(Duration),
    /// Nothing: the room has been empty for the whole grace period and should close.
    Close,
}

/// How long a room has been without clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Vacancy {
    /// There are clients.
    Occupied,
    /// There are no clients.
    Empty {
        /// Time at which the last client left; for a new room, its start.
        since: Duration,
        /// Time at which the room pauses.
        pauses_at: Duration,
    },
}

impl Vacancy {
    /// A new room, which does not tick before its first client joins.
    pub(super) const NEW: Self = Self::Empty { since: Duration::ZERO, pauses_at: Duration::ZERO };

    /// A room whose last client leaves now.
    pub(super) fn starting(now: Duration) -> Self {
        Self::Empty { since: now, pauses_at: now + PAUSE_DELAY }
    }

    /// What the room needs next. A pause ends at `deadline`, if there is one.
    pub(super) fn schedule(self, now: Duration, deadline: Option<Duration>) -> Schedule {
        let Self::Empty { since, pauses_at } = self else { return Schedule::Tick };
        let closes_at = since + EMPTY_GRACE;
        if now >= closes_at {
            Schedule::Close
        } else if now < pauses_at {
            Schedule::Tick
        } else {
            Schedule::Pause(deadline.map_or(closes_at, |deadline| deadline.min(closes_at)))
        }
    }
}
