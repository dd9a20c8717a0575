//! Interface for load-testing bots. Bots run on the client side and see only what a client sees.

use std::fmt::Debug;
use std::str::FromStr;

use tickcast_protocol::{GameProtocol, PlayerId, Replica};

use crate::OptionsError;

/// A game that load-testing bots can play.
pub trait Playable: GameProtocol {
    /// Decision logic of one bot.
    type Brain: Brain<Self>;

    /// Creates a brain. Its decisions depend only on these arguments and on the replicas passed to it.
    fn brain(behaviour: Behaviour, tick_rate: u16, seed: u64) -> Self::Brain;

    /// Kind of an entity, in one word, such as `ship`. The report of a load test lists snapshot bytes by kind.
    fn kind(entity: &Self::Entity) -> &'static str;
}

/// Decision logic of one bot.
pub trait Brain<G: GameProtocol>: Debug {
    /// Decides which controls to hold from now on. Called once per tick, after the snapshot has arrived.
    ///
    /// `replica` is `None` for bots that only count snapshots.
    fn decide(&mut self, player: PlayerId, replica: Option<&Replica<G>>) -> G::Controls;

    /// Decides how to act now, if at all. Called after [`Brain::decide`], at most twice per second, and only while the
    /// outcomes of all earlier actions are known. Bots that only count snapshots do not act. By default, never acts.
    fn act(&mut self, _player: PlayerId, _replica: &Replica<G>) -> Option<G::Action> {
        None
    }
}

/// Behaviour of a bot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// Moves and changes direction about once per second.
    #[default]
    Wander,
    /// Seeks and attacks the nearest opponent.
    Hunt,
    /// Holds no controls.
    Idle,
}

impl Behaviour {
    /// All behaviours.
    pub const ALL: [Self; 3] = [Self::Wander, Self::Hunt, Self::Idle];

    /// Name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wander => "wander",
            Self::Hunt => "hunt",
            Self::Idle => "idle",
        }
    }
}

impl FromStr for Behaviour {
    type Err = OptionsError;

    fn from_str(text: &str) -> Result<Self, OptionsError> {
        let found = Self::ALL.into_iter().find(|behaviour| behaviour.name() == text);
        found.ok_or_else(|| OptionsError::Other(format!("unknown behaviour {text:?}")))
    }
}
