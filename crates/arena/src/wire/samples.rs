//! Sample values from which the fingerprint is computed. They include every variant and every form of the encoding.

use crate::wire::{
    Bullet, Choice, Controls, Destroyed, Destroyer, Entity, Event, Map, MapField, Orb, Patch, Podium, Progress, Rock,
    RockSize, Rules, Ship, Standing, Steering, ids,
};
use tickcast_game::protocol::{Angle, EntityId, PlayerId, Position, Velocity};

pub(crate) const RULES: Rules = Rules { tick_rate: 30, world_size: 4096, round_s: 300 };
pub(crate) const PATCHES: [Patch; 3] = [
    Patch::Hull { hull: 64, orb: false },
    Patch::Hull { hull: 100, orb: true },
    Patch::Rebound(Velocity { x: -900, y: 333 }),
];
pub(crate) const STANDING: Standing = Standing { score: 1234, kills: 5, deaths: 300, streak: 4 };

pub(crate) fn controls() -> Vec<Controls> {
    vec![
        Controls::default(),
        Controls { steering: Steering::Left, thrust: true, ..Controls::default() },
        Controls { steering: Steering::Right, fire: true, ..Controls::default() },
        Controls { steering: towards(700), thrust: true, fire: true, ..Controls::default() },
        Controls { dash: true, ..Controls::default() },
        Controls { choice: Some(Choice::Third), fire: true, ..Controls::default() },
    ]
}

const fn towards(steps: i32) -> Steering {
    Steering::Towards(Angle::new(steps))
}

pub(crate) fn entities() -> Vec<(EntityId, Entity)> {
    let controls = controls();
    let at = Position::at_units;
    let aligned =
        Ship { controls: Controls { steering: towards(77), ..controls[0] }, ..Ship::new(at(900, 40), Angle::new(77), 0) };
    let armed = Ship {
        velocity: Velocity { x: -4000, y: 2500 },
        controls: controls[3],
        cooldown: 5,
        shot: 6,
        hull: 64,
        ..Ship::new(at(30, 2000), Angle::new(1000), 45)
    };
    let dashing = Ship { controls: controls[4], recharge: 20, ..Ship::new(at(700, 1000), Angle::new(600), 0) };
    let choosing = choosing_ship(controls[5]);
    let turning = Ship { controls: controls[1], ..Ship::new(at(4000, 4050), Angle::new(300), 0) };
    let rock = |size: RockSize, x| {
        Entity::Rock(Rock { position: at(x, 70), velocity: Velocity { x: -900, y: 333 }, size, hull: size.hull_full() })
    };
    let ship = |player| ids::ship(PlayerId(player));
    let scenery = |number| EntityId(ids::SHIPS + number);
    vec![
        (ship(0), Entity::Ship(aligned)),
        (ship(40), Entity::Ship(armed)),
        (ship(41), Entity::Ship(dashing)),
        (ship(42), Entity::Ship(choosing)),
        (ship(4095), Entity::Ship(turning)),
        (scenery(0), rock(RockSize::Small, 100)),
        (scenery(1), rock(RockSize::Medium, 200)),
        (scenery(2), rock(RockSize::Large, 300)),
        (scenery(3), Entity::Orb(Orb { position: at(4095, 1) })),
        (ids::bullet(ship(7), 5, 0), Entity::Bullet(Bullet { position: at(650, 660), heading: Angle::new(899), life: 33 })),
    ]
}

/// A ship with upgrades and a full bar, whose player holds these controls.
fn choosing_ship(controls: Controls) -> Ship {
    let progress = Progress::new(Progress::ORBS_FULL, [0, 1, 2, 1]).expect("the progress is valid");
    Ship { controls, progress, ..Ship::new(Position::at_units(1500, 900), Angle::new(250), 0) }
}

pub(crate) fn events() -> Vec<Event> {
    let field = |x, y| MapField::containing(Position::at_units(x, y), 4096 * Position::UNIT);
    vec![
        Event::Destroyed(Destroyed { victim: PlayerId(2), by: Destroyer::Player(PlayerId(260)) }),
        Event::Destroyed(Destroyed { victim: PlayerId(3), by: Destroyer::Rock }),
        Event::Collected(PlayerId(300)),
        Event::Map(Map::new(vec![field(900, 40), field(30, 2000)], Some(field(30, 2000)))),
        Event::Map(Map::new(vec![field(900, 40); Map::SHIPS_MAX + 1], None)),
        Event::RoundEnded(Podium::new([(PlayerId(2), 1234), (PlayerId(260), 5)].into_iter())),
    ]
}
