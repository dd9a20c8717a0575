//! The laws that every game must obey.

mod codec;
mod cost;
mod determinism;
mod digest;
mod ids;
mod panics;
mod patches;
mod replication;
mod rooms;

use std::fmt;

use tickcast_game::Simulation;

use crate::play::Setup;
use crate::trial::{Trial, Violation};

pub use cost::Cost;
pub use replication::{Follower, Mismatch};

/// A law that every game must obey.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Law {
    /// Equal seeds and commands give equal worlds, in every tick. The hash of the world covers its entire state.
    Determinism,
    /// A world that was encoded and decoded continues exactly like the original, as after a restart of the server.
    Recovery,
    /// Values of every type on the wire round-trip through the codec. Decoding of damaged bytes fails or gives a value that
    /// round-trips, and never panics. Controls fit a client message.
    Codec,
    /// Applying `patch_between(coasted, truth)` to `coasted` gives `truth`.
    Patches,
    /// Different entities have different digests, so a checksum reveals every difference.
    Digest,
    /// Each player has an avatar id of its own, which is used only while the player is in the world. No spawned entity
    /// replaces another one.
    Ids,
    /// A replica that receives the snapshots of a world equals this world within its view, whichever way the view moves. Client
    /// and server therefore compute the same when entities coast and interact.
    Replication,
    /// Neither arbitrary controls nor many players make the game panic. Coasting for a second without the rules does not
    /// make it panic either. Clients that receive no snapshots coast in this way.
    Panics,
    /// In a room, the replicas of all clients equal the world, including the standings, despite latency, stalls, lost
    /// snapshots, cheating clients and resumed seats. A room that is recovered from its journal continues as before.
    Rooms,
    /// What a client receives does not depend on the secrets of other players, until they are revealed. The law replaces what
    /// the client's player does not know with [`Simulation::reshuffle`].
    Secrets,
}

impl Law {
    /// All laws.
    pub const ALL: [Self; 10] = [
        Self::Determinism,
        Self::Recovery,
        Self::Codec,
        Self::Patches,
        Self::Digest,
        Self::Ids,
        Self::Replication,
        Self::Panics,
        Self::Rooms,
        Self::Secrets,
    ];

    pub(crate) fn check<S: Simulation>(self, setup: &Setup<S>, trial: &Trial) -> Result<(), Violation> {
        match self {
            Self::Determinism => determinism::check_determinism(setup, trial),
            Self::Recovery => determinism::check_recovery(setup, trial),
            Self::Codec => codec::check(setup, trial),
            Self::Patches => patches::check(setup, trial),
            Self::Digest => digest::check(setup, trial),
            Self::Ids => ids::check(setup, trial),
            Self::Replication => replication::check(setup, trial),
            Self::Panics => panics::check(setup, trial),
            Self::Rooms => rooms::check(setup, trial),
            Self::Secrets => rooms::check_secrets(setup, trial),
        }
    }
}

impl fmt::Display for Law {
    /// The name of the test that [`examine!`](crate::examine!) declares for this law.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Determinism => "determinism",
            Self::Recovery => "recovery",
            Self::Codec => "codec",
            Self::Patches => "patches",
            Self::Digest => "digest",
            Self::Ids => "ids",
            Self::Replication => "replication",
            Self::Panics => "panics",
            Self::Rooms => "rooms",
            Self::Secrets => "secrets",
        })
    }
}
