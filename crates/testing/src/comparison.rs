//! Compares replicas with the world.

use std::collections::VecDeque;
use std::fmt::Debug;

use tickcast_game::Simulation;
use tickcast_protocol::{EntityId, EntityMap, GameProtocol, Grid, PlayerId, Replica, Tick};

use crate::trial::{Violation, require};

/// Seconds for which past worlds are kept. A room closes the session of a client before the client lags this far behind.
const HISTORY_S: usize = 25;

/// The id of the first entity that differs, with a description of the difference.
pub(crate) fn first_difference<'a, E: Debug + PartialEq + 'a>(
    one: impl Iterator<Item = (EntityId, &'a E)>,
    other: impl Iterator<Item = (EntityId, &'a E)>,
) -> Option<(EntityId, String)> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    loop {
        let id = match (one.peek(), other.peek()) {
            (Some((one, _)), Some((other, _))) => *one.min(other),
            (Some((id, _)), None) | (None, Some((id, _))) => *id,
            (None, None) => return None,
        };
        let one = one.next_if(|(next, _)| *next == id).map(|(_, entity)| entity);
        let other = other.next_if(|(next, _)| *next == id).map(|(_, entity)| entity);
        if one != other {
            let text = |entity: Option<&E>| entity.map_or_else(|| "nothing".to_owned(), |entity| format!("{entity:?}"));
            return Some((id, format!("{} and {}", text(one), text(other))));
        }
    }
}

/// Checks that the entities of a replica are those of the world that are in the replica's view.
pub(crate) fn check_entities<G: GameProtocol>(
    replica: &Replica<G>,
    world: &EntityMap<G::Entity>,
    grid: &Grid,
) -> Result<(), Violation> {
    let Some(view) = replica.view() else { return Ok(()) };
    let visible = world.iter().filter(|(_, entity)| view.contains(grid.cell(G::position(entity))));
    match first_difference(replica.entities().iter(), visible) {
        Some((id, difference)) => Err(Violation::of(id, format_args!("the replica and the world differ: {difference}"))),
        None => Ok(()),
    }
}

/// The recent worlds of a room.
#[derive(Debug)]
pub(crate) struct History<G: GameProtocol> {
    moments: VecDeque<Moment<G>>,
    moments_max: usize,
}

#[derive(Debug)]
struct Moment<G: GameProtocol> {
    tick: Tick,
    entities: EntityMap<G::Entity>,
    /// `None` if replicas need not have the standings of this tick.
    standings: Option<Vec<(PlayerId, G::Standing)>>,
}

impl<G: GameProtocol> History<G> {
    pub(crate) fn new(tick_rate: u16) -> Self {
        Self { moments: VecDeque::new(), moments_max: HISTORY_S * usize::from(tick_rate) }
    }

    /// Adds the world of the next tick. `None` if the match has not begun. With `sends_standings`, replicas must have the
    /// standings of this tick.
    pub(crate) fn push<S: Simulation<Game = G>>(&mut self, tick: Tick, world: Option<&S>, sends_standings: bool) {
        if self.moments.len() == self.moments_max {
            self.moments.pop_front();
        }
        let entities = world.map(|world| world.entities().clone()).unwrap_or_default();
        let standings = world.filter(|_| sends_standings).map(S::standings);
        self.moments.push_back(Moment { tick, entities, standings });
    }

    /// Checks that a replica equals the world of its tick. Skips a replica whose tick is not kept any more.
    pub(crate) fn check(&self, replica: &Replica<G>, grid: &Grid) -> Result<(), Violation> {
        let Some(moment) = self.moments.iter().rev().find(|moment| Some(moment.tick) == replica.tick()) else {
            return Ok(());
        };
        check_entities(replica, &moment.entities, grid)?;
        moment.check_standings(replica)
    }
}

impl<G: GameProtocol> Moment<G> {
    fn check_standings(&self, replica: &Replica<G>) -> Result<(), Violation> {
        let Some(standings) = &self.standings else { return Ok(()) };
        for (player, held) in replica.players() {
            let truth = standings.iter().find(|(id, _)| id == player);
            let (_, truth) = truth.ok_or_else(|| Violation::new(format_args!("`standings` does not list {player:?}")))?;
            require(held.standing == *truth, || {
                let what =
                    format!("clients know {:?} as the standing of {player:?}, the world has {truth:?}", held.standing);
                Violation::new(format_args!("{what}; report every change in `Outcome::standings`"))
            })?;
        }
        Ok(())
    }
}
