//! One direction of a line with datagrams and a reliable stream. Time is measured in ticks.

use std::collections::VecDeque;

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// The source of all random choices.
pub struct Random(Xoshiro256PlusPlus);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    pub fn below(&mut self, bound: u32) -> u32 {
        self.0.random_range(0..bound)
    }

    pub fn percent(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }
}

/// Quality of a line, in each direction.
#[derive(Clone, Copy, Debug)]
pub struct Quality {
    pub loss_percent: u32,
    pub duplicate_percent: u32,
    /// Minimum delay, and maximum additional delay, in ticks. The additional delay reorders datagrams.
    pub delay: u32,
    pub jitter: u32,
}

impl Quality {
    pub const PERFECT: Self = Self { loss_percent: 0, duplicate_percent: 0, delay: 0, jitter: 0 };

    /// A line with the given loss, duplication and delays.
    pub const fn lossy(loss_percent: u32) -> Self {
        Self { loss_percent, duplicate_percent: loss_percent / 2, delay: 1, jitter: 4 }
    }
}

/// One direction of a line.
#[derive(Debug)]
pub struct Line {
    pub quality: Quality,
    /// Whether all datagrams are lost.
    pub is_blocked: bool,
    datagrams: Vec<(u32, Vec<u8>)>,
    stream: VecDeque<(u32, Vec<u8>)>,
}

impl Line {
    pub const fn new(quality: Quality) -> Self {
        Self { quality, is_blocked: false, datagrams: Vec::new(), stream: VecDeque::new() }
    }

    pub fn send_datagram(&mut self, bytes: &[u8], now: u32, random: &mut Random) {
        let copies = 1 + u32::from(random.percent(self.quality.duplicate_percent));
        for _ in 0..copies {
            if !self.is_blocked && !random.percent(self.quality.loss_percent) {
                self.datagrams.push((now + self.delay(random), bytes.to_vec()));
            }
        }
    }

    /// Each loss delays the bytes, and all bytes after them, by a retransmission.
    pub fn send_stream(&mut self, bytes: &[u8], now: u32, random: &mut Random) {
        let mut arrival = now + self.delay(random);
        while random.percent(self.quality.loss_percent) {
            arrival += 3 * (self.quality.delay + self.quality.jitter + 1);
        }
        let arrival = self.stream.back().map_or(arrival, |(last, _)| arrival.max(*last));
        self.stream.push_back((arrival, bytes.to_vec()));
    }

    /// The next message of the stream that has arrived.
    pub fn take_stream(&mut self, now: u32) -> Option<Vec<u8>> {
        self.stream.pop_front_if(|(arrival, _)| *arrival <= now).map(|(_, bytes)| bytes)
    }

    /// A datagram that has arrived.
    pub fn take_datagram(&mut self, now: u32) -> Option<Vec<u8>> {
        let arrived = self.datagrams.iter().position(|(arrival, _)| *arrival <= now)?;
        Some(self.datagrams.swap_remove(arrived).1)
    }

    fn delay(&self, random: &mut Random) -> u32 {
        self.quality.delay + random.below(self.quality.jitter + 1)
    }
}
