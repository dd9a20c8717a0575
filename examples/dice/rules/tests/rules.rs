//! The rules of Liar's Dice.

use dice_rules::{Bid, DICE, Event, LiarsDice, Move, Refusal, Seat, Showdown, TABLE_ID, Table, choose};
use tickcast_game::prelude::*;

const ADA: PlayerId = PlayerId(0);
const BOB: PlayerId = PlayerId(1);
const CLEO: PlayerId = PlayerId(2);

type Room = Hosted<LiarsDice>;

fn table(room: &Room) -> &Table {
    room.world().entities.get(TABLE_ID).expect("the table is never removed")
}

/// Lets a player do something. Returns the outcome and the events.
fn act(room: &mut Room, player: PlayerId, action: Move) -> (Result<(), Refusal>, Vec<Event>) {
    let mut outcome = room.step(&[Command::Act(player, action)]);
    (outcome.actions.remove(0), outcome.events)
}

fn bid(room: &mut Room, player: PlayerId, count: u8, face: u8) -> Result<(), Refusal> {
    act(room, player, Move::Bid { count, face }).0
}

/// A game in which Ada begins.
fn game(players: &[PlayerId]) -> Room {
    let mut room = Room::new(&(), 30, 7);
    room.step(&players.iter().copied().map(Command::Join).collect::<Vec<_>>());
    assert_eq!(act(&mut room, ADA, Move::Deal), (Ok(()), vec![Event::Dealt(ADA)]));
    room
}

/// Number of dice that show this face.
fn count(room: &Room, players: &[PlayerId], face: u8) -> u8 {
    players.iter().flat_map(|player| room.secret(*player)).filter(|die| *die == face).count() as u8
}

/// Dice of each player who is at the table.
fn dice_left(room: &Room) -> Vec<u8> {
    table(room).seats.iter().map(|seat| seat.dice).collect()
}

#[test]
fn a_game_needs_two_players_and_gives_each_five_hidden_dice() {
    let mut room = Room::new(&(), 30, 7);
    room.step(&[Command::Join(ADA)]);
    assert_eq!(act(&mut room, ADA, Move::Deal).0, Err(Refusal::TooFewPlayers));
    room = game(&[ADA, BOB]);
    for player in [ADA, BOB] {
        let dice = room.secret(player);
        assert!(dice.len() == DICE.into() && dice.is_sorted() && dice.iter().all(|die| (1..=6).contains(die)), "{dice:?}");
    }
    assert_eq!((dice_left(&room), table(&room).turn), (vec![DICE, DICE], Some(ADA)));
    assert_eq!(act(&mut room, BOB, Move::Deal).0, Err(Refusal::GameIsOn));
}

#[test]
fn bids_rise_in_turn() {
    let mut room = game(&[ADA, BOB, CLEO]);
    assert_eq!(bid(&mut room, BOB, 1, 1), Err(Refusal::NotYourTurn));
    assert_eq!(act(&mut room, ADA, Move::Doubt).0, Err(Refusal::NothingToDoubt));
    for (count, face) in [(0, 3), (16, 3), (1, 0), (1, 7)] {
        assert_eq!(bid(&mut room, ADA, count, face), Err(Refusal::NoSuchDice), "{count} dice with {face}");
    }
    assert_eq!(bid(&mut room, ADA, 2, 3), Ok(()));
    for (count, face) in [(2, 3), (2, 2), (1, 6)] {
        assert_eq!(bid(&mut room, BOB, count, face), Err(Refusal::BidTooLow), "{count} dice with {face}");
    }
    assert_eq!(bid(&mut room, BOB, 2, 4), Ok(()));
    assert_eq!(bid(&mut room, CLEO, 3, 1), Ok(()));
    assert_eq!((table(&room).turn, table(&room).bid), (Some(ADA), Some(Bid { player: CLEO, count: 3, face: 1 })));
}

#[test]
fn the_one_who_is_wrong_loses_a_die_and_begins_the_next_round() {
    for (excess, loser) in [(0, BOB), (1, ADA)] {
        let mut room = game(&[ADA, BOB]);
        let hands = [ADA, BOB].map(|player| (player, room.secret(player)));
        let face = (1..=6).find(|face| count(&room, &[ADA, BOB], *face) > 0).expect("there are dice");
        let said = Bid { player: ADA, count: count(&room, &[ADA, BOB], face) + excess, face };
        assert_eq!(bid(&mut room, ADA, said.count, face), Ok(()));
        assert_eq!(act(&mut room, BOB, Move::Doubt), (Ok(()), vec![Event::Lost(loser)]));
        let showdown = Showdown { bid: said, doubter: BOB, loser, hands: hands.to_vec() };
        assert_eq!(table(&room).showdown, Some(showdown), "all dice are shown");
        assert_eq!((table(&room).turn, table(&room).bid), (Some(loser), None));
        assert_eq!(room.secret(loser).len(), usize::from(DICE) - 1);
        assert_eq!(bid(&mut room, loser, 1, 1), Ok(()));
        assert_eq!(table(&room).showdown, None, "until the next bid");
    }
}

#[test]
fn the_last_player_with_dice_wins_and_anybody_begins_the_next_game() {
    let mut room = game(&[ADA, BOB]);
    let mut events = Vec::new();
    while let Some(player) = table(&room).turn {
        // Ada bids more than there can be, and Bob bids the least.
        let (count, face) = if player == ADA { (table(&room).dice(), 6) } else { (1, 1) };
        let action = if table(&room).bid.is_none() { Move::Bid { count, face } } else { Move::Doubt };
        events = act(&mut room, player, action).1;
    }
    assert!(matches!(events[..], [Event::Lost(_), Event::Won(_)]), "{events:?}");
    let Some(Event::Won(winner)) = events.last() else { panic!("somebody has won") };
    assert_eq!(room.world().standing(*winner), Some(&1));
    assert_eq!([ADA, BOB].map(|player| room.secret(player).len()), [0, 0]);
    assert_eq!(act(&mut room, BOB, Move::Deal).0, Ok(()));
    assert_eq!((dice_left(&room), table(&room).turn), (vec![DICE, DICE], Some(BOB)));
}

#[test]
fn a_player_who_joins_during_a_game_waits_for_the_next_one() {
    let mut room = game(&[ADA, BOB]);
    room.step(&[Command::Join(CLEO)]);
    assert_eq!((dice_left(&room), room.secret(CLEO)), (vec![DICE, DICE, 0], vec![]));
    assert_eq!(bid(&mut room, ADA, 1, 1), Ok(()));
    assert_eq!(bid(&mut room, BOB, 1, 2), Ok(()));
    assert_eq!(table(&room).turn, Some(ADA));
}

#[test]
fn when_a_player_leaves_the_others_roll_again() {
    let mut room = game(&[ADA, BOB, CLEO]);
    assert_eq!(bid(&mut room, ADA, 2, 2), Ok(()));
    let outcome = room.step(&[Command::Leave(BOB)]);
    assert_eq!(outcome.events, [Event::Left(BOB)]);
    assert_eq!((table(&room).turn, table(&room).bid), (Some(CLEO), None), "Bob's turn passes on");
    assert_eq!(table(&room).seats, [ADA, CLEO].map(|player| Seat { player, dice: DICE }));
    let outcome = room.step(&[Command::Leave(ADA)]);
    assert_eq!((outcome.events, table(&room).turn), (vec![Event::Left(ADA), Event::Won(CLEO)], None));
    room.step(&[Command::Leave(CLEO)]);
    assert_eq!(table(&room).seats, []);
}

#[test]
fn ai_players_play_a_game_to_its_end_with_valid_moves_only() {
    let players = [ADA, BOB, CLEO, PlayerId(3), PlayerId(4), PlayerId(5)];
    let mut room = game(&players);
    let (mut moves, mut lost, mut doubts) = (0, [0; 6], 0);
    while let Some(player) = table(&room).turn {
        let action = room.ai_action(player).expect("it is the player's turn");
        assert_eq!(choose(table(&room), player, &room.secret(player)), Some(action.clone()), "the own dice suffice");
        doubts += u32::from(action == Move::Doubt);
        let (outcome, events) = act(&mut room, player, action);
        assert_eq!(outcome, Ok(()));
        for event in events {
            if let Event::Lost(loser) = event {
                lost[usize::from(loser.0)] += 1;
            }
        }
        moves += 1;
        assert!(moves < 1_000, "the game ends");
    }
    assert_eq!((doubts, lost.iter().filter(|dice| **dice == DICE).count()), (lost.iter().copied().map(u32::from).sum(), 5));
    assert!(moves > 2 * doubts, "AI players do not doubt every bid");
}
