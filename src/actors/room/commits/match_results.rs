//! The results of players who have left, for the event of the room's end.

use tickcast_room::StayResult;

use crate::telemetry::PlayerResult;

/// Maximum number of results of a room. Each takes up to 150 bytes. If there are more, those with the lowest scores are
/// dropped, so a client that only joins and leaves displaces nobody who has scored.
pub const RESULTS_MAX: usize = 256;

/// The results of a room, the oldest first.
#[derive(Debug, Default)]
pub(super) struct MatchResults(Vec<PlayerResult>);

impl MatchResults {
    pub(super) fn extend(&mut self, results: &[StayResult]) {
        for result in results {
            self.0.push(result.into());
            if self.0.len() > RESULTS_MAX {
                self.drop_lowest();
            }
        }
    }

    /// Drops the result with the lowest score; of several, the one of the shortest stay.
    fn drop_lowest(&mut self) {
        let worth = |(_, result): &(usize, &PlayerResult)| (result.score, result.play_ms);
        if let Some((index, _)) = self.0.iter().enumerate().min_by_key(worth) {
            self.0.remove(index);
        }
    }

    pub(super) fn take(&mut self) -> Vec<PlayerResult> {
        std::mem::take(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tickcast_protocol::game::Score;
    use tickcast_protocol::{PlayerId, PlayerName, Tick};

    use super::*;

    #[test]
    fn the_highest_scores_are_kept() {
        let result = |seat, points| StayResult {
            player: PlayerId(seat),
            first_tick: Tick(1),
            name: PlayerName::default(),
            team: None,
            play_time: Duration::from_secs(seat.into()),
            score: Score { points, ..Score::default() },
            best_streak: 0,
            next: None,
        };
        let mut results = MatchResults::default();
        results.extend(&[result(0, 5)]);
        (1..300).for_each(|seat| results.extend(&[result(seat, 0)]));
        let kept: Vec<_> = results.take().iter().map(|result| result.seat).collect();
        assert_eq!((kept[0], kept.len()), (0, RESULTS_MAX), "the player who has scored");
        assert!(kept[1..].iter().copied().eq(45..300), "the longest stays of the others");
        assert_eq!(results.take(), []);
    }
}
