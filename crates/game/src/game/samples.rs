//! Sample values for the fingerprint, for games that do not list their own.

use std::mem::{Discriminant, discriminant};

use tickcast_protocol::game::Wire;
use tickcast_protocol::{EntityId, PlayerId, codec};

use super::{Interact, Setup, World};

/// Values of one type. More would hardly cover more of the encoding.
const VALUES_MAX: usize = 32;
/// Maximum number of attempts to obtain a value by decoding random bytes. Many attempts are necessary for a type with few
/// valid values, because most bytes are not a valid encoding of it.
const ATTEMPTS: usize = 256;
/// Bytes per attempt.
const BYTES: usize = 64;
/// Length of the match from which entities are taken.
const MATCH_TICKS: usize = 128;
/// Players of this match.
const PLAYERS: u16 = 4;
/// Ticks for which each of them holds the same controls.
const HOLD_TICKS: usize = 8;
/// Entities taken from the end of the match.
const ENTITIES_MAX: usize = 64;

/// Sebastiano Vigna's SplitMix64 (<https://prng.di.unimi.it/splitmix64.c>).
struct SplitMix(u64);

impl SplitMix {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}

/// Different values, decoded from pseudo-random bytes.
pub(crate) fn decoded<T: Wire>() -> Vec<T> {
    let mut rng = SplitMix(1);
    let mut values = Vec::new();
    for attempt in 0..ATTEMPTS {
        let bytes = [(); BYTES].map(|()| random_byte(attempt, rng.next()));
        if let Some(value) = codec::decode_first_without_reason(&bytes)
            && !values.contains(&value)
            && values.len() < VALUES_MAX
        {
            values.push(value);
        }
    }
    values
}

/// Some attempts use small numbers only, because tags of variants and options, lengths and booleans are small. Every second
/// attempt also uses the bytes that precede large numbers: 251 an encoded `u16`, 252 a `u32`, 253 a `u64`.
const fn random_byte(attempt: usize, random: u64) -> u8 {
    let (byte, choice) = (random as u8, (random >> 8) as u8);
    if attempt % 2 == 1 && choice < 64 { 251 + choice % 3 } else { byte & u8::MAX >> (attempt / 2 % 8) }
}

/// Entities of a match of a few players with pseudo-random controls: the first entity of each variant, and those that exist
/// at the end.
pub(super) fn entities_of_a_match<G: Interact>(setup: &Setup<G::Options>) -> Vec<(EntityId, G::Entity)> {
    let controls = G::sample_controls();
    let mut world = World::new(setup.clone());
    let mut game = G::new(&mut world, 0);
    (0..PLAYERS).for_each(|player| world.join(&mut game, PlayerId(player), None));
    let mut samples = Vec::new();
    let mut variants: Vec<Discriminant<G::Entity>> = Vec::new();
    for tick in 0..MATCH_TICKS {
        for player in 0..PLAYERS {
            let choice = tick / HOLD_TICKS + usize::from(player);
            world.set_controls(PlayerId(player), controls.get(choice % controls.len().max(1)).copied().unwrap_or_default());
        }
        world.advance(&mut game);
        for (id, entity) in world.entities.iter() {
            if !variants.contains(&discriminant(entity)) {
                variants.push(discriminant(entity));
                samples.push((id, entity.clone()));
            }
        }
    }
    samples.extend(world.entities.iter().take(ENTITIES_MAX).map(|(id, entity)| (id, entity.clone())));
    samples
}
