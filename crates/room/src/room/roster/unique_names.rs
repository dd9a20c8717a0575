//! Keeps the names of a room's players distinguishable.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use tickcast_protocol::PlayerName;
use unicode_security::skeleton;

use crate::room::display_name;

/// Maximum length, in grapheme clusters, of the part of a name before an appended number. With a suffix of
/// seven characters, such as ` (6000)`, the name has the usual maximum of 16.
const NUMBERED_GRAPHEMES_MAX: usize = 9;
/// Bytes reserved for the number that is appended to a name.
const NUMBER_BYTES: usize = " (65535)".len();

/// The names in use. Of several names that look alike, at most one has no number. The others have a number, as in `Ada
/// (2)`. Only the room assigns such numbers: it removes numbers from the names that clients request.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct UniqueNames(BTreeSet<NameKey>);

/// Identifies a name: names that look alike have the same skeleton (Unicode Technical Standard 39, section 4).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct NameKey {
    /// The skeleton of the name without its number.
    skeleton: String,
    /// The number appended to the name, or 1 if there is none.
    number: u16,
}

impl UniqueNames {
    /// Takes a name. If it looks like a name in use, appends the lowest free number.
    pub(super) fn take(&mut self, name: PlayerName) -> (PlayerName, NameKey) {
        let key = NameKey { skeleton: caseless_skeleton(name.as_str()), number: 1 };
        if self.0.insert(key.clone()) {
            return (name, key);
        }
        let bytes_max = PlayerName::BYTES_MAX - NUMBER_BYTES;
        let base = display_name::truncated(name.as_str(), NUMBERED_GRAPHEMES_MAX, bytes_max).trim_end();
        let key = self.free_key(caseless_skeleton(base));
        let name = format!("{base} ({})", key.number).try_into().expect("there is space for the number");
        self.0.insert(key.clone());
        (name, key)
    }

    /// The key with the lowest free number.
    fn free_key(&self, skeleton: String) -> NameKey {
        let first = NameKey { skeleton, number: 2 };
        let taken = self.0.range(&first..).zip(first.number..);
        let count = taken.take_while(|(key, number)| key.skeleton == first.skeleton && key.number == *number).count();
        let number = first.number + u16::try_from(count).expect("a room has fewer than 2^16 seats");
        NameKey { number, ..first }
    }

    /// Makes a name available again.
    pub(super) fn release(&mut self, key: &NameKey) {
        self.0.remove(key);
    }
}

/// Removes from the end of a name everything that looks like a number appended by [`UniqueNames::take`]. `None` if nothing
/// is left.
pub(super) fn without_number(name: &PlayerName) -> Option<PlayerName> {
    let mut base = name.as_str();
    while has_number(&caseless_skeleton(base)) {
        base = base.rsplit_once(' ')?.0.trim_end();
    }
    if base.is_empty() { None } else { base.to_owned().try_into().ok() }
}

/// Whether a skeleton ends with a number in parentheses. In a skeleton, the digits 0 and 1 have become the letters o and l.
fn has_number(skeleton: &str) -> bool {
    let number = skeleton.strip_suffix(')').and_then(|text| text.rsplit_once('(')).map(|(_, number)| number.trim());
    number.is_some_and(|number| !number.is_empty() && number.chars().all(|c| c.is_ascii_digit() || matches!(c, 'o' | 'l')))
}

/// The skeleton of a name, ignoring case. `skeleton` is applied before the conversion to lower case, because an upper-case
/// letter may look like a different lower-case letter: `I` looks like `l`. It is applied again afterwards, because the
/// conversion may produce letters that have skeletons themselves: `M` becomes `m`, which looks like `rn`.
fn caseless_skeleton(name: &str) -> String {
    let lower_case: String = skeleton(name).flat_map(char::to_lowercase).collect();
    skeleton(&lower_case).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> PlayerName {
        text.to_owned().try_into().expect("the name is short")
    }

    /// Returns the names that the room gives to players who request these names.
    fn given(requested: &[&str]) -> Vec<String> {
        let mut names = UniqueNames::default();
        requested.iter().map(|requested| names.take(name(requested)).0.into()).collect()
    }

    #[test]
    fn different_names_are_unchanged() {
        let names = ["Ada", "Bob", "Drone 3", "Drone 4", "李小龙", "مريم", "🚀"];
        assert_eq!(given(&names), names);
    }

    #[test]
    fn names_that_look_alike_get_numbers() {
        assert_eq!(
            given(&["Ada", "Ada", "ADA", "Аda"]),
            ["Ada", "Ada (2)", "ADA (3)", "Аda (4)"],
            "the last A is Cyrillic"
        );
        assert_eq!(given(&["Drone 3", "Drоne 3", "Drone Ʒ"]), ["Drone 3", "Drоne 3 (2)", "Drone Ʒ (3)"]);
        assert_eq!(given(&["Ian", "lan", "1an"]), ["Ian", "lan (2)", "1an (3)"]);
    }

    #[test]
    fn a_free_number_is_used_again() {
        let mut names = UniqueNames::default();
        let keys: Vec<_> = (0..4).map(|_| names.take(name("Ada")).1).collect();
        names.release(&keys[1]);
        assert_eq!(names.take(name("Ada")).0.as_str(), "Ada (2)");
        names.release(&keys[0]);
        assert_eq!(names.take(name("ada")).0.as_str(), "ada");
    }

    #[test]
    fn long_names_are_shortened_before_a_number() {
        assert_eq!(given(&["abcdefghijklmnop"; 3])[2], "abcdefghi (3)");
        let emoji = "👍🏽".repeat(8);
        assert_eq!(given(&[&emoji, &emoji])[1], "👍🏽".repeat(7) + " (2)");
    }

    #[test]
    fn numbers_of_other_players_cannot_be_requested() {
        for (requested, expected) in [
            ("Ada (2)", Some("Ada")),
            ("Ada (10) (2)", Some("Ada")),
            ("Ada （2）", Some("Ada")),
            ("Ada (lO)", Some("Ada")),
            ("Ada (x)", Some("Ada (x)")),
            ("(2)", None),
        ] {
            assert_eq!(without_number(&name(requested)), expected.map(name), "{requested}");
        }
    }

    proptest! {
        #[test]
        fn no_two_names_in_use_look_alike(requested in proptest::collection::vec("[aA4Il1| ()2o0]{1,16}", 1..40)) {
            let mut names = UniqueNames::default();
            let requested = requested.iter().filter_map(|text| display_name::sanitize(text)).filter_map(|n| without_number(&n));
            let given: Vec<_> = requested.map(|name| caseless_skeleton(names.take(name).0.as_str())).collect();
            let distinct: BTreeSet<_> = given.iter().collect();
            prop_assert_eq!(distinct.len(), given.len());
        }
    }
}
