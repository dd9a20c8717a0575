//! The seam between a room and a durable record of it.
//!
//! A room is its options, its seed and the commands of every tick, in order: whoever has these has the room, to the bit.

use tickcast_protocol::{Game, Tick};

use crate::simulation::Command;

/// Takes down the commands of every tick before anyone is shown the tick.
pub trait Journal<G: Game>: Send + 'static {
    /// The commands that made `tick`. Ticks come one after the other; one without commands is told too.
    fn record(&mut self, tick: Tick, commands: &[Command<G>]);
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Forgetful;

impl<G: Game> Journal<G> for Forgetful {
    fn record(&mut self, _: Tick, _: &[Command<G>]) {}
}
