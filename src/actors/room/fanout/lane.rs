//! The path of a room's ticks to one worker.

use std::sync::Arc;

use tickcast_game::Simulation;
use tickcast_room::load_shedding::Backlog;

use crate::actors::messages::{InFlight, RelayHandle};

/// The relay of one worker, and the worker's backlog of ticks of this room.
pub(in crate::actors::room) struct WorkerRoute<S: Simulation> {
    pub(in crate::actors::room) relay: Arc<RelayHandle<S::Game>>,
    pub(in crate::actors::room) live: Lane,
    /// Past ticks for delayed spectators.
    pub(in crate::actors::room) delayed: Lane,
}

impl<S: Simulation> WorkerRoute<S> {
    pub(in crate::actors::room) fn new(relay: Arc<RelayHandle<S::Game>>, tick_rate: u16) -> Self {
        Self { relay, live: Lane::new(tick_rate), delayed: Lane::new(tick_rate) }
    }
}

/// Ticks on the way to one worker.
pub(in crate::actors::room) struct Lane {
    /// Ticks that the worker has not accepted yet.
    pub(in crate::actors::room) in_flight: InFlight,
    pub(in crate::actors::room) backlog: Backlog,
}

impl Lane {
    pub(in crate::actors::room) fn new(tick_rate: u16) -> Self {
        Self { in_flight: InFlight::default(), backlog: Backlog::new(tick_rate) }
    }

    pub(in crate::actors::room) fn must_skip(&self) -> bool {
        self.backlog.must_skip(self.in_flight.count())
    }
}
