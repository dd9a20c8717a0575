//! Recent ticks of a room, for spectators who see the world with a delay.
//!
//! As soon as the history is full, each new tick displaces the oldest tick, and delayed spectators receive the oldest tick.
//! Their views and flow control treat this tick as the current one. Delayed spectators therefore receive the snapshots that
//! a spectator without delay received earlier. A new or recovered room starts with an empty history. Until its first tick
//! leaves the history, delayed spectators receive [ticks of the empty world](super::Replication::empty). The first tick is
//! encoded as changes to that world.

use std::collections::VecDeque;
use std::sync::Arc;

use tickcast_protocol::Game;

use super::TickFrame;

/// The ticks that delayed spectators have not received yet. The delay is at most
/// [`SPECTATOR_DELAY_S_MAX`](crate::RoomOptions::SPECTATOR_DELAY_S_MAX) seconds. The history copies no tick: it shares
/// the [`TickFrame`]s that are encoded once for all clients.
#[derive(Debug)]
pub(crate) struct History<G: Game> {
    delay_ticks: u16,
    /// The oldest tick comes first.
    frames: VecDeque<Arc<TickFrame<G>>>,
}

impl<G: Game> History<G> {
    pub(crate) fn new(delay_s: u16, tick_rate: u16) -> Self {
        let delay_ticks = delay_s.checked_mul(tick_rate).expect("the options of a room are validated");
        Self { delay_ticks, frames: VecDeque::new() }
    }

    /// Delay of spectators in ticks.
    pub(crate) const fn delay_ticks(&self) -> u16 {
        self.delay_ticks
    }

    /// Adds the newest tick. Returns the tick that delayed spectators receive now, or `None` if the history is not full yet
    /// or there is no delay.
    pub(crate) fn push(&mut self, newest: &Arc<TickFrame<G>>) -> Option<Arc<TickFrame<G>>> {
        if self.delay_ticks == 0 {
            return None;
        }
        let due = if self.frames.len() == usize::from(self.delay_ticks) { self.frames.pop_front() } else { None };
        self.frames.push_back(Arc::clone(newest));
        due
    }
}
