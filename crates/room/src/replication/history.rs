//! Recent ticks of a room, for spectators who see the world with a delay.
//!
//! As soon as the delay of a tick is over, delayed spectators receive the tick. Their views and flow control treat this tick as
//! the current one. Delayed spectators therefore receive the snapshots that a spectator without delay received earlier. A
//! steady room sends them one past tick in each of its ticks. A room with pace on demand can send them any number of past
//! ticks, including none, in one of its ticks. A new or recovered room starts with an empty history. Until the delay of its
//! first tick is over, delayed spectators receive [ticks of the empty world](super::Replication::empty). The first tick is
//! encoded as changes to that world.

use std::collections::VecDeque;
use std::sync::Arc;

use tickcast_protocol::{GameProtocol, Tick};

use super::{TickFrame, TickTime};

/// The ticks that delayed spectators have not received yet. The delay is at most
/// [`SPECTATOR_DELAY_S_MAX`](crate::RoomOptions::SPECTATOR_DELAY_S_MAX) seconds. The history copies no tick: it shares
/// the [`TickFrame`]s that are encoded once for all clients.
#[derive(Debug)]
pub(crate) struct History<G: GameProtocol> {
    delay_beats: u16,
    /// The last tick that delayed spectators have received.
    newest: Tick,
    /// Whether the delay of the first tick is over.
    has_begun: bool,
    /// The oldest tick comes first.
    frames: VecDeque<Arc<TickFrame<G>>>,
}

/// A tick that delayed spectators receive now.
#[derive(Debug)]
pub(crate) struct PastTick<G: GameProtocol> {
    pub(crate) time: TickTime,
    /// `None` for a tick of the empty world.
    pub(crate) frame: Option<Arc<TickFrame<G>>>,
}

impl<G: GameProtocol> History<G> {
    /// The history of a room that is at tick `now`.
    pub(crate) fn new(delay_s: u16, tick_rate: u16, now: Tick) -> Self {
        let delay_beats = delay_s.checked_mul(tick_rate).expect("the options of a room are validated");
        // At most one tick per beat of the delay has the empty world, so these ticks are older than the first one.
        let newest = now.plus(-i32::from(delay_beats));
        Self { delay_beats, newest, has_begun: false, frames: VecDeque::new() }
    }

    /// Whether spectators see the world with a delay.
    pub(crate) const fn is_delayed(&self) -> bool {
        self.delay_beats > 0
    }

    /// The last tick that delayed spectators have received.
    pub(crate) const fn newest(&self) -> Tick {
        self.newest
    }

    /// Adds the newest tick. Returns the ticks that delayed spectators receive now, in order.
    pub(crate) fn push(&mut self, newest: &Arc<TickFrame<G>>) -> Vec<PastTick<G>> {
        if !self.is_delayed() {
            return Vec::new();
        }
        self.frames.push_back(Arc::clone(newest));
        let delay = i32::from(self.delay_beats);
        let is_due = |frame: &mut Arc<TickFrame<G>>| newest.time().beat.since(frame.time().beat) >= delay;
        let next = || self.frames.pop_front_if(is_due);
        let mut due: Vec<_> =
            std::iter::from_fn(next).map(|frame| PastTick { time: frame.time(), frame: Some(frame) }).collect();
        self.has_begun |= !due.is_empty();
        if !self.has_begun {
            due.push(PastTick { time: self.newest.next().into(), frame: None });
        }
        self.newest = due.last().map_or(self.newest, |last| last.time.tick);
        due
    }
}
