//! How single values are written and read. What is refused is not repeated: it may be what somebody said.

/// The number of a row.
pub(super) mod number {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer};

    use crate::api::GREATEST_NUMBER;

    pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
        let number = Option::<u64>::deserialize(deserializer)?;
        match number.is_none_or(|number| (1..=GREATEST_NUMBER).contains(&number)) {
            true => Ok(number),
            false => Err(D::Error::custom(format!("expected a number from 1 to {GREATEST_NUMBER}"))),
        }
    }
}

/// A time as the service reads and writes it, to the microsecond.
pub(super) mod time {
    use chrono::{DateTime, Utc};
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::TimestampPrecision;
    use crate::api::{WRONG_FORMAT, read_time, write_time};

    pub(crate) fn serialize<S: Serializer>(time: &DateTime<Utc>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&write_time(*time))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
        read(&String::deserialize(deserializer)?)
    }

    fn read<E: Error>(text: &str) -> Result<DateTime<Utc>, E> {
        let time = read_time(text).ok_or_else(|| E::custom(WRONG_FORMAT))?;
        Ok(TimestampPrecision::Microseconds.cut(time))
    }

    pub(crate) mod optional {
        use chrono::{DateTime, Utc};
        use serde::{Deserialize, Deserializer, Serializer};

        use super::read;

        pub(crate) fn serialize<S: Serializer>(time: &Option<DateTime<Utc>>, serializer: S) -> Result<S::Ok, S::Error> {
            match time {
                Some(time) => super::serialize(time, serializer),
                None => serializer.serialize_none(),
            }
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<DateTime<Utc>>, D::Error> {
            Option::<String>::deserialize(deserializer)?.map(|text| read(&text)).transpose()
        }
    }
}

/// Metadata: an object, or a text that holds one, as older rows of the service have it (wire: 1.8).
pub(super) mod object {
    use serde::de::Error;
    use serde::{Deserialize, Deserializer};
    use serde_json::{Map, Value};

    use crate::api::{DEEPEST, is_too_deep};

    pub(crate) fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Map<String, Value>>, D::Error> {
        let object = match Value::deserialize(deserializer)? {
            Value::Null => return Ok(None),
            Value::Object(object) => Some(object),
            Value::String(text) => serde_json::from_str(&text).ok(),
            _ => None,
        };
        match object {
            Some(object) if is_too_deep(&object) => {
                Err(D::Error::custom(format!("expected no more than {DEEPEST} levels of nesting")))
            }
            Some(object) => Ok(Some(object)),
            None => Err(D::Error::custom("expected an object or null")),
        }
    }
}

/// The content of a file.
pub(super) mod base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use bytes::Bytes;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(data: &Option<Bytes>, serializer: S) -> Result<S::Ok, S::Error> {
        match data {
            Some(data) => serializer.serialize_str(&STANDARD.encode(data)),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Bytes>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let bytes = STANDARD.decode(text.as_bytes()).map_err(|_| D::Error::custom("expected padded base64"))?;
        Ok(Some(Bytes::from(bytes)))
    }
}

/// Who said something.
pub(super) mod sender {
    use serde::{Deserializer, Serializer};

    use super::one_of;
    use crate::api::Sender;

    pub(crate) fn serialize<S: Serializer>(sender: &Sender, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(sender.as_str())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Sender, D::Error> {
        Ok(Sender::read(&one_of(deserializer, Sender::CHOICES)?))
    }
}

/// A verdict.
pub(super) mod sentiment {
    use serde::{Deserializer, Serializer};

    use super::one_of;
    use crate::api::SENTIMENTS;

    pub(crate) fn serialize<S: Serializer>(sentiment: &str, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(sentiment)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        one_of(deserializer, SENTIMENTS)
    }
}

fn one_of<'de, D: serde::Deserializer<'de>>(deserializer: D, words: &[&str]) -> Result<String, D::Error> {
    let word = <String as serde::Deserialize>::deserialize(deserializer)?;
    if words.contains(&word.as_str()) {
        return Ok(word);
    }
    Err(serde::de::Error::custom(format!("expected one of {}", words.join(", "))))
}
