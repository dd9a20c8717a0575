//! Options of an arena.

use std::ops::RangeInclusive;

use crate::wire::Rules;
use serde::{Deserialize, Serialize};
use tickcast_game::OptionsError;

/// Options with which an arena is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Side of the square world in world units: 512 to 16,383, default 2200.
    pub world_size: u16,
    /// Number of rocks: 0 to 2000, default 10. Missing rocks are replaced over time. Fragments count as rocks.
    pub rocks: u16,
    /// Number of orbs: 0 to 2000, default 30. Missing orbs are replaced over time.
    pub orbs: u16,
    /// Duration of a round in seconds: 15 to 3600, or 0 for a round without end. Default 300.
    pub round_s: u16,
}

impl Default for Options {
    fn default() -> Self {
        Self { world_size: 2200, rocks: 10, orbs: 30, round_s: 300 }
    }
}

impl Options {
    const WORLD_SIZE: RangeInclusive<u16> = Rules::WORLD_SIZE_MIN..=Rules::WORLD_SIZE_MAX;
    const ROUND_S: RangeInclusive<u16> = Rules::ROUND_S_MIN..=Rules::ROUND_S_MAX;
    /// Rocks and orbs share 8192 ids. With at most 2000 rocks and 2000 orbs, more than half of the ids are left for the
    /// fragments of broken rocks. While all ids are in use, no rock or orb is added.
    const SCENERY: RangeInclusive<u16> = 0..=2000;

    /// Checks that every option is within its range.
    ///
    /// # Errors
    /// [`OptionsError::OutOfRange`].
    pub fn validate(&self) -> Result<(), OptionsError> {
        self.validate_within([Self::WORLD_SIZE, Self::SCENERY, Self::SCENERY])
    }

    /// Checks that every option is within its range, and that the size of the world and the numbers of rocks and orbs are at
    /// most the operator's values.
    ///
    /// # Errors
    /// [`OptionsError::OutOfRange`].
    pub fn validate_untrusted(&self, operator: &Self) -> Result<(), OptionsError> {
        self.validate_within([*Self::WORLD_SIZE.start()..=operator.world_size, 0..=operator.rocks, 0..=operator.orbs])
    }

    fn validate_within(&self, ranges: [RangeInclusive<u16>; 3]) -> Result<(), OptionsError> {
        let Self { world_size, rocks, orbs, round_s } = *self;
        if round_s != 0 {
            OptionsError::check_range("round_s", round_s, Self::ROUND_S)?;
        }
        let values = [("world_size", world_size), ("rocks", rocks), ("orbs", orbs)];
        values.into_iter().zip(ranges).try_for_each(|((name, value), range)| OptionsError::check_range(name, value, range))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_text(options: Options) -> Option<String> {
        options.validate().err().map(|error| error.to_string())
    }

    #[test]
    fn options_outside_their_ranges_are_invalid() {
        let default = Options::default();
        assert_eq!(error_text(default), None);
        assert_eq!(error_text(Options { world_size: 512, rocks: 2000, orbs: 0, round_s: 0 }), None);
        assert_eq!(error_text(Options { world_size: 16_383, rocks: 0, orbs: 2000, round_s: 3600 }), None);
        assert_eq!(
            error_text(Options { world_size: 511, ..default }).as_deref(),
            Some("world_size is 511, but must be from 512 to 16383")
        );
        assert!(error_text(Options { world_size: 16_384, ..default }).is_some());
        assert!(error_text(Options { rocks: 2001, ..default }).is_some());
        assert!(error_text(Options { orbs: 2001, ..default }).is_some());
        assert!([14, 3601].iter().all(|round_s| error_text(Options { round_s: *round_s, ..default }).is_some()));
    }

    #[test]
    fn the_operators_options_are_upper_bounds() {
        let operator = Options { world_size: 1000, rocks: 0, orbs: 5, round_s: 0 };
        let is_accepted = |options: Options| options.validate_untrusted(&operator).is_ok();
        assert!(is_accepted(operator) && is_accepted(Options { world_size: 512, orbs: 0, ..operator }));
        assert!(!is_accepted(Options { world_size: 1001, ..operator }));
        assert!(!is_accepted(Options { rocks: 1, ..operator }));
        assert!(!is_accepted(Options { orbs: 6, ..operator }));
        assert!(is_accepted(Options { round_s: 60, ..operator }), "rounds take no CPU time");
    }

    #[test]
    fn a_missing_option_has_its_default_and_an_unknown_option_is_rejected() {
        let read = |text: &str| serde_json::from_str::<Options>(text).ok();
        assert_eq!(read(r#"{"rocks": 3}"#), Some(Options { rocks: 3, ..Options::default() }));
        assert_eq!(read(r#"{"stones": 3}"#), None);
    }
}
