//! Interface between the protocol and a game.
//!
//! Depends on [`crate::units`] only, not on messages, the replica or the server.

mod digest;

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use digest::Digest;

use crate::units::{EntityId, PlayerId, Position};

/// Trait bounds of the types sent between server and client. Implemented for every type that satisfies them.
pub trait Wire: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + Unpin + 'static {}
impl<T: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + Unpin + 'static> Wire for T {}

/// The part of a game that server and clients share: the types on the wire, and the kernel.
///
/// The kernel *coasts* entities: [`Game::coast`] advances an entity by one tick and ignores all other entities (dead
/// reckoning). All other rules of a game run on the server only.
///
/// Every function is deterministic: equal arguments give equal results on every machine, in debug and release builds, and
/// in clients written in other languages. Use integers rather than floating point.
pub trait Game: Clone + Debug + Default + PartialEq + Send + Sync + Unpin + 'static {
    /// Name of the game. Part of the [fingerprint](crate::codec::fingerprint).
    const NAME: &'static str;

    /// Constants of a room that the kernel needs, sent in the [`Welcome`](crate::Welcome): tick rate, size of the world, …
    type Rules: Wire;
    /// The controls that a player holds. The [`Default`] means no input.
    type Controls: Wire + Copy + Eq + Default;
    /// An entity with its entire state.
    type Entity: Wire + Eq;
    /// An update that turns a coasted entity into its state on the server. Cheaper to send than the whole entity.
    type Patch: Wire;
    /// An event that is sent to every client in the room.
    type Event: Wire;
    /// A player's score and statistics. The [`Default`] is the standing of a player who has just joined.
    type Standing: Wire + Default;

    /// Bottom right corner of the world. The top left corner is the origin.
    fn extent(rules: &Self::Rules) -> Position;

    /// Position of an entity. The position determines which clients see the entity.
    fn position(entity: &Self::Entity) -> Position;

    /// Id of the entity that a player controls. The result does not depend on whether that entity exists.
    fn avatar(player: PlayerId) -> EntityId;

    /// Current controls of an entity. `None` for entities that cannot be controlled.
    fn controls(entity: &Self::Entity) -> Option<Self::Controls>;

    /// Replaces the controls of an entity. Has no effect on entities that cannot be controlled.
    fn set_controls(entity: &mut Self::Entity, controls: Self::Controls);

    /// The kernel: advances `entity` by one tick, independently of all other entities. If `entity` spawns new entities,
    /// appends them to `spawns`. The new entities coast for the first time in the next tick.
    fn coast(
        rules: &Self::Rules,
        id: EntityId,
        entity: &mut Self::Entity,
        spawns: &mut Vec<Spawn<Self::Entity>>,
    ) -> Lifecycle;

    /// The patch that turns `coasted` into `truth`, or `None` if the whole entity has to be sent.
    fn patch_between(coasted: &Self::Entity, truth: &Self::Entity) -> Option<Self::Patch>;

    /// Applies a patch. If `patch_between(coasted, truth)` is `Some(patch)`, applying it to `coasted` gives `truth`.
    fn patch(entity: &mut Self::Entity, patch: &Self::Patch);

    /// How an event changes the standings of players. Server and clients compute these changes from the event, so the server
    /// sends a standing only if it has also changed for another reason.
    fn standing_changes(event: &Self::Event) -> StandingChanges<Self>;

    /// Adds the entire state of an entity to a checksum.
    fn digest(entity: &Self::Entity, digest: &mut Digest);

    /// Sample values from which the [fingerprint](crate::codec::fingerprint) is computed. They should cover every variant of
    /// every type and every form of its encoding.
    fn samples() -> Samples<Self>;
}

/// For each affected player, a function that updates the standing; see [`Game::standing_changes`].
pub type StandingChanges<G> = Vec<(PlayerId, fn(&mut <G as Game>::Standing))>;

/// Sample values of a game; see [`Game::samples`].
#[derive(Clone, Debug)]
pub struct Samples<G: Game> {
    /// Rules under which the entities coast.
    pub rules: G::Rules,
    /// Entities of every kind.
    pub entities: Vec<(EntityId, G::Entity)>,
    /// Controls of every kind.
    pub controls: Vec<G::Controls>,
    /// Patches of every kind.
    pub patches: Vec<G::Patch>,
    /// Events of every kind.
    pub events: Vec<G::Event>,
    /// A standing with every field set.
    pub standing: G::Standing,
}

/// An entity that another entity spawned while coasting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spawn<E> {
    /// The entity that spawned the new one. A client that has the parent in view computes the new entity itself. The server
    /// sends the new entity to the other clients that see it.
    pub parent: EntityId,
    /// Id of the new entity. The new entity replaces an existing entity with this id. The server sends a despawn to clients
    /// that saw the existing entity and do not see the new one. If several parents spawn an entity with the same id in one
    /// tick, the entity of the parent with the highest id is kept.
    pub id: EntityId,
    /// The new entity.
    pub entity: E,
}

/// Whether a coasted entity continues to exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// The entity stays in the world.
    Alive,
    /// The entity is removed. Clients compute the removal themselves, so the server sends nothing.
    Expired,
}
