//! Replays: clients watch recorded matches, also while they are running.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actix::Arbiter;
use tickcast::actors::lobby::room_seed::room_seed;
use tickcast::actors::messages::{DescribeMatch, FindMatch, ListMatches, ListRooms, MatchDescription, MatchSummary};
use tickcast::actors::replay::directory::{LISTED_MATCHES_MAX, REPLAYS_MAX, ReplayPolicy, Replays};
use tickcast::store::{Fault, MATCHES_PER_CREATOR, MatchKey, MemoryStore, Store};
use tickcast_arena::{Arena, Entity, Options, World};
use tickcast_game::Simulation;
use tickcast_protocol::{ClientMessage, CloseReason, EntityMap, Hello, PlaybackSpeed, Role, Snapshot, Tick, Viewport};
use tokio::time::{Instant, sleep, timeout};

use crate::client::{Client, Item, TestServer, Wire, hello};
use crate::memory_server::{MemoryServerOptions, run};

const RATE: u16 = 20;
const PERIOD: Duration = Duration::from_millis(1_000 / RATE as u64);
const SECOND: Duration = Duration::from_secs(1);
const WORLD: Options = Options { world_size: 1000, rocks: 4, orbs: 4, round_s: 0 };
/// Number of ticks between two checkpoints.
const CHECKPOINT_TICKS: u32 = 10 * RATE as u32;

/// A server that keeps the history of its room, and the world of each tick of the room, replayed from the commands.
struct Recorded {
    server: TestServer,
    store: Arc<MemoryStore>,
    world: World,
    past: BTreeMap<u32, EntityMap<Entity>>,
}

impl Recorded {
    async fn start(change: impl FnOnce(&mut MemoryServerOptions)) -> Self {
        Self::start_with(Arc::new(MemoryStore::with_history()), change).await
    }

    async fn start_with(store: Arc<MemoryStore>, change: impl FnOnce(&mut MemoryServerOptions)) -> Self {
        let server = TestServer::start(|options| {
            options.world = WORLD;
            options.store = Some(Arc::clone(&store) as _);
            change(options);
        })
        .await;
        let seed = room_seed(0, &"test".parse().expect("the name is valid"), 0);
        let world = World::new(&WORLD, RATE, seed);
        let past = [(0, world.entities().clone())].into();
        Self { server, store, world, past }
    }

    /// A server whose room `test` has been played for this long by one player, who is still there.
    async fn played(time: Duration) -> (Self, Client) {
        let mut recorded = Self::start(|_| {}).await;
        let mut ada = recorded.server.join("Ada").await;
        ada.play(time).await;
        (recorded, ada)
    }

    /// A server whose room `test` was played for this long, and has closed.
    async fn finished(time: Duration) -> Self {
        let (recorded, mut ada) = Self::played(time).await;
        ada.wire.close(1000).await;
        sleep(60 * SECOND).await;
        assert!(!recorded.describe("test").await.expect("the match is stored").running);
        recorded
    }

    async fn wire(&mut self, query: &str) -> Wire {
        Wire::open_with(self.server.server.connect(), query).await
    }

    async fn try_watch(&mut self, query: &str) -> Result<Client, CloseReason> {
        self.wire(query).await.greet(Hello::new::<Arena>(Role::Spectator, Viewport::default())).await
    }

    async fn watch(&mut self, query: &str) -> Client {
        self.try_watch(query).await.unwrap_or_else(|reason| panic!("{query} was refused: {reason:?}"))
    }

    async fn describe(&self, room: &str) -> Option<MatchDescription> {
        let replays = self.server.server.replays.as_ref().expect("there is a history");
        let found = replays.send(DescribeMatch(MatchKey::Newest(room.to_owned()))).await.expect("the replays run");
        found.map(Arc::unwrap_or_clone)
    }

    async fn list(&self) -> Vec<MatchSummary> {
        let replays = self.server.server.replays.as_ref().expect("there is a history");
        replays.send(ListMatches).await.expect("the replays run").to_vec()
    }

    /// Receives a snapshot of a replay. Asserts that it shows the original world.
    async fn snapshot(&mut self, client: &mut Client) -> Snapshot<Arena> {
        let snapshot = watch_tick(client).await;
        for recorded in self.server.journal.take() {
            self.world.step(&recorded.commands);
            self.past.insert(recorded.tick.0, self.world.entities().clone());
        }
        assert_eq!(client.replica.entities(), &self.past[&client.now().0], "tick {}", client.now().0);
        snapshot
    }

    /// Receives snapshots for this long. Returns their number.
    async fn play(&mut self, client: &mut Client, time: Duration) -> u32 {
        let end = Instant::now() + time;
        let mut count = 0;
        while tokio::time::timeout_at(end, self.snapshot(client)).await.is_ok() {
            count += 1;
        }
        count
    }
}

/// Receives a snapshot of a replay, and sometimes acknowledges it: at a high speed, there are too many to acknowledge each.
async fn watch_tick(client: &mut Client) -> Snapshot<Arena> {
    loop {
        if let Ok(snapshot) = timeout(SECOND, client.snapshot()).await {
            if snapshot.header.full.is_some() || client.now().0.is_multiple_of(8) {
                client.acknowledge().await;
            }
            return snapshot;
        }
        client.acknowledge().await;
    }
}

/// Sends a Seek, and receives snapshots up to the full one that follows it. Returns the number of delta snapshots before it.
async fn seek(recorded: &mut Recorded, client: &mut Client, tick: u32) -> u32 {
    client.send(&ClientMessage::Seek(Tick(tick))).await;
    let mut deltas = 0;
    while recorded.snapshot(client).await.header.full.is_none() {
        deltas += 1;
    }
    deltas
}

fn speed(quarters: u8) -> ClientMessage<Arena> {
    ClientMessage::Speed(PlaybackSpeed::try_from(quarters).expect("the speed is in range"))
}

#[test]
fn a_running_match_is_watched_from_ten_seconds_before_its_end_and_goes_on_as_it_grows() {
    run(async {
        let (mut recorded, mut ada) = Recorded::played(SECOND * 35).await;
        let mut eve = recorded.watch("?replay=test").await;
        assert_eq!((eve.welcome.seat, eve.welcome.room.as_str(), eve.welcome.tick_rate), (None, "test", RATE));
        let first = recorded.snapshot(&mut eve).await;
        let description = recorded.describe("test").await.expect("the match is stored");
        assert!(description.running);
        let last = description.last_tick;
        assert!(ada.now().0 - last <= CHECKPOINT_TICKS, "the newest ten seconds may be missing");
        assert_eq!(first.header.full, Some(Tick(last - 10 * u32::from(RATE))));
        let both = async {
            let played = recorded.play(&mut eve, SECOND * 60).await;
            assert!(played > 57 * u32::from(RATE), "it went on nearly without a stop: {played}");
        };
        tokio::join!(both, ada.play(SECOND * 60));
        assert!(eve.now().0 > last + 40 * u32::from(RATE));
    });
}

#[test]
fn a_finished_match_is_watched_from_its_first_tick_and_found_by_its_id() {
    run(async {
        let mut recorded = Recorded::finished(SECOND * 25).await;
        let id = recorded.describe("test").await.expect("the match is stored").id;
        let [summary] = &recorded.list().await[..] else { panic!("one match is finished") };
        assert_eq!((&summary.id, summary.players.len(), summary.players[0].as_str()), (&id, 1, "Ada"));
        // Starts another match in the same room.
        let mut ada = recorded.server.join("Ada").await;
        ada.play(SECOND).await;
        let mut eve = recorded.watch(&format!("?replay={id}")).await;
        assert_eq!(recorded.snapshot(&mut eve).await.header.full, Some(Tick(summary.first_tick)));
        eve.send(&speed(64)).await;
        let end = Instant::now() + SECOND * 5;
        while tokio::time::timeout_at(end, watch_tick(&mut eve)).await.is_ok() {}
        assert_eq!(eve.now(), Tick(summary.last_tick), "it waits at the end");
        assert_eq!(recorded.server.server.metrics.replays.get(), 1);
        drop(eve);
        sleep(SECOND).await;
        assert_eq!(recorded.server.server.metrics.replays.get(), 0);
    });
}

#[test]
fn a_seek_continues_at_any_tick_of_the_range_also_during_a_pause() {
    run(async {
        let (mut recorded, _ada) = Recorded::played(SECOND * 65).await;
        let description = recorded.describe("test").await.expect("the match is stored");
        let (first, last) = (description.first_tick, description.last_tick);
        let mut eve = recorded.watch(&format!("?replay=test&tick={}", first + 300)).await;
        assert_eq!(recorded.snapshot(&mut eve).await.header.full, Some(Tick(first + 300)));
        for (tick, expected) in [(900, 900), (310, 310), (311, 311), (0, first), (u32::MAX / 2, last), (17, 17)] {
            let deltas = seek(&mut recorded, &mut eve, tick).await;
            assert!(deltas <= 2, "the seek takes effect at once: {deltas}");
            assert_eq!(eve.now(), Tick(expected));
            assert_eq!(recorded.play(&mut eve, PERIOD * 10).await > 5, expected != last, "{tick}");
        }
        eve.send(&ClientMessage::Pause(true)).await;
        recorded.play(&mut eve, PERIOD * 3).await;
        assert_eq!(recorded.play(&mut eve, SECOND * 5).await, 0, "it pauses");
        for tick in [700, 699] {
            assert_eq!(seek(&mut recorded, &mut eve, tick).await, 0);
            assert_eq!(eve.now(), Tick(tick));
            assert_eq!(recorded.play(&mut eve, SECOND * 2).await, 0, "one snapshot during a pause");
        }
        eve.send(&ClientMessage::Resync).await;
        assert_eq!(recorded.snapshot(&mut eve).await.header.full, Some(Tick(699)));
        eve.send(&ClientMessage::Pause(false)).await;
        assert!(recorded.snapshot(&mut eve).await.header.full.is_none());
        assert_eq!(eve.now(), Tick(700));
    });
}

#[test]
fn the_speed_is_from_a_quarter_to_sixteen_times_real_time() {
    run(async {
        let (mut recorded, _ada) = Recorded::played(SECOND * 125).await;
        let mut eve = recorded.watch("?replay=test&tick=0").await;
        for quarters in [1, 2, 4, 8, 64] {
            eve.send(&speed(quarters)).await;
            seek(&mut recorded, &mut eve, 0).await;
            let played = recorded.play(&mut eve, SECOND * 6).await;
            let expected = 6 * u32::from(RATE) * u32::from(quarters) / 4;
            assert!(played.abs_diff(expected) <= u32::from(quarters), "{quarters}: {played}, not {expected}");
        }
    });
}

#[test]
fn a_replay_starts_paused_if_the_client_pauses_at_once() {
    run(async {
        let (mut recorded, _ada) = Recorded::played(SECOND * 25).await;
        let mut eve = recorded.watch("?replay=test&tick=50").await;
        eve.send(&ClientMessage::Pause(true)).await;
        assert_eq!(recorded.snapshot(&mut eve).await.header.full, Some(Tick(50)));
        assert!(recorded.play(&mut eve, SECOND).await <= 1);
    });
}

#[test]
fn only_spectators_watch_replays_and_only_replays_are_controlled() {
    run(async {
        let (mut recorded, mut ada) = Recorded::played(SECOND * 15).await;
        let player = recorded.wire("?replay=test").await.greet(hello("Eve")).await;
        assert_eq!(player.err(), Some(CloseReason::InvalidMessage));
        for unknown in ["?replay=other", "?replay=00000000000000000000000000000000"] {
            assert_eq!(recorded.try_watch(unknown).await.err(), Some(CloseReason::RoomClosed), "{unknown}");
        }
        ada.send(&ClientMessage::Pause(true)).await;
        assert_eq!(ada.wire.read_close().await, Some(CloseReason::InvalidMessage));
    });
}

#[test]
fn a_room_without_spectators_has_no_replay_and_a_delayed_one_shows_no_newer_ticks() {
    run(async {
        let mut secret = Recorded::start(|options| options.room.spectators = 0).await;
        let mut ada = secret.server.join("Ada").await;
        ada.play(SECOND * 15).await;
        assert_eq!(secret.describe("test").await, None);
        assert_eq!(secret.try_watch("?replay=test").await.err(), Some(CloseReason::RoomClosed));

        let mut delayed = Recorded::start(|options| options.room.spectator_delay_s = 15).await;
        let mut ada = delayed.server.join("Ada").await;
        ada.play(SECOND * 14).await;
        assert_eq!(delayed.describe("test").await, None, "the match is younger than the delay");
        ada.play(SECOND * 40).await;
        let description = delayed.describe("test").await.expect("the match is older than the delay");
        let delay = 15 * u32::from(RATE);
        assert_eq!(description.delay_ticks, delay);
        assert!(description.last_tick + delay <= ada.now().0);
        let mut eve = delayed.watch("?replay=test").await;
        eve.send(&speed(64)).await;
        let end = Instant::now() + SECOND * 30;
        while tokio::time::timeout_at(end, watch_tick(&mut eve)).await.is_ok() {}
        let newest = delayed.server.journal.last().expect("the room has run").tick.0;
        assert!(eve.now().0 > description.last_tick, "the match goes on");
        assert!(eve.now().0 + delay <= newest, "{} of {newest}", eve.now().0);
    });
}

#[test]
fn a_client_who_plays_in_many_rooms_does_not_displace_the_finished_matches_of_others() {
    run(async {
        let mut recorded = Recorded::start(|_| {}).await;
        let rooms: Vec<_> = (0..LISTED_MATCHES_MAX).map(|number| ("192.0.2.2", format!("room-{number}"))).collect();
        for (address, room) in [("192.0.2.1", "first".to_owned())].into_iter().chain(rooms) {
            let pipe = recorded.server.server.connect_from(address.parse().expect("an address"));
            let mut player = Wire::open(pipe, Some(&room)).await.greet(hello("Ada")).await.expect("a seat");
            player.play(SECOND * 4).await;
            player.wire.close(1000).await;
        }
        sleep(SECOND * 60).await;
        let list = recorded.list().await;
        assert_eq!(list.len(), LISTED_MATCHES_MAX);
        let position = list.iter().position(|found| found.room.as_str() == "first");
        assert_eq!(position, Some(MATCHES_PER_CREATOR as usize));
    });
}

#[test]
fn the_list_of_rooms_tells_whether_there_is_a_replay_to_watch() {
    async fn has_replay(server: &TestServer) -> bool {
        sleep(SECOND).await;
        server.server.lobby.send(ListRooms).await.expect("the lobby runs").rooms[0].summary.replay
    }
    run(async {
        let (recorded, mut ada) = Recorded::played(SECOND * 5).await;
        assert!(!has_replay(&recorded.server).await, "the history contains only the first tick");
        ada.play(SECOND * 10).await;
        assert!(has_replay(&recorded.server).await);
        // After a crash, the room waits for its player, and has the same history.
        let restarted = Recorded::start_with(Arc::new(recorded.store.after_crash(0)), |_| {}).await;
        assert!(has_replay(&restarted.server).await);

        let mut delayed = Recorded::start(|options| options.room.spectator_delay_s = 15).await;
        let mut ada = delayed.server.join("Ada").await;
        ada.play(SECOND * 13).await;
        assert!(!has_replay(&delayed.server).await, "spectators may not see it yet");
        ada.play(SECOND * 13).await;
        assert!(has_replay(&delayed.server).await);

        let without_history = Arc::new(MemoryStore::default());
        for (store, spectators) in [(without_history, 10), (Arc::new(MemoryStore::with_history()), 0)] {
            let mut recorded = Recorded::start_with(store, |options| options.room.spectators = spectators).await;
            recorded.server.join("Ada").await.play(SECOND * 25).await;
            assert!(!has_replay(&recorded.server).await, "{spectators} spectators");
        }
    });
}

#[test]
fn an_operator_can_show_all_matches_also_of_rooms_without_spectators() {
    run(async {
        let mut secret = Recorded::start(|options| options.room.spectators = 0).await;
        secret.server.join("Ada").await.play(SECOND * 15).await;
        for (policy, is_shown) in [(ReplayPolicy::SpectatedRooms, false), (ReplayPolicy::AllRooms, true)] {
            let history = secret.store.history().expect("the store keeps a history");
            let metrics = Arc::clone(&secret.server.server.metrics);
            let replays = Replays::<World>::start(history, policy, vec![Arbiter::current()], metrics);
            let key = MatchKey::Newest("test".to_owned());
            let id = replays.send(FindMatch(key)).await.expect("the replays run").map(|found| found.id);
            assert_eq!(id.is_some(), is_shown, "{policy:?}");
        }
    });
}

#[test]
fn joins_departures_and_records_are_marked_and_the_marks_survive_a_crash() {
    run(async {
        let (mut recorded, mut ada) = Recorded::played(SECOND * 17).await;
        let mut bob = recorded.server.join("Bob").await;
        tokio::join!(ada.play(SECOND * 4), bob.play(SECOND * 4));
        bob.wire.close(1000).await;
        ada.play(SECOND * 2).await;
        let kinds = |description: MatchDescription| -> Vec<_> {
            let markers = description.markers.into_iter();
            markers.map(|marker| (marker.kind, String::from(marker.player), marker.tick)).collect()
        };
        let marked = kinds(recorded.describe("test").await.expect("the match is stored"));
        assert_eq!(marked.len(), 2, "the newest ones follow with the next checkpoint: {marked:?}");
        // The server crashes. The restarted one replays the end of the journal.
        let store = Arc::new(recorded.store.after_crash(0));
        let restarted = Recorded::start_with(store, |_| {}).await;
        sleep(SECOND * 3).await;
        let marked = kinds(restarted.describe("test").await.expect("the match is stored"));
        let names: Vec<_> = marked.iter().map(|(kind, name, _)| (*kind, name.as_str())).collect();
        assert_eq!(names, [("join", "Ada"), ("join", "Bob"), ("leave", "Bob")]);
        assert!(marked.is_sorted_by_key(|(_, _, tick)| *tick), "{marked:?}");
    });
}

#[test]
fn a_replay_continues_after_a_part_of_the_match_that_could_not_be_stored() {
    run(async {
        let (mut recorded, mut ada) = Recorded::played(SECOND * 15).await;
        recorded.store.inject(Fault::Fail);
        ada.play(SECOND * 25).await;
        recorded.store.inject(Fault::None);
        ada.play(SECOND * 25).await;
        let mut eve = recorded.watch("?replay=test&tick=250").await;
        let mut jumps = Vec::new();
        let (mut last, end) = (Tick(249), Instant::now() + SECOND * 20);
        while let Ok(snapshot) = tokio::time::timeout_at(end, recorded.snapshot(&mut eve)).await {
            if let Some(tick) = snapshot.header.full {
                jumps.push((last.0, tick.0));
            }
            last = eve.now();
        }
        let [(249, 250), (before, after)] = jumps[..] else { panic!("one gap: {jumps:?}") };
        assert!(after - before > 20 * u32::from(RATE), "{jumps:?}");
        assert!(last.0 > after + 5 * u32::from(RATE), "it goes on: {jumps:?}, {last:?}");
    });
}

#[test]
fn a_replay_goes_on_while_the_history_is_thinned_out() {
    run(async {
        let (mut recorded, _ada) = Recorded::played(SECOND * 65).await;
        let history = recorded.store.memory_history().expect("the store keeps a history");
        let id = recorded.store.rooms().expect("the store works")[0].id;
        let mut eve = recorded.watch("?replay=test&tick=30").await;
        recorded.play(&mut eve, SECOND).await;
        // At first, the segment after the current segment is merged into the current segment. Later, the current segment
        // itself is merged into the segment before it.
        let checkpoints: Vec<_> = (1..=4).map(|index| recorded_checkpoint(&recorded.store, id, index)).collect();
        history.thin_out(id, checkpoints[0]);
        eve.send(&speed(16)).await;
        while eve.now().0 < checkpoints[1] + 10 {
            recorded.snapshot(&mut eve).await;
        }
        history.thin_out(id, checkpoints[1]);
        history.thin_out(id, checkpoints[2]);
        while eve.now().0 < checkpoints[3] + 10 {
            recorded.snapshot(&mut eve).await;
        }
    });
}

/// The tick of a checkpoint in the history.
fn recorded_checkpoint(store: &MemoryStore, id: tickcast::store::MatchId, index: u64) -> u32 {
    let history = store.history().expect("the store keeps a history");
    let mut sequence = 0;
    let mut tick = 0;
    for _ in 0..index {
        let position = tickcast::store::SegmentPosition::After(sequence);
        let segment = history.segment(id, position).expect("readable").expect("the match has that many checkpoints");
        (sequence, tick) = (segment.checkpoint.sequence, segment.tick);
    }
    tick
}

#[test]
fn of_many_seeks_only_the_newest_takes_effect_if_they_exceed_the_limit() {
    run(async {
        let mut recorded = Recorded::start(|options| options.admission.limits.client.seeks_per_second = 1).await;
        let mut ada = recorded.server.join("Ada").await;
        ada.play(SECOND * 25).await;
        let mut eve = recorded.watch("?replay=test&tick=100").await;
        eve.send(&ClientMessage::Pause(true)).await;
        for tick in 1..=100 {
            eve.send(&ClientMessage::Seek(Tick(tick))).await;
            sleep(PERIOD).await;
        }
        sleep(SECOND).await;
        let mut full = 0;
        while let Ok(snapshot) = timeout(SECOND, recorded.snapshot(&mut eve)).await {
            full += u32::from(snapshot.header.full.is_some());
        }
        assert_eq!(eve.now(), Tick(100), "the newest one");
        assert!(full <= 4 + 7, "a burst, and one per second: {full}");
    });
}

#[test]
fn replays_of_a_server_and_of_a_client_are_limited() {
    run(async {
        let (mut recorded, _ada) = Recorded::played(SECOND * 15).await;
        let mut watchers = Vec::new();
        for _ in 0..REPLAYS_MAX {
            watchers.push(recorded.watch("?replay=test").await);
        }
        assert_eq!(recorded.try_watch("?replay=test").await.err(), Some(CloseReason::RoomFull));
        watchers.pop();
        sleep(SECOND).await;
        watchers.push(recorded.watch("?replay=test").await);

        let (mut recorded, _ada) = Recorded::played(SECOND * 15).await;
        let mut results = Vec::new();
        for _ in 0..17 {
            let pipe = recorded.server.server.connect_from([192, 0, 2, 1].into());
            let hello = Hello::new::<Arena>(Role::Spectator, Viewport::default());
            results.push(Wire::open_with(pipe, "?replay=test").await.greet(hello).await);
        }
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 16);
        assert_eq!(results[16].as_ref().err(), Some(&CloseReason::TooManyPlayers));
    });
}

#[test]
fn a_replay_whose_client_acknowledges_nothing_ends() {
    run(async {
        let mut recorded = Recorded::finished(SECOND * 35).await;
        let mut eve = recorded.watch("?replay=test").await;
        let reason = loop {
            match timeout(SECOND, eve.wire.read()).await {
                Ok(Item::Closed(reason)) => break reason,
                Ok(Item::Message(_)) => {}
                // Other messages than acknowledgements, so that the client does not count as idle.
                Err(_) => eve.send(&ClientMessage::Viewport(Viewport::default())).await,
            }
        };
        assert_eq!(reason, Some(CloseReason::SlowConsumer));
        sleep(SECOND).await;
        assert_eq!(recorded.server.server.metrics.replays.get(), 0, "it does not count against the limits any more");
        recorded.watch("?replay=test").await;
    });
}

#[test]
fn a_description_is_read_again_after_a_second() {
    run(async {
        let (recorded, _ada) = Recorded::played(SECOND * 15).await;
        let description = recorded.describe("test").await;
        assert!(description.is_some());
        let id = recorded.store.rooms().expect("the store works")[0].id;
        recorded.store.memory_history().expect("the store keeps a history").remove(id);
        assert_eq!(recorded.describe("test").await, description, "it is cached");
        for other in 0..100 {
            assert_eq!(recorded.describe(&other.to_string()).await, None);
        }
        assert_eq!(recorded.describe("test").await, None, "many others have displaced it");

        let (recorded, _ada) = Recorded::played(SECOND * 15).await;
        assert!(recorded.describe("test").await.is_some());
        let id = recorded.store.rooms().expect("the store works")[0].id;
        recorded.store.memory_history().expect("the store keeps a history").remove(id);
        sleep(SECOND).await;
        assert_eq!(recorded.describe("test").await, None, "it is too old");
    });
}

#[test]
fn a_match_that_is_deleted_while_it_is_watched_ends() {
    run(async {
        let (mut recorded, mut ada) = Recorded::played(SECOND * 15).await;
        let mut eve = recorded.watch("?replay=test").await;
        recorded.play(&mut eve, SECOND).await;
        let id = recorded.store.rooms().expect("the store works")[0].id;
        recorded.store.memory_history().expect("the store keeps a history").remove(id);
        ada.play(SECOND * 20).await;
        assert_eq!(eve.wire.read_close().await, Some(CloseReason::RoomClosed));
    });
}

#[test]
fn a_replay_ends_if_all_that_is_still_stored_is_newer_than_the_delay_permits() {
    run(async {
        let mut delayed = Recorded::start(|options| options.room.spectator_delay_s = 15).await;
        let mut ada = delayed.server.join("Ada").await;
        ada.play(SECOND * 54).await;
        let mut eve = delayed.watch("?replay=test").await;
        let last = delayed.describe("test").await.expect("the match is older than the delay").last_tick;
        let id = delayed.store.rooms().expect("the store works")[0].id;
        delayed.store.memory_history().expect("the store keeps a history").prune(id, last + 1);
        eve.send(&ClientMessage::Seek(Tick(0))).await;
        assert_eq!(eve.wire.read_close().await, Some(CloseReason::RoomClosed));
    });
}

#[test]
fn a_match_in_an_unlisted_room_is_found_by_its_name_but_not_listed() {
    run(async {
        const NAME: &str = "unlisted-abcdefghijklmnopqrstuvw";
        let mut recorded = Recorded::finished(2 * SECOND).await;
        let mut ada = recorded.server.greet_room(NAME, hello("Ada")).await.expect("a seat is free");
        ada.play(2 * SECOND).await;
        ada.wire.close(1000).await;
        sleep(60 * SECOND).await;
        assert!(!recorded.describe(NAME).await.expect("the match is stored").running);
        assert_eq!(recorded.list().await.iter().map(|found| found.room.as_str()).collect::<Vec<_>>(), ["test"]);
    });
}
