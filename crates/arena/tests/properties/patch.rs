//! Patches are exact: a patch turns the coasted entity into the server's entity.

use proptest::prelude::*;
use tickcast_arena::{Arena, Entity, Progress, Rock, Ship, Upgrade};
use tickcast_game::protocol::{GameProtocol, Velocity};

use super::any;

const WORLD_SIZE: u16 = 2000;

/// Replaces the hull of an entity, if it has one.
fn damaged(mut entity: Entity, hull: u8) -> Entity {
    match &mut entity {
        Entity::Ship(ship) => ship.hull = hull,
        Entity::Rock(rock) => rock.hull = hull,
        Entity::Bullet(_) | Entity::Orb(_) => {}
    }
    entity
}

/// Checks the patch between two entities, if there is one. Returns whether there is a patch.
fn check(coasted: &Entity, truth: &Entity) -> Result<bool, TestCaseError> {
    let Some(patch) = Arena::patch_between(coasted, truth) else { return Ok(false) };
    let mut patched = coasted.clone();
    Arena::patch(&mut patched, &patch);
    prop_assert_eq!(&patched, truth);
    Ok(true)
}

proptest! {
    #[test]
    fn a_patch_gives_the_entity_of_the_server(
        coasted in any::entity(WORLD_SIZE),
        other in any::entity(WORLD_SIZE),
        hull in 1..16_u8,
    ) {
        check(&coasted, &other)?;
        let truth = damaged(coasted.clone(), hull);
        prop_assert_eq!(check(&coasted, &truth)?, truth.hull().is_some(), "damage is sent as a patch");
        if let Entity::Rock(rock) = &coasted {
            let velocity = Velocity { x: rock.velocity.y, y: !rock.velocity.x };
            prop_assert!(check(&coasted, &Entity::Rock(Rock { velocity, ..rock.clone() }))?, "a rebound is sent as a patch");
        }
        if let Entity::Ship(mut ship) = truth {
            let levels = Upgrade::ALL.map(|upgrade| ship.progress.level(upgrade));
            if let Some(more) = Progress::new(ship.progress.orbs() + 1, levels) {
                let truth = Entity::Ship(Ship { progress: more, ..ship.clone() });
                prop_assert!(check(&coasted, &truth)?, "one more orb is sent as a patch");
            }
            ship.cooldown ^= 1;
            prop_assert!(!check(&coasted, &Entity::Ship(ship))?, "other differences are not sent as a patch");
        }
    }
}
