//! The adapter between [`Game`], which authors implement, and [`Simulation`], which the server runs.

mod bots;
mod protocol;

use serde::{Deserialize, Serialize};
use tickcast_protocol::{EntityMap, PlayerId, PlayerName, Position, codec};
use xxhash_rust::xxh3::xxh3_64;

use crate::game::{Game, Hostable, Setup, World};
use crate::{Command, OptionsError, Outcome, Rng, Simulation};

pub use bots::Bots;
pub use protocol::Protocol;

/// A [`Game`] in the form in which the server runs it. `Hosted<MyGame>` implements [`Simulation`], so it can be used
/// wherever a simulation is expected: `Server::<Hosted<MyGame>>`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Hosted<G: Game> {
    world: World<G>,
    game: G,
    /// Seed of the current round.
    seed: u64,
    /// Whether the last step has ended the round.
    is_round_over: bool,
}

impl<G: Hostable> Hosted<G> {
    /// The part of the state that players may see.
    #[must_use]
    pub const fn world(&self) -> &World<G> {
        &self.world
    }

    /// The part of the state that players may see, in order to change it, for example to set up the situation of a test.
    #[must_use]
    pub const fn world_mut(&mut self) -> &mut World<G> {
        &mut self.world
    }

    /// The part of the state that players cannot see.
    #[must_use]
    pub const fn game(&self) -> &G {
        &self.game
    }
}

impl<G: Hostable> Simulation for Hosted<G> {
    type Game = Protocol<G>;
    type Options = G::Options;

    const RULES_VERSION: u32 = G::RULES_VERSION;
    const CHECKPOINT_VERSION: u32 = G::CHECKPOINT_VERSION;
    const TEAMS: u16 = G::TEAMS;
    const HAS_AI_PLAYERS: bool = G::HAS_AI_PLAYERS;
    const HAS_SECRETS: bool = G::HAS_SECRETS;
    const PLAYERS_MAX: u16 = G::PLAYERS_MAX;

    fn validate(options: &G::Options) -> Result<(), OptionsError> {
        G::validate(options)
    }

    fn validate_untrusted(options: &G::Options, operator: &G::Options) -> Result<(), OptionsError> {
        G::validate_untrusted(options, operator)
    }

    fn new(options: &G::Options, tick_rate: u16, seed: u64) -> Self {
        let mut world = World::new(Setup { tick_rate, options: options.clone() });
        let game = G::new(&mut world, seed);
        Self { world, game, seed, is_round_over: false }
    }

    fn rules(&self) -> &G::PublicSetup {
        self.world.public_setup()
    }

    fn entities(&self) -> &EntityMap<G::Entity> {
        &self.world.entities
    }

    fn step(&mut self, commands: &[Command<Protocol<G>>]) -> Outcome<Protocol<G>> {
        if std::mem::take(&mut self.is_round_over) {
            self.seed = self.seed.wrapping_add(1);
            self.game.start_round(&mut self.world, self.seed);
        }
        let Self { world, game, .. } = self;
        let mut actions = Vec::new();
        for command in commands {
            match command {
                Command::Leave(player) => world.leave(game, *player),
                Command::Join(player) => world.join(game, *player, None),
                Command::JoinTeam(player, team) => world.join(game, *player, Some(*team)),
                Command::Controls(player, controls) => world.set_controls(*player, *controls),
                Command::Act(player, action) => actions.push(game.act(world, *player, action)),
            }
        }
        world.advance(game);
        let mut outcome = Outcome {
            events: world.take_events(),
            standings: world.take_changed_standings(),
            actions,
            private_events: world.take_private_events(),
        };
        if let Some(event) = world.end_round() {
            outcome.events.push(event);
            self.is_round_over = true;
        }
        outcome
    }

    fn may_leave(&self, player: PlayerId) -> bool {
        self.game.may_leave(&self.world, player)
    }

    fn secret(&self, player: PlayerId) -> G::Secret {
        self.game.secret(&self.world, player)
    }

    fn reshuffle(&mut self, player: PlayerId, seed: u64) {
        self.game.reshuffle(&self.world, player, Rng::new(seed));
    }

    fn focus(&self, player: PlayerId) -> Position {
        self.game.focus(&self.world, player)
    }

    fn standings(&self) -> Vec<(PlayerId, G::Standing)> {
        self.world.standings()
    }

    fn ai_controls(&self, player: PlayerId) -> G::Controls {
        self.game.ai_controls(&self.world, player)
    }

    fn ai_action(&self, player: PlayerId) -> Option<G::Action> {
        self.game.ai_action(&self.world, player)
    }

    fn ai_name(player: PlayerId) -> PlayerName {
        G::ai_name(player)
    }

    fn hash(&self) -> u64 {
        xxh3_64(&codec::encode(self))
    }
}
