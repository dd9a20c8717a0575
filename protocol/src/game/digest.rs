//! Checksum of entities.

use super::GameProtocol;
use crate::units::EntityId;

/// A 32-bit checksum over integers: FNV-1a over whole words with a rotation, followed by the finalizer of MurmurHash3.
///
/// To detect divergence, the client compares the [digest of all entities in view](Self::of_entities) with the server's. The
/// checksum is not resistant to deliberate collisions.
#[derive(Clone, Copy, Debug)]
pub struct Digest(u32);

impl Default for Digest {
    fn default() -> Self {
        Self(0x811c_9dc5)
    }
}

impl Digest {
    /// Adds a number. The order of additions matters.
    pub const fn add(&mut self, word: i32) {
        self.0 = (self.0 ^ word.cast_unsigned()).wrapping_mul(0x0100_0193).rotate_left(15);
    }

    /// The checksum of all numbers added so far.
    #[must_use]
    pub const fn finish(self) -> u32 {
        let mut hash = self.0;
        hash ^= hash >> 16;
        hash = hash.wrapping_mul(0x85eb_ca6b);
        hash ^= hash >> 13;
        hash = hash.wrapping_mul(0xc2b2_ae35);
        hash ^ (hash >> 16)
    }

    /// The checksum of one entity and its id.
    #[must_use]
    pub fn of_entity<G: GameProtocol>(id: EntityId, entity: &G::Entity) -> u32 {
        let mut digest = Self::default();
        digest.add(id.0.cast_signed());
        G::digest(entity, &mut digest);
        digest.finish()
    }

    /// The checksum of several entities: the wrapping sum of their checksums. It is independent of their order. The
    /// checksum of the union of two disjoint sets is the sum of the two sets' checksums.
    #[must_use]
    pub fn of_entities<'a, G: GameProtocol>(entities: impl IntoIterator<Item = (EntityId, &'a G::Entity)>) -> u32 {
        entities.into_iter().fold(0, |sum, (id, entity)| sum.wrapping_add(Self::of_entity::<G>(id, entity)))
    }
}
