//! An orb.

use tickcast_game::protocol::units::Position;

/// A pickup at rest that repairs a ship and scores.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orb {
    /// Position of the centre.
    pub position: Position,
}

impl Orb {
    /// Radius in 64ths of a world unit.
    pub const RADIUS: i32 = 10 * Position::UNIT;
}
