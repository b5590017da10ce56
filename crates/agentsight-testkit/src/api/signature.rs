use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::call::Query;
use super::route::FILES;

/// The path and query under which a file can be fetched until its time is over (wire: part 3, 34).
pub(crate) fn signed_path(file: u64, now: DateTime<Utc>, lifetime: Duration) -> String {
    let expires = now.timestamp().saturating_add_unsigned(lifetime.as_secs());
    format!("{FILES}{file}?expires={expires}&signature={}", sign(file, expires))
}

/// Whether the query opens this file now; if not, why.
pub(crate) fn check(file: u64, query: &Query, now: DateTime<Utc>) -> Result<(), &'static str> {
    let expires: i64 = query.get("expires").and_then(|text| text.parse().ok()).ok_or("Signature missing.")?;
    if query.get("signature") != Some(sign(file, expires).as_str()) {
        return Err("Signature does not match.");
    }
    if now.timestamp() < expires { Ok(()) } else { Err("Signature has expired.") }
}

/// No protection, and none is needed: it has to fail for an address that was altered, and not to look alike twice.
fn sign(file: u64, expires: i64) -> String {
    let mut hasher = DefaultHasher::new();
    ("agentsight-testkit", file, expires).hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
