//! Stays of players are counted exactly once in their profiles, also if the store fails or the server crashes.

use std::sync::Arc;
use std::time::Duration;

use tickcast::actors::messages::StopRooms;
use tickcast::admission::tickets::Tickets;
use tickcast::admission::{profile_of_secret, profile_of_user};
use tickcast::store::{Fault, MemoryStore, Profile, ProfileId, Store};
use tickcast_protocol::{Hello, ProfileSecret, ResumeToken};
use tokio::time::{Instant, sleep};

use crate::client::{Client, TestServer, hello, resume, until};
use crate::durability::start;
use crate::memory_server::run;
use crate::memory_server::websocket::NORMAL;
use crate::tickets::{for_subject, issue, secret, with_ticket};

const SECOND: Duration = Duration::from_secs(1);
/// Time between two ticks of the room.
const PERIOD: Duration = Duration::from_millis(50);
const ADA: ProfileSecret = ProfileSecret([1; 16]);
const EVE: ProfileSecret = ProfileSecret([2; 16]);

fn with_profile(hello: Hello, secret: ProfileSecret) -> Hello {
    Hello { profile: Some(secret), ..hello }
}

async fn join(server: &mut TestServer, secret: ProfileSecret) -> Client {
    let name = if secret == ADA { "Ada" } else { "Eve" };
    server.greet(with_profile(hello(name), secret)).await.expect("a seat is free")
}

/// Leaves the room for good.
async fn leave(mut client: Client) {
    client.wire.close(NORMAL).await;
    client.wire.read_close().await;
}

fn profile(store: &MemoryStore, secret: ProfileSecret) -> Option<Profile> {
    profile_at(store, profile_of_secret(&secret))
}

fn profile_at(store: &MemoryStore, id: ProfileId) -> Option<Profile> {
    store.profile(id).expect("the store works")
}

fn matches(store: &MemoryStore, secret: ProfileSecret) -> u64 {
    profile(store, secret).map_or(0, |profile| profile.matches)
}

/// Waits longer than a room keeps a seat, and longer than the time after which a write to a failing store is tried again.
async fn wait() {
    sleep(SECOND * 90).await;
}

#[test]
fn a_stay_is_counted_when_the_player_leaves() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut present = join(&mut server, EVE).await;
        for stays in 1..=2 {
            let mut client = join(&mut server, ADA).await;
            client.play(SECOND * 5).await;
            assert_eq!(matches(&store, ADA), stays - 1, "the stay is in progress");
            leave(client).await;
            present.play(SECOND * 5).await;
            assert_eq!(matches(&store, ADA), stays);
        }
        let profile = profile(&store, ADA).expect("two stays");
        assert_eq!((profile.name.as_str(), profile.play_ms / 1_000), ("Ada", 10));
        assert_eq!(matches(&store, EVE), 0);
    });
}

#[test]
fn a_player_without_a_profile_is_not_recorded() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut present = join(&mut server, EVE).await;
        let mut client = server.join("Ada").await;
        client.play(SECOND).await;
        leave(client).await;
        // The next player takes the free seat.
        let mut client = join(&mut server, ADA).await;
        client.play(SECOND).await;
        leave(client).await;
        present.play(SECOND * 5).await;
        assert_eq!([matches(&store, ADA), matches(&store, EVE)], [1, 0]);
    });
}

#[test]
fn a_stay_that_ends_before_its_first_tick_is_not_counted_for_the_next_player_in_the_seat() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut present = join(&mut server, EVE).await;
        present.snapshot().await;
        let tick = Instant::now();
        let client = join(&mut server, ADA).await;
        let seat = client.welcome.player();
        leave(client).await;
        let mut next = server.join("Bob").await;
        assert_eq!(next.welcome.player(), seat);
        assert!(tick.elapsed() < PERIOD, "there was no tick in the meantime");
        next.play(SECOND * 5).await;
        leave(next).await;
        present.play(SECOND * 5).await;
        assert_eq!(matches(&store, ADA), 0);
    });
}

#[test]
fn the_last_stay_is_counted_when_the_empty_room_closes() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut client = join(&mut server, ADA).await;
        client.play(SECOND * 5).await;
        drop(client);
        until("the room closes", || store.rooms().is_ok_and(|rooms| rooms.is_empty())).await;
        let profile = profile(&store, ADA).expect("a stay");
        assert_eq!((profile.matches, profile.play_ms / 1_000), (1, 5), "the grace period is no play time");
    });
}

#[test]
fn a_resumed_stay_is_counted_once_for_the_profile_with_which_it_began() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut client = join(&mut server, ADA).await;
        client.play(SECOND * 5).await;
        let token = client.token();
        drop(client);
        let mut client = server.greet(with_profile(resume("Ada", token), EVE)).await.expect("the seat is kept");
        client.play(SECOND * 5).await;
        leave(client).await;
        wait().await;
        assert_eq!([matches(&store, ADA), matches(&store, EVE)], [1, 0]);
    });
}

#[test]
fn the_user_of_a_ticket_determines_the_profile() {
    run(async {
        let (store, tickets) = (Arc::new(MemoryStore::default()), Arc::new(Tickets::new(secret().into())));
        let mut server = start(&store, |options| options.tickets = Some(tickets)).await;
        for change in [Some("ada"), None] {
            let ticket = change.map_or_else(|| issue(|_| {}), |user| issue(for_subject(user)));
            let hello = with_profile(with_ticket(hello("Ada"), &ticket), ADA);
            let mut client = server.greet(hello).await.expect("the ticket is valid");
            client.play(SECOND).await;
            leave(client).await;
            wait().await;
        }
        let user = profile_at(&store, profile_of_user("ada"));
        assert_eq!((user.map(|profile| profile.matches), matches(&store, ADA)), (Some(1), 1));
    });
}

/// Starts a server with the store that it finds after a crash, and resumes the seat.
async fn restart(
    store: &MemoryStore,
    persisted: usize,
    token: ResumeToken,
) -> (TestServer, Arc<MemoryStore>, Option<Client>) {
    let store = Arc::new(store.after_crash(persisted));
    let mut server = start(&store, |_| {}).await;
    let returned = server.greet(resume("Ada", token)).await.expect("a seat is free");
    let has_resumed = returned.welcome.seat.is_some_and(|seat| seat.resumed);
    (server, store, has_resumed.then_some(returned))
}

#[test]
fn a_stay_continues_after_a_crash_and_is_counted_once() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut client = join(&mut server, ADA).await;
        client.play(SECOND * 12).await;
        let (_server, store, returned) = restart(&store, 0, client.token()).await;
        let mut client = returned.expect("the seat is kept");
        client.play(SECOND * 5).await;
        assert_eq!(matches(&store, ADA), 0);
        leave(client).await;
        wait().await;
        assert_eq!(matches(&store, ADA), 1);
    });
}

#[test]
fn a_stay_whose_end_was_lost_in_a_crash_ends_again_and_is_counted_once() {
    for persisted in 0..=2 {
        run(async move {
            let store = Arc::new(MemoryStore::default());
            let mut server = start(&store, |_| {}).await;
            let mut present = join(&mut server, EVE).await;
            let mut client = join(&mut server, ADA).await;
            client.play(SECOND).await;
            present.play(SECOND).await;
            let token = client.token();
            store.inject(Fault::Stall);
            leave(client).await;
            // The first of the waiting writes may have begun before the departure, so it may not contain the departure.
            sleep(SECOND).await;
            store.complete(1);
            sleep(SECOND).await;
            let (_server, found, _) = restart(&store, persisted, token).await;
            wait().await;
            assert_eq!([matches(&found, ADA), matches(&found, EVE)], [1, 1], "{persisted} writes persisted");
        });
    }
}

#[test]
fn stays_that_end_while_the_store_fails_are_counted_as_soon_as_it_works() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut present = join(&mut server, EVE).await;
        let mut client = join(&mut server, ADA).await;
        client.play(SECOND).await;
        store.inject(Fault::Fail);
        leave(client).await;
        let mut client = join(&mut server, ADA).await;
        client.play(SECOND).await;
        leave(client).await;
        present.play(SECOND * 25).await;
        assert_eq!(matches(&store, ADA), 0);
        store.inject(Fault::None);
        present.play(SECOND * 25).await;
        assert_eq!(matches(&store, ADA), 2);
    });
}

#[test]
fn a_stay_continues_after_an_orderly_restart() {
    run(async {
        let store = Arc::new(MemoryStore::default());
        let mut server = start(&store, |_| {}).await;
        let mut client = join(&mut server, ADA).await;
        client.play(SECOND * 2).await;
        server.server.lobby.send(StopRooms).await.expect("the lobby runs");
        let (_server, store, returned) = restart(&store, 0, client.token()).await;
        assert_eq!(matches(&store, ADA), 0);
        leave(returned.expect("the seat is kept")).await;
        wait().await;
        assert_eq!(matches(&store, ADA), 1);
    });
}
