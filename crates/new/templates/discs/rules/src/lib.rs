//! The rules of {{name}}: discs accelerate, bounce off the walls, and push each other.

use serde::{Deserialize, Serialize};
use tickcast_game::prelude::*;

/// Side length of the field in world units.
pub const FIELD: i32 = 1000;
/// Radius of a disc in world units.
pub const RADIUS: i32 = 25;
/// Acceleration of a disc, per second.
const ACCELERATION: i32 = 500 * Velocity::UNIT;
/// Maximum speed along each axis.
const SPEED_MAX: i32 = 350 * Velocity::UNIT;

/// The rules. The fields of this struct are state that players do not see, for example a random number generator.
#[derive(Debug, Serialize, Deserialize)]
pub struct MyGame;

game!(MyGame: Space, Events, Standings, AiPlayers);

/// What a player holds: the direction to accelerate in. A negative, zero or positive number per axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Controls {
    /// To the right.
    pub x: i8,
    /// Downwards.
    pub y: i8,
}

/// A player's disc. For several kinds of entities, use an `enum`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disc {
    /// The centre.
    pub position: Position,
    /// Distance per second.
    pub velocity: Velocity,
    /// What the player holds.
    pub controls: Controls,
}

/// Two discs have hit each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit(pub PlayerId, pub PlayerId);

impl Game for MyGame {
    const NAME: &'static str = "{{name}}";

    type Controls = Controls;
    type Entity = Disc;

    fn new(_: &mut World<Self>, _seed: u64) -> Self {
        Self
    }

    /// A new player begins in one of 16 places.
    fn join(&mut self, _: &mut World<Self>, player: PlayerId) -> Option<Disc> {
        let seat = i32::from(player.0);
        let place = |number: i32| (number % 4 * 2 + 1) * FIELD / 8;
        let position = Position::at_units(place(seat), place(seat / 4));
        Some(Disc { position, velocity: Velocity::default(), controls: Controls::default() })
    }

    /// Moves a disc. Server and clients both do so: it costs no bandwidth, and the own disc responds without delay.
    fn coast(disc: &mut Disc, context: &mut CoastContext<'_, Self>) -> Lifecycle {
        let rate = i32::from(context.setup.tick_rate);
        // Drag stops a disc within a few seconds.
        let next = |speed: i32, direction: i8| match direction.signum() {
            0 if speed.abs() < rate => 0,
            sign => speed + (i32::from(sign) * ACCELERATION - speed) / rate,
        };
        let Disc { velocity: Velocity { x, y }, controls, .. } = *disc;
        disc.velocity = Velocity { x: next(x, controls.x), y: next(y, controls.y) }.clamped(SPEED_MAX);
        disc.position = disc.position.moved(disc.velocity, rate);
        bounce(&mut disc.position.x, &mut disc.velocity.x);
        bounce(&mut disc.position.y, &mut disc.velocity.y);
        Lifecycle::Alive
    }

    /// Discs that hit each other exchange their velocities.
    fn step(&mut self, world: &mut World<Self>) {
        let players: Vec<_> = world.players().collect();
        for (index, &first) in players.iter().enumerate() {
            for &second in &players[index + 1..] {
                if let (Some(one), Some(other)) = (world.avatar(first), world.avatar(second))
                    && is_hit(one, other)
                {
                    let velocities = (one.velocity, other.velocity);
                    set_velocity(world, first, velocities.1);
                    set_velocity(world, second, velocities.0);
                    world.send_event(Hit(first, second));
                }
            }
        }
    }

    fn controls_mut(disc: &mut Disc) -> Option<&mut Controls> {
        Some(&mut disc.controls)
    }
}

/// Turns a disc back that has reached a wall, along one axis.
fn bounce(place: &mut i32, speed: &mut i32) {
    let (start, end) = (RADIUS * Position::UNIT, (FIELD - RADIUS) * Position::UNIT);
    if *place < start {
        (*place, *speed) = (start, speed.abs());
    } else if *place > end {
        (*place, *speed) = (end, -speed.abs());
    }
}

/// Whether two discs touch, and approach each other.
fn is_hit(one: &Disc, other: &Disc) -> bool {
    let (x, y) = (other.position.x - one.position.x, other.position.y - one.position.y);
    let (vx, vy) = (other.velocity.x - one.velocity.x, other.velocity.y - one.velocity.y);
    let approach = i64::from(x) * i64::from(vx) + i64::from(y) * i64::from(vy);
    approach < 0 && one.position.is_within(other.position, 2 * RADIUS * Position::UNIT)
}

fn set_velocity(world: &mut World<MyGame>, player: PlayerId, velocity: Velocity) {
    if let Some(disc) = world.avatar_mut(player) {
        disc.velocity = velocity;
    }
}

/// Each client receives the part of the field around its player.
impl Space for MyGame {
    fn extent(_: &Setup<()>) -> Position {
        Position::at_units(FIELD, FIELD)
    }

    fn position(disc: &Disc) -> Position {
        disc.position
    }
}

impl Events for MyGame {
    type Event = Hit;
}

/// Number of hits of each player.
impl Standings for MyGame {
    type Standing = u32;

    fn standing_changes(Hit(one, other): &Hit) -> StandingChanges<u32> {
        vec![(*one, Box::new(|hits| *hits += 1)), (*other, Box::new(|hits| *hits += 1))]
    }
}

impl AiPlayers for MyGame {
    /// AI players chase the nearest disc.
    fn ai_controls(&self, world: &World<Self>, player: PlayerId) -> Controls {
        let Some(own) = world.avatar(player) else { return Controls::default() };
        let others = world.players().filter(|other| *other != player).filter_map(|other| world.avatar(other));
        let ways = others.map(|other| (other.position.x - own.position.x, other.position.y - own.position.y));
        let (x, y) = ways.min_by_key(|(x, y)| x.abs() + y.abs()).unwrap_or_default();
        Controls { x: x.signum() as i8, y: y.signum() as i8 }
    }
}
