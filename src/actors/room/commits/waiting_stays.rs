//! Stays of players that wait to be stored.

use tickcast_protocol::{PlayerId, Tick};
use tickcast_room::StayResult;
use tickcast_store::{self as store, ProfileId, Stay, StayEvent};

/// Maximum number of waiting beginnings and ends of stays. Normally, they wait for one write. While the store fails, they
/// wait until a write succeeds. An event takes about 150 bytes. If more events wait, the oldest are dropped, and those stays
/// are not counted.
pub const WAITING_STAYS_MAX: usize = 10_000;

/// Beginnings and ends of stays that wait to be stored, in the order in which they happened.
#[derive(Debug, Default)]
pub(super) struct WaitingStays(Vec<StayEvent>);

impl WaitingStays {
    pub(super) fn begin(&mut self, player: PlayerId, first_tick: Tick, profile: Option<ProfileId>) {
        self.push(StayEvent::Began(Stay { tick: first_tick.0, seat: player.0 }, profile));
    }

    /// Adds the ends of stays. `now_s` is Unix time in seconds.
    pub(super) fn end(&mut self, results: Vec<StayResult>, now_s: u64) {
        for result in results {
            let stay = Stay { tick: result.first_tick.0, seat: result.player.0 };
            let StayResult { name, play_time, score, best_streak, next, .. } = result;
            let result = store::StayResult {
                name: name.as_str().to_owned(),
                ended_s: now_s,
                play_ms: play_time.as_millis() as u64,
                score: score.points,
                kills: score.kills,
                deaths: score.deaths,
                best_streak,
            };
            self.push(match next {
                Some(next) => StayEvent::Continued(stay, result, next.0),
                None => StayEvent::Ended(stay, result),
            });
        }
    }

    fn push(&mut self, event: StayEvent) {
        self.0.push(event);
        self.limit();
    }

    /// Takes all events.
    pub(super) fn take(&mut self) -> Vec<StayEvent> {
        std::mem::take(&mut self.0)
    }

    /// Puts events back whose write has failed.
    pub(super) fn put_back(&mut self, failed: Vec<StayEvent>) {
        self.0.splice(..0, failed);
        self.limit();
    }

    fn limit(&mut self) {
        self.0.drain(..self.0.len().saturating_sub(WAITING_STAYS_MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_whose_write_failed_come_first_and_the_oldest_are_dropped() {
        let mut waiting = WaitingStays::default();
        let profile = Some(ProfileId([0; 32]));
        let began = |tick: u32| StayEvent::Began(Stay { tick, seat: 1 }, profile);
        waiting.begin(PlayerId(1), Tick(1), profile);
        let failed = waiting.take();
        waiting.begin(PlayerId(1), Tick(2), profile);
        waiting.put_back(failed);
        assert_eq!(waiting.take(), [began(1), began(2)]);
        (0..WAITING_STAYS_MAX as u32).for_each(|tick| waiting.begin(PlayerId(1), Tick(tick), profile));
        waiting.put_back(vec![began(7), began(8)]);
        let kept = waiting.take();
        assert_eq!((kept.len(), &kept[0]), (WAITING_STAYS_MAX, &began(0)));
    }
}
