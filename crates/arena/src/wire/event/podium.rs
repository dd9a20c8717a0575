//! The best players of a round.

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;
use tickcast_game::protocol::PlayerId;
use tickcast_game::protocol::compact::{FieldReader, FieldWriter};

/// The best players of a round, the best first. Players without points are not listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Podium(Vec<Place>);

/// A place on a podium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The player.
    pub player: PlayerId,
    /// The player's score at the end of the round.
    pub score: u32,
}

impl Podium {
    /// Maximum number of places.
    pub const PLACES_MAX: usize = 3;

    /// The podium of a round with these final scores. Of players with equal scores, the one with the lower id is better.
    #[must_use]
    pub fn new(scores: impl Iterator<Item = (PlayerId, u32)>) -> Self {
        let scored = scores.filter(|(_, score)| *score > 0);
        let mut places: Vec<_> = scored.map(|(player, score)| Place { player, score }).collect();
        places.sort_unstable_by_key(|place| (std::cmp::Reverse(place.score), place.player));
        places.truncate(Self::PLACES_MAX);
        Self(places)
    }

    /// The places, the best first.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.0
    }

    /// Writes the player and the score of each place.
    pub(super) fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        self.0.iter().try_for_each(|place| {
            fields.write(&place.player)?;
            fields.write_varint(place.score)
        })
    }

    /// Reads a podium with this number of places, at most [`Podium::PLACES_MAX`].
    pub(super) fn read_fields<'de, A>(places: usize, fields: &mut FieldReader<A>) -> Result<Self, A::Error>
    where
        A: SeqAccess<'de>,
    {
        debug_assert!(places <= Self::PLACES_MAX, "the number of an event limits the places");
        let places = (0..places).map(|_| Ok(Place { player: fields.read()?, score: fields.read_varint()? }));
        places.collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_podium_lists_the_three_best_players_with_points() {
        let podium = |scores: &[(u16, u32)]| {
            let podium = Podium::new(scores.iter().map(|(player, score)| (PlayerId(*player), *score)));
            podium.places().iter().map(|place| (place.player.0, place.score)).collect::<Vec<_>>()
        };
        assert_eq!(podium(&[(1, 5), (2, 0), (3, 7)]), [(3, 7), (1, 5)]);
        assert_eq!(podium(&[(1, 5), (4, 9), (2, 5), (3, 5), (5, 1)]), [(4, 9), (1, 5), (2, 5)]);
        assert_eq!(podium(&[(1, 0)]), []);
    }
}
