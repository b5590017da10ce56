use std::fmt;
use std::time::Duration;

use agentsight_model::Environment;

use super::settings::Settings;
use super::{AmbiguousCreate, Config, LogLevel};
use crate::error::Error;

/// Collects settings and checks them all at the end.
///
/// Setters keep what they are given and never fail; [`build`](Self::build) says what is wrong. A text that was set and
/// is blank is an error there: leave the setter out to get the default.
///
/// ```
/// use std::time::Duration;
/// use agentsight_core::Config;
///
/// # fn main() -> Result<(), agentsight_core::Error> {
/// let config = Config::builder()
///     .api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3")
///     .attempt_timeout(Duration::from_secs(5))
///     .max_attempts(2)
///     .build()?;
/// assert_eq!(config.retry().max_attempts, 2);
///
/// assert!(Config::builder().api_key("").build().is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
#[must_use]
pub struct ConfigBuilder {
    pub(super) api_key: Option<String>,
    pub(super) endpoint: Option<String>,
    pub(super) app_url: Option<String>,
    pub(super) environment: Option<Environment>,
    pub(super) conversation_id: Option<String>,
    pub(super) log_level: Option<LogLevel>,
    pub(super) enabled: Option<bool>,
    pub(super) allow_insecure_endpoint: bool,
    pub(super) proxy: ProxyChoice,
    pub(super) user_agent_suffix: Option<String>,
    pub(super) settings: Settings,
}

/// A proxy setting as it was given, not yet read.
#[derive(Clone, Default)]
pub(super) enum ProxyChoice {
    #[default]
    FromEnvironment,
    None,
    Url(String),
}

impl ConfigBuilder {
    /// The API key, `ags_...`. Required unless the client is disabled. Variable: `AGENTSIGHT_API_KEY`.
    pub fn api_key(mut self, key: impl Into<String>) -> Self {
        self.api_key = Some(key.into());
        self
    }

    /// Where the service is. Default `https://api.agentsight.io`. Variable: `AGENTSIGHT_API_ENDPOINT`.
    ///
    /// Read as by [`Endpoint::parse`](super::Endpoint::parse).
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Where the dashboard is. Default `https://app.agentsight.io`. Variable: `AGENTSIGHT_APP_URL`.
    pub fn app_url(mut self, url: impl Into<String>) -> Self {
        self.app_url = Some(url.into());
        self
    }

    /// The environment of conversations that name none (R5). Default: none, which the tracker reads as `development`.
    /// Variable: `AGENTSIGHT_ENVIRONMENT`.
    pub fn environment(mut self, environment: impl Into<Environment>) -> Self {
        self.environment = Some(environment.into());
        self
    }

    /// The conversation that a tracker starts with (R2). Default: one is generated when it is first needed. Variable:
    /// `AGENTSIGHT_CONVERSATION_ID`.
    pub fn conversation_id(mut self, id: impl Into<String>) -> Self {
        self.conversation_id = Some(id.into());
        self
    }

    /// The most detailed level of the SDK's own `tracing` events. Default [`LogLevel::Info`]. Variable:
    /// `AGENTSIGHT_LOG_LEVEL`, where an unknown name is a warning and means `INFO`.
    pub fn log_level(mut self, level: LogLevel) -> Self {
        self.log_level = Some(level);
        self
    }

    /// Whether anything is sent. Default `true`. Variable: `AGENTSIGHT_ENABLED` (`true`, `false`, `1`, `0`, `yes`,
    /// `no`, `on`, `off`, in any case).
    ///
    /// A disabled client validates and counts and needs no key: the key is not looked at, so that a placeholder in a
    /// developer's settings does no harm.
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.enabled = Some(enabled);
        self
    }

    /// Whether plain `http` is taken for an endpoint that is not this machine. Default `false`: the key would travel in
    /// the clear (C3).
    pub fn allow_insecure_endpoint(mut self, allow: bool) -> Self {
        self.allow_insecure_endpoint = allow;
        self
    }

    /// Sends every request through the proxy at this URL, whatever the environment says; a loopback endpoint is asked
    /// directly all the same. The URL may hold a user name and a password.
    ///
    /// The scheme is `http`, `https`, or one of SOCKS, for which the clients need their feature `socks`: `socks4` and
    /// `socks5` resolve the endpoint's name here, `socks4a` and `socks5h` at the proxy.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = ProxyChoice::Url(url.into());
        self
    }

    /// Uses no proxy, whatever the environment says. Undoes [`proxy`](Self::proxy).
    pub fn no_proxy(mut self) -> Self {
        self.proxy = ProxyChoice::None;
        self
    }

    /// A text to append to the `User-Agent` header, such as `my-app/1.4`: printable ASCII, at most 255 characters
    /// (R24).
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent_suffix = Some(suffix.into());
        self
    }

    /// The time for establishing a connection. Default 5 s; more than zero, at most a day, as for every timeout (R16).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeouts.connect = timeout;
        self
    }

    /// The time for one attempt, from the first packet to the last byte of the answer. Default 15 s (R16).
    #[doc(alias = "timeout")]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeouts.attempt = timeout;
        self
    }

    /// The time for one attempt that uploads attachments, to which one second for every 256 KiB is added. Default 45 s
    /// (R16).
    pub fn attachment_timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeouts.attachments = timeout;
        self
    }

    /// The time for a logical call, or for a round of attempts of one event, with the waits between them. Default 60 s
    /// (R16).
    #[doc(alias = "timeout")]
    pub fn call_timeout(mut self, timeout: Duration) -> Self {
        self.settings.retry.call_timeout = timeout;
        self
    }

    /// How many times a call sends its request at most, the first time included, and how many attempts a round of an event
    /// has. Default 4; 1 repeats nothing (R15, R16).
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.settings.retry.max_attempts = attempts;
        self
    }

    /// The largest answer that is read, in decompressed bytes. Default 32 MiB (C3).
    pub fn response_limit(mut self, bytes: u64) -> Self {
        self.settings.response_limit = bytes;
        self
    }

    /// How many events may be pending in one client; beyond that tracking is refused with
    /// [`ErrorKind::QueueFull`](crate::ErrorKind::QueueFull). Default 100,000 (R23). Dead letters do not count.
    pub fn max_pending(mut self, events: usize) -> Self {
        self.settings.max_pending = events;
        self
    }

    /// How many bytes of content may wait in one client: texts, metadata, and files in memory. Default 64 MiB, at least 1
    /// (R23).
    ///
    /// Beyond that tracking is refused with [`ErrorKind::QueueFull`](crate::ErrorKind::QueueFull). One larger event is
    /// taken when nothing waits.
    pub fn max_pending_bytes(mut self, bytes: u64) -> Self {
        self.settings.max_pending_bytes = bytes;
        self
    }

    /// How many dead letters are kept. Default 10,000, at least 1. Beyond that the oldest make room, counted and logged
    /// (R23).
    pub fn max_dead_letters(mut self, letters: usize) -> Self {
        self.settings.max_dead_letters = letters;
        self
    }

    /// How many bytes of content dead letters may hold. Default 64 MiB, at least 1. Beyond that the oldest make room,
    /// counted and logged (R23).
    pub fn max_dead_letter_bytes(mut self, bytes: u64) -> Self {
        self.settings.max_dead_letter_bytes = bytes;
        self
    }

    /// How many conversations with nothing pending are remembered. Default 10,000. A forgotten conversation is
    /// registered again when it is used again, which is harmless (R23).
    pub fn max_idle_conversations(mut self, conversations: usize) -> Self {
        self.settings.max_idle_conversations = conversations;
        self
    }

    /// How many conversations are sent at the same time, by whatever call or in the background. Default 16 (R10).
    pub fn concurrency(mut self, conversations: usize) -> Self {
        self.settings.concurrency = conversations;
        self
    }

    /// What is done after a create whose outcome is unknown. Default [`AmbiguousCreate::ReadBack`] (R17).
    pub fn ambiguous_create(mut self, choice: AmbiguousCreate) -> Self {
        self.settings.ambiguous_create = choice;
        self
    }

    /// After how many rounds of attempts that ended with 5xx or a refusal an event becomes a dead letter. Default
    /// `Some(5)`; `None`: never (R15).
    ///
    /// The service must have acknowledged others of the same kind meanwhile; or the failures must span ten minutes while
    /// the conversation can be read.
    pub fn poison_after(mut self, rounds: Option<u32>) -> Self {
        self.settings.poison_after = rounds;
        self
    }

    /// How long after its first pending event a conversation is sent in the background. Default 500 ms; zero sends at
    /// once, at most a day (R25).
    ///
    /// What is tracked meanwhile is sent with it. Calls such as `send` and `flush` skip it.
    pub fn delivery_delay(mut self, delay: Duration) -> Self {
        self.settings.delivery_delay = delay;
        self
    }

    /// How long after a failed request a look that does not find the event proves that the service did not keep it (R17).
    /// Default 2 s; zero believes the first look, at most a day. After a timeout the time of an attempt counts instead.
    pub fn read_back_delay(mut self, delay: Duration) -> Self {
        self.settings.read_back_delay = delay;
        self
    }

    /// How long dropping the guard of background delivery may take. Default 5 s; zero does not wait, at most a day (R27).
    pub fn shutdown_timeout(mut self, timeout: Duration) -> Self {
        self.settings.shutdown_timeout = timeout;
        self
    }

    /// Checks everything, without a look at the environment.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the setting: a missing or malformed key, an address that
    /// cannot be used, a zero or excessive limit, a blank text. The error never shows the value.
    pub fn build(self) -> Result<Config, Error> {
        Config::resolve(self, |_| None)
    }
}

/// Shows which settings were made that hold no secret.
impl fmt::Debug for ConfigBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("ConfigBuilder")
            .field("environment", &self.environment)
            .field("conversation_id", &self.conversation_id)
            .field("log_level", &self.log_level)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}
