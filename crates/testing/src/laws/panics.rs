//! Nothing that clients send makes the game panic.

use tickcast_game::{Command, Simulation};
use tickcast_protocol::world::coast_all;
use tickcast_protocol::{Digest, GameProtocol, PlayerId};

use crate::play::{Play, Setup};
use crate::trial::{Trial, Violation, require};

/// Many more players than in the other laws.
const PLAYERS: u16 = 40;
/// A player who is never in the world.
const STRANGER: PlayerId = PlayerId(4_000);

/// Interval in ticks at which the entities are coasted ahead.
const COASTED_AHEAD_TICKS: u32 = 16;

/// Plays with many players, whose controls change in every other tick, and calls every function of the game. A function
/// violates the law if it panics: the caller of this check turns a panic into a violation.
pub(super) fn check<S: Simulation>(setup: &Setup<S>, trial: &Trial) -> Result<(), Violation> {
    S::validate(&setup.options).map_err(|error| Violation::new(format_args!("the options are invalid: {error}")))?;
    let mut play = Play::new(setup, trial.seed);
    play.world.step(&(0..PLAYERS).map(|seat| Command::Join(PlayerId(seat))).collect::<Vec<_>>());
    play.seated.extend((0..PLAYERS).map(PlayerId));
    for tick in 1..=setup.ticks {
        trial.reach(tick);
        let hold = |seat| Command::Controls(PlayerId(seat), setup.choose_controls(&mut play.random));
        let commands: Vec<_> = (0..PLAYERS).filter(|seat| u32::from(*seat) % 2 == tick % 2).map(hold).collect();
        let commands = [commands, play.choose_actions()].concat();
        let outcome = play.world.step(&commands);
        let acts = commands.iter().filter(|command| matches!(command, Command::Act(..))).count();
        require(outcome.actions.len() == acts, || {
            Violation::new(format_args!("the step returns {} results for {acts} actions", outcome.actions.len()))
        })?;
        for event in &outcome.events {
            for (player, change) in S::Game::standing_changes(event) {
                let standings = play.world.standings();
                let standing = standings.into_iter().find(|(seat, _)| *seat == player).map(|(_, standing)| standing);
                change(&mut standing.unwrap_or_default());
            }
        }
        observe(&play.world);
        if tick.is_multiple_of(COASTED_AHEAD_TICKS) {
            coast_ahead(&play.world, setup.tick_rate);
        }
    }
    play.world.step(&(0..PLAYERS).map(|seat| Command::Leave(PlayerId(seat))).collect::<Vec<_>>());
    play.world.step(&[]);
    observe_entities(&play.world);
    Ok(())
}

/// Coasts a copy of the entities for a second, without the rules, as a client does that receives no snapshots.
fn coast_ahead<S: Simulation>(world: &S, tick_rate: u16) {
    let mut entities = world.entities().clone();
    for _ in 0..tick_rate {
        coast_all::<S::Game>(world.rules(), &mut entities);
        let _ = Digest::of_entities::<S::Game>(entities.iter());
    }
}

/// Calls the functions that a room calls between two steps.
fn observe<S: Simulation>(world: &S) {
    for player in (0..PLAYERS).map(PlayerId) {
        let _ = (world.may_leave(player), world.focus(player), world.secret(player));
        let _ = (world.ai_controls(player), world.ai_action(player), S::ai_name(player));
    }
    // The room asks this also for players who joined after the last step.
    let _ = world.may_leave(STRANGER);
    for (_, standing) in world.standings() {
        let _ = S::Game::score(&standing);
    }
    observe_entities(world);
}

fn observe_entities<S: Simulation>(world: &S) {
    let _ = S::Game::extent(world.rules());
    for (id, entity) in world.entities().iter() {
        let _ = (S::Game::position(entity), Digest::of_entity::<S::Game>(id, entity));
    }
}
