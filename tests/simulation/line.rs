//! One direction of a connection.

use std::collections::VecDeque;

use super::choices::Choices;

/// The number of a step of the simulation: about as long as a tick.
pub(crate) type StepNumber = i64;

/// One direction of a connection: everything arrives in order, but with delay and jitter, and after a stall.
#[derive(Debug)]
pub(crate) struct Line<T> {
    quality: Quality,
    stalled_until: StepNumber,
    in_transit: VecDeque<(StepNumber, T)>,
}

/// Delay and jitter of a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quality {
    /// Delay of everything, in steps.
    pub(crate) delay: u32,
    /// Additional delay, at most, in steps.
    pub(crate) jitter: u32,
}

impl Quality {
    const DELAY_MAX: u32 = 5;
    const JITTER_MAX: u32 = 3;
    pub(crate) const PERFECT: Self = Self { delay: 0, jitter: 0 };

    pub(crate) fn choose(choices: &mut impl Choices) -> Self {
        Self { delay: choices.between(0, Self::DELAY_MAX), jitter: choices.between(0, Self::JITTER_MAX) }
    }

    /// The longest delay without a stall, in steps.
    pub(crate) const fn delay_max(self) -> StepNumber {
        (self.delay + self.jitter) as StepNumber
    }
}

impl<T> Line<T> {
    pub(crate) const fn new(quality: Quality) -> Self {
        Self { quality, stalled_until: 0, in_transit: VecDeque::new() }
    }

    /// Puts something in at one end.
    pub(crate) fn send(&mut self, item: T, now: StepNumber, choices: &mut impl Choices) {
        let Quality { delay, jitter } = self.quality;
        let due = now + StepNumber::from(delay + choices.pick(jitter + 1));
        let due = self.in_transit.back().map_or(due, |(last, _)| due.max(*last));
        self.in_transit.push_back((due, item));
    }

    /// Takes what has arrived at the other end, up to `count` items.
    pub(crate) fn receive(&mut self, now: StepNumber, count: usize) -> Vec<T> {
        if self.stalled_until > now {
            return Vec::new();
        }
        let due = self.in_transit.partition_point(|(due, _)| *due <= now);
        self.in_transit.drain(..due.min(count)).map(|(_, item)| item).collect()
    }

    /// Nothing arrives before this step.
    pub(crate) const fn stall(&mut self, until: StepNumber) {
        self.stalled_until = until;
    }
}
