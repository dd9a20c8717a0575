//! Tests four properties of a room: the seats that it keeps, the times at which it ticks, the commands that its world gets,
//! and the names that its clients receive.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tickcast_arena::{Arena, Options, World};
use tickcast_game::{Command, Simulation};
use tickcast_protocol::codec::{self, Chunk};
use tickcast_protocol::{CloseReason, Hello, PlayerId, Replica, ResumeToken, Role, ServerMessage, Tick, Viewport, Welcome};
use tickcast_room::{
    ClientKey, CommandObserver, Departure, EMPTY_GRACE, KEPT_SEATS_PER_CLIENT_MAX, NewClient, PAUSE_DELAY, RESUME_GRACE,
    Room, RoomOptions, SETTLING_TIME, Schedule, SeatPermit, SessionId, YIELD_DELAY,
};

const TICK_RATE: u16 = 20;
const TICK: Duration = Duration::from_millis(50);
const SECOND: Duration = Duration::from_secs(1);

/// A tick and its commands.
type Recorded = (Tick, Vec<Command<Arena>>);

/// The commands of each tick.
#[derive(Clone, Default)]
struct Commands(Arc<Mutex<Vec<Recorded>>>);

impl CommandObserver<Arena> for Commands {
    fn observe(&mut self, tick: Tick, commands: &[Command<Arena>]) {
        self.0.lock().expect("no thread has panicked").push((tick, commands.to_vec()));
    }
}

/// A room in simulated time.
struct TestRoom {
    room: Room<World>,
    commands: Commands,
    now: Duration,
    sessions: u64,
}

/// A client of the room, on a network without delay.
struct Client {
    session: SessionId,
    welcome: Welcome<Arena>,
    replica: Replica<Arena>,
    /// Sizes in bytes of the snapshots that this client has received.
    snapshot_bytes: Vec<usize>,
}

/// What a player who joins presents, besides a name.
#[derive(Default)]
struct Terms {
    resume: Option<ResumeToken>,
    key: Option<ClientKey>,
    permit: Option<SeatPermit>,
}

impl TestRoom {
    fn new(seats: u16) -> Self {
        let options =
            RoomOptions::default().with(|room| (room.tick_rate, room.seats, room.ai_players) = (TICK_RATE, seats, 0));
        let world = World::new(&Options { world_size: 1000, rocks: 0, orbs: 0, round_s: 0 }, TICK_RATE, 1);
        let commands = Commands::default();
        let name = "test".parse().expect("the name is valid");
        let room = Room::new(name, options, world, Box::new(commands.clone()));
        Self { room, commands, now: Duration::ZERO, sessions: 0 }
    }

    fn join_with(&mut self, name: &str, terms: Terms) -> Result<Client, CloseReason> {
        self.sessions += 1;
        let session = SessionId(self.sessions);
        let role = Role::Player(name.to_owned().try_into().expect("the name is valid"));
        let hello = Hello { resume: terms.resume, ..Hello::new::<Arena>(role, Viewport::default()) };
        let token = ResumeToken(u128::from(self.sessions).to_le_bytes());
        let client = NewClient { session, hello: &hello, token, key: terms.key, permit: terms.permit };
        let welcome = self.room.handle_join(client, self.now)?;
        let replica = Replica::new(&welcome).expect("the Welcome is valid");
        Ok(Client { session, welcome, replica, snapshot_bytes: Vec::new() })
    }

    fn join(&mut self, name: &str) -> Client {
        self.join_with(name, Terms::default()).expect("there is a free seat")
    }

    fn leave(&mut self, client: &Client, departure: Departure) {
        self.room.handle_leave(client.session, departure, self.now);
    }

    /// Lets a player join, acknowledge a snapshot, and lose the connection.
    fn join_and_lose(&mut self, name: &str, terms: Terms) -> Client {
        let mut client = self.join_with(name, terms).expect("there is a free seat");
        self.step(&mut [&mut client]);
        self.leave(&client, Departure::Lost);
        client
    }

    /// Runs a tick. Only the given clients receive and acknowledge their snapshots.
    fn step(&mut self, clients: &mut [&mut Client]) {
        self.now += TICK;
        let step = self.room.step(self.now);
        for (session, delivery) in &step.live.deliveries {
            let Some(client) = clients.iter_mut().find(|client| client.session == *session) else { continue };
            let mut bytes = Vec::new();
            step.live.frame.compose(delivery, &mut Chunk::default(), &mut bytes).expect("the game does not panic");
            client.snapshot_bytes.push(bytes.len());
            let Ok(ServerMessage::Snapshot(snapshot)) = codec::decode_server(&bytes) else { panic!("not a snapshot") };
            client.replica.apply(&snapshot).expect("the snapshot applies");
            self.room.handle_acknowledgement(*session, step.live.frame.tick());
        }
    }

    fn run(&mut self, time: Duration, clients: &mut [&mut Client]) {
        let end = self.now + time;
        while self.now < end {
            self.step(clients);
        }
    }

    fn has_seat(&self, token: ResumeToken) -> bool {
        let role = Role::Player("Ada".to_owned().try_into().expect("the name is valid"));
        self.room.has_seat(&Hello { resume: Some(token), ..Hello::new::<Arena>(role, Viewport::default()) })
    }

    fn take_commands(&mut self) -> Vec<Recorded> {
        std::mem::take(&mut *self.commands.0.lock().expect("no thread has panicked"))
    }
}

impl Client {
    fn player(&self) -> PlayerId {
        self.welcome.player().expect("the client is a player")
    }

    fn token(&self) -> ResumeToken {
        self.welcome.seat.expect("the client is a player").token
    }

    /// The names that the client knows, in the order of seats.
    fn names(&self) -> Vec<&str> {
        self.replica.players().values().map(|player| player.name.as_str()).collect()
    }
}

#[test]
fn a_room_does_not_tick_before_its_first_client() {
    let mut test = TestRoom::new(2);
    assert_eq!(test.room.poll_schedule(SECOND), Schedule::Pause(EMPTY_GRACE));
    assert_eq!(test.room.poll_schedule(EMPTY_GRACE), Schedule::Close);
    test.now = EMPTY_GRACE - TICK;
    let _client = test.join("Ada");
    assert_eq!(test.room.poll_schedule(EMPTY_GRACE), Schedule::Tick);
}

#[test]
fn an_empty_room_pauses_after_a_few_seconds_and_closes_after_its_grace_period() {
    let mut test = TestRoom::new(2);
    let client = test.join_and_lose("Ada", Terms::default());
    let left_at = test.now;
    let mut schedule_after = |time: Duration| test.room.poll_schedule(left_at + time);
    assert_eq!(schedule_after(PAUSE_DELAY - TICK), Schedule::Tick);
    assert_eq!(schedule_after(PAUSE_DELAY), Schedule::Pause(left_at + YIELD_DELAY));
    assert_eq!(schedule_after(YIELD_DELAY), Schedule::Pause(left_at + RESUME_GRACE.min(EMPTY_GRACE)));
    assert_eq!(schedule_after(EMPTY_GRACE), Schedule::Close);
    assert!(!test.has_seat(client.token()));
}

#[test]
fn a_paused_room_frees_seats_when_their_grace_period_is_over() {
    let mut test = TestRoom::new(2);
    let first = test.join_and_lose("Ada", Terms::default());
    let first_lost_at = test.now;
    test.run(SECOND, &mut []);
    let second = test.join_and_lose("Eve", Terms::default());
    let expiry = first_lost_at + RESUME_GRACE;
    assert_eq!(test.room.poll_schedule(test.now + YIELD_DELAY), Schedule::Pause(expiry));
    let next = test.room.poll_schedule(expiry);
    assert_eq!(next, Schedule::Pause(test.now + EMPTY_GRACE));
    assert_eq!([&first, &second].map(|client| test.has_seat(client.token())), [false, true]);
    assert_eq!(test.room.humans(), 1);
}

#[test]
fn a_room_that_resumes_continues_with_the_next_tick_and_its_world() {
    let mut test = TestRoom::new(2);
    let lost = test.join_and_lose("Ada", Terms::default());
    let (tick, hash) = (test.room.tick(), test.room.world().hash());
    test.now += RESUME_GRACE - SECOND;
    let mut back =
        test.join_with("Ada", Terms { resume: Some(lost.token()), ..Terms::default() }).expect("the seat is kept");
    assert_eq!(test.room.world().hash(), hash);
    test.step(&mut [&mut back]);
    assert_eq!(back.replica.tick(), Some(tick.next()));
    let ticks: Vec<_> = test.take_commands().into_iter().map(|(tick, _)| tick.0).collect();
    assert_eq!(ticks, [1, 2]);
}

#[test]
fn a_seat_is_kept_only_after_its_client_has_acknowledged_a_snapshot() {
    let mut test = TestRoom::new(1);
    for _ in 0..150 {
        let silent = test.join("Mallory");
        test.step(&mut []);
        test.leave(&silent, Departure::Lost);
        assert!(!test.has_seat(silent.token()));
    }
    let lost = test.join_and_lose("Ada", Terms::default());
    assert!(test.has_seat(lost.token()));
}

#[test]
fn a_resumed_seat_is_kept_even_if_the_new_connection_is_lost_at_once() {
    let mut test = TestRoom::new(1);
    let first = test.join_and_lose("Ada", Terms::default());
    let resume = Terms { resume: Some(first.token()), ..Terms::default() };
    let second = test.join_with("Ada", resume).expect("the seat is kept");
    test.leave(&second, Departure::Lost);
    assert!(test.has_seat(first.token()), "the Welcome with the second token may have been lost");
}

#[test]
fn a_client_keeps_a_limited_number_of_lost_seats() {
    let mut test = TestRoom::new(200);
    let lose = |test: &mut TestRoom, key| test.join_and_lose("Ada", Terms { key, ..Terms::default() }).token();
    let other = lose(&mut test, Some(ClientKey(2)));
    let exempt: Vec<_> = (0..70).map(|_| lose(&mut test, None)).collect();
    let mut charged: VecDeque<_> =
        (0..KEPT_SEATS_PER_CLIENT_MAX + 2).map(|_| lose(&mut test, Some(ClientKey(1)))).collect();
    let freed: Vec<_> = charged.drain(..2).collect();
    assert!(freed.iter().all(|token| !test.has_seat(*token)), "the seats lost longest ago are free");
    assert!(charged.iter().chain(&exempt).chain([&other]).all(|token| test.has_seat(*token)));
}

#[test]
fn a_permit_is_dropped_when_its_seat_becomes_free() {
    let counted = Arc::new(());
    let permit = || Terms { permit: Some(SeatPermit(Box::new(Arc::clone(&counted)))), ..Terms::default() };
    let held = || Arc::strong_count(&counted) - 1;
    let mut test = TestRoom::new(3);
    let leaving = test.join_with("Ada", permit()).expect("there is a free seat");
    let lost = test.join_and_lose("Eve", permit());
    assert_eq!(held(), 2, "the seat of the lost connection counts");
    test.leave(&leaving, Departure::Left);
    assert_eq!(held(), 1);
    let resumed = test.join_with("Eve", Terms { resume: Some(lost.token()), ..Terms::default() }).expect("it is kept");
    assert_eq!(held(), 1, "without a permit of its own, the client takes over the seat's");
    let resume = Terms { resume: Some(resumed.token()), ..permit() };
    let _resumed = test.join_with("Eve", resume).expect("the token is valid");
    assert_eq!(held(), 1, "the new permit replaces the old one");
    drop(test);
    assert_eq!(held(), 0);
}

#[test]
fn in_a_full_room_the_seat_lost_longest_ago_yields_to_a_new_player() {
    let mut test = TestRoom::new(3);
    let first = test.join_and_lose("Ada", Terms::default());
    test.run(SECOND, &mut []);
    let second = test.join_and_lose("Eve", Terms::default());
    let mut present = test.join("Zoe");
    test.run(YIELD_DELAY - SECOND - 2 * TICK, &mut [&mut present]);
    assert_eq!(
        test.join_with("Bob", Terms::default()).err(),
        Some(CloseReason::RoomFull),
        "no seat was lost long enough ago"
    );
    test.run(SECOND / 2, &mut [&mut present]);
    let bob = test.join("Bob");
    assert_eq!([&first, &second].map(|client| test.has_seat(client.token())), [false, true]);
    test.run(SETTLING_TIME + SECOND, &mut [&mut present]);
    assert_eq!(present.replica.players()[&bob.player()].name.as_str(), "Bob");
    assert_eq!(present.names().len(), 3);
}

#[test]
fn a_join_and_a_leave_in_the_same_tick_leave_no_trace() {
    let mut test = TestRoom::new(8);
    let mut member = test.join("Ada");
    test.run(4 * SECOND, &mut [&mut member]);
    test.take_commands();
    member.snapshot_bytes.clear();
    for departure in [Departure::Left, Departure::Lost] {
        for _ in 0..20 {
            let visitor = test.join("Mallory");
            test.leave(&visitor, departure);
        }
        test.step(&mut [&mut member]);
    }
    assert!(test.take_commands().iter().all(|(_, commands)| commands.is_empty()));
    assert_eq!(member.snapshot_bytes, [1, 1], "a snapshot of an undisturbed tick is one byte");
}

#[test]
fn visitors_are_not_announced_to_the_members_of_a_room() {
    let mut test = TestRoom::new(100);
    let mut member = test.join("Ada");
    test.run(SECOND, &mut [&mut member]);
    let longest = "\u{1f3f4}".repeat(16);
    for _ in 0..20 * 5 {
        // In each tick, 15 visitors join and leave. At 20 ticks/s, this is 300 joins and 300 leaves per second.
        let mut visitors: Vec<_> = (0..15).map(|_| test.join(&longest)).collect();
        let mut clients: Vec<_> = visitors.iter_mut().chain([&mut member]).collect();
        test.step(&mut clients);
        for visitor in &visitors {
            assert!(visitor.replica.players().contains_key(&visitor.player()), "players know themselves");
            test.leave(visitor, Departure::Left);
        }
        assert_eq!(member.names(), ["Ada"]);
    }
}

#[test]
fn a_seat_whose_holder_has_changed_is_announced_once() {
    let mut test = TestRoom::new(2);
    let mut member = test.join("Ada");
    test.step(&mut [&mut member]);
    for name in ["Bob", "Cid", "Dan"] {
        let visitor = test.join(name);
        test.run(SECOND, &mut [&mut member]);
        assert_eq!(member.names(), ["Ada"]);
        if name != "Dan" {
            test.leave(&visitor, Departure::Left);
        }
    }
    test.run(SETTLING_TIME, &mut [&mut member]);
    assert_eq!(member.names(), ["Ada", "Dan"]);
}

#[test]
fn a_client_that_joins_knows_all_announced_players_and_itself() {
    let mut test = TestRoom::new(4);
    let mut first = test.join("Ada");
    test.run(SETTLING_TIME + SECOND, &mut [&mut first]);
    let _unannounced = test.join("Bob");
    let mut third = test.join("Cid");
    test.step(&mut [&mut first, &mut third]);
    assert_eq!(third.names(), ["Ada", "Cid"]);
    test.run(SETTLING_TIME + SECOND, &mut [&mut first, &mut third]);
    assert_eq!(third.names(), ["Ada", "Bob", "Cid"]);
    assert_eq!(first.names(), third.names());
}

#[test]
fn a_large_room_lists_its_players_in_the_first_snapshots_of_a_client() {
    const PLAYERS: u16 = 600;
    const PART_PLAYERS: usize = 128;
    // The byte budget of announcements grows with the number of seats. With this number of seats, the budget suffices to
    // announce all players at once.
    let mut test = TestRoom::new(3 * PLAYERS);
    // Tick numbers wrap around while the newcomer receives the list.
    test.room = test.room.starting_at(Tick(u32::MAX - 64));
    let mut member = test.join("Ada");
    let others: Vec<_> = (1..PLAYERS).map(|number| test.join(&format!("Pilot {number}"))).collect();
    test.run(SETTLING_TIME + SECOND, &mut [&mut member]);
    assert_eq!(member.names().len(), PLAYERS.into());
    let mut newcomer = test.join("Eve");
    for leaving in others.iter().step_by(35).take(16) {
        let count = newcomer.names().len();
        test.leave(leaving, Departure::Left);
        test.step(&mut [&mut member, &mut newcomer]);
        let (all, listed) = (member.replica.players(), newcomer.replica.players());
        assert!(listed.len() <= count + 1 + PART_PLAYERS, "{} players in one snapshot", listed.len() - count);
        assert!(listed.contains_key(&newcomer.player()), "players know themselves");
        let mut known = listed.iter().filter(|(id, _)| **id != newcomer.player());
        assert!(known.all(|(id, player)| all.get(id) == Some(player)), "nobody who has left is listed");
    }
    assert!(member.replica.players().keys().all(|player| newcomer.replica.players().contains_key(player)));
    assert_eq!(newcomer.names().len(), member.names().len() + 1, "Eve is not announced yet");
}
