//! Reads values that the page has written.

use std::fmt;

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::{CONSTANT, F64, FALSE, LIST, NULL, NUMBER, OBJECT, SCALED_TYPES, TEXT, TRUE, scale_of};

/// Maximum nesting of values. Deeper ones would overflow the stack.
const DEPTH_MAX: u32 = 32;
/// The field of an object that names the variant of an enum.
const KIND: &str = "kind";
/// The field with the value in a variant, if this value is not an object.
const VALUE: &str = "value";
/// Numbers of steps: per world unit (position), per unit per second (velocity), and per radian (angle).
const SCALES: [f64; SCALED_TYPES.len()] = [64.0, 16.0, 512.0 / std::f64::consts::PI];

/// Reads a value from words.
///
/// # Errors
/// The reason why the words are not a value of this type.
pub(crate) fn read<T: de::DeserializeOwned>(mut words: &[i32]) -> Result<T, String> {
    let value = Value::take(&mut words, DEPTH_MAX).filter(|_| words.is_empty()).ok_or("invalid words")?;
    T::deserialize(value).map_err(|ReadError(reason)| reason)
}

/// A value of JavaScript.
#[derive(Clone, Debug)]
enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Value {
    /// Takes a value from the front of the words.
    fn take(words: &mut &[i32], depth: u32) -> Option<Self> {
        let depth = depth.checked_sub(1)?;
        let (first, rest) = words.split_first()?;
        *words = rest;
        let (kind, argument) = (first & 7, first >> 3);
        match (kind, argument) {
            (CONSTANT, NULL) => Some(Self::Null),
            (CONSTANT, FALSE | TRUE) => Some(Self::Bool(argument == TRUE)),
            (NUMBER, F64) => {
                let (&[low, high], rest) = words.split_first_chunk()?;
                *words = rest;
                Some(Self::Number(f64::from_bits(u64::from(low.cast_unsigned()) | u64::from(high.cast_unsigned()) << 32)))
            }
            (TEXT, _) => take_text(words, argument).map(Self::Text),
            (LIST, 0..) => (0..argument).map(|_| Self::take(words, depth)).collect::<Option<_>>().map(Self::List),
            (OBJECT, 0..) => {
                let fields = (0..argument).map(|_| match Self::take(words, depth)? {
                    Self::Text(name) => Some((name, Self::take(words, depth)?)),
                    _ => None,
                });
                fields.collect::<Option<_>>().map(Self::Object)
            }
            _ => None,
        }
    }

    /// Multiplies a number, or all numbers of an object, and rounds them.
    fn scaled(self, scale: f64) -> Self {
        match self {
            Self::Number(number) => Self::Number((number * scale).round()),
            Self::Object(fields) => {
                Self::Object(fields.into_iter().map(|(name, value)| (name, value.scaled(scale))).collect())
            }
            other => other,
        }
    }

    /// Replaces the names in an object by the declared names, see [`declared`].
    fn with_names(self, names: &[&'static str]) -> Self {
        match self {
            Self::Object(fields) => {
                let rename = |(name, value): (String, Self)| (declared(&name, names).map_or(name, str::to_owned), value);
                Self::Object(fields.into_iter().map(rename).collect())
            }
            other => other,
        }
    }
}

fn take_text(words: &mut &[i32], length: i32) -> Option<String> {
    let length = usize::try_from(length).ok()?;
    let (text, rest) = words.split_at_checked(length.div_ceil(4))?;
    *words = rest;
    let mut bytes: Vec<_> = text.iter().flat_map(|word| word.to_le_bytes()).collect();
    bytes.truncate(length);
    String::from_utf8(bytes).ok()
}

/// The declared name that equals `name`, ignoring case and underscores: a page writes `isIt` instead of `is_it`.
fn declared(name: &str, names: &[&'static str]) -> Option<&'static str> {
    let letters = |name: &str| -> String {
        name.chars().filter(|letter| *letter != '_').map(|letter| letter.to_ascii_lowercase()).collect()
    };
    names.iter().copied().find(|known| letters(known) == letters(name))
}

/// The reason why words are not a value. It contains no formatted numbers: their formatting would double the size of a client.
#[derive(Debug)]
struct ReadError(String);

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self("invalid value".to_owned())
    }

    fn invalid_type(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self("invalid value".to_owned())
    }

    fn invalid_value(_: de::Unexpected<'_>, _: &dyn de::Expected) -> Self {
        Self("invalid value".to_owned())
    }

    fn invalid_length(_: usize, _: &dyn de::Expected) -> Self {
        Self("invalid length".to_owned())
    }

    fn unknown_variant(variant: &str, _: &'static [&'static str]) -> Self {
        Self(["unknown variant ", variant].concat())
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self(["unknown field ", field].concat())
    }

    fn missing_field(field: &'static str) -> Self {
        Self(["missing field ", field].concat())
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self(["duplicate field ", field].concat())
    }
}

impl IntoDeserializer<'_, ReadError> for Value {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Value {
    type Error = ReadError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(is_true) => visitor.visit_bool(is_true),
            Self::Number(number) if number == number.trunc() => visitor.visit_i64(number as i64),
            Self::Number(number) => visitor.visit_f64(number),
            Self::Text(text) => visitor.visit_string(text),
            Self::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Self::Object(fields) => visitor.visit_map(MapDeserializer::new(fields.into_iter())),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ReadError> {
        if let Self::Null = self { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, ReadError> {
        let Some(scale) = scale_of(name) else { return visitor.visit_newtype_struct(self) };
        let turned = match self.scaled(SCALES[scale]) {
            Self::Number(steps) => Self::Number(steps.rem_euclid(f64::from(tickcast_protocol::Angle::TURN))),
            other => other,
        };
        visitor.visit_newtype_struct(turned)
    }

    /// Rejects fields that the type does not have: they are misspelt.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let named = self.with_names(names);
        if let Self::Object(fields) = &named
            && let Some((unknown, _)) = fields.iter().find(|(name, _)| !names.contains(&&**name))
        {
            return Err(de::Error::unknown_field(unknown, names));
        }
        match scale_of(name) {
            Some(scale) => named.scaled(SCALES[scale]).deserialize_any(visitor),
            None => named.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        names: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ReadError> {
        let (name, fields) = match self {
            Self::Text(name) => (name, Vec::new()),
            Self::Object(mut fields) => {
                let at = fields.iter().position(|(name, _)| name == KIND).ok_or_else(|| de::Error::missing_field(KIND))?;
                let (_, Self::Text(name)) = fields.remove(at) else { return Err(de::Error::custom("not a text")) };
                (name, fields)
            }
            _ => return Err(de::Error::custom("not a variant")),
        };
        let name = declared(&name, names).ok_or_else(|| de::Error::unknown_variant(&name, names))?;
        visitor.visit_enum(Variant { name, fields })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

/// A variant of an enum.
struct Variant {
    name: &'static str,
    /// The fields of the object without the name of the variant.
    fields: Vec<(String, Value)>,
}

impl Variant {
    /// The value in the variant: the only field, if its name is [`VALUE`]; otherwise an object with the fields.
    fn value(mut self) -> Value {
        match &mut *self.fields {
            [(name, value)] if name == VALUE => std::mem::replace(value, Value::Null),
            _ => Value::Object(self.fields),
        }
    }
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = ReadError;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), ReadError> {
        let name: de::value::StrDeserializer<'_, ReadError> = self.name.into_deserializer();
        Ok((seed.deserialize(name)?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant {
    type Error = ReadError;

    fn unit_variant(self) -> Result<(), ReadError> {
        if self.fields.is_empty() { Ok(()) } else { Err(de::Error::custom("the variant has no fields")) }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, ReadError> {
        seed.deserialize(self.value())
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, ReadError> {
        self.value().deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(self, names: &'static [&'static str], visitor: V) -> Result<V::Value, ReadError> {
        Value::Object(self.fields).deserialize_struct("", names, visitor)
    }
}
