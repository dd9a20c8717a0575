//! Who sits in a seat.

use serde::{Deserialize, Serialize};
use tickcast_protocol::arena::{Controls, Standing};
use tickcast_protocol::{Position, Tick};

/// Who sits in a seat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pilot {
    pub(super) standing: Standing,
    pub(super) whereabouts: Whereabouts,
}

/// Whether a pilot has a ship.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Whereabouts {
    /// It is among the entities.
    Aboard,
    /// One comes in a later tick, or at the end of this one.
    Waiting {
        until: Tick,
        /// What the pilot looks at meanwhile.
        focus: Position,
        /// What the pilot holds: the ship will have it.
        controls: Controls,
    },
}

impl Pilot {
    /// A new pilot, without a ship as yet.
    pub(super) fn waiting(until: Tick, focus: Position) -> Self {
        let whereabouts = Whereabouts::Waiting { until, focus, controls: Controls::default() };
        Self { standing: Standing::default(), whereabouts }
    }

    /// Notes what the pilot holds while there is no ship to hold it.
    pub(super) fn hold(&mut self, held: Controls) {
        if let Whereabouts::Waiting { controls, .. } = &mut self.whereabouts {
            *controls = held;
        }
    }

    /// What the ship is to hold that the pilot gets now, if one is due.
    pub(super) fn due(&self, now: Tick) -> Option<Controls> {
        match self.whereabouts {
            Whereabouts::Waiting { until, controls, .. } if !until.is_newer_than(now) => Some(controls),
            _ => None,
        }
    }
}
