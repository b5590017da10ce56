//! `open_enum!`: sets of words that the service may extend (R22).

/// Declares an enum over words on the wire, with room for words that this version does not know.
///
/// Decoding matches the word exactly and keeps any other as it came, so that it is written back unchanged.
/// `From<&str>` is for what people type: it trims, ignores case and takes the short forms written after `|`.
macro_rules! open_enum {
    (
        $(#[$attribute:meta])*
        pub enum $name:ident { $(
            $(#[$variant_doc:meta])*
            $variant:ident = $word:literal $(| $short:literal)*
        ),+ $(,)? }
    ) => {
        $(#[$attribute])*
        ///
        /// An open set: other words are kept and written back (R22). `match` needs a `_` arm;
        /// [`as_str`](Self::as_str) gives the word.
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
            /// A word that this version does not know.
            #[doc(hidden)]
            Unlisted($crate::open_enum::Unlisted),
        }

        impl $name {
            /// The word on the wire.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)+
                    Self::Unlisted(unlisted) => unlisted.as_str(),
                }
            }

            /// Whether this version knows the word.
            #[must_use]
            pub const fn is_listed(&self) -> bool {
                !matches!(self, Self::Unlisted(_))
            }

            fn listed(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }

            fn from_typed(text: &str) -> Option<Self> {
                let text = text.trim();
                $(if text.eq_ignore_ascii_case($word) $(|| text.eq_ignore_ascii_case($short))* {
                    return Some(Self::$variant);
                })+
                None
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::from_typed(text).unwrap_or_else(|| Self::Unlisted(text.into()))
            }
        }

        impl From<&String> for $name {
            fn from(text: &String) -> Self {
                Self::from(text.as_str())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::from_typed(&text).unwrap_or_else(|| Self::Unlisted(text.into()))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct WordVisitor;

                impl serde::de::Visitor<'_> for WordVisitor {
                    type Value = $name;

                    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        formatter.write_str(concat!("a text (", stringify!($name), ")"))
                    }

                    fn visit_str<E>(self, word: &str) -> Result<$name, E> {
                        Ok($name::listed(word).unwrap_or_else(|| $name::Unlisted(word.into())))
                    }
                }

                deserializer.deserialize_str(WordVisitor)
            }
        }
    };
}

pub(crate) use open_enum;

/// A word that this version does not know. Its text is private, so that no `match` can depend on it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unlisted(Box<str>);

impl Unlisted {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Unlisted {
    fn from(word: &str) -> Self {
        Self(word.into())
    }
}

impl From<String> for Unlisted {
    fn from(word: String) -> Self {
        Self(word.into())
    }
}
