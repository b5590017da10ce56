use std::time::Duration;

use chrono::{DateTime, Timelike, Utc};

use crate::key::DEFAULT_AGENT;
use crate::{FakeClock, FakeKey, RateLimit};

/// How finely the fake keeps the stamps that it is given.
///
/// A service that keeps fewer digits than it was sent cannot be searched for a stamp (R17): that is what the two
/// coarser settings are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimestampPrecision {
    /// As sent, to the microsecond.
    #[default]
    Microseconds,
    /// Cut to the millisecond.
    Milliseconds,
    /// Cut to the second.
    Seconds,
}

impl TimestampPrecision {
    pub(crate) fn cut(self, time: DateTime<Utc>) -> DateTime<Utc> {
        let unit = match self {
            Self::Microseconds => 1_000,
            Self::Milliseconds => 1_000_000,
            Self::Seconds => 1_000_000_000,
        };
        time.with_nanosecond(time.nanosecond() / unit * unit).unwrap_or(time)
    }
}

/// What the fake does with an event for a conversation that it does not know by its text id (wire: part 3, 7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnknownConversation {
    /// Creates it, in use.
    #[default]
    Create,
    /// Answers 400 and names `conversation`.
    Refuse,
}

/// How much a create answers (wire: part 3, 1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CreateAnswer {
    /// The stored resource.
    #[default]
    Resource,
    /// Only the keys that a client may rely on: `id`, and `conversation_id` of a conversation.
    Minimal,
}

/// The settings of a [`FakeApi`](crate::FakeApi): limits, keys, and the answers to what nobody documents.
///
/// Every setting has a default, so a test names only what it is about.
///
/// ```
/// use agentsight_testkit::{FakeApi, FakeOptions, TimestampPrecision};
///
/// let api = FakeApi::with_options(FakeOptions::new().page_size(2).timestamp_precision(TimestampPrecision::Seconds));
/// assert!(api.requests().is_empty());
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct FakeOptions {
    pub(crate) clock: Option<FakeClock>,
    pub(crate) keys: Vec<FakeKey>,
    pub(crate) environments: Vec<String>,
    pub(crate) page_size: usize,
    pub(crate) timestamp_precision: TimestampPrecision,
    pub(crate) trim_text: bool,
    pub(crate) honour_feedback_source: bool,
    pub(crate) unknown_conversation: UnknownConversation,
    pub(crate) create_answer: CreateAnswer,
    pub(crate) map_error_msg: bool,
    pub(crate) lookup_sees_deleted: bool,
    pub(crate) metadata_limit: Option<usize>,
    pub(crate) file_limit: usize,
    pub(crate) files_limit: usize,
    pub(crate) upload_limit: usize,
    pub(crate) body_limit: usize,
    pub(crate) file_url_lifetime: Duration,
    pub(crate) recorded_requests: usize,
    pub(crate) rate_limit: Option<RateLimit>,
    pub(crate) visible_after: Duration,
    pub(crate) empty_forms: bool,
    pub(crate) rewrite_file_names: bool,
}

impl FakeOptions {
    /// The defaults: any well-formed key, the documented limits, and the likeliest behaviour where none is
    /// documented.
    #[must_use]
    pub fn new() -> Self {
        Self {
            clock: None,
            keys: Vec::new(),
            environments: Vec::new(),
            page_size: 15,
            timestamp_precision: TimestampPrecision::default(),
            trim_text: false,
            honour_feedback_source: false,
            unknown_conversation: UnknownConversation::default(),
            create_answer: CreateAnswer::default(),
            map_error_msg: true,
            lookup_sees_deleted: false,
            metadata_limit: None,
            file_limit: 25 * MEGABYTE,
            files_limit: 10,
            upload_limit: 40 * MEGABYTE,
            body_limit: 48 * MEGABYTE,
            file_url_lifetime: Duration::from_secs(60 * 60),
            recorded_requests: 10_000,
            rate_limit: None,
            visible_after: Duration::ZERO,
            empty_forms: false,
            rewrite_file_names: false,
        }
    }

    /// The time of the service: what a request without a stamp gets, and when signed addresses expire. Unless given,
    /// it stands still in a [`FakeApi`](crate::FakeApi) and is the machine's in a `FakeServer`.
    #[must_use]
    pub fn clock(mut self, clock: FakeClock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Adds a key. While there is none, every well-formed key may write for agent 1.
    #[must_use]
    pub fn key(mut self, key: FakeKey) -> Self {
        self.keys.push(key);
        self
    }

    /// Adds an environment to `production` and `development`, which every agent has.
    #[must_use]
    pub fn environment(mut self, slug: impl Into<String>) -> Self {
        self.environments.push(slug.into().trim().to_lowercase());
        self
    }

    /// Rows on a page when the request does not say: 15, as the current service; an older page of it says 10.
    #[must_use]
    pub fn page_size(mut self, rows: usize) -> Self {
        self.page_size = rows.clamp(1, crate::api::LARGEST_PAGE);
        self
    }

    /// How finely stamps are kept; microseconds unless given.
    #[must_use]
    pub fn timestamp_precision(mut self, precision: TimestampPrecision) -> Self {
        self.timestamp_precision = precision;
        self
    }

    /// Whether texts lose the white space around them when stored, as many services do; no unless given.
    #[must_use]
    pub fn trim_text(mut self, trim: bool) -> Self {
        self.trim_text = trim;
        self
    }

    /// Whether the `feedback_source` filter still works; no unless given, as the current service ignores it.
    #[must_use]
    pub fn honour_feedback_source(mut self, honour: bool) -> Self {
        self.honour_feedback_source = honour;
        self
    }

    /// What happens to an event for a text id that is not known (wire: part 3, 7).
    #[must_use]
    pub fn unknown_conversation(mut self, policy: UnknownConversation) -> Self {
        self.unknown_conversation = policy;
        self
    }

    /// How much a create answers (wire: part 3, 1).
    #[must_use]
    pub fn create_answer(mut self, answer: CreateAnswer) -> Self {
        self.create_answer = answer;
        self
    }

    /// Whether an action's `error_msg` is read where `error_message` is absent; yes unless given (wire: part 3, 3).
    #[must_use]
    pub fn map_error_msg(mut self, map: bool) -> Self {
        self.map_error_msg = map;
        self
    }

    /// Whether the lookup route finds soft-deleted conversations; no unless given (wire: part 3, 16).
    #[must_use]
    pub fn lookup_sees_deleted(mut self, sees: bool) -> Self {
        self.lookup_sees_deleted = sees;
        self
    }

    /// The most bytes of compact JSON that a metadata object may have; unlimited unless given (wire: part 3, 36).
    #[must_use]
    pub fn metadata_limit(mut self, bytes: usize) -> Self {
        self.metadata_limit = Some(bytes);
        self
    }

    /// The most bytes of one file, decoded; 25 MiB unless given. More is answered 413.
    #[must_use]
    pub fn file_limit(mut self, bytes: usize) -> Self {
        self.file_limit = bytes;
        self
    }

    /// The most files in one request; 10 unless given. More are answered 413.
    #[must_use]
    pub fn files_limit(mut self, files: usize) -> Self {
        self.files_limit = files;
        self
    }

    /// The most bytes of one upload request; 40 MiB unless given. More are answered 413.
    #[must_use]
    pub fn upload_limit(mut self, bytes: usize) -> Self {
        self.upload_limit = bytes;
        self
    }

    /// The most bytes of any request body; 48 MiB unless given. More are answered 413, and not kept.
    #[must_use]
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How long a signed `file_url` can be fetched; one hour unless given.
    #[must_use]
    pub fn file_url_lifetime(mut self, lifetime: Duration) -> Self {
        self.file_url_lifetime = lifetime;
        self
    }

    /// How many requests are remembered; 10,000 unless given. Older ones fall out and are counted.
    #[must_use]
    pub fn recorded_requests(mut self, requests: usize) -> Self {
        self.recorded_requests = requests;
        self
    }

    /// How many requests each key may make in a time, on the service's clock; unlimited unless given (wire: part 3,
    /// 30). More are answered 429 with `Retry-After`.
    #[must_use]
    pub fn rate_limit(mut self, limit: RateLimit) -> Self {
        self.rate_limit = Some(limit);
        self
    }

    /// How long a new row is missing from what is read, on the service's clock, as where reads go to a copy of the
    /// database; not at all unless given. Its create is answered at once (R17).
    ///
    /// It is about conversations, their messages with all that hangs on them, and files, in every answer to a `GET` that
    /// shows one of them. What a list filters by, actions and feedback are up to date.
    ///
    /// ```
    /// use std::time::Duration;
    /// use agentsight_testkit::FakeOptions;
    ///
    /// let options = FakeOptions::new().visible_after(Duration::from_millis(400));
    /// # let _ = options;
    /// ```
    #[must_use]
    pub fn visible_after(mut self, time: Duration) -> Self {
        self.visible_after = time;
        self
    }

    /// Whether messages are shown with empty values instead of null, as by services that keep no null: `""` for
    /// `action_name`, `{}` for `button` and `metadata`, and no `attachments` where there are none (R17). No unless
    /// given.
    #[must_use]
    pub fn empty_forms(mut self, empty: bool) -> Self {
        self.empty_forms = empty;
        self
    }

    /// Whether file names are shown as a file store rewrites them (R17): `_` for white space, the extension in lower
    /// case, common accented letters as a letter and its accent. No unless given.
    #[must_use]
    pub fn rewrite_file_names(mut self, rewrite: bool) -> Self {
        self.rewrite_file_names = rewrite;
        self
    }
}

impl FakeOptions {
    /// The agent that the first key for writing belongs to.
    pub(crate) fn own_agent(&self) -> u64 {
        self.keys.iter().find(|key| key.may_write()).map_or(DEFAULT_AGENT, FakeKey::agent_number)
    }

    /// The slug that a text means: trimmed, in any case, `prod` and `dev` for the two that every agent has.
    pub(crate) fn find_environment(&self, text: &str) -> Option<String> {
        let slug = match text.trim().to_lowercase().as_str() {
            "prod" => "production".to_owned(),
            "dev" => "development".to_owned(),
            other => other.to_owned(),
        };
        self.environments().any(|known| known == slug).then_some(slug)
    }

    /// Every agent's environments, in the order of their numbers.
    pub(crate) fn environments(&self) -> impl Iterator<Item = &str> {
        ["production", "development"].into_iter().chain(self.environments.iter().map(String::as_str))
    }

    /// The number of an environment: environments are rows of an agent.
    pub(crate) fn environment_number(&self, agent: u64, slug: &str) -> Option<u64> {
        let place = self.environments().position(|known| known == slug)?;
        agent.checked_mul(100)?.checked_add(u64::try_from(place).ok()?)?.checked_add(1)
    }
}

impl Default for FakeOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// The service speaks of MB; what it counts is not documented, so the fake is the more patient one.
pub(crate) const MEGABYTE: usize = 1024 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_cut_and_never_rounded_up() {
        let time = DateTime::from_timestamp(10, 999_999_999).unwrap();
        assert_eq!(TimestampPrecision::Microseconds.cut(time), DateTime::from_timestamp(10, 999_999_000).unwrap());
        assert_eq!(TimestampPrecision::Milliseconds.cut(time), DateTime::from_timestamp(10, 999_000_000).unwrap());
        assert_eq!(TimestampPrecision::Seconds.cut(time), DateTime::from_timestamp(10, 0).unwrap());
    }
}
