//! What an arena can be created with.

use std::fmt;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use tickcast_protocol::arena::Rules;

/// What an arena can be created with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// The side of the square world, in units; 512 to 16,383, by default 4096.
    pub world_size: u16,
    /// How many rocks there are to be; 0 to 2000, by default 24. Pieces count like whole ones.
    pub rocks: u16,
    /// How many orbs there are to be; 0 to 2000, by default 60.
    pub orbs: u16,
}

impl Default for Options {
    fn default() -> Self {
        Self { world_size: 4096, rocks: 24, orbs: 60 }
    }
}

impl Options {
    const WORLD_SIZE: RangeInclusive<u16> = Rules::WORLD_SIZE_MIN..=Rules::WORLD_SIZE_MAX;
    /// Leaves ids free for the four small rocks that a large one can become.
    const SCENERY: RangeInclusive<u16> = 0..=2000;

    /// Says which option is out of range, if one is.
    pub fn validate(&self) -> Result<(), OptionsError> {
        self.validate_within([Self::WORLD_SIZE, Self::SCENERY, Self::SCENERY])
    }

    /// Says which option costs too much for a stranger to choose, if one does: no more than the server's own, or the default.
    pub fn validate_cost(&self, own: &Self) -> Result<(), OptionsError> {
        let default = Self::default();
        self.validate_within([
            *Self::WORLD_SIZE.start()..=own.world_size.max(default.world_size),
            0..=own.rocks.max(default.rocks),
            0..=own.orbs.max(default.orbs),
        ])
    }

    fn validate_within(&self, [world_size, rocks, orbs]: [RangeInclusive<u16>; 3]) -> Result<(), OptionsError> {
        let options =
            [("world_size", self.world_size, world_size), ("rocks", self.rocks, rocks), ("orbs", self.orbs, orbs)];
        match options.into_iter().find(|(_, value, range)| !range.contains(value)) {
            Some((name, value, range)) => Err(OptionsError { name, value, range }),
            None => Ok(()),
        }
    }
}

/// An option is out of range: whoever gave it is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionsError {
    name: &'static str,
    value: u16,
    range: RangeInclusive<u16>,
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, value, range } = self;
        write!(f, "{name} is {value}, but must be from {} to {}", range.start(), range.end())
    }
}

impl std::error::Error for OptionsError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(options: Options) -> Option<String> {
        options.validate().err().map(|error| error.to_string())
    }

    #[test]
    fn options_are_held_to_their_ranges() {
        let default = Options::default();
        assert_eq!(complaint(default), None);
        assert_eq!(complaint(Options { world_size: 512, rocks: 2000, orbs: 0 }), None);
        assert_eq!(complaint(Options { world_size: 16_383, rocks: 0, orbs: 2000 }), None);
        assert_eq!(
            complaint(Options { world_size: 511, ..default }).as_deref(),
            Some("world_size is 511, but must be from 512 to 16383")
        );
        assert!(complaint(Options { world_size: 16_384, ..default }).is_some());
        assert!(complaint(Options { rocks: 2001, ..default }).is_some());
        assert!(complaint(Options { orbs: 2001, ..default }).is_some());
    }

    #[test]
    fn an_option_left_out_has_its_default_and_an_unknown_one_is_refused() {
        let read = |text: &str| serde_json::from_str::<Options>(text).ok();
        assert_eq!(read(r#"{"rocks": 3}"#), Some(Options { rocks: 3, ..Options::default() }));
        assert_eq!(read(r#"{"stones": 3}"#), None);
    }
}
