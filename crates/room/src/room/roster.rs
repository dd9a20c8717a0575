//! Players of a room by seat, and the room events that are not sent yet.
//!
//! A client knows the players that were announced, and its own player. After a full snapshot, a client also needs the
//! players who were announced earlier. The room divides the list of these players into parts. The full snapshot contains
//! one part. The snapshots that follow it contain the other parts. The tick number determines the part, so the room encodes
//! one part per tick for all clients that need it.

mod announcements;
mod markers;
mod ready_up;
mod streak;
mod teams;
mod unique_names;

use core::time::Duration;
use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tickcast_game::Outcome;
use tickcast_protocol::codec::Chunk;
use tickcast_protocol::game::Score;
use tickcast_protocol::{GameProtocol, PlayerId, PlayerKind, PlayerName, RoomEvent, Team, Tick};

use super::display_name;
use crate::replication::TickTime;
use announcements::{Announcements, Place};
use markers::Markers;
use streak::Streak;
use unique_names::{NameKey, UniqueNames, without_number};

pub use announcements::SETTLING_TIME;
pub use markers::{Marker, MarkerKind};
pub(super) use ready_up::ReadyUp;
pub(super) use teams::Teams;

/// Interval in beats at which changed standings are sent, to save bandwidth in a busy room.
const STANDINGS_BEATS: u32 = 8;

/// Maximum number of players in a part of the list. A room of the default size has one part. A part takes up to 2 KB with
/// names of common length, and up to 10 KB with the longest names.
const PART_PLAYERS: usize = 128;

/// Players of a room by seat, and the room events that are not sent yet.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub(crate) struct Roster<G: GameProtocol> {
    players: BTreeMap<PlayerId, Player<G>>,
    humans: usize,
    pub(super) teams: Teams,
    /// `None` if the match has begun.
    ready_up: Option<ReadyUp>,
    names: UniqueNames,
    /// Seats freed since the last tick.
    leaving: BTreeSet<PlayerId>,
    /// Seats taken since the last tick.
    joining: BTreeSet<PlayerId>,
    announcements: Announcements,
    /// Number of parts of the list of players. A power of two, so that the sequence of parts has no break when tick numbers
    /// wrap around.
    parts: u16,
    unsent_events: Vec<RoomEvent<G>>,
    /// Players whose standing may differ from the one that clients have.
    changed_standings: BTreeSet<PlayerId>,
    #[serde(skip)]
    markers: Markers,
}

/// Seats whose holder changed since the last tick.
#[derive(Debug, Default)]
pub(super) struct SeatChanges {
    /// Seats freed.
    pub(super) leaving: BTreeSet<PlayerId>,
    /// Seats taken.
    pub(super) joining: BTreeSet<PlayerId>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
struct Player<G: GameProtocol> {
    name: PlayerName,
    name_key: NameKey,
    kind: PlayerKind,
    team: Option<Team>,
    /// Whether the player is ready, while the room waits.
    is_ready: bool,
    /// Place in the order of announcements.
    place: Place,
    standing: G::Standing,
    /// The standing in the replicas of clients that know the player: the last one sent, plus the changes that clients
    /// derive from later events.
    known_standing: G::Standing,
    streak: Streak,
}

/// The result of a player who has left the room, or whose round has ended.
pub(super) struct PlayerResult {
    pub(super) name: PlayerName,
    pub(super) team: Option<Team>,
    pub(super) score: Score,
    pub(super) best_streak: u32,
}

impl<G: GameProtocol> Player<G> {
    fn result(&self) -> Option<PlayerResult> {
        let score = G::score(&self.standing)?;
        Some(PlayerResult { name: self.name.clone(), team: self.team, score, best_streak: self.streak.best() })
    }

    /// Appends what a client needs to know about the player: the name, in an event of the given variant, and what differs from
    /// the default.
    fn push_to(&self, id: PlayerId, event: Introduction<G>, section: &mut Chunk) {
        section.push(&event(id, self.name.clone(), self.kind));
        if self.known_standing != G::Standing::default() {
            section.push(&RoomEvent::<G>::Standing(id, self.known_standing.clone()));
        }
        if let Some(team) = self.team {
            section.push(&RoomEvent::<G>::Team(id, team));
        }
        if self.is_ready {
            section.push(&RoomEvent::<G>::Ready(id, true));
        }
    }
}

/// [`RoomEvent::Joined`] or [`RoomEvent::Present`].
type Introduction<G> = fn(PlayerId, PlayerName, PlayerKind) -> RoomEvent<G>;

impl<G: GameProtocol> Roster<G> {
    /// The empty roster of a room with this many seats, including those of AI players.
    pub(super) fn new(seats: usize, teams: Teams, ready_up: Option<ReadyUp>) -> Self {
        Self {
            players: BTreeMap::new(),
            humans: 0,
            teams,
            ready_up,
            names: UniqueNames::default(),
            leaving: BTreeSet::new(),
            joining: BTreeSet::new(),
            announcements: Announcements::new(seats),
            parts: u16::try_from(seats.div_ceil(PART_PLAYERS).next_power_of_two())
                .expect("a room has fewer than 2^16 seats"),
            unsent_events: Vec::new(),
            changed_standings: BTreeSet::new(),
            markers: Markers::default(),
        }
    }

    /// Number of human players.
    pub(super) const fn humans(&self) -> usize {
        self.humans
    }

    /// Number of AI players.
    pub(super) fn ai_players(&self) -> usize {
        self.players.len() - self.humans
    }

    /// Gives a human player a seat, sanitizes the name, and distinguishes it from the names of the other players. Without a
    /// `team`, the player joins the smallest one.
    pub(super) fn join_human(&mut self, name: &PlayerName, team: Option<Team>, now: Duration) -> PlayerId {
        self.humans += 1;
        let player = self.free_seat();
        let requested = display_name::sanitize(name.as_str()).and_then(|name| without_number(&name));
        let name = requested.unwrap_or_else(|| numbered("Pilot", player));
        self.join(player, name, (PlayerKind::Human, team), now)
    }

    /// Gives a new AI player a seat. `name` returns the name of the AI player in a seat.
    pub(super) fn join_ai(&mut self, name: impl FnOnce(PlayerId) -> PlayerName, now: Duration) -> PlayerId {
        let player = self.free_seat();
        self.join(player, name(player), (PlayerKind::Ai, None), now)
    }

    fn join(
        &mut self,
        player: PlayerId,
        name: PlayerName,
        (kind, team): (PlayerKind, Option<Team>),
        now: Duration,
    ) -> PlayerId {
        let team = self.teams.add(kind, team);
        let (name, name_key) = self.names.take(name);
        self.joining.insert(player);
        let settling_time = if kind == PlayerKind::Human { SETTLING_TIME } else { Duration::ZERO };
        let place = self.announcements.add(player, now + settling_time);
        let (standing, known_standing) = (G::Standing::default(), G::Standing::default());
        let new = Player {
            name,
            name_key,
            kind,
            team,
            is_ready: false,
            place,
            standing,
            known_standing,
            streak: Streak::default(),
        };
        self.players.insert(player, new);
        player
    }

    /// The lowest free seat, because small numbers are encoded in fewer bytes.
    fn free_seat(&self) -> PlayerId {
        let taken = self.players.keys().zip(0..).take_while(|(player, seat)| player.0 == *seat).count();
        PlayerId(u16::try_from(taken).expect("a room has fewer than 2^16 seats"))
    }

    /// Frees a seat. Returns the player who held the seat, unless the player never entered the world, or the game has no
    /// scores.
    pub(super) fn leave(&mut self, player: PlayerId) -> Option<PlayerResult> {
        let left = self.players.remove(&player)?;
        self.humans -= usize::from(left.kind == PlayerKind::Human);
        self.teams.remove(left.kind, left.team);
        self.names.release(&left.name_key);
        self.changed_standings.remove(&player);
        let was_announced = !self.announcements.remove(left.place);
        if was_announced {
            self.unsent_events.push(RoomEvent::Left(player));
            if left.kind == PlayerKind::Human {
                self.markers.push(MarkerKind::Left(left.name.clone()));
            }
        }
        if self.joining.remove(&player) {
            return None;
        }
        self.leaving.insert(player);
        left.result()
    }

    /// The AI player who leaves first: of the largest team, the one in the highest seat.
    pub(super) fn last_ai(&self) -> Option<PlayerId> {
        let ai_players = self.players.iter().filter(|(_, player)| player.kind == PlayerKind::Ai);
        ai_players.max_by_key(|(_, player)| self.teams.size(player.team)).map(|(seat, _)| *seat)
    }

    /// Takes the seats whose holder changed since the last call.
    pub(super) fn take_seat_changes(&mut self) -> SeatChanges {
        SeatChanges { leaving: std::mem::take(&mut self.leaving), joining: std::mem::take(&mut self.joining) }
    }

    /// Records the events and standings of a tick.
    pub(super) fn handle_outcome(&mut self, outcome: Outcome<G>) {
        if self.markers.is_recording() {
            self.mark_kills(&outcome.events);
            self.mark_records(&outcome.standings);
        }
        for (id, change) in outcome.events.iter().flat_map(G::standing_changes) {
            if let Some(player) = self.players.get_mut(&id) {
                change(&mut player.known_standing);
                self.changed_standings.insert(id);
            }
        }
        for (id, standing) in outcome.standings {
            if let Some(player) = self.players.get_mut(&id) {
                if let Some(score) = G::score(&standing) {
                    player.streak.handle(score);
                }
                player.standing = standing;
                self.changed_standings.insert(id);
            }
        }
        for event in outcome.events {
            if G::ends_round(&event) {
                // Clients must know the final standings before they reset them.
                let standings = self.take_standing_events();
                self.unsent_events.extend(standings);
            }
            self.unsent_events.push(RoomEvent::Game(event));
        }
    }

    /// The result of a player in the current round. `None` if the game has no scores.
    pub(super) fn result(&self, player: PlayerId) -> Option<PlayerResult> {
        self.players.get(&player)?.result()
    }

    /// Resets the standings of all players, as clients do at the end of a round.
    pub(super) fn reset_standings(&mut self) {
        for player in self.players.values_mut() {
            (player.standing, player.known_standing) = (G::Standing::default(), G::Standing::default());
            player.streak = Streak::default();
        }
        self.changed_standings.clear();
        self.markers.start_round();
    }

    /// The room section of delta snapshots at this tick. `now` is the time on the room's clock.
    pub(super) fn poll_delta(&mut self, time: TickTime, now: Duration) -> Chunk {
        let mut section = Chunk::default();
        self.unsent_events.drain(..).for_each(|event| section.push(&event));
        self.announcements.refill(time.elapsed());
        self.push_announcements(now, &mut section);
        if time.reaches_multiple_of(STANDINGS_BEATS) {
            self.take_standing_events().iter().for_each(|event| section.push(event));
        }
        self.markers.handle_tick(time.tick);
        section
    }

    fn push_announcements(&mut self, now: Duration, section: &mut Chunk) {
        while let Some(id) = self.announcements.next(now) {
            let mut announcement = Chunk::default();
            self.players[&id].push_to(id, RoomEvent::Joined, &mut announcement);
            if !self.announcements.try_announce(announcement.bytes.len()) {
                return;
            }
            if self.players[&id].kind == PlayerKind::Human {
                self.markers.push(MarkerKind::Joined(self.players[&id].name.clone()));
            }
            section.extend(announcement.as_run());
        }
    }

    /// Takes the standings that differ from those that clients have.
    fn take_standing_events(&mut self) -> Vec<RoomEvent<G>> {
        let changed = std::mem::take(&mut self.changed_standings).into_iter();
        let event = |id: PlayerId| {
            let player = self.players.get_mut(&id).expect("a player that left has no changed standing");
            let is_known = player.known_standing == player.standing;
            player.known_standing = player.standing.clone();
            (!is_known).then(|| RoomEvent::Standing(id, player.standing.clone()))
        };
        changed.filter_map(event).collect()
    }

    /// Number of consecutive ticks after which every announced player has been listed.
    pub(crate) const fn list_ticks(&self) -> u16 {
        self.parts
    }

    /// The whole list of players.
    pub(crate) fn encode_list(&self) -> Chunk {
        let mut section = self.encode_phase();
        for (id, player) in self.players.iter().filter(|(_, player)| !self.announcements.contains(player.place)) {
            player.push_to(*id, RoomEvent::Present, &mut section);
        }
        section
    }

    /// The part of the list of players that belongs to a tick.
    pub(crate) fn encode_part(&self, tick: Tick) -> Chunk {
        let mut section = self.encode_phase();
        for (id, player) in self.players.iter().filter(|(id, player)| self.is_listed(**id, player, tick)) {
            player.push_to(*id, RoomEvent::Present, &mut section);
        }
        section
    }

    /// The name of a player.
    pub(super) fn name(&self, player: PlayerId) -> Option<&PlayerName> {
        self.players.get(&player).map(|player| &player.name)
    }

    /// The entry of a player for a full snapshot at `tick` to this player's own client. `None` if the part of the list that
    /// belongs to the tick already contains the player.
    pub(super) fn encode_own(&self, id: PlayerId, tick: Tick) -> Option<Chunk> {
        let player = self.players.get(&id).filter(|player| !self.is_listed(id, player, tick))?;
        let mut section = Chunk::default();
        player.push_to(id, RoomEvent::Present, &mut section);
        Some(section)
    }

    /// Whether the player is announced and in the part of the list that belongs to a tick.
    fn is_listed(&self, id: PlayerId, player: &Player<G>, tick: Tick) -> bool {
        let parts = u32::from(self.parts);
        u32::from(id.0) % parts == tick.0 % parts && !self.announcements.contains(player.place)
    }
}

fn numbered(word: &str, player: PlayerId) -> PlayerName {
    format!("{word} {}", player.0 + 1).try_into().expect("a word and a number fit a player name")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tickcast_arena::{Arena, Standing};

    /// Seats of the rooms in these tests.
    const SEATS: u16 = 100;
    const TICKS_PER_S: u32 = 30;

    fn name(text: &str) -> PlayerName {
        text.to_owned().try_into().expect("the name is short")
    }

    /// A roster, and the sections of delta snapshots that it has encoded.
    struct Run {
        roster: Roster<Arena>,
        tick: u32,
        /// The section of each tick.
        sent: Vec<Chunk>,
    }

    impl Run {
        fn new() -> Self {
            Self { roster: Roster::new(SEATS.into(), Teams::default(), None), tick: 0, sent: Vec::new() }
        }

        fn now(&self) -> Duration {
            Duration::from_secs(1) * self.tick / TICKS_PER_S
        }

        fn join(&mut self, text: &str) -> PlayerId {
            self.roster.join_human(&name(text), None, self.now())
        }

        fn run(&mut self, seconds: u32) {
            for _ in 0..seconds * TICKS_PER_S {
                self.step();
            }
        }

        fn step(&mut self) {
            self.tick += 1;
            let section = self.roster.poll_delta(Tick(self.tick).into(), self.now());
            self.sent.push(section);
        }

        /// The list of players at the current tick. The room is so small that the list has one part.
        fn list(&self) -> Chunk {
            self.roster.encode_part(Tick(self.tick))
        }

        /// The player's own entry at the current tick.
        fn own(&self, player: PlayerId) -> Option<Chunk> {
            self.roster.encode_own(player, Tick(self.tick))
        }

        /// Takes the number of events and of bytes that were sent since the last call.
        fn take(&mut self) -> (u32, usize) {
            let sent = std::mem::take(&mut self.sent);
            (sent.iter().map(|chunk| chunk.count).sum(), sent.iter().map(|chunk| chunk.bytes.len()).sum())
        }
    }

    #[test]
    fn a_name_that_looks_like_that_of_a_present_player_gets_a_number() {
        let mut run = Run::new();
        run.roster.join_ai(|player| numbered("Drone", player), Duration::ZERO);
        let mut join = |name: &str| {
            let player = run.join(name);
            (player, run.roster.players[&player].name.as_str().to_owned())
        };
        assert_eq!(join("Drone 1").1, "Drone 1 (2)");
        let (ada, name) = join("Ada (2)");
        assert_eq!((name.as_str(), join("Ada").1.as_str()), ("Ada", "Ada (2)"));
        run.roster.leave(ada);
        let ada = run.join("Ada");
        assert_eq!(run.roster.players[&ada].name.as_str(), "Ada", "the name is free again");
    }

    #[test]
    fn an_initial_standing_is_not_sent() {
        let mut run = Run::new();
        let [first, _] = ["Ada", "Eve"].map(|name| run.join(name));
        run.run(4);
        assert_eq!(run.list().count, 2);
        let standings = vec![(first, Standing { score: 100, ..Standing::default() })];
        run.roster.handle_outcome(Outcome { standings, ..Outcome::default() });
        run.run(1);
        assert_eq!(run.list().count, 3);
    }

    #[test]
    fn a_player_is_announced_once_after_the_settling_time() {
        let mut run = Run::new();
        let player = run.join("Ada");
        run.run(1);
        assert_eq!((run.take().0, run.list().count), (0, 0));
        assert_eq!(run.own(player).map(|own| own.count), Some(1), "the player learns its own name at once");
        run.run(60);
        assert_eq!((run.take().0, run.list().count), (1, 1));
        assert_eq!(run.own(player), None);
        run.roster.leave(player);
        run.step();
        assert_eq!((run.take().0, run.list().count), (1, 0), "the departure is sent at once");
    }

    #[test]
    fn a_player_who_leaves_before_the_announcement_is_never_mentioned() {
        let mut run = Run::new();
        let player = run.join("Ada");
        run.run(1);
        run.roster.leave(player);
        run.run(10);
        assert_eq!(run.take(), (0, 0));
    }

    #[test]
    fn many_players_who_join_at_once_are_announced_in_one_list() {
        let mut run = Run::new();
        for number in 0..SEATS / 2 {
            run.join(&format!("Bot {number}"));
        }
        run.run(3);
        assert_eq!(run.sent.iter().map(|chunk| chunk.count).max(), Some((SEATS / 2).into()));
    }

    #[test]
    fn players_who_come_and_go_cost_a_fifth_of_a_calm_snapshot_at_most() {
        const BYTES_PER_TICK_CALM: usize = 8;
        let longest = "\u{1f3f4}".repeat(16);
        let mut run = Run::new();
        // A player joins in every tick and leaves after 90 ticks (three seconds), which is longer than the settling time.
        let mut present = std::collections::VecDeque::new();
        let mut churn = |run: &mut Run, seconds: u32| {
            for _ in 0..seconds * TICKS_PER_S {
                present.push_back(run.join(&longest));
                if present.len() > 90 {
                    run.roster.leave(present.pop_front().expect("there are 90"));
                }
                run.step();
            }
        };
        churn(&mut run, 60);
        run.take();
        churn(&mut run, 60);
        let (events, bytes) = run.take();
        let bytes_max = 60 * TICKS_PER_S as usize * BYTES_PER_TICK_CALM / 5;
        assert!(events > 0 && bytes <= bytes_max + 200, "{events} events, {bytes} bytes, limit {bytes_max}");
        let ada = run.join("Ada");
        churn(&mut run, 6);
        assert_eq!(run.own(ada), None, "a player who stays is announced");
    }
}
