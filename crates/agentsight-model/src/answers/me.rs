//! Whose key it is.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::Value;

use crate::wire_struct::wire_struct;
use crate::{Environment, Role};

wire_struct! {
    /// Whose API key it is and what it may do (wire: GET /api/me/).
    pub struct Me {
        required {
            /// The number of the agent that the key belongs to.
            agent_id: u64,
        }
        optional {
            /// The agent's name.
            agent_name (with_agent_name): String,
            /// What the key may do.
            role (with_role): Role,
            /// What the server can do beyond the basics, as it came. See [`capabilities`](Self::capabilities).
            capabilities (with_capabilities): Value,
        }
        lists {
            /// The agent's environments.
            environments (with_environments): MeEnvironment,
        }
    }
}

wire_struct! {
    /// An environment of an agent, inside [`Me`].
    pub struct AgentEnvironment {
        required {
            /// The slug, such as `production`.
            slug: Environment,
        }
        optional {
            /// The service's number.
            id (with_id): u64,
            /// The name in the dashboard.
            name (with_name): String,
            /// Whether the analytics count it.
            is_production (with_is_production): bool,
            /// When it was created.
            created_at (with_created_at): DateTime<Utc>,
            /// When it was last changed.
            updated_at (with_updated_at): DateTime<Utc>,
        }
        lists {}
    }
}

/// An environment in [`Me`]: a row, or only its slug, as some servers answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum MeEnvironment {
    /// Only the slug.
    Slug(Environment),
    /// The whole row.
    Row(AgentEnvironment),
}

impl Me {
    /// The words in [`capabilities`](Self#structfield.capabilities); none unless it is a list of texts.
    pub fn capabilities(&self) -> impl Iterator<Item = &str> {
        let list = match &self.capabilities {
            Some(Value::Array(list)) if list.iter().all(Value::is_string) => list.as_slice(),
            _ => &[],
        };
        list.iter().filter_map(Value::as_str)
    }
}

impl MeEnvironment {
    /// The slug.
    #[must_use]
    pub const fn slug(&self) -> &Environment {
        match self {
            Self::Slug(slug) => slug,
            Self::Row(row) => &row.slug,
        }
    }
}

impl Serialize for MeEnvironment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Slug(slug) => slug.serialize(serializer),
            Self::Row(row) => row.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for MeEnvironment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SlugOrRow;

        impl<'de> Visitor<'de> for SlugOrRow {
            type Value = MeEnvironment;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a slug or an environment")
            }

            fn visit_str<E: serde::de::Error>(self, slug: &str) -> Result<Self::Value, E> {
                Environment::deserialize(serde::de::value::StrDeserializer::new(slug)).map(MeEnvironment::Slug)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                AgentEnvironment::deserialize(MapAccessDeserializer::new(map)).map(MeEnvironment::Row)
            }
        }

        deserializer.deserialize_any(SlugOrRow)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wire_1_19_only_a_list_of_texts_tells_capabilities() {
        for odd in [json!("gzip-ingest"), json!(["gzip-ingest", 7]), json!({"gzip-ingest": true}), json!(true)] {
            assert_eq!(Me::new(1).with_capabilities(odd).capabilities().count(), 0);
        }
        assert_eq!(Me::new(1).capabilities().count(), 0);
    }

    #[test]
    fn wire_1_19_an_environment_is_a_slug_or_a_row() {
        for odd in [json!(7), json!([]), json!({"name": "no slug"}), json!(null)] {
            assert!(serde_json::from_value::<MeEnvironment>(odd).is_err());
        }
    }
}
