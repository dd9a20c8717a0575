//! Liar's Dice: everybody rolls dice under a cup. In turn, players bid on how many of all dice show a face, each bid higher
//! than the last, until somebody doubts. Then all dice are shown, and the one who was wrong loses a die.

mod strategy;
mod table;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tickcast_game::prelude::*;

pub use strategy::choose;
pub use table::{Bid, FACES, Seat, Showdown, Table};

/// Dice of each player at the beginning of a game.
pub const DICE: u8 = 5;
/// The id of the table, which is the only entity. No player has an avatar with this id.
pub const TABLE_ID: EntityId = EntityId(1 << 16);

/// The rules, and what not all players may see.
#[derive(Debug, Serialize, Deserialize)]
pub struct LiarsDice {
    rng: Rng,
    /// The dice under the cups of those who play the current round.
    hands: BTreeMap<PlayerId, Vec<u8>>,
}

game!(LiarsDice: Events, Standings, Actions, Secrets, AiPlayers);

impl Game for LiarsDice {
    const NAME: &'static str = "dice";
    const PACE: Pace = Pace::OnDemand;
    const PLAYERS_MAX: u16 = 6;

    type Controls = ();
    type Entity = Table;

    fn new(world: &mut World<Self>, seed: u64) -> Self {
        world.entities.insert(TABLE_ID, Table::default());
        Self { rng: Rng::new(seed), hands: BTreeMap::new() }
    }

    /// A new player waits for the next game.
    fn join(&mut self, world: &mut World<Self>, player: PlayerId) -> Option<Table> {
        table(world).seats.push(Seat { player, dice: 0 });
        None
    }

    fn coast(_: &mut Table, _: &mut CoastContext<'_, Self>) -> Lifecycle {
        Lifecycle::Alive
    }

    /// Everything happens in actions.
    fn step(&mut self, _: &mut World<Self>) {}

    /// If somebody leaves who plays, the others roll again.
    fn leave(&mut self, world: &mut World<Self>, player: PlayerId) {
        let table = table(world);
        let first = table.turn.and_then(|turn| if turn == player { table.after(player) } else { Some(turn) });
        table.seats.retain(|seat| seat.player != player);
        if self.hands.remove(&player).is_some() {
            world.send_event(Event::Left(player));
            self.start_round(world, first);
        }
    }
}

impl LiarsDice {
    /// Everybody rolls. Ends the game if only one player has dice.
    fn start_round(&mut self, world: &mut World<Self>, first: Option<PlayerId>) {
        let table = table(world);
        let playing: Vec<_> = table.seats.iter().filter(|seat| seat.dice > 0).copied().collect();
        (table.bid, table.turn) = (None, first);
        self.hands.clear();
        if let [Seat { player, .. }] = playing[..] {
            table.turn = None;
            return world.send_event(Event::Won(player));
        }
        for Seat { player, dice } in playing {
            self.hands.insert(player, roll(&mut self.rng, dice.into()));
        }
    }

    /// Shows all dice. The one who was wrong loses a die, and begins the next round.
    fn show(&mut self, world: &mut World<Self>, bid: Bid, doubter: PlayerId) {
        let count = self.hands.values().flatten().filter(|die| **die == bid.face).count();
        let loser = if count < bid.count.into() { bid.player } else { doubter };
        let hands = self.hands.iter().map(|(player, dice)| (*player, dice.clone())).collect();
        let table = table(world);
        table.showdown = Some(Showdown { bid, doubter, loser, hands });
        table.seats.iter_mut().filter(|seat| seat.player == loser).for_each(|seat| seat.dice -= 1);
        let first = if table.plays(loser) { Some(loser) } else { table.after(loser) };
        world.send_event(Event::Lost(loser));
        self.start_round(world, first);
    }
}

fn table(world: &mut World<LiarsDice>) -> &mut Table {
    world.entities.get_mut(TABLE_ID).expect("the table is never removed")
}

/// Sorted dice.
fn roll(rng: &mut Rng, count: usize) -> Vec<u8> {
    let mut dice: Vec<_> = (0..count).map(|_| rng.between(1..=FACES.into()) as u8).collect();
    dice.sort_unstable();
    dice
}

/// What a player does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Move {
    /// Begins a game, and the first round.
    Deal,
    /// Says that at least `count` of all dice show `face`.
    Bid {
        /// At least one.
        count: u8,
        /// From 1 to 6.
        face: u8,
    },
    /// Doubts the last bid.
    Doubt,
}

/// Reason why a player may not do this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// It is another player's turn, or no game is on.
    NotYourTurn,
    /// Two players are needed.
    TooFewPlayers,
    /// The last game is not over.
    GameIsOn,
    /// There are not so many dice, or no such face.
    NoSuchDice,
    /// The last bid is as high or higher.
    BidTooLow,
    /// Nobody has bid in this round.
    NothingToDoubt,
}

impl Actions for LiarsDice {
    type Action = Move;
    type Refusal = Refusal;

    fn act(&mut self, world: &mut World<Self>, player: PlayerId, action: &Move) -> Result<(), Refusal> {
        let table = table(world);
        match *action {
            Move::Deal => {
                table.check_deal()?;
                table.seats.iter_mut().for_each(|seat| seat.dice = DICE);
                table.showdown = None;
                world.send_event(Event::Dealt(player));
                self.start_round(world, Some(player));
            }
            Move::Bid { count, face } => {
                let bid = Bid { player, count, face };
                table.check_bid(bid)?;
                (table.bid, table.showdown, table.turn) = (Some(bid), None, table.after(player));
                world.send_event(Event::Bid(bid));
            }
            Move::Doubt => {
                let bid = table.check_doubt(player)?;
                self.show(world, bid, player);
            }
        }
        Ok(())
    }
}

impl Secrets for LiarsDice {
    /// The player's own dice.
    type Secret = Vec<u8>;

    fn secret(&self, _: &World<Self>, player: PlayerId) -> Vec<u8> {
        self.hands.get(&player).cloned().unwrap_or_default()
    }

    fn reshuffle(&mut self, _: &World<Self>, player: PlayerId, rng: Rng) {
        self.rng = rng;
        let others = self.hands.iter_mut().filter(|(other, _)| **other != player);
        others.for_each(|(_, dice)| *dice = roll(&mut self.rng, dice.len()));
    }
}

/// What the page lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// This player has begun a game.
    Dealt(PlayerId),
    /// A player has bid.
    Bid(Bid),
    /// A bid was doubted, so this player has lost a die. [`Table::showdown`] contains the rest.
    Lost(PlayerId),
    /// A player has left during a game, so the round begins again.
    Left(PlayerId),
    /// The game is over.
    Won(PlayerId),
}

impl Events for LiarsDice {
    type Event = Event;
}

impl Standings for LiarsDice {
    /// Number of games won.
    type Standing = u32;

    fn standing_changes(event: &Event) -> StandingChanges<u32> {
        if let Event::Won(winner) = event { vec![(*winner, Box::new(|wins| *wins += 1))] } else { Vec::new() }
    }
}
