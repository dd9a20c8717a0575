//! Seats of human players: joining, resuming, leaving, and the grace period after a lost connection.

mod action_log;
mod resume_tokens;
mod stay;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};
use tickcast_protocol::{ActionOutcome, CloseReason, GameProtocol, PlayerId, PlayerName, Team};

use super::roster::{ReadyUp, Roster, Teams};
use crate::RoomOptions;
use crate::journal::TokenHash;
use resume_tokens::ResumeTokens;
use stay::EndedStay;

pub(super) use action_log::ActionLog;
pub(super) use resume_tokens::token_hash;
pub(super) use stay::Stay;
pub use stay::StayResult;

/// For this long, a room keeps the seat of a player who has lost the connection.
pub const RESUME_GRACE: Duration = Duration::from_secs(30);
/// If a player joins a full room, the room gives away the seat of a player whose connection was lost at least this long
/// ago. A client that reconnects at once needs less time.
pub const YIELD_DELAY: Duration = Duration::from_secs(5);
/// Maximum number of seats that a room keeps for lost connections of one client (an address or an account). The number is
/// sufficient for a school whose pupils share an address and all lose their connections at the same time.
pub const KEPT_SEATS_PER_CLIENT_MAX: usize = 64;

/// Maximum time for which a game can keep a player in the world after the player has left the room. Without it, a mistake
/// in a game's rules could occupy seats forever.
const STAY_TIME_MAX: Duration = Duration::from_secs(30);

/// Identifies the client against whose limits a seat counts. The server chooses the keys. The room only compares them.
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
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub(super) struct Seating<G: GameProtocol> {
    /// All players of the room, including AI players.
    pub(super) roster: Roster<G>,
    seats_max: usize,
    seats: BTreeMap<PlayerId, TakenSeat<G>>,
    resume_tokens: ResumeTokens,
    /// Players whose session has ended since the last tick, because they have left the room or lost their connection. Does
    /// not contain players whom the room has already removed from the world.
    disconnected: BTreeSet<PlayerId>,
    /// Players who have left the room, but stay in the world until the game lets them leave the world. These players cannot
    /// resume their seats. The seats stay occupied until the players leave the world.
    departed: BTreeMap<PlayerId, Departed>,
    /// Results since the last call of [`Seating::take_results`]. Not part of a checkpoint: a write to the store contains both
    /// the results and the journal that led to them.
    #[serde(skip)]
    results: Vec<StayResult>,
}

/// A player who has left the room, but stays in the world until the game lets the player leave the world.
#[derive(Debug, Serialize, Deserialize)]
struct Departed {
    /// Time of the departure.
    since: Duration,
    /// The player's stay; `None` if the player held no seat.
    stay: Option<EndedStay>,
    /// Kept for as long as the seat is occupied.
    #[serde(skip)]
    _permit: Option<SeatPermit>,
}

/// A seat that a human player holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
struct TakenSeat<G: GameProtocol> {
    holder: Holder,
    /// Whether a client has acknowledged a snapshot, which proves that it received a resume token.
    is_confirmed: bool,
    stay: Stay,
    actions: ActionLog<G>,
    /// The client against whose limits the seat counts. Not part of a checkpoint: a restarted server starts with empty
    /// accounts for all clients.
    #[serde(skip)]
    account: SeatAccount,
}

/// The client against whose limits a seat counts.
#[derive(Debug, Default)]
pub(super) struct SeatAccount {
    /// The client, or `None` if the client is exempt from the limits per client.
    pub(super) client: Option<ClientKey>,
    /// Dropped when the seat becomes free.
    pub(super) permit: Option<SeatPermit>,
}

/// A player who takes a free seat.
pub(super) struct Newcomer<'a> {
    /// The requested name.
    pub(super) name: &'a PlayerName,
    /// The requested team.
    pub(super) team: Option<Team>,
    /// The token to issue.
    pub(super) token: TokenHash,
    pub(super) account: SeatAccount,
}

/// Holder of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Holder {
    Connected,
    /// The connection was lost at this time.
    Disconnected(Duration),
}

impl<G: GameProtocol> TakenSeat<G> {
    /// Time at which the connection was lost; `None` if the player is connected.
    const fn lost_at(&self) -> Option<Duration> {
        match self.holder {
            Holder::Connected => None,
            Holder::Disconnected(since) => Some(since),
        }
    }

    /// Whether the player has been connected during the stay. A stay that began at the end of a round, after the connection
    /// was lost, is not a match that the player has played.
    fn has_played(&self) -> bool {
        self.lost_at().is_none_or(|lost_at| lost_at >= self.stay.since)
    }
}

impl<G: GameProtocol> Seating<G> {
    /// Empty seats. A room whose options choose no number of teams has `default_teams`.
    pub(super) fn new(options: &RoomOptions, default_teams: u16) -> Self {
        let RoomOptions { seats, ai_players, teams, .. } = *options;
        let teams = Teams::new(if teams > 0 { teams } else { default_teams }, seats);
        Self {
            roster: Roster::new(usize::from(seats) + usize::from(ai_players), teams, ReadyUp::new(options)),
            seats_max: seats.into(),
            seats: BTreeMap::new(),
            resume_tokens: ResumeTokens::default(),
            disconnected: BTreeSet::new(),
            departed: BTreeMap::new(),
            results: Vec::new(),
        }
    }

    /// The player whose seat this token resumes.
    pub(super) fn find(&self, token: &TokenHash) -> Option<PlayerId> {
        self.resume_tokens.find(token)
    }

    /// Resumes a seat with the token that the client presented, and issues `token` for the seat. Returns `None` if the
    /// presented token is invalid.
    pub(super) fn resume(&mut self, presented: TokenHash, token: TokenHash, account: SeatAccount) -> Option<PlayerId> {
        let player = self.resume_tokens.find(&presented)?;
        self.resume_tokens.issue(player, Some(presented), token);
        let taken = self.seats.get_mut(&player).expect("a token belongs to a taken seat");
        taken.account = SeatAccount { client: account.client, permit: account.permit.or(taken.account.permit.take()) };
        taken.holder = Holder::Connected;
        Some(player)
    }

    /// Takes a free seat, and issues a token for it.
    pub(super) fn join(&mut self, newcomer: Newcomer<'_>, stay: Stay) -> PlayerId {
        let Newcomer { name, team, token, account } = newcomer;
        let player = self.roster.join_human(name, team, stay.since);
        self.resume_tokens.issue(player, None, token);
        let (holder, actions) = (Holder::Connected, ActionLog::default());
        self.seats.insert(player, TakenSeat { holder, is_confirmed: false, stay, actions, account });
        player
    }

    /// The outcomes of the actions of a seat. `None` if the player holds no seat.
    pub(super) fn actions(&self, player: PlayerId) -> Option<&ActionLog<G>> {
        self.seats.get(&player).map(|seat| &seat.actions)
    }

    /// Records the outcome of a player's next action.
    pub(super) fn handle_action(&mut self, player: PlayerId, outcome: ActionOutcome<G>) {
        if let Some(seat) = self.seats.get_mut(&player) {
            seat.actions.push(outcome);
        }
    }

    /// If the room or the requested team is full, frees the seat that [`yielding_seat`](Self::yielding_seat) returns.
    ///
    /// # Errors
    /// [`CloseReason::RoomFull`] if the room is full and there is no such seat. [`CloseReason::TeamUnavailable`] if the team
    /// is full and there is no such seat, or if there is no such team.
    pub(super) fn make_room(
        &mut self,
        team: Option<Team>,
        now: Duration,
        may_leave: impl Fn(PlayerId) -> bool,
    ) -> Result<(), CloseReason> {
        let teams = &self.roster.teams;
        if team.is_some_and(|team| !teams.contains(team)) {
            return Err(CloseReason::TeamUnavailable);
        }
        let full_team = team.filter(|team| teams.is_full(*team));
        let is_full = self.roster.humans() >= self.seats_max;
        if !is_full && full_team.is_none() {
            return Ok(());
        }
        let is_in_team = |player| full_team.is_none() || self.roster.team(player) == full_team;
        let yielding = self.yielding_seat(now, |player| is_in_team(player) && may_leave(player));
        let refusal = if is_full { CloseReason::RoomFull } else { CloseReason::TeamUnavailable };
        let player = yielding.ok_or(refusal)?;
        self.depart(player, now);
        self.free_departed(now, |other| other == player);
        Ok(())
    }

    /// Whether a new player can take a seat: the room is not full, or [`yielding_seat`](Self::yielding_seat) returns a
    /// seat.
    pub(super) fn has_seat_for_new_player(&self, now: Duration, may_leave: impl Fn(PlayerId) -> bool) -> bool {
        self.roster.humans() < self.seats_max || self.yielding_seat(now, may_leave).is_some()
    }

    /// The seat that a full room takes from its player and gives to a new player. The player has lost the connection
    /// [`YIELD_DELAY`] ago or earlier, and may leave the world. If there are several such players, returns the seat of the
    /// one who lost the connection first.
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

    /// Handles the departure of a player who was connected until now. The seat cannot be resumed. It becomes free when
    /// [`free_departed`](Self::free_departed) finds that the player may leave the world.
    pub(super) fn handle_leave(&mut self, player: PlayerId, now: Duration) {
        self.disconnected.insert(player);
        self.depart(player, now);
    }

    /// Handles the departure of a player whose connection was lost earlier.
    pub(super) fn depart(&mut self, player: PlayerId, now: Duration) {
        self.resume_tokens.revoke(player);
        let seat = self.seats.remove(&player);
        let stay = seat.as_ref().filter(|seat| seat.has_played()).map(|seat| seat.stay.end(seat.lost_at().unwrap_or(now)));
        let permit = seat.and_then(|seat| seat.account.permit);
        self.departed.insert(player, Departed { since: now, stay, _permit: permit });
    }

    /// Handles the loss of a player's connection. The seat is kept for the grace period if a client has proved that it
    /// received the seat's token. Otherwise, the player is treated as having left the room, for two reasons: perhaps no
    /// client has the token that resumes the seat, and a client that connects and disconnects at once must not occupy a
    /// seat.
    pub(super) fn handle_disconnect(&mut self, player: PlayerId, now: Duration) {
        let Some(seat) = self.seats.get_mut(&player) else { return };
        if !seat.is_confirmed {
            return self.handle_leave(player, now);
        }
        seat.holder = Holder::Disconnected(now);
        self.disconnected.insert(player);
    }

    /// If the client of a player has too many kept seats, returns the kept seat whose connection was lost first.
    pub(super) fn excess_seat(&self, player: PlayerId) -> Option<PlayerId> {
        let client = self.seats.get(&player)?.account.client?;
        let is_charged = |(_, player): &(Duration, PlayerId)| self.seats[player].account.client == Some(client);
        let kept: Vec<_> = self.lost_seats().filter(is_charged).collect();
        if kept.len() <= KEPT_SEATS_PER_CLIENT_MAX {
            return None;
        }
        kept.into_iter().min().map(|(_, oldest)| oldest)
    }

    /// Handles the loss of all connections by the end of the process. Also keeps seats that no client has confirmed, which
    /// [`handle_disconnect`](Self::handle_disconnect) does not: a client may have acknowledged a snapshot, but the process
    /// may have ended before the acknowledgement was stored.
    pub(super) fn handle_recovery(&mut self, now: Duration) {
        for (player, seat) in &mut self.seats {
            if seat.holder == Holder::Connected {
                seat.holder = Holder::Disconnected(now);
                self.disconnected.insert(*player);
            }
        }
    }

    /// Whether a seat is kept for this player, who has lost the connection.
    pub(super) fn is_lost(&self, player: PlayerId) -> bool {
        self.seats.get(&player).is_some_and(|seat| seat.lost_at().is_some())
    }

    /// Number of seats that are kept for players who have lost their connection and can resume.
    pub(super) fn lost(&self) -> usize {
        self.lost_seats().count()
    }

    /// Handles the departure of the players whose grace period is over. Returns whether there are any.
    pub(super) fn handle_expired(&mut self, now: Duration) -> bool {
        let expired: Vec<_> = self.lost_seats().filter(|(lost_at, _)| now >= *lost_at + RESUME_GRACE).collect();
        expired.iter().for_each(|(_, player)| self.depart(*player, now));
        !expired.is_empty()
    }

    /// Frees the seats of the players who have left the room and whom the game lets leave the world now. Also frees the
    /// seats of players who left the room [`STAY_TIME_MAX`] ago or earlier. Returns whether any seat was freed.
    pub(super) fn free_departed(&mut self, now: Duration, may_leave: impl Fn(PlayerId) -> bool) -> bool {
        let is_free =
            |player: &PlayerId, departed: &mut Departed| may_leave(*player) || now >= departed.since + STAY_TIME_MAX;
        let occupied = self.departed.len();
        for (player, departed) in self.departed.extract_if(.., is_free) {
            let left = self.roster.leave(player);
            self.disconnected.remove(&player);
            if let (Some(result), Some(stay)) = (left, departed.stay) {
                self.results.push(stay.result(player, result, None));
            }
        }
        self.departed.len() < occupied
    }

    /// Ends the stays of all players at the end of a round, and resets the standings. The players who hold a seat begin the stay
    /// `next`.
    pub(super) fn end_round(&mut self, next: Stay) {
        let departed =
            self.departed.iter_mut().filter_map(|(player, departed)| Some((*player, departed.stay.take()?, None)));
        let ended: Vec<_> = departed.collect();
        let playing = self.seats.iter_mut().filter(|(_, seat)| seat.has_played());
        let stays = playing.map(|(player, seat)| {
            let end = seat.lost_at().unwrap_or(next.since);
            (*player, std::mem::replace(&mut seat.stay, next).end(end), Some(next.first_tick))
        });
        for (player, stay, next) in ended.into_iter().chain(stays) {
            if let Some(result) = self.roster.result(player) {
                self.results.push(stay.result(player, result, next));
            }
        }
        self.roster.reset_standings();
    }

    /// Takes the results of the players who have left since the last call.
    pub(super) fn take_results(&mut self) -> Vec<StayResult> {
        std::mem::take(&mut self.results)
    }

    /// The earliest time after `now` at which [`YIELD_DELAY`] or [`RESUME_GRACE`] ends for the seat of a lost connection,
    /// or [`STAY_TIME_MAX`] for a player who has left the room.
    pub(super) fn next_expiry(&self, now: Duration) -> Option<Duration> {
        let lost = self.lost_seats().flat_map(|(lost_at, _)| [lost_at + YIELD_DELAY, lost_at + RESUME_GRACE]);
        let stays = self.departed.values().map(|departed| departed.since + STAY_TIME_MAX);
        lost.chain(stays).filter(|time| *time > now).min()
    }

    /// Takes the players whose connection has ended since the last call, and who are still in the world.
    pub(super) fn take_disconnected(&mut self) -> BTreeSet<PlayerId> {
        std::mem::take(&mut self.disconnected)
    }
}
