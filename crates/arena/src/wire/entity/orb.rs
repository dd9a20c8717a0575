//! An orb.

use tickcast_game::protocol::units::Position;

/// A pickup that does not move. It repairs the ship that collects it and adds to the player's score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orb {
    /// Position of the centre.
    pub position: Position,
}

impl Orb {
    /// Radius in 64ths of a world unit.
    pub const RADIUS: i32 = 10 * Position::UNIT;
}
