//! The counters of a token action, as metadata shows them (R8, wire: 1.13).

use serde_json::{Map, Value};

/// The name of the action that carries token counters.
pub(crate) const TOKEN_USAGE: &str = "token_usage";

/// The names of the counters in the metadata.
const NAMES: [&str; 4] = ["prompt_tokens", "completion_tokens", "total_tokens", "embedding_tokens"];

/// The four counters, each `None` where the metadata does not show it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct TokenCounters([Option<u64>; 4]);

impl TokenCounters {
    /// Reads the counters of `metadata`; what is no whole number is not a counter.
    pub(crate) fn of(metadata: &Map<String, Value>) -> Self {
        Self(NAMES.map(|name| metadata.get(name).and_then(whole_number)))
    }

    /// Takes the counters that are missing here from `other`.
    pub(crate) fn or(self, other: Self) -> Self {
        let mut counters = self;
        for (counter, otherwise) in counters.0.iter_mut().zip(other.0) {
            *counter = counter.or(otherwise);
        }
        counters
    }

    /// Whether both show the same counter with different values. A counter that one of them does not show says nothing.
    pub(crate) fn contradict(self, other: Self) -> bool {
        self.0.iter().zip(other.0).any(|(one, other)| matches!((one, other), (Some(one), Some(other)) if *one != other))
    }
}

/// The value as an integer. A service may write `100` as `100.0`.
fn whole_number(value: &Value) -> Option<u64> {
    /// Below it every integer is exact as a float: 2^53.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(number) = value.as_u64() {
        return Some(number);
    }
    let number = value.as_f64().filter(|number| number.fract() == 0.0 && (0.0..EXACT).contains(number))?;
    Some(number as u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn counters(metadata: &Value) -> TokenCounters {
        TokenCounters::of(metadata.as_object().expect("an object"))
    }

    #[test]
    fn r17_token_counters_contradict_each_other_where_both_are_shown() {
        let ours = json!({"prompt_tokens": 100, "completion_tokens": 25, "total_tokens": 125, "embedding_tokens": 0});
        for (shown, contradicts) in [
            (ours.clone(), false),
            (json!({}), false),
            (json!({"prompt_tokens": 100}), false),
            (json!({"prompt_tokens": 100.0}), false),
            (json!({"prompt_tokens": null, "total_tokens": "125"}), false),
            (json!({"prompt_tokens": 7}), true),
            (json!({"embedding_tokens": 1}), true),
            (json!({"total_tokens": 126.0}), true),
            (json!({"other": 7}), false),
        ] {
            assert_eq!(counters(&ours).contradict(counters(&shown)), contradicts, "{shown}");
            assert_eq!(counters(&shown).contradict(counters(&ours)), contradicts, "{shown}");
        }
    }

    #[test]
    fn r17_counters_of_any_size_and_type_are_read_without_a_panic() {
        for (value, expected) in [
            (json!(u64::MAX), Some(u64::MAX)),
            (json!(-1), None),
            (json!(1e300), None),
            (json!(-0.5), None),
            (json!(1.5), None),
            (json!([1]), None),
            (json!(true), None),
        ] {
            assert_eq!(whole_number(&value), expected, "{value}");
        }
    }

    #[test]
    fn r17_counters_that_are_missing_are_taken_from_elsewhere() {
        let first = counters(&json!({"prompt_tokens": 1}));
        let second = counters(&json!({"prompt_tokens": 2, "total_tokens": 3}));
        assert_eq!(first.or(second), counters(&json!({"prompt_tokens": 1, "total_tokens": 3})));
    }
}
