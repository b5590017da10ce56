//! What a process logs, through `tracing` and through `log`.

use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use tracing::field::{Field, Visit};
use tracing::{Metadata, span};

/// Takes over the log of this process, every target on every level, for tests that look at it.
///
/// `tracing` and `log` know one receiver a process, so this is for test programs only. What is logged while nobody
/// [watches](Self::watch) is dropped.
///
/// ```
/// use agentsight_testkit::conformance::{LogCapture, LogTaken};
///
/// # fn main() -> Result<(), LogTaken> {
/// let watch = LogCapture::install()?.watch();
/// // Here the program does something that it must not tell.
/// assert!(watch.records().iter().all(|record| !record.text().contains("ags_")));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LogCapture {
    watches: Mutex<Vec<Weak<Mutex<Vec<LogRecord>>>>>,
}

/// One line of the log, kept by a [`LogWatch`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRecord {
    target: String,
    level: &'static str,
    text: String,
}

/// Keeps what all threads log, from [`LogCapture::watch`] until it is dropped.
#[derive(Debug)]
pub struct LogWatch {
    records: Arc<Mutex<Vec<LogRecord>>>,
}

/// The process has another receiver for its log already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogTaken {
    facade: &'static str,
}

impl LogCapture {
    /// Takes over the log; asked again, it is the same capture.
    ///
    /// # Errors
    /// [`LogTaken`] if the process has another `tracing` subscriber or another logger of `log`.
    pub fn install() -> Result<&'static Self, LogTaken> {
        static INSTALLED: OnceLock<Result<(), LogTaken>> = OnceLock::new();
        let install = || {
            tracing::subscriber::set_global_default(Subscriber::default())
                .map_err(|_| LogTaken { facade: "tracing" })?;
            log::set_logger(&Logger).map_err(|_| LogTaken { facade: "log" })?;
            log::set_max_level(log::LevelFilter::Trace);
            Ok(())
        };
        INSTALLED.get_or_init(install).map(|()| &CAPTURE)
    }

    /// Begins to keep what is logged.
    #[must_use]
    pub fn watch(&self) -> LogWatch {
        let records = Arc::default();
        lock(&self.watches).push(Arc::downgrade(&records));
        LogWatch { records }
    }

    fn is_watched(&self) -> bool {
        lock(&self.watches).iter().any(|watch| watch.strong_count() > 0)
    }

    fn keep(&self, record: &LogRecord) {
        lock(&self.watches).retain(|watch| {
            let watch = watch.upgrade();
            watch.inspect(|records| lock(records).push(record.clone())).is_some()
        });
    }
}

static CAPTURE: LogCapture = LogCapture { watches: Mutex::new(Vec::new()) };

impl LogWatch {
    /// What has been logged so far, oldest first.
    #[must_use]
    pub fn records(&self) -> Vec<LogRecord> {
        lock(&self.records).clone()
    }
}

impl LogRecord {
    /// Where it comes from: a module, unless its author says otherwise.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The level, in capital letters: `ERROR`, `WARN`, `INFO`, `DEBUG`, `TRACE`.
    #[must_use]
    pub fn level(&self) -> &'static str {
        self.level
    }

    /// The message and every field, `name=value`, between spaces.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for LogTaken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the process has another receiver for what is logged through `{}`", self.facade)
    }
}

impl std::error::Error for LogTaken {}

struct Logger;

impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        if CAPTURE.is_watched() {
            let (target, level) = (record.target().to_owned(), record.level().as_str());
            CAPTURE.keep(&LogRecord { target, level, text: record.args().to_string() });
        }
    }

    fn flush(&self) {}
}

/// Spans are kept like events: their fields are logged by every usual subscriber.
#[derive(Default)]
struct Subscriber {
    spans: AtomicU64,
}

impl Subscriber {
    fn keep(metadata: &Metadata<'_>, record: impl FnOnce(&mut Fields)) {
        if CAPTURE.is_watched() {
            let mut fields = Fields(String::new());
            record(&mut fields);
            let (target, level) = (metadata.target().to_owned(), metadata.level().as_str());
            CAPTURE.keep(&LogRecord { target, level, text: fields.0 });
        }
    }
}

impl tracing::Subscriber for Subscriber {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &span::Attributes<'_>) -> span::Id {
        Self::keep(span.metadata(), |fields| span.record(fields));
        // A process does not open 2^64 spans.
        span::Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed).saturating_add(1))
    }

    fn record(&self, _: &span::Id, values: &span::Record<'_>) {
        // Which span it is would have to be remembered; what counts is what is shown.
        if CAPTURE.is_watched() {
            let mut fields = Fields(String::new());
            values.record(&mut fields);
            CAPTURE.keep(&LogRecord { target: String::new(), level: "TRACE", text: fields.0 });
        }
    }

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        Self::keep(event.metadata(), |fields| event.record(fields));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if !self.0.is_empty() {
            self.0.push(' ');
        }
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.0, "{value:?}"),
            name => write!(self.0, "{name}={value:?}"),
        };
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
