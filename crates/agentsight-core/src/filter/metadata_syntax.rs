//! The syntax of the `metadata` parameter, `key:value,key2:value2`, and what it cannot carry (R18; wire: 1.9).
//!
//! It knows no escaping, and the service guesses a value's type from its looks. What it would misread is refused here,
//! since a wrong query is answered with wrong rows, not with an error.

use super::metadata_value::MetadataValue;
use crate::error::Error;

/// Writes the pairs, which all have to match.
pub(super) fn write(pairs: &[(String, MetadataValue)]) -> Result<String, Error> {
    let mut written = String::new();
    for (key, value) in pairs {
        if let Some(problem) = problem_of(key) {
            return Err(Error::invalid(format!("metadata: a key {problem}")));
        }
        if !written.is_empty() {
            written.push(',');
        }
        written.push_str(key);
        written.push(':');
        match value {
            MetadataValue::Text(text) => {
                let problem = problem_of(text).or_else(|| misread(text).then_some("would be taken for another type"));
                if let Some(problem) = problem {
                    return Err(Error::invalid(format!(
                        "metadata: a value {problem}; extra(\"metadata_key\", ..) and extra(\"metadata_value\", ..) \
                         can carry one that holds a comma or a colon"
                    )));
                }
                written.push_str(text);
            }
            MetadataValue::Integer(number) => written.push_str(&number.to_string()),
            MetadataValue::Boolean(true) => written.push_str("true"),
            MetadataValue::Boolean(false) => written.push_str("false"),
            MetadataValue::Null => written.push_str("null"),
        }
    }
    Ok(written)
}

/// Why a key or a text cannot stand between the commas and colons.
fn problem_of(word: &str) -> Option<&'static str> {
    if word.trim().is_empty() {
        Some("is blank")
    } else if word.trim() != word {
        Some("begins or ends with white space")
    } else if word.contains([',', ':']) {
        Some("holds a comma or a colon")
    } else if word.chars().any(char::is_control) {
        Some("holds control characters")
    } else {
        None
    }
}

/// Whether the service would take a text for a bool, null or a number.
///
/// How exactly it reads numbers is not documented. So everything counts that Python's `float` takes: digits of any
/// script, underscores among them, `inf` and `nan`.
fn misread(text: &str) -> bool {
    if ["true", "false", "null"].iter().any(|word| text.eq_ignore_ascii_case(word)) {
        return true;
    }
    let digits: String = text
        .chars()
        .filter(|letter| *letter != '_')
        .map(|letter| if letter.is_numeric() { '1' } else { letter })
        .collect();
    digits.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(key: &str, value: impl Into<MetadataValue>) -> Result<String, Error> {
        write(&[(key.to_owned(), value.into())])
    }

    #[test]
    fn r18_values_are_written_as_they_are_read() {
        for (value, written) in [
            (MetadataValue::from("premium"), "k:premium"),
            ("two words".into(), "k:two words"),
            ("grüße".into(), "k:grüße"),
            ("v1.2".into(), "k:v1.2"),
            ("1.2.3".into(), "k:1.2.3"),
            ("trueish".into(), "k:trueish"),
            ("none".into(), "k:none"),
            ("_".into(), "k:_"),
            (7.into(), "k:7"),
            ((-7_i64).into(), "k:-7"),
            (u64::MAX.into(), "k:18446744073709551615"),
            (true.into(), "k:true"),
            (false.into(), "k:false"),
            (None::<&str>.into(), "k:null"),
            (Some(3_u32).into(), "k:3"),
            ((&String::from("text")).into(), "k:text"),
        ] {
            assert_eq!(one("k", value).ok().as_deref(), Some(written));
        }
        let several = [("a.b".to_owned(), "x".into()), ("c".to_owned(), 1.into())];
        assert_eq!(write(&several).ok().as_deref(), Some("a.b:x,c:1"));
    }

    #[test]
    fn r18_what_the_syntax_cannot_carry_is_refused() {
        for word in ["", " ", " a", "a\t", "a,b", "a:b", "a\0b", "a\nb", "a\u{85}b"] {
            assert!(one(word, "value").is_err(), "key {word:?}");
            assert!(one("key", word).is_err(), "value {word:?}");
        }
    }

    #[test]
    fn r18_a_text_that_would_be_taken_for_another_type_is_refused() {
        for text in [
            "true",
            "False",
            "NULL",
            "0",
            "7",
            "-7",
            "+7",
            "1.5",
            ".5",
            "5.",
            "1e5",
            "1E-5",
            "1_000",
            "nan",
            "inf",
            "-Infinity",
            "٤٢",
            "１２",
        ] {
            assert!(one("key", text).is_err(), "{text}");
            assert!(one(text, "value").is_ok(), "as a key: {text}");
        }
    }

    #[test]
    fn e3_the_error_does_not_show_the_value() {
        for error in [one("key", "hunter2,"), one("hunter2,", "value")] {
            assert!(!error.expect_err("refused").to_string().contains("hunter2"));
        }
    }
}
