//! Teams, and the phase in which a room waits until its players are ready.

use serde::{Deserialize, Serialize};
use tickcast_game::Hosted;
use tickcast_game::prelude::*;
use tickcast_protocol::CloseReason;
use tickcast_room::RoomOptions;
use tickcast_testing::{ClientId, Line, VirtualRoom};

/// The avatar of each player is the number of the player's team.
#[derive(Serialize, Deserialize)]
struct Flags;

game!(Flags: AiPlayers);

impl Game for Flags {
    type Controls = ();
    type Entity = Option<Team>;

    const TEAMS: u16 = 2;

    fn new(world: &mut World<Self>, _: u64) -> Self {
        world.spawn(None);
        Self
    }

    fn join(&mut self, world: &mut World<Self>, player: PlayerId) -> Option<Option<Team>> {
        Some(world.team(player))
    }

    fn coast(_: &mut Option<Team>, _: &mut CoastContext<'_, Self>) -> Lifecycle {
        Lifecycle::Alive
    }

    fn step(&mut self, _: &mut World<Self>) {}
}

impl AiPlayers for Flags {
    fn ai_controls(&self, _: &World<Self>, _: PlayerId) {}
}

type Room = VirtualRoom<Hosted<Flags>>;

const RED: Team = Team(0);
const BLUE: Team = Team(1);
const RATE: u32 = 20;

fn room(change: impl FnOnce(&mut RoomOptions)) -> Room {
    let options = RoomOptions::default().with(|room| (room.tick_rate, room.seats, room.ai_players) = (20, 4, 0));
    Room::with_room_options(options.with(change), &(), 1)
}

/// The team of a client's player, as its replica knows it. The avatar in the world has the same team.
fn team(room: &Room, client: ClientId) -> Team {
    let client = room.client(client);
    let player = client.player().expect("the client has a seat");
    let team = client.replica().expect("the client has a replica").players()[&player].team;
    assert_eq!(client.avatar(), Some(&team));
    team.expect("the room has teams")
}

fn is_waiting(room: &Room, client: ClientId) -> bool {
    room.client(client).replica().expect("the client has a replica").is_waiting()
}

#[test]
fn players_join_the_requested_team_or_the_smallest_and_a_full_team_refuses() {
    let mut room = room(|_| {});
    let clients = [room.join_team("Ada", BLUE), room.join("Bob"), room.join_team("Cleo", BLUE)];
    let refused = [room.join_team("Dan", BLUE), room.join_team("Eve", Team(2))];
    room.run(3);
    assert_eq!(clients.map(|client| team(&room, client)), [BLUE, RED, BLUE]);
    for client in refused {
        assert_eq!(room.client(client).close_reason(), Some(CloseReason::TeamUnavailable));
    }
    let fay = room.join("Fay");
    room.run(3);
    assert_eq!(team(&room, fay), RED);
}

#[test]
fn a_player_who_resumes_keeps_the_team_also_in_a_recovered_room() {
    let mut room = room(|_| {});
    let (ada, bob) = (room.join_team("Ada", BLUE), room.join_team("Bob", BLUE));
    room.run(3 * RATE);
    room.restart();
    room.connect(ada);
    room.run(3);
    assert!(room.client(ada).has_resumed());
    assert_eq!(team(&room, ada), BLUE);
    room.run(6 * RATE);
    let cleo = room.join_team("Cleo", BLUE);
    room.run(3);
    assert_eq!(team(&room, cleo), BLUE, "the full team yields the seat of the player who lost the connection");
    assert!(!room.client(bob).is_connected());
}

#[test]
fn ai_players_fill_the_smallest_team_and_leave_the_largest() {
    let mut room = room(|room| (room.ai_players, room.teams) = (4, 2));
    let ada = room.join_team("Ada", RED);
    room.run(10);
    let count = |room: &Room, team| {
        let entities = room.client(ada).replica().expect("the client has a replica").entities();
        entities.iter().filter(|(_, entity)| **entity == Some(team)).count()
    };
    assert_eq!([RED, BLUE].map(|team| count(&room, team)), [2, 2]);
}

#[test]
fn a_room_without_teams_refuses_a_request_for_one() {
    let mut room = VirtualRoom::<tickcast_arena::World>::new(&tickcast_arena::Options::default(), 1);
    let ada = room.join_team("Ada", RED);
    room.run(3);
    assert_eq!(room.client(ada).close_reason(), Some(CloseReason::TeamUnavailable));
}

#[test]
fn a_match_begins_when_all_players_are_ready() {
    let mut room = room(|room| (room.ready_up_s, room.ready_up_players, room.ai_players) = (60, 2, 3));
    let (ada, viewer) = (room.join("Ada"), room.watch_over(Line::default()));
    room.run(2);
    room.set_ready(ada, true);
    room.run(RATE);
    let bob = room.join("Bob");
    room.run(3 * RATE);
    for client in [ada, bob, viewer] {
        assert!(is_waiting(&room, client));
        let replica = room.client(client).replica().expect("the client has a replica");
        assert_eq!((replica.entities().len(), replica.players().len()), (0, 2), "AI players join later");
        assert!(replica.players().values().any(|player| player.is_ready));
    }
    assert_eq!(room.world().world().ticks(), 0, "the rules do not run");
    room.restart();
    [ada, bob, viewer].into_iter().for_each(|client| room.connect(client));
    room.run(RATE);
    assert!(is_waiting(&room, ada), "Ada is still ready, but Bob is not");
    room.set_ready(bob, true);
    room.run(2);
    assert!(![ada, bob, viewer].map(|client| is_waiting(&room, client)).contains(&true));
    assert_eq!(team(&room, ada), RED);
    let replica = room.client(viewer).replica().expect("the client has a replica");
    assert!(replica.entities().len() >= 3);
    room.run(RATE);
}

#[test]
fn a_match_begins_after_the_timeout_which_starts_when_enough_players_are_seated() {
    let mut room = room(|room| (room.ready_up_s, room.ready_up_players) = (10, 2));
    let ada = room.join("Ada");
    room.run(30 * RATE);
    assert!(is_waiting(&room, ada), "a second player is missing");
    let bob = room.join("Bob");
    room.run(9 * RATE);
    room.set_ready(bob, true);
    room.set_ready(bob, false);
    room.run(RATE - 5);
    assert!(is_waiting(&room, ada));
    room.run(10);
    assert!(!is_waiting(&room, ada));
    room.set_ready(ada, true);
    room.run(RATE);
    let replica = room.client(bob).replica().expect("the client has a replica");
    assert!(replica.players().values().all(|player| !player.is_ready), "a match that has begun ignores it");
}
