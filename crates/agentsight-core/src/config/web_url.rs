//! Strict reading of the web addresses that a configuration names.
//!
//! The `url` crate repairs what it is given, as browsers do: it drops line breaks, turns `\` into `/` and takes
//! `https:host`. In a configuration each of these is a mistake, so each is refused (C3).

use std::cell::Cell;

use url::{SyntaxViolation, Url};

/// Reads an absolute `http` or `https` address with a host.
///
/// The error is the end of a sentence that begins with the setting's name; it never repeats the text, which may hold
/// credentials.
pub(super) fn parse(text: &str) -> Result<Url, &'static str> {
    let violation = Cell::new(None);
    let note = |found: SyntaxViolation| {
        if found != SyntaxViolation::EmbeddedCredentials {
            violation.set(Some(found.description()));
        }
    };
    let url = Url::options()
        .syntax_violation_callback(Some(&note))
        .parse(text.trim())
        .map_err(|_| "is not a URL such as https://host")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must begin with https:// or http://");
    }
    if violation.get().is_some() {
        return Err("holds characters that do not belong in a URL");
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err("names no host");
    }
    Ok(url)
}

/// Whether the address carries a user name or a password.
pub(super) fn has_credentials(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c3_what_a_browser_would_repair_is_refused() {
        for text in [
            "",
            "api.agentsight.io",
            "//api.agentsight.io",
            "ftp://api.agentsight.io",
            "file:///etc/hosts",
            "https:api.agentsight.io",
            "https:///api.agentsight.io",
            "https:\\\\api.agentsight.io",
            "https://api.agent\nsight.io",
            "https://api.agentsight.io/a\tb",
            "https://api.agentsight.io/a b",
            "https://",
            "https://:443",
            "https://host:99999",
            "https://ho st",
            "https://[::1",
            "https://user@",
            "https://host/%zz",
        ] {
            assert!(parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn ordinary_addresses_are_taken_and_trimmed() {
        for text in ["https://host", " http://127.0.0.1:8080/prefix/ ", "https://[::1]:1/", "https://user:p%40ss@host"]
        {
            assert!(parse(text).is_ok(), "{text:?}");
        }
    }
}
