//! The optional parts of a game. [`game!`](crate::game!) implements those that a game does not implement itself.

pub use tickcast_protocol::game::Never;
use tickcast_protocol::game::{Score, StandingChange, Wire};
use tickcast_protocol::{PlayerId, PlayerName, Position};

use super::samples::decoded;
use super::{Game, Interact, Setup, World};
use crate::{OptionsError, Rng};

/// Implemented by [`game!`](crate::game!).
#[doc(hidden)]
#[diagnostic::on_unimplemented(message = "the game `{Self}` is not declared", note = "write `game!({Self});`")]
pub trait Declared {
    /// Name of the type.
    const TYPE_NAME: &'static str;
}

/// A game and all of its optional parts. Implemented for every game that [`game!`](crate::game!) declares.
pub trait Hostable: Game + Interact + Space + AiPlayers + Patches + Actions + Secrets {}
impl<G: Game + Interact + Space + AiPlayers + Patches + Actions + Secrets> Hostable for G {}

/// Options with which a room is created: size of the world, number of rounds, … All clients know them, unless the game
/// implements [`PublicSetup`].
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tickcast_game::{Configure, OptionsError};
///
/// # struct Race;
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// #[serde(default, deny_unknown_fields)]
/// struct RaceOptions {
///     laps: u16,
/// }
///
/// impl Default for RaceOptions {
///     fn default() -> Self {
///         Self { laps: 3 }
///     }
/// }
///
/// impl Configure for Race {
///     type Options = RaceOptions;
///
///     fn validate(options: &RaceOptions) -> Result<(), OptionsError> {
///         OptionsError::check_range("laps", options.laps, 1..=20)
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    note = "write `game!({Self});`, or `game!({Self}: Configure);` if it implements `Configure`"
)]
pub trait Configure {
    /// The options. The operator chooses them when the server starts, and a client when it creates a room.
    type Options: Wire + Default;

    /// Checks options that the operator or a client has chosen. By default, accepts all options.
    ///
    /// # Errors
    /// [`OptionsError`], to be shown to the person who chose the options.
    fn validate(_options: &Self::Options) -> Result<(), OptionsError> {
        Ok(())
    }

    /// Checks options chosen by a client, which have passed [`Configure::validate`]. `operator` contains the options with
    /// which the operator started the server. Reject options that would take more CPU time or memory than the operator's.
    /// By default, accepts all valid options.
    ///
    /// # Errors
    /// [`OptionsError`], to be shown to the person who chose the options.
    fn validate_untrusted(_options: &Self::Options, _operator: &Self::Options) -> Result<(), OptionsError> {
        Ok(())
    }
}

/// What clients know of the setup of a room: the constants that they need to coast and draw entities.
///
/// In a game that does not implement this trait, clients know the whole [`Setup`]. Implement it to keep options from clients,
/// or to send fewer bytes.
#[diagnostic::on_unimplemented(
    note = "write `game!({Self});`, or `game!({Self}: PublicSetup);` if it implements `PublicSetup`"
)]
pub trait PublicSetup: Configure {
    /// What clients know. The functions that server and clients both compute, such as [`Game::coast`], receive it.
    type PublicSetup: Wire;

    /// What clients know of this setup.
    fn public_setup(setup: &Setup<Self::Options>) -> Self::PublicSetup;

    /// A sample from which the fingerprint is computed. By default, that of the default options.
    fn sample_public_setup() -> Self::PublicSetup {
        Self::public_setup(&Setup { tick_rate: 30, options: Self::Options::default() })
    }
}

/// Events that are sent to every client in the room: a goal, the end of a round, …
///
/// Send them with [`World::send_event`].
#[diagnostic::on_unimplemented(note = "write `game!({Self});`, or `game!({Self}: Events);` if it implements `Events`")]
pub trait Events {
    /// An event. For several kinds of events, use an `enum`.
    type Event: Wire;

    /// Events from which the fingerprint is computed. By default, decoded from pseudo-random bytes.
    fn sample_events() -> Vec<Self::Event> {
        decoded()
    }
}

/// What the server counts for each player: points, wins, lives, … All clients in the room see it.
///
/// Change it with [`World::standing_mut`].
#[diagnostic::on_unimplemented(
    note = "write `game!({Self});`, or `game!({Self}: Standings);` if it implements `Standings`"
)]
pub trait Standings: Events {
    /// A player's score and statistics. The [`Default`] is the standing of a player who has just joined.
    type Standing: Wire + Default;

    /// How an event changes the standings of players. [`World::send_event`] applies these changes. Clients apply them, too,
    /// so they cost no bandwidth. By default, events change no standings.
    ///
    /// ```
    /// # use tickcast_game::{StandingChanges, protocol::PlayerId};
    /// # struct Goal { scorer: PlayerId, points: u32 }
    /// fn standing_changes(goal: &Goal) -> StandingChanges<u32> {
    ///     let points = goal.points;
    ///     vec![(goal.scorer, Box::new(move |total| *total += points))]
    /// }
    /// # let goals = standing_changes(&Goal { scorer: PlayerId(0), points: 3 });
    /// # assert_eq!(goals.len(), 1);
    /// ```
    fn standing_changes(_event: &Self::Event) -> StandingChanges<Self::Standing> {
        Vec::new()
    }

    /// Whether an event ends a round of the match. The event is then the last one of its tick. The server records the results
    /// of the round, and resets the standings of all players. In the next tick, it calls [`Game::start_round`]. A second such
    /// event in the same tick has no effect. By default, no event ends a round: a match is one round.
    fn ends_round(_event: &Self::Event) -> bool {
        false
    }

    /// What a standing contributes to the player's profile and to leaderboards. By default `None`: the game has neither
    /// profiles nor leaderboards.
    fn score(_standing: &Self::Standing) -> Option<Score> {
        None
    }

    /// A standing from which the fingerprint is computed. By default, decoded from pseudo-random bytes.
    fn sample_standing() -> Self::Standing {
        decoded().pop().unwrap_or_default()
    }
}

/// For each affected player, the change of the standing.
pub type StandingChanges<S> = Vec<(PlayerId, StandingChange<S>)>;

/// A world that is larger than a screen: each client receives only the entities near its player.
///
/// In a game that does not implement this trait, every client receives all entities.
pub trait Space: Game {
    /// Whether a client may see only a part of the world. Only [`game!`](crate::game!) sets it to `false`.
    #[doc(hidden)]
    const HAS_SPACE: bool = true;

    /// Bottom right corner of the world. The top left corner is the origin.
    fn extent(setup: &Self::PublicSetup) -> Position;

    /// Position of an entity.
    fn position(entity: &Self::Entity) -> Position;

    /// The centre of a player's view. By default, the position of the avatar, or the centre of the world if there is no
    /// avatar.
    fn focus(&self, world: &World<Self>, player: PlayerId) -> Position {
        world.avatar(player).map_or_else(
            || {
                let Position { x, y } = Self::extent(world.public_setup());
                Position { x: x / 2, y: y / 2 }
            },
            Self::position,
        )
    }
}

/// Players that the server controls. They take free seats while few people play.
pub trait AiPlayers: Actions {
    /// Whether the game has AI players. Only [`game!`](crate::game!) sets it to `false`.
    #[doc(hidden)]
    const HAS_AI_PLAYERS: bool = true;

    /// The controls that the AI player in this seat chooses. Called several times per second.
    fn ai_controls(&self, world: &World<Self>, player: PlayerId) -> Self::Controls;

    /// How the AI player in this seat acts now, if at all. Called several times per second, after
    /// [`AiPlayers::ai_controls`]. By default, never acts. `self` contains the secrets of all players: use only the
    /// [secret](Secrets::secret) of this one.
    fn ai_action(&self, _world: &World<Self>, _player: PlayerId) -> Option<Self::Action> {
        None
    }

    /// The name of the AI player in this seat. If another player has this name, the room appends a number. By default,
    /// `Drone` and a number.
    fn ai_name(player: PlayerId) -> PlayerName {
        crate::simulation::default_ai_name(player)
    }
}

/// Updates that are smaller than a whole entity.
///
/// When [`Game::step`] has changed an entity, the server sends the whole entity again. A patch contains only the fields
/// that often change, and saves bandwidth.
pub trait Patches: Game {
    /// An update that turns a coasted entity into its state on the server.
    type Patch: Wire;

    /// The patch that turns `coasted` into `truth`, or `None` if the whole entity has to be sent. The server also sends the
    /// whole entity if the patch turns `coasted` into anything other than `truth`.
    fn patch_between(coasted: &Self::Entity, truth: &Self::Entity) -> Option<Self::Patch>;

    /// Applies a patch.
    fn patch(entity: &mut Self::Entity, patch: &Self::Patch);

    /// Patches from which the fingerprint is computed. By default, decoded from pseudo-random bytes.
    fn sample_patches() -> Vec<Self::Patch> {
        decoded()
    }
}

/// What players do once, unlike [controls](Game::Controls), which they hold: playing a card, bidding, buying.
///
/// The server applies each action exactly once, in the order in which the player acts, even if the connection is lost in
/// the meantime or the server restarts. The player's client learns whether the game has carried out the action, or why not.
///
/// A game in which players take turns at drawing a card from a deck:
///
/// ```
/// use serde::{Deserialize, Serialize};
/// use tickcast_game::protocol::{Lifecycle, PlayerId};
/// use tickcast_game::{Actions, CoastContext, Command, Game, Hosted, Simulation, World, game};
///
/// #[derive(Serialize, Deserialize)]
/// struct Draw {
///     turn: PlayerId,
///     deck: Vec<u8>,
/// }
///
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// enum Move {
///     Draw,
///     Pass,
/// }
///
/// #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// enum Refusal {
///     NotYourTurn,
///     DeckIsEmpty,
/// }
///
/// impl Actions for Draw {
///     type Action = Move;
///     type Refusal = Refusal;
///
///     fn act(&mut self, world: &mut World<Self>, player: PlayerId, action: &Move) -> Result<(), Refusal> {
///         if player != self.turn {
///             return Err(Refusal::NotYourTurn);
///         }
///         if *action == Move::Draw {
///             let card = self.deck.pop().ok_or(Refusal::DeckIsEmpty)?;
///             *world.avatar_mut(player).expect("a player has a score") += u32::from(card);
///         }
///         let next = world.players().find(|other| *other > player).or(world.players().next());
///         self.turn = next.unwrap_or(player);
///         Ok(())
///     }
/// }
///
/// # impl Game for Draw {
/// #     type Controls = ();
/// #     type Entity = u32;
/// #
/// #     fn new(_: &mut World<Self>, _seed: u64) -> Self {
/// #         Self { turn: PlayerId(0), deck: vec![3, 5] }
/// #     }
/// #
/// #     fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<u32> {
/// #         Some(0)
/// #     }
/// #
/// #     fn coast(_: &mut u32, _: &mut CoastContext<'_, Self>) -> Lifecycle {
/// #         Lifecycle::Alive
/// #     }
/// #
/// #     fn step(&mut self, _: &mut World<Self>) {}
/// # }
/// game!(Draw: Actions);
/// #
/// # let (ada, bob) = (PlayerId(0), PlayerId(1));
/// # let mut room = Hosted::<Draw>::new(&(), 30, 0);
/// # let acts = [ada, ada, bob].map(|player| Command::Act(player, Move::Draw));
/// # let outcome = room.step(&[&[Command::Join(ada), Command::Join(bob)][..], &acts].concat());
/// # assert_eq!(outcome.actions, [Ok(()), Err(Refusal::NotYourTurn), Ok(())]);
/// # assert_eq!(room.world().avatar(bob), Some(&3));
/// ```
pub trait Actions: Game {
    /// An action. For several kinds of actions, use an `enum`. A client may send every value that the type can be decoded
    /// to, in at most 256 bytes.
    type Action: Wire;

    /// Reason why an action is refused. The client receives it.
    type Refusal: Wire;

    /// A player acts. Called after the controls of the tick have changed and before the entities coast.
    ///
    /// # Errors
    /// The reason why the action is against the rules. Check them all before you change anything: a refused action has no
    /// effect.
    fn act(&mut self, world: &mut World<Self>, player: PlayerId, action: &Self::Action) -> Result<(), Self::Refusal>;

    /// The effect of an action on the player's avatar, as far as it depends on the avatar alone. The client shows it until
    /// it receives the outcome. By default, clients predict nothing.
    ///
    /// [`Actions::act`] must have the same effect, so it usually calls this function, too.
    fn predict(_avatar: &mut Self::Entity, _action: &Self::Action) {}
}

/// What only one player may know: the cards in the hand, the dice under the cup, the role in the team.
///
/// The server sends a player's secret to this player only. Other players, spectators and replays receive nothing of it, not
/// even its size or whether it has changed. Keep secrets in the type of the game, not in the [`World`]: all players can see
/// the entities in it.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # use std::collections::BTreeMap;
/// # use tickcast_game::protocol::PlayerId;
/// # use tickcast_game::{CoastContext, Game, Rng, Secrets, World, game};
/// # use tickcast_game::protocol::Lifecycle;
/// #[derive(Serialize, Deserialize)]
/// struct Dice {
///     hidden: BTreeMap<PlayerId, Vec<u8>>,
/// }
///
/// impl Secrets for Dice {
///     type Secret = Vec<u8>;
///
///     fn secret(&self, _: &World<Self>, player: PlayerId) -> Vec<u8> {
///         self.hidden.get(&player).cloned().unwrap_or_default()
///     }
///
///     fn reshuffle(&mut self, _: &World<Self>, player: PlayerId, mut rng: Rng) {
///         let others = self.hidden.iter_mut().filter(|(other, _)| **other != player);
///         others.flat_map(|(_, dice)| dice).for_each(|die| *die = rng.between(1..=6) as u8);
///     }
/// }
///
/// # impl Game for Dice {
/// #     type Controls = ();
/// #     type Entity = u32;
/// #     fn new(_: &mut World<Self>, _seed: u64) -> Self {
/// #         Self { hidden: BTreeMap::new() }
/// #     }
/// #     fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<u32> {
/// #         None
/// #     }
/// #     fn coast(_: &mut u32, _: &mut CoastContext<'_, Self>) -> Lifecycle {
/// #         Lifecycle::Alive
/// #     }
/// #     fn step(&mut self, _: &mut World<Self>) {}
/// # }
/// game!(Dice: Secrets);
/// ```
///
/// To send a player a secret message once, use [`World::send_event_to`].
pub trait Secrets: Game {
    /// Whether the game has secrets. Only [`game!`](crate::game!) sets it to `false`.
    #[doc(hidden)]
    const HAS_SECRETS: bool = true;

    /// What a player knows. The [`Default`] means that there is nothing to know.
    type Secret: Wire + Default;

    /// What this player knows. Called after each step; the client receives it when it has changed.
    fn secret(&self, world: &World<Self>, player: PlayerId) -> Self::Secret;

    /// Replaces everything that this player does not know by something else that the player considers possible: the secrets of
    /// other players, the order of a deck, and the generators from which secrets are drawn. Keeps what this player knows.
    ///
    /// Only tests call it: the law `secrets` of the test kit compares what clients receive before and after.
    fn reshuffle(&mut self, world: &World<Self>, player: PlayerId, rng: Rng);
}
