//! Stored rooms: what clients see while the store is slow or fails, and after the server has crashed.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tickcast::OnDiskError;
use tickcast::actors::messages::{CreateRoom, ListRooms, Listing, ManageKey, Metadata, RoomInfo, SetLock, StopRooms};
use tickcast::store::{Fault, MatchId, MemoryStore, Store};
use tickcast_arena::Options;
use tickcast_protocol::{CloseReason, ResumeToken, Tick};
use tickcast_room::RoomOptions;
use tokio::time::{Instant, sleep, timeout};

use crate::client::{Client, TestServer, assert_elapsed, hello, resume, until};
use crate::memory_server::{MemoryServerOptions, run};

/// Time between two ticks of a room at 20 ticks per second.
const PERIOD: Duration = Duration::from_millis(50);
const SECOND: Duration = Duration::from_secs(1);

/// Starts a server with this store.
pub async fn start(store: &Arc<MemoryStore>, change: impl FnOnce(&mut MemoryServerOptions)) -> TestServer {
    let store: Arc<dyn Store> = Arc::clone(store) as _;
    TestServer::start(|options| {
        options.store = Some(store);
        change(options);
    })
    .await
}

/// Starts a server with a copy of a store. The copy has the state after a crash: of the writes that were waiting, it
/// contains only the first `persisted`. The old server keeps running, but has no effect on the copy.
async fn restart(store: &MemoryStore, persisted: usize) -> (TestServer, Arc<MemoryStore>) {
    let store = Arc::new(store.after_crash(persisted));
    (start(&store, |_| {}).await, store)
}

async fn rooms(server: &TestServer) -> Vec<RoomInfo> {
    server.server.lobby.send(ListRooms).await.expect("the lobby runs").rooms.clone()
}

/// The last tick of the only room of a server.
fn last_tick(server: &TestServer) -> Tick {
    server.journal.last().expect("ticks are recorded").tick
}

/// The only room in a store.
fn stored_room(store: &MemoryStore) -> MatchId {
    let rooms = store.rooms().expect("the store works");
    assert_eq!(rooms.len(), 1);
    rooms[0].id
}

/// Resumes the seat of a client that was connected to a crashed server.
async fn return_to(server: &mut TestServer, token: ResumeToken) -> Client {
    let client = server.greet(resume("Ada", token)).await.expect("the seat is kept");
    assert!(client.welcome.seat.is_some_and(|seat| seat.resumed));
    client
}

#[test]
fn snapshots_wait_until_their_tick_is_stored() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut client = server.join("Ada").await;
        client.play(SECOND).await;
        let shown = client.now();
        store.inject(Fault::Stall);
        assert!(timeout(PERIOD * 4, client.snapshot()).await.is_err(), "nothing that is not stored is shown");
        assert_eq!(last_tick(&server), shown.plus(4), "the room goes on");
        assert_eq!(store.waiting(), 1, "all later ticks are stored with one write");
        store.complete(1);
        client.snapshot().await;
        assert!(timeout(Duration::from_millis(1), client.snapshot()).await.is_err(), "the next write is in progress");
        store.inject(Fault::None);
        store.complete(1);
        for _ in 0..3 {
            client.snapshot().await;
        }
        assert_eq!(client.now(), shown.plus(4));
    });
}

#[test]
fn a_room_waits_with_further_ticks_while_those_of_250_ms_are_not_stored() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut client = server.join("Ada").await;
        client.play(SECOND).await;
        let shown = client.now();
        store.inject(Fault::Stall);
        sleep(SECOND * 2).await;
        assert_eq!(last_tick(&server), shown.plus(5));
        assert_eq!(server.server.metrics.ticks_held_by_store.get(), 35);
        store.inject(Fault::None);
        store.complete(1);
        client.play(SECOND).await;
        assert!(client.now().is_newer_than(shown.plus(22)), "{:?} after {shown:?}", client.now());
    });
}

#[test]
fn the_welcome_waits_until_the_seat_is_stored() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        server.join("Ada").await.play(SECOND).await;
        store.inject(Fault::Stall);
        let start = Instant::now();
        let (release, later) = (Arc::clone(&store), SECOND);
        actix::spawn(async move {
            sleep(later).await;
            release.inject(Fault::None);
            release.complete(2);
        });
        let joined = server.greet(hello("Eve")).await.expect("there is a free seat");
        assert_elapsed(start, SECOND);
        assert!(joined.welcome.seat.is_some());
    });
}

#[test]
fn after_a_crash_players_resume_their_seats_and_every_shown_tick_has_happened() {
    for persisted in 0..=1 {
        run(async move {
            let store = Arc::new(MemoryStore::default());
            let mut server = start(&store, |_| {}).await;
            let mut client = server.join("Ada").await;
            client.play(SECOND * 12).await;
            store.inject(Fault::Stall);
            sleep(PERIOD * 4).await;
            let (player, shown) = (client.welcome.player(), client.now());
            let token = client.token();
            let (mut server, _) = restart(&store, persisted).await;
            let mut client = return_to(&mut server, token).await;
            let first = client.snapshot().await.header.full.expect("the first snapshot is full");
            assert_eq!(client.welcome.player(), player);
            assert_eq!(first, shown.plus(1 + persisted as i32), "the next tick after those that were stored");
        });
    }
}

#[test]
fn a_token_that_the_client_may_not_have_received_does_not_lock_it_out() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut client = server.join("Ada").await;
        client.play(SECOND).await;
        let old = client.token();
        drop(client);
        let new = return_to(&mut server, old).await.token();
        for token in [old, new] {
            let (mut server, _) = restart(&store, 0).await;
            return_to(&mut server, token).await;
        }
    });
}

#[test]
fn a_recovered_room_waits_for_most_of_its_players() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut clients = Vec::new();
        for name in ["Ada", "Bob", "Eve", "Kim"] {
            clients.push(server.join(name).await);
        }
        for client in &mut clients {
            client.play(SECOND).await;
        }
        let tokens: Vec<_> = clients.iter().map(Client::token).collect();
        let (mut server, _) = restart(&store, 0).await;
        sleep(SECOND).await;
        let _returned = [return_to(&mut server, tokens[0]).await, return_to(&mut server, tokens[1]).await];
        sleep(PERIOD * 2).await;
        assert!(server.journal.take().is_empty(), "two of four have returned");
        let start = Instant::now();
        let mut third = return_to(&mut server, tokens[2]).await;
        third.snapshot().await;
        assert_elapsed(start, PERIOD);
    });
}

#[test]
fn a_recovered_room_waits_two_seconds_at_most() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut clients = [server.join("Ada").await, server.join("Eve").await];
        for client in &mut clients {
            client.play(SECOND).await;
        }
        let (mut server, _) = restart(&store, 0).await;
        let start = Instant::now();
        let mut client = return_to(&mut server, clients[0].token()).await;
        client.snapshot().await;
        assert_elapsed(start, SECOND * 2 + PERIOD);
    });
}

#[test]
fn any_number_of_players_may_return_before_a_recovered_room_ticks() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |options| options.room.seats = 150).await;
        let mut clients = Vec::new();
        // A room that ticks 20 times per second lets 75 clients join per tick.
        for number in 0..150 {
            clients.push(server.join(&format!("Ada {number}")).await);
        }
        for client in &mut clients {
            client.snapshot().await;
            client.acknowledge().await;
        }
        let tokens: Vec<_> = clients.iter().map(Client::token).collect();
        let (mut server, _) = restart(&store, 0).await;
        let start = Instant::now();
        let mut returned = Vec::new();
        for token in tokens {
            returned.push(return_to(&mut server, token).await);
        }
        returned[0].snapshot().await;
        assert_elapsed(start, PERIOD);
    });
}

#[test]
fn a_server_that_stops_orderly_continues_at_the_same_tick() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut client = server.join("Ada").await;
        client.play(SECOND).await;
        server.server.lobby.send(StopRooms).await.expect("the lobby runs");
        client.play(SECOND).await;
        let shown = client.now();
        assert!(timeout(SECOND, client.snapshot()).await.is_err(), "the room has stopped");
        assert_eq!(server.greet(hello("Eve")).await.err(), Some(CloseReason::ServerShutdown));
        let (mut server, store) = restart(&store, 0).await;
        let saved = store.take_over(stored_room(&store)).expect("the room is stored");
        assert_eq!(saved.checkpoints[0].sequence, saved.sequence, "the last write is a checkpoint");
        let mut client = return_to(&mut server, client.token()).await;
        assert_eq!(client.snapshot().await.header.full, Some(shown.next()));
    });
}

#[test]
fn if_the_store_fails_rooms_continue_in_memory_and_are_stored_again() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut client = server.join("Ada").await;
        client.play(SECOND).await;
        store.inject(Fault::Fail);
        let shown = client.now();
        client.play(SECOND * 5).await;
        assert_eq!(client.now(), shown.plus(100), "no tick is missing");
        assert_eq!(server.server.metrics.rooms_unsaved.get(), 1);
        assert!(rooms(&server).await[0].summary.unsaved);
        store.inject(Fault::None);
        client.play(SECOND * 10).await;
        assert_eq!(server.server.metrics.rooms_unsaved.get(), 0);
        assert!(!rooms(&server).await[0].summary.unsaved);
        let last = last_tick(&server);
        let (mut server, _) = restart(&store, 0).await;
        let mut client = return_to(&mut server, client.token()).await;
        assert_eq!(client.snapshot().await.header.full, Some(last.next()));
    });
}

#[test]
fn a_write_that_hangs_after_a_failure_is_followed_by_one_of_the_whole_state() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut client = server.join("Ada").await;
        client.play(SECOND).await;
        store.inject(Fault::Fail);
        client.play(SECOND).await;
        store.inject(Fault::Stall);
        let shown = client.now();
        client.play(SECOND * 40).await;
        assert_eq!((client.now(), store.waiting()), (shown.plus(800), 1), "the room goes on in memory");
        store.inject(Fault::None);
        store.complete(1);
        client.play(SECOND).await;
        assert_eq!(server.server.metrics.rooms_unsaved.get(), 0);
        let last = last_tick(&server);
        let (mut server, _) = restart(&store, 0).await;
        let mut client = return_to(&mut server, client.token()).await;
        assert_eq!(client.snapshot().await.header.full, Some(last.next()));
    });
}

#[test]
fn if_the_operator_wishes_no_tick_is_shown_that_cannot_be_stored() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |options| options.on_disk_error = OnDiskError::Stop).await;
        let mut client = server.join("Ada").await;
        client.play(SECOND).await;
        store.inject(Fault::Fail);
        assert!(timeout(SECOND, client.snapshot()).await.is_err());
    });
}

#[test]
fn a_room_that_another_server_has_taken_over_shows_no_further_tick() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut client = server.join("Ada").await;
        client.play(SECOND).await;
        store.take_over(stored_room(&store)).expect("the room is stored");
        assert_eq!(client.wire.read_close().await, Some(CloseReason::RoomFailed));
    });
}

#[test]
fn a_damaged_room_is_set_aside_and_the_others_are_recovered() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut client = server.join("Ada").await;
        client.play(SECOND).await;
        let damaged = stored_room(&store);
        let mut other = server.greet_room("other", hello("Eve")).await.expect("there is a free seat");
        other.play(SECOND).await;
        let found = Arc::new(store.after_crash(0));
        found.damage(damaged, |_, journal| journal[3].bytes[0] ^= 1);
        let mut server = start(&found, |_| {}).await;
        until("the damaged room is set aside", || !found.set_aside().is_empty()).await;
        let names: Vec<_> = rooms(&server).await.into_iter().map(|room| room.summary.name.to_string()).collect();
        assert_eq!(names, ["other"]);
        assert_eq!(found.set_aside(), [("test".to_owned(), "the stored data is damaged".to_owned())]);
        let again = server.greet_room("other", resume("Eve", other.token())).await.expect("the seat is kept");
        assert!(again.welcome.seat.is_some_and(|seat| seat.resumed));
    });
}

#[test]
fn a_damaged_newest_checkpoint_is_replaced_by_the_one_before() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut client = server.join("Ada").await;
        client.play(SECOND * 25).await;
        let found = Arc::new(store.after_crash(0));
        found.damage(stored_room(&found), |checkpoints, _| checkpoints[1].bytes[40] ^= 1);
        let last = last_tick(&server);
        let mut server = start(&found, |_| {}).await;
        let mut client = return_to(&mut server, client.token()).await;
        assert_eq!(client.snapshot().await.header.full, Some(last.next()));
    });
}

#[test]
fn a_room_whose_recovery_ended_the_process_twice_is_set_aside() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        server.join("Ada").await.play(SECOND).await;
        let found = Arc::new(store.after_crash(0));
        (0..2).for_each(|_| drop(found.take_over(stored_room(&found))));
        let _server = start(&found, |_| {}).await;
        until("the room is set aside", || !found.set_aside().is_empty()).await;
    });
}

#[test]
fn metadata_survives_a_restart_even_if_the_first_write_of_the_room_failed() {
    run(async {
        let metadata: Metadata = serde_json::from_value(json!({ "map": "desert", "level": 7 })).expect("valid");
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        store.inject(Fault::Fail);
        let (options, world) = (RoomOptions::default().with(|room| room.ai_players = 0), Options::default());
        let (name, creator) = ("test".parse().expect("the name is valid"), Default::default());
        let create = CreateRoom { name, options, world, metadata: metadata.clone(), creator };
        server.server.lobby.send(create).await.expect("the lobby runs").expect("there is space for a room");
        server.join("Ada").await.play(SECOND * 5).await;
        store.inject(Fault::None);
        until("the room is stored", || store.rooms().is_ok_and(|rooms| !rooms.is_empty())).await;
        let (server, _store) = restart(&store, 0).await;
        assert_eq!(rooms(&server).await[0].summary.metadata, metadata);
    });
}

/// Creates the room `test`. Returns its manage key.
async fn create(server: &TestServer) -> ManageKey {
    let (options, world) = (RoomOptions::default().with(|room| room.ai_players = 0), Options::default());
    let (name, creator) = ("test".parse().expect("the name is valid"), Default::default());
    let create = CreateRoom { name, options, world, metadata: Metadata::default(), creator };
    server.server.lobby.send(create).await.expect("the lobby runs").expect("there is space for a room").manage_key
}

async fn set_lock(server: &TestServer, key: &ManageKey, is_locked: bool) -> bool {
    let name = "test".parse().expect("the name is valid");
    server.server.lobby.send(SetLock { name, key: key.clone(), is_locked }).await.expect("the lobby runs").is_ok()
}

#[test]
fn a_lock_and_the_key_that_opens_it_survive_a_restart() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let key = create(&server).await;
        let mut ada = server.join("Ada").await;
        ada.play(SECOND).await;
        assert!(!set_lock(&server, &ManageKey::random(), true).await, "another key does not lock the room");
        assert!(set_lock(&server, &key, true).await);
        assert_eq!(server.greet(hello("Eve")).await.err(), Some(CloseReason::RoomLocked));

        let (mut server, _store) = restart(&store, 0).await;
        assert!(rooms(&server).await[0].summary.locked);
        assert_eq!(server.greet(hello("Eve")).await.err(), Some(CloseReason::RoomLocked));
        return_to(&mut server, ada.token()).await.play(SECOND).await;
        assert!(set_lock(&server, &key, false).await);
        server.greet(hello("Eve")).await.expect("the room is open again");
    });
}

#[test]
fn a_room_is_locked_durably_while_it_pauses_and_at_once_while_the_store_fails() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let key = create(&server).await;
        server.join("Ada").await.play(SECOND).await;
        sleep(SECOND * 10).await;
        assert!(set_lock(&server, &key, true).await);
        let is_locked = |store: &MemoryStore| {
            let listing = store.rooms().expect("the store works").remove(0).listing;
            Listing::decode(&listing).expect("the listing is valid").is_locked
        };
        assert!(is_locked(&store));
        store.inject(Fault::Fail);
        assert!(set_lock(&server, &key, false).await);
        assert!(is_locked(&store), "the change is not stored yet");
        server.join("Eve").await.play(SECOND).await;
        store.inject(Fault::None);
        until("the change is stored", || !is_locked(&store)).await;
    });
}

#[test]
fn an_empty_room_is_removed_from_the_store_when_it_closes() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        server.join("Ada").await.play(SECOND).await;
        stored_room(&store);
        until("the room closes", || store.rooms().is_ok_and(|rooms| rooms.is_empty())).await;
    });
}

#[test]
fn nothing_is_written_while_a_room_pauses() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let persistent = vec!["test".parse().expect("the name is valid")];
        let mut server = start(&store, |options| options.persistent_rooms = persistent).await;
        let mut client = server.join("Ada").await;
        client.play(SECOND).await;
        drop(client);
        sleep(SECOND * 60).await;
        let room = stored_room(&store);
        let last_write = || store.after_crash(0).take_over(room).expect("the room is stored").sequence;
        let before = last_write();
        sleep(SECOND * 3_600).await;
        assert_eq!(last_write(), before);
    });
}

#[test]
fn a_persistent_room_continues_where_it_was_however_long_it_is_empty() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let persistent = |options: &mut MemoryServerOptions| {
            options.persistent_rooms = vec!["test".parse().expect("the name is valid")];
        };
        let mut server = start(&store, persistent).await;
        assert_eq!(rooms(&server).await.len(), 1);
        let mut client = server.join("Ada").await;
        client.play(SECOND).await;
        drop(client);
        sleep(SECOND * 3_600).await;
        let last = last_tick(&server);
        assert!(Tick(100).is_newer_than(last), "the room has paused");
        let found = Arc::new(store.after_crash(0));
        let mut server = start(&found, persistent).await;
        let mut client = server.join("Eve").await;
        assert_eq!(client.snapshot().await.header.full, Some(last.next()));
    });
}

#[test]
fn the_end_of_a_room_is_repeated_while_too_many_writes_are_waiting() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut ada = server.join("Ada").await;
        ada.play(SECOND * 2).await;
        ada.wire.close(1000).await;
        store.inject(Fault::Full);
        sleep(SECOND * 60).await;
        assert_eq!(rooms(&server).await, [], "the room has closed");
        stored_room(&store);
        store.inject(Fault::None);
        sleep(SECOND * 2).await;
        assert_eq!(store.rooms(), Ok(Vec::new()));
    });
}

#[test]
fn the_repeated_end_of_a_room_has_no_effect_after_another_server_has_taken_it_over() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut ada = server.join("Ada").await;
        ada.play(SECOND * 2).await;
        let id = stored_room(&store);
        drop(ada);
        store.inject(Fault::Full);
        sleep(SECOND * 60).await;
        store.take_over(id).expect("the room is stored");
        store.inject(Fault::None);
        sleep(SECOND * 2).await;
        assert_eq!(stored_room(&store), id, "an outdated end has no effect");
        assert_eq!(rooms(&server).await, []);
    });
}
