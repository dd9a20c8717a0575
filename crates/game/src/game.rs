//! The interface that the author of a game implements: [`Game`], and small traits for optional parts.

mod coast_context;
mod interact;
mod parts;
mod samples;
mod setup;
mod world;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tickcast_protocol::game::Wire;
use tickcast_protocol::{Digest, EntityId, Lifecycle, Pace, PlayerId, codec};

pub use coast_context::CoastContext;
pub use interact::Interact;
pub use parts::{
    Actions, AiPlayers, Configure, Declared, Events, Hostable, Never, Patches, PublicSetup, Secrets, Space,
    StandingChanges, Standings,
};
pub(crate) use samples::decoded;
pub use setup::Setup;
pub use world::World;

/// A game: what players control, what they see, and the rules.
///
/// Six items are required. For optional parts of a game, there are small traits: [`Space`], [`Interact`], [`Events`],
/// [`Standings`], [`Actions`], [`Secrets`], [`AiPlayers`], [`Configure`], [`PublicSetup`] and [`Patches`].
/// [`game!`](crate::game!) declares which of them a game implements.
///
/// The server holds the [`World`], which contains all that players may see. The type that implements this trait holds only
/// the state that not all players may see, such as a random number generator, cards that are face down, or [`Secrets`].
///
/// In each tick, the server
///
/// 1. removes the avatars of players who have left ([`Game::leave`]), adds those of new players ([`Game::join`]), and changes
///    the controls in avatars ([`Game::controls_mut`]). Then the players act ([`Actions::act`]);
/// 2. advances each entity by [`Game::coast`], and then lets them [interact](Interact::interact), as the clients do, too;
/// 3. calls [`Game::step`].
///
/// The server sends only what the clients cannot compute: new controls, and the changes that [`Game::step`] makes.
///
/// A game is deterministic: its state depends only on its setup, its seed and the inputs. A room can therefore be replayed,
/// and clients can predict. Use no clock, no I/O, no floating-point numbers, no source of randomness other than the seed,
/// and no container whose iteration order is random. An encoded game serves as a checkpoint of its room, so serialize the
/// entire state.
pub trait Game: Declared + PublicSetup + Standings + Serialize + DeserializeOwned + Send + Unpin + 'static {
    /// What a player holds: the state of keys, buttons and aim. The [`Default`] means no input. A client may send every
    /// value that the type can be decoded to.
    type Controls: Wire + Copy + Eq + Default;

    /// Anything that players can see: a ship, a ball, a card on the table. Contains the entire state of the entity. For
    /// several kinds of entities, use an `enum`. [`Wire`] stands for serde's traits and a few others that can be derived.
    type Entity: Wire + Eq;

    /// Name of the game. By default, the name of the type.
    const NAME: &'static str = <Self as Declared>::TYPE_NAME;

    /// When rooms tick. [`Pace::OnDemand`] suits turn-based games: a room ticks when a player has changed the controls, and
    /// otherwise once per second. Its ticks do not take equal times, so count turns, not ticks. By default, [`Pace::Steady`].
    const PACE: Pace = Pace::Steady;

    /// Number of teams of a room whose options choose none, up to 16. [`World::team`] returns the team of a player. By default,
    /// 0: there are no teams.
    const TEAMS: u16 = 0;

    /// Maximum number of players, including AI players. A room has at most this many seats, whatever the operator chooses.
    const PLAYERS_MAX: u16 = u16::MAX;

    /// Version of the rules. Increase it with every change that may alter the result of a step. A room that was saved under
    /// another version continues from its last checkpoint, because its journal can no longer be replayed.
    const RULES_VERSION: u32 = 1;

    /// Version of the serialized form of the game and its entities. Increase it with every change after which older
    /// checkpoints cannot be decoded. A room that was saved under another version cannot continue.
    const CHECKPOINT_VERSION: u32 = 1;

    /// Creates the game of a new room, and places its first entities in `world`. Draw all random numbers from a generator
    /// with this seed. The server keeps the seed secret.
    fn new(world: &mut World<Self>, seed: u64) -> Self;

    /// A player joins, and is already one of [`World::players`]. Returns the player's avatar: the entity that the player
    /// controls. Returns `None` if the player has none, or gets it later: the rules then insert it into [`World::entities`]
    /// with the id [`Game::avatar`].
    fn join(&mut self, world: &mut World<Self>, player: PlayerId) -> Option<Self::Entity>;

    /// Advances the game by one tick, after all entities have coasted and interacted: everything that only the server decides,
    /// such as damage, scores, turns and the appearance of new entities. In a game without [`Interact`], also collisions.
    fn step(&mut self, world: &mut World<Self>);

    /// What an entity does by itself in one tick, for example moving in its direction. Server and clients both compute it,
    /// so it costs no bandwidth, and clients predict it.
    ///
    /// Handle every state that the type can represent, because clients may compute several ticks before the rules of
    /// [`Game::step`] take effect.
    fn coast(entity: &mut Self::Entity, context: &mut CoastContext<'_, Self>) -> Lifecycle;

    /// Called in each tick before the entities coast. A game needs it only if its rules compare an entity before and after,
    /// for example to find out what a fast bullet has passed. By default, does nothing.
    fn before_coast(&mut self, _world: &World<Self>) {}

    /// Begins the next round, at the beginning of the tick after the one in which an event has
    /// [ended a round](Standings::ends_round). The standings have been reset. By default, the world begins again, too: it is
    /// emptied, the game is [created](Game::new) with another seed, and all players [join](Game::join). An implementation of your
    /// own changes only what the round needs.
    fn start_round(&mut self, world: &mut World<Self>, seed: u64) {
        world.restart(self, seed);
    }

    /// The controls in an entity that a player controls. By default, entities contain no controls. The rules then find the
    /// controls of a player in [`World::controls`], but clients do not predict the effect of these controls.
    fn controls_mut(_entity: &mut Self::Entity) -> Option<&mut Self::Controls> {
        None
    }

    /// A copy of the controls in an entity. Implement it only if cloning an entity is expensive. By default, calls
    /// [`Game::controls_mut`] with a clone of the entity.
    fn controls(entity: &Self::Entity) -> Option<Self::Controls> {
        Self::controls_mut(&mut entity.clone()).copied()
    }

    /// A player has left the game, and is removed from [`World::players`] after this call. By default, the avatar disappears.
    /// An implementation of your own has to remove it.
    fn leave(&mut self, world: &mut World<Self>, player: PlayerId) {
        world.entities.remove(Self::avatar(player));
    }

    /// Whether a player who has left, or who has lost the connection and not returned in time, may be removed now. While
    /// this returns `false`, the avatar stays for up to 30 s without controls, so that nobody escapes from a fight by
    /// disconnecting. By default, always `true`.
    fn may_leave(&self, _world: &World<Self>, _player: PlayerId) -> bool {
        true
    }

    /// Id of a player's avatar. By default, equal to the player's number.
    fn avatar(player: PlayerId) -> EntityId {
        EntityId(player.0.into())
    }

    /// Whether the page of this player draws an entity ahead of the server, together with the avatar. By default, true only for
    /// the avatar. If avatars spawn entities with [`CoastContext::spawn`], return `true` for those, too. Otherwise, they lag
    /// behind the avatar. If entities [interact](Interact), the page draws all of them ahead of the server in any case.
    fn is_own(player: PlayerId, id: EntityId) -> bool {
        id == Self::avatar(player)
    }

    /// Adds the entire state of an entity to the checksum by which clients detect differences. By default, adds each byte
    /// of the encoding.
    fn digest(entity: &Self::Entity, digest: &mut Digest) {
        codec::digest_into(entity, digest);
    }

    /// Entities from which the [fingerprint](tickcast_protocol::codec::fingerprint) is computed, to cover every kind of
    /// entity and everything that [`Game::coast`] does. A server rejects a client whose fingerprint differs from its own.
    ///
    /// By default, taken from a match of four players with pseudo-random controls. With this default, the fingerprint also
    /// changes when the rules change. A client in WebAssembly then contains the code of the rules, because it computes the
    /// fingerprint from this match.
    fn sample_entities(setup: &Setup<Self::Options>) -> Vec<(EntityId, Self::Entity)>
    where
        Self: Interact,
    {
        samples::entities_of_a_match::<Self>(setup)
    }

    /// Controls from which the fingerprint is computed. By default, decoded from pseudo-random bytes.
    fn sample_controls() -> Vec<Self::Controls> {
        samples::decoded()
    }
}
