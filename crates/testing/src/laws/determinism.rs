//! Equal seeds and commands give equal worlds, also after a recovery.

use std::collections::BTreeMap;

use tickcast_game::{Outcome, Simulation};
use tickcast_protocol::codec;
use xxhash_rust::xxh3::xxh3_64;

use crate::comparison::first_difference;
use crate::play::{Play, Setup};
use crate::trial::{Trial, Violation, require};

/// Once in this many ticks, on average, the recovered world starts again as a copy of the original.
const RECOVERED_ONCE_IN: u32 = 40;

/// Plays twice, side by side.
pub(super) fn check_determinism<S: Simulation>(setup: &Setup<S>, trial: &Trial) -> Result<(), Violation> {
    let mut plays = [Play::new(setup, trial.seed), Play::new(setup, trial.seed)];
    let mut hashes = BTreeMap::new();
    for tick in 1..=setup.ticks {
        trial.reach(tick);
        let [first, second] = plays.each_mut().map(Play::step);
        require(first.commands == second.commands, || {
            Violation::new("ai_controls gives different controls in two worlds with equal seeds and commands")
        })?;
        let [one, other] = &plays;
        check_equal(&one.world, &other.world, &first.outcome, &second.outcome, "two worlds with equal seeds and commands")?;
        check_hash(&one.world, tick, &mut hashes)?;
    }
    Ok(())
}

/// Plays with a world, and with a copy of it that was encoded and decoded some ticks ago.
pub(super) fn check_recovery<S: Simulation>(setup: &Setup<S>, trial: &Trial) -> Result<(), Violation> {
    let mut play = Play::new(setup, trial.seed);
    let mut recovered: S = decoded(&play.world)?;
    for tick in 1..=setup.ticks {
        trial.reach(tick);
        let commands = play.choose_commands();
        let [outcome, other] = [&mut play.world, &mut recovered].map(|world| world.step(&commands));
        check_equal(&play.world, &recovered, &outcome, &other, "a world and its encoded and decoded copy")?;
        if play.random.one_in(RECOVERED_ONCE_IN) {
            recovered = decoded(&play.world)?;
        }
    }
    Ok(())
}

fn decoded<S: Simulation>(world: &S) -> Result<S, Violation> {
    let decoded: S = codec::decode(&codec::encode(world))
        .map_err(|error| Violation::new(format_args!("the encoded world cannot be decoded: {error}")))?;
    require(decoded.hash() == world.hash(), || {
        Violation::new("the hash of the decoded world differs from the original's")
    })?;
    Ok(decoded)
}

fn check_equal<S: Simulation>(
    one: &S,
    other: &S,
    outcome: &Outcome<S::Game>,
    other_outcome: &Outcome<S::Game>,
    which: &str,
) -> Result<(), Violation> {
    if let Some((id, difference)) = first_difference(one.entities().iter(), other.entities().iter()) {
        return Err(Violation::of(id, format_args!("{which} differ: {difference}")));
    }
    require(outcome == other_outcome, || {
        Violation::new(format_args!("{which} have different outcomes: {outcome:?} and {other_outcome:?}"))
    })?;
    require(codec::encode(one) == codec::encode(other), || {
        Violation::new(format_args!("{which} differ in state that is not in their entities"))
    })?;
    require(one.hash() == other.hash(), || Violation::new(format_args!("{which} have different hashes")))
}

/// Checks that no different world has had the same hash as this world.
fn check_hash<S: Simulation>(world: &S, tick: u32, hashes: &mut BTreeMap<u64, (u64, u32)>) -> Result<(), Violation> {
    let content = xxh3_64(&codec::encode(world));
    let (earlier, earlier_tick) = *hashes.entry(world.hash()).or_insert((content, tick));
    require(earlier == content, || {
        Violation::new(format_args!("`hash` does not cover the entire state: it has not changed since tick {earlier_tick}"))
    })
}
