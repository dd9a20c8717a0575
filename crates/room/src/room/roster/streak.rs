//! Kills without a death in between.

use serde::{Deserialize, Serialize};
use tickcast_protocol::game::Score;

/// The longest streak of a player: the maximum number of kills without a death in between.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Streak {
    deaths: u32,
    /// Number of kills at the last death.
    kills_at_death: u32,
    best: u32,
}

impl Streak {
    /// Handles a player's new score. A kill in the tick of a death counts before the death.
    pub(super) fn handle(&mut self, score: Score) {
        self.best = self.best.max(score.kills.saturating_sub(self.kills_at_death));
        if score.deaths != self.deaths {
            (self.deaths, self.kills_at_death) = (score.deaths, score.kills);
        }
    }

    pub(super) const fn best(self) -> u32 {
        self.best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_streak_ends_with_a_death_and_the_longest_counts() {
        let mut streak = Streak::default();
        let best_after: Vec<u32> = [(1, 0), (3, 0), (3, 1), (5, 1), (6, 2), (6, 2), (8, 2)]
            .into_iter()
            .map(|(kills, deaths)| {
                streak.handle(Score { points: 0, kills, deaths });
                streak.best()
            })
            .collect();
        assert_eq!(best_after, [1, 3, 3, 3, 3, 3, 3]);
        streak.handle(Score { points: 0, kills: 10, deaths: 3 });
        assert_eq!(streak.best(), 4);
    }
}
