//! A game whose entities spawn other entities with ids that may already exist.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use tickcast_game::GameProtocol;
use tickcast_protocol::game::{Digest, Lifecycle, Never, Samples, Spawn, StandingChanges};
use tickcast_protocol::{EntityId, PlayerId, Position};

/// The ids of all entities are below this number.
pub const IDS: u32 = 5;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spawner;

/// An entity that does not move.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thing {
    /// Position in world units.
    pub x: u16,
    pub y: u16,
    /// Ticks until the entity expires.
    pub life: u8,
    /// The id of the entity that this entity spawns in every tick, 100 world units to its right. `None`: it spawns nothing.
    pub spawns: Option<u32>,
}

impl GameProtocol for Spawner {
    const NAME: &'static str = "spawner";

    type Rules = u16;
    type Controls = u8;
    type Entity = Thing;
    type Patch = u8;
    type Event = u8;
    type Standing = u8;
    type Action = Never;
    type Refusal = Never;
    type Secret = ();

    fn extent(_: &u16) -> Position {
        Position::at_units(1024, 1024)
    }

    fn position(thing: &Thing) -> Position {
        Position::at_units(thing.x.into(), thing.y.into())
    }

    fn avatar(player: PlayerId) -> EntityId {
        EntityId(player.0.into())
    }

    fn controls(_: &Thing) -> Option<u8> {
        None
    }

    fn set_controls(_: &mut Thing, _: u8) {}

    fn coast(_: &u16, id: EntityId, thing: &mut Thing, spawns: &mut Vec<Spawn<Thing>>) -> Lifecycle {
        if let Some(child) = thing.spawns {
            let entity = Thing { x: (thing.x + 100).min(1023), y: thing.y, life: 9, spawns: None };
            spawns.push(Spawn { parent: id, id: EntityId(child), entity });
        }
        thing.life = thing.life.saturating_sub(1);
        if thing.life == 0 { Lifecycle::Expired } else { Lifecycle::Alive }
    }

    fn patch_between(coasted: &Thing, truth: &Thing) -> Option<u8> {
        (Thing { life: truth.life, ..coasted.clone() } == *truth).then_some(truth.life)
    }

    fn patch(thing: &mut Thing, life: &u8) {
        thing.life = *life;
    }

    fn standing_changes(_: &u8) -> StandingChanges<Self> {
        Vec::new()
    }

    fn digest(thing: &Thing, digest: &mut Digest) {
        [thing.x.into(), thing.y.into(), thing.life.into()].into_iter().for_each(|number: i32| digest.add(number));
        digest.add(thing.spawns.map_or(-1, u32::cast_signed));
    }

    fn samples() -> Samples<Self> {
        let thing = Thing { x: 1, y: 2, life: 3, spawns: Some(4) };
        Samples {
            rules: 30,
            entities: vec![(EntityId(0), thing)],
            controls: vec![1],
            patches: vec![2],
            events: vec![3],
            actions: Vec::new(),
            refusals: Vec::new(),
            secrets: Vec::new(),
            standing: 4,
        }
    }
}

/// A random entity.
pub fn thing() -> impl Strategy<Value = Thing> {
    let place = || 0..1024_u16;
    (place(), place(), 1..5_u8, proptest::option::of(0..IDS)).prop_map(|(x, y, life, spawns)| Thing { x, y, life, spawns })
}

/// What happens to an entity after coasting: nothing (`None`), removal (`Some(None)`), or replacement by another entity.
pub fn fate() -> impl Strategy<Value = Option<Option<Thing>>> {
    prop_oneof![4 => Just(None), 1 => Just(Some(None)), 1 => thing().prop_map(|thing| Some(Some(thing)))]
}
