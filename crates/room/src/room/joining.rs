//! Clients join and leave a room.

use core::time::Duration;

use tickcast_game::Simulation;
use tickcast_protocol::{CloseReason, GameProtocol, Hello, PlayerId, ResumeToken, Role, Seat, Welcome};

use super::schedule::Vacancy;
use super::seating::{ClientKey, SeatAccount, SeatPermit, token_hash};
use super::state::{SeatRequest, SeatTaken};
use super::{Room, SessionId};
use crate::journal::SeatEvent;
use crate::replication::cell_size;

/// Whether the player of a session that ended is expected to return.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Departure {
    /// The player left the room, or the server closed the session, for example after a protocol error. The seat becomes
    /// free as soon as the game lets the player [leave](Simulation::may_leave) the world, normally at once.
    Left,
    /// The connection was lost, or the client closed it without leaving the game. The seat is kept for the grace period.
    Lost,
}

/// A client that joins.
#[derive(Debug)]
pub struct NewClient<'a> {
    /// The client's session.
    pub session: SessionId,
    /// The client's Hello message.
    pub hello: &'a Hello,
    /// A new random token, with which a player can resume the seat later.
    pub token: ResumeToken,
    /// The key of the client against whose limits the seat or the spectator's place counts. `None` if the client is exempt
    /// from these limits.
    pub key: Option<ClientKey>,
    /// The room drops this permit when the seat or the spectator's place becomes free. If a client that has a permit
    /// resumes the seat, that client's permit replaces this one. If a client without a permit resumes the seat, the seat
    /// keeps this permit.
    pub permit: Option<SeatPermit>,
}

/// What a client gets when it joins.
enum Place {
    /// A player gets a seat.
    Seat(Seat),
    /// A spectator gets no seat. The permit is dropped when the spectator leaves.
    Spectator(Option<SeatPermit>),
}

impl<S: Simulation> Room<S> {
    /// Whether this Hello message resumes a seat: it is from a player and has a valid resume token of this room.
    #[must_use]
    pub fn has_seat(&self, hello: &Hello) -> bool {
        let can_resume = |token| self.state.seating.find(&token_hash(token)).is_some();
        matches!(hello.role, Role::Player(_)) && hello.resume.as_ref().is_some_and(can_resume)
    }

    /// Whether a new player would get a seat: either a seat is free, or the room may give away a seat that it keeps for a
    /// player who has lost the connection.
    #[must_use]
    pub fn has_seat_for_new_player(&self, now: Duration) -> bool {
        self.state.seating.has_seat_for_new_player(now, |player| self.state.world.may_leave(player))
    }

    /// Handles the Hello message of a session. Snapshots start at the next tick.
    ///
    /// # Errors
    /// [`CloseReason::RoomFull`] if a player joins and no seat is available, or if a spectator joins and all places for
    /// spectators are taken. [`CloseReason::TeamUnavailable`] if the requested team is full or does not exist.
    pub fn handle_join(&mut self, client: NewClient<'_>, now: Duration) -> Result<Welcome<S::Game>, CloseReason> {
        let (session, viewport, tick_rate) = (client.session, client.hello.viewport, self.state.options.tick_rate);
        let (seat, client) = match self.admit(client, now)? {
            Place::Seat(seat) => {
                let player = self.player(&seat, viewport, session, now);
                (Some(seat), player)
            }
            Place::Spectator(permit) => (None, self.spectator(viewport, permit)),
        };
        self.clients.insert(session, client);
        self.vacancy = Vacancy::Occupied;
        let rules = self.state.world.rules().clone();
        let cell_size = cell_size(S::Game::extent(&rules));
        self.is_tick_requested = true;
        Ok(Welcome { seat, room: self.name.clone(), tick_rate, pace: S::Game::PACE, cell_size, rules })
    }

    fn admit(&mut self, client: NewClient<'_>, now: Duration) -> Result<Place, CloseReason> {
        let Role::Player(name) = &client.hello.role else {
            let has_place = self.clients.spectators() < usize::from(self.state.options.spectators);
            return if has_place { Ok(Place::Spectator(client.permit)) } else { Err(CloseReason::RoomFull) };
        };
        let NewClient { hello, token, key, permit, .. } = client;
        let request = SeatRequest {
            name,
            team: hello.team,
            presented: hello.resume.as_ref().map(token_hash),
            token: token_hash(&token),
            account: SeatAccount { client: key, permit },
        };
        let SeatTaken { player, resumed } = self.state.take_seat(request, now)?;
        Ok(Place::Seat(Seat { player, token, resumed }))
    }

    /// Frees the seat that is kept for a player who has lost the connection. Has no effect on other players.
    pub fn give_up_seat(&mut self, player: PlayerId, now: Duration) {
        if self.state.seating.is_lost(player) {
            self.state.handle(&SeatEvent::GivenUp(player), now);
        }
    }

    /// Handles the end of a session.
    pub fn handle_leave(&mut self, session: SessionId, departure: Departure, now: Duration) {
        let Some(client) = self.clients.remove(session) else { return };
        self.handovers.end(session, now);
        if self.is_empty() {
            self.vacancy = Vacancy::starting(now);
        }
        let Some(player) = client.player else { return };
        self.is_tick_requested = true;
        match departure {
            Departure::Left => self.state.handle(&SeatEvent::Left(player), now),
            Departure::Lost => self.state.handle(&SeatEvent::Disconnected(player), now),
        }
        if let Some(excess) = self.state.seating.excess_seat(player) {
            self.state.handle(&SeatEvent::GivenUp(excess), now);
        }
    }
}
