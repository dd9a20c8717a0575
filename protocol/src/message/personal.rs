//! The personal section of a snapshot: data for one player only.
//!
//! ```text
//! contents  1 byte     which of the fields below are present; at least one
//! outcomes  2 fields   bit 0: the number of the first action, a bincode varint; the list of outcomes
//! secret    1 value    bit 1
//! events    list       bit 2: events of the game
//! ```

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;
use serde::{Deserialize, Serialize};

use crate::compact::{Compact, FieldReader, FieldWriter, compact};
use crate::game::GameProtocol;

const OUTCOMES: u8 = 1 << 0;
const SECRET: u8 = 1 << 1;
const EVENTS: u8 = 1 << 2;
const ALL: u8 = OUTCOMES | SECRET | EVENTS;

/// The personal section of a snapshot. The server sends it to the sessions of one player only: never to other players, to
/// spectators or in replays. A snapshot without personal data contains no such section.
#[derive(Clone, Debug, PartialEq)]
pub struct Personal<G: GameProtocol> {
    /// Outcomes of the player's actions. A delta snapshot contains those of its tick. A full snapshot contains the last
    /// ones of the seat, up to [`UNRESOLVED_ACTIONS_MAX`](super::UNRESOLVED_ACTIONS_MAX).
    pub outcomes: Option<ActionOutcomes<G>>,
    /// What only the player knows, if it has changed. A full snapshot contains it unless it is the default.
    pub secret: Option<G::Secret>,
    /// Events that only the player receives.
    pub events: Vec<G::Event>,
}

/// What became of an action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub enum ActionOutcome<G: GameProtocol> {
    /// The game has carried out the action.
    Accepted,
    /// The game has refused the action, which has therefore no effect.
    Refused(G::Refusal),
    /// The server has discarded the action, because the client sends too many actions per second.
    RateLimited,
}

/// Outcomes of consecutive actions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ActionOutcomes<G: GameProtocol> {
    /// Number of the first of these actions.
    pub first: u32,
    /// The outcomes. At least one.
    pub outcomes: Vec<ActionOutcome<G>>,
}

impl<G: GameProtocol> ActionOutcomes<G> {
    /// The outcomes, with the numbers of their actions.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &ActionOutcome<G>)> {
        let number = |index: usize| self.first.wrapping_add(index as u32);
        self.outcomes.iter().enumerate().map(move |(index, outcome)| (number(index), outcome))
    }

    /// Number of the last of these actions.
    #[must_use]
    pub const fn last(&self) -> u32 {
        self.first.wrapping_add(self.outcomes.len() as u32).wrapping_sub(1)
    }
}

impl<G: GameProtocol> Default for Personal<G> {
    fn default() -> Self {
        Self { outcomes: None, secret: None, events: Vec::new() }
    }
}

impl<G: GameProtocol> Personal<G> {
    /// Whether the section contains nothing. It is then not sent.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.contents() == 0
    }

    const fn contents(&self) -> u8 {
        (if self.outcomes.is_some() { OUTCOMES } else { 0 })
            | (if self.secret.is_some() { SECRET } else { 0 })
            | (if self.events.is_empty() { 0 } else { EVENTS })
    }
}

impl<G: GameProtocol> Compact for Personal<G> {
    fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        fields.write(&self.contents())?;
        if let Some(outcomes) = &self.outcomes {
            fields.write(outcomes)?;
        }
        if let Some(secret) = &self.secret {
            fields.write(secret)?;
        }
        if self.events.is_empty() { Ok(()) } else { fields.write(&self.events) }
    }

    fn read_fields<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<Self, A::Error> {
        let contents: u8 = fields.read()?;
        if contents == 0 || contents & !ALL != 0 {
            return fields.invalid("unknown contents of a personal section");
        }
        let has = |flag: u8| contents & flag != 0;
        Ok(Self {
            outcomes: if has(OUTCOMES) { Some(fields.read()?) } else { None },
            secret: if has(SECRET) { Some(fields.read()?) } else { None },
            events: if has(EVENTS) { fields.read()? } else { Vec::new() },
        })
    }
}

compact!(Personal<G: GameProtocol>);
