//! Delays between attempts to reconnect.

use core::time::Duration;

/// Each entry is `(until, min, max)`: up to the time `until` since the connection was lost, a client waits from `min` to
/// `max` milliseconds before each attempt to reconnect.
///
/// A restarted server listens again within seconds, so clients retry often at first. In a longer outage, a few seconds
/// matter less to the players, and frequent attempts of many clients would burden the server.
const PHASES: [(Duration, u32, u32); 2] = [(Duration::from_secs(10), 250, 750), (Duration::from_secs(60), 2_000, 4_000)];
/// The range of delays in milliseconds after the last of the [`PHASES`].
const LAST: (u32, u32) = (15_000, 30_000);

/// The time that a client waits before its next attempt to reconnect. `since_loss` is the time since the connection was lost,
/// and `random` a uniformly distributed random number. The clients of a failed server thus do not all reconnect at the same
/// time.
///
/// To the result, add [`CloseReason::reconnect_after`](crate::CloseReason::reconnect_after), or the delay of a
/// [`Drain`](crate::ServerMessage::Drain) if the delay of the Drain is longer.
#[must_use]
pub fn reconnect_delay(since_loss: Duration, random: u32) -> Duration {
    let phase = PHASES.iter().find(|(until, ..)| since_loss <= *until);
    let (min, max) = phase.map_or(LAST, |(_, min, max)| (*min, *max));
    Duration::from_millis(u64::from(min + random % (max - min + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_outage_causes_fewer_attempts() {
        let range = |seconds| {
            let delay = |random| reconnect_delay(Duration::from_secs(seconds), random).as_millis();
            let delays: Vec<_> = (0..20_000).map(delay).collect();
            (delays.iter().min().copied(), delays.iter().max().copied())
        };
        assert_eq!(range(0), (Some(250), Some(750)));
        assert_eq!(range(10), (Some(250), Some(750)));
        assert_eq!(range(11), (Some(2_000), Some(4_000)));
        assert_eq!(range(61), (Some(15_000), Some(30_000)));
    }
}
