//! Rocks and orbs: how they come and what becomes of them.

use tickcast_protocol::arena::{Entity, Orb, Rock, RockSize, ids};
use tickcast_protocol::{EntityId, Position, Velocity};

use super::World;
use super::turn::Turn;

/// How fast whole rocks drift, in units per second.
const DRIFT: (i32, i32) = (10, 60);
/// How fast pieces fly apart, in units per second.
const BURST: (i32, i32) = (15, 45);

impl World {
    /// Fills a new world with the rocks and orbs wanted.
    pub(super) fn strew(&mut self) {
        for _ in 0..self.options.rocks {
            let position = self.dice.place(&self.rules, RockSize::Large.radius());
            let velocity = self.dice.velocity(DRIFT.0, DRIFT.1);
            self.add(Entity::Rock(whole(RockSize::Large, position, velocity)));
        }
        for _ in 0..self.options.orbs {
            self.add_orb();
        }
    }

    /// Puts in what is left of a broken rock: two pieces of the next size that fly apart, or every other time an orb.
    pub(super) fn shatter(&mut self, rock: &Rock) {
        let size = match rock.size {
            RockSize::Large => RockSize::Medium,
            RockSize::Medium => RockSize::Small,
            RockSize::Small => {
                if self.dice.happens(1, 2) {
                    self.add(Entity::Orb(Orb { position: rock.position }));
                }
                return;
            }
        };
        let burst = self.dice.velocity(BURST.0, BURST.1);
        for apart in [burst, Velocity { x: -burst.x, y: -burst.y }] {
            let velocity = rock.velocity.plus(apart).clamped(Rock::VELOCITY_MAX);
            self.add(Entity::Rock(whole(size, rock.position, velocity)));
        }
    }

    /// A rock drifts in over one of the four sides.
    fn add_rock(&mut self) {
        let radius = RockSize::Large.radius();
        let mut position = self.dice.place(&self.rules, radius);
        let velocity = self.dice.velocity(DRIFT.0, DRIFT.1);
        let start = |speed: i32| if speed < 0 { self.rules.extent() - radius } else { radius };
        if velocity.x.abs() > velocity.y.abs() {
            position.x = start(velocity.x);
        } else {
            position.y = start(velocity.y);
        }
        self.add(Entity::Rock(whole(RockSize::Large, position, velocity)));
    }

    fn add_orb(&mut self) {
        let position = self.dice.place(&self.rules, Orb::RADIUS);
        self.add(Entity::Orb(Orb { position }));
    }

    /// Puts a rock or an orb in, unless all ids are taken: then there is enough of them.
    fn add(&mut self, entity: Entity) {
        if let Some(id) = self.free_id() {
            self.entities.insert(id, entity);
            self.next_scenery = id;
        }
    }

    /// The first free id after the one given away last, so that ids rest before they come back.
    fn free_id(&self) -> Option<EntityId> {
        let number = |offset: u32| ids::SHIPS + (self.next_scenery.0 - ids::SHIPS + offset) % CAPACITY;
        let mut numbers = (1..=CAPACITY).map(|offset| EntityId(number(offset)));
        let is_full = self.entities.range(ids::SHIPS..ids::SCENERY_END).len() == CAPACITY as usize;
        if is_full { None } else { numbers.find(|id| self.entities.get(*id).is_none()) }
    }
}

/// How many rocks and orbs there can be.
const CAPACITY: u32 = ids::SCENERY_END - ids::SHIPS;

impl Turn<'_> {
    /// Lets a rock or an orb come if there are too few: each that is missing takes about a second.
    pub(super) fn replenish(&mut self) {
        let (rocks, orbs) = self.count();
        let tick_rate = self.world.rules.tick_rate.into();
        if self.world.dice.happens(u32::from(self.world.options.rocks).saturating_sub(rocks), tick_rate) {
            self.world.add_rock();
        }
        if self.world.dice.happens(u32::from(self.world.options.orbs).saturating_sub(orbs), tick_rate) {
            self.world.add_orb();
        }
    }

    fn count(&self) -> (u32, u32) {
        let scenery = self.world.entities.range(ids::SHIPS..ids::SCENERY_END);
        let left = scenery.filter(|(id, _)| !self.gone.contains(id));
        left.fold((0, 0), |(rocks, orbs), (_, entity)| match entity {
            Entity::Rock(_) => (rocks + 1, orbs),
            _ => (rocks, orbs + 1),
        })
    }
}

const fn whole(size: RockSize, position: Position, velocity: Velocity) -> Rock {
    Rock { position, velocity, size, hull: size.hull_full() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arena::Options;
    use crate::arena::stage::open_space;
    use crate::simulation::Simulation;

    fn world(rocks: u16, orbs: u16) -> World {
        World::new(&Options { world_size: 1024, rocks, orbs }, 30, 9)
    }

    fn rocks(world: &World) -> Vec<Rock> {
        let rock = |(_, entity): (_, &Entity)| if let Entity::Rock(rock) = entity { Some(rock.clone()) } else { None };
        world.entities.iter().filter_map(rock).collect()
    }

    #[test]
    fn a_new_world_has_what_was_asked_for() {
        let world = world(30, 50);
        assert_eq!(rocks(&world).len(), 30);
        assert_eq!(world.entities.len(), 80);
        assert!(rocks(&world).iter().all(|rock| rock.size == RockSize::Large && rock.hull == 8));
    }

    #[test]
    fn scenery_left_alone_stays_as_it_is() {
        let mut world = world(30, 50);
        for _ in 0..300 {
            let mut coasted = world.entities.clone();
            tickcast_protocol::game::coast_all::<tickcast_protocol::arena::Arena>(&world.rules, &mut coasted);
            world.step(&[]);
            assert_eq!(world.entities, coasted);
        }
    }

    #[test]
    fn missing_rocks_come_in_over_the_border_and_missing_orbs_anywhere() {
        let mut world = world(5, 5);
        world.entities.clear();
        world.step(&[]);
        let mut ticks = 1;
        while world.entities.len() < 10 {
            let before = rocks(&world).len();
            world.step(&[]);
            ticks += 1;
            if let Some(rock) = rocks(&world).get(before) {
                let (low, high) = (rock.size.radius(), world.rules.extent() - rock.size.radius());
                let Position { x, y } = rock.position;
                assert!([x, y].iter().any(|at| *at == low || *at == high), "{rock:?}");
            }
        }
        assert!((30..900).contains(&ticks), "in about two seconds and a half, not at once: {ticks} ticks");
        world.step(&[]);
        assert_eq!((rocks(&world).len(), world.entities.len()), (5, 10));
    }

    #[test]
    fn pieces_fly_apart_within_their_speed_limit() {
        let mut world = open_space();
        let fast = Velocity { x: Rock::VELOCITY_MAX, y: -Rock::VELOCITY_MAX };
        world.shatter(&whole(RockSize::Large, Position::at_units(500, 500), fast));
        let pieces = rocks(&world);
        assert_eq!(pieces.len(), 2);
        assert_ne!(pieces[0].velocity, pieces[1].velocity);
        assert!(pieces.iter().all(|piece| piece.velocity == piece.velocity.clamped(Rock::VELOCITY_MAX)));
    }

    #[test]
    fn no_more_scenery_than_ids() {
        let mut world = open_space();
        for _ in 0..CAPACITY + 10 {
            world.add_orb();
        }
        assert_eq!(world.entities.len() as u32, CAPACITY);
        let ids = ids::SHIPS..ids::SCENERY_END;
        assert!(world.entities.iter().all(|(id, _)| ids.contains(&id.0)));
    }

    #[test]
    fn a_freed_id_rests() {
        let mut world = open_space();
        world.add_orb();
        let first = world.free_id().map(|id| EntityId(id.0 - 1)).expect("a free id");
        world.entities.remove(first);
        world.add_orb();
        assert!(world.entities.get(first).is_none());
    }
}
