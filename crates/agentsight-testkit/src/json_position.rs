//! Where in a JSON text a value stands.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Line and column, from 1, of the end of the value that a path such as `rules[1].then[0].fault` names; where the value is
/// missing, of what surrounds it. `None` for the text as a whole, and where the text is no JSON.
pub(crate) fn position(text: &str, path: &str) -> Option<(usize, usize)> {
    let steps = steps(path)?;
    // A decoder says where it is only when it fails, so that finding the value is a failure.
    let found = Search(&steps).deserialize(&mut serde_json::Deserializer::from_str(text)).err()?;
    found.is_data().then(|| (found.line(), found.column()))
}

enum Step<'a> {
    Field(&'a str),
    Index(usize),
}

fn steps(path: &str) -> Option<Vec<Step<'_>>> {
    let mut steps = Vec::new();
    for part in path.split('.') {
        let (name, indexes) = part.find('[').map_or((part, ""), |bracket| part.split_at(bracket));
        steps.extend((!name.is_empty()).then_some(Step::Field(name)));
        for index in indexes.split_terminator(']') {
            steps.push(Step::Index(index.strip_prefix('[')?.parse().ok()?));
        }
    }
    (!steps.is_empty()).then_some(steps)
}

/// Goes down to a value, and fails at its end: a single value is refused as the wrong type, a list and an object after
/// all that they hold.
struct Search<'a>(&'a [Step<'a>]);

impl<'de> DeserializeSeed<'de> for Search<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Search<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or a list")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        while let Some(name) = fields.next_key::<String>()? {
            match self.0.split_first() {
                Some((Step::Field(field), rest)) if *field == name => fields.next_value_seed(Search(rest))?,
                _ => drop(fields.next_value::<IgnoredAny>()?),
            }
        }
        Err(A::Error::custom("the end"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        for index in 0_usize.. {
            let is_there = match self.0.split_first() {
                Some((Step::Index(wanted), rest)) if *wanted == index => {
                    items.next_element_seed(Search(rest))?.is_some()
                }
                _ => items.next_element::<IgnoredAny>()?.is_some(),
            };
            if !is_there {
                break;
            }
        }
        Err(A::Error::custom("the end"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "{\n \"rules\": [\n  {\"fault\": \"a\"},\n  {\"fault\": \"bc\", \"then\": [[1, 22]]}\n ]\n}";

    #[test]
    fn a_value_is_found_by_its_path() {
        for (path, place) in [
            ("rules[0].fault", (3, 15)),
            ("rules[1].fault", (4, 16)),
            ("rules[1].then[0][1]", (4, 33)),
            ("rules[1]", (4, 36)),
            ("rules", (5, 2)),
        ] {
            assert_eq!(position(TEXT, path), Some(place), "{path}");
        }
    }

    #[test]
    fn what_is_missing_is_shown_by_what_surrounds_it() {
        for (path, place) in [
            ("rules[0].status", (3, 16)),
            ("rules[9].fault", (5, 2)),
            ("rules[0].fault.more", (3, 15)),
            ("rules.name", (5, 2)),
            ("mix", (6, 1)),
        ] {
            assert_eq!(position(TEXT, path), Some(place), "{path}");
        }
    }

    #[test]
    fn there_is_no_place_without_a_path_or_without_json() {
        for (text, path) in [(TEXT, ""), (TEXT, "rules[x]"), ("{\"rules\": [", "rules[1]"), ("", "a")] {
            assert_eq!(position(text, path), None, "{text} {path}");
        }
    }
}
