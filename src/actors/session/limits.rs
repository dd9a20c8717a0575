//! Rate limits of one session.

use std::time::Duration;

use crate::admission::RateLimit;

/// Maximum rate of messages of one connection, per second: 120 inputs (one per tick at 120 ticks per second) and 30 others.
pub const MESSAGES_PER_SECOND: u32 = 150;
/// Maximum rate of actions of one connection, per second: faster than players click. The server stores each action durably.
/// Beyond this rate, it discards actions, and reports this to the client as their outcome.
pub const ACTIONS_PER_SECOND: u32 = 20;
/// Maximum burst of resync requests. A client that gets no full snapshot repeats its request every second. With this burst,
/// the client may do so for at least 20 s.
const RESYNCS_BURST: u32 = 20;
/// Minimum average interval between resync requests. If a replica diverges more often, it has an error that full snapshots
/// do not repair.
const RESYNC_PERIOD: Duration = Duration::from_secs(4);

/// Maximum burst of changes between ready and not ready. All clients of the room receive each change, and the server stores it
/// durably.
const READY_BURST: u32 = 20;
/// Minimum average interval between these changes: players do not change their minds more often.
const READY_PERIOD: Duration = Duration::from_secs(1);

/// Rate limits of one session.
pub(super) struct Limits {
    pub(super) messages: RateLimit,
    pub(super) actions: RateLimit,
    pub(super) resyncs: RateLimit,
    pub(super) ready: RateLimit,
}

impl Limits {
    pub(super) fn new() -> Self {
        Self {
            messages: RateLimit::per_second(MESSAGES_PER_SECOND),
            actions: RateLimit::per_second(ACTIONS_PER_SECOND),
            resyncs: RateLimit::with_burst(RESYNC_PERIOD, RESYNCS_BURST),
            ready: RateLimit::with_burst(READY_PERIOD, READY_BURST),
        }
    }
}
