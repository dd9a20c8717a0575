//! The path of a room's ticks to one worker.

use std::sync::Arc;

use tickcast_game::Simulation;
use tickcast_room::load_shedding::Backlog;

use crate::actors::messages::{InFlight, RelayHandle};

/// The relay of one worker, and the worker's backlog of ticks of this room.
pub(super) struct WorkerRoute<S: Simulation> {
    pub(super) relay: Arc<RelayHandle<S::Game>>,
    pub(super) live: Lane,
    /// Past ticks for delayed spectators.
    pub(super) delayed: Lane,
}

/// Ticks on the way to one worker.
pub(super) struct Lane {
    /// Ticks that the worker has not accepted yet.
    pub(super) in_flight: InFlight,
    pub(super) backlog: Backlog,
}

impl Lane {
    pub(super) fn new(tick_rate: u16) -> Self {
        Self { in_flight: InFlight::default(), backlog: Backlog::new(tick_rate) }
    }

    pub(super) fn must_skip(&self) -> bool {
        self.backlog.must_skip(self.in_flight.count())
    }
}
