//! The server hosts any game: here is one without space and time.

use tickcast::ServerOptions;
use tickcast_arena::Arena;
use tickcast_protocol::{CloseReason, PlayerId, Role};
use tickcast_room::RoomOptions;

use crate::client::{Client, Wire, hello};
use crate::hosting::{host, host_with, options, quiet};
use crate::http::request;
use crate::metrics::{Page, wait_for};
use crate::nim::{BROKEN, Nim, Piece, RoomQuery, Table, UNLUCKY_SEED, UNREADABLE, Won};

type Player = Client<Nim>;

fn heap(client: &Player) -> (u32, PlayerId) {
    let heap = client.replica.entities().iter().find_map(|(_, piece)| match piece {
        Piece::Heap { stones, turn, .. } => Some((*stones, *turn)),
        Piece::Hand { .. } => None,
    });
    heap.expect("the heap is always there")
}

#[test]
fn a_turn_based_game_is_played_to_its_end() {
    let server = host::<Table>(quiet(), ());
    let mut ada = Player::join(server.address(), "table", "Ada").expect("a seat");
    let mut bob = Player::join(server.address(), "table", "Bob").expect("a seat");
    for client in [&mut ada, &mut bob] {
        client.until("both hands are on the table", |client, _| client.replica.entities().len() == 3);
    }
    let mut winner = None;
    for turn in 0..7 {
        let (mover, other) = if turn % 2 == 0 { (&mut ada, &mut bob) } else { (&mut bob, &mut ada) };
        let (stones, turn) = heap(mover);
        assert_eq!(turn, mover.player());
        let left = if stones == 3 { 21 } else { stones - 3 };
        mover.hold(RoomQuery(3));
        for client in [mover, other] {
            client.until("three stones are taken", |client, applied| {
                winner = applied.events.first().or(winner.as_ref()).cloned();
                heap(client).0 == left
            });
        }
    }
    assert_eq!(winner, Some(Won(ada.player())));
    let bobs_view = ada.player();
    bob.until("Ada's win is on the board", |bob, _| bob.replica.members()[&bobs_view].standing == 1);
}

#[test]
fn a_room_that_panics_ends_alone_and_can_be_entered_again() {
    let server = host::<Table>(quiet(), ());
    let mut ada = Player::join(server.address(), "broken", "Ada").expect("a seat");
    // Rooms take turns on two threads: one of these shares the broken room's.
    let mut others = ["sound", "too"].map(|room| Player::join(server.address(), room, "Bob").expect("a seat"));
    ada.tick();
    others.iter_mut().for_each(|other| drop(other.tick()));
    ada.hold(BROKEN);
    assert_eq!(ada.wire.read_close::<Nim>(), CloseReason::RoomFailed);
    let mut again = Player::join(server.address(), "broken", "Ada").expect("a new room");
    again.tick();
    assert_eq!(heap(&again).0, 21);
    for other in &mut others {
        let before = other.now();
        other.until("the other rooms go on", |other, _| {
            let header = &other.snapshot.as_ref().expect("a snapshot").header;
            assert_eq!(header.reset, None, "every tick of it is told");
            other.now().since(before) > 30
        });
    }
    let page = wait_for(&server, "the panic is counted", |page| page.value("tickcast_room_panics_total") == 1.0);
    assert_eq!((page.value("tickcast_rooms"), page.value("tickcast_players")), (3.0, 3.0));
    assert_eq!(page.value("tickcast_closes_total{reason=\"room_failed\"}"), 1.0);
}

#[test]
fn a_room_of_a_game_without_options_is_made_without_any() {
    let server = host::<Table>(quiet(), ());
    let create = |world: &str| {
        let room = format!("{{\"name\": \"table\", \"world\": {world}}}");
        request(server.address(), "POST", "/api/rooms", &room).0
    };
    assert_eq!(["{\"stones\": 3}", "{}"].map(create), [400, 201]);
}

#[test]
fn a_room_that_panics_when_it_is_made_is_not_there_and_the_others_are() {
    let server = host::<Table>(RoomOptions { seed: UNLUCKY_SEED - 1, ..quiet() }, ());
    let join = |room| Player::join(server.address(), room, "Ada");
    let mut ada = join("sound").expect("a seat");
    assert_eq!(join("unlucky").err(), Some(CloseReason::RoomFailed));
    let unlucky = format!("{{\"name\": \"unlucky\", \"options\": {{\"seed\": {UNLUCKY_SEED}}}}}");
    assert_eq!(request(server.address(), "POST", "/api/rooms", &unlucky).0, 500);
    ada.tick();
    assert!(join("unlucky").is_ok(), "the next one has another seed");
    assert_eq!(Page::read(server.admin_address()).value("tickcast_rooms"), 2.0);
}

#[test]
fn a_session_that_panics_ends_alone_and_its_client_can_come_back() {
    /// More often than the other tests of this process panic, which may run at the same time.
    const TIMES: u32 = 4;
    let server = host_with::<Table>(ServerOptions { workers: 1, ..options(quiet(), ()) });
    let mut ada = Player::join(server.address(), "table", "Ada").expect("a seat");
    ada.tick();
    let before = Page::read(server.admin_address()).value("tickcast_panics_total");
    for _ in 0..TIMES {
        let mut bob = Player::join(server.address(), "table", "Bob").expect("a seat");
        bob.tick();
        bob.hold(UNREADABLE);
        assert!((0..1_200).any(|_| bob.wire.0.read().is_err()), "his connection ends");
        let back = Player::resume(server.address(), "table", "Bob", bob.token()).expect("a seat");
        assert!(back.welcome.seat.is_some_and(|seat| seat.resumed), "he has kept his");
        back.leave();
    }
    ada.until("the others go on", |ada, _| {
        let header = &ada.snapshot.as_ref().expect("a snapshot").header;
        assert_eq!(header.reset, None, "every tick is told");
        ada.replica.members().len() == 1
    });
    let page = wait_for(&server, "both are gone", |page| page.value("tickcast_sessions") == 1.0);
    assert!(page.value("tickcast_panics_total") >= before + f64::from(TIMES));
    assert_eq!(page.value("tickcast_room_panics_total"), 0.0);
    assert_eq!(page.value("tickcast_closes_total{reason=\"lost\"}"), f64::from(TIMES));
}

#[test]
fn a_client_of_another_game_is_refused() {
    let server = host::<Table>(quiet(), ());
    let mut stranger = Wire::open(server.address(), "").expect("the upgrade is granted");
    stranger.send::<Arena>(&hello(Role::Spectator));
    assert_eq!(stranger.read_close::<Nim>(), CloseReason::VersionMismatch);
}
