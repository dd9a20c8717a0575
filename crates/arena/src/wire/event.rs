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
/// | 2 | Collected | player | |
/// | 3 | Map with the density of ships | 0 | leader and density |
/// | 3 | End of a round | 1 + number of places on the podium, 1–4 | player and score of each place |
/// | 3 | Map with the fields of ships | 5 + number of ships | leader and fields |
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A ship was destroyed.
    Destroyed(Destroyed),
    /// The ship of this player has collected an orb.
    Collected(PlayerId),
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
const COLLECTED: u32 = 2;
/// An event without a player. The number that belongs to the kind distinguishes these events: it is one of the following.
const OTHER: u32 = 3;
const KIND_BITS: u32 = 2;
/// The number of a density map.
const DENSITY_MAP: u32 = 0;
/// The number of the end of a round with an empty podium.
const ROUND_ENDED: u32 = 1;
/// The number of a map without ships.
const MAP: u32 = ROUND_ENDED + Podium::PLACES_MAX as u32 + 1;

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
            Self::Collected(player) => fields.write_varint(u32::from(player.0) << KIND_BITS | COLLECTED),
            Self::Map(map) => {
                let number = match &map.ships {
                    MapShips::Fields(ships) => MAP + ships.len() as u32,
                    MapShips::Density(_) => DENSITY_MAP,
                };
                fields.write_varint(number << KIND_BITS | OTHER)?;
                map.write_fields(fields)
            }
            Self::RoundEnded(podium) => {
                let number = ROUND_ENDED + podium.places().len() as u32;
                fields.write_varint(number << KIND_BITS | OTHER)?;
                podium.write_fields(fields)
            }
        }
    }

    fn read_fields<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<Self, A::Error> {
        let first = fields.read_varint()?;
        let number = first >> KIND_BITS;
        let kind = first & ((1 << KIND_BITS) - 1);
        if kind == OTHER {
            return Self::read_other(number, fields);
        }
        let Ok(player) = u16::try_from(number).map(PlayerId) else {
            return fields.invalid("player id exceeds 16 bits");
        };
        Ok(match kind {
            BY_ROCK => Self::Destroyed(Destroyed { victim: player, by: Destroyer::Rock }),
            BY_PLAYER => Self::Destroyed(Destroyed { victim: player, by: Destroyer::Player(fields.read()?) }),
            _ => Self::Collected(player),
        })
    }
}

impl Event {
    /// Reads an event without a player.
    fn read_other<'de, A: SeqAccess<'de>>(number: u32, fields: &mut FieldReader<A>) -> Result<Self, A::Error> {
        match number {
            DENSITY_MAP => Map::read_fields(None, fields).map(Self::Map),
            ROUND_ENDED..MAP => Podium::read_fields((number - ROUND_ENDED) as usize, fields).map(Self::RoundEnded),
            MAP.. => Map::read_fields(Some((number - MAP) as usize), fields).map(Self::Map),
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
            (Event::Map(Map::new(near, Some(field(5, 1)))), vec![0x23, 0x46, 2, 67, 0]),
            (Event::Map(Map::new(Vec::new(), None)), vec![0x17, 0]),
            (Event::Collected(PlayerId(260)), vec![0x92, 0x08]),
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
        // Player 65536, destroyed and collecting; a map of 65 ships; the field 4096 as the leader's, and as a ship's.
        let collecting = &[0x82, 0x80, 0x10][..];
        for bytes in [&[0x80, 0x80, 0x10], collecting, &[0x9b, 0x02, 0], &[0x17, 0x81, 0x20], &[0x1b, 0, 0x80, 0x20]] {
            let padded = [bytes, &[0; 80]].concat();
            let errors = (bytes.len()..padded.len()).filter_map(|end| codec::decode::<Event>(&padded[..end]).err());
            assert_eq!(errors.count(), padded.len() - bytes.len(), "{bytes:x?}");
        }
    }
}
