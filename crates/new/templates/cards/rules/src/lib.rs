//! The rules of {{name}}: in turn, players play a card that has the suit or the rank of the last one, or draw a card. The
//! first player without cards wins.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tickcast_game::prelude::*;

/// Cards with which a player begins, and the most that a player can have.
pub const CARDS: (usize, usize) = (5, 12);
/// The id of the table. Players have no entities of their own in this game.
pub const TABLE_ID: EntityId = EntityId(1 << 16);

/// The rules. The fields are what not all players may see.
#[derive(Debug, Serialize, Deserialize)]
pub struct MyGame {
    rng: Rng,
    hands: BTreeMap<PlayerId, Vec<Card>>,
}

game!(MyGame: Actions, Secrets, Events, Standings, AiPlayers);

/// A playing card.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// From 0 to 3.
    pub suit: u8,
    /// From 0 to 12: two to ten, jack, queen, king, ace.
    pub rank: u8,
}

/// What all players see.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The card that was played last.
    pub top: Card,
    /// Whose turn it is.
    pub turn: Option<PlayerId>,
    /// Number of cards of each player.
    pub hands: Vec<(PlayerId, u8)>,
}

impl Game for MyGame {
    const NAME: &'static str = "{{name}}";
    /// The room ticks when somebody has acted, and otherwise once per second.
    const PACE: Pace = Pace::OnDemand;
    const PLAYERS_MAX: u16 = 8;

    type Controls = ();
    type Entity = Table;

    fn new(world: &mut World<Self>, seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let top = draw(&mut rng);
        world.entities.insert(TABLE_ID, Table { top, turn: None, hands: Vec::new() });
        Self { rng, hands: BTreeMap::new() }
    }

    fn join(&mut self, _: &mut World<Self>, player: PlayerId) -> Option<Table> {
        self.deal(player);
        None
    }

    /// Nothing moves by itself.
    fn coast(_: &mut Table, _: &mut CoastContext<'_, Self>) -> Lifecycle {
        Lifecycle::Alive
    }

    /// Updates what all players see.
    fn step(&mut self, world: &mut World<Self>) {
        let table = table(world);
        table.hands = self.hands.iter().map(|(player, hand)| (*player, hand.len() as u8)).collect();
        if table.turn.is_none() {
            table.turn = self.hands.keys().next().copied();
        }
    }

    fn leave(&mut self, world: &mut World<Self>, player: PlayerId) {
        self.hands.remove(&player);
        if table(world).turn == Some(player) {
            table(world).turn = self.after(player);
        }
    }
}

impl MyGame {
    fn deal(&mut self, player: PlayerId) {
        let hand = (0..CARDS.0).map(|_| draw(&mut self.rng)).collect();
        self.hands.insert(player, hand);
    }

    fn after(&self, player: PlayerId) -> Option<PlayerId> {
        let others = || self.hands.keys().copied();
        others().find(|other| *other > player).or(others().next())
    }
}

fn table(world: &mut World<MyGame>) -> &mut Table {
    world.entities.get_mut(TABLE_ID).expect("the table is never removed")
}

/// A card from an endless deck.
fn draw(rng: &mut Rng) -> Card {
    Card { suit: rng.between(0..=3) as u8, rank: rng.between(0..=12) as u8 }
}

impl Card {
    /// Whether this card can be played on another one.
    pub fn fits(self, top: Card) -> bool {
        self.suit == top.suit || self.rank == top.rank
    }
}

/// What a player does once, unlike controls, which a player holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Move {
    /// Plays this card.
    Play(Card),
    /// Draws a card.
    Draw,
}

/// Reason why a player may not do this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    NotYourTurn,
    NotYourCard,
    DoesNotFit,
}

impl Actions for MyGame {
    type Action = Move;
    type Refusal = Refusal;

    fn act(&mut self, world: &mut World<Self>, player: PlayerId, action: &Move) -> Result<(), Refusal> {
        let next = self.after(player);
        let table = table(world);
        let hand = self.hands.get_mut(&player).filter(|_| table.turn == Some(player)).ok_or(Refusal::NotYourTurn)?;
        match *action {
            Move::Play(card) => {
                let place = hand.iter().position(|held| *held == card).ok_or(Refusal::NotYourCard)?;
                if !card.fits(table.top) {
                    return Err(Refusal::DoesNotFit);
                }
                hand.remove(place);
                table.top = card;
            }
            Move::Draw if hand.len() < CARDS.1 => hand.push(draw(&mut self.rng)),
            Move::Draw => {}
        }
        table.turn = next;
        if hand.is_empty() {
            world.send_event(Won(player));
            world.players().for_each(|player| self.deal(player));
        }
        Ok(())
    }
}

impl Secrets for MyGame {
    /// The cards in the player's hand. No other player receives them.
    type Secret = Vec<Card>;

    fn secret(&self, _: &World<Self>, player: PlayerId) -> Vec<Card> {
        self.hands.get(&player).cloned().unwrap_or_default()
    }

    /// Tests replace the cards that this player does not know, and check that the player's client does not notice it.
    fn reshuffle(&mut self, _: &World<Self>, player: PlayerId, rng: Rng) {
        self.rng = rng;
        let others = self.hands.iter_mut().filter(|(other, _)| **other != player);
        others.flat_map(|(_, hand)| hand).for_each(|card| *card = draw(&mut self.rng));
    }
}

/// A player has won. All get new cards.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Won(pub PlayerId);

impl Events for MyGame {
    type Event = Won;
}

impl Standings for MyGame {
    /// Number of wins.
    type Standing = u32;

    fn standing_changes(Won(winner): &Won) -> StandingChanges<u32> {
        vec![(*winner, Box::new(|wins| *wins += 1))]
    }
}

impl AiPlayers for MyGame {
    fn ai_controls(&self, _: &World<Self>, _: PlayerId) {}

    /// AI players play the first card that fits.
    fn ai_action(&self, world: &World<Self>, player: PlayerId) -> Option<Move> {
        let table = world.entities.get(TABLE_ID).filter(|table| table.turn == Some(player))?;
        let fitting = self.secret(world, player).into_iter().find(|card| card.fits(table.top));
        Some(fitting.map_or(Move::Draw, Move::Play))
    }
}
