//! How many values a JSON text holds, counted before it is parsed (R23).

/// How many values an answer may hold. Parsed, each takes tens of bytes, and its text only two.
const MOST_VALUES: usize = 2_000_000;

/// Whether a JSON text holds more values than are read.
pub(crate) fn holds_too_many_values(json: &[u8]) -> bool {
    // A value takes at least two bytes with the comma or the brackets around it, except for the first one.
    json.len() >= 2 * MOST_VALUES && count_values(json) > MOST_VALUES
}

/// At least as many values as a parser finds; an empty list or object counts twice.
///
/// Every value but the first follows a comma or opens a list or an object. The text need not be JSON.
fn count_values(json: &[u8]) -> usize {
    let mut count = 1;
    let mut bytes = json.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b',' | b'[' | b'{' => count += 1,
            b'"' => skip_string(&mut bytes),
            _ => {}
        }
    }
    count
}

/// Goes on behind the quotation mark that ends a string.
fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return,
            b'\\' => {
                bytes.next();
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn values_in(value: &Value) -> usize {
        1 + match value {
            Value::Array(list) => list.iter().map(values_in).sum(),
            Value::Object(map) => map.values().map(values_in).sum(),
            _ => 0,
        }
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[\\[\\]{}\",:\\\\a]{0,6}|.{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(6, 64, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((".{0,4}", inner), 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    #[test]
    fn r23_an_answer_with_too_many_values_is_told_before_it_is_parsed() {
        let list = |values: usize| format!("[{}0]", "0,".repeat(values - 2));
        assert!(!holds_too_many_values(list(MOST_VALUES).as_bytes()));
        assert!(holds_too_many_values(list(MOST_VALUES + 1).as_bytes()));
        let nested = |values: usize| format!("{}{}", "[".repeat(values), "]".repeat(values));
        assert!(holds_too_many_values(nested(MOST_VALUES + 1).as_bytes()));
        assert!(!holds_too_many_values(format!("\"{}\"", "[,{".repeat(MOST_VALUES)).as_bytes()), "a text is one value");
    }

    proptest! {
        #[test]
        fn r23_at_least_as_many_values_are_counted_as_are_parsed(value in json(), pretty: bool) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            let (counted, parsed) = (count_values(text.as_bytes()), values_in(&value));
            prop_assert!(parsed <= counted && counted <= 2 * parsed, "{} counted, {} parsed", counted, parsed);
            prop_assert!(parsed <= text.len().div_ceil(2), "a value takes two bytes: {}", text);
        }

        #[test]
        fn r23_what_is_no_json_is_counted_without_a_panic(text in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(count_values(&text) <= text.len() + 1);
        }
    }
}
