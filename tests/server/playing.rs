//! What a player does reaches the world and the others.

use tickcast_arena::{Arena, Controls, Entity, Ship, Steering, ids};
use tickcast_protocol::{ClientMessage, Game, Position, Prediction, ServerMessage};

use crate::client::Client;
use crate::hosting::{empty_arena, host, host_arena, quiet};
use tickcast_arena::World;
use tickcast_room::RoomOptions;

type Player = Client<Arena>;

const FLY: Controls = Controls { steering: Steering::Ahead, thrust: true, fire: false };

fn ship(client: &Player, player: tickcast_protocol::PlayerId) -> Option<&Ship> {
    match client.replica.entities().get(Arena::avatar(player)) {
        Some(Entity::Ship(ship)) => Some(ship),
        _ => None,
    }
}

#[test]
fn one_flies_and_fires_and_the_other_sees_it() {
    let server = host_arena(quiet());
    let mut ada = Player::join(server.address(), "duel", "Ada").expect("a seat");
    let mut bob = Player::join(server.address(), "duel", "Bob").expect("a seat");
    ada.until("Ada has a ship", |ada, _| ship(ada, ada.player()).is_some());
    let hers = ada.player();
    let start = ship(&ada, hers).expect("a ship").position;
    ada.hold(Controls { fire: true, ..FLY });
    bob.until("Ada's ship has moved", |bob, _| {
        ship(bob, hers).is_some_and(|ship| !ship.position.is_within(start, 20 * Position::UNIT))
    });
    bob.until("Ada's bullet flies", |bob, _| {
        bob.replica.entities().iter().any(|(id, entity)| matches!(entity, Entity::Bullet(_)) && ids::shooter(id) == hers)
    });
}

#[test]
fn an_input_shapes_the_very_tick_it_is_stamped_with() {
    let server = host_arena(quiet());
    let mut ada = Player::join(server.address(), "solo", "Ada").expect("a seat");
    ada.until("there is a ship", |ada, _| ship(ada, ada.player()).is_some());
    ada.hold(FLY);
    let stamp = ada.now().plus(3);
    ada.until("the input was applied", |ada, _| ada.snapshot.as_ref().is_some_and(|it| it.header.report.is_some()));
    let report = ada.snapshot.as_ref().and_then(|snapshot| snapshot.header.report).expect("it was");
    assert_eq!(u32::from(report.stamp), stamp.0 & 0xff);
    if report.margin >= 0 {
        assert_eq!(ada.now(), stamp);
    }
    assert!(ship(&ada, ada.player()).expect("a ship").controls.thrust);
}

#[test]
fn free_flight_is_predicted_to_the_bit() {
    let server = host_arena(quiet());
    let mut ada = Player::join(server.address(), "solo", "Ada").expect("a seat");
    ada.until("there is a ship", |ada, _| ship(ada, ada.player()).is_some());
    ada.hold(FLY);
    ada.until("it flies", |ada, _| ship(ada, ada.player()).is_some_and(|ship| ship.controls.thrust));
    let ahead = ada.now().plus(100);
    let predicted = Prediction::new(ada.player()).predict(&ada.replica, ahead);
    ada.until("the time has come", |ada, _| ada.now() == ahead);
    let id = Arena::avatar(ada.player());
    assert_eq!(predicted.get(id), ada.replica.entities().get(id));
}

#[test]
fn an_undisturbed_world_costs_a_byte_a_tick() {
    let server = host::<World>(quiet(), tickcast_arena::Options { rocks: 10, orbs: 20, ..empty_arena() });
    let mut ada = Player::join(server.address(), "still", "Ada").expect("a seat");
    let mut lengths = Vec::new();
    for _ in 0..40 {
        let length = ada.wire.0.read().expect("a snapshot").into_data().len();
        lengths.push(length);
    }
    let empty = lengths.iter().filter(|length| **length == 1).count();
    assert!(empty >= 30, "{lengths:?}");
}

#[test]
fn who_asks_to_recover_gets_everything_anew() {
    let server = host_arena(quiet());
    let mut ada = Player::join(server.address(), "solo", "Ada").expect("a seat");
    ada.tick();
    ada.wire.send::<Arena>(&ClientMessage::Resync);
    ada.until("a reset", |ada, _| ada.snapshot.as_ref().is_some_and(|it| it.header.reset.is_some()));
    assert_eq!(ada.replica.members().len(), 1);
}

#[test]
fn a_ping_is_answered() {
    let server = host_arena(quiet());
    let mut ada = Player::join(server.address(), "solo", "Ada").expect("a seat");
    ada.wire.send::<Arena>(&ClientMessage::Ping(77));
    let answered = (0..100).any(|_| matches!(ada.wire.read::<Arena>(), Ok(ServerMessage::Pong(77))));
    assert!(answered);
}

#[test]
fn a_death_is_told_and_followed_by_a_new_ship() {
    let room = RoomOptions { seats: 8, ..quiet() };
    let server = host_arena(room);
    let mut ada = Player::join(server.address(), "duel", "Ada").expect("a seat");
    let mut bob = Player::join(server.address(), "duel", "Bob").expect("a seat");
    let (hers, his) = (ada.player(), bob.player());
    let mut lost = false;
    // Bob hunts, and Ada waits for her fate.
    for _ in 0..3_000 {
        bob.tick();
        if bob.now().0.is_multiple_of(4)
            && let Some((own, target)) = ship(&bob, his).zip(ship(&bob, hers))
        {
            let aim = bearing(own.position, target.position);
            let far = !own.position.is_within(target.position, 200 * Position::UNIT);
            bob.hold(Controls { steering: Steering::Towards(aim), thrust: far, fire: true });
        }
        let applied = ada.tick();
        lost |= !applied.events.is_empty();
        if lost {
            break;
        }
    }
    assert!(lost, "Ada's ship was never destroyed");
    assert!(ship(&ada, hers).is_none());
    let died = ada.now();
    ada.until("Ada flies again", |ada, _| ship(ada, hers).is_some());
    let seconds = f64::from(ada.now().since(died)) / 60.0;
    assert!((1.9..2.2).contains(&seconds), "{seconds}");
    assert!(ship(&ada, hers).expect("a ship").protection > 0);
    bob.until("the kill is on the board", |bob, _| bob.replica.members()[&his].standing.kills == 1);
}

/// The angle from one place to another, found by trying all.
fn bearing(from: Position, to: Position) -> tickcast_protocol::Angle {
    let (dx, dy) = (i64::from(to.x - from.x), i64::from(to.y - from.y));
    let along = |steps: &i32| {
        let angle = tickcast_protocol::Angle::new(*steps);
        dx * i64::from(angle.cos()) + dy * i64::from(angle.sin())
    };
    tickcast_protocol::Angle::new((0..1024).max_by_key(along).expect("there are angles"))
}
