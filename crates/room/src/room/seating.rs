//! Seats of human players: joining, resuming, leaving, and the grace period after a lost connection.

mod resume_tokens;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use tickcast_protocol::{CloseReason, Game, Hello, PlayerId, PlayerName, Seat};

use super::roster::Roster;
use super::{NewClient, SessionId};
use resume_tokens::ResumeTokens;

/// The seat of a lost connection is kept for this long.
pub const RESUME_GRACE: Duration = Duration::from_secs(30);
/// In a full room, a seat whose connection was lost at least this long ago is given to a new player. The delay suffices for
/// a client that reconnects at once.
pub const YIELD_DELAY: Duration = Duration::from_secs(5);
/// Maximum number of seats that a room keeps for lost connections of one client (an address or an account). The number is
/// sufficient for a school whose pupils share an address and lose their connections at once.
pub const KEPT_SEATS_PER_CLIENT_MAX: usize = 64;

/// Maximum time for which a player who left may have to stay in the world. A game may require less. Without a maximum, a mistake
/// in a game's rules could occupy seats forever.
const STAY_TIME_MAX: Duration = Duration::from_secs(30);

/// Identifies the client against whose limits a seat counts. The server chooses the keys; the room only compares them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientKey(pub u64);

/// A value that the room keeps for as long as a seat is taken, including the time for which the seat is kept after a lost
/// connection. The server can thus count the seats of a client.
pub struct SeatPermit(
    /// Dropped when the seat becomes free.
    pub Box<dyn Send>,
);

impl fmt::Debug for SeatPermit {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SeatPermit")
    }
}

/// Seats of human players.
#[derive(Debug)]
pub(super) struct Seating<G: Game> {
    /// All players of the room, including AI players.
    pub(super) roster: Roster<G>,
    seats_max: usize,
    seats: BTreeMap<PlayerId, TakenSeat>,
    resume_tokens: ResumeTokens,
    /// Players who have left or lost their connection since the last tick, and are still in the world.
    disconnected: BTreeSet<PlayerId>,
    /// Players who have left, but may have to stay in the world. They cannot return, and their seats are still
    /// occupied.
    departed: BTreeMap<PlayerId, Departed>,
}

/// A player who has left, but may have to stay in the world.
#[derive(Debug)]
struct Departed {
    /// Time of the departure.
    since: Duration,
    /// Kept for as long as the seat is occupied.
    _permit: Option<SeatPermit>,
}

/// A seat that a human player holds.
#[derive(Debug)]
struct TakenSeat {
    holder: Holder,
    /// Whether a client has acknowledged a snapshot, which proves that it received a resume token.
    is_confirmed: bool,
    /// The client against whose limits the seat counts, or `None` if the client is exempt.
    client: Option<ClientKey>,
    /// Dropped with the seat.
    permit: Option<SeatPermit>,
}

/// Holder of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holder {
    /// Connected with this session.
    Connected(SessionId),
    /// Disconnected since this time.
    Disconnected(Duration),
}

impl TakenSeat {
    /// Time at which the connection was lost; `None` if the player is connected.
    const fn lost_at(&self) -> Option<Duration> {
        match self.holder {
            Holder::Connected(_) => None,
            Holder::Disconnected(since) => Some(since),
        }
    }
}

/// Result of taking a seat.
#[derive(Debug)]
pub(super) struct SeatTaken {
    pub(super) seat: Seat,
    /// The previous session of a resumed seat, if it was still connected. It has to be closed.
    pub(super) replaced: Option<SessionId>,
}

impl<G: Game> Seating<G> {
    pub(super) fn new(seats_max: u16, ai_players_max: u16) -> Self {
        Self {
            roster: Roster::new(usize::from(seats_max) + usize::from(ai_players_max)),
            seats_max: seats_max.into(),
            seats: BTreeMap::new(),
            resume_tokens: ResumeTokens::default(),
            disconnected: BTreeSet::new(),
            departed: BTreeMap::new(),
        }
    }

    /// Whether this Hello contains a token that resumes a seat.
    pub(super) fn can_resume(&self, hello: &Hello) -> bool {
        hello.resume.as_ref().is_some_and(|token| self.resume_tokens.find(token).is_some())
    }

    /// Resumes the seat that the client's token belongs to. Without a valid token, takes a free seat. If the room is full,
    /// takes the seat of a lost connection whose player may leave the world.
    ///
    /// # Errors
    /// [`CloseReason::RoomFull`] if no seat is free.
    pub(super) fn take_seat(
        &mut self,
        name: &PlayerName,
        client: NewClient<'_>,
        now: Duration,
        may_leave: impl Fn(PlayerId) -> bool,
    ) -> Result<SeatTaken, CloseReason> {
        let presented = client.hello.resume.as_ref();
        match presented.and_then(|token| self.resume_tokens.find(token)) {
            Some(player) => Ok(self.resume(player, client)),
            None => {
                self.make_room(now, may_leave)?;
                Ok(self.take_free_seat(name, client, now))
            }
        }
    }

    fn resume(&mut self, player: PlayerId, client: NewClient<'_>) -> SeatTaken {
        let NewClient { session, hello, token, key, permit } = client;
        self.resume_tokens.issue(player, hello.resume.as_ref(), &token);
        let taken = self.seats.get_mut(&player).expect("a token belongs to a taken seat");
        taken.client = key;
        taken.permit = permit.or(taken.permit.take());
        let replaced = match std::mem::replace(&mut taken.holder, Holder::Connected(session)) {
            Holder::Connected(session) => Some(session),
            Holder::Disconnected(_) => None,
        };
        SeatTaken { seat: Seat { player, token, resumed: true }, replaced }
    }

    fn take_free_seat(&mut self, name: &PlayerName, client: NewClient<'_>, now: Duration) -> SeatTaken {
        let NewClient { session, token, key, permit, .. } = client;
        let player = self.roster.join_human(name, now);
        self.resume_tokens.issue(player, None, &token);
        let holder = Holder::Connected(session);
        self.seats.insert(player, TakenSeat { holder, is_confirmed: false, client: key, permit });
        SeatTaken { seat: Seat { player, token, resumed: false }, replaced: None }
    }

    /// In a full room, frees the [yielding](Self::yielding_seat) seat.
    fn make_room(&mut self, now: Duration, may_leave: impl Fn(PlayerId) -> bool) -> Result<(), CloseReason> {
        if self.roster.humans() < self.seats_max {
            return Ok(());
        }
        let player = self.yielding_seat(now, may_leave).ok_or(CloseReason::RoomFull)?;
        self.depart(player, now);
        self.free_departed(now, |other| other == player);
        Ok(())
    }

    /// Whether a new player can take a seat: one is free or yields.
    pub(super) fn has_seat_for_new_player(&self, now: Duration, may_leave: impl Fn(PlayerId) -> bool) -> bool {
        self.roster.humans() < self.seats_max || self.yielding_seat(now, may_leave).is_some()
    }

    /// The seat that a full room gives to a new player: its connection was lost [`YIELD_DELAY`] ago or earlier, and its
    /// player may leave the world. Of several such seats, the one that was lost first.
    fn yielding_seat(&self, now: Duration, may_leave: impl Fn(PlayerId) -> bool) -> Option<PlayerId> {
        let yields = |(lost_at, player): &(Duration, PlayerId)| now >= *lost_at + YIELD_DELAY && may_leave(*player);
        self.lost_seats().filter(yields).min().map(|(_, player)| player)
    }

    /// The seats of lost connections, with the time of the loss.
    fn lost_seats(&self) -> impl Iterator<Item = (Duration, PlayerId)> {
        self.seats.iter().filter_map(|(player, seat)| Some((seat.lost_at()?, *player)))
    }

    /// Records that the client received its resume token.
    pub(super) fn confirm_token(&mut self, player: PlayerId) {
        if let Some(seat) = self.seats.get_mut(&player) {
            seat.is_confirmed = true;
            self.resume_tokens.confirm(player);
        }
    }

    /// Handles the departure of a player. The seat cannot be resumed, and becomes free with the next call of
    /// [`free_departed`](Self::free_departed) that finds that the player may leave.
    pub(super) fn handle_leave(&mut self, player: PlayerId, now: Duration) {
        self.disconnected.insert(player);
        self.depart(player, now);
    }

    fn depart(&mut self, player: PlayerId, now: Duration) {
        self.resume_tokens.revoke(player);
        let permit = self.seats.remove(&player).and_then(|seat| seat.permit);
        self.departed.insert(player, Departed { since: now, _permit: permit });
    }

    /// Handles the loss of a player's connection. The seat is kept for the grace period if a client has proved that it
    /// received the seat's token. Otherwise, the player is treated as having left: perhaps no client can resume the seat,
    /// and a client that connects and disconnects at once must not occupy one.
    pub(super) fn handle_disconnect(&mut self, player: PlayerId, now: Duration) {
        let Some(seat) = self.seats.get_mut(&player) else { return };
        if !seat.is_confirmed {
            return self.handle_leave(player, now);
        }
        seat.holder = Holder::Disconnected(now);
        self.disconnected.insert(player);
        if let Some(client) = seat.client {
            self.limit_kept_seats(client, now);
        }
    }

    /// If a client has too many kept seats, frees the one that was lost longest ago.
    fn limit_kept_seats(&mut self, client: ClientKey, now: Duration) {
        let is_charged = |(_, player): &(Duration, PlayerId)| self.seats[player].client == Some(client);
        let kept: Vec<_> = self.lost_seats().filter(is_charged).collect();
        if kept.len() > KEPT_SEATS_PER_CLIENT_MAX
            && let Some((_, oldest)) = kept.into_iter().min()
        {
            self.depart(oldest, now);
        }
    }

    /// Handles the departure of the players whose grace period is over.
    pub(super) fn handle_expired(&mut self, now: Duration) {
        let expired: Vec<_> = self.lost_seats().filter(|(lost_at, _)| now >= *lost_at + RESUME_GRACE).collect();
        expired.into_iter().for_each(|(_, player)| self.depart(player, now));
    }

    /// Frees the seats of players who have left, as soon as the game lets them leave the world, and after
    /// [`STAY_TIME_MAX`] in any case.
    pub(super) fn free_departed(&mut self, now: Duration, may_leave: impl Fn(PlayerId) -> bool) {
        let is_free =
            |player: &PlayerId, departed: &mut Departed| may_leave(*player) || now >= departed.since + STAY_TIME_MAX;
        for (player, _) in self.departed.extract_if(.., is_free) {
            self.roster.leave(player);
            self.disconnected.remove(&player);
        }
    }

    /// The earliest time after `now` at which a seat begins to yield or its grace period ends, or at which a player who has
    /// left need not stay any longer.
    pub(super) fn next_expiry(&self, now: Duration) -> Option<Duration> {
        let lost = self.lost_seats().flat_map(|(lost_at, _)| [lost_at + YIELD_DELAY, lost_at + RESUME_GRACE]);
        let stays = self.departed.values().map(|departed| departed.since + STAY_TIME_MAX);
        lost.chain(stays).filter(|time| *time > now).min()
    }

    /// Takes the players who have left or lost their connection since the last call, and are still in the world.
    pub(super) fn take_disconnected(&mut self) -> BTreeSet<PlayerId> {
        std::mem::take(&mut self.disconnected)
    }
}
