//! Checkpoints: the encoded state of a room.

use core::fmt;

use serde::{Deserialize, Serialize};
use tickcast_game::Simulation;
use tickcast_protocol::{RoomName, codec};
use xxhash_rust::xxh3::xxh3_64;

use super::{State, steps_per_second};
use crate::{RoomOptions, journal};

/// Version of the encoding of checkpoints. The encoding of the world has its own version,
/// [`Simulation::CHECKPOINT_VERSION`]. Increase this version with every change after which older checkpoints cannot be
/// decoded.
const VERSION: u32 = 4;
/// Length of the hash at the end of a checkpoint.
const HASH_BYTES: usize = size_of::<u64>();

/// Reason why a room cannot be recovered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// Bytes of the checkpoint or of the journal are wrong or missing.
    #[error("the checkpoint or the journal is damaged")]
    Damaged,
    /// The checkpoint was made by a version of the program whose checkpoints this version cannot decode.
    #[error("the checkpoint has the form of another version of this program")]
    Unsupported,
    /// The recomputed state differs from the original one: the game's simulation is not deterministic, or its serialized form
    /// is incomplete.
    #[error("the recomputed room differs from the original")]
    Diverged,
}

/// The versions of the program that recorded a room. A checkpoint begins with them, whatever the form of its other bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomVersions {
    /// [`VERSION`] and [`Simulation::CHECKPOINT_VERSION`]. A program can decode the checkpoint only if it has the same
    /// versions.
    form: (u32, u32),
    /// [`journal::VERSION`], [`Simulation::RULES_VERSION`], and the fingerprint of messages and kernel. A program can
    /// replay the journal only if it has the same versions and fingerprint.
    rules: (u32, u32, [u8; 4]),
}

impl RoomVersions {
    /// The versions of this program, with the game `S`.
    #[must_use]
    pub fn current<S: Simulation>() -> Self {
        Self {
            form: (VERSION, S::CHECKPOINT_VERSION),
            rules: (journal::VERSION, S::RULES_VERSION, codec::fingerprint::<S::Game>()),
        }
    }

    /// The versions of the program that made a checkpoint.
    ///
    /// # Errors
    /// [`RecoverError::Damaged`].
    pub fn of_checkpoint(checkpoint: &[u8]) -> Result<Self, RecoverError> {
        codec::decode_next(&mut verified(checkpoint)?).map_err(|_| RecoverError::Damaged)
    }
}

impl fmt::Display for RoomVersions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { form: (room_form, game_form), rules: (journal, rules, fingerprint) } = self;
        let fingerprint = u32::from_be_bytes(*fingerprint);
        write!(
            formatter,
            "rules {rules}, journal {journal}, checkpoint {room_form}.{game_form}, fingerprint {fingerprint:08x}"
        )
    }
}

/// The beginning of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CheckpointHeader {
    versions: RoomVersions,
    /// Name of the room.
    pub(super) name: RoomName,
    /// Options of the room.
    options: RoomOptions,
    /// [`Simulation::hash`] of the world.
    world_hash: u64,
}

impl CheckpointHeader {
    /// Whether this program has the rules under which the journal after the checkpoint was recorded. Only then can the
    /// journal be replayed.
    pub(super) fn has_current_rules<S: Simulation>(&self) -> bool {
        self.versions.rules == RoomVersions::current::<S>().rules
    }

    fn decode_next<S: Simulation>(bytes: &mut &[u8]) -> Result<Self, RecoverError> {
        let form: (u32, u32) = codec::decode_next(&mut &**bytes).map_err(|_| RecoverError::Damaged)?;
        if form != RoomVersions::current::<S>().form {
            return Err(RecoverError::Unsupported);
        }
        codec::decode_next(bytes).map_err(|_| RecoverError::Damaged)
    }
}

/// Decodes the name and the options of the room from a checkpoint.
///
/// # Errors
/// [`RecoverError`]. If the checkpoint was made under other rules, [`RecoverError::Unsupported`].
pub(crate) fn decode_summary<S: Simulation>(checkpoint: &[u8]) -> Result<(RoomName, RoomOptions), RecoverError> {
    let header = CheckpointHeader::decode_next::<S>(&mut verified(checkpoint)?)?;
    if header.has_current_rules::<S>() { Ok((header.name, header.options)) } else { Err(RecoverError::Unsupported) }
}

/// The checkpoint without the hash at its end.
fn verified(checkpoint: &[u8]) -> Result<&[u8], RecoverError> {
    let (bytes, hash) = checkpoint.split_last_chunk::<HASH_BYTES>().ok_or(RecoverError::Damaged)?;
    if xxh3_64(bytes).to_le_bytes() == *hash { Ok(bytes) } else { Err(RecoverError::Damaged) }
}

impl<S: Simulation> State<S> {
    /// Encodes this state.
    pub(in crate::room) fn encode(&self, name: &RoomName) -> Vec<u8> {
        let header = CheckpointHeader {
            versions: RoomVersions::current::<S>(),
            name: name.clone(),
            options: self.options.clone(),
            world_hash: self.world.hash(),
        };
        let mut bytes = codec::encode(&header);
        codec::encode_into(self, &mut bytes);
        let hash = xxh3_64(&bytes);
        bytes.extend(hash.to_le_bytes());
        bytes
    }

    /// Decodes a state.
    pub(super) fn decode(checkpoint: &[u8]) -> Result<(CheckpointHeader, Self), RecoverError> {
        let mut bytes = verified(checkpoint)?;
        let header = CheckpointHeader::decode_next::<S>(&mut bytes)?;
        let mut state: Self = codec::decode(bytes).map_err(|_| RecoverError::Damaged)?;
        if state.world.hash() != header.world_hash {
            return Err(RecoverError::Diverged);
        }
        // The clock divides by the tick rate.
        let steps_per_second = steps_per_second::<S>(&header.options);
        if header.options.tick_rate == 0 || state.clock.steps_per_second() == 0 {
            return Err(RecoverError::Damaged);
        }
        if state.clock.steps_per_second() != steps_per_second {
            if header.has_current_rules::<S>() {
                return Err(RecoverError::Damaged);
            }
            // The game had another pace when the checkpoint was made.
            state.clock = state.clock.with_steps_per_second(steps_per_second);
        }
        state.options = header.options.clone();
        state.start_at(state.tick);
        Ok((header, state))
    }
}
