//! Log events (C4): target `agentsight`, capped by the configured level, never content or keys.

/// Logs through `tracing` unless the configuration silences the level.
macro_rules! log_event {
    ($config:expr, $level:ident, $($argument:tt)*) => {
        if $config.log_level().allows(tracing::Level::$level) {
            tracing::event!(target: "agentsight", tracing::Level::$level, $($argument)*);
        }
    };
}

pub(crate) use log_event;
