//! Load-testing bots of a game.

use super::Protocol;
use crate::game::Hostable;
use crate::{Behaviour, Brain, Playable};

/// The behaviour of load-testing bots. If a game does not implement this trait, its bots use random controls.
pub trait Bots: Hostable {
    /// Decision logic of one bot.
    type Brain: Brain<Protocol<Self>>;

    /// Creates a brain. Its decisions depend only on these arguments and on the replicas passed to it.
    fn brain(behaviour: Behaviour, tick_rate: u16, seed: u64) -> Self::Brain;

    /// Kind of an entity, in one word, such as `ship`. The report of a load test lists snapshot bytes by kind.
    fn kind(_entity: &Self::Entity) -> &'static str {
        "entity"
    }
}

impl<G: Bots> Playable for Protocol<G> {
    type Brain = G::Brain;

    fn brain(behaviour: Behaviour, tick_rate: u16, seed: u64) -> G::Brain {
        G::brain(behaviour, tick_rate, seed)
    }

    fn kind(entity: &G::Entity) -> &'static str {
        G::kind(entity)
    }
}
