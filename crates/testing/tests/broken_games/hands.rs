//! A small game with secrets: each player draws a hidden card, keeps it, and shows it. The options select a mistake.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tickcast_game::prelude::*;

/// The mistakes.
pub mod leak {
    pub const NONE: u8 = 0;
    pub const CARD_IN_ENTITY: u8 = 1;
    pub const CARD_OF_NEIGHBOUR: u8 = 2;
    pub const CARD_IN_REFUSAL: u8 = 3;
    pub const CARD_IN_PRIVATE_EVENT: u8 = 4;
    pub const NOTHING_RESHUFFLED: u8 = 5;
}

const CARDS: i32 = 1_000;

#[derive(Serialize, Deserialize)]
pub struct Hands {
    leak: u8,
    rng: Rng,
    cards: BTreeMap<PlayerId, u16>,
}

game!(Hands: Configure, Events, Actions, Secrets);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Move {
    Draw,
    Show,
    /// Asks whether the own card is higher than that of the next player, which the game never answers.
    Compare,
}

impl Configure for Hands {
    type Options = u8;
}

impl Events for Hands {
    type Event = u16;
}

impl Game for Hands {
    type Controls = ();
    /// The card that the player has shown, or 0.
    type Entity = u16;

    fn new(world: &mut World<Self>, seed: u64) -> Self {
        Self { leak: world.setup().options, rng: Rng::new(seed), cards: BTreeMap::new() }
    }

    fn join(&mut self, _: &mut World<Self>, _: PlayerId) -> Option<u16> {
        Some(0)
    }

    fn coast(_: &mut u16, _: &mut CoastContext<'_, Self>) -> Lifecycle {
        Lifecycle::Alive
    }

    fn step(&mut self, _: &mut World<Self>) {}
}

impl Hands {
    fn card_after(&self, player: PlayerId) -> Option<u16> {
        let next = self.cards.range(PlayerId(player.0 + 1)..).next();
        next.or(self.cards.iter().next()).map(|(_, card)| *card)
    }
}

impl Actions for Hands {
    type Action = Move;
    type Refusal = Option<u16>;

    fn act(&mut self, world: &mut World<Self>, player: PlayerId, action: &Move) -> Result<(), Option<u16>> {
        let own = self.cards.get(&player).copied();
        match action {
            Move::Draw if own.is_none() => {
                let card = self.rng.between(1..=CARDS) as u16;
                self.cards.insert(player, card);
                if self.leak == leak::CARD_IN_ENTITY {
                    world.entities.insert(Self::avatar(player), card);
                }
            }
            Move::Show if own.is_some() => {
                self.cards.remove(&player);
                world.entities.insert(Self::avatar(player), own.unwrap_or_default());
            }
            Move::Compare if self.leak == leak::CARD_IN_PRIVATE_EVENT => {
                world.send_event_to(player, self.card_after(player).unwrap_or_default());
            }
            Move::Compare if self.leak == leak::CARD_IN_REFUSAL => return Err(self.card_after(player)),
            _ => return Err(None),
        }
        Ok(())
    }
}

impl Secrets for Hands {
    type Secret = Option<u16>;

    fn secret(&self, _: &World<Self>, player: PlayerId) -> Option<u16> {
        if self.leak == leak::CARD_OF_NEIGHBOUR { self.card_after(player) } else { self.cards.get(&player).copied() }
    }

    fn reshuffle(&mut self, _: &World<Self>, player: PlayerId, rng: Rng) {
        if self.leak == leak::NOTHING_RESHUFFLED {
            return;
        }
        self.rng = rng;
        let others = self.cards.iter_mut().filter(|(other, _)| **other != player);
        others.for_each(|(_, card)| *card = self.rng.between(1..=CARDS) as u16);
    }
}
