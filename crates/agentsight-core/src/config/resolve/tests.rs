use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::config::{AmbiguousCreate, RetryPolicy, Timeouts};
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
    assert_eq!(config.max_pending_bytes(), 64 * 1024 * 1024);
    assert_eq!((config.max_dead_letters(), config.max_dead_letter_bytes()), (10_000, 64 * 1024 * 1024));
    let delays = [config.delivery_delay(), config.read_back_delay(), config.shutdown_timeout()];
    assert_eq!(delays.map(|delay| delay.as_millis()), [500, 2_000, 5_000]);
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
        ("proxy", with_key().proxy("ftp://hunter2")),
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
        ("max_pending_bytes", with_key().max_pending_bytes(0)),
        ("max_dead_letters", with_key().max_dead_letters(0)),
        ("max_dead_letter_bytes", with_key().max_dead_letter_bytes(0)),
        ("delivery_delay", with_key().delivery_delay(day + Duration::from_nanos(1))),
        ("read_back_delay", with_key().read_back_delay(Duration::MAX)),
        ("shutdown_timeout", with_key().shutdown_timeout(Duration::MAX)),
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
        .max_pending_bytes(9)
        .max_dead_letters(10)
        .max_dead_letter_bytes(11)
        .delivery_delay(Duration::from_secs(12))
        .read_back_delay(Duration::from_secs(13))
        .shutdown_timeout(Duration::from_secs(14))
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
    assert_eq!((config.max_pending_bytes(), config.max_dead_letters(), config.max_dead_letter_bytes()), (9, 10, 11));
    let delays = [config.delivery_delay(), config.read_back_delay(), config.shutdown_timeout()];
    assert_eq!(delays.map(|delay| delay.as_secs()), [12, 13, 14]);
    assert_eq!(with_key().proxy("http://p").no_proxy().build().expect("no proxy").proxy(), &Proxy::None);
}

#[test]
fn r25_no_delay_and_a_day_are_taken() {
    for delay in [Duration::ZERO, Duration::from_secs(24 * 60 * 60)] {
        let config = with_key().delivery_delay(delay).read_back_delay(delay).shutdown_timeout(delay).build();
        let config = config.expect("within the limits");
        assert_eq!([config.delivery_delay(), config.read_back_delay(), config.shutdown_timeout()], [delay; 3]);
    }
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
