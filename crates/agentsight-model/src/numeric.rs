//! Numbers that the service spells in more than one way.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, Unexpected};
use serde::ser::{Serialize, Serializer};
use serde_json::{Number, Value};

/// A number as it was spelled: `150`, `150.302` or `"150.302"`.
///
/// Durations and amounts come as integers, as fractions and as decimal text, depending on the server's age. The
/// spelling is written back as it came (R22).
///
/// ```
/// use agentsight_model::Numeric;
///
/// assert_eq!(Numeric::from(150).as_f64(), Some(150.0));
/// assert_eq!(Numeric::from(150.302).to_string(), "150.302");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Numeric(Spelling);

#[derive(Debug, Clone, PartialEq)]
enum Spelling {
    Number(Number),
    Text(String),
    NotFinite(f64),
}

impl Numeric {
    /// The value. `None` for a text that is no finite number; a NaN or infinity given by the caller is returned as it is.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match &self.0 {
            Spelling::Number(number) => number.as_f64(),
            Spelling::Text(text) => text.trim().parse().ok().filter(|value: &f64| value.is_finite()),
            Spelling::NotFinite(value) => Some(*value),
        }
    }

    /// The value, when it is a whole number from 0 to 2^64 - 1 and spelled as one.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Spelling::Number(number) => number.as_u64(),
            Spelling::Text(text) => text.trim().parse().ok(),
            Spelling::NotFinite(_) => None,
        }
    }
}

macro_rules! from_integers {
    ($($integer:ty),*) => {
        $(impl From<$integer> for Numeric {
            fn from(value: $integer) -> Self {
                Self(Spelling::Number(value.into()))
            }
        })*
    };
}

// `i32` because a literal without a type is one as soon as several integers are taken.
from_integers!(u64, i64, u32, i32, usize);

/// As `Duration::as_millis` returns it. A value beyond 2^64 - 1 becomes the nearest `f64`.
impl From<u128> for Numeric {
    fn from(value: u128) -> Self {
        u64::try_from(value).map_or_else(|_| Self::from(value as f64), Self::from)
    }
}

impl From<f64> for Numeric {
    fn from(value: f64) -> Self {
        Self(Number::from_f64(value).map_or(Spelling::NotFinite(value), Spelling::Number))
    }
}

impl fmt::Display for Numeric {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Spelling::Number(number) => fmt::Display::fmt(number, formatter),
            Spelling::Text(text) => formatter.pad(text),
            Spelling::NotFinite(value) => fmt::Display::fmt(value, formatter),
        }
    }
}

impl Serialize for Numeric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Spelling::Number(number) => number.serialize(serializer),
            Spelling::Text(text) => serializer.serialize_str(text),
            // JSON has no such number and gets `null`; as metadata it is still seen, and refused (R7).
            Spelling::NotFinite(value) => serializer.serialize_f64(*value),
        }
    }
}

impl<'de> Deserialize<'de> for Numeric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Through `Value`, which also reads the numbers of serde_json's `arbitrary_precision`.
        let unexpected = match Value::deserialize(deserializer)? {
            Value::Number(number) => return Ok(Self(Spelling::Number(number))),
            Value::String(text) => return Ok(Self(Spelling::Text(text))),
            Value::Null => Unexpected::Unit,
            Value::Bool(value) => Unexpected::Bool(value),
            Value::Array(_) => Unexpected::Seq,
            Value::Object(_) => Unexpected::Map,
        };
        Err(D::Error::invalid_type(unexpected, &"a number or a decimal text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r22_every_spelling_is_read_and_written_back() -> Result<(), serde_json::Error> {
        for (json, value) in [("150", 150.0), ("150.302", 150.302), (r#""150.302""#, 150.302), ("-0.5", -0.5)] {
            let numeric: Numeric = serde_json::from_str(json)?;
            assert_eq!(numeric.as_f64(), Some(value), "{json}");
            assert_eq!(serde_json::to_string(&numeric)?, json);
        }
        Ok(())
    }

    #[test]
    fn r22_text_that_is_no_finite_number_is_kept_and_has_no_value() -> Result<(), serde_json::Error> {
        for json in [r#""NaN""#, r#""inf""#, r#""1e999""#, r#""fast""#, r#""""#] {
            let numeric: Numeric = serde_json::from_str(json)?;
            assert_eq!((numeric.as_f64(), numeric.as_u64()), (None, None), "{json}");
            assert_eq!(serde_json::to_string(&numeric)?, json);
        }
        Ok(())
    }

    #[test]
    fn r22_other_json_is_no_number() {
        for json in ["null", "true", "[1]", "{}"] {
            assert!(serde_json::from_str::<Numeric>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn whole_numbers_are_read_exactly() {
        assert_eq!(Numeric::from(u64::MAX).as_u64(), Some(u64::MAX));
        assert_eq!(Numeric::from(1.5).as_u64(), None);
        assert_eq!(Numeric::from(1.5).to_string(), "1.5");
    }

    #[test]
    fn every_integer_is_taken_as_it_is() {
        assert_eq!(Numeric::from(150), Numeric::from(150_u64));
        assert_eq!(Numeric::from(150_u128), Numeric::from(150_i64));
        assert_eq!(Numeric::from(-7_i64).as_f64(), Some(-7.0));
        assert_eq!(Numeric::from(i64::MIN).to_string(), i64::MIN.to_string());
        assert_eq!(Numeric::from(u128::from(u64::MAX)).as_u64(), Some(u64::MAX));
        assert_eq!(Numeric::from(u128::MAX).as_f64(), Some(u128::MAX as f64));
    }

    #[test]
    fn r7_a_value_that_is_not_finite_can_be_told_by_who_checks() -> Result<(), serde_json::Error> {
        assert!(Numeric::from(f64::NAN).as_f64().is_some_and(f64::is_nan));
        assert_eq!(Numeric::from(f64::INFINITY).as_f64(), Some(f64::INFINITY));
        assert_eq!(serde_json::to_string(&Numeric::from(f64::NEG_INFINITY))?, "null");
        Ok(())
    }
}
