//! Events that every client in the room receives.

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;
use tickcast_game::protocol::PlayerId;
use tickcast_game::protocol::compact::{Compact, FieldReader, FieldWriter, compact};

use super::map::{Map, MapShips};

mod podium;

pub use podium::{Place, Podium};

/// An event.
///
/// The encoding begins with `number · 4 + kind` as LEB128. The kinds are:
///
/// | kind | event | number | followed by |
/// | --- | --- | --- | --- |
/// | 0 | Destroyed by a rock | victim | |
/// | 1 | Destroyed by a player's bullet | victim | the id of that player |
/// | 2 | Map with the fields of ships | number of ships | leader and fields |
/// | 3 | Map with the density of ships | 0 | leader and density |
/// | 3 | End of a round | number of places on the podium + 1 | player and score of each place |
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A ship was destroyed.
    Destroyed(Destroyed),
    /// Roughly where all ships are, once per second.
    Map(Map),
    /// A round has ended. The standings of all players begin again at zero.
    RoundEnded(Podium),
}

/// A ship was destroyed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Destroyed {
    /// Player whose ship was destroyed.
    pub victim: PlayerId,
    /// What destroyed the ship.
    pub by: Destroyer,
}

/// Cause of a ship's destruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destroyer {
    /// A bullet fired by this player.
    Player(PlayerId),
    /// A collision with a rock.
    Rock,
}

/// Kinds of events in the encoding.
const BY_ROCK: u32 = 0;
const BY_PLAYER: u32 = 1;
const MAP: u32 = 2;
const DENSITY_MAP: u32 = 3;
/// Has the same kind as [`DENSITY_MAP`]. The number that belongs to the kind distinguishes them: it is 0 in a density map,
/// and never 0 in this event.
const ROUND_ENDED: u32 = 3;
const KIND_BITS: u32 = 2;

impl Compact for Event {
    fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        match self {
            Self::Destroyed(Destroyed { victim, by }) => {
                let number = u32::from(victim.0) << KIND_BITS;
                match by {
                    Destroyer::Rock => fields.write_varint(number | BY_ROCK),
                    Destroyer::Player(player) => {
                        fields.write_varint(number | BY_PLAYER)?;
                        fields.write(player)
                    }
                }
            }
            Self::Map(map) => {
                let first = match &map.ships {
                    MapShips::Fields(ships) => (ships.len() as u32) << KIND_BITS | MAP,
                    MapShips::Density(_) => DENSITY_MAP,
                };
                fields.write_varint(first)?;
                map.write_fields(fields)
            }
            Self::RoundEnded(podium) => {
                let number = podium.places().len() as u32 + 1;
                fields.write_varint(number << KIND_BITS | ROUND_ENDED)?;
                podium.write_fields(fields)
            }
        }
    }

    fn read_fields<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<Self, A::Error> {
        let first = fields.read_varint()?;
        let number = first >> KIND_BITS;
        match first & ((1 << KIND_BITS) - 1) {
            MAP => Map::read_fields(Some(number as usize), fields).map(Self::Map),
            DENSITY_MAP if number == 0 => Map::read_fields(None, fields).map(Self::Map),
            ROUND_ENDED => Podium::read_fields(number as usize - 1, fields).map(Self::RoundEnded),
            kind => {
                let Ok(victim) = u16::try_from(number) else {
                    return fields.invalid("player id exceeds 16 bits");
                };
                let by = if kind == BY_ROCK { Destroyer::Rock } else { Destroyer::Player(fields.read()?) };
                Ok(Self::Destroyed(Destroyed { victim: PlayerId(victim), by }))
            }
        }
    }
}

compact!(Event);

#[cfg(test)]
mod tests {
    use tickcast_game::protocol::{Position, codec};

    use super::*;
    use crate::wire::MapField;

    fn field(x: i32, y: i32) -> MapField {
        MapField::containing(Position { x, y }, 64)
    }

    #[test]
    fn events_have_the_documented_bytes() {
        let destroyed = |by| Event::Destroyed(Destroyed { victim: PlayerId(2), by });
        let near = vec![field(5, 1), field(2, 0), field(5, 1)];
        let cases = [
            (destroyed(Destroyer::Rock), vec![0x08]),
            (destroyed(Destroyer::Player(PlayerId(260))), vec![0x09, 0x84, 0x02]),
            (Event::Map(Map::new(near, Some(field(5, 1)))), vec![0x0e, 0x46, 2, 67, 0]),
            (Event::Map(Map::new(Vec::new(), None)), vec![0x02, 0]),
            (Event::RoundEnded(Podium::default()), vec![0x07]),
            (
                Event::RoundEnded(Podium::new([(PlayerId(260), 300), (PlayerId(1), 5)].into_iter())),
                vec![0x0f, 0x84, 0x02, 0xac, 0x02, 1, 5],
            ),
            (Event::Map(Map::new(vec![field(4, 0); 65], None)), [vec![0x03, 0, 0b1100], vec![0; 63]].concat()),
        ];
        for (event, bytes) in cases {
            assert_eq!(codec::encode(&event), bytes);
            assert_eq!(codec::decode::<Event>(&bytes), Ok(event));
        }
    }

    #[test]
    fn invalid_events_are_rejected() {
        // Player 65536; a map of 65 ships; a podium with four places; the field 4096 as the leader's, and as a ship's.
        for bytes in [&[0x80, 0x80, 0x10][..], &[0x86, 0x02, 0], &[0x17], &[0x02, 0x81, 0x20], &[0x06, 0, 0x80, 0x20]] {
            let padded = [bytes, &[0; 80]].concat();
            let errors = (bytes.len()..padded.len()).filter_map(|end| codec::decode::<Event>(&padded[..end]).err());
            assert_eq!(errors.count(), padded.len() - bytes.len(), "{bytes:x?}");
        }
    }
}
