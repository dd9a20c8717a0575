//! Tests of players who change their connection while they play.

use tickcast_arena::{Arena, Controls, Entity, Options, World};
use tickcast_game::Simulation;
use tickcast_protocol::{CloseReason, Hello, Input, ResumeToken, Role, Tick, Viewport};
use tickcast_room::{NoObserver, Room, RoomOptions, SessionId};

use crate::OnTime;

const RATE: u16 = 30;
const FIRST: SessionId = SessionId(1);
const SECOND: SessionId = SessionId(2);
const TOKEN: ResumeToken = ResumeToken([1; 16]);

/// A room with one ship, whose player has resumed the seat on a second session in tick 10. Until then, the first session has
/// sent an input for tick 12.
fn moved() -> Room<World> {
    moved_with(|_| {})
}

/// Like [`moved`], in a room whose options `change` has changed.
fn moved_with(change: impl FnOnce(&mut RoomOptions)) -> Room<World> {
    let options = RoomOptions::default().with(|room| (room.tick_rate, room.ai_players) = (RATE, 0)).with(change);
    let world = World::new(&Options { rocks: 0, orbs: 0, ..Options::default() }, RATE, 1);
    let mut room = Room::new("moved".parse().expect("the name is valid"), options, world, Box::new(NoObserver));
    let name = "Ada".to_owned().try_into().expect("the name is short");
    let hello = Hello::new::<Arena>(Role::Player(name), Viewport::default());
    room.join(FIRST, &hello, TOKEN).expect("there is a free seat");
    (1..=10).for_each(|_| drop(room.tick_on_time(RATE)));
    send(&mut room, FIRST, 12, true);
    let hello = Hello { resume: Some(TOKEN), ..hello };
    room.join(SECOND, &hello, ResumeToken([2; 16])).expect("the token is valid");
    room
}

fn send(room: &mut Room<World>, session: SessionId, tick: u32, thrust: bool) {
    let controls = Controls { thrust, ..Controls::default() };
    room.handle_input(session, &Input { tick: Tick(tick), acknowledged: Tick(0), controls });
}

/// Ticks up to `last` in which the ship thrusts.
fn thrusts(room: &mut Room<World>, last: u32) -> Vec<u32> {
    let mut ticks = Vec::new();
    while room.tick() != Tick(last) {
        let step = room.tick_on_time(RATE);
        let receivers: Vec<_> = step.live.deliveries.iter().map(|(session, _)| *session).collect();
        assert_eq!(receivers, [SECOND], "the first session gets no more snapshots");
        let is_thrusting = |entity: &Entity| matches!(entity, Entity::Ship(ship) if ship.controls.thrust);
        if room.world().entities().iter().any(|(_, entity)| is_thrusting(entity)) {
            ticks.push(room.tick().0);
        }
    }
    ticks
}

#[test]
fn inputs_that_are_not_due_yet_stay_queued() {
    let mut room = moved();
    send(&mut room, SECOND, 15, false);
    assert_eq!(thrusts(&mut room, 20), [12, 13, 14]);
}

#[test]
fn inputs_that_were_on_the_way_on_the_first_session_apply_before_those_of_the_second() {
    let mut room = moved();
    send(&mut room, SECOND, 18, true);
    send(&mut room, FIRST, 14, false);
    send(&mut room, FIRST, 19, false);
    assert_eq!(thrusts(&mut room, 20), [12, 13, 18, 19, 20]);
}

#[test]
fn the_first_session_is_closed_after_two_seconds() {
    let mut room = moved();
    let mut ticks = (0..100).map(|_| (room.tick_on_time(RATE).closed, room.tick()));
    let (closed, tick) = ticks.find(|(closed, _)| !closed.is_empty()).expect("it is closed");
    assert_eq!(closed, [(FIRST, CloseReason::SessionReplaced)]);
    assert!((60..=61).contains(&tick.0), "in tick {tick:?}");
    send(&mut room, FIRST, tick.0 + 1, false);
    assert_eq!(thrusts(&mut room, tick.0 + 3).len(), 3, "it controls the ship no longer");
}

#[test]
fn a_player_can_become_ready_on_the_first_session() {
    let mut room = moved_with(|room| (room.ready_up_s, room.ready_up_players) = (60, 2));
    room.handle_ready(FIRST, true);
    assert_eq!(room.ready(), Some(1));
}
