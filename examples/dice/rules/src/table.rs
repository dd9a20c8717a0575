//! What all players see, and which moves it permits.

use serde::{Deserialize, Serialize};
use tickcast_game::prelude::*;

use crate::Refusal;

/// Faces of a die.
pub const FACES: u8 = 6;

/// What all players see.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// The players, in the order of their turns.
    pub seats: Vec<Seat>,
    /// Whose turn it is. `None` between two games.
    pub turn: Option<PlayerId>,
    /// The last bid of the round.
    pub bid: Option<Bid>,
    /// How the last round ended, until somebody bids in the next one.
    pub showdown: Option<Showdown>,
}

/// A player at the table. Without dice, the player waits for the next game.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seat {
    /// Who sits there.
    pub player: PlayerId,
    /// Number of dice left.
    pub dice: u8,
}

/// A player says that at least `count` of all dice show `face`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bid {
    /// Who bids.
    pub player: PlayerId,
    /// At least one.
    pub count: u8,
    /// From 1 to 6.
    pub face: u8,
}

/// The dice of all players at the end of a round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Showdown {
    /// The bid that was doubted.
    pub bid: Bid,
    /// Who has doubted it.
    pub doubter: PlayerId,
    /// Who was wrong, and has lost a die.
    pub loser: PlayerId,
    /// All dice of the round.
    pub hands: Vec<(PlayerId, Vec<u8>)>,
}

impl Table {
    /// Number of all dice.
    pub fn dice(&self) -> u8 {
        self.seats.iter().fold(0, |sum, seat| sum.saturating_add(seat.dice))
    }

    /// Whether this player has dice.
    pub fn plays(&self, player: PlayerId) -> bool {
        self.seats.iter().any(|seat| seat.player == player && seat.dice > 0)
    }

    /// The player with dice whose turn comes after that of this player.
    pub(crate) fn after(&self, player: PlayerId) -> Option<PlayerId> {
        let place = self.seats.iter().position(|seat| seat.player == player)?;
        let (until, after) = self.seats.split_at(place + 1);
        after.iter().chain(until).find(|seat| seat.dice > 0).map(|seat| seat.player)
    }

    pub(crate) fn check_deal(&self) -> Result<(), Refusal> {
        match self.turn {
            Some(_) => Err(Refusal::GameIsOn),
            None if self.seats.len() < 2 => Err(Refusal::TooFewPlayers),
            None => Ok(()),
        }
    }

    pub(crate) fn check_bid(&self, Bid { player, count, face }: Bid) -> Result<(), Refusal> {
        if self.turn != Some(player) {
            return Err(Refusal::NotYourTurn);
        }
        if !(1..=self.dice()).contains(&count) || !(1..=FACES).contains(&face) {
            return Err(Refusal::NoSuchDice);
        }
        let is_higher = self.bid.is_none_or(|last| (count, face) > (last.count, last.face));
        if is_higher { Ok(()) } else { Err(Refusal::BidTooLow) }
    }

    /// The bid that this player may doubt.
    pub(crate) fn check_doubt(&self, player: PlayerId) -> Result<Bid, Refusal> {
        if self.turn == Some(player) { self.bid.ok_or(Refusal::NothingToDoubt) } else { Err(Refusal::NotYourTurn) }
    }
}
