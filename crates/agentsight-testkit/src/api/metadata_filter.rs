use serde_json::{Map, Value};

/// One condition on metadata: the value at a dotted path equals a scalar (wire: 1.9, `metadata`).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MetadataCondition {
    path: Vec<String>,
    value: Value,
}

impl MetadataCondition {
    /// Splits `key:value,key2:value2`; a part without a colon says nothing. There is no escape (wire: part 3, 20).
    pub(crate) fn read_pairs(text: &str) -> Vec<Self> {
        text.split(',').filter_map(|pair| pair.split_once(':')).map(|(key, value)| Self::read(key, value)).collect()
    }

    /// A value is typed as it looks: a number, a truth value, null, else text.
    pub(crate) fn read(key: &str, value: &str) -> Self {
        let value = value.trim();
        let typed = match value {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "null" => Value::Null,
            _ => match serde_json::from_str(value) {
                Ok(Value::Number(number)) => Value::Number(number),
                _ => Value::String(value.to_owned()),
            },
        };
        Self { path: key.trim().split('.').map(str::to_owned).collect(), value: typed }
    }

    /// A key that is missing equals nothing, not even null (wire: part 3, 20).
    pub(crate) fn holds(&self, metadata: Option<&Map<String, Value>>) -> bool {
        let Some((first, rest)) = self.path.split_first() else { return false };
        let found = metadata.and_then(|metadata| metadata.get(first));
        let found = rest.iter().fold(found, |value, key| value?.as_object()?.get(key));
        found.is_some_and(|found| equal(found, &self.value))
    }
}

/// Numbers are equal by value, however they are written.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => {
            left == right || (left.as_f64().is_some() && left.as_f64() == right.as_f64())
        }
        (Value::Array(_) | Value::Object(_), _) => false,
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(text: &str, metadata: &Value) -> bool {
        MetadataCondition::read_pairs(text).iter().all(|condition| condition.holds(metadata.as_object()))
    }

    #[test]
    fn values_are_typed_as_they_look() {
        let metadata = json!({"n": 1, "f": 1.5, "b": true, "z": null, "s": "1", "t": "true"});
        for (text, expected) in [
            ("n:1", true),
            ("n:1.0", true),
            ("f:1.5", true),
            ("b:true", true),
            ("z:null", true),
            ("s:1", false),
            ("t:true", false),
            ("missing:null", false),
            ("n:2", false),
        ] {
            assert_eq!(holds(text, &metadata), expected, "{text}");
        }
    }

    #[test]
    fn pairs_are_joined_by_and_and_paths_have_dots() {
        let metadata = json!({"analysis": {"sentiment": "positive"}, "tags": ["a"], "url": "a:b"});
        assert!(holds("analysis.sentiment:positive,url:a:b", &metadata));
        assert!(!holds("analysis.sentiment:positive,url:b", &metadata));
        assert!(!holds("tags:a", &metadata));
        assert!(!holds("analysis.sentiment.deeper:positive", &metadata));
    }
}
