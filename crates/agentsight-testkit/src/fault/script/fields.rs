use std::time::Duration;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::invalid::{InvalidFaults, unknown};

/// The fields of one JSON object. They are taken out one by one; what is left in the end is refused.
pub(super) struct Fields {
    place: String,
    left: Map<String, Value>,
    known: Vec<&'static str>,
}

impl Fields {
    pub(super) fn of(place: impl Into<String>, value: Value) -> Result<Self, InvalidFaults> {
        let place = place.into();
        match value {
            Value::Object(left) => Ok(Self { place, left, known: Vec::new() }),
            _ => Err(InvalidFaults::new(place, "must be a JSON object")),
        }
    }

    /// The field, if it is there and not null.
    pub(super) fn take<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<Option<T>, InvalidFaults> {
        self.known.push(name);
        match self.left.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => {
                serde_json::from_value(value).map(Some).map_err(|error| self.problem(name, error.to_string()))
            }
        }
    }

    pub(super) fn require<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<T, InvalidFaults> {
        self.take(name)?.ok_or_else(|| self.problem(name, "is missing"))
    }

    /// A time in milliseconds, whole or not.
    pub(super) fn take_milliseconds(&mut self, name: &'static str) -> Result<Option<Duration>, InvalidFaults> {
        let Some(value) = self.take::<Value>(name)? else { return Ok(None) };
        let whole = value.as_u64().map(Duration::from_millis);
        let time = whole.or_else(|| Duration::try_from_secs_f64(value.as_f64()? / 1000.0).ok());
        time.map(Some).ok_or_else(|| self.problem(name, "must be milliseconds, a number from 0 on"))
    }

    pub(super) fn require_milliseconds(&mut self, name: &'static str) -> Result<Duration, InvalidFaults> {
        self.take_milliseconds(name)?.ok_or_else(|| self.problem(name, "is missing"))
    }

    /// The objects of a list; none where there is no such field.
    pub(super) fn take_list(&mut self, name: &'static str) -> Result<Vec<Self>, InvalidFaults> {
        let place = self.path(name);
        let values = self.take::<Vec<Value>>(name)?.unwrap_or_default();
        values.into_iter().zip(0_usize..).map(|(value, index)| Self::of(format!("{place}[{index}]"), value)).collect()
    }

    pub(super) fn take_object(&mut self, name: &'static str) -> Result<Option<Self>, InvalidFaults> {
        let place = self.path(name);
        self.take(name)?.map(|value| Self::of(place, value)).transpose()
    }

    /// Refuses what nobody has asked for.
    pub(super) fn finish(self) -> Result<(), InvalidFaults> {
        match self.left.keys().next() {
            None => Ok(()),
            Some(name) => Err(InvalidFaults::new(self.place, unknown(name, "field here", &self.known))),
        }
    }

    /// What is wrong with a field.
    pub(super) fn problem(&self, name: &str, problem: impl Into<String>) -> InvalidFaults {
        InvalidFaults::new(self.path(name), problem)
    }

    fn path(&self, name: &str) -> String {
        if self.place.is_empty() { name.to_owned() } else { format!("{}.{name}", self.place) }
    }
}
