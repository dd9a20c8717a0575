//! Profiles and leaderboards in memory.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::profiles::{Leaderboard, LeaderboardEntry, Period, Placement, Profile, ProfileId, Stay, StayEvent, StayResult};
use crate::store::MatchId;

/// The sort key of an entry of a leaderboard: the better entry has the smaller key.
type Place = (Reverse<u32>, u64, ProfileId);

/// Profiles and leaderboards.
#[derive(Clone, Default)]
pub(super) struct Results {
    /// First tick and player of the stay in each seat of a match.
    stays: BTreeMap<(MatchId, u16), (u32, ProfileId)>,
    profiles: BTreeMap<ProfileId, Profile>,
    /// The best result of each player in each period.
    best: BTreeMap<(Period, u64), BTreeMap<ProfileId, Place>>,
}

impl Results {
    pub(super) fn handle(&mut self, room: MatchId, event: &StayEvent) {
        match event {
            StayEvent::Began(stay, Some(profile)) => {
                self.stays.insert((room, stay.seat), (stay.tick, *profile));
            }
            StayEvent::Began(stay, None) => drop(self.stays.remove(&(room, stay.seat))),
            StayEvent::Ended(stay, result) => {
                self.end(room, *stay, result);
            }
            StayEvent::Continued(stay, result, next) => {
                if let Some(profile) = self.end(room, *stay, result) {
                    self.stays.insert((room, stay.seat), (*next, profile));
                }
            }
        }
    }

    /// Removes a stay, and counts its result in the player's profile. Returns the profile, or `None` if there is no such stay.
    fn end(&mut self, room: MatchId, stay: Stay, result: &StayResult) -> Option<ProfileId> {
        let key = (room, stay.seat);
        let (_, profile) = self.stays.get(&key).copied().filter(|(tick, _)| *tick == stay.tick)?;
        self.stays.remove(&key);
        self.count(profile, result);
        Some(profile)
    }

    fn count(&mut self, id: ProfileId, result: &StayResult) {
        let StayResult { score, ended_s, .. } = *result;
        let profile = self.profiles.entry(id).or_default();
        profile.add(result);
        for period in Period::EVERY {
            let best = self.best.entry((period, period.number(ended_s))).or_default();
            let place = (Reverse(score), ended_s, id);
            let entry = best.entry(id).or_insert(place);
            if entry.0 > place.0 {
                *entry = place;
            }
        }
    }

    /// Removes the stays in a room.
    pub(super) fn close(&mut self, room: MatchId) {
        self.stays.retain(|(match_id, _), _| *match_id != room);
    }

    pub(super) fn profile(&self, id: ProfileId) -> Option<Profile> {
        self.profiles.get(&id).cloned()
    }

    pub(super) fn erase(&mut self, id: ProfileId) -> bool {
        self.stays.retain(|_, (_, profile)| *profile != id);
        for best in self.best.values_mut() {
            best.remove(&id);
        }
        self.profiles.remove(&id).is_some()
    }

    pub(super) fn leaderboard(&self, leaderboard: Leaderboard, ranks: Range<u32>) -> Vec<LeaderboardEntry> {
        let listed = self.ranked(leaderboard).into_iter().skip(ranks.start as usize).take(ranks.len());
        let entry = |(score, _, profile): Place| {
            let name = self.profiles[&profile].name.clone();
            LeaderboardEntry { profile, name, score: score.0 }
        };
        listed.map(entry).collect()
    }

    pub(super) fn placement(&self, leaderboard: Leaderboard, id: ProfileId) -> Option<Placement> {
        let ranked = self.ranked(leaderboard);
        let better = ranked.iter().position(|(.., profile)| *profile == id)?;
        Some(Placement::after(better as u32, ranked[better].0.0))
    }

    /// The entries of a leaderboard, the best first.
    fn ranked(&self, leaderboard: Leaderboard) -> Vec<Place> {
        let best = self.best.get(&(leaderboard.period, leaderboard.number()));
        let scored = |place: &Place| place.0.0 > 0;
        let mut ranked: Vec<_> = best.into_iter().flat_map(BTreeMap::values).copied().filter(scored).collect();
        ranked.sort_unstable();
        ranked
    }
}

impl Profile {
    fn add(&mut self, result: &StayResult) {
        self.name.clone_from(&result.name);
        self.matches += 1;
        self.play_ms += result.play_ms;
        self.kills += u64::from(result.kills);
        self.deaths += u64::from(result.deaths);
        self.best_score = self.best_score.max(result.score);
        self.best_streak = self.best_streak.max(result.best_streak);
    }
}
