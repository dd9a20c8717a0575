//! Who holds the seats, and what the whole room is told.

use std::collections::{BTreeMap, BTreeSet};

use tickcast_protocol::codec::Chunk;
use tickcast_protocol::{Game, MemberKind, PlayerId, PlayerName, RoomEvent, Tick};

use crate::name;
use crate::simulation::Outcome;

/// Standings are told at most every this many ticks, so that a busy room does not spend its bytes on them.
const STANDINGS_TICKS: u32 = 8;

/// Who holds the seats, and what of it has not been told yet.
#[derive(Debug)]
pub(super) struct Roster<G: Game> {
    members: BTreeMap<PlayerId, Member<G>>,
    people: usize,
    untold: Vec<RoomEvent<G>>,
    /// Whose standing may not be what everybody takes it for.
    untold_standings: BTreeSet<PlayerId>,
}

#[derive(Debug)]
struct Member<G: Game> {
    name: PlayerName,
    kind: MemberKind,
    standing: G::Standing,
    /// What everybody takes it for.
    told: G::Standing,
}

impl<G: Game> Default for Roster<G> {
    fn default() -> Self {
        Self { members: BTreeMap::new(), people: 0, untold: Vec::new(), untold_standings: BTreeSet::new() }
    }
}

impl<G: Game> Roster<G> {
    /// How many people hold seats.
    pub(super) const fn people(&self) -> usize {
        self.people
    }

    /// How many drones hold seats.
    pub(super) fn drones(&self) -> usize {
        self.members.len() - self.people
    }

    /// Seats a person, whose name is made presentable.
    pub(super) fn join_person(&mut self, name: &PlayerName) -> PlayerId {
        self.people += 1;
        let player = self.free_seat();
        let name = name::presentable(name.as_str()).unwrap_or_else(|| numbered("Pilot", player));
        self.join(player, name, MemberKind::Person)
    }

    /// Seats a drone.
    pub(super) fn join_drone(&mut self) -> PlayerId {
        let player = self.free_seat();
        self.join(player, numbered("Drone", player), MemberKind::Drone)
    }

    fn join(&mut self, player: PlayerId, name: PlayerName, kind: MemberKind) -> PlayerId {
        self.untold.push(RoomEvent::Joined(player, name.clone(), kind));
        let (standing, told) = (G::Standing::default(), G::Standing::default());
        self.members.insert(player, Member { name, kind, standing, told });
        player
    }

    /// The lowest free seat: small numbers cost fewer bytes.
    fn free_seat(&self) -> PlayerId {
        let taken = self.members.keys().zip(0..).take_while(|(player, seat)| player.0 == *seat).count();
        PlayerId(u16::try_from(taken).expect("seats and drones are bounded far below"))
    }

    /// Frees a seat.
    pub(super) fn leave(&mut self, player: PlayerId) {
        if let Some(member) = self.members.remove(&player) {
            self.people -= usize::from(member.kind == MemberKind::Person);
            self.untold_standings.remove(&player);
            self.untold.push(RoomEvent::Left(player));
        }
    }

    /// The drone that is to make room for a person: the one that came last.
    pub(super) fn last_drone(&self) -> Option<PlayerId> {
        let is_drone = |(player, member): (&PlayerId, &Member<G>)| (member.kind == MemberKind::Drone).then_some(*player);
        self.members.iter().rev().find_map(is_drone)
    }

    /// Notes what a tick brought.
    pub(super) fn note(&mut self, outcome: Outcome<G>) {
        for (player, change) in outcome.events.iter().flat_map(G::tally) {
            if let Some(member) = self.members.get_mut(&player) {
                change(&mut member.told);
                self.untold_standings.insert(player);
            }
        }
        for (player, standing) in outcome.standings {
            if let Some(member) = self.members.get_mut(&player) {
                member.standing = standing;
                self.untold_standings.insert(player);
            }
        }
        self.untold.extend(outcome.events.into_iter().map(RoomEvent::Game));
    }

    /// What the whole room is told at `tick`.
    pub(super) fn poll_section(&mut self, tick: Tick) -> Chunk {
        let mut section = Chunk::default();
        self.untold.drain(..).for_each(|event| section.push(&event));
        if tick.0.is_multiple_of(STANDINGS_TICKS) {
            for player in std::mem::take(&mut self.untold_standings) {
                let member = self.members.get_mut(&player).expect("who leaves has nothing left to be told");
                if member.told != member.standing {
                    member.told = member.standing.clone();
                    section.push(&RoomEvent::<G>::Standing(player, member.standing.clone()));
                }
            }
        }
        section
    }

    /// What somebody who starts anew is told; nothing where nobody does. Whoever joins stands as everybody does at first.
    pub(super) fn encode_all(&self, is_wanted: bool) -> Chunk {
        let mut section = Chunk::default();
        for (player, member) in self.members.iter().filter(|_| is_wanted) {
            section.push(&RoomEvent::<G>::Joined(*player, member.name.clone(), member.kind));
            if member.told != G::Standing::default() {
                section.push(&RoomEvent::<G>::Standing(*player, member.told.clone()));
            }
        }
        section
    }
}

fn numbered(word: &str, player: PlayerId) -> PlayerName {
    format!("{word} {}", player.0 + 1).try_into().expect("a short name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_protocol::arena::{Arena, Standing};

    #[test]
    fn who_stands_as_newcomers_do_costs_no_standing() {
        let mut roster = Roster::<Arena>::default();
        let [first, _] = ["Ada", "Eve"].map(|name| roster.join_person(&name.to_owned().try_into().expect("a short name")));
        assert_eq!(roster.encode_all(true).as_run().count, 2);
        let standings = vec![(first, Standing { score: 100, ..Standing::default() })];
        roster.note(Outcome { standings, ..Outcome::default() });
        roster.poll_section(Tick(STANDINGS_TICKS));
        assert_eq!(roster.encode_all(true).as_run().count, 3);
    }
}
