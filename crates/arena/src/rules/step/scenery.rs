//! Creation and replenishment of rocks and orbs.

use crate::wire::{Entity, Orb, Rock, RockSize, ids};
use tickcast_game::protocol::{EntityId, Position, Velocity};
use tickcast_game::{Setup, World};

use super::Interactions;
use crate::rules::{ArenaGame, Options};

/// Minimum and maximum speed of a new large rock, in world units per second.
const DRIFT_SPEED: (i32, i32) = (10, 60);
/// Minimum and maximum speed of fragments relative to the rock that broke, in world units per second.
const FRAGMENT_SPEED: (i32, i32) = (15, 45);

/// Maximum distance of a scattered orb from the place of a destroyed ship, along each axis.
const SCATTER_DISTANCE: i32 = 70 * Position::UNIT;

impl ArenaGame {
    /// Places the configured number of rocks and orbs in a new world.
    pub(in crate::rules) fn place_scenery(&mut self, world: &mut World<Self>) {
        let Options { rocks, orbs, .. } = world.setup().options;
        for _ in 0..rocks {
            let position = self.rng.position(world.public_setup(), RockSize::Large.radius());
            let velocity = self.rng.velocity(DRIFT_SPEED.0, DRIFT_SPEED.1);
            self.add(world, Entity::Rock(Rock::new(RockSize::Large, position, velocity)));
        }
        for _ in 0..orbs {
            self.add_orb(world);
        }
    }

    /// Adds what a broken rock leaves. A large or medium rock leaves two fragments of the next smaller size, which separate in
    /// opposite directions. A small rock leaves an orb with a probability of ½.
    pub(in crate::rules) fn break_rock(&mut self, world: &mut World<Self>, rock: &Rock) {
        let size = match rock.size {
            RockSize::Large => RockSize::Medium,
            RockSize::Medium => RockSize::Small,
            RockSize::Small => {
                if self.rng.chance(1, 2) {
                    self.add(world, Entity::Orb(Orb { position: rock.position }));
                }
                return;
            }
        };
        let relative = self.rng.velocity(FRAGMENT_SPEED.0, FRAGMENT_SPEED.1);
        for relative in [relative, Velocity { x: -relative.x, y: -relative.y }] {
            let velocity = rock.velocity.plus(relative).clamped(Rock::VELOCITY_MAX);
            self.add(world, Entity::Rock(Rock::new(size, rock.position, velocity)));
        }
    }

    /// Adds a rock at one of the four borders, drifting inwards.
    fn add_rock(&mut self, world: &mut World<Self>) {
        let radius = RockSize::Large.radius();
        let mut position = self.rng.position(world.public_setup(), radius);
        let velocity = self.rng.velocity(DRIFT_SPEED.0, DRIFT_SPEED.1);
        let border = |speed: i32| if speed < 0 { world.public_setup().extent() - radius } else { radius };
        if velocity.x.abs() > velocity.y.abs() {
            position.x = border(velocity.x);
        } else {
            position.y = border(velocity.y);
        }
        self.add(world, Entity::Rock(Rock::new(RockSize::Large, position, velocity)));
    }

    /// Adds an orb at a random position near `centre`.
    pub(in crate::rules) fn scatter_orb(&mut self, world: &mut World<Self>, centre: Position) {
        let position = self.rng.position_near(world.public_setup(), centre, SCATTER_DISTANCE, Orb::RADIUS);
        self.add(world, Entity::Orb(Orb { position }));
    }

    fn add_orb(&mut self, world: &mut World<Self>) {
        let position = self.rng.position(world.public_setup(), Orb::RADIUS);
        self.add(world, Entity::Orb(Orb { position }));
    }

    /// Adds a rock or an orb, unless all ids are in use.
    fn add(&mut self, world: &mut World<Self>, entity: Entity) {
        if let Some(id) = self.free_id(world) {
            world.entities.insert(id, entity);
            self.last_scenery = id;
        }
    }

    /// The first free id after the most recently assigned id. The search wraps around. Ids are thus reused as late as
    /// possible.
    fn free_id(&self, world: &World<Self>) -> Option<EntityId> {
        if world.entities.range(ids::SHIPS..ids::SCENERY_END).len() == CAPACITY as usize {
            return None;
        }
        let last = self.last_scenery.0 - ids::SHIPS;
        let mut candidates = (1..=CAPACITY).map(|offset| EntityId(ids::SHIPS + (last + offset) % CAPACITY));
        candidates.find(|id| world.entities.get(*id).is_none())
    }
}

/// Maximum number of rocks and orbs.
const CAPACITY: u32 = ids::SCENERY_END - ids::SHIPS;

impl Interactions<'_> {
    /// If there are fewer rocks than configured, adds at most one rock per tick. If `n` rocks are missing, the probability
    /// of adding one in this tick is `n` divided by the tick rate. The room thus adds `n` rocks per second on average while
    /// `n` are missing, but at most one per tick. The same applies to orbs.
    pub(in crate::rules) fn replenish_scenery(&mut self) {
        let (rocks, orbs) = self.count_scenery();
        let Setup { tick_rate, options } = self.world.setup();
        let (tick_rate, options) = (u32::from(*tick_rate), *options);
        if self.game.rng.chance(u32::from(options.rocks).saturating_sub(rocks), tick_rate) {
            self.game.add_rock(self.world);
        }
        if self.game.rng.chance(u32::from(options.orbs).saturating_sub(orbs), tick_rate) {
            self.game.add_orb(self.world);
        }
    }

    fn count_scenery(&self) -> (u32, u32) {
        let scenery = self.world.entities.range(ids::SHIPS..ids::SCENERY_END);
        let remaining = scenery.filter(|(id, _)| !self.removed.contains(id));
        remaining.fold((0, 0), |(rocks, orbs), (_, entity)| match entity {
            Entity::Rock(_) => (rocks + 1, orbs),
            _ => (rocks, orbs + 1),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Options;
    use crate::rules::test_world::empty_world;
    use crate::{Arena, World};
    use tickcast_game::Simulation;

    fn world(rocks: u16, orbs: u16) -> World {
        World::new(&Options { world_size: 1024, rocks, orbs, round_s: 0 }, 30, 9)
    }

    fn rocks(world: &World) -> Vec<Rock> {
        let rock = |(_, entity): (_, &Entity)| if let Entity::Rock(rock) = entity { Some(rock.clone()) } else { None };
        world.entities().iter().filter_map(rock).collect()
    }

    #[test]
    fn a_new_world_has_the_configured_scenery() {
        let world = world(30, 50);
        assert_eq!(rocks(&world).len(), 30);
        assert_eq!(world.entities().len(), 80);
        assert!(rocks(&world).iter().all(|rock| rock.size == RockSize::Large && rock.hull == 8));
    }

    /// The number of entities that a step changes otherwise than by coasting.
    fn changes_in_step(world: &mut World) -> usize {
        let mut coasted = world.entities().clone();
        tickcast_game::protocol::world::coast_all::<Arena>(world.rules(), &mut coasted);
        world.step(&[]);
        coasted.iter().zip(world.entities().iter()).filter(|(coasted, truth)| coasted != truth).count()
    }

    #[test]
    fn a_world_without_interactions_only_coasts() {
        let mut world = world(1, 50);
        for _ in 0..300 {
            assert_eq!(changes_in_step(&mut world), 0);
        }
    }

    #[test]
    fn collisions_of_rocks_cost_less_than_half_a_byte_per_tick() {
        const UPSERT_BYTES: usize = 12;
        let ticks = 30 * 600;
        let mut world = World::new(&Options::default(), 30, 9);
        let changes: usize = (0..ticks).map(|_| changes_in_step(&mut world)).sum();
        assert!(changes >= 20, "{changes} changes: rocks collide");
        assert!(changes * UPSERT_BYTES * 2 < ticks, "{changes} changes, if the whole world is in view");
    }

    #[test]
    fn missing_rocks_are_added_at_the_border_and_missing_orbs_anywhere() {
        let mut world = world(5, 5);
        world.world_mut().entities.clear();
        world.step(&[]);
        let mut ticks = 1;
        while world.entities().len() < 10 {
            let before = rocks(&world).len();
            world.step(&[]);
            ticks += 1;
            if let Some(rock) = rocks(&world).get(before) {
                let (low, high) = (rock.size.radius(), world.rules().extent() - rock.size.radius());
                let Position { x, y } = rock.position;
                assert!([x, y].iter().any(|coordinate| *coordinate == low || *coordinate == high), "{rock:?}");
            }
        }
        assert!((30..900).contains(&ticks), "gradually, in about 2.5 s: {ticks} ticks");
        world.step(&[]);
        assert_eq!((rocks(&world).len(), world.entities().len()), (5, 10));
    }

    #[test]
    fn fragments_separate_within_the_velocity_limit() {
        let mut world = empty_world();
        let fast = Velocity { x: Rock::VELOCITY_MAX, y: -Rock::VELOCITY_MAX };
        let mut game = world.game().clone();
        game.break_rock(world.world_mut(), &Rock::new(RockSize::Large, Position::at_units(500, 500), fast));
        let fragments = rocks(&world);
        assert_eq!(fragments.len(), 2);
        assert_ne!(fragments[0].velocity, fragments[1].velocity);
        assert!(fragments.iter().all(|fragment| fragment.velocity == fragment.velocity.clamped(Rock::VELOCITY_MAX)));
    }

    #[test]
    fn scenery_is_limited_by_the_number_of_ids() {
        let mut world = empty_world();
        let mut game = world.game().clone();
        for _ in 0..CAPACITY + 10 {
            game.add_orb(world.world_mut());
        }
        assert_eq!(world.entities().len() as u32, CAPACITY);
        let ids = ids::SHIPS..ids::SCENERY_END;
        assert!(world.entities().iter().all(|(id, _)| ids.contains(&id.0)));
    }

    #[test]
    fn a_freed_id_is_not_reused_at_once() {
        let mut world = empty_world();
        let mut game = world.game().clone();
        game.add_orb(world.world_mut());
        let first = game.free_id(world.world()).map(|id| EntityId(id.0 - 1)).expect("an id is free");
        world.world_mut().entities.remove(first);
        game.add_orb(world.world_mut());
        assert!(world.entities().get(first).is_none());
    }
}
