//! Values of every type on the wire round-trip through the codec.

use std::fmt::Debug;

use serde::Serialize;
use serde::de::DeserializeOwned;
use tickcast_game::{Command, Simulation};
use tickcast_protocol::codec::{self, ACTION_BYTES_MAX};
use tickcast_protocol::game::Samples;
use tickcast_protocol::{Act, ClientMessage, GameProtocol, Input, Tick};

use crate::arbitrary::Random;
use crate::arbitrary::arbitrary;
use crate::play::{Play, Setup, predicted};
use crate::trial::{Trial, Violation, require};

/// Number of arbitrary values of each type.
const ARBITRARY_VALUES: u32 = 50;
/// Once in this many values, on average, the decoder also gets damaged bytes.
const DAMAGED_ONCE_IN: u32 = 8;

pub(super) fn check<S: Simulation>(setup: &Setup<S>, trial: &Trial) -> Result<(), Violation> {
    let random = &mut Random::new(trial.seed);
    check_samples(S::Game::samples(), random)?;
    for _ in 0..ARBITRARY_VALUES {
        check_arbitrary::<S>(random)?;
        check_controls::<S::Game>(setup.choose_controls(random), random)?;
    }
    let mut play = Play::new(setup, trial.seed);
    check_value("rules", play.world.rules(), random)?;
    for tick in 1..=setup.ticks {
        trial.reach(tick);
        let played = play.step();
        let (coasted, _) = predicted::<S::Game>(play.world.rules(), &played.before, play.world.entities());
        for (id, entity) in play.world.entities().iter() {
            let named = |violation: Violation| Violation { entity: Some(id), ..violation };
            check_value("entity", entity, random).map_err(named)?;
            let changed = coasted.get(id).filter(|coasted| *coasted != entity);
            if let Some(patch) = changed.and_then(|coasted| S::Game::patch_between(coasted, entity)) {
                check_value("patch", &patch, random).map_err(named)?;
            }
        }
        for action in played.commands.iter().filter_map(acted) {
            check_action::<S::Game>(action, random)?;
        }
        let refusals = played.outcome.actions.iter().filter_map(|result| result.as_ref().err());
        refusals.into_iter().try_for_each(|refusal| check_value("refusal", refusal, random))?;
        if S::HAS_SECRETS {
            play.seated.iter().try_for_each(|player| check_value("secret", &play.world.secret(*player), random))?;
        }
        let private = played.outcome.private_events.iter().map(|(_, event)| event);
        private.into_iter().try_for_each(|event| check_value("event", event, random))?;
        played.outcome.events.iter().try_for_each(|event| check_value("event", event, random))?;
        play.world.standings().iter().try_for_each(|(_, standing)| check_value("standing", standing, random))?;
    }
    Ok(())
}

fn check_samples<G: GameProtocol>(samples: Samples<G>, random: &mut Random) -> Result<(), Violation> {
    let Samples { rules, entities, controls, patches, events, standing, actions, refusals, secrets } = samples;
    check_value("rules", &rules, random)?;
    for (id, entity) in &entities {
        check_value("entity", entity, random).map_err(|violation| Violation { entity: Some(*id), ..violation })?;
    }
    controls.iter().try_for_each(|controls| check_controls::<G>(*controls, random))?;
    patches.iter().try_for_each(|patch| check_value("patch", patch, random))?;
    events.iter().try_for_each(|event| check_value("event", event, random))?;
    actions.iter().try_for_each(|action| check_action::<G>(action, random))?;
    refusals.iter().try_for_each(|refusal| check_value("refusal", refusal, random))?;
    secrets.iter().try_for_each(|secret| check_value("secret", secret, random))?;
    check_value("standing", &standing, random)
}

fn check_arbitrary<S: Simulation>(random: &mut Random) -> Result<(), Violation> {
    fn check_one<T: Serialize + DeserializeOwned + PartialEq + Debug>(
        name: &str,
        random: &mut Random,
    ) -> Result<(), Violation> {
        arbitrary::<T>(random).map_or(Ok(()), |value| check_value(name, &value, random))
    }
    check_one::<<S::Game as GameProtocol>::Controls>("controls", random)?;
    check_one::<<S::Game as GameProtocol>::Entity>("entity", random)?;
    check_one::<<S::Game as GameProtocol>::Patch>("patch", random)?;
    check_one::<<S::Game as GameProtocol>::Event>("event", random)?;
    check_one::<<S::Game as GameProtocol>::Standing>("standing", random)
}

/// Checks controls alone and in the message with which a client sends them.
fn check_controls<G: GameProtocol>(controls: G::Controls, random: &mut Random) -> Result<(), Violation> {
    check_value("controls", &controls, random)?;
    let message = ClientMessage::<G>::Input(Input { tick: Tick(u32::MAX), acknowledged: Tick(u32::MAX), controls });
    require(codec::decode_client(&codec::encode_client(&message)) == Ok(message), || {
        Violation::new(format_args!("the controls {controls:?} do not fit a client message"))
    })
}

/// The action of a command.
const fn acted<G: GameProtocol>(command: &Command<G>) -> Option<&G::Action> {
    if let Command::Act(_, action) = command { Some(action) } else { None }
}

/// Checks an action alone and, if it is not too long, in the message with which a client sends it.
fn check_action<G: GameProtocol>(action: &G::Action, random: &mut Random) -> Result<(), Violation> {
    check_value("action", action, random)?;
    if codec::encode(action).len() > ACTION_BYTES_MAX {
        return Ok(());
    }
    let act = Act { sequence: u32::MAX, tick: Tick(u32::MAX), action: action.clone() };
    let message = ClientMessage::<G>::Act(act);
    require(codec::decode_client(&codec::encode_client(&message)).as_ref() == Ok(&message), || {
        Violation::new(format_args!("the action {action:?} does not fit a client message"))
    })
}

/// Checks that the value round-trips. Sometimes also damages its bytes, and checks that the value decoded from them, if
/// any, round-trips.
fn check_value<T>(name: &str, value: &T, random: &mut Random) -> Result<(), Violation>
where
    T: Serialize + DeserializeOwned + PartialEq + Debug,
{
    let mut bytes = codec::encode(value);
    check_round_trip(name, value, &bytes)?;
    if random.one_in(DAMAGED_ONCE_IN) {
        damage(&mut bytes, random);
        if let Ok(damaged) = codec::decode::<T>(&bytes) {
            check_round_trip(name, &damaged, &codec::encode(&damaged))?;
        }
    }
    Ok(())
}

fn check_round_trip<T: DeserializeOwned + PartialEq + Debug>(name: &str, value: &T, bytes: &[u8]) -> Result<(), Violation> {
    match codec::decode::<T>(bytes) {
        Ok(decoded) => require(decoded == *value, || {
            Violation::new(format_args!("the {name} {value:?} becomes {decoded:?} when it is encoded and decoded"))
        }),
        Err(error) => Err(Violation::new(format_args!("the {name} {value:?} cannot be decoded: {error}"))),
    }
}

fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    let length = bytes.len() as u32;
    let place = if length == 0 { 0 } else { random.below(length) as usize };
    match random.below(4) {
        0 => bytes.push(random.number() as u8),
        1 => bytes.truncate(place),
        _ if length == 0 => {}
        2 => bytes[place] = random.number() as u8,
        _ => bytes[place] ^= 1 << random.below(8),
    }
}
