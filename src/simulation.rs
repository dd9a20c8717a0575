//! The seam between the server and a game's rules.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tickcast_protocol::{EntityMap, Game, PlayerId, Position};

/// A game's rules: the world, and how it advances. The server drives one in every room.
///
/// It is pure. Whatever it does follows from its options, its seed and the commands it was given, in that order, so that a
/// seed and a journal of commands are the whole history of a room.
pub trait Simulation: Sized + Send + Unpin + 'static {
    /// What it shares with clients.
    type Game: Game;
    /// What a room can be created with.
    type Options: Clone + Debug + Default + Send + Sync + Unpin + Serialize + DeserializeOwned + 'static;

    /// Says what is wrong with the options, if anything is.
    ///
    /// # Errors
    /// A sentence for whoever chose them.
    fn check(options: &Self::Options) -> Result<(), String>;

    /// Says what of these options costs too much for a stranger to choose, if anything does; `own` are the server's.
    ///
    /// # Errors
    /// A sentence for whoever chose them.
    fn check_cost(_options: &Self::Options, _own: &Self::Options) -> Result<(), String> {
        Ok(())
    }

    /// A new world.
    fn new(options: &Self::Options, tick_rate: u16, seed: u64) -> Self;

    /// What clients must know before the first tick.
    fn rules(&self) -> &<Self::Game as Game>::Rules;

    /// Everything in the world.
    fn entities(&self) -> &EntityMap<<Self::Game as Game>::Entity>;

    /// Advances one tick, after carrying out the commands in their order. Says what happened.
    fn step(&mut self, commands: &[Command<Self::Game>]) -> Outcome<Self::Game>;

    /// What the player looks at: the middle of their view.
    fn focus(&self, player: PlayerId) -> Position;

    /// How every player stands.
    fn standings(&self) -> Vec<(PlayerId, <Self::Game as Game>::Standing)>;

    /// What a drone in that seat would hold now. It is asked now and then, and its answer becomes a command like a player's.
    fn pilot(&self, drone: PlayerId) -> <Self::Game as Game>::Controls;

    /// A hash over all state: two worlds with equal hashes go on alike.
    fn hash(&self) -> u64;
}

/// What a room tells its world. Commands of one tick come in this order: who leaves, who joins, who steers, each by seat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<G: Game> {
    /// The player is gone.
    Leave(PlayerId),
    /// A player took the seat.
    Join(PlayerId),
    /// From this tick on, the player holds these controls.
    Steer(PlayerId, G::Controls),
}

/// What came of a tick.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<G: Game> {
    /// What everybody is told at once.
    pub events: Vec<G::Event>,
    /// Whose standing changed, and to what.
    pub standings: Vec<(PlayerId, G::Standing)>,
}

impl<G: Game> Default for Outcome<G> {
    fn default() -> Self {
        Self { events: Vec::new(), standings: Vec::new() }
    }
}
