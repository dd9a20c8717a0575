//! How AI players and bots play. They know what a player knows: the table and the own dice.

use tickcast_game::prelude::*;

use crate::{Bid, FACES, LiarsDice, Move, TABLE_ID, Table};

/// A move for the player with these dice. `None` while it is not the player's turn.
pub fn choose(table: &Table, player: PlayerId, own: &[u8]) -> Option<Move> {
    if table.turn != Some(player) {
        return None;
    }
    let own_count = |face: u8| own.iter().filter(|die| **die == face).count() as u8;
    let others = table.dice().saturating_sub(own.len() as u8);
    let is_doubtful = |Bid { count, face, .. }: Bid| count > own_count(face) + others.div_ceil(4);
    if table.bid.is_some_and(is_doubtful) {
        return Some(Move::Doubt);
    }
    // The lowest possible bid on each face, and how far the own dice are from it.
    let lowest = |face: u8| match table.bid {
        Some(last) => last.count + u8::from(face <= last.face),
        None => own_count(face).max(1),
    };
    let face = (1..=FACES).max_by_key(|face| (i32::from(own_count(*face)) - i32::from(lowest(*face)), own_count(*face)))?;
    let count = lowest(face);
    Some(if count <= table.dice() { Move::Bid { count, face } } else { Move::Doubt })
}

impl AiPlayers for LiarsDice {
    fn ai_controls(&self, _: &World<Self>, _: PlayerId) {}

    /// AI players leave it to people to begin a game.
    fn ai_action(&self, world: &World<Self>, player: PlayerId) -> Option<Move> {
        choose(world.entities.get(TABLE_ID)?, player, &self.secret(world, player))
    }
}

impl Bots for LiarsDice {
    type Brain = Bot;

    fn brain(behaviour: Behaviour, _: u16, _: u64) -> Bot {
        Bot { is_idle: behaviour == Behaviour::Idle }
    }

    fn kind(_: &Table) -> &'static str {
        "table"
    }
}

/// A bot of a load test.
#[derive(Debug)]
pub struct Bot {
    is_idle: bool,
}

impl Brain<Protocol<LiarsDice>> for Bot {
    fn decide(&mut self, _: PlayerId, _: Option<&Replica<Protocol<LiarsDice>>>) {}

    /// Unlike an AI player, a bot also begins a game.
    fn act(&mut self, player: PlayerId, replica: &Replica<Protocol<LiarsDice>>) -> Option<Move> {
        let table = replica.entities().get(TABLE_ID).filter(|_| !self.is_idle)?;
        let deals = table.turn.is_none() && table.seats.len() > 1;
        if deals { Some(Move::Deal) } else { choose(table, player, replica.secret()) }
    }
}
