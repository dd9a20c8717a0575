//! The encodings. The table in the documentation of the parent module contains their bits.

use core::marker::PhantomData;
use std::fmt::Display;

use serde::de::SeqAccess;
use serde::ser::SerializeTuple;

use super::{BitReader, BitWriter, Encoding};
use crate::compact::{signed_from_bits, signed_to_bits};
use crate::units::{Angle, EntityId, PlayerId, Position, Velocity};

/// The encoding of a field without `as`: all values of a type.
#[derive(Clone, Copy, Debug)]
pub struct Plain;

/// Integers from 0 to 2^BITS − 1. BITS is from 1 to 32.
#[derive(Clone, Copy, Debug)]
pub struct Unsigned<const BITS: u32>;

/// Integers from −2^(BITS−1) to 2^(BITS−1) − 1. BITS is from 1 to 32.
#[derive(Clone, Copy, Debug)]
pub struct Signed<const BITS: u32>;

/// Integers from MIN to MAX. The difference of MAX and MIN is below 2³².
#[derive(Clone, Copy, Debug)]
pub struct Range<const MIN: i64, const MAX: i64>;

/// Multiples of STEP, such as quantized velocities: the quotient is encoded as [`Signed<BITS>`](Signed). Server and clients
/// compute with the same numbers, so the rules and the kernel must round every number with [`Steps::round`].
#[derive(Clone, Copy, Debug)]
pub struct Steps<const STEP: i32, const BITS: u32>;

/// The two components of a position or a velocity, each encoded as `E`.
#[derive(Clone, Copy, Debug)]
pub struct Axes<E>(PhantomData<E>);

/// A value that may be missing. If it is present, it is encoded as `E`.
#[derive(Clone, Copy, Debug)]
pub struct Optional<E>(PhantomData<E>);

/// The elements of an array, each encoded as `E`.
#[derive(Clone, Copy, Debug)]
pub struct Each<E>(PhantomData<E>);

impl<const MIN: i64, const MAX: i64> Range<MIN, MAX> {
    const BITS: u32 = {
        assert!(MIN <= MAX && MAX - MIN <= u32::MAX as i64, "a range begins with its minimum and has at most 2^32 values");
        u64::BITS - (MAX - MIN).cast_unsigned().leading_zeros()
    };
}

impl<T: Copy + Display + Into<i64> + TryFrom<i64>, const MIN: i64, const MAX: i64> Encoding<T> for Range<MIN, MAX> {
    const BITS_MAX: u32 = Self::BITS;

    fn write<Out: SerializeTuple>(value: &T, bits: &mut BitWriter<'_, Out>) -> Result<(), Out::Error> {
        let number: i64 = (*value).into();
        if !(MIN..=MAX).contains(&number) {
            return bits.invalid(format_args!("{value} is not from {MIN} to {MAX}"));
        }
        bits.write((number - MIN) as u32, Self::BITS)
    }

    fn read<'de, In: SeqAccess<'de>>(bits: &mut BitReader<'_, In>) -> Result<T, In::Error> {
        let number = i64::from(bits.read(Self::BITS)?) + MIN;
        match T::try_from(number) {
            Ok(value) if number <= MAX => Ok(value),
            _ => bits.invalid("a number is out of range"),
        }
    }
}

impl<T: Copy + Display + Into<i64> + TryFrom<i64>, const BITS: u32> Encoding<T> for Unsigned<BITS> {
    const BITS_MAX: u32 = {
        assert!(1 <= BITS && BITS <= 32, "a number has 1 to 32 bits");
        BITS
    };

    fn write<Out: SerializeTuple>(value: &T, bits: &mut BitWriter<'_, Out>) -> Result<(), Out::Error> {
        match u32::try_from((*value).into()) {
            Ok(number) if u64::from(number) >> BITS == 0 => bits.write(number, <Self as Encoding<T>>::BITS_MAX),
            _ => bits.invalid(format_args!("{value} is not an unsigned number of {BITS} bits")),
        }
    }

    fn read<'de, In: SeqAccess<'de>>(bits: &mut BitReader<'_, In>) -> Result<T, In::Error> {
        match T::try_from(bits.read(<Self as Encoding<T>>::BITS_MAX)?.into()) {
            Ok(value) => Ok(value),
            Err(_) => bits.invalid("a number is out of range"),
        }
    }
}

impl<T: Copy + Display + Into<i64> + TryFrom<i64>, const BITS: u32> Encoding<T> for Signed<BITS> {
    const BITS_MAX: u32 = <Unsigned<BITS> as Encoding<u32>>::BITS_MAX;

    fn write<Out: SerializeTuple>(value: &T, bits: &mut BitWriter<'_, Out>) -> Result<(), Out::Error> {
        let bound = 1_i64 << (BITS - 1);
        match (*value).into() {
            number if (-bound..bound).contains(&number) => bits.write(low_bits(number, BITS), BITS),
            _ => bits.invalid(format_args!("{value} is not a signed number of {BITS} bits")),
        }
    }

    fn read<'de, In: SeqAccess<'de>>(bits: &mut BitReader<'_, In>) -> Result<T, In::Error> {
        let number = bits.read(<Self as Encoding<T>>::BITS_MAX)?;
        match T::try_from(signed_from_bits(number, BITS).into()) {
            Ok(value) => Ok(value),
            Err(_) => bits.invalid("a number is out of range"),
        }
    }
}

/// The lowest `bits` bits of `number`. In two's complement, the number fits in these bits.
fn low_bits(number: i64, bits: u32) -> u32 {
    if bits < 32 { signed_to_bits(number as i32, bits) } else { (number as i32).cast_unsigned() }
}

impl<const STEP: i32, const BITS: u32> Steps<STEP, BITS> {
    /// The nearest number that this encoding can represent. Halves are rounded up.
    #[must_use]
    pub fn round(number: i32) -> i32 {
        let (step, bound) = (i64::from(STEP), 1_i64 << (BITS - 1));
        let quotient = (2 * i64::from(number) + step).div_euclid(2 * step).clamp(-bound, bound - 1);
        (quotient * step).try_into().unwrap_or(if number < 0 { i32::MIN / STEP * STEP } else { i32::MAX / STEP * STEP })
    }
}

impl<const STEP: i32, const BITS: u32> Encoding<i32> for Steps<STEP, BITS> {
    const BITS_MAX: u32 = {
        assert!(STEP > 0, "a step is positive");
        <Signed<BITS> as Encoding<i32>>::BITS_MAX
    };

    fn write<Out: SerializeTuple>(value: &i32, bits: &mut BitWriter<'_, Out>) -> Result<(), Out::Error> {
        if value % STEP != 0 {
            return bits.invalid(format_args!("{value} is not a multiple of {STEP}"));
        }
        <Signed<BITS> as Encoding<i32>>::write(&(value / STEP), bits)
    }

    fn read<'de, In: SeqAccess<'de>>(bits: &mut BitReader<'_, In>) -> Result<i32, In::Error> {
        let quotient: i32 = <Signed<BITS> as Encoding<i32>>::read(bits)?;
        match quotient.checked_mul(STEP) {
            Some(number) => Ok(number),
            None => bits.invalid("a number is out of range"),
        }
    }
}

impl<E: Encoding<i32>> Encoding<Position> for Axes<E> {
    const BITS_MAX: u32 = 2 * E::BITS_MAX;

    fn write<Out: SerializeTuple>(value: &Position, bits: &mut BitWriter<'_, Out>) -> Result<(), Out::Error> {
        E::write(&value.x, bits)?;
        E::write(&value.y, bits)
    }

    fn read<'de, In: SeqAccess<'de>>(bits: &mut BitReader<'_, In>) -> Result<Position, In::Error> {
        Ok(Position { x: E::read(bits)?, y: E::read(bits)? })
    }
}

impl<E: Encoding<i32>> Encoding<Velocity> for Axes<E> {
    const BITS_MAX: u32 = 2 * E::BITS_MAX;

    fn write<Out: SerializeTuple>(value: &Velocity, bits: &mut BitWriter<'_, Out>) -> Result<(), Out::Error> {
        E::write(&value.x, bits)?;
        E::write(&value.y, bits)
    }

    fn read<'de, In: SeqAccess<'de>>(bits: &mut BitReader<'_, In>) -> Result<Velocity, In::Error> {
        Ok(Velocity { x: E::read(bits)?, y: E::read(bits)? })
    }
}

impl<T, E: Encoding<T>> Encoding<Option<T>> for Optional<E> {
    const BITS_MAX: u32 = 1 + E::BITS_MAX;

    fn write<Out: SerializeTuple>(value: &Option<T>, bits: &mut BitWriter<'_, Out>) -> Result<(), Out::Error> {
        bits.write(value.is_some().into(), 1)?;
        value.as_ref().map_or(Ok(()), |value| E::write(value, bits))
    }

    fn read<'de, In: SeqAccess<'de>>(bits: &mut BitReader<'_, In>) -> Result<Option<T>, In::Error> {
        if bits.read(1)? == 1 { E::read(bits).map(Some) } else { Ok(None) }
    }
}

impl<T: Copy + Default, E: Encoding<T>, const N: usize> Encoding<[T; N]> for Each<E> {
    const BITS_MAX: u32 = N as u32 * E::BITS_MAX;

    fn write<Out: SerializeTuple>(value: &[T; N], bits: &mut BitWriter<'_, Out>) -> Result<(), Out::Error> {
        value.iter().try_for_each(|element| E::write(element, bits))
    }

    fn read<'de, In: SeqAccess<'de>>(bits: &mut BitReader<'_, In>) -> Result<[T; N], In::Error> {
        let mut elements = [T::default(); N];
        for element in &mut elements {
            *element = E::read(bits)?;
        }
        Ok(elements)
    }
}

/// Implements [`Plain`] for a type in terms of another encoding of its number.
macro_rules! plain {
    ($($type:ty as $encoding:ty: $to:expr, $from:expr;)+) => {$(
        impl Encoding<$type> for Plain {
            const BITS_MAX: u32 = <$encoding as Encoding<i64>>::BITS_MAX;

            fn write<Out: SerializeTuple>(value: &$type, bits: &mut BitWriter<'_, Out>) -> Result<(), Out::Error> {
                <$encoding as Encoding<i64>>::write(&$to(*value), bits)
            }

            fn read<'de, In: SeqAccess<'de>>(bits: &mut BitReader<'_, In>) -> Result<$type, In::Error> {
                Ok($from(<$encoding as Encoding<i64>>::read(bits)?))
            }
        }
    )+};
}

plain! {
    bool as Unsigned<1>: i64::from, |bit: i64| bit == 1;
    u8 as Unsigned<8>: i64::from, |number: i64| number as u8;
    u16 as Unsigned<16>: i64::from, |number: i64| number as u16;
    u32 as Unsigned<32>: i64::from, |number: i64| number as u32;
    i8 as Signed<8>: i64::from, |number: i64| number as i8;
    i16 as Signed<16>: i64::from, |number: i64| number as i16;
    i32 as Signed<32>: i64::from, |number: i64| number as i32;
    Angle as Unsigned<10>: |angle: Angle| angle.steps().into(), |steps: i64| Angle::new(steps as i32);
    PlayerId as Unsigned<16>: |player: PlayerId| player.0.into(), |number: i64| PlayerId(number as u16);
    EntityId as Unsigned<30>: |entity: EntityId| entity.0.into(), |number: i64| EntityId(number as u32);
}
