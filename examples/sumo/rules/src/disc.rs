//! How discs move and collide.

use serde::{Deserialize, Serialize};
use tickcast_game::prelude::*;
use tickcast_game::protocol::units::{divide_rounded, sine};

/// Radius of a disc, in 64ths of a world unit.
pub const RADIUS: i32 = 28 * Position::UNIT;
/// Acceleration of a disc that pushes, in 16ths of a world unit per second squared.
const PUSH: i32 = 200 * Velocity::UNIT;
/// The fraction by which the force approaches the push of the player, per second. Clients receive the pushes of other
/// players with a delay. Because the force changes gradually, clients then only need small corrections.
const RESPONSE: i32 = 6;
/// The fraction of its velocity that a disc loses per second: numerator and denominator.
const DRAG: (i32, i32) = (4, 5);
/// Discs stay within this distance of the centre along each axis.
const COORDINATE_MAX: i32 = 500 * Position::UNIT;

/// What a player holds: the direction in which the disc is pushed. 0 for none, otherwise 1 plus 16ths of a turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push(pub u8);

/// A player's disc. The centre of the ring is the origin.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disc {
    /// Place of its centre.
    pub position: Position,
    /// Distance per second.
    pub velocity: Velocity,
    /// Change of the velocity per second.
    pub force: Velocity,
    /// The controls of the player.
    pub push: Push,
}

impl Push {
    /// The push whose direction comes closest to this vector.
    pub fn towards(Position { x, y }: Position) -> Self {
        let along = |push: &Self| push.angle().map(|angle| x / 64 * angle.cos() + y / 64 * angle.sin());
        (1..=16).map(Self).max_by_key(along).unwrap_or_default()
    }

    fn angle(self) -> Option<Angle> {
        self.0.checked_sub(1).map(|sixteenths| Angle::new(i32::from(sixteenths) * Angle::TURN / 16))
    }
}

impl Disc {
    /// A disc at rest, at this distance from the centre.
    pub(crate) fn at(angle: Angle, distance: i32) -> Self {
        let coordinate = |cosine: i32| divide_rounded(distance * cosine, sine::ONE);
        Self { position: Position { x: coordinate(angle.cos()), y: coordinate(angle.sin()) }, ..Self::default() }
    }

    pub(crate) fn coast(&mut self, tick_rate: i32) {
        let push = self.push.angle().map(|angle| Velocity::towards(angle, PUSH)).unwrap_or_default();
        let approached = |force: i32, push: i32| force + divide_rounded((push - force) * RESPONSE, tick_rate);
        self.force = Velocity { x: approached(self.force.x, push.x), y: approached(self.force.y, push.y) };
        let moved = |speed: i32, force: i32| speed + divide_rounded(force - speed * DRAG.0 / DRAG.1, tick_rate);
        self.velocity = Velocity { x: moved(self.velocity.x, self.force.x), y: moved(self.velocity.y, self.force.y) };
        let Position { x, y } = self.position.moved(self.velocity, tick_rate);
        let inside = |coordinate: i32| coordinate.clamp(-COORDINATE_MAX, COORDINATE_MAX);
        self.position = Position { x: inside(x), y: inside(y) };
    }

    /// Moves overlapping discs apart. If they approach each other, they exchange the speeds with which they do so.
    pub(crate) fn collide(&mut self, other: &mut Self) {
        if !self.position.is_within(other.position, 2 * RADIUS - 1) {
            return;
        }
        let Position { x, y } = self.to(other);
        let (x, distance) = if (x, y) == (0, 0) { (1, 1) } else { (x, (x * x + y * y).isqrt()) };
        let along = |length: i32| (divide_rounded(x * length, distance), divide_rounded(y * length, distance));
        let approach = (self.velocity.x - other.velocity.x) * x + (self.velocity.y - other.velocity.y) * y;
        let (shift_x, shift_y) = along((2 * RADIUS - distance + 1) / 2);
        let (speed_x, speed_y) = along(approach.max(0) / distance);
        for (disc, sign) in [(self, -1), (other, 1)] {
            disc.position = Position { x: disc.position.x + sign * shift_x, y: disc.position.y + sign * shift_y };
            disc.velocity = disc.velocity.plus(Velocity { x: sign * speed_x, y: sign * speed_y });
        }
    }

    /// The vector to another disc.
    pub(crate) fn to(&self, other: &Self) -> Position {
        Position { x: other.position.x - self.position.x, y: other.position.y - self.position.y }
    }
}
