//! Every value round-trips, and every other byte sequence is rejected. The tests enumerate all values and all bytes.

use std::fmt::Debug;

use super::{Axes, Each, Encoding, Optional, Packed, Plain, Range, Signed, Steps, Unsigned};
use crate::codec;
use crate::units::{Angle, EntityId, PlayerId, Position, Velocity};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value encoded as `E`.
#[derive(Debug)]
struct As<E, T>(T, std::marker::PhantomData<E>);

impl<T: Serialize, E: Encoding<T>> Serialize for As<E, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Packed::<E>::serialize(&self.0, serializer)
    }
}

impl<'de, T: Deserialize<'de>, E: Encoding<T>> Deserialize<'de> for As<E, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Packed::<E>::deserialize(deserializer).map(|value| Self(value, std::marker::PhantomData))
    }
}

fn encode<E: Encoding<T>, T: Serialize>(value: T) -> Vec<u8> {
    codec::encode(&As::<E, T>(value, std::marker::PhantomData))
}

fn decode<E: Encoding<T>, T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    codec::decode(bytes).ok().map(|As::<E, T>(value, _)| value)
}

/// Checks that the encoding is a bijection between `values` and the byte sequences of one length (1 or 2) that decode.
#[track_caller]
fn check<E: Encoding<T>, T: Clone + Debug + PartialEq + Serialize + DeserializeOwned>(values: impl IntoIterator<Item = T>) {
    let length = E::BITS_MAX.div_ceil(8);
    let mut count = 0;
    for value in values {
        let bytes = encode::<E, T>(value.clone());
        assert_eq!(bytes.len(), length as usize, "{value:?}");
        assert_eq!(decode::<E, T>(&bytes), Some(value));
        count += 1;
    }
    let all_bytes = (0..1_u32 << (8 * length)).map(|number| number.to_le_bytes()[..length as usize].to_vec());
    let decodable = all_bytes.filter(|bytes| decode::<E, T>(bytes).is_some()).count();
    assert_eq!(decodable, count, "byte sequences that decode");
}

#[test]
fn numbers_in_their_range_round_trip_and_all_other_bytes_are_rejected() {
    check::<Unsigned<10>, u16>(0..1 << 10);
    check::<Unsigned<9>, u8>(0..=u8::MAX);
    check::<Signed<12>, i32>(-2048..2048);
    check::<Signed<16>, i8>(i8::MIN..=i8::MAX);
    check::<Range<-100, 100>, i32>(-100..=100);
    check::<Range<1000, 1004>, u16>(1000..=1004);
    check::<Range<-1, 300>, u8>(0..=u8::MAX);
    check::<Steps<4, 10>, i32>((-512..512).map(|quotient| quotient * 4));
}

#[test]
fn plain_types_round_trip_over_all_values() {
    check::<Plain, bool>([false, true]);
    check::<Plain, u8>(0..=u8::MAX);
    check::<Plain, i8>(i8::MIN..=i8::MAX);
    check::<Plain, u16>(0..=u16::MAX);
    check::<Plain, i16>(i16::MIN..=i16::MAX);
    check::<Plain, Angle>((0..1024).map(Angle::new));
    check::<Plain, PlayerId>((0..=u16::MAX).map(PlayerId));
    for number in [i32::MIN, -1, 0, 1, i32::MAX] {
        assert_eq!(decode::<Plain, i32>(&encode::<Plain, _>(number)), Some(number));
        assert_eq!(decode::<Plain, u32>(&encode::<Plain, _>(number.cast_unsigned())), Some(number.cast_unsigned()));
    }
    let last = EntityId(EntityId::LIMIT - 1);
    assert_eq!(decode::<Plain, EntityId>(&encode::<Plain, _>(last)), Some(last));
}

#[test]
fn composed_encodings_round_trip_and_all_other_bytes_are_rejected() {
    let axes = |values: std::ops::Range<i32>| values.clone().flat_map(move |x| values.clone().map(move |y| (x, y)));
    check::<Axes<Unsigned<6>>, Position>(axes(0..64).map(|(x, y)| Position { x, y }));
    check::<Axes<Signed<5>>, Velocity>(axes(-16..16).map(|(x, y)| Velocity { x, y }));
    check::<Each<Range<1, 6>>, [u8; 3]>(
        (0..216).map(|number| [number / 36, number / 6 % 6, number % 6].map(|die| die + 1)),
    );
    check::<Optional<Range<1, 6>>, Option<u8>>((1..=6).map(Some).chain([None]));
}

packed! {
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum Size {
        Small,
        Medium,
        Large,
    }
}

packed! {
    /// 13 bits.
    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Item {
        size: Size,
        is_held: bool,
        value: i16 as Range<-3, 3>,
        owner: Option<u8> as Optional<Unsigned<6>>,
    }
}

packed! {
    /// 17 bits.
    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Pile {
        item: Item,
        count: u8 as Unsigned<4>,
    }
}

fn items() -> impl Iterator<Item = Item> {
    let sizes = [Size::Small, Size::Medium, Size::Large].into_iter();
    sizes.flat_map(|size| [false, true].map(|is_held| (size, is_held))).flat_map(|(size, is_held)| {
        (-3..=3)
            .flat_map(move |value| (0..64).map(Some).chain([None]).map(move |owner| Item { size, is_held, value, owner }))
    })
}

#[test]
fn packed_types_round_trip_and_have_one_encoding_per_value() {
    fn round_trip<T: Serialize + DeserializeOwned>(value: &T) -> T {
        codec::decode(&codec::encode(value)).expect("the value was encoded")
    }
    for item in items() {
        assert_eq!(round_trip(&item), item);
        let pile = Pile { item, count: 9 };
        assert_eq!(round_trip(&pile), pile);
    }
    for bytes in (0..=u16::MAX).map(u16::to_le_bytes) {
        if let Ok(item) = codec::decode::<Item>(&bytes) {
            assert_eq!(codec::encode(&item), bytes);
        }
    }
    assert_eq!(<Plain as Encoding<Pile>>::BITS_MAX, 17);
}

packed! {
    /// 2 bits, and up to 13 more.
    #[derive(Clone, Debug, PartialEq, Eq)]
    enum Piece {
        Nothing,
        Item { item: Item },
        /// 9 bits.
        Heap {
            count: u16 as Range<1, 300>,
        },
    }
}

#[test]
fn the_variants_of_an_enum_take_their_own_bits_and_have_one_encoding_per_value() {
    let heaps = (1..=300).map(|count| Piece::Heap { count });
    let pieces: Vec<_> = items().map(|item| Piece::Item { item }).chain(heaps).chain([Piece::Nothing]).collect();
    for piece in &pieces {
        let bytes = codec::encode(piece);
        assert_eq!(bytes.len(), if *piece == Piece::Nothing { 1 } else { 2 }, "{piece:?}");
        assert_eq!(codec::decode(&bytes).as_ref(), Ok(piece));
    }
    let all_bytes = (0..=u8::MAX).map(|byte| vec![byte]).chain((0..=u16::MAX).map(|number| number.to_le_bytes().to_vec()));
    let decoded: Vec<Piece> = all_bytes.filter_map(|bytes| codec::decode(&bytes).ok()).collect();
    assert!(decoded.iter().all(|piece| pieces.contains(piece)));
    assert_eq!(decoded.len(), pieces.len(), "byte sequences that decode");
    assert_eq!(<Plain as Encoding<Piece>>::BITS_MAX, 15);
}

#[test]
fn fields_fill_bytes_from_the_lowest_bit() {
    let item = Item { size: Size::Large, is_held: true, value: -1, owner: Some(0b10_0001) };
    // From the lowest bit: size 2 in 2 bits, is_held, value −1 in 3 bits, as its difference 2 from the minimum −3; owner 33
    // as a bit 1 (present), then 33 in 6 bits.
    assert_eq!(codec::encode(&item), [0b1101_0110, 0b0001_0000]);
    assert_eq!(codec::encode(&Item { owner: None, ..item }), [0b0001_0110], "a missing owner takes one bit");
}

#[test]
fn a_position_has_the_same_bytes_as_the_pair_of_20_bit_numbers() {
    for (x, y) in [(0, 0), (0xf_ffff, 1), (0x1_2345, 0xa_bcde)] {
        let bytes = encode::<Axes<Unsigned<20>>, _>(Position { x, y });
        assert_eq!(bytes, crate::compact::pack_20_bit_pair(x.cast_unsigned(), y.cast_unsigned()));
    }
}

#[test]
fn a_value_outside_its_range_cannot_be_encoded() {
    #[track_caller]
    fn check<E: Encoding<i32>>(number: i32, reason: &str) {
        let panic = std::panic::catch_unwind(|| encode::<E, i32>(number)).expect_err("the number is out of range");
        let text = panic.downcast_ref::<String>().expect("the panic has a text");
        assert!(text.contains(reason), "{text}");
    }
    check::<Range<-100, 100>>(101, "101 is not from -100 to 100");
    check::<Range<-100, 100>>(-101, "-101 is not from -100 to 100");
    check::<Unsigned<10>>(1024, "1024 is not an unsigned number of 10 bits");
    check::<Unsigned<10>>(-1, "-1 is not an unsigned number of 10 bits");
    check::<Signed<12>>(2048, "2048 is not a signed number of 12 bits");
    check::<Signed<12>>(-2049, "-2049 is not a signed number of 12 bits");
    check::<Steps<4, 10>>(6, "6 is not a multiple of 4");
    check::<Steps<4, 10>>(2048, "512 is not a signed number of 10 bits");
}

#[test]
fn rounding_gives_the_nearest_number_that_can_be_encoded() {
    type Quarters = Steps<4, 10>;
    let rounded = [-7, -6, -5, -2, -1, 0, 1, 2, 5, 6, 7].map(Quarters::round);
    assert_eq!(rounded, [-8, -4, -4, 0, 0, 0, 0, 4, 4, 8, 8]);
    assert_eq!([Quarters::round(i32::MIN), Quarters::round(i32::MAX)], [-2048, 2044]);
    assert_eq!(Steps::<3, 32>::round(i32::MAX), i32::MAX / 3 * 3);
    assert_eq!(Steps::<3, 32>::round(i32::MIN), i32::MIN / 3 * 3);
}

#[test]
fn truncated_bytes_are_rejected() {
    let bytes =
        codec::encode(&Pile { item: Item { size: Size::Small, is_held: false, value: 0, owner: Some(1) }, count: 1 });
    assert!((0..bytes.len()).all(|length| codec::decode::<Pile>(&bytes[..length]).is_err()));
}
