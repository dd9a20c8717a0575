//! The rules of {{name}}.

use rules::{CARDS, Card, Move, MyGame, Refusal, TABLE_ID, Table, Won};
use tickcast_game::prelude::*;

const ADA: PlayerId = PlayerId(0);
const BOB: PlayerId = PlayerId(1);

/// A room with two players. It is Ada's turn.
fn room() -> Hosted<MyGame> {
    let mut room = Hosted::new(&(), 30, 0);
    room.step(&[Command::Join(ADA), Command::Join(BOB)]);
    room
}

fn table(room: &Hosted<MyGame>) -> &Table {
    room.world().entities.get(TABLE_ID).expect("the table is never removed")
}

/// Lets a player do something. Returns the outcome and the events.
fn act(room: &mut Hosted<MyGame>, player: PlayerId, action: Move) -> (Result<(), Refusal>, Vec<Won>) {
    let mut outcome = room.step(&[Command::Act(player, action)]);
    (outcome.actions.remove(0), outcome.events)
}

#[test]
fn a_player_who_draws_gets_a_card_and_passes_the_turn() {
    let mut room = room();
    assert_eq!(act(&mut room, BOB, Move::Draw).0, Err(Refusal::NotYourTurn));
    assert_eq!(act(&mut room, ADA, Move::Draw).0, Ok(()));
    assert_eq!((room.secret(ADA).len(), table(&room).turn), (CARDS.0 + 1, Some(BOB)));
    assert_eq!(table(&room).hands, [(ADA, CARDS.0 as u8 + 1), (BOB, CARDS.0 as u8)], "all see the numbers of cards");
}

#[test]
fn a_card_must_be_in_the_hand_and_fit() {
    let mut room = room();
    let top = table(&room).top;
    let hand = room.secret(ADA);
    let foreign = (0..13).map(|rank| Card { suit: top.suit, rank }).find(|card| !hand.contains(card));
    assert_eq!(act(&mut room, ADA, Move::Play(foreign.expect("Ada has few cards"))).0, Err(Refusal::NotYourCard));
    let expected = |card: Card| if card.fits(top) { Ok(()) } else { Err(Refusal::DoesNotFit) };
    assert_eq!(act(&mut room, ADA, Move::Play(hand[0])).0, expected(hand[0]));
}

#[test]
fn the_first_player_without_cards_wins_and_all_get_new_cards() {
    let mut room = room();
    for _ in 0..10_000 {
        let player = table(&room).turn.expect("there are players");
        let action = room.ai_action(player).expect("it is the player's turn");
        let (outcome, events) = act(&mut room, player, action);
        assert_eq!(outcome, Ok(()));
        if let [Won(winner)] = events[..] {
            assert_eq!((winner, room.world().standing(winner)), (player, Some(&1)));
            assert_eq!([ADA, BOB].map(|player| room.secret(player).len()), [CARDS.0; 2]);
            return;
        }
    }
    panic!("nobody wins");
}

#[test]
fn when_a_player_leaves_the_turn_passes_on() {
    let mut room = room();
    room.step(&[Command::Leave(ADA)]);
    assert_eq!((table(&room).turn, table(&room).hands.len()), (Some(BOB), 1));
    room.step(&[Command::Leave(BOB)]);
    assert_eq!(table(&room).turn, None);
}
