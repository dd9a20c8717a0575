//! A line between a client and a room. Time is measured in periods of the tick rate.

use std::collections::VecDeque;

use crate::arbitrary::Random;

/// Quality of a line, in each direction. Like TCP, a line loses nothing and keeps the order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Minimum delay in periods of the tick rate, which are ticks in a steady room.
    pub delay_ticks: u32,
    /// Maximum additional delay in periods. The actual one is random.
    pub jitter_ticks: u32,
}

/// One direction of a line.
#[derive(Debug)]
pub(super) struct Queue<T> {
    line: Line,
    /// Everything in transit, with the time at which it arrives.
    items: VecDeque<(u32, T)>,
    stalled_until: u32,
}

impl<T> Queue<T> {
    pub(super) const fn new(line: Line) -> Self {
        Self { line, items: VecDeque::new(), stalled_until: 0 }
    }

    pub(super) fn send(&mut self, item: T, now: u32, random: &mut Random) {
        let arrival = now + self.line.delay_ticks + random.below(self.line.jitter_ticks + 1);
        let arrival = self.items.back().map_or(arrival, |(last, _)| arrival.max(*last));
        self.items.push_back((arrival, item));
    }

    /// Takes the next item that has arrived.
    pub(super) fn take(&mut self, now: u32) -> Option<T> {
        let is_stalled = now < self.stalled_until;
        self.items.pop_front_if(|(arrival, _)| !is_stalled && *arrival <= now).map(|(_, item)| item)
    }

    /// Delivers nothing until this time.
    pub(super) const fn stall_until(&mut self, until: u32) {
        self.stalled_until = until;
    }
}
