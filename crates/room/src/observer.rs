//! Interface between a room and a part of the server that observes the commands of its world.

use tickcast_game::Command;
use tickcast_protocol::{GameProtocol, Tick};

/// Receives the commands of every tick before any client receives the tick.
pub trait CommandObserver<G: GameProtocol>: Send + 'static {
    /// Handles the commands applied in `tick`. Called once per tick, in order, also for ticks without commands.
    fn observe(&mut self, tick: Tick, commands: &[Command<G>]);
}

/// Ignores all commands.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoObserver;

impl<G: GameProtocol> CommandObserver<G> for NoObserver {
    fn observe(&mut self, _: Tick, _: &[Command<G>]) {}
}
