//! The rules of {{name}}.

use rules::{Controls, Disc, FIELD, MyGame, RADIUS};
use tickcast_game::prelude::*;

const ONE: PlayerId = PlayerId(0);
const OTHER: PlayerId = PlayerId(1);

/// A room with two players, the second one to the right of the first.
fn room(tick_rate: u16) -> Hosted<MyGame> {
    let mut room = Hosted::new(&(), tick_rate, 0);
    room.step(&[Command::Join(ONE), Command::Join(OTHER)]);
    room
}

fn disc(room: &Hosted<MyGame>, player: PlayerId) -> &Disc {
    room.world().avatar(player).expect("the player has joined")
}

/// A player accelerates to the right for this time.
fn push_right(room: &mut Hosted<MyGame>, player: PlayerId, ticks: u16) {
    room.step(&[Command::Controls(player, Controls { x: 1, y: 0 })]);
    (1..ticks).for_each(|_| drop(room.step(&[])));
}

#[test]
fn a_disc_moves_about_as_far_at_any_tick_rate() {
    let distances = [20, 30, 60].map(|tick_rate| {
        let mut room = room(tick_rate);
        let start = disc(&room, ONE).position;
        push_right(&mut room, ONE, tick_rate / 2);
        (disc(&room, ONE).position.x - start.x) / Position::UNIT
    });
    assert!(distances.iter().all(|distance| (45..65).contains(distance)), "{distances:?}");
}

#[test]
fn a_disc_that_hits_another_one_pushes_it_and_both_players_are_counted() {
    let mut room = room(30);
    let start = disc(&room, OTHER).position;
    push_right(&mut room, ONE, 90);
    assert!(disc(&room, OTHER).position.x > start.x);
    assert!(room.world().standing(ONE) > Some(&0) && room.world().standing(ONE) == room.world().standing(OTHER));
}

#[test]
fn a_disc_stays_on_the_field() {
    let mut room = room(30);
    push_right(&mut room, OTHER, 300);
    let end = (FIELD - RADIUS) * Position::UNIT;
    assert!((0..=end).contains(&disc(&room, OTHER).position.x));
}

#[test]
fn an_ai_player_chases_the_nearest_disc() {
    let room = room(30);
    assert_eq!(room.ai_controls(ONE), Controls { x: 1, y: 0 });
}
