//! Patches are exact.

use tickcast_game::Simulation;
use tickcast_protocol::{EntityId, GameProtocol};

use crate::arbitrary::Random;
use crate::play::{Play, Setup, predicted};
use crate::trial::{Trial, Violation, require};

/// Maximum number of entities that are kept from earlier ticks. The entities of later ticks are compared with them.
const KEPT_MAX: usize = 64;

/// Checks patches from the coasted entity to the true one, and between entities of different ticks.
pub(super) fn check<S: Simulation>(setup: &Setup<S>, trial: &Trial) -> Result<(), Violation> {
    let mut play = Play::new(setup, trial.seed);
    let mut random = Random::new(trial.seed);
    let mut kept: Vec<<S::Game as GameProtocol>::Entity> =
        S::Game::samples().entities.into_iter().map(|(_, entity)| entity).collect();
    for tick in 1..=setup.ticks {
        trial.reach(tick);
        let played = play.step();
        let (coasted, _) = predicted::<S::Game>(play.world.rules(), &played.before, play.world.entities());
        for (id, truth) in play.world.entities().iter() {
            if let Some(coasted) = coasted.get(id) {
                check_patch::<S::Game>(id, coasted, truth)?;
            }
            if let Some(other) = random.choose(&kept) {
                check_patch::<S::Game>(id, other, truth)?;
            }
            if random.one_in(16) {
                keep(&mut kept, truth.clone(), &mut random);
            }
        }
    }
    Ok(())
}

fn check_patch<G: GameProtocol>(id: EntityId, coasted: &G::Entity, truth: &G::Entity) -> Result<(), Violation> {
    let Some(patch) = G::patch_between(coasted, truth) else { return Ok(()) };
    let mut patched = coasted.clone();
    G::patch(&mut patched, &patch);
    require(patched == *truth, || {
        Violation::of(
            id,
            format_args!(
                "the patch {patch:?} from {coasted:?} to {truth:?} gives {patched:?}; without an exact patch, return `None`"
            ),
        )
    })
}

fn keep<E>(kept: &mut Vec<E>, entity: E, random: &mut Random) {
    if kept.len() < KEPT_MAX {
        kept.push(entity);
    } else {
        kept[random.below(KEPT_MAX as u32) as usize] = entity;
    }
}
