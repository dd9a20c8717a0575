//! The values of a game as sequences of 32-bit words.

use super::GameProtocol;
use crate::units::{EntityId, PlayerId};

/// Layout of a game's values as 32-bit words, in which a WebAssembly client exchanges them with its page.
///
/// A page reads words from the memory of the client without decoding them: a word costs a few nanoseconds. The layout is
/// independent of the encoding on the wire, so it can be convenient rather than compact: typically one word per field, with
/// a word for the kind of a value first. The crate `tickcast-client` makes a client of every game that has a layout.
///
/// Each function appends the words of a value. The client stores the number of words together with the words, so values of
/// different kinds may have different numbers of words.
pub trait WordLayout {
    /// The game.
    type Game: GameProtocol;

    /// Appends the words of the rules of a room.
    fn rules_words(rules: &<Self::Game as GameProtocol>::Rules, words: &mut Vec<i32>);

    /// Appends the words of an entity.
    fn entity_words(entity: &<Self::Game as GameProtocol>::Entity, words: &mut Vec<i32>);

    /// Appends the words of an event.
    fn event_words(event: &<Self::Game as GameProtocol>::Event, words: &mut Vec<i32>);

    /// Appends the words of a standing.
    fn standing_words(standing: &<Self::Game as GameProtocol>::Standing, words: &mut Vec<i32>);

    /// The controls with these words; `None` if the words are invalid. The page writes these words.
    fn controls_from_words(words: &[i32]) -> Option<<Self::Game as GameProtocol>::Controls>;

    /// The action with these words; `None` if the words are invalid. The page writes these words. By default, all words are
    /// invalid, for a game without actions.
    fn action_from_words(_words: &[i32]) -> Option<<Self::Game as GameProtocol>::Action> {
        None
    }

    /// Appends the words of a refusal. By default, appends none.
    fn refusal_words(_refusal: &<Self::Game as GameProtocol>::Refusal, _words: &mut Vec<i32>) {}

    /// Appends the words of a secret. By default, appends none.
    fn secret_words(_secret: &<Self::Game as GameProtocol>::Secret, _words: &mut Vec<i32>) {}

    /// Whether a page draws this entity ahead of the server, together with the player's avatar. By default, true only for
    /// the avatar. A game whose avatar spawns entities returns `true` for these, too. Otherwise, they lag behind the
    /// avatar.
    fn is_own(player: PlayerId, id: EntityId) -> bool {
        id == Self::Game::avatar(player)
    }
}
