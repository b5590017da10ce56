use std::fmt;
use std::str::FromStr;

use crate::error::Error;

/// The most detailed level at which the SDK emits its own `tracing` events (C1, C4).
///
/// It only caps; which events are shown, and where, the application's subscriber decides. Default [`Info`](Self::Info).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What went wrong for good.
    Error,
    /// What probably needs attention.
    Warn,
    /// What happens rarely and is good to know.
    #[default]
    Info,
    /// What helps to find a fault.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// Whether an event of this level is emitted under this cap.
    pub(crate) fn allows(self, event: tracing::Level) -> bool {
        let event = match event {
            tracing::Level::ERROR => Self::Error,
            tracing::Level::WARN => Self::Warn,
            tracing::Level::INFO => Self::Info,
            tracing::Level::DEBUG => Self::Debug,
            tracing::Level::TRACE => Self::Trace,
        };
        event <= self
    }
}

/// Reads the names of Python's `logging` (`CRITICAL`, `FATAL`, `ERROR`, `WARNING`, `WARN`, `INFO`, `DEBUG`, `NOTSET`) and of
/// `tracing` (`OFF`, `ERROR`, `WARN`, `INFO`, `DEBUG`, `TRACE`), in any case. `CRITICAL` reads as `Error`, `NOTSET` as
/// `Trace`.
impl FromStr for LogLevel {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self, Error> {
        Ok(match name.trim().to_ascii_lowercase().as_str() {
            "off" => Self::Off,
            "critical" | "fatal" | "error" => Self::Error,
            "warning" | "warn" => Self::Warn,
            "info" => Self::Info,
            "debug" => Self::Debug,
            "notset" | "trace" => Self::Trace,
            _ => return Err(Error::config("the log level is not one of off, error, warn, info, debug, trace")),
        })
    }
}

/// Shows the name that `tracing` uses, in lower case.
impl fmt::Display for LogLevel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c1_the_names_of_python_and_of_tracing_are_read_in_any_case() {
        for (name, level) in [
            ("CRITICAL", LogLevel::Error),
            ("FATAL", LogLevel::Error),
            ("ERROR", LogLevel::Error),
            ("WARNING", LogLevel::Warn),
            ("Warn", LogLevel::Warn),
            (" info ", LogLevel::Info),
            ("debug", LogLevel::Debug),
            ("NOTSET", LogLevel::Trace),
            ("trace", LogLevel::Trace),
            ("OFF", LogLevel::Off),
        ] {
            assert_eq!(name.parse::<LogLevel>().ok(), Some(level), "{name}");
        }
        assert!("loud".parse::<LogLevel>().is_err());
        assert!("".parse::<LogLevel>().is_err());
    }

    #[test]
    fn a_level_reads_back_as_it_is_shown() {
        for level in [LogLevel::Off, LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace]
        {
            assert_eq!(level.to_string().parse::<LogLevel>().ok(), Some(level));
        }
    }

    #[test]
    fn c4_a_level_allows_itself_and_what_is_graver() {
        use tracing::Level;
        for (cap, allowed) in [
            (LogLevel::Off, 0),
            (LogLevel::Error, 1),
            (LogLevel::Warn, 2),
            (LogLevel::Info, 3),
            (LogLevel::Debug, 4),
            (LogLevel::Trace, 5),
        ] {
            let levels = [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG, Level::TRACE];
            for (index, level) in levels.into_iter().enumerate() {
                assert_eq!(cap.allows(level), index < allowed, "{cap} {level}");
            }
        }
    }
}
