//! Derivation of the rooms' seeds.

use sha2::{Digest, Sha256};
use tickcast_protocol::RoomName;

/// Separates these hashes from other uses of SHA-256.
const CONTEXT: &[u8] = b"tickcast room seed";

/// The seed of a room. `number` is the number of rooms that the lobby has opened before this room. Seeds are derived from
/// the operator's seed with a one-way function, so the seed of one room reveals neither the operator's seed nor the seed of
/// another room.
#[must_use]
pub fn room_seed(operator_seed: u64, name: &RoomName, number: u64) -> u64 {
    let hash = Sha256::new_with_prefix(CONTEXT)
        .chain_update(operator_seed.to_le_bytes())
        .chain_update(number.to_le_bytes())
        .chain_update(name.as_str())
        .finalize();
    let (seed, _) = hash.split_first_chunk().expect("a hash has 32 bytes");
    u64::from_le_bytes(*seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seed(operator_seed: u64, name: &str, number: u64) -> u64 {
        room_seed(operator_seed, &name.parse().expect("the name is valid"), number)
    }

    #[test]
    fn a_room_has_the_same_seed_in_every_run() {
        assert_eq!(seed(7, "main", 0), 2894507211655805349);
    }

    #[test]
    fn the_seed_depends_on_the_operators_seed_the_name_and_the_number() {
        let seeds = [seed(7, "main", 0), seed(8, "main", 0), seed(7, "duel", 0), seed(7, "main", 1)];
        assert!((1..seeds.len()).all(|index| !seeds[..index].contains(&seeds[index])), "{seeds:?}");
    }
}
