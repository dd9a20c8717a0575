//! Recent ticks of a room, for spectators who see the world with a delay.
//!
//! In each tick, delayed spectators receive the tick that leaves the history. Their views and flow control count in ticks of
//! this stream, so the stream equals the one that a spectator without delay received earlier. Before the room's first tick, the
//! stream consists of [ticks of the empty world](crate::replication::Replication::empty), which is what the first tick is
//! compared with.

use std::collections::VecDeque;
use std::sync::Arc;

use tickcast_protocol::Game;
use tickcast_protocol::codec::Chunk;

use crate::replication::TickFrame;

/// The ticks that delayed spectators have not received yet: the ticks of the delay, which is at most
/// [`SPECTATOR_DELAY_S_MAX`](crate::RoomOptions::SPECTATOR_DELAY_S_MAX) seconds long. A tick is encoded once for all
/// clients, so the history only shares it.
#[derive(Debug)]
pub(super) struct History<G: Game> {
    delay_ticks: u16,
    /// The oldest tick comes first.
    frames: VecDeque<Arc<TickFrame<G>>>,
    /// The room section of full snapshots at the last tick.
    full_section: Arc<Chunk>,
}

impl<G: Game> History<G> {
    pub(super) fn new(delay_s: u16, tick_rate: u16) -> Self {
        let delay_ticks = delay_s.checked_mul(tick_rate).expect("the options of a room are validated");
        Self { delay_ticks, frames: VecDeque::new(), full_section: Arc::default() }
    }

    /// Delay of spectators in ticks.
    pub(super) const fn delay_ticks(&self) -> u16 {
        self.delay_ticks
    }

    /// The room section of full snapshots at a tick whose delta section is `delta`. Every tick in the history needs it,
    /// because spectators may need a full snapshot of any tick. It changes only with an event, so most ticks share it.
    pub(super) fn full_section(&mut self, delta: &Chunk, encode: impl FnOnce() -> Chunk) -> Arc<Chunk> {
        if delta.as_run().count > 0 {
            self.full_section = Arc::new(encode());
        }
        Arc::clone(&self.full_section)
    }

    /// Adds the newest tick. Returns the tick that delayed spectators receive now, or `None` if the room is younger than the
    /// delay or has no delay.
    pub(super) fn push(&mut self, newest: &Arc<TickFrame<G>>) -> Option<Arc<TickFrame<G>>> {
        if self.delay_ticks == 0 {
            return None;
        }
        let due = if self.frames.len() == usize::from(self.delay_ticks) { self.frames.pop_front() } else { None };
        self.frames.push_back(Arc::clone(newest));
        due
    }
}
