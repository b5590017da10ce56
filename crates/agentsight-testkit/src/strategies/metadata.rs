use agentsight_model::Metadata;
use proptest::collection::{hash_map, vec};
use proptest::prelude::*;
use serde_json::{Map, Value};

/// Any JSON value without NUL, up to three levels deep. Its numbers come back from JSON as they went.
pub fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-1_000_000..1_000_000i32).prop_map(|number| Value::from(f64::from(number) / 8.0)),
        "[^\\x00]{0,16}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![vec(inner.clone(), 0..4).prop_map(Value::from), object(inner, 4).prop_map(Value::Object)]
    })
}

/// Metadata that R7 accepts: an object, often empty, with nested values and keys of many scripts.
pub fn metadata_map() -> impl Strategy<Value = Map<String, Value>> {
    object(json_value(), 5)
}

/// The metadata of a row: an object, or the text of one as early clients stored it.
pub fn metadata() -> impl Strategy<Value = Metadata> {
    (metadata_map(), prop::bool::weighted(0.1)).prop_map(|(map, is_text)| {
        let object = Value::Object(map);
        Metadata::from(if is_text { Value::from(object.to_string()) } else { object })
    })
}

fn object(value: impl Strategy<Value = Value>, most: usize) -> impl Strategy<Value = Map<String, Value>> {
    let key = prop_oneof![4 => "[a-z_]{1,8}", 1 => "[^\\x00]{0,8}"];
    hash_map(key, value, 0..most).prop_map(|fields| fields.into_iter().collect())
}
