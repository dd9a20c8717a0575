//! Players of a room by seat, and the room events that are not sent yet.

use std::collections::{BTreeMap, BTreeSet};

use tickcast_game::Outcome;
use tickcast_protocol::codec::Chunk;
use tickcast_protocol::{Game, PlayerId, PlayerKind, PlayerName, RoomEvent, Tick};

use super::display_name;
use super::unique_names::{NameKey, UniqueNames, without_number};

/// Interval in ticks at which changed standings are sent, to save bandwidth in a busy room.
const STANDINGS_TICKS: u32 = 8;

/// Players of a room by seat, and the room events that are not sent yet.
#[derive(Debug)]
pub(super) struct Roster<G: Game> {
    players: BTreeMap<PlayerId, Player<G>>,
    humans: usize,
    names: UniqueNames,
    /// Seats freed since the last tick.
    leaving: BTreeSet<PlayerId>,
    /// Seats taken since the last tick.
    joining: BTreeSet<PlayerId>,
    unsent_events: Vec<RoomEvent<G>>,
    /// Players whose standing may differ from the one that clients have.
    changed_standings: BTreeSet<PlayerId>,
}

/// Seats whose holder changed since the last tick.
#[derive(Debug, Default)]
pub(super) struct SeatChanges {
    /// Seats freed.
    pub(super) leaving: BTreeSet<PlayerId>,
    /// Seats taken.
    pub(super) joining: BTreeSet<PlayerId>,
}

#[derive(Debug)]
struct Player<G: Game> {
    name: PlayerName,
    name_key: NameKey,
    kind: PlayerKind,
    standing: G::Standing,
    /// The standing that clients have: the last one sent, with the changes that clients derive from events sent later.
    known_standing: G::Standing,
}

impl<G: Game> Default for Roster<G> {
    fn default() -> Self {
        Self {
            players: BTreeMap::new(),
            humans: 0,
            names: UniqueNames::default(),
            leaving: BTreeSet::new(),
            joining: BTreeSet::new(),
            unsent_events: Vec::new(),
            changed_standings: BTreeSet::new(),
        }
    }
}

impl<G: Game> Roster<G> {
    /// Number of human players.
    pub(super) const fn humans(&self) -> usize {
        self.humans
    }

    /// Number of AI players.
    pub(super) fn ai_players(&self) -> usize {
        self.players.len() - self.humans
    }

    /// Gives a human player a seat, sanitizes the name, and distinguishes it from the names of the other players.
    pub(super) fn join_human(&mut self, name: &PlayerName) -> PlayerId {
        self.humans += 1;
        let player = self.free_seat();
        let requested = display_name::sanitize(name.as_str()).and_then(|name| without_number(&name));
        let name = requested.unwrap_or_else(|| numbered("Pilot", player));
        self.join(player, name, PlayerKind::Human)
    }

    /// Gives a new AI player a seat.
    pub(super) fn join_ai(&mut self) -> PlayerId {
        let player = self.free_seat();
        self.join(player, numbered("Drone", player), PlayerKind::Ai)
    }

    fn join(&mut self, player: PlayerId, name: PlayerName, kind: PlayerKind) -> PlayerId {
        let (name, name_key) = self.names.take(name);
        self.joining.insert(player);
        self.unsent_events.push(RoomEvent::Joined(player, name.clone(), kind));
        let (standing, known_standing) = (G::Standing::default(), G::Standing::default());
        self.players.insert(player, Player { name, name_key, kind, standing, known_standing });
        player
    }

    /// The lowest free seat, because small numbers are encoded in fewer bytes.
    fn free_seat(&self) -> PlayerId {
        let taken = self.players.keys().zip(0..).take_while(|(player, seat)| player.0 == *seat).count();
        PlayerId(u16::try_from(taken).expect("a room has fewer than 2^16 seats"))
    }

    /// Frees a seat.
    pub(super) fn leave(&mut self, player: PlayerId) {
        let Some(left) = self.players.remove(&player) else { return };
        self.humans -= usize::from(left.kind == PlayerKind::Human);
        self.names.release(&left.name_key);
        self.changed_standings.remove(&player);
        self.unsent_events.push(RoomEvent::Left(player));
        if !self.joining.remove(&player) {
            self.leaving.insert(player);
        }
    }

    /// The AI player in the highest seat.
    pub(super) fn last_ai(&self) -> Option<PlayerId> {
        self.players.iter().rev().find(|(_, player)| player.kind == PlayerKind::Ai).map(|(seat, _)| *seat)
    }

    /// Takes the seats whose holder changed since the last call.
    pub(super) fn take_seat_changes(&mut self) -> SeatChanges {
        SeatChanges { leaving: std::mem::take(&mut self.leaving), joining: std::mem::take(&mut self.joining) }
    }

    /// Records the events and standings of a tick.
    pub(super) fn handle_outcome(&mut self, outcome: Outcome<G>) {
        for (id, change) in outcome.events.iter().flat_map(G::standing_changes) {
            if let Some(player) = self.players.get_mut(&id) {
                change(&mut player.known_standing);
                self.changed_standings.insert(id);
            }
        }
        for (id, standing) in outcome.standings {
            if let Some(player) = self.players.get_mut(&id) {
                player.standing = standing;
                self.changed_standings.insert(id);
            }
        }
        self.unsent_events.extend(outcome.events.into_iter().map(RoomEvent::Game));
    }

    /// The room section of delta snapshots at `tick`.
    pub(super) fn poll_delta(&mut self, tick: Tick) -> Chunk {
        let mut section = Chunk::default();
        self.unsent_events.drain(..).for_each(|event| section.push(&event));
        if tick.0.is_multiple_of(STANDINGS_TICKS) {
            self.push_standings(&mut section);
        }
        section
    }

    fn push_standings(&mut self, section: &mut Chunk) {
        for id in std::mem::take(&mut self.changed_standings) {
            let player = self.players.get_mut(&id).expect("a player that left has no changed standing");
            if player.known_standing != player.standing {
                player.known_standing = player.standing.clone();
                section.push(&RoomEvent::<G>::Standing(id, player.standing.clone()));
            }
        }
    }

    /// The room section of full snapshots: all players, and every standing that differs from the default.
    pub(super) fn encode_full(&self) -> Chunk {
        let mut section = Chunk::default();
        for (id, player) in &self.players {
            section.push(&RoomEvent::<G>::Joined(*id, player.name.clone(), player.kind));
            if player.known_standing != G::Standing::default() {
                section.push(&RoomEvent::<G>::Standing(*id, player.known_standing.clone()));
            }
        }
        section
    }
}

fn numbered(word: &str, player: PlayerId) -> PlayerName {
    format!("{word} {}", player.0 + 1).try_into().expect("a word and a number fit a player name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_arena::{Arena, Standing};

    #[test]
    fn a_name_that_looks_like_that_of_a_present_player_gets_a_number() {
        let mut roster = Roster::<Arena>::default();
        roster.join_ai();
        let mut join = |name: &str| {
            let player = roster.join_human(&name.to_owned().try_into().expect("the name is short"));
            let name = roster.players[&player].name.as_str().to_owned();
            (player, name)
        };
        assert_eq!(join("Drone 1").1, "Drone 1 (2)");
        let (ada, name) = join("Ada (2)");
        assert_eq!((name.as_str(), join("Ada").1.as_str()), ("Ada", "Ada (2)"));
        roster.leave(ada);
        let ada = roster.join_human(&"Ada".to_owned().try_into().expect("the name is short"));
        assert_eq!(roster.players[&ada].name.as_str(), "Ada", "the name is free again");
    }

    #[test]
    fn an_initial_standing_is_not_sent() {
        let mut roster = Roster::<Arena>::default();
        let [first, _] =
            ["Ada", "Eve"].map(|name| roster.join_human(&name.to_owned().try_into().expect("the name is short")));
        assert_eq!(roster.encode_full().as_run().count, 2);
        let standings = vec![(first, Standing { score: 100, ..Standing::default() })];
        roster.handle_outcome(Outcome { standings, ..Outcome::default() });
        roster.poll_delta(Tick(STANDINGS_TICKS));
        assert_eq!(roster.encode_full().as_run().count, 3);
    }
}
