//! The checks of single values (R7), for everything that a caller can give.
//!
//! Text is checked trimmed and sent verbatim. Errors name the field, never its value.

use agentsight_model::MetadataDraft;
use serde_json::{Map, Value};

use crate::error::Error;

/// The longest short text, in characters: names, ids, labels (wire: 3 #28).
const SHORT_TEXT: usize = 255;

/// Checks a text that must be given: not blank, at most 255 characters, no NUL.
pub(crate) fn short_text(field: &str, text: &str) -> Result<(), Error> {
    not_blank(field, text)?;
    optional_text(field, Some(text))
}

/// Checks a text that may be blank or left out: at most 255 characters, no NUL.
pub(crate) fn optional_text(field: &str, text: Option<&str>) -> Result<(), Error> {
    let Some(text) = text else { return Ok(()) };
    at_most(field, text, SHORT_TEXT)?;
    no_nul(field, text)
}

/// Checks that a text holds more than white space.
pub(crate) fn not_blank(field: &str, text: &str) -> Result<(), Error> {
    if text.trim().is_empty() { Err(Error::invalid(format!("{field} must not be blank"))) } else { Ok(()) }
}

/// Checks that a text, trimmed, has at most `limit` characters.
pub(crate) fn at_most(field: &str, text: &str, limit: usize) -> Result<(), Error> {
    // A text of so few bytes needs no look at its characters.
    if text.len() > limit && text.trim().chars().nth(limit).is_some() {
        return Err(Error::invalid(format!("{field} is longer than {limit} characters")));
    }
    Ok(())
}

/// Checks that a text holds no NUL character, which the service's database cannot store.
pub(crate) fn no_nul(field: &str, text: &str) -> Result<(), Error> {
    if text.contains('\0') { Err(Error::invalid(format!("{field} holds a NUL character"))) } else { Ok(()) }
}

/// Checks metadata without taking it.
pub(crate) fn metadata(draft: &MetadataDraft) -> Result<(), Error> {
    draft.finish().map(drop).map_err(|problem| Error::invalid(format!("metadata {problem}")))
}

/// Checks metadata and takes it; `None` when nothing was given.
pub(crate) fn taken_metadata(draft: MetadataDraft) -> Result<Option<Map<String, Value>>, Error> {
    draft.into_map().map_err(|problem| Error::invalid(format!("metadata {problem}")))
}
