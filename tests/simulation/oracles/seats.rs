//! Oracle for seats: specifies who holds which seat when clients join, lose their connection and resume. Times are measured
//! in steps of the simulation, not in ticks, because grace periods elapse even while the room skips ticks or pauses. If the
//! order of two events is unknown, the oracle accepts both outcomes.

use std::collections::{BTreeMap, VecDeque};

use tickcast_arena::Arena;
use tickcast_game::Command;
use tickcast_protocol::{Hello, PlayerId, ResumeToken, Role, Seat};

use super::super::choices::Choices;
use super::super::line::StepNumber;
use super::ConnectionId;
use super::truth::Truth;
use super::{End, TickCount};

/// Seconds for which the seat of a lost connection is kept.
const GRACE_S: StepNumber = 30;
/// If the room is full, the seat of a lost connection is given to a new player after this number of seconds.
const YIELD_S: StepNumber = 5;
/// Maximum error, in steps, of the time at which the oracle observes an event.
const TOLERANCE: StepNumber = 2;
/// Maximum number of invalid tokens that the oracle keeps. Attackers try to resume seats with these tokens.
const SPENT_MAX: usize = 8;

/// Oracle for seats.
#[derive(Debug)]
pub(crate) struct Seats {
    seats_max: usize,
    grace: StepNumber,
    yield_delay: StepNumber,
    /// Number of ticks so far.
    count: TickCount,
    taken: BTreeMap<PlayerId, Taken>,
    /// Connections that have sent a player's Hello and have received no answer.
    joining: BTreeMap<ConnectionId, Joining>,
    /// One entry for each player whose connection ended before the oracle observed a Welcome: the last step in which this
    /// player may hold a seat.
    unseen: Vec<StepNumber>,
    /// Tokens that have become invalid, the most recent one first.
    spent: VecDeque<ResumeToken>,
}

/// A player's Hello that has not been answered.
#[derive(Debug)]
struct Joining {
    resume: Option<ResumeToken>,
    at: StepNumber,
    /// When the client first acknowledged a snapshot. `None` if it has not done so yet.
    acknowledged: Option<StepNumber>,
}

/// A seat that was given to a client.
#[derive(Debug)]
struct Taken {
    connection: ConnectionId,
    /// The token of the last Welcome.
    newest: ResumeToken,
    /// The token with which the client resumed the seat. `None` if the seat is new, or if that token has become invalid.
    presented: Option<ResumeToken>,
    /// When the client first acknowledged a snapshot. An acknowledgement proves that the client has the newest token. From
    /// then on, the presented token is invalid.
    confirmed: Option<StepNumber>,
    /// Whether the seat is kept if the connection is lost before a snapshot has been acknowledged on this connection. The
    /// seat is kept if a snapshot was acknowledged on an earlier connection of the seat.
    keeping: Keeping,
    /// Whether the server may have sent a further Welcome that the client did not receive. In this case, the token in
    /// `newest` may be invalid.
    is_newest_uncertain: bool,
    /// Whether the client's first acknowledgement arrived together with the end of the connection. In this case, the server
    /// may have seen only the end.
    is_confirmation_uncertain: bool,
    /// The earliest and the latest time at which the connection may have been lost.
    lost: Option<(StepNumber, StepNumber)>,
    /// When the client left the room. `None` if it has not left.
    left: Option<StepNumber>,
    /// The last tick in which the player had to stay in the world, because the ship was damaged a short time before.
    stayed: Option<TickCount>,
    /// Whether the server may treat the player as having left. This is so, for example, if the client sent a Close frame
    /// just before its connection was lost: the server may have received the frame, or may have noticed only the loss.
    may_have_left: bool,
    /// Whether the connection has ended.
    is_over: bool,
    /// Whether no tick has run since the seat was taken. In this case, the player is not in the world yet.
    is_new: bool,
}

/// Whether a seat is kept when its connection is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeping {
    /// The seat is kept: a client has acknowledged a snapshot.
    Kept,
    /// The server may or may not have read an acknowledgement.
    Uncertain,
    /// The seat becomes free: no client has acknowledged a snapshot.
    Freed,
}

/// How the end of a session affects the player's seat and controls.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ended {
    /// How the server treats the end. If a connection is lost before its client has acknowledged a snapshot, the server
    /// treats the client as if it had left.
    pub(crate) end: End,
    /// Whether the server may have treated the end otherwise than `end` states.
    pub(crate) is_uncertain: bool,
    /// If no Welcome was observed: the player whose seat the session may have resumed.
    pub(crate) unseen: Option<PlayerId>,
}

impl Seats {
    pub(crate) const fn new(seats_max: u16, tick_rate: u16) -> Self {
        Self {
            seats_max: seats_max as usize,
            grace: GRACE_S * tick_rate as StepNumber,
            yield_delay: YIELD_S * tick_rate as StepNumber,
            count: 0,
            taken: BTreeMap::new(),
            joining: BTreeMap::new(),
            unseen: Vec::new(),
            spent: VecDeque::new(),
        }
    }

    /// The player who holds a seat on this connection.
    pub(crate) fn player(&self, connection: ConnectionId) -> Option<PlayerId> {
        self.taken.iter().find(|(_, taken)| taken.connection == connection).map(|(player, _)| *player)
    }

    /// Whether this player is human in a tick with these commands. Returns false if an AI player may have taken this
    /// player's seat. Must be called before [`Seats::handle_tick`].
    pub(crate) fn is_human(&self, player: PlayerId, commands: &[Command<Arena>]) -> bool {
        self.taken.get(&player).is_some_and(|taken| {
            let has_left = if taken.is_new { taken.left.is_some() } else { commands.contains(&Command::Leave(player)) };
            !(has_left || taken.is_over && taken.may_have_left)
        })
    }

    /// Chooses a token that has become invalid, or none.
    pub(crate) fn stolen_token(&self, choices: &mut impl Choices) -> Option<ResumeToken> {
        self.spent.get(choices.pick(SPENT_MAX as u32) as usize).copied()
    }

    /// Handles a Hello that reaches the server.
    pub(crate) fn handle_hello(&mut self, connection: ConnectionId, hello: &Hello, now: StepNumber) {
        if matches!(hello.role, Role::Player(_)) && self.player(connection).is_none() {
            self.joining.entry(connection).or_insert(Joining { resume: hello.resume, at: now, acknowledged: None });
        }
    }

    /// Handles a Welcome that gives a client a seat. `is_uncertain` is true for sessions that may have ended without the
    /// oracles knowing.
    pub(crate) fn handle_welcome(
        &mut self,
        connection: ConnectionId,
        seat: &Seat,
        is_uncertain: impl Fn(ConnectionId) -> bool,
    ) {
        let Joining { resume, at, acknowledged } =
            self.joining.remove(&connection).expect("only players who ask get a seat");
        let (mut keeping, mut is_new, mut stayed) = (Keeping::Freed, true, None);
        if seat.resumed {
            let presented = resume.expect("only tokens resume seats");
            let owner = self.owner(&presented, at);
            assert_eq!(
                owner,
                Some(seat.player),
                "a worthless token, or that of another seat, has resumed {:?}",
                seat.player
            );
            let before = self.taken.remove(&seat.player).expect("the owner has a seat");
            (is_new, stayed) = (before.is_new, before.stayed);
            // If the seat was kept after the loss of an earlier connection, it is also kept if the new connection is lost.
            keeping = if before.lost.is_some() { Keeping::Kept } else { before.keeping_at(at, &is_uncertain) };
            let replaced = [Some(before.newest), before.presented].into_iter().flatten();
            replaced.filter(|token| *token != presented).for_each(|token| self.retire(token));
        } else {
            if let Some(token) = resume {
                assert!(!self.is_valid(&token, at, &is_uncertain), "{connection:?} was not given the seat of its token");
            }
            let is_crowded = self.is_crowded();
            if let Some(before) = self.taken.remove(&seat.player) {
                let is_free = before.left.is_some()
                    || before.may_have_left
                    || before.may_be_lost_for(self.grace, at)
                    || (is_crowded && before.may_be_lost_for(self.yield_delay, at))
                    || is_uncertain(before.connection);
                assert!(is_free, "{:?} was given to two clients", seat.player);
                [Some(before.newest), before.presented].into_iter().flatten().for_each(|token| self.retire(token));
            }
        }
        self.taken.insert(
            seat.player,
            Taken {
                connection,
                newest: seat.token,
                presented: resume.filter(|_| seat.resumed),
                confirmed: acknowledged,
                keeping,
                is_newest_uncertain: false,
                is_confirmation_uncertain: false,
                lost: None,
                left: None,
                stayed,
                may_have_left: false,
                is_over: false,
                is_new,
            },
        );
    }

    /// Handles the refusal of a client. If the client had sent a player's Hello, returns the time at which that Hello
    /// arrived.
    pub(crate) fn handle_refusal(
        &mut self,
        connection: ConnectionId,
        is_uncertain: impl Fn(ConnectionId) -> bool,
    ) -> Option<StepNumber> {
        let Joining { resume, at, .. } = self.joining.remove(&connection)?;
        if let Some(token) = resume {
            assert!(!self.is_valid(&token, at, is_uncertain), "the owner of a seat was refused");
        }
        Some(at)
    }

    /// Handles the refusal of a player because the room is full. Asserts that all seats may have been taken. Seats of
    /// sessions whose Welcome the oracle has not observed count as taken.
    pub(crate) fn handle_full_room(&mut self, connection: ConnectionId, is_uncertain: impl Fn(ConnectionId) -> bool) {
        let Some(at) = self.handle_refusal(connection, is_uncertain) else { return };
        let is_held = |taken: &&Taken| {
            let is_kept = taken.left.is_none_or(|left| left >= at) && !taken.is_lost_for(self.yield_delay, at);
            is_kept || taken.has_stayed(self.count)
        };
        let unseen = self.unseen.iter().filter(|until| **until >= at).count();
        let others = self.joining.values().filter(|joining| joining.at >= at - TOLERANCE).count();
        let held = self.taken.values().filter(is_held).count() + unseen + others;
        assert!(
            held >= self.seats_max,
            "a player was refused although at most {held} of {} seats can be taken",
            self.seats_max
        );
    }

    /// Handles an acknowledgement, which proves that the client has received its Welcome.
    pub(crate) fn handle_acknowledgement(&mut self, connection: ConnectionId, now: StepNumber) {
        if let Some(taken) = self.taken.values_mut().find(|taken| taken.connection == connection) {
            taken.confirmed = taken.confirmed.or(Some(now));
        } else if let Some(joining) = self.joining.get_mut(&connection) {
            joining.acknowledged = joining.acknowledged.or(Some(now));
        }
    }

    /// Handles the end of a session. The session ended between the steps `earliest` and `now`.
    pub(crate) fn handle_end(
        &mut self,
        connection: ConnectionId,
        end: End,
        earliest: StepNumber,
        now: StepNumber,
    ) -> Ended {
        let ended = |end, is_uncertain, unseen| Ended { end, is_uncertain, unseen };
        if let Some(Joining { resume, acknowledged, .. }) = self.joining.remove(&connection) {
            // The server may have given the client a seat, although the oracle observed no Welcome. The server keeps this
            // seat only if the client has sent an acknowledgement.
            self.unseen.push(now + TOLERANCE + acknowledged.map_or(0, |_| self.grace));
            let owner = resume.and_then(|token| self.owner(&token, now));
            if let Some(player) = owner {
                let taken = self.taken.get_mut(&player).expect("the owner has a seat");
                // If the server has read the Hello, the session has taken over the player's seat. When the session ended,
                // the server may have freed the seat, unless a snapshot has certainly been acknowledged in this seat.
                taken.may_have_left |= taken.lost.is_none() && taken.keeping_at(now, |_| false) != Keeping::Kept;
                // If the client presented an older token, the lost Welcome may have made the token in `newest` invalid.
                taken.is_newest_uncertain |= resume != Some(taken.newest);
                // If the server has not read the Hello, an earlier connection may still hold the seat, and may be lost at
                // any later time.
                taken.lost = Some((taken.lost.map_or(now, |(earliest, _)| earliest), StepNumber::MAX));
            }
            return ended(end, false, owner);
        }
        let Some(taken) = self.taken.values_mut().find(|taken| taken.connection == connection) else {
            return ended(end, false, None);
        };
        let keeping = taken.keeping_at(earliest, |_| false);
        taken.is_over = true;
        match end {
            End::Left => taken.left = taken.left.or(Some(now)),
            End::Lost if keeping == Keeping::Freed => {
                taken.left = taken.left.or(Some(now));
                return ended(End::Left, false, None);
            }
            End::Lost => {
                taken.lost = taken.lost.or(Some((earliest, now)));
                if taken.confirmed.is_some_and(|confirmed| confirmed >= now) {
                    (taken.confirmed, taken.is_confirmation_uncertain) = (None, true);
                }
                taken.may_have_left |= keeping == Keeping::Uncertain;
            }
            End::Replaced => {}
        }
        ended(end, keeping == Keeping::Uncertain, None)
    }

    /// Records that a client's connection was lost after it sent a Close frame, and before the server answered that frame.
    pub(crate) fn handle_unanswered_close(&mut self, connection: ConnectionId) {
        if let Some(taken) = self.taken.values_mut().find(|taken| taken.connection == connection) {
            taken.may_have_left = true;
        }
    }

    /// Checks the seats after a tick.
    pub(crate) fn handle_tick(
        &mut self,
        now: StepNumber,
        truth: &Truth,
        commands: &[Command<Arena>],
        is_uncertain: impl Fn(ConnectionId) -> bool,
    ) {
        let count = truth.count();
        self.count = count;
        let (grace, yield_delay, is_crowded) = (self.grace, self.yield_delay, self.is_crowded());
        let mut freed = Vec::new();
        for (player, taken) in &mut self.taken {
            let is_new = std::mem::take(&mut taken.is_new);
            let (is_uncertain, has_left) = (is_uncertain(taken.connection), taken.left.is_some());
            if is_new && has_left {
                // The client joined and left between two ticks.
                freed.push(*player);
            } else if commands.contains(&Command::Leave(*player)) && !is_new {
                let may_leave = has_left
                    || taken.may_have_left
                    || is_uncertain
                    || taken.may_be_lost_for(grace, now)
                    || (is_crowded && taken.may_be_lost_for(yield_delay, now));
                assert!(may_leave, "{player:?} was removed from its seat");
                // If the player may have left earlier, an AI player may have taken the seat. AI players need not stay.
                let is_certain = !taken.may_have_left && !is_uncertain;
                assert!(!is_certain || taken.stayed != Some(count - 1), "{player:?} has escaped from a fight");
                freed.push(*player);
            } else if !truth.has_player(*player) {
                assert!(has_left || is_uncertain || taken.lost.is_some(), "{player:?} has a seat and is not in the world");
            } else {
                let is_kept = taken.left.is_none_or(|left| now <= left + TOLERANCE) && !taken.is_lost_for(grace, now);
                let has_stayed = taken.has_stayed(count);
                assert!(is_kept || is_new || has_stayed, "{player:?} has left, and its seat is not freed");
            }
            if truth.must_stay(*player) {
                taken.stayed = Some(count);
            }
        }
        let is_gone = |player: &PlayerId, taken: &mut Taken| {
            freed.contains(player) || (taken.left.is_some() && !truth.has_player(*player))
        };
        let gone: Vec<_> = self.taken.extract_if(.., is_gone).map(|(_, taken)| taken).collect();
        for taken in gone {
            [Some(taken.newest), taken.presented].into_iter().flatten().for_each(|token| self.retire(token));
        }
        let confirmed: Vec<_> = self.taken.values_mut().filter_map(|taken| taken.take_spent(now)).collect();
        confirmed.into_iter().for_each(|token| self.retire(token));
        self.unseen.retain(|until| *until >= now);
    }

    /// Whether all seats may be taken.
    fn is_crowded(&self) -> bool {
        self.taken.len() + self.unseen.len() + self.joining.len() >= self.seats_max
    }

    /// Number of seats taken. The number is exact only if the oracle knows the state of every seat.
    pub(crate) fn people(&self) -> usize {
        self.taken.values().filter(|taken| taken.left.is_none()).count()
    }

    fn retire(&mut self, token: ResumeToken) {
        self.spent.truncate(SPENT_MAX - 1);
        self.spent.push_front(token);
    }

    /// The player whose seat the server is allowed to give to a client with this token.
    fn owner(&self, token: &ResumeToken, at: StepNumber) -> Option<PlayerId> {
        let may_own = |taken: &Taken| {
            let is_presented = taken.presented == Some(*token) && taken.confirmed.is_none_or(|confirmed| at <= confirmed);
            let is_kept = taken.left.is_none_or(|left| at <= left) && !taken.is_lost_for(self.grace, at);
            (taken.newest == *token || is_presented) && is_kept
        };
        self.taken.iter().find(|(_, taken)| may_own(taken)).map(|(player, _)| *player)
    }

    /// Whether the server is required to give a seat to a client with this token.
    fn is_valid(&self, token: &ResumeToken, at: StepNumber, is_uncertain: impl Fn(ConnectionId) -> bool) -> bool {
        let is_crowded = self.is_crowded();
        let owns = |taken: &Taken| {
            let is_newest = taken.newest == *token && !taken.is_newest_uncertain;
            let is_presented =
                taken.presented == Some(*token) && taken.confirmed.is_none() && !taken.is_confirmation_uncertain;
            let is_open = taken.lost.is_some() || !is_uncertain(taken.connection);
            (is_newest || is_presented)
                && taken.left.is_none()
                && !taken.may_have_left
                && is_open
                && !taken.may_be_lost_for(self.grace, at)
                && !(is_crowded && taken.may_be_lost_for(self.yield_delay, at))
        };
        self.taken.values().any(owns)
    }
}

impl Taken {
    /// Whether the connection has certainly been lost for longer than `time` at the step `at`.
    fn is_lost_for(&self, time: StepNumber, at: StepNumber) -> bool {
        self.lost.is_some_and(|(_, latest)| at > latest.saturating_add(time + TOLERANCE))
    }

    /// Whether the player had to stay in the world in one of the last ticks before this one.
    fn has_stayed(&self, count: TickCount) -> bool {
        self.stayed.is_some_and(|stayed| count <= stayed + TOLERANCE)
    }

    /// Whether the connection may have been lost for longer than `time` at the step `at`.
    fn may_be_lost_for(&self, time: StepNumber, at: StepNumber) -> bool {
        self.lost.is_some_and(|(earliest, _)| at >= earliest + time - TOLERANCE)
    }

    /// Whether the seat is kept if its connection is lost at the step `at`, or later.
    fn keeping_at(&self, at: StepNumber, is_uncertain: impl Fn(ConnectionId) -> bool) -> Keeping {
        match self.confirmed {
            _ if self.keeping == Keeping::Kept => Keeping::Kept,
            Some(confirmed) if confirmed < at && !is_uncertain(self.connection) => Keeping::Kept,
            Some(_) => Keeping::Uncertain,
            None => self.keeping,
        }
    }

    /// Takes the presented token if it is certainly invalid by now. Otherwise, returns `None`.
    fn take_spent(&mut self, now: StepNumber) -> Option<ResumeToken> {
        self.confirmed.filter(|confirmed| *confirmed + TOLERANCE < now)?;
        self.presented.take()
    }
}
