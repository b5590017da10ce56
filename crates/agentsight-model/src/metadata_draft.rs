//! Metadata that is to be written (R7).

use std::error::Error;
use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::finite::check_finite;

/// The metadata of something that is to be written: an object put together key by key.
///
/// Problems do not interrupt the chain of setters: the first one is remembered, and [`finish`](Self::finish) tells when
/// the event is tracked (R7). Keys may be given several times; the last value wins.
///
/// ```
/// use agentsight_model::{InvalidMetadata, MetadataDraft};
///
/// let mut metadata = MetadataDraft::default();
/// metadata.insert("tier", "premium");
/// metadata.insert_all([("visits", 3), ("orders", 1)]);
/// assert_eq!(metadata.finish()?.map(|map| map.len()), Some(3));
///
/// metadata.insert("score", f64::NAN);
/// assert_eq!(metadata.finish(), Err(InvalidMetadata::NotFinite));
/// # Ok::<(), InvalidMetadata>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MetadataDraft {
    map: Option<Map<String, Value>>,
    problem: Option<InvalidMetadata>,
}

/// Why metadata is refused. Never holds a key or a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidMetadata {
    /// It is not an object.
    NotAnObject,
    /// A number is NaN or infinite, which JSON cannot hold.
    NotFinite,
    /// A key or a text holds a NUL character, which the service's database cannot store.
    Nul,
    /// It is nested more than 64 levels deep.
    TooDeep,
    /// A value's own `Serialize` failed, or a key is not a text.
    Unserializable,
}

impl MetadataDraft {
    /// How deep metadata may be nested, the object itself being level 1.
    pub const MAX_DEPTH: usize = 64;

    /// Sets a key: to anything that serialises, such as `"text"`, `7`, `true`, `json!(..)` or a struct.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Serialize) {
        let key = key.into();
        match checked(&value, Self::MAX_DEPTH - 1) {
            Ok(_) if key.contains('\0') => self.refuse(InvalidMetadata::Nul),
            Ok(value) => {
                self.map.get_or_insert_default().insert(key, value);
            }
            Err(problem) => self.refuse(problem),
        }
    }

    /// Sets every key of a map or list of pairs. An empty one still sets the metadata, to `{}`.
    pub fn insert_all<K: Into<String>, V: Serialize>(&mut self, entries: impl IntoIterator<Item = (K, V)>) {
        self.map.get_or_insert_default();
        for (key, value) in entries {
            self.insert(key, value);
        }
    }

    /// Sets every key of something that serialises to an object.
    pub fn insert_from(&mut self, value: &(impl Serialize + ?Sized)) {
        match checked(value, Self::MAX_DEPTH) {
            Ok(Value::Object(map)) => self.map.get_or_insert_default().extend(map),
            Ok(_) => self.refuse(InvalidMetadata::NotAnObject),
            Err(problem) => self.refuse(problem),
        }
    }

    /// Whether anything was given, be it an empty map or something that is refused.
    #[must_use]
    pub const fn is_set(&self) -> bool {
        self.map.is_some() || self.problem.is_some()
    }

    /// The object; `None` when nothing was given.
    ///
    /// # Errors
    ///
    /// The first problem with what was given.
    pub fn finish(&self) -> Result<Option<&Map<String, Value>>, InvalidMetadata> {
        self.problem.map_or(Ok(self.map.as_ref()), Err)
    }

    /// The object, without copying it; `None` when nothing was given.
    ///
    /// # Errors
    ///
    /// The first problem with what was given.
    pub fn into_map(self) -> Result<Option<Map<String, Value>>, InvalidMetadata> {
        self.problem.map_or(Ok(self.map), Err)
    }

    fn refuse(&mut self, problem: InvalidMetadata) {
        self.problem.get_or_insert(problem);
    }
}

impl From<Map<String, Value>> for MetadataDraft {
    fn from(map: Map<String, Value>) -> Self {
        let mut draft = Self::default();
        draft.insert_all(map);
        draft
    }
}

impl fmt::Display for InvalidMetadata {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NotAnObject => "the metadata is not an object",
            Self::NotFinite => "the metadata holds a number that is not finite",
            Self::Nul => "the metadata holds a NUL character",
            Self::TooDeep => "the metadata is nested more than 64 levels deep",
            Self::Unserializable => "the metadata cannot be written as JSON",
        })
    }
}

impl Error for InvalidMetadata {}

/// The value as JSON, nested at most `levels` deep.
fn checked(value: &(impl Serialize + ?Sized), levels: usize) -> Result<Value, InvalidMetadata> {
    check_finite(value)?;
    let value = serde_json::to_value(value).map_err(|_| InvalidMetadata::Unserializable)?;
    check_json(&value, levels)?;
    Ok(value)
}

fn check_json(value: &Value, levels: usize) -> Result<(), InvalidMetadata> {
    let inside = || levels.checked_sub(1).ok_or(InvalidMetadata::TooDeep);
    match value {
        Value::String(text) if text.contains('\0') => Err(InvalidMetadata::Nul),
        Value::Array(items) => {
            let inside = inside()?;
            items.iter().try_for_each(|item| check_json(item, inside))
        }
        Value::Object(map) => {
            let inside = inside()?;
            map.iter().try_for_each(|(key, value)| {
                if key.contains('\0') { Err(InvalidMetadata::Nul) } else { check_json(value, inside) }
            })
        }
        _ => Ok(()),
    }
}
