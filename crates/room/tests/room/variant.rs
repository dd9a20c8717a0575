//! Variants of the arena: with other versions of rules and checkpoints, and with deliberate mistakes.

use tickcast_arena::{Arena, Controls, Entity, Options, Rules, Standing, World};
use tickcast_game::{Command, OptionsError, Outcome, Simulation};
use tickcast_protocol::{EntityMap, PlayerId, Position};

/// An arena with version `RULES` of the rules, version `CHECKPOINT` of checkpoints, and the mistake `FAULT`. It counts its
/// steps, but its checkpoints do not contain the count.
#[derive(serde::Serialize, serde::Deserialize)]
pub struct Variant<const RULES: u32, const CHECKPOINT: u32, const FAULT: char> {
    world: World,
    #[serde(skip)]
    steps: u64,
}

const NONE: char = ' ';
/// Mistake: the hash depends on the number of steps, which checkpoints do not contain.
const HASHES_STEPS: char = 'h';
/// Mistake: the rules ignore all commands of the second step, although they have the same version as [`Original`].
const IGNORES_COMMANDS: char = 'i';
/// Mistake: the second step panics.
const PANICS: char = 'p';

pub type Original = Variant<1, 1, NONE>;
pub type OtherRules = Variant<2, 1, NONE>;
pub type OtherForm = Variant<1, 2, NONE>;
pub type Incomplete = Variant<1, 1, HASHES_STEPS>;
pub type Changed = Variant<1, 1, IGNORES_COMMANDS>;
pub type Panicking = Variant<1, 1, PANICS>;

impl<const RULES: u32, const CHECKPOINT: u32, const FAULT: char> Simulation for Variant<RULES, CHECKPOINT, FAULT> {
    type Game = Arena;
    type Options = Options;

    const RULES_VERSION: u32 = RULES;
    const CHECKPOINT_VERSION: u32 = CHECKPOINT;

    fn validate(options: &Options) -> Result<(), OptionsError> {
        World::validate(options)
    }

    fn new(options: &Options, tick_rate: u16, seed: u64) -> Self {
        Self { world: World::new(options, tick_rate, seed), steps: 0 }
    }

    fn rules(&self) -> &Rules {
        self.world.rules()
    }

    fn entities(&self) -> &EntityMap<Entity> {
        self.world.entities()
    }

    fn step(&mut self, commands: &[Command<Arena>]) -> Outcome<Arena> {
        self.steps += 1;
        match FAULT {
            PANICS if self.steps == 2 => panic!("a mistake in the rules"),
            IGNORES_COMMANDS if self.steps == 2 => self.world.step(&[]),
            _ => self.world.step(commands),
        }
    }

    fn focus(&self, player: PlayerId) -> Position {
        self.world.focus(player)
    }

    fn standings(&self) -> Vec<(PlayerId, Standing)> {
        self.world.standings()
    }

    fn ai_controls(&self, player: PlayerId) -> Controls {
        self.world.ai_controls(player)
    }

    fn hash(&self) -> u64 {
        self.world.hash() ^ if FAULT == HASHES_STEPS { self.steps } else { 0 }
    }
}
