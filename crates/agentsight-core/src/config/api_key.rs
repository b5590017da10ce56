use std::fmt;
use std::str::FromStr;

use http::HeaderValue;

use crate::error::Error;

/// What every key begins with.
const PREFIX: &str = "ags_";
/// Hexadecimal digits of the secret part.
const SECRET: usize = 32;
/// Hexadecimal digits of the checksum.
const CHECKSUM: usize = 6;

/// An API key of the right shape (C2).
///
/// A key is `ags_`, 32 hexadecimal digits, `_` and 6 more, in any case; white space around it is dropped (wire: 1.2).
/// Whether the service knows it, only the service can tell.
///
/// A key does not come out again except as the header of a request: there is no `Display`, no `Serialize`, no
/// comparison, and [`Debug`](fmt::Debug) prints `ApiKey(..)`.
///
/// ```
/// use agentsight_core::ApiKey;
///
/// # fn main() -> Result<(), agentsight_core::Error> {
/// let key = ApiKey::new(" ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3\n")?;
/// assert_eq!(format!("{key:?}"), "ApiKey(..)");
/// assert!(key.header().is_sensitive());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ApiKey(HeaderValue);

impl ApiKey {
    /// Checks the shape of a key.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if it has another shape. The error does not show the key.
    pub fn new(key: impl AsRef<str>) -> Result<Self, Error> {
        Self::read(key.as_ref()).map_err(|problem| Error::config(format!("the API key {problem}")))
    }

    /// The value of the `Authorization` header, `Api-Key <key>`, marked sensitive so that HTTP libraries keep it out of
    /// their logs and header tables (R24).
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }

    /// [`new`](Self::new) with the reason as the end of a sentence that begins with the setting's name.
    pub(super) fn read(key: &str) -> Result<Self, &'static str> {
        let key = key.trim();
        if !is_well_formed(key) {
            return Err("does not have the form ags_<32 hexadecimal digits>_<6 hexadecimal digits>");
        }
        let mut header = HeaderValue::try_from(format!("Api-Key {key}")).map_err(|_| "cannot be sent in a header")?;
        header.set_sensitive(true);
        Ok(Self(header))
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKey(..)")
    }
}

impl FromStr for ApiKey {
    type Err = Error;

    fn from_str(key: &str) -> Result<Self, Error> {
        Self::new(key)
    }
}

impl TryFrom<&str> for ApiKey {
    type Error = Error;

    fn try_from(key: &str) -> Result<Self, Error> {
        Self::new(key)
    }
}

impl TryFrom<&String> for ApiKey {
    type Error = Error;

    fn try_from(key: &String) -> Result<Self, Error> {
        Self::new(key)
    }
}

fn is_well_formed(key: &str) -> bool {
    let bytes = key.as_bytes();
    bytes.len() == PREFIX.len() + SECRET + 1 + CHECKSUM
        && bytes.iter().enumerate().all(|(index, byte)| match index.checked_sub(PREFIX.len()) {
            None => byte.eq_ignore_ascii_case(&PREFIX.as_bytes()[index]),
            Some(SECRET) => *byte == b'_',
            Some(_) => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::ErrorKind;

    const KEY: &str = "ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3";

    #[test]
    fn c2_a_key_is_taken_in_any_case_and_trimmed() {
        for text in [KEY, &KEY.to_uppercase(), &format!("  {KEY}\t\r\n")] {
            let key = ApiKey::new(text).expect("a well-formed key");
            assert_eq!(key.header().to_str().ok(), Some(format!("Api-Key {}", text.trim()).as_str()));
        }
    }

    #[test]
    fn c2_every_other_shape_is_refused_without_showing_it() {
        for text in [
            "",
            " ",
            "ags_",
            "sk-1a2b3c4d5e6f7890abcdef1234567890",
            "agse1a2b3c4d5e6f7890abcdef1234567890_a1b2c3",
            "ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c",
            "ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c33",
            "ags_1a2b3c4d5e6f7890abcdef1234567890-a1b2c3",
            "ags_1a2b3c4d5e6f7890abcdef123456789g_a1b2c3",
            "ags_1a2b3c4d5e6f7890 bcdef1234567890_a1b2c3",
            "ags_1a2b3c4d5e6f7890\nbcdef1234567890_a1b2c3",
            "ags_1a2b3c4d5e6f7890abcdef12345678é_a1b2c3",
            "ags_1a2b3c4d5e6f7890abcdef12345678９_a1b2c3",
        ] {
            let error = ApiKey::new(text).expect_err(text);
            assert_eq!(error.kind(), ErrorKind::Config, "{text}");
            assert!(error.to_string().contains("key"), "{error}");
            assert!(text.len() < 5 || !format!("{error} {error:?}").contains(text.trim()), "{error:?}");
        }
    }

    #[test]
    fn c2_debug_is_redacted_and_the_header_is_sensitive() {
        let key: ApiKey = KEY.parse().expect("a well-formed key");
        assert_eq!(format!("{key:?}"), "ApiKey(..)");
        assert!(key.header().is_sensitive());
        assert!(!format!("{:?}", key.header()).contains("1a2b"));
    }

    proptest! {
        #[test]
        fn c2_well_formed_keys_are_taken(text in "[aA][gG][sS]_[0-9a-fA-F]{32}_[0-9a-fA-F]{6}") {
            prop_assert!(ApiKey::new(text).is_ok());
        }

        #[test]
        fn c2_one_changed_character_is_taken_only_where_the_pattern_has_it(index in 0..KEY.len(), letter in "[ -~]") {
            let mut text = KEY.to_owned();
            text.replace_range(index..=index, &letter);
            let fits = match index {
                0..4 => letter.eq_ignore_ascii_case(&KEY[index..=index]),
                36 => letter == "_",
                _ => letter.chars().all(|letter| letter.is_ascii_hexdigit()),
            };
            prop_assert_eq!(ApiKey::new(&text).is_ok(), fits, "{}", text);
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            let _ = ApiKey::new(text);
        }
    }
}
