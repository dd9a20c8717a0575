//! Seats of human players: joining, resuming, leaving, and the grace period after a lost connection.

use std::collections::{BTreeMap, BTreeSet};

use tickcast_protocol::{CloseReason, Game, PlayerId, PlayerName, ResumeToken, Seat, Tick};

use super::SessionId;
use super::resume_tokens::{Holder, ResumeTokens};
use super::roster::Roster;

/// Maximum time in seconds for which a player who left may have to stay in the world. A game may require less. Without a
/// maximum, a mistake in a game's rules could occupy seats forever.
const STAY_S_MAX: u32 = 30;

/// Seats of human players.
#[derive(Debug)]
pub(super) struct Seating<G: Game> {
    /// All players of the room, including AI players.
    pub(super) roster: Roster<G>,
    seats_max: usize,
    resume_tokens: ResumeTokens,
    /// Players who have left or lost their connection since the last tick.
    disconnected: BTreeSet<PlayerId>,
    stay_ticks_max: i32,
    /// Players who have left, but may have to stay in the world, and when they left. They cannot return, and their seats are
    /// occupied.
    departed: BTreeMap<PlayerId, Tick>,
}

/// Result of taking a seat.
#[derive(Debug)]
pub(super) struct SeatTaken {
    pub(super) seat: Seat,
    /// The previous session of a resumed seat, if it was still connected. It has to be closed.
    pub(super) replaced: Option<SessionId>,
}

impl<G: Game> Seating<G> {
    pub(super) fn new(seats_max: u16, tick_rate: u16) -> Self {
        Self {
            roster: Roster::default(),
            seats_max: seats_max.into(),
            resume_tokens: ResumeTokens::new(tick_rate),
            disconnected: BTreeSet::new(),
            stay_ticks_max: (STAY_S_MAX * u32::from(tick_rate)).cast_signed(),
            departed: BTreeMap::new(),
        }
    }

    /// Whether this token resumes a seat.
    pub(super) fn can_resume(&self, token: &ResumeToken) -> bool {
        self.resume_tokens.find(token).is_some()
    }

    /// Resumes the seat that the token `resume` belongs to, or takes a free seat if it belongs to none. `token` becomes the
    /// newest token of the seat.
    ///
    /// # Errors
    /// [`CloseReason::RoomFull`] if no seat is free.
    pub(super) fn take_seat(
        &mut self,
        session: SessionId,
        name: &PlayerName,
        resume: Option<&ResumeToken>,
        token: ResumeToken,
    ) -> Result<SeatTaken, CloseReason> {
        let resume = resume.and_then(|token| Some((token, self.resume_tokens.find(token)?)));
        let Some((presented, (player, holder))) = resume else {
            let player = self.take_free_seat(name)?;
            self.resume_tokens.issue(player, session, None, &token);
            return Ok(SeatTaken { seat: Seat { player, token, resumed: false }, replaced: None });
        };
        self.resume_tokens.issue(player, session, Some(presented), &token);
        let replaced = match holder {
            Holder::Connected(session) => Some(session),
            Holder::Disconnected(_) => None,
        };
        Ok(SeatTaken { seat: Seat { player, token, resumed: true }, replaced })
    }

    fn take_free_seat(&mut self, name: &PlayerName) -> Result<PlayerId, CloseReason> {
        if self.roster.humans() >= self.seats_max {
            return Err(CloseReason::RoomFull);
        }
        Ok(self.roster.join_human(name))
    }

    /// Records that the client received its resume token.
    pub(super) fn confirm_token(&mut self, player: PlayerId) {
        self.resume_tokens.confirm(player);
    }

    /// Handles the departure of a player at tick `now`. The seat cannot be resumed, and becomes free with the next call of
    /// [`free_departed`](Self::free_departed) that finds that the player may leave.
    pub(super) fn handle_leave(&mut self, player: PlayerId, now: Tick) {
        self.disconnected.insert(player);
        self.depart(player, now);
    }

    fn depart(&mut self, player: PlayerId, now: Tick) {
        self.resume_tokens.revoke(player);
        self.departed.insert(player, now);
    }

    /// Handles the loss of a player's connection at tick `now`: the seat is kept for the grace period.
    pub(super) fn handle_disconnect(&mut self, player: PlayerId, now: Tick) {
        self.resume_tokens.handle_disconnect(player, now);
        self.disconnected.insert(player);
    }

    /// Handles the departure of the players whose grace period is over.
    pub(super) fn handle_expired(&mut self, now: Tick) {
        for player in self.resume_tokens.expired(now) {
            self.depart(player, now);
        }
    }

    /// Frees the seats of players who have left and may leave the world.
    pub(super) fn free_departed(&mut self, now: Tick, may_leave: impl Fn(PlayerId) -> bool) {
        let is_free = |player: &PlayerId, since: &mut Tick| may_leave(*player) || now.since(*since) > self.stay_ticks_max;
        for (player, _) in self.departed.extract_if(.., is_free) {
            self.roster.leave(player);
            self.disconnected.remove(&player);
        }
    }

    /// Takes the players who have left or lost their connection since the last call.
    pub(super) fn take_disconnected(&mut self) -> BTreeSet<PlayerId> {
        std::mem::take(&mut self.disconnected)
    }
}
