//! Metadata that is to be written (R7).

use std::error::Error;
use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer};
use serde::ser::{Error as _, Serializer};
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

    /// Whether nothing was given: such metadata is not written.
    pub(crate) const fn is_unset(&self) -> bool {
        !self.is_set()
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

/// The object; `null` when nothing was given. A problem with what was given is an error.
impl Serialize for MetadataDraft {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.finish().map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// An object, which is checked as one that is given, or `null`.
impl<'de> Deserialize<'de> for MetadataDraft {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<Map<String, Value>>::deserialize(deserializer).map(|map| map.map(Self::from).unwrap_or_default())
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::Numeric;

    fn with(key: &str, value: impl Serialize) -> MetadataDraft {
        let mut draft = MetadataDraft::default();
        draft.insert(key, value);
        draft
    }

    fn from(value: &impl Serialize) -> MetadataDraft {
        let mut draft = MetadataDraft::default();
        draft.insert_from(value);
        draft
    }

    fn nested(levels: usize) -> Value {
        (1..levels).fold(json!({}), |inner, _| json!({"a": inner}))
    }

    #[test]
    fn r7_nothing_given_is_no_metadata_and_an_empty_map_is_an_empty_object() {
        let mut draft = MetadataDraft::default();
        assert_eq!((draft.is_set(), draft.finish()), (false, Ok(None)));

        draft.insert_all(Map::new());
        assert_eq!((draft.is_set(), draft.finish()), (true, Ok(Some(&Map::new()))));
    }

    #[test]
    fn r7_the_three_ways_may_be_mixed_and_later_keys_win() {
        #[derive(Serialize)]
        struct Plan {
            tier: &'static str,
            seats: u32,
        }

        let mut draft = with("tier", "free");
        draft.insert_all(BTreeMap::from([("seats", 1), ("visits", 3)]));
        draft.insert_from(&Plan { tier: "premium", seats: 5 });
        draft.insert("visits", Some(4));
        assert_eq!(
            draft.into_map().map(|map| map.map(Value::Object)),
            Ok(Some(json!({"tier": "premium", "seats": 5, "visits": 4})))
        );
    }

    #[test]
    fn r7_any_serialisable_value_is_taken() {
        let mut draft = with("text", "a");
        draft.insert("owned", String::from("b"));
        draft.insert("integer", -7);
        draft.insert("fraction", 0.5);
        draft.insert("flag", true);
        draft.insert("nothing", None::<u8>);
        draft.insert("list", vec!["x", "y"]);
        draft.insert("json", json!({"z": [1, null]}));
        assert_eq!(
            draft.into_map().map(|map| map.map(Value::Object)),
            Ok(Some(json!({
                "text": "a", "owned": "b", "integer": -7, "fraction": 0.5, "flag": true, "nothing": null,
                "list": ["x", "y"], "json": {"z": [1, null]}
            })))
        );
    }

    #[test]
    fn r7_what_is_not_an_object_is_refused() {
        for value in [json!(null), json!(7), json!("{}"), json!([])] {
            assert_eq!(from(&value).finish(), Err(InvalidMetadata::NotAnObject), "{value}");
        }
    }

    #[test]
    fn r7_a_number_that_is_not_finite_is_refused_at_any_depth() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(with("a", number).finish(), Err(InvalidMetadata::NotFinite));
            assert_eq!(with("a", vec![Some((1, number))]).finish(), Err(InvalidMetadata::NotFinite));
            assert_eq!(from(&BTreeMap::from([("a", [number])])).finish(), Err(InvalidMetadata::NotFinite));
        }
        assert_eq!(with("a", f32::NAN).finish(), Err(InvalidMetadata::NotFinite));
        assert_eq!(with("a", Numeric::from(f64::NAN)).finish(), Err(InvalidMetadata::NotFinite));
    }

    #[test]
    fn r7_nul_is_refused_in_keys_and_texts_at_any_depth() {
        assert_eq!(with("a\0", 1).finish(), Err(InvalidMetadata::Nul));
        assert_eq!(with("a", "\0").finish(), Err(InvalidMetadata::Nul));
        assert_eq!(with("a", '\0').finish(), Err(InvalidMetadata::Nul));
        assert_eq!(with("a", json!([{"b": "x\0"}])).finish(), Err(InvalidMetadata::Nul));
        assert_eq!(from(&json!({"a": {"b\0": 1}})).finish(), Err(InvalidMetadata::Nul));
    }

    #[test]
    fn r7_64_levels_are_taken_and_65_are_refused() {
        assert!(from(&nested(64)).finish().is_ok());
        assert_eq!(from(&nested(65)).finish(), Err(InvalidMetadata::TooDeep));
        assert!(with("a", nested(63)).finish().is_ok());
        assert_eq!(with("a", nested(64)).finish(), Err(InvalidMetadata::TooDeep));
        assert_eq!(with("a", nested(1000)).finish(), Err(InvalidMetadata::TooDeep));
    }

    #[test]
    fn r7_a_value_that_cannot_be_written_is_refused() {
        struct Refuses;

        impl Serialize for Refuses {
            fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(S::Error::custom("secret"))
            }
        }

        assert_eq!(with("a", Refuses).finish(), Err(InvalidMetadata::Unserializable));
        assert_eq!(with("a", BTreeMap::from([(vec![1], 2)])).finish(), Err(InvalidMetadata::Unserializable));
    }

    #[test]
    fn r7_the_first_problem_is_the_one_that_is_told() {
        let mut draft = with("a", f64::NAN);
        draft.insert("b", "\0");
        draft.insert("c", 1);
        assert!(draft.is_set());
        assert_eq!(draft.finish(), Err(InvalidMetadata::NotFinite));
        assert_eq!(draft.into_map(), Err(InvalidMetadata::NotFinite));
    }

    #[test]
    fn r7_a_map_made_by_hand_is_checked_as_well() {
        let map = Map::from_iter([("a".to_owned(), json!("\0"))]);
        assert_eq!(MetadataDraft::from(map).finish(), Err(InvalidMetadata::Nul));
    }

    proptest! {
        #[test]
        fn r7_finite_numbers_and_texts_without_nul_are_taken_as_they_are(
            entries in prop::collection::btree_map("[^\0]{0,8}", prop_oneof![
                prop::num::f64::NORMAL.prop_map(Value::from),
                "[^\0]{0,12}".prop_map(Value::from),
                any::<i64>().prop_map(Value::from),
            ], 0..6)
        ) {
            let map: Map<String, Value> = entries.into_iter().collect();
            prop_assert_eq!(MetadataDraft::from(map.clone()).into_map(), Ok(Some(map)));
        }
    }
}
