//! Arena with a deliberate mistake: its patches lose the lowest bit of the hull.

use tickcast_arena::{Arena, Controls, Entity, Event, Patch, Rules, Standing};
use tickcast_game::GameProtocol;
use tickcast_protocol::game::{Digest, Lifecycle, Never, Samples, Spawn, StandingChanges};
use tickcast_protocol::{EntityId, PlayerId, Position};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LossyArena;

impl GameProtocol for LossyArena {
    const NAME: &'static str = "lossy-arena";

    type Rules = Rules;
    type Controls = Controls;
    type Entity = Entity;
    type Patch = Patch;
    type Event = Event;
    type Standing = Standing;
    type Action = Never;
    type Refusal = Never;
    type Secret = ();

    fn extent(rules: &Rules) -> Position {
        Arena::extent(rules)
    }

    fn position(entity: &Entity) -> Position {
        Arena::position(entity)
    }

    fn avatar(player: PlayerId) -> EntityId {
        Arena::avatar(player)
    }

    fn controls(entity: &Entity) -> Option<Controls> {
        Arena::controls(entity)
    }

    fn set_controls(entity: &mut Entity, controls: Controls) {
        Arena::set_controls(entity, controls);
    }

    fn coast(rules: &Rules, id: EntityId, entity: &mut Entity, spawns: &mut Vec<Spawn<Entity>>) -> Lifecycle {
        Arena::coast(rules, id, entity, spawns)
    }

    /// The mistake: the patch contains the hull without its lowest bit.
    fn patch_between(coasted: &Entity, truth: &Entity) -> Option<Patch> {
        Arena::patch_between(coasted, truth).map(|patch| match patch {
            Patch::Hull { hull, orb } => Patch::Hull { hull: hull & !1, orb },
            rebound @ Patch::Rebound(_) => rebound,
        })
    }

    fn patch(entity: &mut Entity, patch: &Patch) {
        Arena::patch(entity, patch);
    }

    fn standing_changes(event: &Event) -> StandingChanges<Self> {
        Arena::standing_changes(event)
    }

    fn digest(entity: &Entity, digest: &mut Digest) {
        Arena::digest(entity, digest);
    }

    fn samples() -> Samples<Self> {
        let Samples { rules, entities, controls, patches, events, standing, .. } = Arena::samples();
        let (actions, refusals, secrets) = (Vec::new(), Vec::new(), Vec::new());
        Samples { rules, entities, controls, patches, events, standing, actions, refusals, secrets }
    }
}
