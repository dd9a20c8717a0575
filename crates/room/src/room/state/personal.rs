//! Personal sections: the parts of snapshots that only the clients of one player receive.

use std::collections::BTreeMap;

use tickcast_game::Simulation;
use tickcast_protocol::{GameProtocol, Personal, PlayerId, UNRESOLVED_ACTIONS_MAX, codec};

use super::State;

/// What the personal sections of one tick contain, by player.
#[derive(Debug)]
pub(crate) struct PersonalContents<G: GameProtocol>(BTreeMap<PlayerId, Content<G>>);

#[derive(Debug)]
struct Content<G: GameProtocol> {
    /// How many outcomes of actions to send. These are the newest outcomes.
    outcomes: usize,
    secret: Option<G::Secret>,
    events: Vec<G::Event>,
}

impl<G: GameProtocol> Default for Content<G> {
    fn default() -> Self {
        Self { outcomes: 0, secret: None, events: Vec::new() }
    }
}

impl<G: GameProtocol> Default for PersonalContents<G> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<G: GameProtocol> PersonalContents<G> {
    /// A player's action has got an outcome in this tick.
    pub(super) fn add_outcome(&mut self, player: PlayerId) {
        self.of(player).outcomes += 1;
    }

    /// The player receives all outcomes that the room remembers.
    pub(in crate::room) fn add_all_outcomes(&mut self, player: PlayerId) {
        self.of(player).outcomes = UNRESOLVED_ACTIONS_MAX;
    }

    /// Events that only one player receives.
    pub(super) fn add_events(&mut self, events: Vec<(PlayerId, G::Event)>) {
        events.into_iter().for_each(|(player, event)| self.of(player).events.push(event));
    }

    /// The player's secret has changed, or the player's client receives a full snapshot.
    pub(in crate::room) fn set_secret(&mut self, player: PlayerId, secret: G::Secret) {
        self.of(player).secret = Some(secret);
    }

    fn of(&mut self, player: PlayerId) -> &mut Content<G> {
        self.0.entry(player).or_default()
    }
}

impl<S: Simulation> State<S> {
    /// Encodes the personal sections of a tick.
    pub(in crate::room) fn encode_personal(&self, contents: PersonalContents<S::Game>) -> BTreeMap<PlayerId, Vec<u8>> {
        let sections = contents.0.into_iter().filter_map(|(player, Content { outcomes, secret, events })| {
            let outcomes = self.seating.actions(player).and_then(|actions| actions.last(outcomes));
            let personal: Personal<S::Game> = Personal { outcomes, secret, events };
            (!personal.is_empty()).then(|| (player, codec::encode(&personal)))
        });
        sections.collect()
    }
}
