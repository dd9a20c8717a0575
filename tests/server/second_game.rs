//! The server hosts any game: here is one without space and time.

use tickcast_protocol::arena::Arena;
use tickcast_protocol::{CloseReason, PlayerId, Role};

use crate::client::{Client, Wire, hello};
use crate::hosting::{host, quiet};
use crate::nim::{BROKEN, Nim, Piece, Table, Won};

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
        mover.hold(3);
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
    let mut bob = Player::join(server.address(), "sound", "Bob").expect("a seat");
    ada.tick();
    ada.hold(BROKEN);
    assert_eq!(ada.wire.read_close::<Nim>(), CloseReason::RoomClosed);
    bob.tick();
    let before = bob.now();
    bob.until("the other room goes on", |bob, _| bob.now().since(before) > 30);
    let mut again = Player::join(server.address(), "broken", "Ada").expect("a new room");
    again.tick();
    assert_eq!(heap(&again).0, 21);
}

#[test]
fn a_client_of_another_game_is_refused() {
    let server = host::<Table>(quiet(), ());
    let mut stranger = Wire::open(server.address(), "").expect("the upgrade is granted");
    stranger.send::<Arena>(&hello(Role::Spectator));
    assert_eq!(stranger.read_close::<Nim>(), CloseReason::WrongVersion);
}
