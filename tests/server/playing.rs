//! Playing: inputs reach the world, and their effects reach all clients.

use tickcast_arena::{Arena, Controls, Entity, Event, Options, Ship, Steering, World, ids};
use tickcast_protocol::{Angle, ClientMessage, GameProtocol, PlayerId, Position, Prediction, ServerMessage};

use crate::client::Client;
use crate::test_server::{TestServer, empty_arena, room_options};

type Player = Client<Arena>;

const THRUST: Controls = Controls { steering: Steering::Ahead, thrust: true, fire: false, dash: false, choice: None };

/// The ship of a player, as this client sees it.
fn ship(client: &Player, player: PlayerId) -> Option<&Ship> {
    match client.replica.entities().get(Arena::avatar(player)) {
        Some(Entity::Ship(ship)) => Some(ship),
        _ => None,
    }
}

/// Joins, and waits until the client sees its own ship.
fn join_with_ship(server: &TestServer, room: &str, name: &str) -> Player {
    let mut client = Player::join(server.address(), room, name).expect("a seat is free");
    client.tick_until("the player has a ship", |client, _| ship(client, client.player()).is_some());
    client
}

#[test]
fn movement_and_bullets_are_seen_by_other_players() {
    let server = TestServer::arena(room_options());
    let mut ada = join_with_ship(&server, "duel", "Ada");
    let mut bob = Player::join(server.address(), "duel", "Bob").expect("a seat is free");
    let player = ada.player();
    let start = ship(&ada, player).expect("Ada has a ship").position;
    ada.hold(Controls { fire: true, ..THRUST });
    bob.tick_until("Ada's ship has moved", |bob, _| {
        ship(bob, player).is_some_and(|ship| !ship.position.is_within(start, 20 * Position::UNIT))
    });
    bob.tick_until("Bob sees Ada's bullet", |bob, _| {
        bob.replica.entities().iter().any(|(id, entity)| matches!(entity, Entity::Bullet(_)) && ids::shooter(id) == player)
    });
}

#[test]
fn an_input_takes_effect_at_the_tick_of_its_stamp() {
    let server = TestServer::arena(room_options());
    let mut ada = join_with_ship(&server, "solo", "Ada");
    ada.hold(THRUST);
    let stamp = ada.now().plus(3);
    ada.tick_until("the input was applied", |ada, _| ada.has_report());
    let report = ada.snapshot.as_ref().and_then(|snapshot| snapshot.header.report).expect("a report was received");
    assert_eq!(u32::from(report.stamp), stamp.0 & 0xff);
    if report.margin >= 0 {
        assert_eq!(ada.now(), stamp);
    }
    assert!(ship(&ada, ada.player()).expect("Ada has a ship").controls.thrust);
}

#[test]
fn undisturbed_flight_is_predicted_exactly() {
    let server = TestServer::arena(room_options());
    let mut ada = join_with_ship(&server, "solo", "Ada");
    ada.hold(THRUST);
    ada.tick_until("the ship thrusts", |ada, _| ship(ada, ada.player()).is_some_and(|ship| ship.controls.thrust));
    let ahead = ada.now().plus(100);
    let predicted = Prediction::new(ada.player()).predict(&ada.replica, ahead);
    ada.tick_until("the predicted tick has come", |ada, _| ada.now() == ahead);
    let id = Arena::avatar(ada.player());
    assert_eq!(predicted.get(id), ada.replica.entities().get(id));
}

#[test]
fn a_world_without_interactions_costs_one_byte_per_tick() {
    let server = TestServer::start::<World>(room_options(), Options { rocks: 10, orbs: 20, ..empty_arena() });
    let mut ada = Player::join(server.address(), "still", "Ada").expect("a seat is free");
    let mut lengths = Vec::new();
    for _ in 0..40 {
        lengths.push(ada.connection.0.read().expect("a snapshot arrives").into_data().len());
    }
    let minimal = lengths.iter().filter(|length| **length == 1).count();
    assert!(minimal >= 30, "{lengths:?}");
}

#[test]
fn a_resync_request_is_answered_with_a_full_snapshot() {
    let server = TestServer::arena(room_options());
    let mut ada = Player::join(server.address(), "solo", "Ada").expect("a seat is free");
    ada.tick();
    ada.connection.send::<Arena>(&ClientMessage::Resync);
    ada.tick_until("a full snapshot arrives", |ada, _| ada.is_full());
    assert_eq!(ada.replica.players().len(), 1);
}

#[test]
fn a_ping_is_answered_with_its_number() {
    let server = TestServer::arena(room_options());
    let mut ada = Player::join(server.address(), "solo", "Ada").expect("a seat is free");
    ada.connection.send::<Arena>(&ClientMessage::Ping(77));
    let is_answered = (0..100).any(|_| matches!(ada.connection.read::<Arena>(), Ok(ServerMessage::Pong(77))));
    assert!(is_answered);
}

#[test]
fn a_destroyed_ship_is_counted_and_respawns_with_protection() {
    let server = TestServer::arena(room_options().with(|room| room.seats = 8));
    let mut ada = Player::join(server.address(), "duel", "Ada").expect("a seat is free");
    let mut bob = Player::join(server.address(), "duel", "Bob").expect("a seat is free");
    let (victim, hunter) = (ada.player(), bob.player());
    // Bob hunts Ada, whose ship does not move.
    let is_destroyed = (0..3_000).any(|_| {
        bob.tick();
        if bob.now().0.is_multiple_of(4)
            && let Some((own, target)) = ship(&bob, hunter).zip(ship(&bob, victim))
        {
            let bearing = bearing(own.position, target.position);
            let is_far = !own.position.is_within(target.position, 200 * Position::UNIT);
            bob.hold(Controls {
                steering: Steering::Towards(bearing),
                thrust: is_far,
                fire: true,
                dash: false,
                choice: None,
            });
        }
        ada.tick().events.iter().any(|event| matches!(event, Event::Destroyed(_)))
    });
    assert!(is_destroyed, "Ada's ship was never destroyed");
    assert!(ship(&ada, victim).is_none());
    let destroyed_at = ada.now();
    ada.tick_until("Ada's ship respawns", |ada, _| ship(ada, victim).is_some());
    let seconds = f64::from(ada.now().since(destroyed_at)) / 60.0;
    assert!((1.9..2.2).contains(&seconds), "{seconds}");
    assert!(ship(&ada, victim).expect("Ada has a ship").protection > 0);
    bob.tick_until("the kill is counted", |bob, _| bob.replica.players()[&hunter].standing.kills == 1);
}

/// The angle from one position to another, found by trying all angles.
fn bearing(from: Position, to: Position) -> Angle {
    let (dx, dy) = (i64::from(to.x - from.x), i64::from(to.y - from.y));
    let projection = |angle: &Angle| dx * i64::from(angle.cos()) + dy * i64::from(angle.sin());
    (0..Angle::TURN).map(Angle::new).max_by_key(projection).expect("a turn has at least one step")
}
