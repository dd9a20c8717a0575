//! Interface between a room and a durable record of its commands.
//!
//! A room is deterministic: its options, its seed and the ordered commands of every tick reproduce its world bit for bit.

use tickcast_game::Command;
use tickcast_protocol::{Game, Tick};

/// Records the commands of every tick before any client receives the tick.
pub trait Journal<G: Game>: Send + 'static {
    /// Records the commands applied in `tick`. Called once per tick, in order, also for ticks without commands.
    fn record(&mut self, tick: Tick, commands: &[Command<G>]);
}

/// Discards all commands.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoJournal;

impl<G: Game> Journal<G> for NoJournal {
    fn record(&mut self, _: Tick, _: &[Command<G>]) {}
}
