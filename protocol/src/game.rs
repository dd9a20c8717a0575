//! Interface between the protocol and a game.
//!
//! Depends on [`crate::units`] only, not on messages, the replica or the server.

mod digest;
mod entities;
mod words;

use std::fmt::Debug;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use digest::Digest;
pub use entities::Entities;
pub use words::WordLayout;

use crate::units::{EntityId, Pace, PlayerId, Position};

/// Trait bounds of the types sent between server and client. Implemented for every type that satisfies them.
pub trait Wire: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + Unpin + 'static {}
impl<T: Clone + Debug + PartialEq + Serialize + DeserializeOwned + Send + Sync + Unpin + 'static> Wire for T {}

/// The part of a game that server and clients share: the types on the wire, and the kernel.
///
/// The kernel *coasts* entities: [`GameProtocol::coast`] advances an entity by one tick and ignores all other entities (dead
/// reckoning). In games whose clients see the whole world, entities may also [interact](GameProtocol::interact). All other
/// rules of a game run on the server only.
///
/// Every function is deterministic: equal arguments give equal results on every machine, in debug and release builds, and
/// in clients written in other languages. Use integers rather than floating point.
pub trait GameProtocol: Clone + Debug + Default + PartialEq + Send + Sync + Unpin + 'static {
    /// Name of the game. Part of the [fingerprint](crate::codec::fingerprint).
    const NAME: &'static str;

    /// Whether entities [interact](Self::interact). If so, the world must fit one cell of the grid: every client then sees
    /// all entities, which it needs in order to compute the interactions. Clients predict all entities, not only the
    /// player's own.
    const INTERACTS: bool = false;

    /// When rooms tick. Part of the [fingerprint](crate::codec::fingerprint).
    const PACE: Pace = Pace::Steady;

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
    /// Something that a player does once, such as playing a card. [`Never`] in a game without actions.
    type Action: Wire;
    /// Reason why the game refuses an action. [`Never`] in a game without actions.
    type Refusal: Wire;
    /// What only one player knows, such as the cards in the player's hand. The [`Default`] means that there is nothing to
    /// know. `()` in a game without secrets.
    type Secret: Wire + Default;

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

    /// The second part of the kernel: lets the entities affect each other, for example collide. Called after all entities
    /// have coasted, if [`Self::INTERACTS`] is true. By default, does nothing.
    fn interact(_rules: &Self::Rules, _entities: &mut Entities<'_, Self::Entity>) {}

    /// The effect of an action on the avatar of its player, as far as it depends on the avatar alone. Clients predict it
    /// until they receive the outcome of the action. By default, clients predict nothing.
    fn predict_action(_avatar: &mut Self::Entity, _action: &Self::Action) {}

    /// The patch that turns `coasted` into `truth`, or `None` if the whole entity has to be sent.
    fn patch_between(coasted: &Self::Entity, truth: &Self::Entity) -> Option<Self::Patch>;

    /// Applies a patch. If `patch_between(coasted, truth)` is `Some(patch)`, applying it to `coasted` gives `truth`.
    fn patch(entity: &mut Self::Entity, patch: &Self::Patch);

    /// How an event changes the standings of players. Server and clients compute these changes from the event, so the server
    /// sends a standing only if it has also changed for another reason.
    fn standing_changes(event: &Self::Event) -> StandingChanges<Self>;

    /// Whether an event ends a round of the match. Server and clients then reset the standings of all players to the default,
    /// after the other effects of the event. The result of each player in the round is what [`score`](Self::score) returns
    /// for the standings before the reset. The server records it. In the outcome of that tick, the event is the last one,
    /// and the standings are those before the reset. By default, no event ends a round: a match is one round.
    fn ends_round(_event: &Self::Event) -> bool {
        false
    }

    /// What a standing contributes to the player's profile and to leaderboards. Counts and points of a standing may change at
    /// any time; those that a player has when leaving the match, or when a round ends, are recorded. By default `None`: the game
    /// has neither profiles nor leaderboards.
    fn score(_standing: &Self::Standing) -> Option<Score> {
        None
    }

    /// Adds the entire state of an entity to a checksum.
    fn digest(entity: &Self::Entity, digest: &mut Digest);

    /// Sample values from which the [fingerprint](crate::codec::fingerprint) is computed. They should cover every variant of
    /// every type and every form of its encoding.
    fn samples() -> Samples<Self>;
}

/// A type without values, for the parts that a game does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Never {}

/// For each affected player, the change of the standing; see [`GameProtocol::standing_changes`].
pub type StandingChanges<G> = Vec<(PlayerId, StandingChange<<G as GameProtocol>::Standing>)>;

/// A function that changes a standing of type `S`.
pub type StandingChange<S> = Box<dyn FnOnce(&mut S)>;

/// A player's result in a match; see [`GameProtocol::score`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// Points, by which leaderboards rank players. More is better.
    pub points: u32,
    /// Number of opponents defeated.
    pub kills: u32,
    /// Number of defeats.
    pub deaths: u32,
}

/// Sample values of a game; see [`GameProtocol::samples`].
#[derive(Clone, Debug)]
pub struct Samples<G: GameProtocol> {
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
    /// Actions of every kind.
    pub actions: Vec<G::Action>,
    /// Refusals of every kind.
    pub refusals: Vec<G::Refusal>,
    /// Secrets of every kind.
    pub secrets: Vec<G::Secret>,
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
