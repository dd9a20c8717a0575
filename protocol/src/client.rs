//! Client side of the protocol: replica of the world, prediction of the player's own entity, and sending of inputs.
//!
//! Uses no socket and no clock: it takes decoded messages, and measures time in ticks. The server does not use this module.

mod actions;
mod lead;
mod prediction;
mod presses;
mod reconnect;
mod replica;
mod tail_probe;

pub use actions::{ActError, Actions, ResolvedAction};
pub use lead::Lead;
pub use prediction::Prediction;
pub use presses::Presses;
pub use reconnect::reconnect_delay;
pub use replica::{Player, Replica, ReplicaError, SnapshotEffects};
pub use tail_probe::TailProbe;
