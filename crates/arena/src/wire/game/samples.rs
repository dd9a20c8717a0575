//! Sample values from which the fingerprint is computed. They include every variant and every form of the encoding.

use super::Arena;
use crate::wire::{
    Bullet, Controls, Damage, Destroyed, Destroyer, Entity, Orb, Rock, RockSize, Rules, Ship, Standing, Steering, ids,
};
use tickcast_game::protocol::game::Samples;
use tickcast_game::protocol::{Angle, EntityId, PlayerId, Position, Velocity};

pub(super) fn samples() -> Samples<Arena> {
    let towards = |steps| Steering::Towards(Angle::new(steps));
    let controls = vec![
        Controls::default(),
        Controls { steering: Steering::Left, thrust: true, fire: false },
        Controls { steering: Steering::Right, thrust: false, fire: true },
        Controls { steering: towards(700), thrust: true, fire: true },
    ];
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
    let turning = Ship { controls: controls[1], ..Ship::new(at(4000, 4050), Angle::new(300), 0) };
    let rock = |size: RockSize, x| {
        Entity::Rock(Rock { position: at(x, 70), velocity: Velocity { x: -900, y: 333 }, size, hull: size.hull_full() })
    };
    let ship = |player| ids::ship(PlayerId(player));
    let scenery = |number| EntityId(ids::SHIPS + number);
    Samples {
        rules: Rules { tick_rate: 30, world_size: 4096 },
        entities: vec![
            (ship(0), Entity::Ship(aligned)),
            (ship(40), Entity::Ship(armed)),
            (ship(4095), Entity::Ship(turning)),
            (scenery(0), rock(RockSize::Small, 100)),
            (scenery(1), rock(RockSize::Medium, 200)),
            (scenery(2), rock(RockSize::Large, 300)),
            (scenery(3), Entity::Orb(Orb { position: at(4095, 1) })),
            (
                ids::bullet(ship(7), 5),
                Entity::Bullet(Bullet { position: at(650, 660), heading: Angle::new(899), life: 33 }),
            ),
        ],
        controls,
        patches: vec![Damage { hull: 64 }],
        events: vec![
            Destroyed { victim: PlayerId(2), by: Destroyer::Player(PlayerId(260)) },
            Destroyed { victim: PlayerId(3), by: Destroyer::Rock },
        ],
        standing: Standing { score: 1234, kills: 5, deaths: 300 },
    }
}
