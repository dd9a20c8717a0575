//! Teams of a room: their sizes, and which team a new player joins.

use serde::{Deserialize, Serialize};
use tickcast_protocol::{GameProtocol, PlayerId, PlayerKind, Team};

use super::Roster;

/// The teams of a room. Empty in a room without teams.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::room) struct Teams {
    sizes: Vec<TeamSize>,
    /// Maximum number of human players in a team. All teams together have at least one place for each seat.
    humans_max: usize,
}

/// Number of players in a team.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct TeamSize {
    humans: usize,
    ai_players: usize,
}

impl Teams {
    /// Empty teams of a room with this many seats for human players.
    pub(in crate::room) fn new(count: u16, seats: u16) -> Self {
        let count = usize::from(count.min(Team::COUNT_MAX));
        Self { sizes: vec![TeamSize::default(); count], humans_max: usize::from(seats).div_ceil(count.max(1)) }
    }

    /// Number of human players in each team.
    pub(in crate::room) fn humans(&self) -> impl ExactSizeIterator<Item = usize> {
        self.sizes.iter().map(|size| size.humans)
    }

    /// Whether the room has this team.
    pub(in crate::room) fn contains(&self, team: Team) -> bool {
        usize::from(team.0) < self.sizes.len()
    }

    /// Whether no further human player fits into this team.
    pub(in crate::room) fn is_full(&self, team: Team) -> bool {
        self.sizes.get(usize::from(team.0)).is_none_or(|size| size.humans >= self.humans_max)
    }

    /// Number of all players in a team.
    pub(super) fn size(&self, team: Option<Team>) -> usize {
        let size = team.and_then(|team| self.sizes.get(usize::from(team.0)));
        size.map_or(0, |size| size.humans + size.ai_players)
    }

    /// Adds a player to the requested team, or else to the smallest one. Returns the team; `None` if there are no teams.
    pub(super) fn add(&mut self, kind: PlayerKind, requested: Option<Team>) -> Option<Team> {
        let team = requested.or_else(|| self.smallest(kind))?;
        *self.count_mut(kind, team)? += 1;
        Some(team)
    }

    /// Removes a player from a team.
    pub(super) fn remove(&mut self, kind: PlayerKind, team: Option<Team>) {
        if let Some(count) = team.and_then(|team| self.count_mut(kind, team)) {
            *count -= 1;
        }
    }

    /// The team with the fewest players. For a human player, the one with the fewest human players, so that humans do not all
    /// play against AI players.
    fn smallest(&self, kind: PlayerKind) -> Option<Team> {
        let key = |(_, size): &(u8, &TeamSize)| match kind {
            PlayerKind::Human => (size.humans, size.ai_players),
            PlayerKind::Ai => (size.humans + size.ai_players, 0),
        };
        (0..).zip(&self.sizes).min_by_key(key).map(|(team, _)| Team(team))
    }

    fn count_mut(&mut self, kind: PlayerKind, team: Team) -> Option<&mut usize> {
        let size = self.sizes.get_mut(usize::from(team.0))?;
        Some(match kind {
            PlayerKind::Human => &mut size.humans,
            PlayerKind::Ai => &mut size.ai_players,
        })
    }
}

impl<G: GameProtocol> Roster<G> {
    /// A player's team.
    pub(in crate::room) fn team(&self, player: PlayerId) -> Option<Team> {
        self.players.get(&player)?.team
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use PlayerKind::{Ai, Human};

    #[test]
    fn players_without_a_request_join_the_smallest_team() {
        let mut teams = Teams::new(3, 9);
        let mut add = |kind| teams.add(kind, None).expect("there are teams").0;
        assert_eq!([Ai, Ai, Ai, Ai].map(&mut add), [0, 1, 2, 0]);
        assert_eq!([Human, Human, Human, Human].map(&mut add), [1, 2, 0, 1]);
        assert_eq!(teams.humans().collect::<Vec<_>>(), [1, 2, 1]);
        teams.remove(Human, Some(Team(1)));
        teams.remove(Human, Some(Team(1)));
        assert_eq!(teams.add(Human, None), Some(Team(1)));
    }

    #[test]
    fn a_team_admits_its_share_of_the_seats() {
        let mut teams = Teams::new(2, 5);
        for _ in 0..3 {
            assert!(!teams.is_full(Team(1)));
            assert_eq!(teams.add(Human, Some(Team(1))), Some(Team(1)));
        }
        assert!(teams.is_full(Team(1)) && !teams.is_full(Team(0)));
        assert!(teams.contains(Team(1)) && !teams.contains(Team(2)));
    }

    #[test]
    fn without_teams_a_player_has_none() {
        let mut teams = Teams::default();
        assert_eq!((teams.add(Human, None), teams.size(None), teams.contains(Team(0))), (None, 0, false));
    }
}
