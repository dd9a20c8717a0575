//! How the values of a game appear in the words of the output.

use std::marker::PhantomData;

use tickcast_game::{Hostable, Protocol};
use tickcast_protocol::{EntityId, GameProtocol, PlayerId, WordLayout};

use crate::values;
use crate::words::Words;

/// How the values of a game appear in the words of the output. The exported functions have one of these two layouts:
/// [`Described`] for all games, or [`Fixed`].
pub trait Layout {
    /// The game.
    type Game: GameProtocol;

    /// Appends the rules of a room.
    fn rules(rules: &<Self::Game as GameProtocol>::Rules, words: &mut Words);

    /// Appends an entity.
    fn entity(entity: &<Self::Game as GameProtocol>::Entity, words: &mut Words);

    /// Appends an event.
    fn event(event: &<Self::Game as GameProtocol>::Event, words: &mut Words);

    /// Appends a standing.
    fn standing(standing: &<Self::Game as GameProtocol>::Standing, words: &mut Words);

    /// Appends controls.
    fn controls(controls: <Self::Game as GameProtocol>::Controls, words: &mut Words);

    /// The controls that the page has written.
    ///
    /// # Errors
    /// The reason why the words are not valid controls.
    fn controls_from(words: &[i32]) -> Result<<Self::Game as GameProtocol>::Controls, String>;

    /// The action that the page has written.
    ///
    /// # Errors
    /// The reason why the words are not a valid action.
    fn action_from(words: &[i32]) -> Result<<Self::Game as GameProtocol>::Action, String>;

    /// Appends a refusal.
    fn refusal(refusal: &<Self::Game as GameProtocol>::Refusal, words: &mut Words);

    /// Appends a secret.
    fn secret(secret: &<Self::Game as GameProtocol>::Secret, words: &mut Words);

    /// Whether a page draws this entity ahead of the server, together with the player's avatar.
    fn is_own(player: PlayerId, id: EntityId) -> bool;
}

/// The layout of every game: values that describe themselves, with the names of fields and variants that serde knows. The page
/// needs no further description.
#[derive(Debug)]
pub struct Described<G>(PhantomData<G>);

impl<G: Hostable> Layout for Described<G> {
    type Game = Protocol<G>;

    fn rules(rules: &<Self::Game as GameProtocol>::Rules, words: &mut Words) {
        values::write(rules, words);
    }

    fn entity(entity: &G::Entity, words: &mut Words) {
        values::write(entity, words);
    }

    fn event(event: &G::Event, words: &mut Words) {
        values::write(event, words);
    }

    fn standing(standing: &G::Standing, words: &mut Words) {
        values::write(standing, words);
    }

    fn controls(controls: G::Controls, words: &mut Words) {
        values::write(&controls, words);
    }

    fn controls_from(words: &[i32]) -> Result<G::Controls, String> {
        values::read(words)
    }

    fn action_from(words: &[i32]) -> Result<G::Action, String> {
        values::read(words)
    }

    fn refusal(refusal: &G::Refusal, words: &mut Words) {
        values::write(refusal, words);
    }

    fn secret(secret: &G::Secret, words: &mut Words) {
        values::write(secret, words);
    }

    fn is_own(player: PlayerId, id: EntityId) -> bool {
        G::is_own(player, id)
    }
}

/// The [`WordLayout`] that a game has written by hand. Its page decodes it, see `arena_wasm.js` in `web/netcode`.
#[derive(Debug)]
pub struct Fixed<W>(PhantomData<W>);

impl<W: WordLayout> Layout for Fixed<W> {
    type Game = W::Game;

    fn rules(rules: &<W::Game as GameProtocol>::Rules, words: &mut Words) {
        W::rules_words(rules, &mut words.list);
    }

    fn entity(entity: &<W::Game as GameProtocol>::Entity, words: &mut Words) {
        W::entity_words(entity, &mut words.list);
    }

    fn event(event: &<W::Game as GameProtocol>::Event, words: &mut Words) {
        W::event_words(event, &mut words.list);
    }

    fn standing(standing: &<W::Game as GameProtocol>::Standing, words: &mut Words) {
        W::standing_words(standing, &mut words.list);
    }

    /// Appends nothing: the layout has no words for controls that the client writes.
    fn controls(_: <W::Game as GameProtocol>::Controls, _: &mut Words) {}

    fn controls_from(words: &[i32]) -> Result<<W::Game as GameProtocol>::Controls, String> {
        W::controls_from_words(words).ok_or_else(String::new)
    }

    fn action_from(words: &[i32]) -> Result<<W::Game as GameProtocol>::Action, String> {
        W::action_from_words(words).ok_or_else(String::new)
    }

    fn refusal(refusal: &<W::Game as GameProtocol>::Refusal, words: &mut Words) {
        W::refusal_words(refusal, &mut words.list);
    }

    fn secret(secret: &<W::Game as GameProtocol>::Secret, words: &mut Words) {
        W::secret_words(secret, &mut words.list);
    }

    fn is_own(player: PlayerId, id: EntityId) -> bool {
        W::is_own(player, id)
    }
}
