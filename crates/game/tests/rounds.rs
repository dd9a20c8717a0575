//! Rounds of games that are written with the interface for authors.

use serde::{Deserialize, Serialize};
use tickcast_game::prelude::*;
use tickcast_game::protocol::codec;
use tickcast_game::{Command, Hosted, Outcome, Simulation};

const GOAL: u32 = 3;
const ADA: PlayerId = PlayerId(0);
const BOB: PlayerId = PlayerId(1);

/// A race: each player's runner advances while the player runs. A runner who reaches the goal ends the round.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Race {
    seed: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Runner {
    runs: bool,
    distance: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Event {
    /// A runner has reached the goal.
    Finished(PlayerId),
    /// The players are about to hear who has won.
    Applause,
}

game!(Race: Events, Standings);

impl Game for Race {
    type Controls = bool;
    type Entity = Runner;

    fn new(world: &mut World<Self>, seed: u64) -> Self {
        world.spawn(Runner { runs: true, distance: 0 });
        Self { seed }
    }

    fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<Runner> {
        Some(Runner { runs: false, distance: 0 })
    }

    fn coast(runner: &mut Runner, _: &mut CoastContext<'_, Self>) -> Lifecycle {
        runner.distance += u32::from(runner.runs);
        Lifecycle::Alive
    }

    fn step(&mut self, world: &mut World<Self>) {
        let has_finished = |player: &PlayerId| world.avatar(*player).is_some_and(|runner| runner.distance == GOAL);
        let finished: Vec<_> = world.players().filter(has_finished).collect();
        for player in &finished {
            world.send_event(Event::Finished(*player));
        }
        if !finished.is_empty() {
            world.send_event(Event::Applause);
        }
    }

    fn controls_mut(runner: &mut Runner) -> Option<&mut bool> {
        Some(&mut runner.runs)
    }
}

impl Events for Race {
    type Event = Event;
}

impl Standings for Race {
    type Standing = u32;

    fn standing_changes(event: &Event) -> StandingChanges<u32> {
        let Event::Finished(winner) = event else { return Vec::new() };
        vec![(*winner, Box::new(|points| *points += 1))]
    }

    fn ends_round(event: &Event) -> bool {
        matches!(event, Event::Finished(_))
    }
}

/// A race before the tick in which both players reach the goal.
fn race() -> Hosted<Race> {
    let mut race = Hosted::new(&(), 30, 7);
    race.step(&[Command::Join(ADA), Command::Join(BOB), Command::Controls(ADA, true), Command::Controls(BOB, true)]);
    race.step(&[]);
    race
}

fn distances(race: &Hosted<Race>) -> Vec<u32> {
    race.world().entities.iter().map(|(_, runner)| runner.distance).collect()
}

#[test]
fn the_event_that_ends_a_round_is_the_last_of_its_tick_and_the_only_one() {
    let Outcome { events, standings, .. } = race().step(&[]);
    assert_eq!(events, [Event::Applause, Event::Finished(ADA)], "Ada's event has ended the round");
    assert_eq!(standings, [(ADA, 1)], "the standings before the end of the round");
}

#[test]
fn standings_begin_again_at_the_end_of_a_round_and_the_world_in_the_next_tick() {
    let mut race = race();
    race.step(&[]);
    assert_eq!(race.standings(), [(ADA, 0), (BOB, 0)]);
    assert_eq!(distances(&race), [GOAL; 3], "the clients see the end of the round");
    assert_eq!(race.step(&[Command::Leave(BOB)]), Outcome::default());
    assert_eq!(distances(&race), [1, 1], "Ada still runs");
    assert_eq!((race.game(), race.world().ticks()), (&Race { seed: 8 }, 1), "another seed gives another round");
    race.step(&[]);
    assert_eq!(race.step(&[]).events, [Event::Applause, Event::Finished(ADA)]);
}

#[test]
fn a_checkpoint_between_two_rounds_continues_identically() {
    let mut race = race();
    race.step(&[]);
    let mut copy: Hosted<Race> = codec::decode(&codec::encode(&race)).expect("the checkpoint is valid");
    for _ in 0..2 * GOAL {
        assert_eq!((copy.step(&[]), copy.hash()), (race.step(&[]), race.hash()));
    }
}
