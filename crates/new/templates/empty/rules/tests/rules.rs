//! The rules of {{name}}.

use rules::{Controls, MyGame, SPEED, Walker};
use tickcast_game::prelude::*;

const PLAYER: PlayerId = PlayerId(3);

/// A room with one player.
fn room(tick_rate: u16) -> Hosted<MyGame> {
    let mut room = Hosted::new(&(), tick_rate, 0);
    room.step(&[Command::Join(PLAYER)]);
    room
}

fn walker(room: &Hosted<MyGame>) -> Option<&Walker> {
    room.world().avatar(PLAYER)
}

#[test]
fn a_player_walks_in_the_direction_that_is_held_at_any_tick_rate() {
    for tick_rate in [20, 30, 60] {
        let mut room = room(tick_rate);
        let start = walker(&room).expect("the player has joined").position;
        room.step(&[Command::Controls(PLAYER, Controls { x: 1, y: 0 })]);
        (1..tick_rate).for_each(|_| drop(room.step(&[])));
        let end = walker(&room).expect("the player has not left").position;
        let second = SPEED * Position::UNIT / Velocity::UNIT;
        assert_eq!(end, Position { x: start.x + second, ..start }, "at {tick_rate} ticks per second");
    }
}

#[test]
fn a_player_who_leaves_disappears() {
    let mut room = room(30);
    room.step(&[Command::Leave(PLAYER)]);
    assert!(walker(&room).is_none());
}
