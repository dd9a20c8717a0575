//! The macro that declares packed types.

/// Declares a struct or an enum whose encoding is packed into bits, and implements serde's `Serialize` and `Deserialize` for
/// it.
///
/// A field of a struct is encoded as [`Plain`](crate::packed::Plain), or as the encoding after `as`. The struct may be a
/// field of another packed struct. Each variant of an enum has either no fields or named fields. Each variant takes only
/// the bits of its own fields, after the bits of its index.
///
/// See the [module](mod@crate::packed) for an example.
#[macro_export]
macro_rules! packed {
    ($(#[$meta:meta])* $visibility:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_visibility:vis $field:ident: $type:ty $(as $encoding:ty)?),+ $(,)?
    }) => {
        $(#[$meta])*
        $visibility struct $name {
            $($(#[$field_meta])* $field_visibility $field: $type,)+
        }

        impl $crate::packed::Encoding<$name> for $crate::packed::Plain {
            const BITS_MAX: u32 =
                0 $(+ <$crate::packed!(@encoding $($encoding)?) as $crate::packed::Encoding<$type>>::BITS_MAX)+;

            fn write<Out: $crate::compact::serde::ser::SerializeTuple>(
                value: &$name,
                bits: &mut $crate::packed::BitWriter<'_, Out>,
            ) -> ::core::result::Result<(), Out::Error> {
                $(<$crate::packed!(@encoding $($encoding)?) as $crate::packed::Encoding<$type>>::write(&value.$field, bits)?;)+
                ::core::result::Result::Ok(())
            }

            fn read<'de, In: $crate::compact::serde::de::SeqAccess<'de>>(
                bits: &mut $crate::packed::BitReader<'_, In>,
            ) -> ::core::result::Result<$name, In::Error> {
                ::core::result::Result::Ok($name {
                    $($field: <$crate::packed!(@encoding $($encoding)?) as $crate::packed::Encoding<$type>>::read(bits)?,)+
                })
            }
        }

        $crate::packed!(@serde $name);

        impl $name {
            fn serialize_readable<S: $crate::compact::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                use $crate::compact::serde::ser::SerializeStruct as _;
                const FIELDS: &[&str] = &[$(stringify!($field)),+];
                let mut fields = serializer.serialize_struct(stringify!($name), FIELDS.len())?;
                $(fields.serialize_field(stringify!($field), &self.$field)?;)+
                fields.end()
            }

            fn deserialize_readable<'de, D: $crate::compact::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                use $crate::compact::serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
                struct Fields;
                impl<'de> Visitor<'de> for Fields {
                    type Value = $name;

                    fn expecting(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                        f.write_str(concat!("the fields of ", stringify!($name)))
                    }

                    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> ::core::result::Result<$name, A::Error> {
                        $(let mut $field: ::core::option::Option<$type> = ::core::option::Option::None;)+
                        while let Some(name) = map.next_key::<::std::string::String>()? {
                            match &*name {
                                $(stringify!($field) => $field = Some(map.next_value()?),)+
                                _ => drop(map.next_value::<IgnoredAny>()?),
                            }
                        }
                        Ok($name { $($field: $field.ok_or_else(|| A::Error::missing_field(stringify!($field)))?,)+ })
                    }
                }
                deserializer.deserialize_struct(stringify!($name), &[$(stringify!($field)),+], Fields)
            }
        }
    };
    ($(#[$meta:meta])* $visibility:vis enum $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident $({
            $($(#[$field_meta:meta])* $field:ident: $type:ty $(as $encoding:ty)?),+ $(,)?
        })?),+ $(,)?
    }) => {
        $(#[$meta])*
        $visibility enum $name {
            $($(#[$variant_meta])* $variant $({
                $($(#[$field_meta])* $field: $type,)+
            })?,)+
        }

        impl $crate::packed::Encoding<$name> for $crate::packed::Plain {
            const BITS_MAX: u32 = {
                let mut fields_max = 0;
                $({
                    let fields = 0 $($(
                        + <$crate::packed!(@encoding $($encoding)?) as $crate::packed::Encoding<$type>>::BITS_MAX
                    )+)?;
                    fields_max = if fields > fields_max { fields } else { fields_max };
                })+
                $crate::packed!(@index_bits $($variant)+) + fields_max
            };

            fn write<Out: $crate::compact::serde::ser::SerializeTuple>(
                value: &$name,
                bits: &mut $crate::packed::BitWriter<'_, Out>,
            ) -> ::core::result::Result<(), Out::Error> {
                enum Index { $($variant,)+ }
                let index_bits = $crate::packed!(@index_bits $($variant)+);
                match value {
                    $($name::$variant $({ $($field),+ })? => {
                        bits.write(Index::$variant as u32, index_bits)?;
                        $($(
                            <$crate::packed!(@encoding $($encoding)?) as $crate::packed::Encoding<$type>>::write($field, bits)?;
                        )+)?
                    })+
                }
                ::core::result::Result::Ok(())
            }

            fn read<'de, In: $crate::compact::serde::de::SeqAccess<'de>>(
                bits: &mut $crate::packed::BitReader<'_, In>,
            ) -> ::core::result::Result<$name, In::Error> {
                enum Index { $($variant,)+ }
                let index = bits.read($crate::packed!(@index_bits $($variant)+))?;
                $(if index == Index::$variant as u32 {
                    return ::core::result::Result::Ok($name::$variant $({
                        $($field: <$crate::packed!(@encoding $($encoding)?) as $crate::packed::Encoding<$type>>::read(bits)?,)+
                    })?);
                })+
                bits.invalid("unknown variant")
            }
        }

        $crate::packed!(@serde $name);

        impl $name {
            fn serialize_readable<S: $crate::compact::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                #[allow(unused_imports, reason = "unused if no variant has fields")]
                use $crate::compact::serde::ser::SerializeStructVariant as _;
                enum Index { $($variant,)+ }
                match self {
                    $($name::$variant $({ $($field),+ })? => $crate::packed!(
                        @readable serializer, stringify!($name), Index::$variant as u32, stringify!($variant) $(, $($field)+)?
                    ),)+
                }
            }

            fn deserialize_readable<'de, D: $crate::compact::serde::Deserializer<'de>>(
                _: D,
            ) -> ::core::result::Result<Self, D::Error> {
                Err($crate::compact::serde::de::Error::custom("packed enums are decoded from messages only"))
            }
        }
    };
    (@readable $serializer:ident, $name:expr, $index:expr, $variant:expr) => {
        $serializer.serialize_unit_variant($name, $index, $variant)
    };
    (@readable $serializer:ident, $name:expr, $index:expr, $variant:expr, $($field:ident)+) => {{
        const FIELDS: &[&str] = &[$(stringify!($field)),+];
        let mut fields = $serializer.serialize_struct_variant($name, $index, $variant, FIELDS.len())?;
        $(fields.serialize_field(stringify!($field), $field)?;)+
        fields.end()
    }};
    (@index_bits $($variant:ident)+) => {
        u32::BITS - (<[&str]>::len(&[$(stringify!($variant)),+]) as u32 - 1).leading_zeros()
    };
    (@encoding) => { $crate::packed::Plain };
    (@encoding $encoding:ty) => { $encoding };
    (@serde $name:ident) => {
        impl $crate::compact::serde::Serialize for $name {
            fn serialize<S: $crate::compact::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                match serializer.is_human_readable() {
                    true => self.serialize_readable(serializer),
                    false => $crate::packed::Packed::<$crate::packed::Plain>::serialize_bits(self, serializer),
                }
            }
        }

        impl<'de> $crate::compact::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::compact::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                match deserializer.is_human_readable() {
                    true => Self::deserialize_readable(deserializer),
                    false => $crate::packed::Packed::<$crate::packed::Plain>::deserialize_bits(deserializer),
                }
            }
        }
    };
}
