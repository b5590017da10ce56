//! Finds numbers that JSON cannot hold, which serde_json silently writes as `null` (R7).

use std::fmt;

use serde::Serialize;
use serde::ser::{self, Serializer};

use crate::InvalidMetadata;

/// Deeper values are not walked: the walk is recursive, and its stack must not depend on the caller's data.
const MAX_DEPTH: u32 = 128;

/// Checks that every number in `value` is finite.
///
/// # Errors
///
/// `NotFinite`, `TooDeep` beyond [`MAX_DEPTH`], or `Unserializable` when the value's own `Serialize` fails.
pub(crate) fn check_finite(value: &(impl Serialize + ?Sized)) -> Result<(), InvalidMetadata> {
    value.serialize(FiniteCheck { depth: 0 }).map_err(|refusal| refusal.0)
}

/// A serializer that writes nothing: it walks a value as serde_json would and stops at what it refuses.
#[derive(Clone, Copy)]
struct FiniteCheck {
    depth: u32,
}

impl FiniteCheck {
    fn inside(self) -> Result<Self, Refusal> {
        if self.depth >= MAX_DEPTH {
            Err(Refusal(InvalidMetadata::TooDeep))
        } else {
            Ok(Self { depth: self.depth + 1 })
        }
    }

    fn walk(self, value: &(impl Serialize + ?Sized)) -> Result<(), Refusal> {
        value.serialize(self)
    }
}

#[derive(Debug)]
struct Refusal(InvalidMetadata);

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for Refusal {}

impl ser::Error for Refusal {
    // The message may hold content, so that it is dropped.
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self(InvalidMetadata::Unserializable)
    }
}

macro_rules! accept {
    ($($method:ident($type:ty)),* $(,)?) => {
        $(fn $method(self, _value: $type) -> Result<(), Refusal> {
            Ok(())
        })*
    };
}

impl Serializer for FiniteCheck {
    type Ok = ();
    type Error = Refusal;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    accept! {
        serialize_bool(bool),
        serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64), serialize_i128(i128),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_u128(u128),
        serialize_char(char), serialize_str(&str), serialize_bytes(&[u8]), serialize_unit_struct(&'static str),
    }

    fn serialize_f32(self, value: f32) -> Result<(), Refusal> {
        self.serialize_f64(f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Result<(), Refusal> {
        if value.is_finite() { Ok(()) } else { Err(Refusal(InvalidMetadata::NotFinite)) }
    }

    fn serialize_none(self) -> Result<(), Refusal> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Refusal> {
        self.walk(value)
    }

    fn serialize_unit(self) -> Result<(), Refusal> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Refusal> {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Refusal> {
        self.inside()?.walk(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Refusal> {
        self.inside()?.walk(value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Refusal> {
        self.inside()
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Refusal> {
        self.inside()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Refusal> {
        self.inside()
    }

    fn serialize_tuple_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, Refusal> {
        self.inside()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Refusal> {
        self.inside()
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Refusal> {
        self.inside()
    }

    fn serialize_struct_variant(self, _: &'static str, _: u32, _: &'static str, _: usize) -> Result<Self, Refusal> {
        self.inside()
    }
}

macro_rules! walk_elements {
    ($($trait:ident::$method:ident),* $(,)?) => {
        $(impl ser::$trait for FiniteCheck {
            type Ok = ();
            type Error = Refusal;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
                self.walk(value)
            }

            fn end(self) -> Result<(), Refusal> {
                Ok(())
            }
        })*
    };
}

walk_elements! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}

macro_rules! walk_fields {
    ($($trait:ident),*) => {
        $(impl ser::$trait for FiniteCheck {
            type Ok = ();
            type Error = Refusal;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), Refusal> {
                self.walk(value)
            }

            fn end(self) -> Result<(), Refusal> {
                Ok(())
            }
        })*
    };
}

walk_fields!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for FiniteCheck {
    type Ok = ();
    type Error = Refusal;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Refusal> {
        self.walk(key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Refusal> {
        self.walk(value)
    }

    fn end(self) -> Result<(), Refusal> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    #[derive(Serialize)]
    enum Shape {
        Unit,
        Newtype(f64),
        Tuple(u8, f64),
        Struct { size: f64 },
    }

    #[derive(Serialize)]
    struct Newtype(f64);

    #[derive(Serialize)]
    struct Pair(u8, f64);

    #[derive(Serialize)]
    struct Named {
        inner: Option<Newtype>,
    }

    #[test]
    fn r7_every_kind_of_value_is_walked() {
        for (number, expected) in [(1.5, Ok(())), (f64::NAN, Err(InvalidMetadata::NotFinite))] {
            assert_eq!(check_finite(&Newtype(number)), expected);
            assert_eq!(check_finite(&Pair(1, number)), expected);
            assert_eq!(check_finite(&Named { inner: Some(Newtype(number)) }), expected);
            assert_eq!(check_finite(&Shape::Newtype(number)), expected);
            assert_eq!(check_finite(&Shape::Tuple(1, number)), expected);
            assert_eq!(check_finite(&Shape::Struct { size: number }), expected);
            assert_eq!(check_finite(&[number]), expected);
            assert_eq!(check_finite(&vec![(1, number)]), expected);
            assert_eq!(check_finite(&BTreeMap::from([("a", number)])), expected);
        }
        assert_eq!(check_finite(&Shape::Unit), Ok(()));
        assert_eq!(check_finite(&(true, 'c', "text", (), u128::MAX, i128::MIN, None::<u8>)), Ok(()));
    }

    #[test]
    fn r7_the_walk_stops_before_the_stack_does() {
        let levels = |count: u32| (0..count).fold(json!(null), |inner, _| json!([inner]));
        assert_eq!(check_finite(&levels(MAX_DEPTH)), Ok(()));
        assert_eq!(check_finite(&levels(MAX_DEPTH + 1)), Err(InvalidMetadata::TooDeep));
    }
}
