//! A game in one file: players run over a field and collect coins. Its program has the subcommands of `tickcast`:
//!
//! ```sh
//! cargo run -p coins -- --game-options '{"coins": 50}'
//! cargo run -p coins -- bots --count 5 --seconds 10
//! ```

use std::process::ExitCode;

use serde::{Deserialize, Serialize};
use tickcast::prelude::*;

/// Side length of the field in world units.
const FIELD: i32 = 1000;
/// Speed of a runner in subunits per second.
const SPEED: i32 = 120 * Position::UNIT;
/// Distance in subunits within which a runner collects a coin.
const REACH: i32 = 20 * Position::UNIT;

fn main() -> ExitCode {
    tickcast::main::<Coins>()
}

/// The rules, with the state that players do not see.
#[derive(Serialize, Deserialize)]
struct Coins {
    /// Places coins and new players.
    rng: Rng,
}

game!(Coins: Configure, Space, Events, Standings, AiPlayers);

/// The direction in which a player runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Run {
    #[default]
    Nowhere,
    Left,
    Right,
    Up,
    Down,
}

/// Something on the field. Only runners run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Thing {
    position: Position,
    runs: Option<Run>,
}

impl Game for Coins {
    const NAME: &'static str = "coins";

    type Controls = Run;
    type Entity = Thing;

    fn new(_: &mut World<Self>, seed: u64) -> Self {
        Self { rng: Rng::new(seed) }
    }

    fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<Thing> {
        Some(Thing { position: self.random_position(), runs: Some(Run::Nowhere) })
    }

    fn coast(thing: &mut Thing, context: &mut CoastContext<'_, Self>) -> Lifecycle {
        let step = SPEED / i32::from(context.setup.tick_rate);
        let (x, y) = match thing.runs.unwrap_or_default() {
            Run::Nowhere => (0, 0),
            Run::Left => (-step, 0),
            Run::Right => (step, 0),
            Run::Up => (0, -step),
            Run::Down => (0, step),
        };
        let Position { x: old_x, y: old_y } = thing.position;
        let end = FIELD * Position::UNIT;
        thing.position = Position { x: (old_x + x).clamp(0, end), y: (old_y + y).clamp(0, end) };
        Lifecycle::Alive
    }

    fn step(&mut self, world: &mut World<Self>) {
        let players: Vec<_> = world.players().collect();
        for player in players {
            for coin in reachable_coins(world, player) {
                world.entities.remove(coin);
                world.send_event(Collected(player));
            }
        }
        let missing = usize::from(world.setup().options.coins).saturating_sub(coins(world).count());
        for _ in 0..missing {
            world.spawn(Thing { position: self.random_position(), runs: None });
        }
    }

    fn controls_mut(thing: &mut Thing) -> Option<&mut Run> {
        thing.runs.as_mut()
    }
}

impl Coins {
    fn random_position(&mut self) -> Position {
        Position::at_units(self.rng.between(0..=FIELD), self.rng.between(0..=FIELD))
    }
}

/// The coins on the field.
fn coins(world: &World<Coins>) -> impl Iterator<Item = (EntityId, &Thing)> {
    world.entities.iter().filter(|(_, thing)| thing.runs.is_none())
}

/// The coins within reach of a player.
fn reachable_coins(world: &World<Coins>, player: PlayerId) -> Vec<EntityId> {
    let Some(runner) = world.avatar(player) else { return Vec::new() };
    coins(world).filter(|(_, coin)| coin.position.is_within(runner.position, REACH)).map(|(id, _)| id).collect()
}

/// Options of a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct FieldOptions {
    /// Number of coins on the field, up to 500.
    coins: u16,
}

impl Default for FieldOptions {
    fn default() -> Self {
        Self { coins: 30 }
    }
}

impl Configure for Coins {
    type Options = FieldOptions;

    fn validate(options: &FieldOptions) -> Result<(), OptionsError> {
        OptionsError::check_range("coins", options.coins, 0..=500)
    }
}

impl Space for Coins {
    fn extent(_: &Setup<FieldOptions>) -> Position {
        Position::at_units(FIELD, FIELD)
    }

    fn position(thing: &Thing) -> Position {
        thing.position
    }
}

/// A player has collected a coin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Collected(PlayerId);

impl Events for Coins {
    type Event = Collected;
}

impl Standings for Coins {
    /// Number of coins collected.
    type Standing = u32;

    fn standing_changes(Collected(player): &Collected) -> StandingChanges<u32> {
        vec![(*player, Box::new(|coins| *coins += 1))]
    }

    /// What counts for profiles and leaderboards.
    fn score(coins: &u32) -> Option<Score> {
        Some(Score { points: *coins, ..Score::default() })
    }
}

impl AiPlayers for Coins {
    /// AI players run in a direction that depends on their position.
    fn ai_controls(&self, world: &World<Self>, player: PlayerId) -> Run {
        let Position { x, y } = self.focus(world, player);
        let middle = FIELD * Position::UNIT / 2;
        match (x < middle, y < middle) {
            (true, true) => Run::Right,
            (false, true) => Run::Down,
            (false, false) => Run::Left,
            (true, false) => Run::Up,
        }
    }
}
