//! The caller's own id of a conversation (R1).

use std::borrow::Borrow;
use std::error::Error;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

/// The id that the caller gives a conversation: not blank, at most 255 characters, no NUL (R1).
///
/// Kept verbatim, so `" a "` and `"a"` are two conversations. Cloning is cheap.
///
/// ```
/// use agentsight_model::ConversationId;
///
/// let id = ConversationId::new("support-123")?;
/// assert_eq!(id.as_str(), "support-123");
/// assert!(ConversationId::new("  ").is_err());
/// # Ok::<(), agentsight_model::InvalidConversationId>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationId(Arc<str>);

impl ConversationId {
    /// The most characters that an id may have.
    pub const MAX_CHARACTERS: usize = 255;

    /// Checks an id.
    ///
    /// # Errors
    ///
    /// [`InvalidConversationId`] when it is blank, longer than [`MAX_CHARACTERS`](Self::MAX_CHARACTERS) or holds NUL.
    pub fn new(id: impl Into<String>) -> Result<Self, InvalidConversationId> {
        let id = id.into();
        check(&id)?;
        Ok(Self(id.into()))
    }

    /// The id as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why a text is no conversation id. Never holds the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidConversationId {
    /// Nothing is left after trimming.
    Blank,
    /// More than 255 characters.
    #[non_exhaustive]
    TooLong {
        /// How many characters it has.
        length: usize,
    },
    /// It holds a NUL character, which the service's database cannot store.
    Nul,
}

impl fmt::Display for InvalidConversationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => formatter.write_str("the conversation id is blank"),
            Self::TooLong { length } => write!(
                formatter,
                "the conversation id has {length} characters, the limit is {}",
                ConversationId::MAX_CHARACTERS
            ),
            Self::Nul => formatter.write_str("the conversation id holds a NUL character"),
        }
    }
}

impl Error for InvalidConversationId {}

impl fmt::Debug for ConversationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("ConversationId").field(&self.as_str()).finish()
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl AsRef<str> for ConversationId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for ConversationId {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl FromStr for ConversationId {
    type Err = InvalidConversationId;

    fn from_str(id: &str) -> Result<Self, Self::Err> {
        check(id)?;
        Ok(Self(id.into()))
    }
}

impl TryFrom<&str> for ConversationId {
    type Error = InvalidConversationId;

    fn try_from(id: &str) -> Result<Self, Self::Error> {
        id.parse()
    }
}

impl TryFrom<&String> for ConversationId {
    type Error = InvalidConversationId;

    fn try_from(id: &String) -> Result<Self, Self::Error> {
        id.parse()
    }
}

impl TryFrom<String> for ConversationId {
    type Error = InvalidConversationId;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        Self::new(id)
    }
}

impl From<&ConversationId> for String {
    fn from(id: &ConversationId) -> Self {
        id.as_str().to_owned()
    }
}

impl From<ConversationId> for String {
    fn from(id: ConversationId) -> Self {
        id.as_str().to_owned()
    }
}

impl Serialize for ConversationId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ConversationId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

fn check(id: &str) -> Result<(), InvalidConversationId> {
    if id.trim().is_empty() {
        return Err(InvalidConversationId::Blank);
    }
    if id.contains('\0') {
        return Err(InvalidConversationId::Nul);
    }
    let length = id.chars().count();
    if length > ConversationId::MAX_CHARACTERS {
        return Err(InvalidConversationId::TooLong { length });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn r1_a_blank_id_is_refused() {
        for id in ["", " ", "\t\n", "\u{2003}"] {
            assert_eq!(ConversationId::new(id), Err(InvalidConversationId::Blank));
        }
    }

    #[test]
    fn r1_an_id_has_at_most_255_characters_not_bytes() {
        assert!(ConversationId::new("ü".repeat(255)).is_ok());
        assert_eq!(ConversationId::new("ü".repeat(256)), Err(InvalidConversationId::TooLong { length: 256 }));
    }

    #[test]
    fn r1_an_id_with_nul_is_refused() {
        assert_eq!(ConversationId::new("a\0b"), Err(InvalidConversationId::Nul));
    }

    #[test]
    fn r1_an_id_is_kept_verbatim() -> Result<(), InvalidConversationId> {
        let id = ConversationId::new(" Chat 7 ")?;
        assert_eq!(
            (id.as_str(), id.to_string(), String::from(id.clone())),
            (" Chat 7 ", id.to_string(), id.to_string())
        );
        assert_ne!(id, ConversationId::new("Chat 7")?);
        Ok(())
    }

    #[test]
    fn r1_decoding_checks_too() {
        assert!(serde_json::from_str::<ConversationId>(r#""chat""#).is_ok());
        for json in [r#""""#, r#""\u0000""#, "7"] {
            assert!(serde_json::from_str::<ConversationId>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn an_id_is_found_by_its_text() -> Result<(), InvalidConversationId> {
        let ids = HashSet::from([ConversationId::new("chat")?]);
        assert!(ids.contains("chat"));
        Ok(())
    }

    #[test]
    fn e3_a_refusal_never_shows_the_id() {
        for id in ["secret\0", &"secret".repeat(99)] {
            let refusal = ConversationId::new(id).map_err(|refusal| format!("{refusal} {refusal:?}"));
            assert!(refusal.is_err_and(|text| !text.contains("secret")));
        }
    }
}
