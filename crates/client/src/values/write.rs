//! Writes values.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

use super::{CONSTANT, F64, FALSE, INTEGER, LIST, NULL, NUMBER, OBJECT, SCALED, TEXT, TRUE, VARIANT, scale_of};
use crate::words::{Shape, Words};

/// Integers from `INTEGER_MIN` to `-INTEGER_MIN - 1` fit into the first word.
const INTEGER_MIN: i64 = -(1 << 28);

/// Appends a value.
///
/// # Panics
/// If the value contains a 128-bit number, or its own implementation of serde fails.
pub(crate) fn write(value: &impl Serialize, words: &mut Words) {
    if value.serialize(Writer(words)).is_err() {
        panic!("a value cannot be passed to the page");
    }
}

/// The value cannot be written.
#[derive(Debug)]
struct WriteError;

impl fmt::Display for WriteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value cannot be written")
    }
}

impl std::error::Error for WriteError {}

impl ser::Error for WriteError {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl Words {
    fn tag(&mut self, kind: i32, argument: usize) {
        self.push((argument as i32) << 3 | kind);
    }

    fn constant(&mut self, constant: i32) {
        self.push(constant << 3 | CONSTANT);
    }

    fn integer(&mut self, number: i64) {
        if (INTEGER_MIN..-INTEGER_MIN).contains(&number) {
            self.push((number as i32) << 3 | INTEGER);
        } else {
            self.number(0, number.cast_unsigned());
        }
    }

    fn number(&mut self, format: i32, bits: u64) {
        self.push(format << 3 | NUMBER);
        self.extend([bits as i32, (bits >> 32) as i32]);
    }

    fn variant(&mut self, name: &'static str, has_value: bool) {
        let shape = self.shapes.variant(name);
        self.tag(VARIANT, 2 * shape.number() as usize + usize::from(has_value));
    }

    /// Begins an object. Its shape is known at its end.
    fn object(&mut self, shape: Shape) -> Object<'_> {
        let start = self.len();
        self.push(0);
        Object { words: self, start, shape }
    }

    /// Begins a list. Its length is known at its end.
    fn list(&mut self) -> List<'_> {
        let start = self.len();
        self.push(0);
        List { words: self, start, length: 0 }
    }
}

/// Implements functions for numbers.
macro_rules! integers {
    ($($function:ident $type:ty,)+) => {$(
        fn $function(self, number: $type) -> Result<(), WriteError> {
            self.0.integer(number.into());
            Ok(())
        }
    )+};
}

/// Writes one value.
struct Writer<'a>(&'a mut Words);

impl<'a> Serializer for Writer<'a> {
    type Ok = ();
    type Error = WriteError;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = List<'a>;
    type SerializeMap = List<'a>;
    type SerializeStruct = Object<'a>;
    type SerializeStructVariant = Object<'a>;

    integers! {
        serialize_i8 i8,
        serialize_i16 i16,
        serialize_i32 i32,
        serialize_i64 i64,
        serialize_u8 u8,
        serialize_u16 u16,
        serialize_u32 u32,
    }

    fn serialize_u64(self, number: u64) -> Result<(), WriteError> {
        match i64::try_from(number) {
            Ok(number) => self.0.integer(number),
            Err(_) => self.0.number(1, number),
        }
        Ok(())
    }

    fn serialize_f32(self, number: f32) -> Result<(), WriteError> {
        self.serialize_f64(number.into())
    }

    fn serialize_f64(self, number: f64) -> Result<(), WriteError> {
        self.0.number(F64, number.to_bits());
        Ok(())
    }

    fn serialize_bool(self, is_true: bool) -> Result<(), WriteError> {
        self.0.constant(if is_true { TRUE } else { FALSE });
        Ok(())
    }

    fn serialize_char(self, character: char) -> Result<(), WriteError> {
        self.serialize_str(character.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, text: &str) -> Result<(), WriteError> {
        self.0.tag(TEXT, text.len());
        self.0.push_bytes(text.as_bytes());
        Ok(())
    }

    fn serialize_bytes(self, bytes: &[u8]) -> Result<(), WriteError> {
        self.0.tag(LIST, bytes.len());
        bytes.iter().for_each(|byte| self.0.integer((*byte).into()));
        Ok(())
    }

    fn serialize_none(self) -> Result<(), WriteError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), WriteError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), WriteError> {
        self.0.constant(NULL);
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), WriteError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), WriteError> {
        self.0.variant(variant, false);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result<(), WriteError> {
        if let Some(scale) = scale_of(name) {
            self.0.tag(SCALED, scale);
        }
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), WriteError> {
        self.0.variant(variant, true);
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, WriteError> {
        Ok(self.0.list())
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'a>, WriteError> {
        Ok(self.0.list())
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'a>, WriteError> {
        Ok(self.0.list())
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'a>, WriteError> {
        self.0.variant(variant, true);
        Ok(self.0.list())
    }

    fn serialize_map(self, _: Option<usize>) -> Result<List<'a>, WriteError> {
        Ok(self.0.list())
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Object<'a>, WriteError> {
        if let Some(scale) = scale_of(name) {
            self.0.tag(SCALED, scale);
        }
        Ok(self.0.object(Shape::EMPTY))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object<'a>, WriteError> {
        let shape = self.0.shapes.variant(variant);
        Ok(self.0.object(shape))
    }
}

/// A list that is being written.
#[derive(Debug)]
struct List<'a> {
    words: &'a mut Words,
    /// Index of the first word.
    start: usize,
    length: i32,
}

impl List<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), WriteError> {
        self.length += 1;
        item.serialize(Writer(self.words))
    }

    fn finish(self) -> Result<(), WriteError> {
        self.words.list[self.start] = self.length << 3 | LIST;
        Ok(())
    }
}

/// An object that is being written.
#[derive(Debug)]
struct Object<'a> {
    words: &'a mut Words,
    /// Index of the first word.
    start: usize,
    /// The fields written so far.
    shape: Shape,
}

impl Object<'_> {
    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), WriteError> {
        self.shape = self.words.shapes.with_field(self.shape, name);
        value.serialize(Writer(self.words))
    }

    fn finish(self) -> Result<(), WriteError> {
        self.words.list[self.start] = (self.shape.number() as i32) << 3 | OBJECT;
        Ok(())
    }
}

/// Implements the traits of serde for sequences.
macro_rules! sequences {
    ($($trait:ident $function:ident,)+) => {$(
        impl ser::$trait for List<'_> {
            type Ok = ();
            type Error = WriteError;

            fn $function<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), WriteError> {
                self.item(item)
            }

            fn end(self) -> Result<(), WriteError> {
                self.finish()
            }
        }
    )+};
}

sequences! {
    SerializeSeq serialize_element,
    SerializeTuple serialize_element,
    SerializeTupleStruct serialize_field,
    SerializeTupleVariant serialize_field,
}

/// A map is a list of pairs.
impl ser::SerializeMap for List<'_> {
    type Ok = ();
    type Error = WriteError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), WriteError> {
        self.words.tag(LIST, 2);
        self.item(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WriteError> {
        value.serialize(Writer(self.words))
    }

    fn end(self) -> Result<(), WriteError> {
        self.finish()
    }
}

/// Implements the traits of serde for objects.
macro_rules! objects {
    ($($trait:ident,)+) => {$(
        impl ser::$trait for Object<'_> {
            type Ok = ();
            type Error = WriteError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), WriteError> {
                self.field(name, value)
            }

            fn end(self) -> Result<(), WriteError> {
                self.finish()
            }
        }
    )+};
}

objects! {
    SerializeStruct,
    SerializeStructVariant,
}
