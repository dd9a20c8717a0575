//! What was true at each tick, for those who hear of it later.

use std::collections::{BTreeMap, VecDeque};

use tickcast_arena::World;
use tickcast_arena::{Arena, Entity, Standing};
use tickcast_game::Simulation;
use tickcast_protocol::{EntityId, EntityMap, Grid, PlayerId, Replica, Tick};

/// Standings are told every so many ticks.
const STANDINGS_TICKS: u32 = 8;
/// How far back anybody asks: who stalls for long is held long before.
const KEPT_TICKS: usize = 1000;

/// What was true at each of the last ticks.
#[derive(Debug)]
pub(crate) struct Truth {
    grid: Grid,
    now: Tick,
    /// The newest last.
    moments: VecDeque<Moment>,
}

#[derive(Debug)]
struct Moment {
    entities: EntityMap<Entity>,
    standings: BTreeMap<PlayerId, Standing>,
}

impl Truth {
    pub(crate) const fn new(grid: Grid, now: Tick) -> Self {
        Self { grid, now, moments: VecDeque::new() }
    }

    /// How the world is cut into cells.
    pub(crate) const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Notes how the world is at `tick`, which comes after the last.
    pub(crate) fn note(&mut self, tick: Tick, world: &World) {
        if self.moments.len() == KEPT_TICKS {
            self.moments.pop_front();
        }
        let standings = world.standings().into_iter().collect();
        self.moments.push_back(Moment { entities: world.entities().clone(), standings });
        self.now = tick;
    }

    /// Says how the replica differs from what was true at its tick, as far as its view goes.
    pub(crate) fn difference(&self, replica: &Replica<Arena>) -> Option<String> {
        let (tick, view) = replica.tick().zip(replica.view())?;
        let age = usize::try_from(self.now.since(tick)).expect("nobody hears of what is to come");
        let moment = &self.moments[self.moments.len() - 1 - age];
        let in_view = |(_, entity): &(EntityId, &Entity)| view.contains(self.grid.cell(entity.position()));
        let seen = moment.entities.iter().filter(in_view);
        let difference = if seen.clone().eq(replica.entities().iter()) { None } else { first_difference(replica, seen) };
        let difference = difference.or_else(|| moment.standing_difference(tick, replica));
        difference.map(|what| format!("tick {}: {what}", tick.0))
    }
}

impl Moment {
    fn standing_difference(&self, tick: Tick, replica: &Replica<Arena>) -> Option<String> {
        let members = replica.members();
        if !self.standings.keys().eq(members.keys()) {
            let (held, truth) = (members.keys(), self.standings.keys());
            return Some(format!("the replica has the members {held:?}, the world {truth:?}"));
        }
        let is_told = tick.0.is_multiple_of(STANDINGS_TICKS);
        let differs = |(player, truth): &(&PlayerId, &Standing)| is_told && members[*player].standing != **truth;
        let (player, truth) = self.standings.iter().find(differs)?;
        Some(format!("{player:?} stands at {truth:?}, in the replica at {:?}", members[player].standing))
    }
}

/// The first entity that differs, with its fields.
pub(crate) fn first_difference<'a>(
    replica: &Replica<Arena>,
    mut seen: impl Iterator<Item = (EntityId, &'a Entity)> + Clone,
) -> Option<String> {
    let extra = replica.entities().iter().find(|(id, _)| !seen.clone().any(|(seen, _)| seen == *id));
    let differing = seen.find(|(id, truth)| replica.entities().get(*id) != Some(*truth));
    match (differing, extra) {
        (Some((id, truth)), _) => match replica.entities().get(id) {
            Some(held) => Some(format!("{id:?} differs in (replica, world): {:#?}", differing_fields(held, truth))),
            None => Some(format!("{id:?} is missing: {truth:?}")),
        },
        (None, Some(extra)) => Some(format!("the world has no {extra:?} in view")),
        (None, None) => None,
    }
}

fn differing_fields(held: &Entity, truth: &Entity) -> Vec<(String, String)> {
    let (held, truth) = (format!("{held:#?}"), format!("{truth:#?}"));
    let pairs = held.lines().zip(truth.lines()).map(|(one, other)| (one.to_owned(), other.to_owned()));
    pairs.filter(|(one, other)| one != other).collect()
}

#[cfg(test)]
mod tests {
    use tickcast_arena::{Rules, Ship};
    use tickcast_protocol::{Angle, Change, Position, Snapshot, SnapshotHeader, Welcome};

    use super::*;

    fn ship(hull: u8) -> Entity {
        Entity::Ship(Ship { hull, ..Ship::new(Position::default(), Angle::new(0), 0) })
    }

    #[test]
    fn a_difference_is_told_by_entity_and_field() {
        let (rules, room) = (Rules { tick_rate: 30, world_size: 512 }, "truth".parse().expect("a name"));
        let welcome = Welcome { seat: None, room, tick_rate: 30, cell_size: 128, rules };
        let mut replica = Replica::<Arena>::new(&welcome).expect("few cells");
        let view = Grid::new(Position::at_units(512, 512), 128).map(|grid| grid.everything());
        let header = SnapshotHeader { reset: Some(Tick(9)), view, ..SnapshotHeader::default() };
        let changes = vec![Change::Upsert(EntityId(3), ship(99))];
        replica.apply(&Snapshot { header, room: Vec::new(), changes }).expect("a reset");
        let told = first_difference(&replica, [(EntityId(3), &ship(100))].into_iter()).expect("they differ");
        assert!(told.starts_with("EntityId(3) differs in (replica, world)") && told.contains("hull: 100"), "{told}");
        assert_eq!(first_difference(&replica, [(EntityId(3), &ship(99))].into_iter()), None);
        let told = first_difference(&replica, std::iter::empty());
        assert!(told.is_some_and(|told| told.contains("the world has no (EntityId(3)")));
    }
}
