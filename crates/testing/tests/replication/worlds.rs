//! Random arenas and random transitions between them.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use tickcast_arena::{Arena, Controls, Entity, Options, Rules, World};
use tickcast_game::{Command, GameProtocol, Simulation};
use tickcast_protocol::world::coast_all;
use tickcast_protocol::{EntityId, EntityMap, PlayerId, ViewRect};

pub const RULES: Rules = Rules { tick_rate: 30, world_size: 1024, round_s: 0 };
pub const CELL_SIZE: u16 = 128;
/// Number of columns and of rows in the grid.
const CELLS: u8 = 8;
pub const WHOLE_WORLD: ViewRect = ViewRect { left: 0, top: 0, right: CELLS - 1, bottom: CELLS - 1 };

/// What happens to an entity in a tick.
#[derive(Clone, Debug)]
pub enum Fate {
    /// The entity only coasts (dead reckoning).
    Coast,
    /// The entity's controls change before it coasts.
    SetControls(Controls),
    /// The entity's hull is set to this value after coasting. Has no effect on an entity without a hull.
    Damage(u8),
    /// The entity is removed after coasting.
    Despawn,
    /// The given entity replaces the entity after coasting. If there is no entity with the id, the given entity is spawned.
    Replace(Entity),
}

/// Entities of a simulated arena with AI ships, collected at different ticks.
static ENTITIES: LazyLock<Vec<Entity>> = LazyLock::new(|| {
    const SHIPS: u16 = 8;
    let options = Options { world_size: RULES.world_size, rocks: 20, orbs: 10, round_s: 0 };
    let mut world = World::new(&options, RULES.tick_rate, 1);
    world.step(&(0..SHIPS).map(|seat| Command::Join(PlayerId(seat))).collect::<Vec<_>>());
    let mut entities = Vec::new();
    for _ in 0..60 {
        for _ in 0..10 {
            let controls = |seat| Command::Controls(PlayerId(seat), world.ai_controls(PlayerId(seat)));
            let commands: Vec<_> = (0..SHIPS).map(controls).collect();
            world.step(&commands);
        }
        entities.extend(world.entities().iter().map(|(_, entity)| entity.clone()));
    }
    entities
});

pub fn entity() -> impl Strategy<Value = Entity> {
    any::<Index>().prop_map(|index| index.get(&ENTITIES).clone())
}

pub fn fate() -> impl Strategy<Value = Fate> {
    let controls = any::<u16>().prop_filter_map("the bits are controls", Controls::from_bits);
    prop_oneof![
        Just(Fate::Coast),
        controls.prop_map(Fate::SetControls),
        (1..8_u8).prop_map(Fate::Damage),
        Just(Fate::Despawn),
        entity().prop_map(Fate::Replace),
    ]
}

pub fn view() -> impl Strategy<Value = ViewRect> {
    let side = || (0..CELLS, 0..CELLS).prop_map(|(a, b)| (a.min(b), a.max(b)));
    (side(), side()).prop_map(|((left, right), (top, bottom))| ViewRect { left, top, right, bottom })
}

/// The world one tick later. `fates[i]` applies to the entity with id `i`. All other entities coast.
pub fn next_world(world: &EntityMap<Entity>, fates: &[Fate]) -> EntityMap<Entity> {
    let fates = || fates.iter().zip(0..).map(|(fate, id)| (fate, EntityId(id)));
    let mut next = world.clone();
    for (fate, id) in fates() {
        if let (Fate::SetControls(controls), Some(entity)) = (fate, next.get_mut(id)) {
            Arena::set_controls(entity, *controls);
        }
    }
    coast_all::<Arena>(&RULES, &mut next);
    for (fate, id) in fates() {
        match fate {
            Fate::Coast | Fate::SetControls(_) => {}
            Fate::Damage(hull) => match next.get_mut(id) {
                Some(Entity::Ship(ship)) => ship.hull = *hull,
                Some(Entity::Rock(rock)) => rock.hull = *hull,
                _ => {}
            },
            Fate::Despawn => {
                next.remove(id);
            }
            Fate::Replace(entity) => {
                next.insert(id, entity.clone());
            }
        }
    }
    next
}
