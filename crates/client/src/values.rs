//! Values that describe themselves, in words.
//!
//! The [documentation of the crate](crate#values) describes the words.

mod read;
mod write;

pub(crate) use read::read;
pub(crate) use write::write;

const CONSTANT: i32 = 0;
const INTEGER: i32 = 1;
const NUMBER: i32 = 2;
const TEXT: i32 = 3;
const LIST: i32 = 4;
const OBJECT: i32 = 5;
const SCALED: i32 = 6;
const VARIANT: i32 = 7;

const NULL: i32 = 0;
const FALSE: i32 = 1;
const TRUE: i32 = 2;

const F64: i32 = 2;

/// The names by which serde knows the types of the simulation, in the order of the values of the argument of [`SCALED`]:
/// the index of a name is the argument for its type.
const SCALED_TYPES: [&str; 3] = ["tickcast::Position", "tickcast::Velocity", "tickcast::Angle"];

/// The argument of [`SCALED`] for the type of the simulation that has this name. `None` for other types.
fn scale_of(name: &str) -> Option<usize> {
    SCALED_TYPES.iter().position(|scaled| *scaled == name)
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use tickcast_protocol::packed::{Axes, Packed, Unsigned, packed};
    use tickcast_protocol::{Angle, PlayerId, Position};

    use super::*;
    use crate::words::Words;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    enum Thing {
        Nothing,
        Disc { position: Position, owner: Option<PlayerId>, is_it: bool },
        Gift(Box<Thing>),
        Pair(i8, u64),
    }

    packed! {
        #[derive(Clone, Debug, PartialEq)]
        struct Keys {
            thrust: bool,
            place: Position as Axes<Unsigned<20>>,
        }
    }

    packed! {
        #[derive(Clone, Debug, PartialEq)]
        enum Card {
            Hidden,
            Number { value: u8 },
        }
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Aim {
        heading: Angle,
        #[serde(with = "Packed::<Axes<Unsigned<20>>>")]
        target: Position,
        keys: Keys,
        wanted: Thing,
        weapons: Vec<(String, f32)>,
    }

    fn words_of(value: &impl Serialize) -> Words {
        let mut words = Words::default();
        write(value, &mut words);
        words
    }

    const fn word(kind: i32, argument: i32) -> i32 {
        argument << 3 | kind
    }

    #[test]
    fn names_and_values_are_written_and_names_only_once() {
        let disc = Thing::Disc { position: Position { x: 64, y: -3 }, owner: Some(PlayerId(700)), is_it: true };
        let mut words = words_of(&disc);
        let Some(shape) = words.list.first().map(|word| word >> 3) else { panic!("there are words") };
        assert_eq!(words.shapes.description(shape as u32), "Disc\nposition\nowner\nis_it");
        let [_, scaled, position, ref rest @ ..] = words.list[..] else { panic!("{words:?}") };
        assert_eq!(scaled, word(SCALED, 0));
        assert_eq!(words.shapes.description((position >> 3) as u32), "\nx\ny");
        assert_eq!(rest, [word(INTEGER, 64), word(INTEGER, -3), word(INTEGER, 700), word(CONSTANT, TRUE)]);

        let first = std::mem::take(&mut words.list);
        write(&disc, &mut words);
        assert_eq!(words.list, first, "the shape is known");
        words.clear();
        write(&Thing::Disc { position: Position::default(), owner: None, is_it: false }, &mut words);
        assert_eq!(words.list[0], first[0]);
    }

    #[test]
    fn variants_texts_lists_and_large_numbers_are_written() {
        let words = words_of(&Thing::Gift(Box::new(Thing::Pair(-1, u64::MAX))));
        let [gift, pair, list, small, wide, low, high] = words.list[..] else { panic!("{words:?}") };
        assert_eq!(words.shapes.description((gift >> 4) as u32), "Gift");
        assert_eq!(words.shapes.description((pair >> 4) as u32), "Pair");
        assert_eq!([gift & 15, pair & 15], [word(VARIANT, 1); 2]);
        assert_eq!([list, small, wide, low, high], [word(LIST, 2), word(INTEGER, -1), word(NUMBER, 1), -1, -1]);
        assert_eq!(words_of(&Thing::Nothing).list, [word(VARIANT, 2)]);
        assert_eq!(words_of(&"naïve").list.len(), 3);
        assert_eq!(words_of(&(1 << 28)).list, [word(NUMBER, 0), 1 << 28, 0]);
        assert_eq!(words_of(&-(1 << 28)).list, [word(INTEGER, -(1 << 28))]);
    }

    #[test]
    fn packed_types_have_names_too() {
        assert_eq!(words_of(&Card::Hidden).list, [word(VARIANT, 2)]);
        let words = words_of(&Card::Number { value: 7 });
        assert_eq!(words.shapes.description((words.list[0] >> 3) as u32), "Number\nvalue");
        assert_eq!(words.list[1], word(INTEGER, 7));
        let keys = words_of(&Keys { thrust: true, place: Position::default() });
        assert_eq!(keys.shapes.description((keys.list[0] >> 3) as u32), "\nthrust\nplace");
    }

    /// The words that JavaScript writes.
    #[derive(Default)]
    struct Script(Words);

    impl Script {
        fn number(mut self, number: f64) -> Self {
            let bits = number.to_bits();
            self.0.extend([word(NUMBER, F64), bits as i32, (bits >> 32) as i32]);
            self
        }

        fn text(mut self, text: &str) -> Self {
            self.0.push(word(TEXT, text.len() as i32));
            self.0.push_bytes(text.as_bytes());
            self
        }

        fn word(mut self, kind: i32, argument: i32) -> Self {
            self.0.push(word(kind, argument));
            self
        }

        /// An object with `x` and `y`.
        fn place(self, x: f64, y: f64) -> Self {
            self.word(OBJECT, 2).text("x").number(x).text("y").number(y)
        }
    }

    fn disc() -> Script {
        let script = Script::default().word(OBJECT, 4).text("position").place(1.5, -0.01).text("isIt").word(CONSTANT, TRUE);
        script.text("kind").text("disc").text("owner").number(7.0)
    }

    #[test]
    fn names_in_the_style_of_javascript_are_understood_in_any_order_and_units_are_converted() {
        let expected = Thing::Disc { position: Position { x: 96, y: -1 }, owner: Some(PlayerId(7)), is_it: true };
        assert_eq!(read(&disc().0.list), Ok(expected));
        let gift = Script::default().word(OBJECT, 2).text("kind").text("gift").text("value").text("nothing");
        assert_eq!(read(&gift.0.list), Ok(Thing::Gift(Box::new(Thing::Nothing))));
        let pair = Script::default().word(OBJECT, 2).text("kind").text("pair").text("value");
        let pair = pair.word(LIST, 2).number(-8.0).number(9e15);
        assert_eq!(read(&pair.0.list), Ok(Thing::Pair(-8, 9_000_000_000_000_000)));
    }

    #[test]
    fn packed_types_and_angles_are_objects_and_radians() {
        let script = Script::default().word(OBJECT, 5).text("heading").number(-std::f64::consts::FRAC_PI_2);
        let script = script.text("target").place(2.0, 3.0).text("keys").word(OBJECT, 2).text("place").place(1.0, 1.0);
        let script = script.text("thrust").word(CONSTANT, TRUE).text("wanted").text("Nothing").text("weapons");
        let script = script.word(LIST, 1).word(LIST, 2).text("laser").number(0.5);
        let expected = Aim {
            heading: Angle::new(768),
            target: Position::at_units(2, 3),
            keys: Keys { thrust: true, place: Position::at_units(1, 1) },
            wanted: Thing::Nothing,
            weapons: vec![("laser".to_owned(), 0.5)],
        };
        assert_eq!(read(&script.0.list), Ok(expected));
    }

    #[test]
    fn the_reason_for_rejecting_a_value_names_the_field() {
        let reason = |script: Script| read::<Thing>(&script.0.list).expect_err("the value is invalid");
        let object = || Script::default().word(OBJECT, 1);
        assert_eq!(reason(object().text("kind").text("disk")), "unknown variant disk");
        assert_eq!(reason(object().text("kind").text("disc")), "missing field position");
        assert_eq!(reason(Script::default().number(3.0)), "invalid value");
        let with = |kind: &str, script: fn(Script) -> Script| {
            script(Script::default().word(OBJECT, 2).text("kind").text(kind).text("colour"))
        };
        assert_eq!(reason(with("disc", |script| script.number(3.0))), "unknown field colour");
        for words in [&[][..], &[word(TEXT, 9)], &[word(LIST, i32::MAX >> 3)], &[word(INTEGER, 1)], &[0, 0]] {
            assert!(read::<Thing>(words).is_err(), "{words:?}");
        }
        let nested: Vec<_> = std::iter::repeat_n(word(LIST, 1), 10_000).collect();
        assert!(read::<Thing>(&nested).is_err());
    }
}
