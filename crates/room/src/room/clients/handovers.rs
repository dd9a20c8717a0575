//! Sessions whose seats other sessions have resumed.
//!
//! A client that changes its transport opens a second session and resumes its own seat. Its last inputs may still be on the
//! way in the first session. The room therefore accepts inputs and actions of the first session for some time. It sends
//! snapshots to the second session only.

use core::time::Duration;

use tickcast_game::Simulation;
use tickcast_protocol::{Input, Seat, Tick, Viewport};

use crate::room::seating::ActionLog;
use crate::room::{Client, Room, SessionId};

/// Time for which a session that has lost its seat stays open: sufficient for a round trip on a slow line, and for
/// retransmissions.
const HANDOVER_TIME: Duration = Duration::from_secs(2);

/// Handovers of seats from one session to another.
#[derive(Debug, Default)]
pub(in crate::room) struct Handovers(Vec<Handover>);

/// The handover of a seat.
#[derive(Clone, Copy, Debug)]
struct Handover {
    replaced: SessionId,
    successor: SessionId,
    /// Stamp of the successor's first input.
    first_stamp: Option<Tick>,
    /// Time at which the replaced session is closed.
    until: Duration,
}

/// Whose client handles an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::room) enum Receiver {
    /// That of the session that has sent the input.
    Sender,
    /// That of the session that has resumed the seat. The sender's inputs are older than all of the successor's.
    Successor {
        session: SessionId,
        /// Stamp of the successor's first input.
        first_stamp: Option<Tick>,
    },
}

impl Receiver {
    /// The session whose client handles a message from the session `sender`.
    pub(in crate::room) const fn session(self, sender: SessionId) -> SessionId {
        match self {
            Self::Sender => sender,
            Self::Successor { session, .. } => session,
        }
    }
}

impl Handovers {
    /// Handles the resumption of a seat: `successor` has it now instead of `replaced`.
    pub(in crate::room) fn begin(&mut self, replaced: SessionId, successor: SessionId, now: Duration) {
        self.end(replaced, now);
        self.0.push(Handover { replaced, successor, first_stamp: None, until: now + HANDOVER_TIME });
    }

    /// Ends the handover to this session, because the session has lost the seat, too.
    pub(in crate::room) fn end(&mut self, successor: SessionId, now: Duration) {
        self.0.iter_mut().filter(|handover| handover.successor == successor).for_each(|handover| handover.until = now);
    }

    /// Whose client handles an input or an action of this session.
    pub(in crate::room) fn receiver(&self, session: SessionId) -> Receiver {
        let handover = self.0.iter().find(|handover| handover.replaced == session);
        handover.map_or(Receiver::Sender, |handover| Receiver::Successor {
            session: handover.successor,
            first_stamp: handover.first_stamp,
        })
    }

    /// Records an input of a session that may be a successor.
    pub(in crate::room) fn handle_input(&mut self, successor: SessionId, stamp: Tick) {
        for handover in self.0.iter_mut().filter(|handover| handover.successor == successor) {
            handover.first_stamp.get_or_insert(stamp);
        }
    }

    /// Removes the handovers that are over. Returns the sessions to close.
    pub(in crate::room) fn take_closed(&mut self, now: Duration) -> impl Iterator<Item = SessionId> {
        self.0.extract_if(.., move |handover| now >= handover.until).map(|handover| handover.replaced)
    }
}

impl<S: Simulation> Room<S> {
    /// The client of a player who gets a seat. If another session has held the seat until now, that session loses it.
    pub(in crate::room) fn player(
        &mut self,
        seat: &Seat,
        viewport: Viewport,
        session: SessionId,
        now: Duration,
    ) -> Client<S::Game> {
        let tick_rate = self.state.options.tick_rate;
        let client = Client::new(Some(seat.player), viewport, self.state.tick, tick_rate);
        let replaced = self.clients.session_of(seat.player).filter(|_| seat.resumed);
        if let Some((replaced, predecessor)) = replaced.and_then(|it| Some((it, self.clients.remove(it)?))) {
            self.handovers.begin(replaced, session, now);
            return client.continuing(predecessor);
        }
        let handled = self.state.seating.actions(seat.player).map_or(0, ActionLog::handled);
        client.with_handled_actions(handled, tick_rate)
    }

    /// Handles an input of a session that has lost its seat to another session. Returns `false` if the session has not.
    pub(in crate::room) fn handle_earlier_input(&mut self, session: SessionId, input: &Input<S::Game>) -> bool {
        let Receiver::Successor { session, first_stamp } = self.handovers.receiver(session) else { return false };
        if let Some(client) = self.clients.get_mut(session) {
            client.handle_earlier_input(input.tick, input.controls, self.state.tick, first_stamp);
            self.is_tick_requested = true;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Duration = Duration::from_secs(100);

    fn closed(handovers: &mut Handovers, now: Duration) -> Vec<u64> {
        handovers.take_closed(now).map(|session| session.0).collect()
    }

    #[test]
    fn a_successor_receives_the_inputs_of_a_replaced_session_for_some_time() {
        let mut handovers = Handovers::default();
        handovers.begin(SessionId(1), SessionId(2), START);
        let receiver = |first_stamp| Receiver::Successor { session: SessionId(2), first_stamp };
        assert_eq!(handovers.receiver(SessionId(1)), receiver(None));
        handovers.handle_input(SessionId(2), Tick(7));
        handovers.handle_input(SessionId(2), Tick(8));
        assert_eq!(handovers.receiver(SessionId(1)), receiver(Some(Tick(7))));
        assert_eq!(handovers.receiver(SessionId(2)), Receiver::Sender);
        let until = START + HANDOVER_TIME;
        assert_eq!(closed(&mut handovers, until - Duration::from_millis(1)), []);
        assert_eq!(closed(&mut handovers, until), [1]);
        assert_eq!(handovers.receiver(SessionId(1)), Receiver::Sender);
    }

    #[test]
    fn a_handover_ends_when_the_successor_loses_the_seat() {
        let mut handovers = Handovers::default();
        handovers.begin(SessionId(1), SessionId(2), START);
        handovers.begin(SessionId(2), SessionId(3), START);
        assert_eq!(closed(&mut handovers, START), [1]);
        handovers.end(SessionId(3), START);
        assert_eq!(closed(&mut handovers, START), [2]);
    }
}
