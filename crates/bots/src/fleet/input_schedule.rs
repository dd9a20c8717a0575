//! Inputs at a fixed rate: spreads the inputs of all bots evenly over time, because independent players do not send at the
//! same time.

use std::time::{Duration, Instant};

/// Difference between the index of a bot and the index of the bot that has the next turn. The bots of one room have
/// consecutive indices. In a large fleet, this large difference ensures that two bots of one room do not have consecutive
/// turns. The difference is a prime number, so that each bot has one turn per period. This would not be the case if the
/// number of bots were a multiple of the difference. For such a number of bots, the difference is 1 instead.
const STRIDE: u64 = 7_919;

/// Decides which bot sends an input, and when.
#[derive(Debug)]
pub struct InputSchedule {
    start: Instant,
    bots: u64,
    stride: u64,
    inputs_per_second: u64,
    /// Number of inputs that were due until now.
    turns: u64,
}

impl InputSchedule {
    /// A schedule for this number of bots. The first input is due at `start`.
    #[must_use]
    pub fn new(bots: u32, per_bot_and_second: u16, start: Instant) -> Self {
        let bots = u64::from(bots.max(1));
        let stride = if bots.is_multiple_of(STRIDE) { 1 } else { STRIDE };
        Self { start, bots, stride, inputs_per_second: bots * u64::from(per_bot_and_second), turns: 0 }
    }

    /// The time at which the next input is due.
    #[must_use]
    pub fn next_due(&self) -> Instant {
        let (seconds, rest) = (self.turns / self.inputs_per_second, self.turns % self.inputs_per_second);
        self.start + Duration::from_secs(seconds) + Duration::from_nanos(rest * 1_000_000_000 / self.inputs_per_second)
    }

    /// The index of the next bot whose input is due, if any. Skips inputs that are more than a period late, so that each
    /// bot sends at most one late input after a stall.
    pub fn poll(&mut self, now: Instant) -> Option<usize> {
        if now < self.next_due() {
            return None;
        }
        let elapsed = now.saturating_duration_since(self.start).as_nanos() * u128::from(self.inputs_per_second);
        let due = u64::try_from(elapsed / 1_000_000_000).unwrap_or(u64::MAX);
        self.turns = self.turns.max(due.saturating_sub(self.bots)) + 1;
        Some(((self.turns - 1) * self.stride % self.bots) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bots whose inputs are due until `until_ms` after the start.
    fn due(schedule: &mut InputSchedule, start: Instant, until_ms: u64) -> Vec<usize> {
        std::iter::from_fn(|| schedule.poll(start + Duration::from_millis(until_ms))).collect()
    }

    #[test]
    fn each_bot_sends_once_per_period_at_its_own_time() {
        let start = Instant::now();
        let mut schedule = InputSchedule::new(10, 20, start);
        let first: Vec<_> = (0..10).flat_map(|turn| due(&mut schedule, start, turn * 5)).collect();
        let second: Vec<_> = (10..20).flat_map(|turn| due(&mut schedule, start, turn * 5)).collect();
        assert_eq!(first, second);
        let mut sorted = first;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn each_bot_of_a_fleet_of_any_size_has_a_turn() {
        for bots in [1, 500, STRIDE as u32, 2 * STRIDE as u32] {
            let start = Instant::now();
            let mut schedule = InputSchedule::new(bots, 1, start);
            let senders: std::collections::BTreeSet<_> = due(&mut schedule, start, 1_000).into_iter().collect();
            assert_eq!(senders.len(), bots as usize);
        }
    }

    #[test]
    fn after_a_stall_each_bot_sends_at_most_one_late_input() {
        let start = Instant::now();
        let mut schedule = InputSchedule::new(10, 20, start);
        assert_eq!(due(&mut schedule, start, 10_000).len(), 11);
    }
}
