use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::console::Refusal;

/// The body as text; none is an empty object.
pub(super) fn text(body: &Bytes) -> Result<&str, Refusal> {
    let text = std::str::from_utf8(body).map_err(|_| Refusal::bad_request("The body must be UTF-8."))?;
    let text = if text.trim().is_empty() { "{}" } else { text };
    // serde would take the fields of a list in the order of their declaration.
    if text.trim_start().starts_with(['[', '"']) {
        return Err(Refusal::bad_request("The body must be a JSON object."));
    }
    Ok(text)
}

/// The body, read; the error names the place.
pub(super) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, Refusal> {
    let mut deserializer = serde_json::Deserializer::from_str(text(body)?);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let place = if path == "." { String::new() } else { format!("{path}: ") };
        Refusal::bad_request(format!("{place}{}", error.inner()))
    })?;
    deserializer.end().map_err(|error| Refusal::bad_request(error.to_string()))?;
    Ok(value)
}
