//! Interactions between entities: the part of a step after coasting.
//!
//! Does not depend on commands or clients.

mod chart;
mod scenery;
mod spawn;

use std::collections::BTreeSet;

use tickcast_game::World;
use tickcast_game::protocol::{EntityId, PlayerId, Position};

use super::ship_status::ShipStatus;
use super::space::{BulletPath, Obstacles, SpatialGrid, collide, rebound};
use super::{ArenaGame, current_tick};
use crate::wire::{Destroyed, Destroyer, Entity, Event, Orb, Progress, RockSize, Ship, Upgrade, ids};

/// Damage of a bullet to a ship, by the level of [`Upgrade::Spread`] of the ship that fired it: the more bullets a shot has, the
/// less damage each of them causes.
const BULLET_DAMAGE: [u8; Progress::LEVEL_MAX as usize + 1] = [12, 8, 6, 5];
/// Each level of [`Upgrade::Hull`] reduces damage by one part in `DAMAGE_PER_LEVEL`, that is, by an eighth.
const DAMAGE_PER_LEVEL: u32 = 8;
/// Hull that an orb restores.
const ORB_REPAIR: u8 = 10;
/// Number of orbs that a destroyed ship leaves per kill in its player's streak.
const BOUNTY_PER_KILL: u32 = 2;
/// Maximum number of orbs that a destroyed ship leaves.
const BOUNTY_MAX: u32 = 16;
/// Time from the destruction of a ship until the player's next ship spawns.
const RESPAWN_MS: u32 = 2_000;

/// Working state of a step after coasting.
///
/// Destroyed and used-up entities stay in the map until [`Interactions::finish`] removes them. Their ids are therefore not
/// reused in the same tick.
pub(super) struct Interactions<'a> {
    game: &'a mut ArenaGame,
    world: &'a mut World<ArenaGame>,
    obstacles: &'a Obstacles,
    removed: BTreeSet<EntityId>,
}

impl<'a> Interactions<'a> {
    pub(super) const fn new(game: &'a mut ArenaGame, world: &'a mut World<ArenaGame>, obstacles: &'a Obstacles) -> Self {
        Self { game, world, obstacles, removed: BTreeSet::new() }
    }

    /// Applies the hits of bullets on ships and rocks.
    pub(super) fn hit_by_bullets(&mut self, paths: &[BulletPath]) {
        for path in paths {
            let shooter = ids::shooter(path.bullet);
            let is_target = |id: EntityId| id != ids::ship(shooter) && !self.removed.contains(&id);
            if let Some(target) = path.first_hit(self.obstacles, is_target) {
                self.removed.insert(path.bullet);
                self.hit(shooter, target);
            }
        }
    }

    fn hit(&mut self, shooter: PlayerId, target: EntityId) {
        match self.world.entities.get_mut(target) {
            Some(Entity::Ship(_)) => self.damage_ship(target, self.bullet_damage(shooter), Destroyer::Player(shooter)),
            Some(Entity::Rock(rock)) => {
                rock.hull = rock.hull.saturating_sub(1);
                if rock.hull == 0 {
                    let rock = rock.clone();
                    self.removed.insert(target);
                    self.add_score(shooter, rock_score(rock.size));
                    self.game.break_rock(self.world, &rock);
                }
            }
            Some(Entity::Bullet(_) | Entity::Orb(_)) | None => unreachable!("obstacles are ships and rocks"),
        }
    }

    /// Damage of a bullet to a ship. It depends on the current ship of the shooter. If the shooter has respawned since the
    /// shot, this is not the ship that fired.
    fn bullet_damage(&self, shooter: PlayerId) -> u8 {
        let level = match self.world.entities.get(ids::ship(shooter)) {
            Some(Entity::Ship(ship)) => ship.progress.level(Upgrade::Spread),
            _ => 0,
        };
        BULLET_DAMAGE[usize::from(level)]
    }

    /// Applies the collisions of ships with rocks.
    pub(super) fn collide_with_rocks(&mut self) {
        for (ship, rock) in self.contacts(&self.obstacles.ships, rock_radius) {
            if let Some(damage) = self.collide(ship, rock) {
                self.damage_ship(ship, damage, Destroyer::Rock);
            }
        }
    }

    fn collide(&mut self, ship_id: EntityId, rock_id: EntityId) -> Option<u8> {
        if self.removed.contains(&ship_id) {
            return None;
        }
        let rules = *self.world.public_setup();
        let entities = &mut self.world.entities;
        let (Some(Entity::Ship(mut ship)), Some(Entity::Rock(rock))) =
            (entities.get(ship_id).cloned(), entities.get_mut(rock_id))
        else {
            unreachable!("a contact is a pair of a ship and a rock")
        };
        let damage = collide(&rules, &mut ship, rock)?;
        entities.insert(ship_id, Entity::Ship(ship));
        Some(damage)
    }

    /// Lets rocks rebound from each other.
    pub(super) fn collide_rocks(&mut self) {
        for (one_id, other_id) in self.contacts(&self.obstacles.rocks, rock_radius) {
            let entities = &mut self.world.entities;
            // Each pair is found twice.
            if one_id < other_id
                && let Some(Entity::Rock(mut one)) = entities.get(one_id).cloned()
                && let Some(Entity::Rock(other)) = entities.get_mut(other_id)
            {
                rebound(&mut one, other);
                entities.insert(one_id, Entity::Rock(one));
            }
        }
    }

    /// Lets ships collect the orbs that they touch.
    pub(super) fn collect_orbs(&mut self) {
        for (ship, orb) in self.contacts(&self.obstacles.ships, orb_radius) {
            if self.removed.contains(&ship) || !self.removed.insert(orb) {
                continue;
            }
            if let Some(Entity::Ship(ship)) = self.world.entities.get_mut(ship) {
                ship.hull = (ship.hull + ORB_REPAIR).min(Ship::HULL_FULL);
                ship.progress.collect();
            }
            self.world.send_event(Event::Collected(ids::pilot(ship)));
        }
    }

    /// The ids of all overlapping pairs of a body and a rock or orb, sorted. `radius` returns the radius of a rock or orb, or
    /// `None` to skip the entity.
    fn contacts(&self, bodies: &SpatialGrid, radius: impl Fn(&Entity) -> Option<i32>) -> Vec<(EntityId, EntityId)> {
        let mut contacts = Vec::new();
        for (id, entity) in self.world.entities.range(ids::SHIPS..ids::SCENERY_END) {
            let Some(radius) = radius(entity).filter(|_| !self.removed.contains(&id)) else { continue };
            let position = entity.position();
            let near = bodies.near(position, position, radius);
            let touching = near.filter(|body| body.to.is_within(position, body.radius + radius));
            contacts.extend(touching.filter(|body| !self.removed.contains(&body.id)).map(|body| (body.id, id)));
        }
        contacts.sort_unstable();
        contacts
    }

    /// Damages a ship, unless it is protected.
    fn damage_ship(&mut self, id: EntityId, damage: u8, by: Destroyer) {
        let Some(Entity::Ship(ship)) = self.world.entities.get_mut(id) else { return };
        if ship.protection > 0 {
            return;
        }
        ship.hull = ship.hull.saturating_sub(received_damage(ship, damage));
        if ship.hull == 0 {
            let ship = ship.clone();
            self.destroy_ship(id, &ship, by);
        } else if let Some(status) = self.game.ships.get_mut(&ids::pilot(id)) {
            status.handle_damage(current_tick(self.world));
        }
    }

    fn destroy_ship(&mut self, id: EntityId, ship: &Ship, by: Destroyer) {
        let victim = ids::pilot(id);
        if !self.removed.insert(id) {
            return;
        }
        let until = current_tick(self.world) + u64::from(self.world.public_setup().ticks(RESPAWN_MS));
        if let Some(status) = self.game.ships.get_mut(&victim) {
            *status = ShipStatus::Respawning { until, focus: ship.position };
        }
        self.leave_bounty(victim, ship.position);
        self.world.send_event(Event::Destroyed(Destroyed { victim, by }));
    }

    /// Leaves the orbs of a destroyed ship's bounty.
    fn leave_bounty(&mut self, victim: PlayerId, position: Position) {
        let streak = self.world.standing(victim).map_or(0, |standing| standing.streak);
        for _ in 0..(u32::from(streak) * BOUNTY_PER_KILL).min(BOUNTY_MAX) {
            self.game.scatter_orb(self.world, position);
        }
    }

    fn add_score(&mut self, player: PlayerId, score: u32) {
        if let Some(standing) = self.world.standing_mut(player) {
            standing.score = standing.score.saturating_add(score);
        }
    }

    /// Removes destroyed and used-up entities, and sends the map.
    pub(super) fn finish(self) {
        let Self { world, removed, .. } = self;
        if !removed.is_empty() {
            world.entities.retain(|id, _| !removed.contains(&id));
        }
        if let Some(map) = chart::chart(world) {
            world.send_event(Event::Map(map));
        }
    }
}

/// The damage that a ship receives: at least 1, and less with each level of [`Upgrade::Hull`].
fn received_damage(ship: &Ship, damage: u8) -> u8 {
    let level = u32::from(ship.progress.level(Upgrade::Hull));
    (u32::from(damage) * (DAMAGE_PER_LEVEL - level) / DAMAGE_PER_LEVEL).max(1) as u8
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
    use crate::wire::{Bullet, Controls, Rock, Standing};
    use tickcast_game::protocol::{Angle, Velocity};

    use super::*;
    use crate::rules::test_world::{PLAYER, RIVAL, empty_world, empty_world_at};
    use crate::{Arena, World};
    use tickcast_game::{Command, Outcome, Simulation};

    const CENTRE: Position = Position::at_units(500, 500);
    const SCENERY: EntityId = EntityId(ids::SHIPS + 100);

    /// A world with the player's ship at `CENTRE` and the rival's ship far away, both unprotected.
    fn duel() -> World {
        duel_in(empty_world())
    }

    fn duel_in(mut world: World) -> World {
        world.step(&[Command::Join(PLAYER), Command::Join(RIVAL)]);
        put_ship(&mut world, PLAYER, CENTRE);
        put_ship(&mut world, RIVAL, Position::at_units(100, 900));
        world
    }

    fn put_ship(world: &mut World, player: PlayerId, position: Position) {
        world.world_mut().entities.insert(ids::ship(player), Entity::Ship(Ship::new(position, Angle::default(), 0)));
    }

    /// Puts a bullet of the rival 70 world units to the left of a position. The bullet flies to the right.
    fn put_bullet_before(world: &mut World, target: Position) -> EntityId {
        let id = ids::bullet(ids::ship(RIVAL), 0, 0);
        let position = Position { x: target.x - 70 * Position::UNIT, ..target };
        world.world_mut().entities.insert(id, Entity::Bullet(Bullet { position, heading: Angle::default(), life: 20 }));
        id
    }

    fn put_rock(world: &mut World, position: Position, size: RockSize, hull: u8) {
        let rock = Rock { position, velocity: Velocity::default(), size, hull };
        world.world_mut().entities.insert(SCENERY, Entity::Rock(rock));
    }

    fn ship_mut(world: &mut World, player: PlayerId) -> &mut Ship {
        match world.world_mut().entities.get_mut(ids::ship(player)) {
            Some(Entity::Ship(ship)) => ship,
            other => panic!("the player has no ship: {other:?}"),
        }
    }

    /// Steps until a tick has an outcome other than a map, for at most one second. Returns this outcome, or an empty one if there
    /// is none.
    fn step_until_outcome(world: &mut World) -> Outcome<Arena> {
        let mut outcomes = (0..world.rules().tick_rate).map(|_| {
            let mut outcome = world.step(&[]);
            outcome.events.retain(|event| matches!(event, Event::Destroyed(_)));
            outcome
        });
        outcomes.find(|outcome| *outcome != Outcome::default()).unwrap_or_default()
    }

    fn rocks(world: &World) -> Vec<(EntityId, RockSize)> {
        let rock =
            |(id, entity): (EntityId, &Entity)| if let Entity::Rock(rock) = entity { Some((id, rock.size)) } else { None };
        world.entities().iter().filter_map(rock).collect()
    }

    #[test]
    fn a_bullet_damages_a_ship_by_twelve_and_is_removed() {
        let mut world = duel();
        let bullet = put_bullet_before(&mut world, CENTRE);
        assert_eq!(step_until_outcome(&mut world), Outcome::default(), "a hit alone has no outcome");
        assert_eq!(ship_mut(&mut world, PLAYER).hull, 88);
        assert_eq!(world.entities().get(bullet), None);
    }

    #[test]
    fn damage_depends_on_the_spread_of_the_shooter_and_the_hull_of_the_target() {
        for (spread, hull, expected) in
            [(0, 0, 12), (1, 0, 8), (2, 0, 6), (3, 0, 5), (0, 1, 10), (0, 2, 9), (0, 3, 7), (3, 3, 3)]
        {
            let mut world = duel();
            let levels = |levels| Progress::new(0, levels).expect("the levels are valid");
            ship_mut(&mut world, RIVAL).progress = levels([0, 0, 0, spread]);
            ship_mut(&mut world, PLAYER).progress = levels([0, 0, hull, 0]);
            put_bullet_before(&mut world, CENTRE);
            step_until_outcome(&mut world);
            assert_eq!(Ship::HULL_FULL - ship_mut(&mut world, PLAYER).hull, expected, "spread {spread}, hull {hull}");
        }
    }

    #[test]
    fn a_destroyed_ship_loses_its_progress() {
        let mut world = duel();
        let ship = ship_mut(&mut world, PLAYER);
        (ship.progress, ship.hull) = (Progress::new(4, [1, 1, 0, 1]).expect("the progress is valid"), 12);
        put_bullet_before(&mut world, CENTRE);
        step_until_outcome(&mut world);
        while world.entities().get(ids::ship(PLAYER)).is_none() {
            world.step(&[]);
        }
        assert_eq!(ship_mut(&mut world, PLAYER).progress, Progress::default());
    }

    #[test]
    fn a_player_may_not_leave_for_three_seconds_after_damage() {
        let mut world = duel();
        assert!(world.may_leave(PLAYER), "an undamaged ship");
        put_bullet_before(&mut world, CENTRE);
        while ship_mut(&mut world, PLAYER).hull == Ship::HULL_FULL {
            world.step(&[]);
        }
        let stayed = (0..1000).take_while(|_| (!world.may_leave(PLAYER), world.step(&[])).0).count();
        assert_eq!(stayed, 90);
        assert!(world.may_leave(RIVAL) && world.may_leave(PlayerId(99)));
    }

    #[test]
    fn a_player_may_leave_as_soon_as_the_ship_is_destroyed() {
        let mut world = duel();
        ship_mut(&mut world, PLAYER).hull = 20;
        for may_leave in [false, true] {
            put_bullet_before(&mut world, CENTRE);
            let hull = ship_mut(&mut world, PLAYER).hull;
            while world.entities().get(ids::ship(PLAYER)).and_then(Entity::hull) == Some(hull) {
                world.step(&[]);
            }
            assert_eq!(world.may_leave(PLAYER), may_leave);
        }
        (0..70).for_each(|_| drop(world.step(&[])));
        assert!(world.entities().get(ids::ship(PLAYER)).is_some() && world.may_leave(PLAYER), "the next ship is undamaged");
    }

    #[test]
    fn a_hit_changes_only_the_hull() {
        let mut world = duel();
        put_bullet_before(&mut world, CENTRE);
        let undamaged = ship_mut(&mut world, PLAYER).clone();
        step_until_outcome(&mut world);
        assert_eq!(*ship_mut(&mut world, PLAYER), Ship { hull: 88, ..undamaged });
    }

    #[test]
    fn a_bullet_does_not_hit_the_ship_that_fired_it() {
        let mut world = duel();
        put_ship(&mut world, RIVAL, CENTRE);
        world.world_mut().entities.remove(ids::ship(PLAYER));
        put_bullet_before(&mut world, CENTRE);
        (0..10).for_each(|_| drop(world.step(&[])));
        assert_eq!(ship_mut(&mut world, RIVAL).hull, Ship::HULL_FULL);
    }

    #[test]
    fn a_protected_ship_stops_bullets_without_damage() {
        let mut world = duel();
        ship_mut(&mut world, PLAYER).protection = 90;
        let bullet = put_bullet_before(&mut world, CENTRE);
        (0..10).for_each(|_| drop(world.step(&[])));
        assert_eq!(ship_mut(&mut world, PLAYER).hull, Ship::HULL_FULL);
        assert_eq!(world.entities().get(bullet), None);
    }

    #[test]
    fn a_bullet_does_not_pass_through_a_ship_at_ten_ticks_per_second() {
        for offset in 0..64 {
            let mut world = duel_in(empty_world_at(10));
            put_bullet_before(
                &mut world,
                Position { x: CENTRE.x - offset * Position::UNIT, y: CENTRE.y + 18 * Position::UNIT },
            );
            step_until_outcome(&mut world);
            assert_eq!(ship_mut(&mut world, PLAYER).hull, 88, "fired from {offset} units further away");
        }
    }

    #[test]
    fn a_bullet_that_leaves_the_world_hits_a_ship_at_the_border() {
        for offset in 0..64 {
            let mut world = duel_in(empty_world_at(10));
            let border = Position { x: world.rules().extent() - Ship::RADIUS, y: CENTRE.y };
            put_ship(&mut world, PLAYER, border);
            put_bullet_before(&mut world, Position { x: border.x - offset * Position::UNIT, ..border });
            step_until_outcome(&mut world);
            assert_eq!(ship_mut(&mut world, PLAYER).hull, 88, "fired from {offset} units further away");
        }
    }

    #[test]
    fn a_ship_without_hull_is_destroyed_and_an_event_is_sent() {
        let mut world = duel();
        ship_mut(&mut world, PLAYER).hull = 12;
        put_bullet_before(&mut world, CENTRE);
        let outcome = step_until_outcome(&mut world);
        assert_eq!(outcome.events, [Event::Destroyed(Destroyed { victim: PLAYER, by: Destroyer::Player(RIVAL) })]);
        let killer = Standing { score: 100, kills: 1, deaths: 0, streak: 1 };
        let victim = Standing { score: 0, kills: 0, deaths: 1, streak: 0 };
        assert_eq!(outcome.standings, [(PLAYER, victim), (RIVAL, killer)]);
        assert_eq!(world.standings(), outcome.standings);
        assert_eq!(world.entities().get(ids::ship(PLAYER)), None);
        assert_eq!(world.focus(PLAYER), CENTRE);
    }

    #[test]
    fn a_destroyed_ship_leaves_orbs_for_its_streak() {
        for (streak, bounty) in [(0, 0), (1, 2), (5, 10), (8, 16), (u16::MAX, 16)] {
            let mut world = duel();
            world.world_mut().standing_mut(PLAYER).expect("the player is in the world").streak = streak;
            world.step(&[]);
            ship_mut(&mut world, PLAYER).hull = 12;
            put_bullet_before(&mut world, CENTRE);
            let outcome = step_until_outcome(&mut world);
            assert_eq!(outcome.standings[0].1.streak, 0, "the streak has ended");
            let near = |entity: &Entity| entity.position().is_within(CENTRE, 100 * Position::UNIT);
            let orbs = world.entities().iter().filter(|(_, entity)| matches!(entity, Entity::Orb(_)) && near(entity));
            assert_eq!(orbs.count(), bounty, "streak {streak}");
        }
    }

    #[test]
    fn a_ship_hit_twice_in_one_tick_is_destroyed_once() {
        let mut world = duel();
        ship_mut(&mut world, PLAYER).hull = 12;
        let first = put_bullet_before(&mut world, CENTRE);
        let second = world.entities().get(first).cloned().expect("the bullet is in the world");
        world.world_mut().entities.insert(EntityId(first.0 + 1), second);
        let outcome = step_until_outcome(&mut world);
        assert_eq!(outcome.events.len(), 1);
        assert!(world.entities().get(EntityId(first.0 + 1)).is_some(), "the second bullet flies on");
    }

    #[test]
    fn a_destroyed_ship_respawns_after_two_seconds_with_the_controls_held() {
        let mut world = duel();
        ship_mut(&mut world, PLAYER).hull = 1;
        put_bullet_before(&mut world, CENTRE);
        step_until_outcome(&mut world);
        let held = Controls { thrust: true, ..Controls::default() };
        let destroyed_at = world.world().ticks();
        world.step(&[Command::Controls(PLAYER, held)]);
        while world.entities().get(ids::ship(PLAYER)).is_none() {
            world.step(&[]);
        }
        assert_eq!(world.world().ticks() - destroyed_at, 60);
        let protection = world.rules().ticks(1500) as u16;
        let ship = ship_mut(&mut world, PLAYER);
        assert_eq!((ship.controls, ship.hull, ship.protection), (held, Ship::HULL_FULL, protection));
    }

    #[test]
    fn a_bullet_damages_a_rock_by_one() {
        let mut world = duel();
        put_rock(&mut world, Position::at_units(800, 200), RockSize::Large, 8);
        put_bullet_before(&mut world, Position::at_units(760, 200));
        step_until_outcome(&mut world);
        assert_eq!(world.entities().get(SCENERY).and_then(Entity::hull), Some(7));
    }

    #[test]
    fn a_destroyed_rock_breaks_into_two_of_the_next_size_and_scores() {
        for (size, fragment, score) in [(RockSize::Large, RockSize::Medium, 5), (RockSize::Medium, RockSize::Small, 3)] {
            let mut world = duel();
            put_rock(&mut world, Position::at_units(800, 200), size, 1);
            put_bullet_before(&mut world, Position::at_units(760, 200));
            let outcome = step_until_outcome(&mut world);
            assert_eq!(outcome.standings, [(RIVAL, Standing { score, ..Standing::default() })]);
            let rocks = rocks(&world);
            assert_eq!(rocks.iter().map(|(_, size)| *size).collect::<Vec<_>>(), [fragment, fragment]);
            assert!(rocks.iter().all(|(id, _)| *id != SCENERY), "the id is not reused in the same tick");
        }
    }

    #[test]
    fn half_of_the_small_rocks_leave_an_orb() {
        let mut orbs = 0;
        let mut world = duel();
        for _ in 0..100 {
            put_rock(&mut world, Position::at_units(800, 200), RockSize::Small, 1);
            put_bullet_before(&mut world, Position::at_units(780, 200));
            step_until_outcome(&mut world);
            orbs += world.entities().iter().filter(|(_, entity)| matches!(entity, Entity::Orb(_))).count();
            world.world_mut().entities.retain(|id, _| id.0 < ids::SHIPS);
        }
        assert!((35..65).contains(&orbs), "{orbs} of 100");
        assert_eq!(world.standings()[1].1.score, 200);
    }

    #[test]
    fn a_bullet_hits_the_nearer_of_ship_and_rock() {
        let mut world = duel();
        put_rock(&mut world, Position { x: CENTRE.x + 40 * Position::UNIT, ..CENTRE }, RockSize::Small, 2);
        put_bullet_before(&mut world, CENTRE);
        step_until_outcome(&mut world);
        assert_eq!(world.entities().get(SCENERY).and_then(Entity::hull), Some(2));
        assert_eq!(ship_mut(&mut world, PLAYER).hull, 88);
    }

    #[test]
    fn a_ship_collides_with_a_rock_once() {
        let mut world = duel();
        put_rock(&mut world, Position { x: CENTRE.x + 80 * Position::UNIT, ..CENTRE }, RockSize::Large, 8);
        ship_mut(&mut world, PLAYER).velocity.x = 200 * Velocity::UNIT;
        (0..15).for_each(|_| drop(world.step(&[])));
        let ship = ship_mut(&mut world, PLAYER);
        assert!((70..80).contains(&ship.hull) && ship.velocity.x < 0, "{ship:?}");
        assert_eq!(world.entities().get(SCENERY).and_then(Entity::hull), Some(8));
    }

    #[test]
    fn a_protected_ship_rebounds_without_damage() {
        let mut world = duel();
        put_rock(&mut world, Position { x: CENTRE.x + 70 * Position::UNIT, ..CENTRE }, RockSize::Large, 8);
        let ship = ship_mut(&mut world, PLAYER);
        (ship.protection, ship.velocity.x) = (9, 200 * Velocity::UNIT);
        world.step(&[]);
        let ship = ship_mut(&mut world, PLAYER);
        assert!(ship.hull == Ship::HULL_FULL && ship.velocity.x < 0, "{ship:?}");
    }

    #[test]
    fn a_ship_destroyed_by_a_rock_scores_for_no_player() {
        let mut world = duel();
        put_rock(&mut world, Position { x: CENTRE.x + 70 * Position::UNIT, ..CENTRE }, RockSize::Large, 8);
        let ship = ship_mut(&mut world, PLAYER);
        (ship.hull, ship.velocity.x) = (3, 100 * Velocity::UNIT);
        let outcome = world.step(&[]);
        assert_eq!(outcome.events, [Event::Destroyed(Destroyed { victim: PLAYER, by: Destroyer::Rock })]);
        assert_eq!(outcome.standings, [(PLAYER, Standing { deaths: 1, ..Standing::default() })]);
    }

    #[test]
    fn an_orb_repairs_and_scores_and_is_removed() {
        for (hull, repaired) in [(50, 60), (95, 100)] {
            let mut world = duel();
            ship_mut(&mut world, PLAYER).hull = hull;
            world
                .world_mut()
                .entities
                .insert(SCENERY, Entity::Orb(Orb { position: Position { y: CENTRE.y + 25 * Position::UNIT, ..CENTRE } }));
            let outcome = world.step(&[]);
            assert_eq!(outcome.standings, [(PLAYER, Standing { score: 5, ..Standing::default() })]);
            let ship = ship_mut(&mut world, PLAYER);
            assert_eq!((ship.hull, ship.progress.orbs()), (repaired, 1));
            assert_eq!(world.entities().get(SCENERY), None);
        }
    }

    #[test]
    fn an_orb_is_collected_by_one_ship() {
        let mut world = duel();
        put_ship(&mut world, RIVAL, CENTRE);
        world.world_mut().entities.insert(SCENERY, Entity::Orb(Orb { position: CENTRE }));
        assert_eq!(world.step(&[]).standings.len(), 1);
    }

    #[test]
    fn rocks_rebound_from_each_other() {
        let mut world = empty_world();
        let rock = |x, speed: i32| {
            let velocity = Velocity { x: speed * Velocity::UNIT, y: 0 };
            Entity::Rock(Rock { position: Position::at_units(x, 500), velocity, size: RockSize::Large, hull: 8 })
        };
        let ids = [SCENERY, EntityId(SCENERY.0 + 1)];
        world.world_mut().entities.insert(ids[0], rock(300, 60));
        world.world_mut().entities.insert(ids[1], rock(450, -20));
        let distance = |world: &World| {
            let [one, other] = ids.map(|id| world.entities().get(id).map_or(0, |rock| rock.position().x));
            (other - one) / Position::UNIT
        };
        for _ in 0..90 {
            world.step(&[]);
            assert!(distance(&world) >= 2 * RockSize::Large.radius() / Position::UNIT - 3, "{}", distance(&world));
        }
        assert!(distance(&world) > 200);
    }

    #[test]
    fn ships_pass_through_each_other() {
        let mut world = duel();
        put_ship(&mut world, RIVAL, CENTRE);
        let before = world.entities().clone();
        world.step(&[]);
        assert_eq!(*world.entities(), before);
    }
}
