//! Outcomes of the actions of a seat.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use tickcast_protocol::{ActionOutcome, ActionOutcomes, GameProtocol, UNRESOLVED_ACTIONS_MAX};

/// The last outcomes of the actions of a seat. A client that reconnects learns from them what has become of the actions
/// that it sent before. More are not necessary, because a client waits for the outcomes of at most
/// [`UNRESOLVED_ACTIONS_MAX`] actions.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub(in crate::room) struct ActionLog<G: GameProtocol> {
    /// Number of the last action that has an outcome; 0 if there is none.
    handled: u32,
    /// Outcomes of the last actions.
    recent: VecDeque<ActionOutcome<G>>,
}

impl<G: GameProtocol> Default for ActionLog<G> {
    fn default() -> Self {
        Self { handled: 0, recent: VecDeque::new() }
    }
}

impl<G: GameProtocol> ActionLog<G> {
    /// Number of the last action that has an outcome; 0 if there is none.
    pub(in crate::room) const fn handled(&self) -> u32 {
        self.handled
    }

    /// Records the outcome of the next action.
    pub(super) fn push(&mut self, outcome: ActionOutcome<G>) {
        if self.recent.len() == UNRESOLVED_ACTIONS_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back(outcome);
        self.handled = self.handled.wrapping_add(1);
    }

    /// The last outcomes, at most `count`. `None` if there are none.
    pub(in crate::room) fn last(&self, count: usize) -> Option<ActionOutcomes<G>> {
        let count = count.min(self.recent.len());
        let outcomes: Vec<_> = self.recent.range(self.recent.len() - count..).cloned().collect();
        let first = self.handled.wrapping_sub(count as u32).wrapping_add(1);
        (count > 0).then_some(ActionOutcomes { first, outcomes })
    }
}
