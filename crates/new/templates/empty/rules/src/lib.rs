//! The rules of {{name}}: players walk over a field.

use serde::{Deserialize, Serialize};
use tickcast_game::prelude::*;

/// Side length of the field in world units.
pub const FIELD: i32 = 1000;
/// Speed along each axis.
pub const SPEED: i32 = 120 * Velocity::UNIT;

/// The rules. The fields of this struct are state that players do not see, for example a random number generator.
#[derive(Debug, Serialize, Deserialize)]
pub struct MyGame;

game!(MyGame: Space);

/// What a player holds: the direction to walk in. A negative, zero or positive number per axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Controls {
    /// To the right.
    pub x: i8,
    /// Downwards.
    pub y: i8,
}

/// A player on the field. For several kinds of entities, use an `enum`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Walker {
    /// Where the player is.
    pub position: Position,
    /// Where the player goes.
    pub controls: Controls,
}

impl Game for MyGame {
    const NAME: &'static str = "{{name}}";

    type Controls = Controls;
    type Entity = Walker;

    fn new(_: &mut World<Self>, _seed: u64) -> Self {
        Self
    }

    /// A new player begins in the centre.
    fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<Walker> {
        Some(Walker { position: Position::at_units(FIELD / 2, FIELD / 2), controls: Controls::default() })
    }

    /// Moves a player. Server and clients both do so: it costs no bandwidth, and the own player moves without delay.
    fn coast(walker: &mut Walker, context: &mut CoastContext<'_, Self>) -> Lifecycle {
        let speed = |direction: i8| i32::from(direction.signum()) * SPEED;
        let velocity = Velocity { x: speed(walker.controls.x), y: speed(walker.controls.y) };
        let Position { x, y } = walker.position.moved(velocity, context.setup.tick_rate.into());
        let end = FIELD * Position::UNIT;
        walker.position = Position { x: x.clamp(0, end), y: y.clamp(0, end) };
        Lifecycle::Alive
    }

    /// Everything that only the server decides: collisions, scores, the end of the game.
    fn step(&mut self, _: &mut World<Self>) {}

    fn controls_mut(walker: &mut Walker) -> Option<&mut Controls> {
        Some(&mut walker.controls)
    }
}

/// Each client receives the part of the field around its player.
impl Space for MyGame {
    fn extent(_: &Setup<()>) -> Position {
        Position::at_units(FIELD, FIELD)
    }

    fn position(walker: &Walker) -> Position {
        walker.position
    }
}
