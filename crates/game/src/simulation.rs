//! Interface between the server and a game's rules.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tickcast_protocol::{EntityMap, GameProtocol, PlayerId, PlayerName, Position, Team};

use crate::OptionsError;

/// The world of one room, and the rules by which it advances. The server creates one simulation per room and steps it at a
/// fixed rate.
///
/// A simulation is deterministic: its state depends only on its options, its tick rate, its seed and the sequence of
/// commands. A room can therefore be replayed from its options, tick rate, seed and the journal of its commands. Use no
/// clock, no I/O, no source of randomness other than the seed, and no container whose iteration order is random.
///
/// An encoded simulation serves as a checkpoint of its room: after decoding, it must continue exactly like the original. So
/// serialize the entire state, including random number generators. The server checks this with [`Simulation::hash`].
///
/// The server keeps the seed secret. If players must not be able to predict random numbers from the outcomes they see, use
/// a portable cryptographic generator, such as ChaCha, and never give clients its state.
pub trait Simulation: Serialize + DeserializeOwned + Sized + Send + Unpin + 'static {
    /// The part of the game that server and clients share.
    type Game: GameProtocol;
    /// Options with which a room is created.
    type Options: Clone + Debug + Default + Send + Sync + Unpin + Serialize + DeserializeOwned + 'static;

    /// Version of the rules. Increase it with every change that may alter the result of a step. A room that was saved under
    /// another version continues from its last checkpoint, because its journal can no longer be replayed.
    const RULES_VERSION: u32 = 1;
    /// Version of the serialized form of the simulation. Increase it with every change after which older checkpoints cannot be
    /// decoded. A room that was saved under another version cannot continue.
    const CHECKPOINT_VERSION: u32 = 1;
    /// Number of teams of a room whose options choose none, up to [`Team::COUNT_MAX`].
    const TEAMS: u16 = 0;
    /// Whether the game has AI players. If not, the server ignores the number of AI players in the options of rooms.
    const HAS_AI_PLAYERS: bool = true;
    /// Whether the game has secrets. If not, the server does not call [`Simulation::secret`].
    const HAS_SECRETS: bool = false;

    /// Maximum number of players, including AI players. A room has at most this many seats.
    const PLAYERS_MAX: u16 = u16::MAX;

    /// Checks options that the operator or a client has chosen.
    ///
    /// # Errors
    /// [`OptionsError`], to be shown to the person who chose the options.
    fn validate(options: &Self::Options) -> Result<(), OptionsError>;

    /// Checks options chosen by a client, which have passed [`Simulation::validate`]. `operator` contains the options with
    /// which the operator started the server. Reject options that would take more CPU time or memory than the operator's.
    /// By default, all valid options are accepted.
    ///
    /// # Errors
    /// [`OptionsError`], to be shown to the person who chose the options.
    fn validate_untrusted(_options: &Self::Options, _operator: &Self::Options) -> Result<(), OptionsError> {
        Ok(())
    }

    /// Creates a world from validated options.
    fn new(options: &Self::Options, tick_rate: u16, seed: u64) -> Self;

    /// The constants that clients need to run the kernel.
    fn rules(&self) -> &<Self::Game as GameProtocol>::Rules;

    /// All entities of the world.
    fn entities(&self) -> &EntityMap<<Self::Game as GameProtocol>::Entity>;

    /// Advances the world by one tick: executes the commands in order, then applies the rules of the game.
    ///
    /// Advance entities with [`coast_all`](tickcast_protocol::world::coast_all), as clients do, and alter them otherwise only
    /// when the rules require it. This saves bandwidth, because every difference from the coasted state is sent to the clients.
    fn step(&mut self, commands: &[Command<Self::Game>]) -> Outcome<Self::Game>;

    /// Whether the room may remove this player from the world now. Called for players who have left the game, or who lost
    /// their connection and have not returned in time. While this returns `false`, the player stays in the world with
    /// released controls and occupies the seat, so that nobody escapes from a fight by disconnecting. After 30 s, the room
    /// removes the player in any case. By default, always `true`.
    ///
    /// A player who joined after the last step is not in the world yet.
    fn may_leave(&self, _player: PlayerId) -> bool {
        true
    }

    /// Returns the secret: what only this player knows. The server calls this function after each step, and sends the
    /// secret to the player when the secret has changed. No other player, no spectator and no replay receives it. By
    /// default, there is nothing to know.
    fn secret(&self, _player: PlayerId) -> <Self::Game as GameProtocol>::Secret {
        Default::default()
    }

    /// Replaces everything that this player does not know by something else that the player considers possible. Called only
    /// by tests, which compare what clients receive before and after. By default, there is nothing to replace.
    fn reshuffle(&mut self, _player: PlayerId, _seed: u64) {}

    /// The centre of a player's view.
    fn focus(&self, player: PlayerId) -> Position;

    /// The standings of all players.
    fn standings(&self) -> Vec<(PlayerId, <Self::Game as GameProtocol>::Standing)>;

    /// The controls that the AI player in this seat chooses. Called every few ticks. If the result differs from the
    /// previous one, the server passes it to the next step as a [`Command::Controls`].
    fn ai_controls(&self, player: PlayerId) -> <Self::Game as GameProtocol>::Controls;

    /// How the AI player in this seat acts now, if at all. Called after [`Simulation::ai_controls`]. The server passes the
    /// action to the next step as a [`Command::Act`]. By default, never acts.
    fn ai_action(&self, _player: PlayerId) -> Option<<Self::Game as GameProtocol>::Action> {
        None
    }

    /// The name of the AI player in this seat. If another player has this name, the room appends a number. By default, `Drone`
    /// and a number.
    fn ai_name(player: PlayerId) -> PlayerName {
        default_ai_name(player)
    }

    /// A hash of the entire state, including state that clients do not see. Used to compare replays.
    fn hash(&self) -> u64;
}

/// The name of an AI player in a game that does not choose another one.
pub(crate) fn default_ai_name(player: PlayerId) -> PlayerName {
    format!("Drone {}", u32::from(player.0) + 1).try_into().expect("a word and a number fit a player name")
}

/// A command from a room to its simulation. The room sorts the commands of a tick by variant, in the order below, and then
/// by seat. The actions of AI players follow those of human players.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<G: GameProtocol> {
    /// The player has left the room.
    Leave(PlayerId),
    /// A player has taken the seat.
    Join(PlayerId),
    /// A player of this team has taken the seat. In rooms with teams, takes the place of [`Command::Join`].
    JoinTeam(PlayerId, Team),
    /// The player holds these controls from this tick on.
    Controls(PlayerId, G::Controls),
    /// The player acts. Actions of the same player are in the order in which the client sent them.
    Act(PlayerId, G::Action),
}

/// Result of a tick, in addition to the new state of the entities.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<G: GameProtocol> {
    /// Events that are sent to every client in the room.
    pub events: Vec<G::Event>,
    /// The standings that have changed, with their new values.
    pub standings: Vec<(PlayerId, G::Standing)>,
    /// For each [`Command::Act`], in the same order, whether the game has carried out the action, or why it has refused it.
    pub actions: Vec<Result<(), G::Refusal>>,
    /// Events that are sent to one player only.
    pub private_events: Vec<(PlayerId, G::Event)>,
}

impl<G: GameProtocol> Default for Outcome<G> {
    fn default() -> Self {
        Self { events: Vec::new(), standings: Vec::new(), actions: Vec::new(), private_events: Vec::new() }
    }
}
