//! The seam between the server and a game.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Change, EntityId, EntityMap, PlayerId, Position};

/// What of a type must be so that it can travel and be compared.
pub trait Wire: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + Unpin + 'static {}
impl<T: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + Unpin + 'static> Wire for T {}

/// The part of a game that server and clients share: what travels, and what an undisturbed entity does next.
///
/// Everything here is exact. The same arguments give the same result on every machine, in debug and release builds, and in
/// clients written in other languages. The rest of a game's rules are the server's alone.
pub trait Game: Clone + Debug + Default + PartialEq + Send + Sync + Unpin + 'static {
    /// The game's name; part of the [fingerprint](crate::codec::fingerprint).
    const NAME: &'static str;

    /// What both sides must know before the first tick: the tick rate, the size of the world, …
    type Rules: Wire;
    /// What a player holds. [`Default`] is a player who does nothing.
    type Controls: Wire + Copy + Eq + Default;
    /// A thing in the world, with all of its state.
    type Entity: Wire + Eq;
    /// A small difference between a coasted entity and the true one, cheaper to send than the entity.
    type Patch: Wire;
    /// Something that happened, told to the whole room.
    type Event: Wire;
    /// How a player stands: score and the like. [`Default`] is a player who just joined.
    type Standing: Wire + Default;

    /// The bottom right corner of the world.
    fn extent(rules: &Self::Rules) -> Position;

    /// Where the entity is: it is told to those who see that place.
    fn position(entity: &Self::Entity) -> Position;

    /// The entity that a player's controls move, if they are in the world at all.
    fn avatar(player: PlayerId) -> EntityId;

    /// The controls that move this entity, if any do.
    fn controls(entity: &Self::Entity) -> Option<Self::Controls>;

    /// Puts new controls in the place of the old ones.
    fn steer(entity: &mut Self::Entity, controls: Self::Controls);

    /// The kernel: what the entity does in one tick with nothing interfering. What it gives birth to goes to `births`, and
    /// coasts from the next tick on.
    fn coast(rules: &Self::Rules, id: EntityId, entity: &mut Self::Entity, births: &mut Vec<Birth<Self::Entity>>) -> Fate;

    /// The patch that turns `coasted` into `truth`, if there is one.
    fn patch_between(coasted: &Self::Entity, truth: &Self::Entity) -> Option<Self::Patch>;

    /// Applies a patch: `patch(patch_between(coasted, truth), coasted) == truth`.
    fn patch(entity: &mut Self::Entity, patch: &Self::Patch);

    /// Whose standing an event changes, and how. Whoever hears of the event changes them so; the server tells a standing only
    /// where it differs.
    fn tally(event: &Self::Event) -> Tally<Self>;

    /// Adds all state of the entity to a checksum.
    fn digest(entity: &Self::Entity, digest: &mut Digest);

    /// Rules and one of everything, in every shape that is coded differently, from which the
    /// [fingerprint](crate::codec::fingerprint) is computed.
    fn specimens() -> Specimens<Self>;
}

/// Whose standing changes, and how: see [`Game::tally`].
pub type Tally<G> = Vec<(PlayerId, fn(&mut <G as Game>::Standing))>;

/// Rules and one of everything: see [`Game::specimens`].
#[derive(Clone, Debug)]
pub struct Specimens<G: Game> {
    /// Some rules.
    pub rules: G::Rules,
    /// Entities of every kind.
    pub entities: Vec<(EntityId, G::Entity)>,
    /// Controls of every kind.
    pub controls: Vec<G::Controls>,
    /// Patches of every kind.
    pub patches: Vec<G::Patch>,
    /// Events of every kind.
    pub events: Vec<G::Event>,
    /// A standing.
    pub standing: G::Standing,
}

/// An entity that another one gave birth to while it coasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Birth<E> {
    /// Whose it is: who saw the parent can compute the child.
    pub parent: EntityId,
    /// The child's id; an entity that has it already is replaced.
    pub id: EntityId,
    /// The child.
    pub entity: E,
}

/// Whether a coasted entity is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It goes on.
    Lives,
    /// It has come to its end.
    Ends,
}

/// Advances all entities one tick with nothing interfering; says whose child was born, and under which id.
pub fn coast_all<G: Game>(rules: &G::Rules, entities: &mut EntityMap<G::Entity>) -> Vec<(EntityId, EntityId)> {
    let mut births = Vec::new();
    entities.retain(|id, entity| G::coast(rules, id, entity, &mut births) == Fate::Lives);
    let parents = births.iter().map(|birth| (birth.parent, birth.id)).collect();
    entities.merge(births.into_iter().map(|birth| (birth.id, birth.entity)));
    parents
}

/// Puts the new controls of every [`Change::Steer`] in place, as is done before coasting. Says which entity was unknown.
pub fn steer_all<'a, G: Game>(
    entities: &mut EntityMap<G::Entity>,
    changes: impl IntoIterator<Item = &'a Change<G>>,
) -> Result<(), EntityId> {
    for change in changes {
        if let Change::Steer(id, controls) = change {
            G::steer(entities.get_mut(*id).ok_or(*id)?, *controls);
        }
    }
    Ok(())
}

/// A 32-bit checksum over integers: FNV-1a taken a word at a time, closed with MurmurHash3's finaliser.
#[derive(Clone, Copy, Debug)]
pub struct Digest(u32);

impl Default for Digest {
    fn default() -> Self {
        Self(0x811c_9dc5)
    }
}

impl Digest {
    /// Adds a number.
    pub const fn add(&mut self, word: i32) {
        self.0 = (self.0 ^ word.cast_unsigned()).wrapping_mul(0x0100_0193).rotate_left(15);
    }

    /// The checksum of all that was added, in that order.
    #[must_use]
    pub const fn finish(self) -> u32 {
        let mut hash = self.0;
        hash ^= hash >> 16;
        hash = hash.wrapping_mul(0x85eb_ca6b);
        hash ^= hash >> 13;
        hash = hash.wrapping_mul(0xc2b2_ae35);
        hash ^ (hash >> 16)
    }

    /// The checksum of one entity.
    #[must_use]
    pub fn of_entity<G: Game>(id: EntityId, entity: &G::Entity) -> u32 {
        let mut digest = Self::default();
        digest.add(id.0.cast_signed());
        G::digest(entity, &mut digest);
        digest.finish()
    }

    /// The checksum of several entities: the sum of theirs, so that their order and grouping do not matter.
    #[must_use]
    pub fn of_entities<'a, G: Game>(entities: impl IntoIterator<Item = (EntityId, &'a G::Entity)>) -> u32 {
        entities.into_iter().fold(0, |sum, (id, entity)| sum.wrapping_add(Self::of_entity::<G>(id, entity)))
    }
}
