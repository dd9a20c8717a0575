//! Scripted clients in a room in virtual time.

use tickcast_arena::{Arena, Controls, Entity, Options, Ship, World};
use tickcast_game::Simulation;
use tickcast_protocol::{CloseReason, EntityMap, Replica, codec};
use tickcast_room::RoomOptions;
use tickcast_testing::{Client, ClientId, Line, VirtualRoom};

type Room = VirtualRoom<World>;

/// A world without obstacles.
const EMPTY: Options = Options { world_size: 4_000, rocks: 0, orbs: 0, round_s: 0 };
const THRUST: Controls = Controls { thrust: true, ..RELEASED };
const RELEASED: Controls =
    Controls { steering: tickcast_arena::Steering::Ahead, thrust: false, fire: false, dash: false, choice: None };
/// Four ticks in each direction.
const SLOW: Line = Line { delay_ticks: 4, jitter_ticks: 0 };

fn ship(client: &Client<Arena>) -> &Ship {
    match client.avatar() {
        Some(Entity::Ship(ship)) => ship,
        other => panic!("the avatar is {other:?}"),
    }
}

/// Number of ticks by which the client's replica is behind the room.
fn lag(room: &Room, client: ClientId) -> i32 {
    let tick = room.client(client).replica().and_then(Replica::tick).expect("the client has a replica");
    room.tick().since(tick)
}

#[test]
fn the_prediction_of_an_undisturbed_ship_is_exact_despite_latency() {
    let mut room = Room::new(&EMPTY, 1);
    let ada = room.join_over("Ada", SLOW);
    room.run(200);
    room.hold(ada, THRUST);
    room.run(1);
    let predicted: EntityMap<Entity> = room.client(ada).predicted();
    let (_, predicted) = predicted.iter().next().expect("the ship is predicted");
    let mut ticks = 0;
    while room.client(ada).avatar() != Some(predicted) {
        room.run(1);
        ticks += 1;
        assert!(ticks <= 20, "the prediction never comes true");
    }
    assert!(ship(room.client(ada)).controls.thrust, "the prediction contains the new controls");
    assert!(
        ticks >= 2 * SLOW.delay_ticks,
        "the prediction came true {ticks} ticks later, before the server knew the input"
    );
}

#[test]
fn a_client_receives_snapshots_with_the_delay_of_its_line() {
    let mut room = Room::new(&EMPTY, 2);
    let (near, far) = (room.join("Ada"), room.join_over("Bob", SLOW));
    room.run(100);
    assert_eq!([near, far].map(|client| lag(&room, client)), [0, 4]);
    assert_eq!(room.client(near).avatar(), Some(room.world().entities().iter().next().expect("Ada has a ship").1));
}

#[test]
fn a_stalled_client_catches_up() {
    let mut room = Room::new(&EMPTY, 3);
    let ada = room.join("Ada");
    room.run(30);
    room.stall(ada, 150);
    room.run(149);
    assert_eq!(lag(&room, ada), 149);
    room.run(60);
    assert_eq!(lag(&room, ada), 0);
}

#[test]
fn a_client_that_never_reads_is_closed() {
    let mut room = Room::new(&EMPTY, 4);
    let (ada, bob) = (room.join("Ada"), room.join("Bob"));
    room.run(30);
    room.stall(ada, 600);
    room.run(601);
    assert_eq!(room.client(ada).close_reason(), Some(CloseReason::SlowConsumer));
    assert!(room.client(bob).is_connected());
}

#[test]
fn a_dropped_snapshot_is_followed_by_a_full_one() {
    let mut room = Room::new(&EMPTY, 5);
    let ada = room.join("Ada");
    room.run(60);
    room.drop_snapshot(ada);
    room.run(10);
    assert_eq!(lag(&room, ada), 10, "snapshots are held back");
    room.run(50);
    assert_eq!(lag(&room, ada), 0);
}

#[test]
fn a_lost_player_resumes_the_seat_and_a_player_who_left_does_not() {
    let mut room = Room::new(&EMPTY, 6);
    let (ada, bob) = (room.join("Ada"), room.join("Bob"));
    room.run(30);
    let player = room.client(ada).player();
    room.disconnect(ada);
    room.leave(bob);
    room.run(30);
    room.connect(ada);
    room.connect(bob);
    room.run(30);
    assert_eq!(room.client(ada).player(), player);
    assert_eq!([ada, bob].map(|client| room.client(client).has_resumed()), [true, false]);
}

#[test]
fn a_second_connection_replaces_the_first() {
    let mut room = Room::new(&EMPTY, 7);
    let ada = room.join("Ada");
    room.run(30);
    room.connect(ada);
    room.run(30);
    assert!(room.client(ada).has_resumed() && room.client(ada).is_connected());
    assert_eq!(room.world().standings().len(), 1);
}

#[test]
fn a_restarted_room_continues_and_its_players_resume() {
    let mut room = Room::new(&Options::default(), 8);
    let ada = room.join("Ada");
    room.hold(ada, THRUST);
    room.run(100);
    let before = codec::encode(room.world());
    room.restart();
    assert_eq!(codec::encode(room.world()), before);
    room.connect(ada);
    room.run(30);
    assert!(room.client(ada).has_resumed());
    assert!(ship(room.client(ada)).controls.thrust, "the client sends the controls that it holds");
}

#[test]
fn a_full_room_refuses_players_but_not_spectators() {
    let mut room = Room::with_room_options(RoomOptions::default().with(|room| room.seats = 1), &EMPTY, 9);
    let (_, bob, viewer) = (room.join("Ada"), room.join("Bob"), room.watch_over(SLOW));
    room.run(30);
    assert_eq!(room.client(bob).close_reason(), Some(CloseReason::RoomFull));
    assert_eq!(room.client(bob).player(), None);
    assert!(room.client(viewer).replica().is_some_and(|replica| replica.entities().len() > 1));
}

#[test]
fn an_input_far_ahead_delays_later_ones_by_one_second_and_a_late_one_is_applied_at_once() {
    let mut room = Room::new(&EMPTY, 10);
    let (ada, bob) = (room.join("Ada"), room.join("Bob"));
    room.run(30);
    room.send_input(ada, room.tick().plus(1_000), RELEASED);
    room.hold(ada, THRUST);
    room.send_input(bob, room.tick().plus(-1_000), THRUST);
    let thrusts = |room: &Room| [ada, bob].map(|client| ship(room.client(client)).controls.thrust);
    room.run(1);
    assert_eq!(thrusts(&room), [false, true]);
    let mut ticks = 1;
    while !thrusts(&room)[0] {
        room.run(1);
        ticks += 1;
        assert!(ticks < 60, "the input is never applied");
    }
    assert_eq!(ticks, 31);
}

#[test]
fn equal_calls_and_seeds_give_equal_runs() {
    let run = |seed| {
        let mut room = Room::new(&Options::default(), seed);
        let clients = [0, 1, 2]
            .map(|number| room.join_over(&format!("Player {number}"), Line { delay_ticks: number, jitter_ticks: 5 }));
        for tick in 0..100_usize {
            room.hold(clients[tick % 3], Controls { fire: tick % 7 == 0, ..THRUST });
            room.run(1);
        }
        codec::encode(room.world())
    };
    assert_eq!(run(11), run(11));
    assert_ne!(run(11), run(12));
}

#[test]
fn a_scenario_waits_until_its_condition_holds() {
    let mut room = Room::new(&EMPTY, 13);
    let ada = room.join_over("Ada", SLOW);
    room.run_until("Ada has a ship", |room| room.client(ada).avatar().is_some());
    let tick = room.tick();
    room.run_until("the tick is reached", |room| room.tick() == tick);
    assert_eq!(room.tick(), tick, "time does not advance if the condition holds already");
}

#[test]
#[should_panic(expected = "after 60 s: Ada has two ships")]
fn a_scenario_fails_if_its_condition_never_holds() {
    let mut room = Room::new(&EMPTY, 14);
    room.join("Ada");
    room.run_until("Ada has two ships", |room| room.world().entities().len() == 2);
}
