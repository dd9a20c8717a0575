//! Client side of the protocol: replica of the world, prediction of the player's own entity, and input stamps.
//!
//! Uses no socket and no clock: messages come in as values and time as tick numbers. The server does not use this module.

mod lead;
mod prediction;
mod replica;

pub use lead::Lead;
pub use prediction::Prediction;
pub use replica::{Player, Replica, ReplicaError, SnapshotEffects};
