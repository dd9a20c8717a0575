//! Format of a room's journal: everything that determines the room's state, in the order in which it happened.
//!
//! Views, flow control and inputs that are not due yet are not recorded: clients establish them again when they resume.
//!
//! | entry | encoding |
//! | --- | --- |
//! | actions of a step | `0x81`; the actions. The step follows |
//! | step | one byte: bit 7 is 0; bit 6: 1 if inputs follow; bits 0–5: lateness in ms + 32, or 63 if the lateness follows |
//! | seat event | one byte with bit 7 set; time since the last entry in ms, as a varint; the encoded [`SeatEvent`] |
//!
//! The actions are a list, sorted by player. Each consists of the player and the [`SubmittedAction`]. Their numbers are not
//! recorded, because the actions of a seat are numbered consecutively.
//!
//! A step is due one period after the previous step. In a room with pace on demand, it is due one second after the previous
//! step, so a step takes one byte while nothing happens, and about three bytes more while clients act. The lateness of a
//! step is the time from when the step was due to the actual step. It can be negative. The inputs of a step are sorted by
//! player. Their number comes first, as a varint. Each input consists of a varint and the controls. The varint is the
//! number of seats between the player of the previous input and the player of this input. For the first input, it is the
//! player's seat number.

use core::time::Duration;
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tickcast_protocol::codec::{self, DecodeError};
use tickcast_protocol::{GameProtocol, PlayerId, PlayerName, Team};

/// Version of this format, and of the rules of rooms. Increase it with every change of the format, or of the rules by which
/// rooms assign seats, names and AI players, because older journals cannot be replayed after such a change.
pub(crate) const VERSION: u32 = 5;

const SEAT_EVENT: u8 = 0x80;
const ACTIONS: u8 = 0x81;
const HAS_INPUTS: u8 = 0x40;
const LATENESS_BITS: u8 = 0x3f;
/// The lateness that is encoded as 0.
const LATENESS_MIN_MS: i64 = -32;
/// Marks a lateness that does not fit six bits.
const ESCAPE: u8 = 63;

/// SHA-256 hash of a resume token.
pub(crate) type TokenHash = [u8; 32];

/// A change of a room's seats.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SeatEvent {
    /// A human player has taken a free seat.
    Joined {
        /// The requested name.
        name: PlayerName,
        /// The token issued for the seat.
        token: TokenHash,
        /// The requested team.
        team: Option<Team>,
    },
    /// A player has resumed a seat.
    Resumed {
        /// The token that the client presented.
        presented: TokenHash,
        /// The token issued for the seat.
        token: TokenHash,
    },
    /// The client has proved that it received its newest token.
    TokenConfirmed(PlayerId),
    /// A player has left.
    Left(PlayerId),
    /// A player's connection was lost.
    Disconnected(PlayerId),
    /// A seat that was kept for a lost connection was given up, because its client has too many such seats.
    GivenUp(PlayerId),
    /// Grace periods have ended between two steps.
    Expired,
    /// The room was recovered, so all connections are lost.
    Recovered,
    /// A player has become ready, or is not ready any more.
    Ready(PlayerId, bool),
}

/// The part of a client's action that the server passes to the room. `A` is the type of the game's actions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SubmittedAction<A> {
    /// The game decides on the action.
    Admitted(A),
    /// The client has sent too many actions, so this one is discarded.
    RateLimited,
}

/// What takes effect in a step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct StepInputs<G: GameProtocol> {
    /// Controls by player.
    pub(crate) controls: BTreeMap<PlayerId, G::Controls>,
    /// Actions, sorted by player. Those of a player are in the order of their numbers.
    pub(crate) actions: Vec<(PlayerId, SubmittedAction<G::Action>)>,
}

impl<G: GameProtocol> Default for StepInputs<G> {
    fn default() -> Self {
        Self { controls: BTreeMap::new(), actions: Vec::new() }
    }
}

/// An entry of a journal, with its time.
#[derive(Debug, PartialEq)]
pub(crate) enum Entry<G: GameProtocol> {
    /// A step with the inputs that were due.
    Step(Duration, StepInputs<G>),
    /// A change of seats between two steps.
    Seat(Duration, SeatEvent),
}

/// The times of the last step and of the last entry, in milliseconds since the start of the room. The time of a new
/// entry is encoded relative to them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct JournalClock {
    /// Number of steps per second that are expected.
    steps_per_second: u16,
    /// Number of steps.
    steps: u64,
    /// Time of the last step.
    step_ms: u64,
    /// Time of the last entry.
    last_ms: u64,
}

impl JournalClock {
    pub(crate) const fn new(steps_per_second: u16) -> Self {
        Self { steps_per_second, steps: 0, step_ms: 0, last_ms: 0 }
    }

    /// Number of steps per second that are expected.
    pub(crate) const fn steps_per_second(&self) -> u16 {
        self.steps_per_second
    }

    /// The same times, but from now on another number of steps is expected.
    pub(crate) fn with_steps_per_second(self, steps_per_second: u16) -> Self {
        Self { steps_per_second, steps: 0, ..self }
    }

    /// The beat of the last step: number of periods of the tick rate from the start of the room to the step, modulo 2³².
    pub(crate) const fn beat(&self, tick_rate: u16) -> u32 {
        (self.step_ms as u128 * tick_rate as u128 / 1_000) as u32
    }

    /// Time of the last entry.
    pub(crate) const fn now(&self) -> Duration {
        Duration::from_millis(self.last_ms)
    }

    /// The time of an entry that is added at the time `now`: rounded down to milliseconds, and never before the last entry.
    pub(crate) fn round(&self, now: Duration) -> Duration {
        Duration::from_millis(now.as_millis() as u64).max(self.now())
    }

    /// Records the time of a step. Returns the step's lateness in milliseconds.
    fn push_step(&mut self, now: Duration) -> i64 {
        let lateness = now.as_millis() as i64 - self.due_ms().cast_signed();
        self.finish_step(lateness);
        lateness
    }

    fn finish_step(&mut self, lateness_ms: i64) {
        self.step_ms = self.due_ms().saturating_add_signed(lateness_ms).max(self.last_ms);
        self.last_ms = self.step_ms;
        self.steps += 1;
    }

    /// Time at which the next step is due.
    fn due_ms(&self) -> u64 {
        let nominal_ms = |steps: u64| steps * 1_000 / u64::from(self.steps_per_second);
        self.step_ms.saturating_add(nominal_ms(self.steps + 1) - nominal_ms(self.steps))
    }

    fn push_event(&mut self, now: Duration) -> u64 {
        let since = now.as_millis() as u64 - self.last_ms;
        self.last_ms += since;
        since
    }

    /// Encodes a step. `now` is [rounded](Self::round).
    pub(crate) fn encode_step<G: GameProtocol>(&mut self, now: Duration, inputs: &StepInputs<G>, bytes: &mut Vec<u8>) {
        let StepInputs { controls: inputs, actions } = inputs;
        if !actions.is_empty() {
            bytes.push(ACTIONS);
            codec::encode_into(actions, bytes);
        }
        let lateness = self.push_step(now);
        let flag = if inputs.is_empty() { 0 } else { HAS_INPUTS };
        match u8::try_from(lateness - LATENESS_MIN_MS) {
            Ok(short) if short < ESCAPE => bytes.push(flag | short),
            _ => {
                bytes.push(flag | ESCAPE);
                codec::encode_into(&lateness, bytes);
            }
        }
        if !inputs.is_empty() {
            codec::encode_into(&(inputs.len() as u64), bytes);
        }
        let mut next = 0;
        for (player, controls) in inputs {
            codec::encode_into(&(player.0 - next), bytes);
            codec::encode_into(controls, bytes);
            next = player.0.saturating_add(1);
        }
    }

    /// Encodes a change of seats. `now` is [rounded](Self::round).
    pub(crate) fn encode_event(&mut self, now: Duration, event: &SeatEvent, bytes: &mut Vec<u8>) {
        bytes.push(SEAT_EVENT);
        codec::encode_into(&self.push_event(now), bytes);
        codec::encode_into(event, bytes);
    }

    /// Decodes the next entry and removes it from `bytes`.
    pub(crate) fn decode<G: GameProtocol>(&mut self, bytes: &mut &[u8]) -> Result<Entry<G>, DecodeError> {
        let mut first: u8 = codec::decode_next(bytes)?;
        let mut actions = Vec::new();
        if first == ACTIONS {
            actions = codec::decode_next(bytes)?;
            first = codec::decode_next(bytes)?;
        }
        if first & SEAT_EVENT != 0 {
            if first != SEAT_EVENT || !actions.is_empty() {
                return Err(DecodeError::InvalidMessage("unknown entry".to_owned()));
            }
            self.last_ms = self.last_ms.saturating_add(codec::decode_next(bytes)?);
            return Ok(Entry::Seat(self.now(), codec::decode_next(bytes)?));
        }
        let lateness = match first & LATENESS_BITS {
            ESCAPE => codec::decode_next(bytes)?,
            short => i64::from(short) + LATENESS_MIN_MS,
        };
        let controls = if first & HAS_INPUTS == 0 { BTreeMap::new() } else { decode_inputs(bytes)? };
        self.finish_step(lateness);
        Ok(Entry::Step(self.now(), StepInputs { controls, actions }))
    }
}

fn decode_inputs<C: DeserializeOwned>(bytes: &mut &[u8]) -> Result<BTreeMap<PlayerId, C>, DecodeError> {
    let count: u64 = codec::decode_next(bytes)?;
    let mut inputs = BTreeMap::new();
    let mut next = 0_u16;
    for _ in 0..count {
        let distance: u16 = codec::decode_next(bytes)?;
        let player = next.checked_add(distance).ok_or_else(|| DecodeError::InvalidMessage("no such seat".to_owned()))?;
        inputs.insert(PlayerId(player), codec::decode_next(bytes)?);
        next = player.saturating_add(1);
    }
    Ok(inputs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use tickcast_arena::{Arena, Controls, Steering};

    const THRUST: Controls = Controls { steering: Steering::Right, thrust: true, fire: false, dash: false, choice: None };

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// The bytes of steps at these times, at 30 ticks per second.
    fn steps(times_ms: &[u64], controls: &BTreeMap<PlayerId, Controls>) -> Vec<u8> {
        let inputs = StepInputs { controls: controls.clone(), ..StepInputs::default() };
        let (mut clock, mut bytes) = (JournalClock::new(30), Vec::new());
        times_ms.iter().for_each(|time| clock.encode_step::<Arena>(ms(*time), &inputs, &mut bytes));
        bytes
    }

    #[test]
    fn an_undisturbed_step_takes_one_byte_even_if_the_timer_is_inaccurate() {
        let times: Vec<_> = (1..300).map(|tick| tick * 1_000 / 30 + tick * 7 % 5).collect();
        assert_eq!(steps(&times, &BTreeMap::new()).len(), times.len());
    }

    #[test]
    fn an_input_takes_four_bytes_at_most() {
        let one: BTreeMap<_, _> = [(PlayerId(99), THRUST)].into();
        assert_eq!(steps(&[33], &one).len() - 1, 4);
        let many: BTreeMap<_, _> = (0..100).map(|seat| (PlayerId(seat * 2), THRUST)).collect();
        assert_eq!(steps(&[33], &many).len() - 2, 300);
    }

    #[test]
    fn truncated_entries_are_rejected() {
        let actions = vec![(PlayerId(3), SubmittedAction::RateLimited)];
        let inputs = StepInputs { controls: [(PlayerId(3), THRUST)].into(), actions };
        let mut bytes = Vec::new();
        JournalClock::new(30).encode_step::<Arena>(ms(33), &inputs, &mut bytes);
        for length in 0..bytes.len() {
            assert!(JournalClock::new(30).decode::<Arena>(&mut &bytes[..length]).is_err(), "{length} bytes");
        }
    }

    fn any_event() -> impl Strategy<Value = SeatEvent> {
        prop_oneof![
            any::<([u8; 32], Option<u8>)>().prop_map(|(token, team)| {
                SeatEvent::Joined { name: PlayerName::default(), token, team: team.map(Team) }
            }),
            any::<([u8; 32], [u8; 32])>().prop_map(|(presented, token)| SeatEvent::Resumed { presented, token }),
            any::<u16>().prop_map(|seat| SeatEvent::Disconnected(PlayerId(seat))),
            Just(SeatEvent::Expired),
        ]
    }

    fn any_inputs() -> impl Strategy<Value = StepInputs<Arena>> {
        let player = || any::<u16>().prop_map(PlayerId);
        let controls = proptest::collection::btree_map(player(), Just(THRUST), 0..4);
        let actions = proptest::collection::vec((player(), Just(SubmittedAction::RateLimited)), 0..3);
        (controls, actions).prop_map(|(controls, actions)| StepInputs { controls, actions })
    }

    proptest! {
        #[test]
        fn decoded_entries_equal_the_encoded_ones(
            waits in proptest::collection::vec((0..200_u64, any_event(), any_inputs()), 1..50),
        ) {
            let (mut clock, mut bytes, mut entries) = (JournalClock::new(30), Vec::new(), Vec::new());
            for (wait, event, inputs) in waits {
                let now = clock.now() + ms(wait);
                if wait.is_multiple_of(3) {
                    clock.encode_event(now, &event, &mut bytes);
                    entries.push(Entry::Seat(now, event));
                } else {
                    clock.encode_step(now, &inputs, &mut bytes);
                    entries.push(Entry::Step(now, inputs));
                }
            }
            let (mut decoder, mut rest) = (JournalClock::new(30), &*bytes);
            for entry in entries {
                prop_assert_eq!(decoder.decode::<Arena>(&mut rest).expect("the entry is valid"), entry);
            }
            prop_assert!(rest.is_empty());
            prop_assert_eq!(decoder, clock);
        }

        #[test]
        fn decoding_never_panics(bytes: Vec<u8>) {
            let (mut clock, mut rest) = (JournalClock::new(30), &*bytes);
            while !rest.is_empty() && clock.decode::<Arena>(&mut rest).is_ok() {}
        }
    }
}
