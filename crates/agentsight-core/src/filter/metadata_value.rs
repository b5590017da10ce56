/// A value that metadata is compared with, made by `into()` from a text, an integer, a `bool`, or an `Option` of these,
/// whose `None` is null (R18).
///
/// The service compares values of one type only: the text `"7"` and the number 7 are different, and a text that it would
/// take for a number cannot be asked for in this way.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MetadataValue {
    /// A text, compared exactly.
    Text(String),
    /// An integer.
    Integer(i128),
    /// `true` or `false`.
    Boolean(bool),
    /// A key whose value is null. A missing key does not match.
    Null,
}

impl From<&str> for MetadataValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for MetadataValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for MetadataValue {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<i32> for MetadataValue {
    fn from(number: i32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<u32> for MetadataValue {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<i64> for MetadataValue {
    fn from(number: i64) -> Self {
        Self::Integer(number.into())
    }
}

impl From<u64> for MetadataValue {
    fn from(number: u64) -> Self {
        Self::Integer(number.into())
    }
}

impl From<bool> for MetadataValue {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for MetadataValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
