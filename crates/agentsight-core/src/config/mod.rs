//! Configuration: explicit value > environment variable > default, checked once, before anything is sent (C1-C3).

mod ambiguous_create;
mod api_key;
mod builder;
mod endpoint;
mod log_level;
mod proxy;
mod proxy_address;
mod proxy_variables;
mod resolve;
mod retry_policy;
mod settings;
mod timeouts;
mod web_url;

use std::time::Duration;

use agentsight_model::{ConversationId, Environment};

use self::settings::Settings;
use crate::error::Error;

pub use self::ambiguous_create::AmbiguousCreate;
pub use self::api_key::ApiKey;
pub use self::builder::ConfigBuilder;
pub use self::endpoint::Endpoint;
pub use self::log_level::LogLevel;
pub use self::proxy::Proxy;
pub use self::proxy_address::ProxyAddress;
pub use self::retry_policy::RetryPolicy;
pub use self::timeouts::Timeouts;

/// A checked configuration.
///
/// Every value in it is usable; what is wrong with a setting is said by [`ConfigBuilder::build`] or
/// [`Config::resolve`], never later. [`Debug`] shows neither the key nor a proxy's password.
///
/// ```
/// use agentsight_core::Config;
///
/// # fn main() -> Result<(), agentsight_core::Error> {
/// let config = Config::builder()
///     .api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3")
///     .environment("prod")
///     .build()?;
/// assert_eq!(config.endpoint().to_string(), "https://api.agentsight.io");
/// assert_eq!(config.environment().map(|environment| environment.as_str()), Some("production"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    api_key: Option<ApiKey>,
    endpoint: Endpoint,
    app_url: String,
    environment: Option<Environment>,
    conversation_id: Option<ConversationId>,
    log_level: LogLevel,
    proxy: Proxy,
    user_agent_suffix: Option<String>,
    settings: Settings,
    warnings: Vec<String>,
}

impl Config {
    /// Starts a configuration from the defaults.
    pub fn builder() -> ConfigBuilder {
        ConfigBuilder::default()
    }

    /// The configuration of a client that validates and counts, and sends nothing. It needs no key.
    pub fn disabled() -> Self {
        Self {
            api_key: None,
            endpoint: Endpoint::hosted(),
            app_url: resolve::APP_URL.to_owned(),
            environment: None,
            conversation_id: None,
            log_level: LogLevel::default(),
            proxy: Proxy::default(),
            user_agent_suffix: None,
            settings: Settings::default(),
            warnings: Vec::new(),
        }
    }

    /// The key; `None` exactly if the client is disabled.
    pub fn api_key(&self) -> Option<&ApiKey> {
        self.api_key.as_ref()
    }

    /// Where the service is.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Where the dashboard is, without a slash at the end. For messages to people only.
    pub fn app_url(&self) -> &str {
        &self.app_url
    }

    /// The environment of conversations that name none (R5).
    pub fn environment(&self) -> Option<&Environment> {
        self.environment.as_ref()
    }

    /// The conversation that a tracker starts with (R2).
    pub fn conversation_id(&self) -> Option<&ConversationId> {
        self.conversation_id.as_ref()
    }

    /// The most detailed level of the SDK's own events (C4).
    pub fn log_level(&self) -> LogLevel {
        self.log_level
    }

    /// Whether anything is sent.
    pub fn is_enabled(&self) -> bool {
        self.api_key.is_some()
    }

    /// Which proxy requests go through.
    pub fn proxy(&self) -> &Proxy {
        &self.proxy
    }

    /// The proxy that requests to the endpoint go through, if any, for transports (C3).
    ///
    /// `lookup` returns the value of an environment variable. Both clients decide here alone, so they follow the same
    /// rules: the variable of the endpoint's scheme (`HTTPS_PROXY`, or `HTTP_PROXY` for plain `http`) comes before
    /// `ALL_PROXY`, and the name in upper case before the one in lower case; a blank variable counts as unset, and an
    /// address without a scheme is one of `http`. None applies if `NO_PROXY` names the endpoint's host, a domain that it
    /// is in, or a range of addresses such as `10.0.0.0/8`, nor in a CGI program (`REQUEST_METHOD`), where visitors set
    /// `HTTP_PROXY` by a header. A loopback endpoint and a disabled client use no proxy at all.
    ///
    /// ```
    /// use agentsight_core::{Config, ProxyAddress};
    ///
    /// # fn main() -> Result<(), agentsight_core::Error> {
    /// let config = Config::builder().api_key("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3").build()?;
    /// let proxy = config.proxy_address(|name| (name == "ALL_PROXY").then(|| "proxy:3128".to_owned()))?;
    /// assert_eq!(proxy.as_ref().map(ProxyAddress::url), Some("http://proxy:3128"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the variable that applies and is not the address of a
    /// proxy. The error does not show the value.
    pub fn proxy_address(&self, lookup: impl Fn(&str) -> Option<String>) -> Result<Option<ProxyAddress>, Error> {
        if self.endpoint.is_loopback() || !self.is_enabled() {
            return Ok(None);
        }
        match &self.proxy {
            Proxy::None => Ok(None),
            Proxy::FromEnvironment => proxy_variables::choose(&self.endpoint, lookup),
            Proxy::Explicit(url) => {
                ProxyAddress::read("proxy", url).map(Some).map_err(|problem| proxy_address::refused("proxy", problem))
            }
        }
    }

    /// What is appended to the `User-Agent` header (R24).
    pub fn user_agent_suffix(&self) -> Option<&str> {
        self.user_agent_suffix.as_deref()
    }

    /// How long one attempt may take.
    pub fn timeouts(&self) -> &Timeouts {
        &self.settings.timeouts
    }

    /// When a request is repeated.
    pub fn retry(&self) -> &RetryPolicy {
        &self.settings.retry
    }

    /// The largest answer that is read, in decompressed bytes (C3).
    pub fn response_limit(&self) -> u64 {
        self.settings.response_limit
    }

    /// How many events may be pending in one client before tracking is refused.
    pub fn max_pending(&self) -> usize {
        self.settings.max_pending
    }

    /// How many bytes of content may wait; one larger event is taken when nothing waits (R23).
    pub fn max_pending_bytes(&self) -> u64 {
        self.settings.max_pending_bytes
    }

    /// How many dead letters are kept before the oldest make room (R23).
    pub fn max_dead_letters(&self) -> usize {
        self.settings.max_dead_letters
    }

    /// How many bytes of content dead letters may hold before the oldest make room (R23).
    pub fn max_dead_letter_bytes(&self) -> u64 {
        self.settings.max_dead_letter_bytes
    }

    /// How many conversations with nothing pending are remembered (R23).
    pub fn max_idle_conversations(&self) -> usize {
        self.settings.max_idle_conversations
    }

    /// How many conversations are sent at the same time (R10).
    pub fn concurrency(&self) -> usize {
        self.settings.concurrency
    }

    /// What is done after a create whose outcome is unknown (R17).
    pub fn ambiguous_create(&self) -> AmbiguousCreate {
        self.settings.ambiguous_create
    }

    /// After how many failed rounds of attempts an event becomes a dead letter (R15); `None`: never.
    pub fn poison_after(&self) -> Option<u32> {
        self.settings.poison_after
    }

    /// How long after its first pending event a conversation is sent in the background (R25).
    pub fn delivery_delay(&self) -> Duration {
        self.settings.delivery_delay
    }

    /// How long after a failed request a look that does not find the event proves that the service did not keep it
    /// (R17).
    pub fn read_back_delay(&self) -> Duration {
        self.settings.read_back_delay
    }

    /// How long dropping the guard of background delivery may take (R27).
    pub fn shutdown_timeout(&self) -> Duration {
        self.settings.shutdown_timeout
    }

    /// What is odd but usable about the configuration; the client logs it once. Holds no values.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}
