//! One direction of a connection.

use std::collections::VecDeque;

use super::choices::Choices;

/// Number of a step of the simulation. A step takes about as long as a tick.
pub(crate) type StepNumber = i64;

/// One direction of a connection. Items arrive in order, with delay and jitter. While the line is stalled, no items arrive.
#[derive(Debug)]
pub(crate) struct Line<T> {
    quality: Quality,
    stalled_until: StepNumber,
    in_transit: VecDeque<(StepNumber, T)>,
}

/// Delay and jitter of a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quality {
    /// Minimum delay of an item, in steps.
    pub(crate) delay: u32,
    /// Maximum additional delay of an item, in steps.
    pub(crate) jitter: u32,
}

impl Quality {
    const DELAY_MAX: u32 = 5;
    const JITTER_MAX: u32 = 3;
    pub(crate) const PERFECT: Self = Self { delay: 0, jitter: 0 };

    pub(crate) fn choose(choices: &mut impl Choices) -> Self {
        Self { delay: choices.between(0, Self::DELAY_MAX), jitter: choices.between(0, Self::JITTER_MAX) }
    }

    /// Maximum delay of an item, in steps, if the line is not stalled.
    pub(crate) const fn delay_max(self) -> StepNumber {
        (self.delay + self.jitter) as StepNumber
    }
}

impl<T> Line<T> {
    pub(crate) const fn new(quality: Quality) -> Self {
        Self { quality, stalled_until: 0, in_transit: VecDeque::new() }
    }

    /// Sends an item.
    pub(crate) fn send(&mut self, item: T, now: StepNumber, choices: &mut impl Choices) {
        let Quality { delay, jitter } = self.quality;
        let due = now + StepNumber::from(delay + choices.pick(jitter + 1));
        let due = self.in_transit.back().map_or(due, |(last, _)| due.max(*last));
        self.in_transit.push_back((due, item));
    }

    /// Takes up to `count` items that have arrived.
    pub(crate) fn receive(&mut self, now: StepNumber, count: usize) -> Vec<T> {
        if self.stalled_until > now {
            return Vec::new();
        }
        let due = self.in_transit.partition_point(|(due, _)| *due <= now);
        self.in_transit.drain(..due.min(count)).map(|(_, item)| item).collect()
    }

    /// Stalls the line until this step. Replaces an earlier stall.
    pub(crate) const fn stall(&mut self, until: StepNumber) {
        self.stalled_until = until;
    }
}
