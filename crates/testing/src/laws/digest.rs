//! Different entities have different digests.

use std::collections::BTreeMap;

use tickcast_game::Simulation;
use tickcast_protocol::{Digest, EntityId, GameProtocol};

use crate::play::{Play, Setup};
use crate::trial::{Trial, Violation, require};

/// All digests are computed with this id, so that only the states of the entities matter.
const ID: EntityId = EntityId(0);

pub(super) fn check<S: Simulation>(setup: &Setup<S>, trial: &Trial) -> Result<(), Violation> {
    let mut known: BTreeMap<u32, <S::Game as GameProtocol>::Entity> = BTreeMap::new();
    let mut check = |id: EntityId, entity: &<S::Game as GameProtocol>::Entity| {
        let known = known.entry(Digest::of_entity::<S::Game>(ID, entity)).or_insert_with(|| entity.clone());
        require(known == entity, || {
            Violation::of(id, format_args!("the different entities {known:?} and {entity:?} have the same digest"))
        })
    };
    S::Game::samples().entities.iter().try_for_each(|(id, entity)| check(*id, entity))?;
    let mut play = Play::new(setup, trial.seed);
    for tick in 1..=setup.ticks {
        trial.reach(tick);
        play.step();
        play.world.entities().iter().try_for_each(|(id, entity)| check(id, entity))?;
    }
    Ok(())
}
