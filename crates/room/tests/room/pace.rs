//! A room with pace on demand: what a steady room measures in ticks, it measures in time.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tickcast_game::protocol::codec::{self, Chunk};
use tickcast_game::protocol::{
    Hello, Input, Lifecycle, Pace, PlayerId, Replica, ResumeToken, Role, ServerMessage, Snapshot, Tick, Viewport,
};
use tickcast_game::{CoastContext, Game, Hosted, Protocol, Simulation, World, game};
use tickcast_room::{NewClient, NoObserver, Playback, Replay, Room, RoomOptions, SessionId, TickDeliveries};

const RATE: u16 = 30;
const PLAYER: SessionId = SessionId(1);
const SPECTATOR: SessionId = SessionId(2);

/// Each player holds a number.
#[derive(Serialize, Deserialize)]
struct Numbers;

impl Game for Numbers {
    type Controls = u8;
    type Entity = (u8, u32);

    const PACE: Pace = Pace::OnDemand;

    fn new(_: &mut World<Self>, _: u64) -> Self {
        Self
    }

    fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<(u8, u32)> {
        Some((0, 0))
    }

    fn coast((held, sum): &mut (u8, u32), _: &mut CoastContext<'_, Self>) -> Lifecycle {
        *sum = sum.wrapping_mul(31).wrapping_add((*held).into());
        Lifecycle::Alive
    }

    fn step(&mut self, _: &mut World<Self>) {}

    fn controls_mut((held, _): &mut (u8, u32)) -> Option<&mut u8> {
        Some(held)
    }
}

game!(Numbers);

type Wire = Protocol<Numbers>;

/// A room, and a client that acknowledges everything.
struct Table {
    room: Room<Hosted<Numbers>>,
    now: Duration,
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

impl Table {
    fn new(change: impl FnOnce(&mut RoomOptions)) -> Self {
        let options = RoomOptions::default().with(|room| (room.tick_rate, room.ai_players) = (RATE, 0)).with(change);
        let world = Hosted::new(&(), RATE, 7);
        let name = "pace".parse().expect("the name is valid");
        let room = Room::new(name, options, world, Box::new(NoObserver)).starting_at(Tick(1_000)).with_journal();
        Self { room, now: Duration::ZERO }
    }

    fn join(&mut self, session: SessionId, role: Role) -> Replica<Wire> {
        let (hello, token) = (Hello::new::<Wire>(role, Viewport::default()), ResumeToken([session.0 as u8; 16]));
        let client = NewClient { session, hello: &hello, token, key: None, permit: None };
        let welcome = self.room.handle_join(client, self.now).expect("there is room");
        Replica::new(&welcome).expect("the Welcome is valid")
    }

    fn join_player(&mut self) -> Replica<Wire> {
        self.join(PLAYER, Role::Player("Ada".to_owned().try_into().expect("the name is valid")))
    }

    fn input(&mut self, controls: u8) {
        let acknowledged = self.room.tick();
        self.room.handle_input(PLAYER, &Input { tick: acknowledged.next(), acknowledged, controls });
    }

    /// Ticks after this time. Returns the snapshots of each session.
    fn tick_after(&mut self, time: Duration) -> Vec<(SessionId, Snapshot<Wire>)> {
        self.now += time;
        let step = self.room.step(self.now);
        let mut snapshots = Vec::new();
        for TickDeliveries { frame, deliveries } in std::iter::once(step.live).chain(step.delayed) {
            for (session, delivery) in deliveries {
                let mut bytes = Vec::new();
                frame.compose(&delivery, &mut Chunk::default(), &mut bytes).expect("the game does not panic");
                match codec::decode_server(&bytes) {
                    Ok(ServerMessage::Snapshot(snapshot)) => snapshots.push((session, snapshot)),
                    other => panic!("a snapshot was expected instead of {other:?}"),
                }
                self.room.handle_acknowledgement(session, frame.tick());
            }
        }
        snapshots
    }
}

/// Times between ticks: those of an idle room, and some of a room whose players act.
fn intervals() -> impl Iterator<Item = Duration> {
    (0..).map(|number: u64| match number % 11 {
        0..=3 => ms(1_000),
        4 | 9 => ms(34),
        other => ms(other * 97),
    })
}

#[test]
fn checksums_are_sent_every_two_seconds_although_few_ticks_pass() {
    let mut table = Table::new(|_| {});
    let mut replica = table.join_player();
    let mut checksums = 0;
    for _ in 0..60 {
        for (_, snapshot) in table.tick_after(ms(1_000)) {
            replica.apply(&snapshot).expect("the snapshot applies");
            checksums += u32::from(snapshot.header.checksum.is_some());
        }
    }
    assert!((27..=29).contains(&checksums), "{checksums} checksums in a minute");
}

#[test]
fn only_what_clients_wait_for_requests_a_tick() {
    let mut table = Table::new(|_| {});
    assert!(!table.room.is_tick_requested());
    table.join_player();
    assert!(table.room.is_tick_requested(), "a client waits for its first snapshot");
    table.tick_after(ms(10));
    assert!(!table.room.is_tick_requested());
    table.input(3);
    assert!(table.room.is_tick_requested());
    table.tick_after(ms(40));
    table.input(3);
    table.room.handle_viewport(PLAYER, Viewport::default());
    assert!(!table.room.is_tick_requested(), "the controls are the same");
    table.room.handle_resync(PLAYER);
    assert!(table.room.is_tick_requested());
}

#[test]
fn a_delayed_spectator_receives_every_tick_after_the_delay() {
    const DELAY_S: u64 = 3;
    let mut table = Table::new(|room| room.spectator_delay_s = DELAY_S as u16);
    let mut player = table.join_player();
    let mut spectator = table.join(SPECTATOR, Role::Spectator);
    let (mut shown, mut happened) = (Vec::new(), Vec::new());
    for (number, interval) in intervals().take(300).enumerate() {
        table.input((number % 5) as u8);
        for (session, snapshot) in table.tick_after(interval) {
            if session == SPECTATOR {
                spectator.apply(&snapshot).expect("the snapshot applies");
                shown.push((spectator.tick().expect("a snapshot was applied"), table.now, spectator.entities().clone()));
            } else {
                player.apply(&snapshot).expect("the snapshot applies");
                happened.push((player.tick().expect("a snapshot was applied"), table.now, player.entities().clone()));
            }
        }
    }
    let first = happened[0].0;
    let (empty, shown): (Vec<_>, Vec<_>) = shown.into_iter().partition(|(tick, ..)| first.is_newer_than(*tick));
    assert!(!empty.is_empty() && empty.iter().all(|(_, _, entities)| entities.is_empty()), "the empty world comes first");
    assert!(shown.len() > 250, "{} ticks were shown", shown.len());
    for ((tick, at, entities), (original, happened_at, truth)) in shown.iter().zip(&happened) {
        assert_eq!((tick, entities), (original, truth));
        let delay = *at - *happened_at;
        assert!((ms(DELAY_S * 1_000 - 34)..=ms(DELAY_S * 1_000 + 1_034)).contains(&delay), "{tick:?}: {delay:?}");
    }
}

#[test]
fn a_replayed_journal_gives_the_same_room_and_the_same_times() {
    let mut table = Table::new(|_| {});
    let checkpoint = table.room.checkpoint();
    table.join_player();
    let mut journal = Vec::new();
    let mut middle = None;
    for (number, interval) in intervals().take(200).enumerate() {
        table.input((number % 3) as u8);
        table.tick_after(interval);
        journal.extend(table.room.take_journal());
        if number == 100 {
            middle = Some((table.room.checkpoint(), journal.len()));
        }
    }
    let (later, offset) = middle.expect("the room has ticked 100 times");
    for (checkpoint, journal) in [(checkpoint, &journal[..]), (later, &journal[offset..])] {
        let mut replay = Replay::<Hosted<Numbers>>::new(&checkpoint).expect("the checkpoint is valid");
        replay.apply(journal).expect("the journal is valid");
        assert_eq!((replay.hash(), replay.now()), (table.room.hash(), table.now));
        assert_eq!(Room::from_replay(replay, Box::new(NoObserver)).now(), table.now);
    }
}

#[test]
fn an_idle_tick_takes_one_byte_in_the_journal() {
    let mut table = Table::new(|_| {});
    table.join_player();
    table.tick_after(ms(10));
    drop(table.room.take_journal());
    for jitter in [0, 1, 2, 0, 7] {
        table.tick_after(ms(1_000 + jitter));
        assert_eq!(table.room.take_journal().len(), 1);
    }
}

#[test]
fn a_playback_knows_the_time_between_ticks() {
    let mut table = Table::new(|_| {});
    let checkpoint = table.room.checkpoint();
    table.join_player();
    let times: Vec<_> = intervals().take(50).collect();
    times.iter().for_each(|interval| drop(table.tick_after(*interval)));
    // The room has paused for an hour.
    drop(table.tick_after(Duration::from_secs(3_600)));
    let journal = table.room.take_journal();
    let mut playback = Playback::<Hosted<Numbers>>::new(&checkpoint).expect("the checkpoint is valid");
    assert_eq!(playback.welcome().pace, Pace::OnDemand);
    playback.show();
    let mut rest = &journal[..];
    let mut beats = Vec::new();
    while let Some(played) = playback.step(&mut rest).expect("the journal is valid") {
        beats.push(u64::from(played.beats));
    }
    assert_eq!(beats.pop(), Some(2 * u64::from(RATE)), "a long pause is shortened");
    let played: u64 = beats.iter().sum();
    let happened = times.iter().sum::<Duration>().as_millis() as u64 * u64::from(RATE) / 1_000;
    assert!(played.abs_diff(happened) <= 1, "{played} beats instead of {happened}");
}
