//! The one place where a setting's value is decided and checked (C1).

use std::time::Duration;

use agentsight_model::{ConversationId, Environment};

use super::builder::ProxyChoice;
use super::{ApiKey, Config, ConfigBuilder, Endpoint, LogLevel, Proxy, RetryPolicy, Timeouts, web_url};
use crate::error::Error;

pub(super) const APP_URL: &str = "https://app.agentsight.io";
pub(super) const RESPONSE_LIMIT: u64 = 32 * 1024 * 1024;
pub(super) const MAX_PENDING: usize = 100_000;
pub(super) const MAX_IDLE_CONVERSATIONS: usize = 10_000;
pub(super) const CONCURRENCY: usize = 16;
pub(super) const POISON_AFTER: Option<u32> = Some(5);

/// No timeout is longer, so that no sum of them overflows anybody's clock.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(24 * 60 * 60);
/// Characters of a `User-Agent` suffix.
const LONGEST_SUFFIX: usize = 255;

impl Config {
    /// Decides every setting: the builder's value, else the variable's, else the default (C1).
    ///
    /// `lookup` answers for an environment variable; the transport crates pass one over the process environment, tests
    /// one over a table. A blank variable counts as unset, a blank explicit text is an error.
    ///
    /// | variable | default | |
    /// |---|---|---|
    /// | `AGENTSIGHT_API_KEY` | | required unless disabled |
    /// | `AGENTSIGHT_API_ENDPOINT` | `https://api.agentsight.io` | |
    /// | `AGENTSIGHT_APP_URL` | `https://app.agentsight.io` | |
    /// | `AGENTSIGHT_ENVIRONMENT` | | `production`, `development`, their short forms, any slug |
    /// | `AGENTSIGHT_CONVERSATION_ID` | | |
    /// | `AGENTSIGHT_LOG_LEVEL` | `INFO` | unknown: a warning, and the default |
    /// | `AGENTSIGHT_ENABLED` | `true` | `true`, `false`, `1`, `0`, `yes`, `no`, `on`, `off` |
    ///
    /// ```
    /// use agentsight_core::Config;
    ///
    /// # fn main() -> Result<(), agentsight_core::Error> {
    /// let config = Config::resolve(Config::builder(), |name| match name {
    ///     "AGENTSIGHT_API_KEY" => Some("ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3".to_owned()),
    ///     "AGENTSIGHT_API_ENDPOINT" => Some("http://localhost:8000/".to_owned()),
    ///     _ => None,
    /// })?;
    /// assert!(config.endpoint().is_loopback());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config), naming the setter or the variable whose value cannot be used. The
    /// error never shows the value.
    pub fn resolve(builder: ConfigBuilder, lookup: impl Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let variables = Variables(&lookup);
        let mut warnings = Vec::new();
        let enabled = match builder.enabled {
            Some(enabled) => enabled,
            None => variables.get("AGENTSIGHT_ENABLED").map_or(Ok(true), |given| given.read(boolean))?,
        };
        let api_key = if enabled { Some(api_key(builder.api_key, &variables)?) } else { None };
        let endpoint = variables.choose("endpoint", builder.endpoint, "AGENTSIGHT_API_ENDPOINT")?.map_or_else(
            || Ok(Endpoint::hosted()),
            |given| given.read(|text| Endpoint::read(text, builder.allow_insecure_endpoint)),
        )?;
        let app_url = variables
            .choose("app_url", builder.app_url, "AGENTSIGHT_APP_URL")?
            .map_or_else(|| Ok(APP_URL.to_owned()), |given| given.read(app_url))?;
        let environment = variables
            .choose(
                "environment",
                builder.environment.map(|environment| environment.as_str().to_owned()),
                "AGENTSIGHT_ENVIRONMENT",
            )?
            .map(|given| given.read(environment))
            .transpose()?;
        let conversation_id = variables
            .choose("conversation_id", builder.conversation_id, "AGENTSIGHT_CONVERSATION_ID")?
            .map(|given| ConversationId::new(given.text).map_err(|error| refused(given.name, error)))
            .transpose()?;
        let log_level = builder.log_level.unwrap_or_else(|| log_level(&variables, &mut warnings));
        let proxy = match builder.proxy {
            ProxyChoice::FromEnvironment => Proxy::FromEnvironment,
            ProxyChoice::None => Proxy::None,
            ProxyChoice::Url(text) => Given { name: "proxy", text }.read(Proxy::read)?,
        };
        let user_agent_suffix = builder
            .user_agent_suffix
            .map(|text| Given { name: "user_agent_suffix", text }.read(user_agent_suffix))
            .transpose()?;

        let timeouts = Timeouts::default();
        let timeouts = Timeouts {
            connect: timeout("connect_timeout", builder.connect_timeout, timeouts.connect)?,
            attempt: timeout("attempt_timeout", builder.attempt_timeout, timeouts.attempt)?,
            attachments: timeout("attachment_timeout", builder.attachment_timeout, timeouts.attachments)?,
        };
        let retry = RetryPolicy::default();
        let retry = RetryPolicy {
            max_attempts: at_least_one("max_attempts", builder.max_attempts, retry.max_attempts)?,
            call_timeout: timeout("call_timeout", builder.call_timeout, retry.call_timeout)?,
            ..retry
        };
        let poison_after = builder.poison_after.unwrap_or(POISON_AFTER);
        if poison_after == Some(0) {
            return Err(refused("poison_after", "must be at least 1, or None"));
        }

        Ok(Self {
            api_key,
            endpoint,
            app_url,
            environment,
            conversation_id,
            log_level,
            proxy,
            user_agent_suffix,
            timeouts,
            retry,
            response_limit: at_least_one("response_limit", builder.response_limit, RESPONSE_LIMIT)?,
            max_pending: at_least_one("max_pending", builder.max_pending, MAX_PENDING)?,
            max_idle_conversations: builder.max_idle_conversations.unwrap_or(MAX_IDLE_CONVERSATIONS),
            concurrency: at_least_one("concurrency", builder.concurrency, CONCURRENCY)?,
            ambiguous_create: builder.ambiguous_create.unwrap_or_default(),
            poison_after,
            warnings,
        })
    }
}

/// The environment variables, blank ones left out.
struct Variables<'a, L>(&'a L);

/// A text and the setter or variable that it came from.
struct Given {
    name: &'static str,
    text: String,
}

impl<L: Fn(&str) -> Option<String>> Variables<'_, L> {
    fn get(&self, name: &'static str) -> Option<Given> {
        let text = (self.0)(name).filter(|text| !text.trim().is_empty())?;
        Some(Given { name, text })
    }

    fn choose(
        &self,
        setter: &'static str,
        explicit: Option<String>,
        variable: &'static str,
    ) -> Result<Option<Given>, Error> {
        match explicit {
            Some(text) if text.trim().is_empty() => Err(refused(setter, "is blank")),
            Some(text) => Ok(Some(Given { name: setter, text })),
            None => Ok(self.get(variable)),
        }
    }
}

impl Given {
    fn read<T>(&self, read: impl FnOnce(&str) -> Result<T, &'static str>) -> Result<T, Error> {
        read(&self.text).map_err(|problem| refused(self.name, problem))
    }
}

fn refused(name: &str, problem: impl std::fmt::Display) -> Error {
    Error::config(format!("{name} {problem}"))
}

fn api_key<L>(explicit: Option<String>, variables: &Variables<'_, L>) -> Result<ApiKey, Error>
where
    L: Fn(&str) -> Option<String>,
{
    variables
        .choose("api_key", explicit, "AGENTSIGHT_API_KEY")?
        .ok_or_else(|| Error::config("there is no API key: set the variable AGENTSIGHT_API_KEY, or api_key(..)"))?
        .read(ApiKey::read)
}

fn boolean(text: &str) -> Result<bool, &'static str> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("is not one of true, false, 1, 0, yes, no, on, off"),
    }
}

fn app_url(text: &str) -> Result<String, &'static str> {
    let url = web_url::parse(text)?;
    if web_url::has_credentials(&url) {
        return Err("must not hold a user name or a password");
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn environment(text: &str) -> Result<Environment, &'static str> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err("holds control characters");
    }
    Ok(Environment::from(text))
}

fn log_level<L>(variables: &Variables<'_, L>, warnings: &mut Vec<String>) -> LogLevel
where
    L: Fn(&str) -> Option<String>,
{
    let Some(given) = variables.get("AGENTSIGHT_LOG_LEVEL") else {
        return LogLevel::default();
    };
    given.text.parse().unwrap_or_else(|_| {
        warnings.push(format!("{} is not a log level; INFO is used", given.name));
        LogLevel::Info
    })
}

fn user_agent_suffix(text: &str) -> Result<String, &'static str> {
    let text = text.trim_matches(' ');
    if text.is_empty() {
        return Err("is blank");
    }
    if text.len() > LONGEST_SUFFIX {
        return Err("is longer than 255 characters");
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ') {
        return Err("holds characters other than printable ASCII");
    }
    Ok(text.to_owned())
}

fn timeout(name: &str, given: Option<Duration>, default: Duration) -> Result<Duration, Error> {
    let timeout = given.unwrap_or(default);
    if timeout.is_zero() || timeout > LONGEST_TIMEOUT {
        return Err(refused(name, "must be more than zero and at most a day"));
    }
    Ok(timeout)
}

fn at_least_one<N: Default + PartialEq>(name: &str, given: Option<N>, default: N) -> Result<N, Error> {
    let number = given.unwrap_or(default);
    if number == N::default() {
        return Err(refused(name, "must be at least 1"));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::config::AmbiguousCreate;
    use crate::error::ErrorKind;

    const KEY: &str = "ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3";
    const OTHER_KEY: &str = "ags_00000000000000000000000000000000_000000";

    fn with_key() -> ConfigBuilder {
        Config::builder().api_key(KEY)
    }

    fn resolve(builder: ConfigBuilder, variables: &[(&str, &str)]) -> Result<Config, Error> {
        Config::resolve(builder, |name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn refusal(builder: ConfigBuilder, variables: &[(&str, &str)]) -> String {
        let error = resolve(builder, variables).expect_err("a refusal");
        assert_eq!(error.kind(), ErrorKind::Config);
        format!("{error} {error:?}")
    }

    #[test]
    fn c1_without_settings_the_defaults_hold() {
        let config = with_key().build().expect("a key is enough");
        assert_eq!(config.endpoint().to_string(), "https://api.agentsight.io");
        assert_eq!(config.app_url(), "https://app.agentsight.io");
        assert_eq!(config.environment(), None);
        assert_eq!(config.conversation_id(), None);
        assert_eq!(config.log_level(), LogLevel::Info);
        assert_eq!(config.proxy(), &Proxy::FromEnvironment);
        assert_eq!(config.user_agent_suffix(), None);
        assert_eq!(config.timeouts(), &Timeouts::default());
        assert_eq!(config.retry(), &RetryPolicy::default());
        assert_eq!(config.response_limit(), 32 * 1024 * 1024);
        assert_eq!(config.max_pending(), 100_000);
        assert_eq!(config.max_idle_conversations(), 10_000);
        assert_eq!(config.concurrency(), 16);
        assert_eq!(config.ambiguous_create(), AmbiguousCreate::ReadBack);
        assert_eq!(config.poison_after(), Some(5));
        assert!(config.is_enabled());
        assert!(config.warnings().is_empty());
    }

    #[test]
    fn c1_every_variable_is_read() {
        let config = resolve(
            Config::builder(),
            &[
                ("AGENTSIGHT_API_KEY", KEY),
                ("AGENTSIGHT_API_ENDPOINT", "http://127.0.0.1:8000/"),
                ("AGENTSIGHT_APP_URL", "https://app.example.com/"),
                ("AGENTSIGHT_ENVIRONMENT", " Prod\n"),
                ("AGENTSIGHT_CONVERSATION_ID", " support-123"),
                ("AGENTSIGHT_LOG_LEVEL", "WARNING"),
                ("AGENTSIGHT_ENABLED", "Yes"),
            ],
        )
        .expect("every value is usable");
        assert_eq!(config.endpoint().to_string(), "http://127.0.0.1:8000");
        assert_eq!(config.app_url(), "https://app.example.com");
        assert_eq!(config.environment().map(Environment::as_str), Some("production"));
        assert_eq!(config.conversation_id().map(ConversationId::as_str), Some(" support-123"));
        assert_eq!(config.log_level(), LogLevel::Warn);
        assert!(config.is_enabled());
    }

    #[test]
    fn c1_an_explicit_value_beats_its_variable() {
        let config = resolve(
            with_key()
                .endpoint("https://explicit.example.com")
                .app_url("https://app.explicit.example.com")
                .environment("dev")
                .conversation_id("explicit")
                .log_level(LogLevel::Off)
                .enabled(true),
            &[
                ("AGENTSIGHT_API_KEY", OTHER_KEY),
                ("AGENTSIGHT_API_ENDPOINT", "not a url"),
                ("AGENTSIGHT_APP_URL", "not a url"),
                ("AGENTSIGHT_ENVIRONMENT", "production"),
                ("AGENTSIGHT_CONVERSATION_ID", "variable"),
                ("AGENTSIGHT_LOG_LEVEL", "loud"),
                ("AGENTSIGHT_ENABLED", "maybe"),
            ],
        )
        .expect("variables that are not needed are not read");
        let header = config.api_key().map(ApiKey::header).expect("enabled");
        assert_eq!(header.to_str().ok(), Some(format!("Api-Key {KEY}").as_str()));
        assert_eq!(config.endpoint().to_string(), "https://explicit.example.com");
        assert_eq!(config.app_url(), "https://app.explicit.example.com");
        assert_eq!(config.environment().map(Environment::as_str), Some("development"));
        assert_eq!(config.conversation_id().map(ConversationId::as_str), Some("explicit"));
        assert_eq!(config.log_level(), LogLevel::Off);
        assert!(config.warnings().is_empty());
    }

    #[test]
    fn c1_a_blank_variable_is_unset() {
        let blank: Vec<(&str, &str)> = [
            "AGENTSIGHT_API_ENDPOINT",
            "AGENTSIGHT_APP_URL",
            "AGENTSIGHT_ENVIRONMENT",
            "AGENTSIGHT_CONVERSATION_ID",
            "AGENTSIGHT_LOG_LEVEL",
            "AGENTSIGHT_ENABLED",
        ]
        .map(|name| (name, " \t\n"))
        .to_vec();
        let config = resolve(with_key(), &blank).expect("as if nothing were set");
        assert_eq!(format!("{config:?}"), format!("{:?}", with_key().build().expect("a key is enough")));
        assert!(refusal(Config::builder(), &[("AGENTSIGHT_API_KEY", "  ")]).contains("AGENTSIGHT_API_KEY"));
    }

    #[test]
    fn c1_an_unusable_variable_is_named_and_its_value_is_not_shown() {
        for (name, value) in [
            ("AGENTSIGHT_API_KEY", "hunter2"),
            ("AGENTSIGHT_API_ENDPOINT", "hunter2"),
            ("AGENTSIGHT_API_ENDPOINT", "https://user:hunter2@host"),
            ("AGENTSIGHT_API_ENDPOINT", "http://hunter2.example.com"),
            ("AGENTSIGHT_APP_URL", "hunter2"),
            ("AGENTSIGHT_APP_URL", "https://hunter2@host"),
            ("AGENTSIGHT_ENVIRONMENT", "hunter2\0"),
            ("AGENTSIGHT_CONVERSATION_ID", "hunter2\0"),
            ("AGENTSIGHT_ENABLED", "hunter2"),
        ] {
            let variables = [(name, value), ("AGENTSIGHT_API_KEY", KEY)];
            let text = refusal(Config::builder(), &variables);
            assert!(text.contains(name), "{text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn c1_an_unusable_explicit_value_is_named_and_not_shown() {
        let day = Duration::from_secs(24 * 60 * 60);
        for (name, builder) in [
            ("api_key", Config::builder().api_key("hunter2")),
            ("api_key", Config::builder().api_key(" ")),
            ("endpoint", with_key().endpoint("")),
            ("endpoint", with_key().endpoint("ftp://hunter2")),
            ("app_url", with_key().app_url("hunter2")),
            ("environment", with_key().environment(" ")),
            ("environment", with_key().environment("hunter2\u{7}")),
            ("conversation_id", with_key().conversation_id("")),
            ("conversation_id", with_key().conversation_id("hunter2".repeat(40))),
            ("proxy", with_key().proxy("socks5://hunter2")),
            ("proxy", with_key().proxy("")),
            ("user_agent_suffix", with_key().user_agent_suffix(" ")),
            ("user_agent_suffix", with_key().user_agent_suffix("hunter2\r\nHost: evil")),
            ("user_agent_suffix", with_key().user_agent_suffix("hunter2 é")),
            ("user_agent_suffix", with_key().user_agent_suffix("x".repeat(256))),
            ("connect_timeout", with_key().connect_timeout(Duration::ZERO)),
            ("attempt_timeout", with_key().attempt_timeout(Duration::ZERO)),
            ("attachment_timeout", with_key().attachment_timeout(Duration::MAX)),
            ("call_timeout", with_key().call_timeout(day + Duration::from_nanos(1))),
            ("max_attempts", with_key().max_attempts(0)),
            ("response_limit", with_key().response_limit(0)),
            ("max_pending", with_key().max_pending(0)),
            ("concurrency", with_key().concurrency(0)),
            ("poison_after", with_key().poison_after(Some(0))),
        ] {
            let text = refusal(builder, &[]);
            assert!(text.contains(name), "{name}: {text}");
            assert!(!text.contains("hunter2"), "{text}");
        }
    }

    #[test]
    fn every_other_setter_reaches_the_configuration() {
        let config = with_key()
            .allow_insecure_endpoint(true)
            .endpoint("http://host")
            .proxy("http://user:hunter2@proxy:3128")
            .user_agent_suffix(" my-app/1.4 (test) ")
            .connect_timeout(Duration::from_secs(1))
            .attempt_timeout(Duration::from_secs(2))
            .attachment_timeout(Duration::from_secs(3))
            .call_timeout(Duration::from_secs(4))
            .max_attempts(5)
            .response_limit(6)
            .max_pending(7)
            .max_idle_conversations(0)
            .concurrency(8)
            .ambiguous_create(AmbiguousCreate::Hold)
            .poison_after(None)
            .build()
            .expect("every value is usable");
        assert_eq!(config.endpoint().to_string(), "http://host");
        assert_eq!(config.proxy(), &Proxy::Explicit("http://user:hunter2@proxy:3128".to_owned()));
        assert_eq!(config.user_agent_suffix(), Some("my-app/1.4 (test)"));
        let seconds = [
            config.timeouts().connect,
            config.timeouts().attempt,
            config.timeouts().attachments,
            config.retry().call_timeout,
        ]
        .map(|timeout| timeout.as_secs());
        assert_eq!(seconds, [1, 2, 3, 4]);
        assert_eq!(config.retry().max_attempts, 5);
        assert_eq!((config.response_limit(), config.max_pending()), (6, 7));
        assert_eq!((config.max_idle_conversations(), config.concurrency()), (0, 8));
        assert_eq!((config.ambiguous_create(), config.poison_after()), (AmbiguousCreate::Hold, None));
        assert_eq!(with_key().proxy("http://p").no_proxy().build().expect("no proxy").proxy(), &Proxy::None);
    }

    #[test]
    fn c1_an_unknown_log_level_is_a_warning_and_means_info() {
        let config = resolve(with_key(), &[("AGENTSIGHT_LOG_LEVEL", "hunter2")]).expect("usable");
        assert_eq!(config.log_level(), LogLevel::Info);
        assert_eq!(config.warnings().len(), 1);
        assert!(config.warnings()[0].contains("AGENTSIGHT_LOG_LEVEL"));
        assert!(!config.warnings()[0].contains("hunter2"));
    }

    #[test]
    fn c1_enabled_has_eight_spellings_in_any_case() {
        for (text, enabled) in [
            ("true", true),
            ("1", true),
            ("YES", true),
            ("On", true),
            ("FALSE", false),
            ("0", false),
            ("no", false),
            (" off ", false),
        ] {
            let config = resolve(with_key(), &[("AGENTSIGHT_ENABLED", text)]).expect(text);
            assert_eq!(config.is_enabled(), enabled, "{text}");
        }
    }

    #[test]
    fn c1_an_enabled_client_without_a_key_is_told_which_variable_to_set() {
        assert!(refusal(Config::builder(), &[]).contains("AGENTSIGHT_API_KEY"));
    }

    #[test]
    fn a_disabled_client_needs_no_key_and_looks_at_none() {
        for key in [None, Some("changeme"), Some(KEY)] {
            let mut builder = Config::builder().enabled(false);
            builder.api_key = key.map(str::to_owned);
            let config = builder.build().expect("no key is needed");
            assert!(!config.is_enabled());
            assert!(config.api_key().is_none());
            assert_eq!(format!("{config:?}"), format!("{:?}", Config::disabled()));
        }
    }

    #[test]
    fn c2_debug_shows_neither_key_nor_credentials() {
        let builder = with_key().proxy("http://user:hunter2@proxy").endpoint("https://host");
        let shown = format!("{builder:?} {:?}", builder.clone().build().expect("usable"));
        assert!(!shown.contains("1a2b3c") && !shown.contains("hunter2"), "{shown}");
    }

    proptest! {
        #[test]
        fn no_variable_makes_it_panic(values in proptest::collection::vec(any::<String>(), 7)) {
            let names = [
                "AGENTSIGHT_API_KEY",
                "AGENTSIGHT_API_ENDPOINT",
                "AGENTSIGHT_APP_URL",
                "AGENTSIGHT_ENVIRONMENT",
                "AGENTSIGHT_CONVERSATION_ID",
                "AGENTSIGHT_LOG_LEVEL",
                "AGENTSIGHT_ENABLED",
            ];
            let variables: Vec<(&str, &str)> = names.into_iter().zip(values.iter().map(String::as_str)).collect();
            if let Err(error) = resolve(Config::builder(), &variables) {
                prop_assert_eq!(error.kind(), ErrorKind::Config);
            }
        }
    }
}
