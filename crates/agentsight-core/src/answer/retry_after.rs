//! The `Retry-After` header.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::header::{DATE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue};

/// How long an answer asks to wait, from seconds or from an HTTP date (wire: 1.5, 429).
///
/// A date is measured against the answer's own `Date`, since the two clocks may differ, or against `now` without one. A
/// date that has passed is no wait; a value that is neither is as if it were not there. Seconds of any size are taken;
/// the caller's deadline bounds them.
pub(crate) fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = parse_date(value)?;
    let answered_at = headers.get(DATE).map(HeaderValue::to_str).and_then(Result::ok).and_then(parse_date);
    Some((date - answered_at.unwrap_or(now)).to_std().unwrap_or(Duration::ZERO))
}

fn parse_date(text: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text.trim()).ok().map(DateTime::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, value.parse().expect("a header value"));
        let now = DateTime::from_timestamp(784_111_777, 0).expect("a valid time"); // Sun, 06 Nov 1994 08:49:37 GMT
        retry_after(&headers, now)
    }

    #[test]
    fn r16_retry_after_is_read_as_seconds_or_as_a_date() {
        assert_eq!(of("30"), Some(Duration::from_secs(30)));
        assert_eq!(of(" 0 "), Some(Duration::ZERO));
        assert_eq!(of("Sun, 06 Nov 1994 08:50:07 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(of("Sun, 06 Nov 1994 08:49:00 GMT"), Some(Duration::ZERO));
        assert_eq!(of("99999999999999999999999999"), Some(Duration::from_secs(u64::MAX)));
        for garbage in ["", "soon", "-5", "1.5", "30s"] {
            assert_eq!(of(garbage), None, "{garbage}");
        }
        assert_eq!(retry_after(&HeaderMap::new(), DateTime::UNIX_EPOCH), None);
    }

    #[test]
    fn r16_a_date_is_measured_against_the_answers_own_clock() {
        let now = DateTime::from_timestamp(784_111_777, 0).expect("a valid time"); // Sun, 06 Nov 1994 08:49:37 GMT
        for (retry_after_value, date, expected) in [
            ("Sun, 06 Nov 1994 09:50:07 GMT", Some("Sun, 06 Nov 1994 09:49:37 GMT"), 30),
            ("Sun, 06 Nov 1994 07:50:07 GMT", Some("Sun, 06 Nov 1994 07:49:37 GMT"), 30),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some("Sun, 06 Nov 1994 08:50:08 GMT"), 0),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some("yesterday"), 30),
            ("Sun, 06 Nov 1994 08:50:07 GMT", Some(""), 30),
            ("Sun, 06 Nov 1994 08:50:07 GMT", None, 30),
            ("5", Some("Sun, 06 Nov 1994 07:49:37 GMT"), 5),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, retry_after_value.parse().expect("a header value"));
            if let Some(date) = date {
                headers.insert(DATE, date.parse().expect("a header value"));
            }
            let wait = retry_after(&headers, now);
            assert_eq!(wait, Some(Duration::from_secs(expected)), "{retry_after_value} {date:?}");
        }
    }
}
