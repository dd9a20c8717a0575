//! What a game adds so that bots can play it.

use std::fmt::Debug;

use tickcast_protocol::{Game, PlayerId, Replica};

use super::Behaviour;

/// A game that bots can play.
pub trait Playable: Game {
    /// What decides for a bot.
    type Brain: Brain<Self>;

    /// A new brain. Whatever it decides follows from these three and from what it is shown.
    fn brain(behaviour: Behaviour, tick_rate: u16, seed: u64) -> Self::Brain;

    /// What kind of thing that is, in a word: the report counts bytes by it.
    fn kind(entity: &Self::Entity) -> &'static str;
}

/// What decides for a bot.
pub trait Brain<G: Game>: Debug {
    /// What the player holds from now on. It is asked once a tick, as soon as the snapshot is there.
    ///
    /// A bot that only counts has no replica to show.
    fn decide(&mut self, player: PlayerId, replica: Option<&Replica<G>>) -> G::Controls;
}
