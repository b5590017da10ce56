//! The one place where a setting's value is decided and checked (C1).

use agentsight_model::{ConversationId, Environment};

use super::builder::ProxyChoice;
use super::{ApiKey, Config, ConfigBuilder, Endpoint, LogLevel, Proxy, web_url};
use crate::error::Error;

pub(super) const APP_URL: &str = "https://app.agentsight.io";

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

        Ok(Self {
            api_key,
            endpoint,
            app_url,
            environment,
            conversation_id,
            log_level,
            proxy,
            user_agent_suffix,
            settings: builder.settings.check()?,
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

#[cfg(test)]
mod tests;
