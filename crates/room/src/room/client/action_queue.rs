//! Action queue of a client: holds each action until the tick it is stamped for. Time is measured in ticks.

use std::collections::VecDeque;

use tickcast_protocol::{Tick, UNRESOLVED_ACTIONS_MAX};

use crate::SubmittedAction;

/// Actions of one client that are not due yet, in the order of their numbers. Each number enters the queue once.
///
/// The queue is lost with the connection, unless another session has taken over the seat before. The client then sends again
/// every action whose outcome it does not know.
#[derive(Debug)]
pub(super) struct ActionQueue<A> {
    /// Maximum number of ticks by which the stamp of an action may be ahead of the next tick.
    lead_max: i32,
    /// Number of the last action that was queued by this client, or handled for an earlier client in the same seat.
    last: u32,
    /// Sorted by due tick.
    pending: VecDeque<(Tick, SubmittedAction<A>)>,
    /// Whether the client has sent an action whose outcome the room knows.
    has_repeated: bool,
}

impl<A> ActionQueue<A> {
    /// An empty queue of a seat whose actions up to `handled` have outcomes. Accepts stamps up to `lead_max` ticks
    /// ahead of the next tick.
    pub(super) const fn new(lead_max: u16, handled: u32) -> Self {
        Self { lead_max: lead_max as i32, last: handled, pending: VecDeque::new(), has_repeated: false }
    }

    /// Queues the action with this number, stamped for tick `stamp`, that arrived at tick `now`. A late action is due at
    /// the next tick. A stamp too far ahead is clamped. An action is never due before the previous one. Ignores actions
    /// that are already queued. Also ignores an action if an earlier one is missing or if the queue is full, which happens
    /// only if the client violates the protocol.
    pub(super) fn handle(&mut self, number: u32, stamp: Tick, action: SubmittedAction<A>, now: Tick) {
        let handled = self.last.wrapping_sub(self.pending.len() as u32);
        if number <= handled {
            self.has_repeated = true;
            return;
        }
        if number != self.last.wrapping_add(1) || self.pending.len() == UNRESOLVED_ACTIONS_MAX {
            return;
        }
        self.last = number;
        let next = now.next();
        let due = next.plus(stamp.since(next).clamp(0, self.lead_max));
        let due = self.pending.back().map_or(due, |(last, _)| if last.is_newer_than(due) { *last } else { due });
        self.pending.push_back((due, action));
    }

    /// Removes and returns the next action that is due at `tick`.
    pub(super) fn take(&mut self, tick: Tick) -> Option<SubmittedAction<A>> {
        self.pending.pop_front_if(|(due, _)| !due.is_newer_than(tick)).map(|(_, action)| action)
    }

    /// Whether the client has repeated an action since the last call.
    pub(super) const fn take_repeated(&mut self) -> bool {
        std::mem::replace(&mut self.has_repeated, false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(letter: char) -> SubmittedAction<char> {
        SubmittedAction::Admitted(letter)
    }

    /// Queues actions (number, stamp, letter) at tick 100, in a seat in which the actions 1 and 2 were handled before.
    /// Compares the actions applied in later ticks (tick, letter) with the expected ones.
    #[track_caller]
    fn check(arriving: &[(u32, u32, char)], expected: &[(u32, char)]) {
        let mut queue = ActionQueue::new(30, 2);
        for (number, stamp, letter) in arriving {
            queue.handle(*number, Tick(*stamp), admitted(*letter), Tick(100));
        }
        let mut applied = Vec::new();
        for tick in 101..300 {
            while let Some(SubmittedAction::Admitted(letter)) = queue.take(Tick(tick)) {
                applied.push((tick, letter));
            }
        }
        assert_eq!(applied, expected);
    }

    #[test]
    fn actions_are_applied_in_order_at_the_ticks_they_are_stamped_for() {
        check(&[(3, 103, 'a'), (4, 105, 'b'), (5, 105, 'c')], &[(103, 'a'), (105, 'b'), (105, 'c')]);
    }

    #[test]
    fn a_late_action_is_applied_at_once_and_a_stamp_too_far_ahead_is_clamped() {
        check(&[(3, 0, 'a'), (4, 100_000, 'b')], &[(101, 'a'), (131, 'b')]);
    }

    #[test]
    fn an_action_is_never_applied_before_the_previous_one() {
        check(&[(3, 110, 'a'), (4, 104, 'b')], &[(110, 'a'), (110, 'b')]);
    }

    #[test]
    fn an_action_that_was_sent_twice_is_applied_once() {
        check(&[(3, 101, 'a'), (3, 101, 'b'), (2, 101, 'c'), (0, 101, 'd')], &[(101, 'a')]);
    }

    #[test]
    fn an_action_is_ignored_while_an_earlier_one_is_missing() {
        check(&[(4, 101, 'b'), (3, 101, 'a'), (u32::MAX, 101, 'c')], &[(101, 'a')]);
    }

    #[test]
    fn only_actions_that_were_handled_count_as_repeated() {
        let mut queue = ActionQueue::new(30, 2);
        queue.handle(3, Tick(102), admitted('a'), Tick(100));
        queue.handle(3, Tick(102), admitted('a'), Tick(100));
        assert!(!queue.take_repeated());
        queue.handle(2, Tick(102), admitted('a'), Tick(100));
        assert!(queue.take_repeated() && !queue.take_repeated());
    }

    #[test]
    fn a_flood_of_actions_is_bounded() {
        let mut queue = ActionQueue::new(30, 0);
        (1..10_000).for_each(|number| queue.handle(number, Tick(110), admitted('a'), Tick(100)));
        assert_eq!(queue.pending.len(), UNRESOLVED_ACTIONS_MAX);
    }
}
