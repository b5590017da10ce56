use chrono::{DateTime, Utc};
use http::HeaderValue;

/// The `Retry-After` of a 429: the forms that a service or a proxy gives it (wire: 1.5, 429).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryAfter {
    /// Whole seconds, as the service writes it.
    Seconds(u64),
    /// An HTTP date, as a proxy may write it.
    Date(DateTime<Utc>),
    /// A text that is neither: `soon`.
    Garbage,
    /// No such header.
    Absent,
}

impl RetryAfter {
    pub(super) fn header(self) -> Option<HeaderValue> {
        let text = match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::Date(date) => date.format("%a, %d %b %Y %H:%M:%S GMT").to_string(),
            Self::Garbage => "soon".to_owned(),
            Self::Absent => return None,
        };
        HeaderValue::from_str(&text).ok()
    }

    /// What the service says beside the header.
    pub(super) fn detail(self) -> String {
        match self {
            Self::Seconds(seconds) => {
                format!("Request was throttled. Expected available in {seconds} seconds.")
            }
            Self::Date(_) | Self::Garbage | Self::Absent => "Request was throttled.".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_has_its_header() {
        let text = |form: RetryAfter| form.header().map(|value| value.to_str().unwrap().to_owned());
        let date = DateTime::from_timestamp(784_111_777, 0).unwrap();
        assert_eq!(text(RetryAfter::Seconds(30)).as_deref(), Some("30"));
        assert_eq!(text(RetryAfter::Date(date)).as_deref(), Some("Sun, 06 Nov 1994 08:49:37 GMT"));
        assert_eq!(text(RetryAfter::Garbage).as_deref(), Some("soon"));
        assert_eq!(text(RetryAfter::Absent), None);
    }
}
