//! Players who leave while the game does not let them go.

use tickcast_arena::{Arena, Controls, Entity, Options};
use tickcast_game::{Game, Simulation};
use tickcast_protocol::{CloseReason, Hello, Input, ResumeToken, Role, Tick, Viewport};
use tickcast_room::{Departure, NoJournal, Room, RoomOptions, SessionId};

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
    let mut room = Room::new("siege".parse().expect("the name is valid"), options, siege, Box::new(NoJournal));
    room.handle_join(ADA, &hello(None), TOKEN).expect("the seat is free");
    let controls = Controls { thrust: true, ..Controls::default() };
    room.handle_input(ADA, &Input { tick: Tick(1), acknowledged: Tick(0), controls });
    steps(&mut room, 1);
    assert_eq!(controls_held(&room), Some(controls));
    (room, gate)
}

fn steps(room: &mut Room<Siege>, ticks: u32) {
    (0..ticks).for_each(|_| drop(room.step()));
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
    room.handle_leave(ADA, Departure::Left);
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
    room.handle_leave(ADA, Departure::Left);
    assert!(!room.has_seat(&hello(Some(TOKEN))));
    let mut join = || {
        let joined = room.handle_join(SessionId(2), &hello(Some(TOKEN)), ResumeToken([2; 16]));
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
    room.handle_leave(ADA, Departure::Left);
    assert_eq!(room.humans(), 0);
}

#[test]
fn a_player_whose_grace_period_is_over_also_stays_until_the_game_lets_the_player_go() {
    let (mut room, gate) = room();
    room.handle_leave(ADA, Departure::Lost);
    steps(&mut room, 31 * u32::from(RATE));
    assert_eq!((room.humans(), room.has_seat(&hello(Some(TOKEN)))), (1, false));
    gate.open();
    steps(&mut room, 1);
    assert_eq!(room.humans(), 0);
}

#[test]
fn no_game_keeps_a_player_for_more_than_thirty_seconds() {
    let (mut room, _gate) = room();
    room.handle_leave(ADA, Departure::Left);
    steps(&mut room, 30 * u32::from(RATE) + 1);
    assert_eq!(room.humans(), 1);
    steps(&mut room, 1);
    assert_eq!(room.humans(), 0);
}
