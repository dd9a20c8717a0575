//! Tests of players who leave before the game permits it.

use std::time::Duration;

use tickcast_arena::{Arena, ArenaBrain, Controls, Destroyed, Destroyer, Entity, Event, Options, Standing, World};
use tickcast_game::{Behaviour, Brain, GameProtocol, Playable, Simulation};
use tickcast_protocol::codec::{self, Chunk};
use tickcast_protocol::{CloseReason, Hello, Input, PlayerId, Replica, ResumeToken, Role, ServerMessage, Tick, Viewport};
use tickcast_room::{Departure, NoObserver, Room, RoomOptions, SessionId};

use crate::OnTime;
use crate::siege::{Gate, Siege};

const RATE: u16 = 10;
const ADA: SessionId = SessionId(1);
const TOKEN: ResumeToken = ResumeToken([1; 16]);

fn hello(resume: Option<ResumeToken>) -> Hello {
    let name = "Ada".to_owned().try_into().expect("the name is short");
    Hello { resume, ..Hello::new::<Arena>(Role::Player(name), Viewport::default()) }
}

/// A room with one seat, which Ada holds. Her ship thrusts.
fn room() -> (Room<Siege>, Gate) {
    let options = RoomOptions::default().with(|room| (room.tick_rate, room.seats, room.ai_players) = (RATE, 1, 0));
    let siege = Siege::new(&Options { rocks: 0, orbs: 0, ..Options::default() }, RATE, 1);
    let gate = siege.gate.clone();
    let mut room = Room::new("siege".parse().expect("the name is valid"), options, siege, Box::new(NoObserver));
    room.join(ADA, &hello(None), TOKEN).expect("the seat is free");
    let controls = Controls { thrust: true, ..Controls::default() };
    room.handle_input(ADA, &Input { tick: Tick(1), acknowledged: Tick(0), controls });
    steps(&mut room, 1);
    assert_eq!(controls_held(&room), Some(controls));
    (room, gate)
}

fn steps<S: Simulation>(room: &mut Room<S>, ticks: u32) {
    (0..ticks).for_each(|_| drop(room.tick_on_time(RATE)));
}

/// The controls of the only ship, or `None` if there is no ship.
fn controls_held(room: &Room<Siege>) -> Option<Controls> {
    room.world().entities().iter().find_map(|(_, entity)| match entity {
        Entity::Ship(_) => Arena::controls(entity),
        _ => None,
    })
}

#[test]
fn a_player_who_leaves_stays_without_controls_until_the_game_lets_the_player_go() {
    let (mut room, gate) = room();
    room.leave(ADA, Departure::Left, RATE);
    steps(&mut room, 1);
    assert_eq!(controls_held(&room), Some(Controls::default()));
    steps(&mut room, 50);
    assert_eq!((room.humans(), controls_held(&room)), (1, Some(Controls::default())));
    gate.open();
    steps(&mut room, 1);
    assert_eq!((room.humans(), controls_held(&room)), (0, None));
}

#[test]
fn the_seat_of_a_player_who_must_stay_is_occupied_and_cannot_be_resumed() {
    let (mut room, gate) = room();
    room.leave(ADA, Departure::Left, RATE);
    assert!(!room.has_seat(&hello(Some(TOKEN))));
    let mut join = || {
        let joined = room.join(SessionId(2), &hello(Some(TOKEN)), ResumeToken([2; 16]));
        steps(&mut room, 1);
        joined.map(|welcome| welcome.seat.map(|seat| seat.resumed))
    };
    assert_eq!(join(), Err(CloseReason::RoomFull));
    gate.open();
    assert_eq!(join(), Err(CloseReason::RoomFull), "the player leaves with the next tick");
    assert_eq!(join(), Ok(Some(false)));
}

#[test]
fn a_player_leaves_at_once_if_the_game_allows_it() {
    let (mut room, gate) = room();
    gate.open();
    room.leave(ADA, Departure::Left, RATE);
    assert_eq!(room.humans(), 0);
}

#[test]
fn a_player_whose_grace_period_is_over_also_stays_until_the_game_lets_the_player_go() {
    let (mut room, gate) = room();
    room.leave(ADA, Departure::Lost, RATE);
    steps(&mut room, 31 * u32::from(RATE));
    assert_eq!((room.humans(), room.has_seat(&hello(Some(TOKEN)))), (1, false));
    gate.open();
    steps(&mut room, 1);
    assert_eq!(room.humans(), 0);
}

#[test]
fn no_game_keeps_a_player_for_more_than_thirty_seconds() {
    let (mut room, _gate) = room();
    room.leave(ADA, Departure::Left, RATE);
    steps(&mut room, 30 * u32::from(RATE) - 1);
    assert_eq!(room.humans(), 1);
    steps(&mut room, 1);
    assert_eq!(room.humans(), 0);
}

/// A player who hunts others.
struct Hunter {
    player: PlayerId,
    replica: Replica<Arena>,
    brain: ArenaBrain,
}

impl Hunter {
    const SESSION: SessionId = SessionId(2);

    fn join(room: &mut Room<World>) -> Self {
        let welcome = room.join(Self::SESSION, &hello(None), ResumeToken([2; 16])).expect("there are free seats");
        Self {
            player: welcome.player().expect("a player has a seat"),
            replica: Replica::new(&welcome).expect("the Welcome is valid"),
            brain: Arena::brain(Behaviour::Hunt, RATE, 1),
        }
    }

    /// Runs a tick, and returns the destroyed ships.
    fn step(&mut self, room: &mut Room<World>) -> Vec<Destroyed> {
        let step = room.tick_on_time(RATE);
        let (_, delivery) =
            step.live.deliveries.iter().find(|(session, _)| *session == Self::SESSION).expect("the hunter acknowledges");
        let mut bytes = Vec::new();
        step.live.frame.compose(delivery, &mut Chunk::default(), &mut bytes).expect("the arena does not panic");
        let Ok(ServerMessage::Snapshot(snapshot)) = codec::decode_server(&bytes) else {
            panic!("{bytes:?} is no snapshot")
        };
        let effects = self.replica.apply(&snapshot).expect("the stream has no gap");
        let controls = self.brain.decide(self.player, Some(&self.replica));
        let tick = room.tick();
        room.handle_input(Self::SESSION, &Input { tick: tick.next(), acknowledged: tick, controls });
        let destroyed = |event| if let Event::Destroyed(destroyed) = event { Some(destroyed) } else { None };
        effects.events.into_iter().filter_map(destroyed).collect()
    }
}

#[test]
fn a_room_that_closes_ends_the_stays_of_players_who_may_not_leave_yet() {
    let (mut room, _closed_gate) = room();
    room.leave(ADA, Departure::Left, RATE);
    steps(&mut room, 1);
    assert_eq!(room.take_results(), [], "Ada's ship is still in the world");
    room.end_stays(Duration::from_secs(1));
    let results = room.take_results();
    assert_eq!(results.iter().map(|result| result.name.as_str()).collect::<Vec<_>>(), ["Ada"]);
}

#[test]
fn the_kill_of_a_player_who_left_the_fight_counts() {
    let options = RoomOptions::default().with(|room| (room.tick_rate, room.ai_players) = (RATE, 0));
    let world = World::new(&Options { world_size: 512, rocks: 0, orbs: 0, round_s: 0 }, RATE, 1);
    let mut room = Room::new("fight".parse().expect("the name is valid"), options, world, Box::new(NoObserver));
    let victim = room.join(ADA, &hello(None), TOKEN).ok().and_then(|welcome| welcome.player());
    let victim = victim.expect("the victim has a seat");
    let mut hunter = Hunter::join(&mut room);
    while room.world().may_leave(victim) {
        hunter.step(&mut room);
        room.handle_acknowledgement(ADA, room.tick());
        assert!(room.tick().0 < 1000, "the hunter hits the victim");
    }
    room.leave(ADA, Departure::Left, RATE);
    let events = (0..1000).map(|_| hunter.step(&mut room)).find(|events| !events.is_empty());
    assert_eq!(events, Some(vec![Destroyed { victim, by: Destroyer::Player(hunter.player) }]));
    steps(&mut room, 1);
    assert_eq!(room.humans(), 1);
    let standings = room.world().standings();
    assert_eq!(standings, [(hunter.player, Standing { score: 100, kills: 1, deaths: 0, streak: 1 })]);
}
