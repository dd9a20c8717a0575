//! What the things of an arena do to each other in one tick.

use std::collections::BTreeSet;

use tickcast_protocol::Game;
use tickcast_protocol::arena::{Arena, Destroyed, Destroyer, Entity, Orb, RockSize, Ship, Standing, ids};
use tickcast_protocol::{EntityId, PlayerId};

use super::World;
use super::collision::collide;
use super::flight::Flight;
use super::pilot::Whereabouts;
use super::surroundings::Surroundings;
use crate::simulation::Outcome;

/// What a bullet takes from a ship's hull.
const BULLET_DAMAGE: u8 = 12;
/// What an orb gives back.
const ORB_HEALS: u8 = 10;
const ORB_SCORE: u32 = 5;
/// How long a pilot waits for the next ship.
const RESPAWN_MS: u32 = 2_000;

/// The part of a tick after coasting.
///
/// What is destroyed or used up stays among the entities until the end, so that its id is not given away in the same tick.
pub(super) struct Turn<'a> {
    pub(super) world: &'a mut World,
    pub(super) around: &'a Surroundings,
    pub(super) gone: BTreeSet<EntityId>,
    events: Vec<Destroyed>,
    /// Whose standing changed.
    scored: BTreeSet<PlayerId>,
}

impl<'a> Turn<'a> {
    pub(super) fn new(world: &'a mut World, around: &'a Surroundings) -> Self {
        Self { world, around, gone: BTreeSet::new(), events: Vec::new(), scored: BTreeSet::new() }
    }

    /// Bullets hit ships and rocks.
    pub(super) fn strike(&mut self, flights: &[Flight]) {
        for flight in flights {
            let shooter = ids::shooter(flight.bullet);
            let counts = |id: EntityId| id != ids::ship(shooter) && !self.gone.contains(&id);
            if let Some(target) = flight.first_hit(self.around, counts) {
                self.gone.insert(flight.bullet);
                self.hit(shooter, target);
            }
        }
    }

    fn hit(&mut self, shooter: PlayerId, target: EntityId) {
        match self.world.entities.get_mut(target) {
            Some(Entity::Ship(_)) => self.hurt(target, BULLET_DAMAGE, Destroyer::Player(shooter)),
            Some(Entity::Rock(rock)) => {
                rock.hull = rock.hull.saturating_sub(1);
                if rock.hull == 0 {
                    let rock = rock.clone();
                    self.gone.insert(target);
                    self.reward(shooter, rock_score(rock.size));
                    self.world.shatter(&rock);
                }
            }
            Some(Entity::Bullet(_) | Entity::Orb(_)) | None => unreachable!("bullets hit ships and rocks"),
        }
    }

    /// Ships bump into rocks.
    pub(super) fn bump(&mut self) {
        for (ship, rock) in self.contacts(rock_radius) {
            if let Some(damage) = self.bounce(ship, rock) {
                self.hurt(ship, damage, Destroyer::Rock);
            }
        }
    }

    fn bounce(&mut self, ship_id: EntityId, rock_id: EntityId) -> Option<u8> {
        if self.gone.contains(&ship_id) {
            return None;
        }
        let entities = &mut self.world.entities;
        let (Some(Entity::Ship(mut ship)), Some(Entity::Rock(rock))) =
            (entities.get(ship_id).cloned(), entities.get_mut(rock_id))
        else {
            unreachable!("ships bump into rocks")
        };
        let damage = collide(&self.world.rules, &mut ship, rock)?;
        entities.insert(ship_id, Entity::Ship(ship));
        Some(damage)
    }

    /// Ships take orbs.
    pub(super) fn collect(&mut self) {
        for (ship, orb) in self.contacts(orb_radius) {
            if self.gone.contains(&ship) || !self.gone.insert(orb) {
                continue;
            }
            if let Some(Entity::Ship(ship)) = self.world.entities.get_mut(ship) {
                ship.hull = (ship.hull + ORB_HEALS).min(Ship::HULL_FULL);
            }
            self.reward(ids::pilot(ship), ORB_SCORE);
        }
    }

    /// Which ship overlaps which rock or orb, by ids. `radius` knows what counts.
    fn contacts(&self, radius: impl Fn(&Entity) -> Option<i32>) -> Vec<(EntityId, EntityId)> {
        let mut contacts = Vec::new();
        for (id, entity) in self.world.entities.range(ids::SHIPS..ids::SCENERY_END) {
            let Some(radius) = radius(entity).filter(|_| !self.gone.contains(&id)) else { continue };
            let place = entity.position();
            let ships = self.around.ships.near(place, place, radius);
            let touching = ships.filter(|ship| ship.to.is_within(place, ship.radius + radius));
            contacts.extend(touching.filter(|ship| !self.gone.contains(&ship.id)).map(|ship| (ship.id, id)));
        }
        contacts.sort_unstable();
        contacts
    }

    /// Takes from a ship's hull, unless it is protected.
    fn hurt(&mut self, id: EntityId, damage: u8, by: Destroyer) {
        let Some(Entity::Ship(ship)) = self.world.entities.get_mut(id) else { return };
        if ship.protection > 0 {
            return;
        }
        ship.hull = ship.hull.saturating_sub(damage);
        if ship.hull == 0 {
            let ship = ship.clone();
            self.destroy(id, &ship, by);
        }
    }

    fn destroy(&mut self, id: EntityId, ship: &Ship, by: Destroyer) {
        let victim = ids::pilot(id);
        if !self.gone.insert(id) {
            return;
        }
        if let Some(pilot) = self.world.pilots.get_mut(&victim) {
            let until = self.world.tick.plus(self.world.rules.ticks(RESPAWN_MS).cast_signed());
            pilot.whereabouts = Whereabouts::Waiting { until, focus: ship.position, controls: ship.controls };
        }
        let event = Destroyed { victim, by };
        for (player, change) in Arena::tally(&event) {
            self.score(player, change);
        }
        self.events.push(event);
    }

    fn reward(&mut self, player: PlayerId, score: u32) {
        self.score(player, |standing| standing.score = standing.score.saturating_add(score));
    }

    fn score(&mut self, player: PlayerId, change: impl FnOnce(&mut Standing)) {
        if let Some(pilot) = self.world.pilots.get_mut(&player) {
            change(&mut pilot.standing);
            self.scored.insert(player);
        }
    }

    /// Takes out what is gone, and says what happened.
    pub(super) fn finish(self) -> Outcome<Arena> {
        let Self { world, gone, events, scored, .. } = self;
        if !gone.is_empty() {
            world.entities.retain(|id, _| !gone.contains(&id));
        }
        let standings = scored.into_iter().map(|player| (player, world.pilots[&player].standing)).collect();
        Outcome { events, standings }
    }
}

const fn rock_radius(entity: &Entity) -> Option<i32> {
    if let Entity::Rock(rock) = entity { Some(rock.size.radius()) } else { None }
}

const fn orb_radius(entity: &Entity) -> Option<i32> {
    if let Entity::Orb(_) = entity { Some(Orb::RADIUS) } else { None }
}

const fn rock_score(size: RockSize) -> u32 {
    match size {
        RockSize::Small => 2,
        RockSize::Medium => 3,
        RockSize::Large => 5,
    }
}

#[cfg(test)]
mod tests {
    use tickcast_protocol::arena::{Bullet, Controls, Rock, Standing};
    use tickcast_protocol::{Angle, Position, Tick, Velocity};

    use super::*;
    use crate::arena::stage::{PLAYER, RIVAL, open_space};
    use crate::simulation::{Command, Simulation};

    const HERE: Position = Position::at_units(500, 500);
    const SCENERY: EntityId = EntityId(ids::SHIPS + 100);

    /// A world with a harmed player's ship in its middle and a rival's ship out of the way, neither of them protected.
    fn duel() -> World {
        let mut world = open_space();
        world.step(&[Command::Join(PLAYER), Command::Join(RIVAL)]);
        put_ship(&mut world, PLAYER, HERE);
        put_ship(&mut world, RIVAL, Position::at_units(100, 900));
        world
    }

    fn put_ship(world: &mut World, player: PlayerId, place: Position) {
        world.entities.insert(ids::ship(player), Entity::Ship(Ship::new(place, Angle::default(), 0)));
    }

    /// Puts a bullet of the rival's to the left of a place, flying right.
    fn put_bullet_before(world: &mut World, place: Position) -> EntityId {
        let id = ids::bullet(ids::ship(RIVAL), 0);
        let position = Position { x: place.x - 70 * Position::UNIT, ..place };
        world.entities.insert(id, Entity::Bullet(Bullet { position, heading: Angle::default(), life: 20 }));
        id
    }

    fn put_rock(world: &mut World, place: Position, size: RockSize, hull: u8) {
        let rock = Rock { position: place, velocity: Velocity::default(), size, hull };
        world.entities.insert(SCENERY, Entity::Rock(rock));
    }

    fn ship_mut(world: &mut World, player: PlayerId) -> &mut Ship {
        match world.entities.get_mut(ids::ship(player)) {
            Some(Entity::Ship(ship)) => ship,
            other => panic!("no ship: {other:?}"),
        }
    }

    /// Steps until something is told, at most a second.
    fn until_news(world: &mut World) -> Outcome<Arena> {
        let mut outcomes = (0..world.rules.tick_rate).map(|_| world.step(&[]));
        outcomes.find(|outcome| *outcome != Outcome::default()).unwrap_or_default()
    }

    fn rocks(world: &World) -> Vec<(EntityId, RockSize)> {
        let rock =
            |(id, entity): (EntityId, &Entity)| if let Entity::Rock(rock) = entity { Some((id, rock.size)) } else { None };
        world.entities.iter().filter_map(rock).collect()
    }

    #[test]
    fn a_bullet_takes_twelve_and_stops() {
        let mut world = duel();
        let bullet = put_bullet_before(&mut world, HERE);
        assert_eq!(until_news(&mut world), Outcome::default(), "a hit alone is no news");
        assert_eq!(ship_mut(&mut world, PLAYER).hull, 88);
        assert_eq!(world.entities.get(bullet), None);
    }

    #[test]
    fn a_hit_changes_nothing_but_the_hull() {
        let mut world = duel();
        put_bullet_before(&mut world, HERE);
        let untouched = ship_mut(&mut world, PLAYER).clone();
        until_news(&mut world);
        assert_eq!(*ship_mut(&mut world, PLAYER), Ship { hull: 88, ..untouched });
    }

    #[test]
    fn a_bullet_passes_its_own_ship() {
        let mut world = duel();
        put_ship(&mut world, RIVAL, HERE);
        world.entities.remove(ids::ship(PLAYER));
        put_bullet_before(&mut world, HERE);
        (0..10).for_each(|_| drop(world.step(&[])));
        assert_eq!(ship_mut(&mut world, RIVAL).hull, Ship::HULL_FULL);
    }

    #[test]
    fn a_protected_ship_stops_bullets_unharmed() {
        let mut world = duel();
        ship_mut(&mut world, PLAYER).protection = 90;
        let bullet = put_bullet_before(&mut world, HERE);
        (0..10).for_each(|_| drop(world.step(&[])));
        assert_eq!(ship_mut(&mut world, PLAYER).hull, Ship::HULL_FULL);
        assert_eq!(world.entities.get(bullet), None);
    }

    #[test]
    fn nothing_is_jumped_over_at_ten_ticks_a_second() {
        for offset in 0..64 {
            let mut world = duel();
            world.rules.tick_rate = 10;
            put_bullet_before(
                &mut world,
                Position { x: HERE.x - offset * Position::UNIT, y: HERE.y + 18 * Position::UNIT },
            );
            until_news(&mut world);
            assert_eq!(ship_mut(&mut world, PLAYER).hull, 88, "from {offset} units further away");
        }
    }

    #[test]
    fn a_ship_at_the_border_is_hit_by_a_bullet_that_leaves_the_world() {
        for offset in 0..64 {
            let mut world = duel();
            world.rules.tick_rate = 10;
            let corner = Position { x: world.rules.extent() - Ship::RADIUS, y: HERE.y };
            put_ship(&mut world, PLAYER, corner);
            put_bullet_before(&mut world, Position { x: corner.x - offset * Position::UNIT, ..corner });
            until_news(&mut world);
            assert_eq!(ship_mut(&mut world, PLAYER).hull, 88, "from {offset} units further away");
        }
    }

    #[test]
    fn the_last_hit_destroys_a_ship_and_everybody_hears_it() {
        let mut world = duel();
        ship_mut(&mut world, PLAYER).hull = 12;
        put_bullet_before(&mut world, HERE);
        let outcome = until_news(&mut world);
        assert_eq!(outcome.events, [Destroyed { victim: PLAYER, by: Destroyer::Player(RIVAL) }]);
        let killed = Standing { score: 100, kills: 1, deaths: 0 };
        let died = Standing { score: 0, kills: 0, deaths: 1 };
        assert_eq!(outcome.standings, [(PLAYER, died), (RIVAL, killed)]);
        assert_eq!(world.standings(), outcome.standings);
        assert_eq!(world.entities.get(ids::ship(PLAYER)), None);
        assert_eq!(world.focus(PLAYER), HERE);
    }

    #[test]
    fn a_ship_shot_twice_at_once_dies_once() {
        let mut world = duel();
        ship_mut(&mut world, PLAYER).hull = 12;
        let first = put_bullet_before(&mut world, HERE);
        let twin = world.entities.get(first).cloned().expect("the bullet");
        world.entities.insert(EntityId(first.0 + 1), twin);
        let outcome = until_news(&mut world);
        assert_eq!(outcome.events.len(), 1);
        assert!(world.entities.get(EntityId(first.0 + 1)).is_some(), "the second bullet flies on");
    }

    #[test]
    fn a_destroyed_ship_comes_back_after_two_seconds_with_the_controls_held() {
        let mut world = duel();
        ship_mut(&mut world, PLAYER).hull = 1;
        put_bullet_before(&mut world, HERE);
        // Its number wraps meanwhile.
        world.tick = Tick(u32::MAX - 30);
        until_news(&mut world);
        let held = Controls { thrust: true, ..Controls::default() };
        let died_at = world.tick;
        world.step(&[Command::Steer(PLAYER, held)]);
        while world.entities.get(ids::ship(PLAYER)).is_none() {
            world.step(&[]);
        }
        assert_eq!(world.tick.since(died_at), 60);
        let protection = world.rules.ticks(1500) as u16;
        let ship = ship_mut(&mut world, PLAYER);
        assert_eq!((ship.controls, ship.hull, ship.protection), (held, Ship::HULL_FULL, protection));
    }

    #[test]
    fn a_bullet_takes_one_from_a_rock() {
        let mut world = duel();
        put_rock(&mut world, Position::at_units(800, 200), RockSize::Large, 8);
        put_bullet_before(&mut world, Position::at_units(760, 200));
        until_news(&mut world);
        assert_eq!(world.entities.get(SCENERY).and_then(Entity::hull), Some(7));
    }

    #[test]
    fn rocks_break_into_two_of_the_next_size_and_score() {
        for (size, pieces, score) in [(RockSize::Large, RockSize::Medium, 5), (RockSize::Medium, RockSize::Small, 3)] {
            let mut world = duel();
            put_rock(&mut world, Position::at_units(800, 200), size, 1);
            put_bullet_before(&mut world, Position::at_units(760, 200));
            let outcome = until_news(&mut world);
            assert_eq!(outcome.standings, [(RIVAL, Standing { score, ..Standing::default() })]);
            let rocks = rocks(&world);
            assert_eq!(rocks.iter().map(|(_, size)| *size).collect::<Vec<_>>(), [pieces, pieces]);
            assert!(rocks.iter().all(|(id, _)| *id != SCENERY), "the id is not used again at once");
        }
    }

    #[test]
    fn every_other_small_rock_leaves_an_orb() {
        let mut orbs = 0;
        let mut world = duel();
        for _ in 0..100 {
            put_rock(&mut world, Position::at_units(800, 200), RockSize::Small, 1);
            put_bullet_before(&mut world, Position::at_units(780, 200));
            until_news(&mut world);
            orbs += world.entities.iter().filter(|(_, entity)| matches!(entity, Entity::Orb(_))).count();
            world.entities.retain(|id, _| id.0 < ids::SHIPS);
        }
        assert!((35..65).contains(&orbs), "{orbs} of 100");
        assert_eq!(world.standings()[1].1.score, 200);
    }

    #[test]
    fn the_nearer_of_ship_and_rock_takes_the_bullet() {
        let mut world = duel();
        put_rock(&mut world, Position { x: HERE.x + 40 * Position::UNIT, ..HERE }, RockSize::Small, 2);
        put_bullet_before(&mut world, HERE);
        until_news(&mut world);
        assert_eq!(world.entities.get(SCENERY).and_then(Entity::hull), Some(2));
        assert_eq!(ship_mut(&mut world, PLAYER).hull, 88);
    }

    #[test]
    fn a_ship_bumps_into_a_rock_once() {
        let mut world = duel();
        put_rock(&mut world, Position { x: HERE.x + 80 * Position::UNIT, ..HERE }, RockSize::Large, 8);
        ship_mut(&mut world, PLAYER).velocity.x = 200 * Velocity::UNIT;
        (0..15).for_each(|_| drop(world.step(&[])));
        let ship = ship_mut(&mut world, PLAYER);
        assert!((70..80).contains(&ship.hull) && ship.velocity.x < 0, "{ship:?}");
        assert_eq!(world.entities.get(SCENERY).and_then(Entity::hull), Some(8));
    }

    #[test]
    fn a_protected_ship_bounces_unharmed() {
        let mut world = duel();
        put_rock(&mut world, Position { x: HERE.x + 70 * Position::UNIT, ..HERE }, RockSize::Large, 8);
        let ship = ship_mut(&mut world, PLAYER);
        (ship.protection, ship.velocity.x) = (9, 200 * Velocity::UNIT);
        world.step(&[]);
        let ship = ship_mut(&mut world, PLAYER);
        assert!(ship.hull == Ship::HULL_FULL && ship.velocity.x < 0, "{ship:?}");
    }

    #[test]
    fn a_rock_destroys_a_weak_ship_and_nobody_is_rewarded() {
        let mut world = duel();
        put_rock(&mut world, Position { x: HERE.x + 70 * Position::UNIT, ..HERE }, RockSize::Large, 8);
        let ship = ship_mut(&mut world, PLAYER);
        (ship.hull, ship.velocity.x) = (3, 100 * Velocity::UNIT);
        let outcome = world.step(&[]);
        assert_eq!(outcome.events, [Destroyed { victim: PLAYER, by: Destroyer::Rock }]);
        assert_eq!(outcome.standings, [(PLAYER, Standing { deaths: 1, ..Standing::default() })]);
    }

    #[test]
    fn an_orb_heals_and_scores_and_is_gone() {
        for (hull, healed) in [(50, 60), (95, 100)] {
            let mut world = duel();
            ship_mut(&mut world, PLAYER).hull = hull;
            world
                .entities
                .insert(SCENERY, Entity::Orb(Orb { position: Position { y: HERE.y + 25 * Position::UNIT, ..HERE } }));
            let outcome = world.step(&[]);
            assert_eq!(outcome.standings, [(PLAYER, Standing { score: 5, ..Standing::default() })]);
            assert_eq!(ship_mut(&mut world, PLAYER).hull, healed);
            assert_eq!(world.entities.get(SCENERY), None);
        }
    }

    #[test]
    fn one_orb_is_for_one_ship() {
        let mut world = duel();
        put_ship(&mut world, RIVAL, HERE);
        world.entities.insert(SCENERY, Entity::Orb(Orb { position: HERE }));
        assert_eq!(world.step(&[]).standings.len(), 1);
    }

    #[test]
    fn ships_pass_through_each_other() {
        let mut world = duel();
        put_ship(&mut world, RIVAL, HERE);
        let before = world.entities.clone();
        world.step(&[]);
        assert_eq!(world.entities, before);
    }
}
