//! Arena's implementation of [`Game`].

mod samples;

use tickcast_game::protocol::game::{Digest, Lifecycle, Samples, Spawn, StandingChanges};
use tickcast_game::protocol::{EntityId, Game, PlayerId, Position};

use super::{Controls, Damage, Destroyed, Destroyer, Entity, Rules, Standing, ids, motion};

/// The bundled game.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arena;

impl Game for Arena {
    const NAME: &'static str = "arena";

    type Rules = Rules;
    type Controls = Controls;
    type Entity = Entity;
    type Patch = Damage;
    type Event = Destroyed;
    type Standing = Standing;

    fn extent(rules: &Rules) -> Position {
        Position { x: rules.extent(), y: rules.extent() }
    }

    fn position(entity: &Entity) -> Position {
        entity.position()
    }

    fn avatar(player: PlayerId) -> EntityId {
        ids::ship(player)
    }

    fn controls(entity: &Entity) -> Option<Controls> {
        if let Entity::Ship(ship) = entity { Some(ship.controls) } else { None }
    }

    fn set_controls(entity: &mut Entity, controls: Controls) {
        if let Entity::Ship(ship) = entity {
            ship.controls = controls;
        }
    }

    fn coast(rules: &Rules, id: EntityId, entity: &mut Entity, spawns: &mut Vec<Spawn<Entity>>) -> Lifecycle {
        motion::coast(rules, id, entity, spawns)
    }

    fn patch_between(coasted: &Entity, truth: &Entity) -> Option<Damage> {
        let patch = Damage { hull: truth.hull()? };
        let mut patched = coasted.clone();
        Self::patch(&mut patched, &patch);
        (patched == *truth).then_some(patch)
    }

    fn patch(entity: &mut Entity, patch: &Damage) {
        if let Some(hull) = entity.hull_mut() {
            *hull = patch.hull;
        }
    }

    fn standing_changes(event: &Destroyed) -> StandingChanges<Self> {
        let mut changes: StandingChanges<Self> = vec![(event.victim, Standing::add_death)];
        if let Destroyer::Player(player) = event.by {
            changes.push((player, Standing::add_kill));
        }
        changes
    }

    fn digest(entity: &Entity, digest: &mut Digest) {
        entity.digest(digest);
    }

    fn samples() -> Samples<Self> {
        samples::samples()
    }
}
