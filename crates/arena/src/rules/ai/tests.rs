//! Tests of the AI ships.

use crate::wire::{Orb, Progress, Rock, RockSize};
use tickcast_game::protocol::EntityId;

use super::*;
use crate::World;
use crate::rules::Options;
use crate::rules::test_world::{PLAYER, RIVAL, empty_world};
use tickcast_game::{Command, Simulation};

const CENTRE: Position = Position::at_units(500, 500);
const SCENERY: EntityId = EntityId(ids::SHIPS);
/// Maximum aim error of `PLAYER`, a duellist.
const DUELLIST_ERROR: i32 = Temperament::of(PLAYER).aim_error_max;
/// AI players of the other temperaments.
const COLLECTOR: PlayerId = PlayerId(4);
const EVADER: PlayerId = PlayerId(8);

/// A world with an AI ship at `CENTRE`, heading right.
fn world_with_ai_ship() -> World {
    let mut world = empty_world();
    world.step(&[Command::Join(PLAYER)]);
    put_ship(&mut world, PLAYER, Ship::new(CENTRE, Angle::default(), 0));
    world
}

fn put_ship(world: &mut World, player: PlayerId, ship: Ship) {
    world.world_mut().entities.insert(ids::ship(player), Entity::Ship(ship));
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
    assert!(is_about(aim(controls), 256, DUELLIST_ERROR + AIM_STEP) && controls.thrust, "{controls:?}");
    put_ship(&mut world, RIVAL, Ship::new(Position::at_units(500, 900), Angle::default(), 30));
    assert!(!is_about(aim(world.ai_controls(PLAYER)), 256, DUELLIST_ERROR + AIM_STEP), "a protected ship is not attacked");
}

#[test]
fn the_aim_leads_a_moving_ship() {
    let mut world = world_with_ai_ship();
    let velocity = Velocity { x: 300 * Velocity::UNIT, y: 0 };
    let target = Ship { velocity, ..Ship::new(Position::at_units(500, 800), Angle::default(), 0) };
    put_ship(&mut world, RIVAL, target);
    let aim = aim(world.ai_controls(PLAYER));
    assert!(is_about(aim, 256 - 71, DUELLIST_ERROR + AIM_STEP), "{}", aim.steps());
}

#[test]
fn a_ship_fires_only_when_aligned_and_with_pauses() {
    let mut world = world_with_ai_ship();
    put_ship(&mut world, RIVAL, Ship::new(Position::at_units(500, 700), Angle::default(), 0));
    let fires = |world: &World, tick| {
        let Some(Entity::Ship(ship)) = world.world().avatar(PLAYER) else { panic!("the player has a ship") };
        let (world, rng, temperament) = (world.world(), &world.game().rng, Temperament::of(PLAYER));
        AiShip { world, rng, tick, player: PLAYER, ship, temperament }.controls().fire
    };
    assert!((0..300).all(|tick| !fires(&world, tick)));
    put_ship(&mut world, PLAYER, Ship::new(CENTRE, Angle::new(256), 0));
    let ticks_firing = (0..3000).filter(|tick| fires(&world, *tick)).count();
    assert!((30..1000).contains(&ticks_firing), "{ticks_firing}");
}

/// The controls of an AI ship at `CENTRE`, heading right, with another ship at some distance to the right of it.
fn controls_facing(player: PlayerId, distance: i32) -> Controls {
    let mut world = empty_world();
    world.step(&[Command::Join(player)]);
    put_ship(&mut world, player, Ship::new(CENTRE, Angle::default(), 0));
    put_ship(&mut world, RIVAL, Ship::new(Position::at_units(500 + distance, 500), Angle::default(), 0));
    world.ai_controls(player)
}

#[test]
fn an_evader_flees_from_near_ships_and_a_duellist_does_not() {
    let is_fleeing = |player, distance| {
        let controls = controls_facing(player, distance);
        controls.thrust && is_about(aim(controls), 512, AIM_STEP)
    };
    assert!(is_fleeing(EVADER, 200) && !is_fleeing(EVADER, 300));
    assert!(!is_fleeing(PLAYER, 200) && !is_fleeing(COLLECTOR, 200));
}

#[test]
fn a_collector_prefers_orbs_to_distant_ships() {
    let mut world = empty_world();
    world.step(&[Command::Join(COLLECTOR)]);
    put_ship(&mut world, COLLECTOR, Ship::new(CENTRE, Angle::default(), 0));
    put_ship(&mut world, RIVAL, Ship::new(Position::at_units(900, 500), Angle::default(), 0));
    world.world_mut().entities.insert(SCENERY, Entity::Orb(Orb { position: Position::at_units(100, 500) }));
    assert!(is_about(aim(world.ai_controls(COLLECTOR)), 512, AIM_STEP));
}

#[test]
fn a_duellist_without_a_target_in_range_flies_to_the_ship_that_is_alone() {
    let mut world = World::new(&Options { world_size: 4096, rocks: 0, orbs: 0, round_s: 0 }, 30, 1);
    world.step(&[Command::Join(PLAYER)]);
    put_ship(&mut world, PLAYER, Ship::new(Position::at_units(2000, 2000), Angle::default(), 0));
    for (player, x, y) in [(0, 3000, 2000), (1, 3100, 2000), (2, 2000, 500)] {
        put_ship(&mut world, PlayerId(player), Ship::new(Position::at_units(x, y), Angle::default(), 0));
    }
    assert!(is_about(aim(world.ai_controls(PLAYER)), 768, AIM_STEP));
}

#[test]
fn a_rock_ahead_is_avoided() {
    let mut world = world_with_ai_ship();
    let velocity = Velocity { x: 300 * Velocity::UNIT, y: 0 };
    put_ship(&mut world, PLAYER, Ship { velocity, ..Ship::new(CENTRE, Angle::default(), 0) });
    for (y, evasion) in [(510, -256), (490, 256)] {
        let position = Position::at_units(700, y);
        let rock = Rock { position, velocity: Velocity::default(), size: RockSize::Large, hull: 8 };
        world.world_mut().entities.insert(SCENERY, Entity::Rock(rock));
        assert!(is_about(aim(world.ai_controls(PLAYER)), evasion, AIM_STEP));
    }
}

#[test]
fn an_orb_has_priority_over_a_fight_for_a_damaged_ship() {
    let mut world = world_with_ai_ship();
    world.world_mut().entities.insert(SCENERY, Entity::Orb(Orb { position: Position::at_units(200, 500) }));
    assert!(is_about(aim(world.ai_controls(PLAYER)), 512, AIM_STEP));
    put_ship(&mut world, RIVAL, Ship::new(Position::at_units(500, 800), Angle::default(), 0));
    assert!(is_about(aim(world.ai_controls(PLAYER)), 256, DUELLIST_ERROR + AIM_STEP), "a fight has priority");
    put_ship(&mut world, PLAYER, Ship { hull: 30, ..Ship::new(CENTRE, Angle::default(), 0) });
    assert!(is_about(aim(world.ai_controls(PLAYER)), 512, AIM_STEP), "unless the hull is low");
}

#[test]
fn an_aim_within_the_slack_is_kept() {
    let mut world = world_with_ai_ship();
    world.world_mut().entities.insert(SCENERY, Entity::Orb(Orb { position: Position::at_units(900, 500) }));
    let current = Steering::Towards(Angle::new(-AIM_SLACK_FAR));
    let controls = Controls { steering: current, ..Controls::default() };
    put_ship(&mut world, PLAYER, Ship { controls, ..Ship::new(CENTRE, Angle::default(), 0) });
    assert_eq!(world.ai_controls(PLAYER).steering, current);
}

#[test]
fn an_offer_is_answered_with_the_upgrade_of_the_temperament_or_the_first_one() {
    let mut world = empty_world();
    for (player, levels, expected) in [
        (PLAYER, [0; 4], Some(Choice::First)),
        (COLLECTOR, [0; 4], Some(Choice::Third)),
        (EVADER, [0; 4], Some(Choice::Second)),
        (EVADER, [0, 3, 0, 0], Some(Choice::First)),
        (EVADER, [3; 4], None),
    ] {
        let progress = Progress::new(Progress::ORBS_FULL, levels).expect("the levels are valid");
        put_ship(&mut world, player, Ship { progress, ..Ship::new(CENTRE, Angle::default(), 0) });
        assert_eq!(world.ai_controls(player).choice, expected, "{levels:?}");
    }
    put_ship(&mut world, PLAYER, Ship::new(CENTRE, Angle::default(), 0));
    assert_eq!(world.ai_controls(PLAYER).choice, None, "there is no offer");
}

/// Simulates five minutes of a world in which all players are AI ships. Returns `(kills, deaths by rocks, changes of
/// controls)`.
fn simulate(ships: u16) -> (u32, u32, u32) {
    let mut world = World::new(&Options { round_s: 0, ..Options::default() }, 30, 4);
    world.step(&(0..ships).map(|seat| Command::Join(PlayerId(seat))).collect::<Vec<_>>());
    let mut changes = 0;
    for tick in 0..5 * 1800 {
        let mut commands = Vec::new();
        for player in (0..ships).filter(|seat| (tick + seat) % 6 == 0).map(PlayerId) {
            let controls = world.ai_controls(player);
            let ship = world.entities().get(ids::ship(player));
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
    let (kills, crashes, changes) = simulate(8);
    assert!((3..300).contains(&kills), "{kills} kills");
    assert!(crashes <= kills, "{crashes} crashes, {kills} kills");
    assert!(changes < 8 * 300 * 3, "{changes} changes of controls of eight AI ships in five minutes");
}
