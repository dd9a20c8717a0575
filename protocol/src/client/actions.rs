//! Sending of actions, until their outcomes are known.

use std::collections::VecDeque;

use crate::codec::{self, ACTION_BYTES_MAX};
use crate::game::GameProtocol;
use crate::message::{Act, ActionOutcome, ActionOutcomes, ClientMessage, Snapshot, UNRESOLVED_ACTIONS_MAX, Welcome};
use crate::units::Tick;

/// The actions of a client whose outcomes are not known yet. Numbers them, and sends them again after a reconnection, so
/// that the server applies each exactly once.
///
/// Keep it for as long as the client lives, across connections. Pass to it each Welcome and each applied snapshot, and send
/// the messages that [`Actions::poll`] returns.
#[derive(Clone, Debug)]
pub struct Actions<G: GameProtocol> {
    /// Number of the last action of the seat; `None` until the first full snapshot.
    last: Option<u32>,
    unresolved: VecDeque<Act<G>>,
    /// How many of them were sent on this connection.
    sent: usize,
    /// Whether a full snapshot has arrived on this connection. Only then does the client know which actions to send again.
    is_synchronized: bool,
}

/// An action whose outcome the client does not wait for any more.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedAction<G: GameProtocol> {
    /// The number that [`Actions::act`] returned.
    pub sequence: u32,
    /// The outcome. `None` if it is unknown, because the client has lost its seat.
    pub outcome: Option<ActionOutcome<G>>,
}

/// Reason why a client cannot act now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ActError {
    /// The client has no seat, or has received no snapshot since it got the seat.
    #[error("the client has no seat yet")]
    NotJoined,
    /// The outcomes of [`UNRESOLVED_ACTIONS_MAX`] actions are not known yet.
    #[error("too many actions wait for their outcome")]
    QueueFull,
    /// The encoded action has more than [`ACTION_BYTES_MAX`] bytes.
    #[error("the action is too big")]
    TooBig,
}

impl<G: GameProtocol> Default for Actions<G> {
    fn default() -> Self {
        Self { last: None, unresolved: VecDeque::new(), sent: 0, is_synchronized: false }
    }
}

impl<G: GameProtocol> Actions<G> {
    /// Queues an action, stamped with `tick`; see [`Lead::stamp`](crate::Lead::stamp). Returns its number.
    ///
    /// # Errors
    /// [`ActError`].
    pub fn act(&mut self, tick: Tick, action: G::Action) -> Result<u32, ActError> {
        let last = self.last.as_mut().ok_or(ActError::NotJoined)?;
        if self.unresolved.len() == UNRESOLVED_ACTIONS_MAX {
            return Err(ActError::QueueFull);
        }
        if codec::encode(&action).len() > ACTION_BYTES_MAX {
            return Err(ActError::TooBig);
        }
        *last = last.wrapping_add(1);
        self.unresolved.push_back(Act { sequence: *last, tick, action });
        Ok(*last)
    }

    /// The next message to send, or `None` if there is nothing to send now.
    pub fn poll(&mut self) -> Option<ClientMessage<G>> {
        let act = self.unresolved.get(self.sent).filter(|_| self.is_synchronized)?;
        self.sent += 1;
        Some(ClientMessage::Act(act.clone()))
    }

    /// The actions whose outcomes are not known yet, in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Act<G>> + Clone {
        self.unresolved.iter()
    }

    /// Handles the Welcome of a new connection. If the client has lost its seat, returns its unresolved actions.
    pub fn handle_welcome(&mut self, welcome: &Welcome<G>) -> Vec<ResolvedAction<G>> {
        self.sent = 0;
        self.is_synchronized = false;
        if welcome.seat.is_some_and(|seat| seat.resumed) {
            return Vec::new();
        }
        self.last = None;
        self.abandon()
    }

    /// Handles a snapshot that the replica has applied. Returns the actions whose outcomes it contains.
    pub fn handle_snapshot(&mut self, snapshot: &Snapshot<G>) -> Vec<ResolvedAction<G>> {
        let mut resolved = Vec::new();
        for (sequence, outcome) in snapshot.personal.outcomes.iter().flat_map(ActionOutcomes::iter) {
            if self.unresolved.pop_front_if(|first| first.sequence == sequence).is_some() {
                self.sent = self.sent.saturating_sub(1);
                resolved.push(ResolvedAction { sequence, outcome: Some(outcome.clone()) });
            }
        }
        if snapshot.header.full.is_some() {
            resolved.extend(self.synchronize(snapshot));
        }
        resolved
    }

    /// Continues after the last action that the server has handled, according to a full snapshot. The server may know fewer
    /// actions than the client if it has been restored from an old state. It would then ignore the next actions, so the
    /// unresolved ones are abandoned.
    fn synchronize(&mut self, full: &Snapshot<G>) -> Vec<ResolvedAction<G>> {
        let handled = full.personal.outcomes.as_ref().map_or(0, ActionOutcomes::last);
        let continues = self.unresolved.front().is_some_and(|first| first.sequence == handled.wrapping_add(1));
        self.is_synchronized = true;
        if continues {
            return Vec::new();
        }
        self.last = Some(handled);
        self.abandon()
    }

    fn abandon(&mut self) -> Vec<ResolvedAction<G>> {
        self.sent = 0;
        self.unresolved.drain(..).map(|act| ResolvedAction { sequence: act.sequence, outcome: None }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Prediction, Replica};
    use crate::message::{Change, Personal, ResumeToken, Seat};
    use crate::test_game::{Point, TestGame, replica, snapshot};
    use crate::units::{Pace, PlayerId};

    const PLAYER: PlayerId = PlayerId(3);

    fn welcome(resumed: bool) -> Welcome<TestGame> {
        let seat = Some(Seat { player: PLAYER, token: ResumeToken([7; 16]), resumed });
        let room = "test".parse().expect("the room name is valid");
        Welcome { seat, room, tick_rate: 30, pace: Pace::Steady, cell_size: 128, rules: 30 }
    }

    /// A snapshot with the outcomes of actions from number `first` on.
    fn outcomes(full: Option<Tick>, first: u32, outcomes: &[ActionOutcome<TestGame>]) -> Snapshot<TestGame> {
        let personal =
            Personal { outcomes: Some(ActionOutcomes { first, outcomes: outcomes.to_vec() }), ..Personal::default() };
        Snapshot { personal, ..snapshot(full, vec![]) }
    }

    /// The numbers of the actions to send.
    fn sent(actions: &mut Actions<TestGame>) -> Vec<u32> {
        let messages = std::iter::from_fn(|| actions.poll());
        let sequences = messages.map(|message| match message {
            ClientMessage::Act(act) => act.sequence,
            other => panic!("expected an action, got {other:?}"),
        });
        sequences.collect()
    }

    /// Actions of a client with a new seat, of which `count` were sent.
    fn with_sent(count: u32) -> Actions<TestGame> {
        let mut actions = Actions::default();
        actions.handle_welcome(&welcome(false));
        actions.handle_snapshot(&snapshot(Some(Tick(100)), vec![]));
        (1..=count).for_each(|number| assert_eq!(actions.act(Tick(101), 5), Ok(number)));
        assert_eq!(sent(&mut actions), Vec::from_iter(1..=count));
        actions
    }

    fn resolved(sequence: u32, outcome: Option<ActionOutcome<TestGame>>) -> ResolvedAction<TestGame> {
        ResolvedAction { sequence, outcome }
    }

    #[test]
    fn each_action_is_sent_once_and_resolved_by_its_outcome() {
        let mut actions = with_sent(3);
        let both = [ActionOutcome::Accepted, ActionOutcome::Refused(4)];
        let [accepted, refused] = both.clone().map(Some);
        assert_eq!(actions.handle_snapshot(&outcomes(None, 1, &both)), [resolved(1, accepted), resolved(2, refused)]);
        assert_eq!((sent(&mut actions), actions.iter().len()), (vec![], 1));
        assert_eq!(actions.handle_snapshot(&outcomes(None, 1, &both)), [], "a repeated outcome has no effect");
    }

    #[test]
    fn after_a_reconnection_the_unresolved_actions_are_sent_again() {
        let mut actions = with_sent(3);
        assert_eq!(actions.handle_welcome(&welcome(true)), []);
        assert_eq!(actions.act(Tick(102), 6), Ok(4));
        assert_eq!(sent(&mut actions), [0; 0], "the client does not know yet what the server has handled");
        let full = outcomes(Some(Tick(200)), 1, &[ActionOutcome::Accepted]);
        assert_eq!(actions.handle_snapshot(&full), [resolved(1, Some(ActionOutcome::Accepted))]);
        assert_eq!(sent(&mut actions), [2, 3, 4]);
    }

    #[test]
    fn a_full_snapshot_on_the_same_connection_sends_nothing_again() {
        let mut actions = with_sent(3);
        actions.handle_snapshot(&outcomes(Some(Tick(200)), 1, &[ActionOutcome::Accepted]));
        assert_eq!((sent(&mut actions), actions.iter().len()), (vec![], 2));
    }

    #[test]
    fn a_client_that_was_restarted_continues_the_numbers_of_its_seat() {
        let mut actions = Actions::<TestGame>::default();
        actions.handle_welcome(&welcome(true));
        assert_eq!(actions.act(Tick(1), 5), Err(ActError::NotJoined));
        let full = outcomes(Some(Tick(200)), 7, &[ActionOutcome::Accepted, ActionOutcome::RateLimited]);
        assert_eq!(actions.handle_snapshot(&full), []);
        assert_eq!(actions.act(Tick(1), 5), Ok(9));
    }

    #[test]
    fn actions_of_a_lost_seat_are_abandoned() {
        let mut actions = with_sent(2);
        assert_eq!(actions.handle_welcome(&welcome(false)), [resolved(1, None), resolved(2, None)]);
        assert_eq!(actions.act(Tick(1), 5), Err(ActError::NotJoined));
        actions.handle_snapshot(&snapshot(Some(Tick(100)), vec![]));
        assert_eq!(actions.act(Tick(1), 5), Ok(1));
    }

    #[test]
    fn actions_that_a_restored_server_would_ignore_are_abandoned() {
        let mut actions = with_sent(2);
        actions.handle_snapshot(&outcomes(None, 1, &[ActionOutcome::Accepted]));
        actions.handle_welcome(&welcome(true));
        assert_eq!(actions.handle_snapshot(&snapshot(Some(Tick(50)), vec![])), [resolved(2, None)]);
        assert_eq!(actions.act(Tick(1), 5), Ok(1));
    }

    #[test]
    fn the_number_of_unresolved_actions_is_bounded() {
        let mut actions = with_sent(UNRESOLVED_ACTIONS_MAX as u32);
        assert_eq!(actions.act(Tick(1), 5), Err(ActError::QueueFull));
    }

    #[test]
    fn an_action_is_predicted_from_its_tick_until_its_outcome_arrives() {
        let (mut replica, prediction, mut actions) = (replica(), Prediction::new(PLAYER), with_sent(0));
        let upsert = |x| vec![Change::Upsert(TestGame::avatar(PLAYER), Point { x, held: 1 })];
        replica.apply(&snapshot(Some(Tick(100)), upsert(500))).expect("the full snapshot applies");
        actions.act(Tick(102), 50).expect("the client has a seat");
        let x = |replica: &Replica<TestGame>, actions: &Actions<TestGame>, tick| {
            let predicted = prediction.predict_with_actions(replica, actions.iter(), Tick(tick), |_| false);
            predicted.get(TestGame::avatar(PLAYER)).map(|point| point.x)
        };
        assert_eq!([101, 102, 103].map(|tick| x(&replica, &actions, tick)), [Some(501), Some(552), Some(553)]);
        let applied = Snapshot { changes: upsert(553), ..outcomes(Some(Tick(103)), 1, &[ActionOutcome::Accepted]) };
        replica.apply(&applied).expect("the full snapshot applies");
        actions.handle_snapshot(&applied);
        assert_eq!(x(&replica, &actions, 104), Some(554));
    }
}
