//! Seats of human players: joining, resuming, leaving, and the grace period after a lost connection.

use std::collections::BTreeSet;

use tickcast_protocol::{CloseReason, Game, PlayerId, PlayerName, ResumeToken, Seat, Tick};

use super::SessionId;
use super::resume_tokens::{Holder, ResumeTokens};
use super::roster::Roster;

/// Seats of human players.
#[derive(Debug)]
pub(super) struct Seating<G: Game> {
    /// All players of the room, including AI players.
    pub(super) roster: Roster<G>,
    seats_max: usize,
    resume_tokens: ResumeTokens,
    /// Players who lost their connection since the last tick.
    disconnected: BTreeSet<PlayerId>,
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

    /// Frees a seat.
    pub(super) fn handle_leave(&mut self, player: PlayerId) {
        self.roster.leave(player);
        self.resume_tokens.revoke(player);
        self.disconnected.remove(&player);
    }

    /// Handles the loss of a player's connection at tick `now`: the seat is kept for the grace period.
    pub(super) fn handle_disconnect(&mut self, player: PlayerId, now: Tick) {
        self.resume_tokens.handle_disconnect(player, now);
        self.disconnected.insert(player);
    }

    /// Frees the seats whose grace period is over.
    pub(super) fn free_expired(&mut self, now: Tick) {
        for player in self.resume_tokens.expired(now) {
            self.handle_leave(player);
        }
    }

    /// Takes the players who lost their connection since the last call.
    pub(super) fn take_disconnected(&mut self) -> BTreeSet<PlayerId> {
        std::mem::take(&mut self.disconnected)
    }
}
