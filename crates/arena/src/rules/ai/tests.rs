//! Tests of the AI ships.

use crate::wire::{Orb, Rock, RockSize};
use tickcast_game::protocol::{EntityId, Tick};

use super::*;
use crate::rules::Options;
use crate::rules::test_world::{PLAYER, RIVAL, empty_world};
use tickcast_game::{Command, Simulation};

const CENTRE: Position = Position::at_units(500, 500);
const SCENERY: EntityId = EntityId(ids::SHIPS);

/// A world with an AI ship at `CENTRE`, heading right.
fn world_with_ai_ship() -> World {
    let mut world = empty_world();
    world.step(&[Command::Join(PLAYER)]);
    put_ship(&mut world, PLAYER, Ship::new(CENTRE, Angle::default(), 0));
    world
}

fn put_ship(world: &mut World, player: PlayerId, ship: Ship) {
    world.entities.insert(ids::ship(player), Entity::Ship(ship));
}

fn aim(controls: Controls) -> Angle {
    match controls.steering {
        Steering::Towards(aim) => aim,
        other => panic!("AI ships steer towards an angle: {other:?}"),
    }
}

fn is_about(angle: Angle, steps: i32, slack: i32) -> bool {
    Angle::new(steps).steps_to(angle).abs() <= slack
}

#[test]
fn a_player_without_a_ship_holds_no_controls() {
    assert_eq!(empty_world().ai_controls(PLAYER), Controls::default());
}

#[test]
fn an_unprotected_ship_is_attacked() {
    let mut world = world_with_ai_ship();
    put_ship(&mut world, RIVAL, Ship::new(Position::at_units(500, 900), Angle::default(), 0));
    let controls = world.ai_controls(PLAYER);
    assert!(is_about(aim(controls), 256, AIM_ERROR_MAX + AIM_STEP) && controls.thrust, "{controls:?}");
    put_ship(&mut world, RIVAL, Ship::new(Position::at_units(500, 900), Angle::default(), 30));
    assert!(!is_about(aim(world.ai_controls(PLAYER)), 256, AIM_ERROR_MAX + AIM_STEP), "a protected ship is not attacked");
}

#[test]
fn the_aim_leads_a_moving_ship() {
    let mut world = world_with_ai_ship();
    let velocity = Velocity { x: 300 * Velocity::UNIT, y: 0 };
    let target = Ship { velocity, ..Ship::new(Position::at_units(500, 800), Angle::default(), 0) };
    put_ship(&mut world, RIVAL, target);
    let aim = aim(world.ai_controls(PLAYER));
    assert!(is_about(aim, 256 - 71, AIM_ERROR_MAX + AIM_STEP), "{}", aim.steps());
}

#[test]
fn a_ship_fires_only_when_aligned_and_with_pauses() {
    let mut world = world_with_ai_ship();
    put_ship(&mut world, RIVAL, Ship::new(Position::at_units(500, 700), Angle::default(), 0));
    let fires = |world: &mut World, tick| {
        world.tick = Tick(tick);
        world.ai_controls(PLAYER).fire
    };
    assert!((0..300).all(|tick| !fires(&mut world, tick)));
    put_ship(&mut world, PLAYER, Ship::new(CENTRE, Angle::new(256), 0));
    let ticks_firing = (0..3000).filter(|tick| fires(&mut world, *tick)).count();
    assert!((1000..2700).contains(&ticks_firing), "{ticks_firing}");
}

#[test]
fn a_rock_ahead_is_avoided() {
    let mut world = world_with_ai_ship();
    let velocity = Velocity { x: 300 * Velocity::UNIT, y: 0 };
    put_ship(&mut world, PLAYER, Ship { velocity, ..Ship::new(CENTRE, Angle::default(), 0) });
    for (y, evasion) in [(510, -256), (490, 256)] {
        let position = Position::at_units(700, y);
        let rock = Rock { position, velocity: Velocity::default(), size: RockSize::Large, hull: 8 };
        world.entities.insert(SCENERY, Entity::Rock(rock));
        assert!(is_about(aim(world.ai_controls(PLAYER)), evasion, AIM_STEP));
    }
}

#[test]
fn an_orb_has_priority_over_a_fight_for_a_damaged_ship() {
    let mut world = world_with_ai_ship();
    world.entities.insert(SCENERY, Entity::Orb(Orb { position: Position::at_units(200, 500) }));
    assert!(is_about(aim(world.ai_controls(PLAYER)), 512, AIM_STEP));
    put_ship(&mut world, RIVAL, Ship::new(Position::at_units(500, 800), Angle::default(), 0));
    assert!(is_about(aim(world.ai_controls(PLAYER)), 256, AIM_ERROR_MAX + AIM_STEP), "a fight has priority");
    put_ship(&mut world, PLAYER, Ship { hull: 30, ..Ship::new(CENTRE, Angle::default(), 0) });
    assert!(is_about(aim(world.ai_controls(PLAYER)), 512, AIM_STEP), "unless the hull is low");
}

#[test]
fn an_aim_within_the_slack_is_kept() {
    let mut world = world_with_ai_ship();
    world.entities.insert(SCENERY, Entity::Orb(Orb { position: Position::at_units(900, 500) }));
    let current = Steering::Towards(Angle::new(-AIM_SLACK_FAR));
    let controls = Controls { steering: current, ..Controls::default() };
    put_ship(&mut world, PLAYER, Ship { controls, ..Ship::new(CENTRE, Angle::default(), 0) });
    assert_eq!(world.ai_controls(PLAYER).steering, current);
}

/// Simulates one minute of a world in which all players are AI ships. Returns `(kills, deaths by rocks, changes of
/// controls)`.
fn simulate_minute(ships: u16) -> (u32, u32, u32) {
    let mut world = World::new(&Options::default(), 30, 4);
    world.step(&(0..ships).map(|seat| Command::Join(PlayerId(seat))).collect::<Vec<_>>());
    let mut changes = 0;
    for tick in 0..1800 {
        let mut commands = Vec::new();
        for player in (0..ships).filter(|seat| (tick + seat) % 6 == 0).map(PlayerId) {
            let controls = world.ai_controls(player);
            let ship = world.entities.get(ids::ship(player));
            if matches!(ship, Some(Entity::Ship(ship)) if ship.controls != controls) {
                commands.push(Command::Controls(player, controls));
            }
        }
        changes += commands.len() as u32;
        world.step(&commands);
    }
    let standings = world.standings();
    let kills = standings.iter().map(|(_, standing)| u32::from(standing.kills)).sum();
    let deaths: u32 = standings.iter().map(|(_, standing)| u32::from(standing.deaths)).sum();
    (kills, deaths - kills, changes)
}

#[test]
fn ai_ships_kill_more_than_they_crash_and_change_controls_rarely() {
    let (kills, crashes, changes) = simulate_minute(6);
    assert!((3..120).contains(&kills), "{kills} kills");
    assert!(crashes <= kills, "{crashes} crashes, {kills} kills");
    assert!(changes < 6 * 60 * 3, "{changes} changes of controls of six AI ships in a minute");
}
