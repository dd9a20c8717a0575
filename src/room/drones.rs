//! Players that the server itself controls, so that an empty room is no dull one.

use std::collections::{BTreeMap, BTreeSet};

use tickcast_protocol::{Game, PlayerId, Tick};

use super::roster::Roster;
use crate::simulation::Simulation;

/// How often a second a drone thinks.
const THOUGHTS_PER_SECOND: u32 = 6;

/// The drones of a room. Their controls take the same way into the world as those of people.
#[derive(Debug)]
pub(super) struct Drones<G: Game> {
    /// How many play while nobody else does.
    wanted: usize,
    think_ticks: u32,
    /// What each one holds.
    held: BTreeMap<PlayerId, G::Controls>,
}

impl<G: Game> Drones<G> {
    pub(super) fn new(wanted: u16, tick_rate: u16) -> Self {
        let think_ticks = (u32::from(tick_rate) / THOUGHTS_PER_SECOND).max(1);
        Self { wanted: wanted.into(), think_ticks, held: BTreeMap::new() }
    }

    /// Lets a drone join or leave, at most one a tick, so that each person takes the place of one.
    pub(super) fn balance(
        &mut self,
        roster: &mut Roster<G>,
        joining: &mut BTreeSet<PlayerId>,
        leaving: &mut BTreeSet<PlayerId>,
    ) {
        let wanted = self.wanted.saturating_sub(roster.people());
        if roster.drones() < wanted {
            let drone = roster.join_drone();
            self.held.insert(drone, G::Controls::default());
            joining.insert(drone);
        } else if roster.drones() > wanted
            && let Some(drone) = roster.last_drone()
        {
            roster.leave(drone);
            self.held.remove(&drone);
            leaving.insert(drone);
        }
    }

    /// The controls that drones change at `tick`; they think in turns.
    pub(super) fn steer<S: Simulation<Game = G>>(&mut self, world: &S, tick: Tick) -> BTreeMap<PlayerId, G::Controls> {
        let mut steers = BTreeMap::new();
        for (drone, held) in &mut self.held {
            let thinks = (tick.0.wrapping_add(drone.0.into())).is_multiple_of(self.think_ticks);
            let holds = if thinks { world.pilot(*drone) } else { *held };
            if holds != *held {
                *held = holds;
                steers.insert(*drone, holds);
            }
        }
        steers
    }
}
