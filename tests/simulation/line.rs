//! One direction of a connection.

use std::collections::VecDeque;

use tickcast_protocol::Tick;

use super::dice::Dice;

/// One direction of a connection: everything arrives in order, but late, and at times not for a while.
#[derive(Debug)]
pub(crate) struct Line<T> {
    quality: Quality,
    stalls_until: Tick,
    on_the_way: VecDeque<(Tick, T)>,
}

/// How good a line is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quality {
    /// How many ticks everything is late.
    pub(crate) delay: u32,
    /// How many ticks more something may be late.
    pub(crate) jitter: u32,
}

impl Quality {
    const DELAY_MAX: u32 = 5;
    const JITTER_MAX: u32 = 3;

    pub(crate) fn roll(dice: &mut impl Dice) -> Self {
        Self { delay: dice.between(0, Self::DELAY_MAX), jitter: dice.between(0, Self::JITTER_MAX) }
    }

    /// The latest that anything is.
    pub(crate) const fn latest(self) -> i32 {
        (self.delay + self.jitter) as i32
    }
}

impl<T> Line<T> {
    pub(crate) const fn new(quality: Quality, now: Tick) -> Self {
        Self { quality, stalls_until: now, on_the_way: VecDeque::new() }
    }

    /// Puts something in at one end.
    pub(crate) fn send(&mut self, item: T, now: Tick, dice: &mut impl Dice) {
        let Quality { delay, jitter } = self.quality;
        let due = now.plus((delay + dice.roll(jitter + 1)) as i32);
        let due = self.on_the_way.back().map_or(due, |(last, _)| if last.is_newer_than(due) { *last } else { due });
        self.on_the_way.push_back((due, item));
    }

    /// What has arrived at the other end, up to `count` of it.
    pub(crate) fn receive(&mut self, now: Tick, count: usize) -> Vec<T> {
        if self.stalls_until.is_newer_than(now) {
            return Vec::new();
        }
        let due = |(due, _): &mut (Tick, T)| !due.is_newer_than(now);
        std::iter::from_fn(|| self.on_the_way.pop_front_if(due)).take(count).map(|(_, item)| item).collect()
    }

    /// Nothing arrives before that tick.
    pub(crate) fn stall(&mut self, until: Tick) {
        self.stalls_until = until;
    }

    /// How much is on its way.
    pub(crate) fn len(&self) -> usize {
        self.on_the_way.len()
    }
}

/// The later of two ticks.
pub(crate) fn later(one: Tick, other: Tick) -> Tick {
    if other.is_newer_than(one) { other } else { one }
}
