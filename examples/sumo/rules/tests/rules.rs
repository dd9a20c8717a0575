//! The rules of Sumo.

use sumo_rules::{Disc, Event, Push, RADIUS, Sumo, Thing, discs};
use tickcast_game::protocol::{PlayerId, Position};
use tickcast_game::{Command, Hosted, Simulation};

const ADA: PlayerId = PlayerId(0);
const BOB: PlayerId = PlayerId(1);
const CLEO: PlayerId = PlayerId(2);
const RIGHT: Push = Push(1);
const LEFT: Push = Push(9);

type Room = Hosted<Sumo>;

fn disc(room: &Room, player: PlayerId) -> Option<&Disc> {
    discs(room.world()).find(|(other, _)| *other == player).map(|(_, disc)| disc)
}

fn is_fight(room: &Room) -> bool {
    room.entities().iter().any(|(_, thing)| matches!(thing, Thing::Ring(_)))
}

/// A fight between Ada, who begins on the right, and Bob, who begins on the left.
fn fight() -> Room {
    let mut room = Room::new(&(), 30, 0);
    room.step(&[Command::Join(ADA), Command::Join(BOB)]);
    for _ in 0..120 {
        room.step(&[]);
    }
    assert!(is_fight(&room));
    room
}

/// Steps until there are events, for at most a minute.
fn next_events(room: &mut Room) -> Vec<Event> {
    let outcomes = (0..1_800).map(|_| room.step(&[]).events);
    outcomes.into_iter().find(|events| !events.is_empty()).expect("something happens within a minute")
}

#[test]
fn a_fight_begins_after_a_break_with_two_players() {
    let mut room = Room::new(&(), 30, 0);
    room.step(&[Command::Join(ADA)]);
    for _ in 0..300 {
        room.step(&[]);
    }
    assert!(!is_fight(&room), "one player cannot fight");
    room.step(&[Command::Join(BOB)]);
    for _ in 0..120 {
        room.step(&[]);
    }
    assert!(is_fight(&room));
}

#[test]
fn a_disc_that_leaves_the_ring_is_out_and_the_last_one_wins() {
    let mut room = fight();
    room.step(&[Command::Controls(ADA, RIGHT)]);
    assert_eq!(next_events(&mut room), [Event::Out(ADA), Event::Won(Some(BOB))]);
    assert_eq!((disc(&room, ADA), room.world().standing(BOB)), (None, Some(&1)));
    for _ in 0..120 {
        room.step(&[]);
    }
    assert!(is_fight(&room) && disc(&room, ADA).is_some(), "the next fight begins with all players");
}

#[test]
fn a_player_who_joins_during_a_fight_waits_for_the_next_one() {
    let mut room = fight();
    room.step(&[Command::Join(CLEO), Command::Controls(CLEO, LEFT), Command::Controls(ADA, RIGHT)]);
    assert_eq!(disc(&room, CLEO), None);
    next_events(&mut room);
    for _ in 0..120 {
        room.step(&[]);
    }
    assert_eq!(disc(&room, CLEO).map(|disc| disc.push), Some(LEFT), "the disc has the controls that the player holds");
}

#[test]
fn a_player_who_leaves_the_room_loses_the_fight() {
    let mut room = fight();
    let outcome = room.step(&[Command::Leave(ADA)]);
    assert_eq!(outcome.events, [Event::Won(Some(BOB))]);
}

#[test]
fn discs_bounce_off_each_other() {
    let mut room = fight();
    room.step(&[Command::Controls(ADA, LEFT), Command::Controls(BOB, RIGHT)]);
    let mut bounces = 0;
    for _ in 0..300 {
        let speed = |room: &Room| disc(room, ADA).map_or(0, |disc| disc.velocity.x);
        let before = speed(&room);
        room.step(&[]);
        let [ada, bob] = [ADA, BOB].map(|player| disc(&room, player).expect("nobody leaves the ring").position);
        assert!(!ada.is_within(bob, 2 * RADIUS - 4), "{ada:?} overlaps {bob:?}");
        bounces += u32::from(before < 0 && speed(&room) > 0);
    }
    assert!(bounces > 2, "{bounces} bounces");
}

#[test]
fn discs_at_the_same_place_are_moved_apart() {
    let mut room = Room::new(&(), 30, 0);
    // Both seats have the same place, because 400 · 64 is a multiple of a full turn.
    room.step(&[Command::Join(ADA), Command::Join(PlayerId(64))]);
    let [ada, other] = [ADA, PlayerId(64)].map(|player| disc(&room, player).expect("there is a break").position);
    assert!(!ada.is_within(other, 2 * RADIUS - 4), "{ada:?} overlaps {other:?}");
}

#[test]
fn a_push_has_the_direction_of_the_vector_that_comes_closest() {
    for (x, y, push) in [(9, 0, RIGHT), (-900, 20, LEFT), (0, 7, Push(5)), (500, -500, Push(15))] {
        assert_eq!(Push::towards(Position::at_units(x, y)), push);
    }
}

#[test]
fn ai_players_push_each_other_out_of_the_ring() {
    let mut room = Room::new(&(), 30, 0);
    let players = (0..4).map(PlayerId);
    room.step(&players.clone().map(Command::Join).collect::<Vec<_>>());
    let mut fights = 0;
    for tick in 0..30 * 300 {
        let push = |player| Command::Controls(player, room.ai_controls(player));
        let commands: Vec<_> = if tick % 8 == 0 { players.clone().map(push).collect() } else { Vec::new() };
        fights += room.step(&commands).events.iter().filter(|event| matches!(event, Event::Won(_))).count();
    }
    assert!(fights >= 3, "{fights} fights in five minutes");
}
