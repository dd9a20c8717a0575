//! Oracle for seats: specifies who holds which seat when clients join, lose their connection and resume. If the order of two
//! events is unknown, the oracle accepts both outcomes.

use std::collections::{BTreeMap, VecDeque};

use tickcast_arena::Arena;
use tickcast_game::Command;
use tickcast_protocol::{Hello, PlayerId, ResumeToken, Role, Seat};

use super::super::choices::Choices;
use super::ConnectionId;
use super::truth::Truth;
use super::{End, TickCount};

/// Seconds for which the seat of a lost connection is kept.
const GRACE_S: TickCount = 30;
/// Maximum error, in ticks, of the time at which the oracle observes an event.
const TOLERANCE: TickCount = 2;
/// Maximum number of worthless tokens that attackers know.
const SPENT_MAX: usize = 8;

/// Oracle for seats.
#[derive(Debug)]
pub(crate) struct Seats {
    seats_max: usize,
    grace: TickCount,
    taken: BTreeMap<PlayerId, Taken>,
    /// Connections that have sent a player's Hello and have received no answer.
    joining: BTreeMap<ConnectionId, Joining>,
    /// Times at which connections of joining players ended before the oracle observed a Welcome. Each of these players may
    /// hold a seat.
    unseen: Vec<TickCount>,
    /// Worthless tokens. The one that became worthless last comes first.
    spent: VecDeque<ResumeToken>,
}

/// A player's Hello that has not been answered.
#[derive(Debug)]
struct Joining {
    resume: Option<ResumeToken>,
    at: TickCount,
    /// When the client acknowledged a snapshot, if it did so before the oracle observed its Welcome.
    acknowledged: Option<TickCount>,
}

/// A seat that was given to a client.
#[derive(Debug)]
struct Taken {
    connection: ConnectionId,
    /// The token of the last Welcome.
    newest: ResumeToken,
    /// The token with which the client resumed the seat, until that token becomes worthless.
    presented: Option<ResumeToken>,
    /// When the client acknowledged a snapshot, which proves that it has the newest token. From then on, the presented token is
    /// worthless.
    confirmed: Option<TickCount>,
    /// Whether the server may have sent a further Welcome that the client did not receive. Then the token in `newest` may
    /// be worthless.
    is_newest_uncertain: bool,
    /// Whether the client's first acknowledgement arrived together with the end of the connection. Then the server may have
    /// seen only the end.
    is_confirmation_uncertain: bool,
    /// The earliest and the latest time at which the connection may have been lost.
    lost: Option<(TickCount, TickCount)>,
    /// When the client left.
    left: Option<TickCount>,
    /// The last tick after which the player had to stay in the world.
    stayed: Option<TickCount>,
    /// Whether the client sent a Close frame just before its connection was lost. Then the server may have received the
    /// frame, or may have noticed only the loss.
    may_have_left: bool,
    /// Whether no tick has run since the Welcome.
    is_new: bool,
}

impl Seats {
    pub(crate) const fn new(seats_max: u16, tick_rate: u16) -> Self {
        Self {
            seats_max: seats_max as usize,
            grace: GRACE_S * tick_rate as TickCount,
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

    /// Whether a client has got the seat of this player since the last tick.
    pub(crate) fn is_new(&self, player: PlayerId) -> bool {
        self.taken.get(&player).is_some_and(|taken| taken.is_new)
    }

    /// A worthless token, or none.
    pub(crate) fn stolen_token(&self, choices: &mut impl Choices) -> Option<ResumeToken> {
        self.spent.get(choices.pick(SPENT_MAX as u32) as usize).copied()
    }

    /// Handles a Hello that reaches the server.
    pub(crate) fn handle_hello(&mut self, connection: ConnectionId, hello: &Hello, now: TickCount) {
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
            let replaced = [Some(before.newest), before.presented].into_iter().flatten();
            replaced.filter(|token| *token != presented).for_each(|token| self.retire(token));
        } else {
            if let Some(token) = resume {
                assert!(!self.is_valid(&token, at, &is_uncertain), "{connection:?} was not given the seat of its token");
            }
            if let Some(before) = self.taken.remove(&seat.player) {
                let is_free = before.left.is_some()
                    || before.may_have_left
                    || before.may_be_expired(at, self.grace)
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
                is_newest_uncertain: false,
                is_confirmation_uncertain: false,
                lost: None,
                left: None,
                stayed: None,
                may_have_left: false,
                is_new: true,
            },
        );
    }

    /// Handles the refusal of a client. If the client had sent a player's Hello, returns when that Hello arrived.
    pub(crate) fn handle_refusal(
        &mut self,
        connection: ConnectionId,
        is_uncertain: impl Fn(ConnectionId) -> bool,
    ) -> Option<TickCount> {
        let Joining { resume, at, .. } = self.joining.remove(&connection)?;
        if let Some(token) = resume {
            assert!(!self.is_valid(&token, at, is_uncertain), "the owner of a seat was refused");
        }
        Some(at)
    }

    /// Handles the refusal of a player because the room is full. Asserts that all seats may have been taken.
    pub(crate) fn handle_full_room(&mut self, connection: ConnectionId, is_uncertain: impl Fn(ConnectionId) -> bool) {
        let Some(at) = self.handle_refusal(connection, is_uncertain) else { return };
        let is_held = |taken: &&Taken| {
            let is_kept = taken.left.is_none_or(|left| left >= at) && !taken.is_expired(at, self.grace);
            is_kept || taken.has_stayed(at)
        };
        let kept_since = at - self.grace - TOLERANCE;
        let unseen = self.unseen.iter().filter(|joined| **joined >= kept_since).count();
        let others = self.joining.values().filter(|joining| joining.at >= at - TOLERANCE).count();
        let held = self.taken.values().filter(is_held).count() + unseen + others;
        assert!(held >= self.seats_max, "a player was refused although only {held} of {} seats are taken", self.seats_max);
    }

    /// Handles an acknowledgement, which proves that the client has received its Welcome.
    pub(crate) fn handle_acknowledgement(&mut self, connection: ConnectionId, now: TickCount) {
        if let Some(taken) = self.taken.values_mut().find(|taken| taken.connection == connection) {
            taken.confirmed = taken.confirmed.or(Some(now));
        } else if let Some(joining) = self.joining.get_mut(&connection) {
            joining.acknowledged = joining.acknowledged.or(Some(now));
        }
    }

    /// Handles the end of a session between `earliest` and `now`. If no Welcome was observed, returns the player whose seat the
    /// session may have resumed.
    pub(crate) fn handle_end(
        &mut self,
        connection: ConnectionId,
        end: End,
        earliest: TickCount,
        now: TickCount,
    ) -> Option<PlayerId> {
        if let Some(Joining { resume, .. }) = self.joining.remove(&connection) {
            // The server may have sent a Welcome that was lost. Then a seat may be taken that no client knows of.
            self.unseen.push(now);
            let owner = resume.and_then(|token| self.owner(&token, now));
            if let Some(player) = owner {
                let taken = self.taken.get_mut(&player).expect("the owner has a seat");
                // A lost Welcome may have given the seat a new token, which no client has.
                taken.is_newest_uncertain |= resume != Some(taken.newest);
                // If the server never read the Hello, another connection may still hold the seat. That connection may be
                // lost at any later time.
                taken.lost = Some((taken.lost.map_or(now, |(earliest, _)| earliest), TickCount::MAX));
            }
            return owner;
        }
        let taken = self.taken.values_mut().find(|taken| taken.connection == connection)?;
        match end {
            End::Left => taken.left = taken.left.or(Some(now)),
            End::Lost => {
                taken.lost = taken.lost.or(Some((earliest, now)));
                if taken.confirmed.is_some_and(|confirmed| confirmed >= now) {
                    (taken.confirmed, taken.is_confirmation_uncertain) = (None, true);
                }
            }
            End::Replaced => {}
        }
        None
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
        truth: &Truth,
        commands: &[Command<Arena>],
        is_uncertain: impl Fn(ConnectionId) -> bool,
    ) {
        let (now, grace) = (truth.count(), self.grace);
        let mut freed = Vec::new();
        for (player, taken) in &mut self.taken {
            let is_new = std::mem::take(&mut taken.is_new);
            let (is_uncertain, has_left) = (is_uncertain(taken.connection), taken.left.is_some());
            if is_new && has_left {
                // The client joined and left between two ticks.
                freed.push(*player);
            } else if commands.contains(&Command::Leave(*player)) && !is_new {
                let may_leave = has_left || taken.may_have_left || is_uncertain || taken.may_be_expired(now, grace);
                assert!(may_leave, "{player:?} was removed from its seat");
                assert_ne!(taken.stayed, Some(now - 1), "{player:?} has escaped from a fight");
                freed.push(*player);
            } else if !truth.has_player(*player) {
                assert!(has_left || is_uncertain || taken.lost.is_some(), "{player:?} has a seat and is not in the world");
            } else {
                let is_kept = taken.left.is_none_or(|left| now <= left + TOLERANCE) && !taken.is_expired(now, grace);
                let has_stayed = taken.has_stayed(now);
                assert!(is_kept || is_new || has_stayed, "{player:?} has left, and its seat is not freed");
            }
            if truth.must_stay(*player) {
                taken.stayed = Some(now);
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
        self.unseen.retain(|joined| *joined + grace + TOLERANCE >= now);
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
    fn owner(&self, token: &ResumeToken, at: TickCount) -> Option<PlayerId> {
        let may_own = |taken: &Taken| {
            let is_presented = taken.presented == Some(*token) && taken.confirmed.is_none_or(|confirmed| at <= confirmed);
            let is_kept = taken.left.is_none_or(|left| at <= left) && !taken.is_expired(at, self.grace);
            (taken.newest == *token || is_presented) && is_kept
        };
        self.taken.iter().find(|(_, taken)| may_own(taken)).map(|(player, _)| *player)
    }

    /// Whether the server is required to give a seat to a client with this token.
    fn is_valid(&self, token: &ResumeToken, at: TickCount, is_uncertain: impl Fn(ConnectionId) -> bool) -> bool {
        let owns = |taken: &Taken| {
            let is_newest = taken.newest == *token && !taken.is_newest_uncertain;
            let is_presented =
                taken.presented == Some(*token) && taken.confirmed.is_none() && !taken.is_confirmation_uncertain;
            let is_open = taken.lost.is_some() || !is_uncertain(taken.connection);
            (is_newest || is_presented)
                && taken.left.is_none()
                && !taken.may_have_left
                && is_open
                && !taken.may_be_expired(at, self.grace)
        };
        self.taken.values().any(owns)
    }
}

impl Taken {
    fn is_expired(&self, at: TickCount, grace: TickCount) -> bool {
        self.lost.is_some_and(|(_, latest)| at > latest.saturating_add(grace + TOLERANCE))
    }

    /// Whether the player recently had to stay in the world.
    fn has_stayed(&self, at: TickCount) -> bool {
        self.stayed.is_some_and(|stayed| at <= stayed + TOLERANCE)
    }

    fn may_be_expired(&self, at: TickCount, grace: TickCount) -> bool {
        self.lost.is_some_and(|(earliest, _)| at >= earliest + grace - TOLERANCE)
    }

    /// Takes the presented token, if it is certainly worthless by now.
    fn take_spent(&mut self, now: TickCount) -> Option<ResumeToken> {
        self.confirmed.filter(|confirmed| *confirmed + TOLERANCE < now)?;
        self.presented.take()
    }
}
