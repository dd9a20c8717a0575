//! The map of the arena: roughly where all ships are. Every client receives it once per second.

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;
use tickcast_game::protocol::Position;
use tickcast_game::protocol::compact::{FieldReader, FieldWriter};

/// Number of density values in a byte.
const VALUES_PER_BYTE: usize = 4;
/// Bits of a density value.
const VALUE_BITS: usize = 2;

/// Roughly where all ships are. The map does not tell to whom a ship belongs. Of a ship's position, it tells only the
/// field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Map {
    /// The field that contains the leader's ship. The leader is the player with the highest score. If no score is above zero,
    /// there is no leader.
    pub leader: Option<MapField>,
    /// The ships, including the leader's.
    pub ships: MapShips,
}

/// The ships on a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MapShips {
    /// The field of each ship, in ascending order. At most [`Map::SHIPS_MAX`] ships.
    Fields(Vec<MapField>),
    /// Density of ships, if there are more than [`Map::SHIPS_MAX`].
    Density(Density),
}

/// A field of the map. The map divides the arena into 64 × 64 equal squares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MapField {
    row: u8,
    column: u8,
}

/// Density of ships in 16 × 16 equal squares, row by row. Each value is 0 for no ship, 1 for one ship, 2 for two or three, and 3
/// for more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Density([u8; Density::BYTES]);

impl Map {
    /// Fields per side of the map.
    pub const SIDE: u8 = 64;
    /// Maximum number of ships whose fields the map lists.
    pub const SHIPS_MAX: usize = 64;

    /// Draws a map.
    #[must_use]
    pub fn new(mut ships: Vec<MapField>, leader: Option<MapField>) -> Self {
        ships.sort_unstable();
        let listed = ships.len() <= Self::SHIPS_MAX;
        let ships = if listed { MapShips::Fields(ships) } else { MapShips::Density(Density::new(&ships)) };
        Self { leader, ships }
    }

    /// Writes the map without the number of ships. The first number is the leader's field plus one, or zero if there is no
    /// leader. Then follows, for each ship, the difference between its field and the field of the previous ship. If there are
    /// many ships, the density follows instead.
    pub(super) fn write_fields<T: SerializeTuple>(&self, fields: &mut FieldWriter<T>) -> Result<(), T::Error> {
        fields.write_varint(self.leader.map_or(0, |field| field.number() + 1))?;
        match &self.ships {
            MapShips::Fields(ships) => {
                let mut last = 0;
                ships.iter().try_for_each(|ship| {
                    let step = ship.number() - last;
                    last = ship.number();
                    fields.write_varint(step)
                })
            }
            MapShips::Density(density) => fields.write_bytes(&density.0),
        }
    }

    /// Reads a map with this number of ships, or with the density if the number is `None`.
    pub(super) fn read_fields<'de, A: SeqAccess<'de>>(
        ships: Option<usize>,
        fields: &mut FieldReader<A>,
    ) -> Result<Self, A::Error> {
        let leader = match fields.read_varint()? {
            0 => None,
            number => Some(MapField::read(number - 1, fields)?),
        };
        let ships = match ships {
            Some(count @ 0..=Self::SHIPS_MAX) => {
                let mut last = 0_u32;
                let ships = (0..count).map(|_| {
                    last = last.saturating_add(fields.read_varint()?);
                    MapField::read(last, fields)
                });
                MapShips::Fields(ships.collect::<Result<_, _>>()?)
            }
            Some(_) => return fields.invalid("a map lists at most 64 ships"),
            None => MapShips::Density(Density::read(fields)?),
        };
        Ok(Self { leader, ships })
    }
}

impl MapField {
    const END: u32 = Map::SIDE as u32 * Map::SIDE as u32;

    /// The field that contains a position, in a world whose bottom right corner is `(extent, extent)`.
    #[must_use]
    pub fn containing(position: Position, extent: i32) -> Self {
        let index = |coordinate: i32| {
            let index = i64::from(coordinate) * i64::from(Map::SIDE) / i64::from(extent.max(1));
            index.clamp(0, i64::from(Map::SIDE) - 1) as u8
        };
        Self { row: index(position.y), column: index(position.x) }
    }

    /// Row of the field, from 0 at the top to 63.
    #[must_use]
    pub const fn row(self) -> u8 {
        self.row
    }

    /// Column of the field, from 0 on the left to 63.
    #[must_use]
    pub const fn column(self) -> u8 {
        self.column
    }

    fn number(self) -> u32 {
        u32::from(self.row) * u32::from(Map::SIDE) + u32::from(self.column)
    }

    fn read<'de, A: SeqAccess<'de>>(number: u32, fields: &FieldReader<A>) -> Result<Self, A::Error> {
        if number >= Self::END {
            return fields.invalid("there is no such field on the map");
        }
        let side = u32::from(Map::SIDE);
        Ok(Self { row: (number / side) as u8, column: (number % side) as u8 })
    }
}

impl Density {
    /// Squares per side.
    pub const SIDE: usize = 16;
    const BYTES: usize = Self::SIDE * Self::SIDE / VALUES_PER_BYTE;
    const FIELDS_PER_SQUARE: usize = Map::SIDE as usize / Self::SIDE;

    fn new(ships: &[MapField]) -> Self {
        let mut counts = [0_usize; Self::SIDE * Self::SIDE];
        for ship in ships {
            let [row, column] = [ship.row, ship.column].map(|index| usize::from(index) / Self::FIELDS_PER_SQUARE);
            counts[row * Self::SIDE + column] += 1;
        }
        let mut bytes = [0; Self::BYTES];
        for (index, count) in counts.into_iter().enumerate() {
            let value = match count {
                0 | 1 => count as u8,
                2 | 3 => 2,
                _ => 3,
            };
            bytes[index / VALUES_PER_BYTE] |= value << (index % VALUES_PER_BYTE * VALUE_BITS);
        }
        Self(bytes)
    }

    /// The value of a square.
    ///
    /// # Panics
    /// If `row` or `column` is not below [`Density::SIDE`].
    #[must_use]
    pub fn value(&self, row: usize, column: usize) -> u8 {
        assert!(row < Self::SIDE && column < Self::SIDE, "the density has 16 × 16 squares");
        let index = row * Self::SIDE + column;
        self.0[index / VALUES_PER_BYTE] >> (index % VALUES_PER_BYTE * VALUE_BITS) & 0b11
    }

    fn read<'de, A: SeqAccess<'de>>(fields: &mut FieldReader<A>) -> Result<Self, A::Error> {
        let mut bytes = [0; Self::BYTES];
        for byte in &mut bytes {
            *byte = fields.read()?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXTENT: i32 = 640 * Position::UNIT;

    fn field(x: i32, y: i32) -> MapField {
        MapField::containing(Position::at_units(x, y), EXTENT)
    }

    #[test]
    fn a_field_is_a_square_of_the_arena() {
        let place = |x, y| (field(x, y).row(), field(x, y).column());
        assert_eq!([place(0, 0), place(9, 10), place(639, 20), place(640, -1)], [(0, 0), (1, 0), (2, 63), (0, 63)]);
    }

    #[test]
    fn the_density_counts_ships_up_to_four() {
        let at = |count: usize, x, y| vec![field(x, y); count];
        let ships = [at(1, 5, 5), at(3, 45, 5), at(4, 5, 45), at(60, 635, 635)].concat();
        let MapShips::Density(density) = Map::new(ships, None).ships else { panic!("there are more than 64 ships") };
        let values = [(0, 0), (0, 1), (1, 0), (15, 15), (7, 7)].map(|(row, column)| density.value(row, column));
        assert_eq!(values, [1, 2, 3, 3, 0]);
    }
}
