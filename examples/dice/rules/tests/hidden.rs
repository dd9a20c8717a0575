//! A client that decodes everything it receives learns no hidden die. The law `secrets` in `laws.rs` checks the bytes; here,
//! clients play over slow lines, and everything that they have decoded is examined.

use std::collections::BTreeMap;

use dice_rules::{LiarsDice, Move, Showdown, TABLE_ID, Table, choose};
use tickcast_game::prelude::*;
use tickcast_testing::{Client, ClientId, Line, VirtualRoom};

type Room = VirtualRoom<Hosted<LiarsDice>>;
type Hands = BTreeMap<PlayerId, Vec<u8>>;

const LINE: Line = Line { delay_ticks: 3, jitter_ticks: 2 };
const PERIODS: u32 = 4_000;

/// The hands of all rounds, the newest one last.
#[derive(Default)]
struct Rounds(Vec<Hands>);

impl Rounds {
    fn record(&mut self, room: &Room) {
        let players = room.world().world().players();
        let hands: Hands = players.map(|player| (player, room.world().secret(player))).collect();
        if self.0.last() != Some(&hands) {
            self.0.push(hands);
        }
    }

    /// The round to which these hands belong.
    fn round(&self, player: PlayerId, hand: &[u8]) -> Option<usize> {
        self.0.iter().rposition(|hands| hands.get(&player).is_some_and(|dice| dice == hand))
    }
}

fn table(client: &Client<Protocol<LiarsDice>>) -> Option<&Table> {
    client.replica()?.entities().get(TABLE_ID)
}

/// Checks what a client knows: its own dice, and those of rounds that are over.
fn check(client: &Client<Protocol<LiarsDice>>, rounds: &Rounds) {
    match client.player() {
        Some(player) if !client.secret().is_empty() => {
            assert!(rounds.round(player, &client.secret()).is_some(), "a client knows the own dice");
        }
        _ => assert_eq!(client.secret(), vec![], "a spectator knows no dice"),
    }
    // Of all types that clients receive, only the showdown contains dice.
    let Some(Table { showdown: Some(Showdown { hands, .. }), .. }) = table(client) else { return };
    let shown: Hands = hands.iter().cloned().collect();
    let is_over = |hands: &Hands| shown.iter().all(|(player, dice)| hands.get(player) == Some(dice));
    let (_, past) = rounds.0.split_last().expect("there was a round");
    assert!(past.iter().any(is_over), "the dice of a round are shown after it");
}

fn play(room: &mut Room, players: &[ClientId]) {
    for client in players {
        let seen = room.client(*client);
        let (Some(player), Some(table)) = (seen.player(), table(seen)) else { continue };
        let deals = table.turn.is_none() && table.seats.len() == players.len() && player.0 == 0;
        let chosen = if deals { Some(Move::Deal) } else { choose(table, player, &seen.secret()) };
        if let Some(action) = chosen {
            room.act(*client, action).expect("few actions wait for their outcomes");
        }
    }
}

#[test]
fn clients_know_only_their_own_dice_and_those_of_past_rounds() {
    let mut room = Room::new(&(), 3);
    let players = ["Ada", "Bob", "Cleo"].map(|name| room.join_over(name, LINE));
    let spectator = room.watch_over(LINE);
    let (mut rounds, mut showdowns) = (Rounds::default(), 0);
    room.run(30);
    for period in 1..=PERIODS {
        room.run(1);
        rounds.record(&room);
        players.iter().chain([&spectator]).for_each(|client| check(room.client(*client), &rounds));
        showdowns += u32::from(table(room.client(spectator)).is_some_and(|table| table.showdown.is_some()));
        if period.is_multiple_of(20) {
            play(&mut room, &players);
        }
    }
    assert!(rounds.0.len() > 20 && showdowns > 20, "{} rounds, {showdowns} showdowns", rounds.0.len());
}
