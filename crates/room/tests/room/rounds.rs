//! Rounds of a game that is written with the interface for authors: results, and the standings that clients know.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tickcast_game::prelude::*;
use tickcast_game::{Hosted, Protocol};
use tickcast_protocol::codec::{self, Chunk};
use tickcast_protocol::{Hello, Replica, ResumeToken, Role, ServerMessage, Tick, Viewport};
use tickcast_room::{NewClient, NoObserver, Room, RoomOptions, SessionId};

/// Ticks of a round.
const ROUND: u64 = 20;

/// Each player scores a point in every tick.
#[derive(Serialize, Deserialize)]
struct Clock;

game!(Clock: Events, Standings);

impl Game for Clock {
    type Controls = ();
    type Entity = ();

    fn new(_: &mut World<Self>, _: u64) -> Self {
        Self
    }

    fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<()> {
        Some(())
    }

    fn coast((): &mut (), _: &mut CoastContext<'_, Self>) -> Lifecycle {
        Lifecycle::Alive
    }

    fn step(&mut self, world: &mut World<Self>) {
        for player in world.players().collect::<Vec<_>>() {
            *world.standing_mut(player).expect("the player has a standing") += 1;
        }
        if world.ticks() == ROUND - 1 {
            world.send_event(RoundOver);
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct RoundOver;

impl Events for Clock {
    type Event = RoundOver;
}

impl Standings for Clock {
    type Standing = u32;

    fn ends_round(_: &RoundOver) -> bool {
        true
    }

    fn score(points: &u32) -> Option<Score> {
        Some(Score { points: *points, ..Score::default() })
    }
}

fn time(tick: u64) -> Duration {
    Duration::from_millis(tick * 50)
}

#[test]
fn each_round_has_results_and_the_replica_of_a_client_follows() {
    let options = RoomOptions::default().with(|room| (room.tick_rate, room.ai_players) = (20, 0));
    let name = "rounds".parse().expect("the name is valid");
    let world = Hosted::<Clock>::new(&(), 20, 7);
    let mut room = Room::new(name, options, world, Box::new(NoObserver)).with_journal();
    let role = Role::Player("Ada".to_owned().try_into().expect("the name is valid"));
    let hello = Hello::new::<Protocol<Clock>>(role, Viewport::default());
    let client = NewClient { session: SessionId(1), hello: &hello, token: ResumeToken([1; 16]), key: None, permit: None };
    let welcome = room.handle_join(client, time(0)).expect("a seat is free");
    let mut replica = Replica::new(&welcome).expect("the Welcome is valid");
    let mut results = Vec::new();
    for tick in 1..=2 * ROUND + 8 {
        let step = room.step(time(tick));
        let mut bytes = Vec::new();
        let (session, delivery) = &step.live.deliveries[0];
        step.live.frame.compose(delivery, &mut Chunk::default(), &mut bytes).expect("the game does not panic");
        let Ok(ServerMessage::Snapshot(snapshot)) = codec::decode_server(&bytes) else { panic!("no snapshot") };
        let effects = replica.apply(&snapshot).expect("the snapshot applies");
        assert_eq!(effects.events.len(), usize::from(tick % ROUND == 0), "tick {tick}");
        room.handle_acknowledgement(*session, room.tick());
        results.extend(room.take_results());
        if tick % ROUND == 0 {
            assert_eq!(replica.players()[&PlayerId(0)].standing, 0, "tick {tick}");
        }
    }
    let results: Vec<_> = results.iter().map(|it| (it.first_tick, it.score.points, it.play_time, it.next)).collect();
    let round = |number: u32| Tick(1 + number * ROUND as u32);
    let next = |number| Some(round(number));
    assert_eq!(results, [(round(0), ROUND as u32, time(ROUND), next(1)), (round(1), ROUND as u32, time(ROUND), next(2)),]);
    assert_eq!(replica.players()[&PlayerId(0)].standing, 8);
}
