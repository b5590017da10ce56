//! The clock, the randomness and the file system that the core is given, since it reads none itself (H3).

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, Utc};

/// One reading of the clock.
///
/// Every state machine takes it as an argument, so that tests choose the time (H3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Now {
    /// Time since an arbitrary but fixed start; never goes back. Deadlines and waits are measured on it.
    pub since_start: Duration,
    /// The time of day; may jump. Events are stamped with it.
    pub utc: DateTime<Utc>,
}

impl Now {
    /// A reading of both clocks.
    pub fn new(since_start: Duration, utc: DateTime<Utc>) -> Self {
        Self { since_start, utc }
    }
}

/// A source of [`Now`]. Implemented for every `Fn() -> Now`.
pub trait Clock: Send + Sync {
    /// Reads both clocks.
    fn now(&self) -> Now;
}

impl<F: Fn() -> Now + Send + Sync> Clock for F {
    fn now(&self) -> Now {
        self()
    }
}

/// A source of randomness. Implemented for every `Fn() -> u64`.
pub trait Entropy: Send + Sync {
    /// 64 bits that differ from one another: retry jitter. Drawn for every request, so it should be cheap; see
    /// [`SeededEntropy`](crate::SeededEntropy).
    fn next_u64(&self) -> u64;

    /// 64 bits that nobody can tell from the ones before: generated ids and multipart boundaries. Unless it is
    /// overridden the same as [`next_u64`](Self::next_u64).
    fn unguessable_u64(&self) -> u64 {
        self.next_u64()
    }
}

impl<F: Fn() -> u64 + Send + Sync> Entropy for F {
    fn next_u64(&self) -> u64 {
        self()
    }
}

/// What a file that is to be attached looks like when it is tracked (R7, R13).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileFacts {
    /// Length in bytes.
    pub length: u64,
    /// The first bytes, at most as many as were asked for: enough to guess a MIME type.
    pub head: Bytes,
}

impl FileFacts {
    /// Facts about a file of `length` bytes that starts with `head`.
    pub fn new(length: u64, head: Bytes) -> Self {
        Self { length, head }
    }
}

/// A look at files that are tracked by path. Implemented for every `Fn(&Path, usize) -> io::Result<FileFacts>`.
pub trait Files: Send + Sync {
    /// The length of the regular file at `path` and its first `head` bytes.
    ///
    /// # Errors
    /// As the operating system reports them; a directory is an error too.
    fn facts(&self, path: &Path, head: usize) -> io::Result<FileFacts>;
}

impl<F: Fn(&Path, usize) -> io::Result<FileFacts> + Send + Sync> Files for F {
    fn facts(&self, path: &Path, head: usize) -> io::Result<FileFacts> {
        self(path, head)
    }
}

/// Everything that the core takes from its surroundings, injected once (H3).
///
/// The transport crates build one over the operating system; tests build one over values:
///
/// ```
/// use std::time::Duration;
/// use agentsight_core::{Context, Now};
/// use chrono::DateTime;
///
/// let context = Context::new(
///     || Now::new(Duration::from_secs(5), DateTime::UNIX_EPOCH),
///     || 7,
/// );
/// assert_eq!(context.now().since_start, Duration::from_secs(5));
/// assert_eq!(context.next_u64(), 7);
/// ```
#[derive(Clone)]
pub struct Context {
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    files: Arc<dyn Files>,
    skip: Option<Arc<dyn Fn(Duration) + Send + Sync>>,
}

impl Context {
    /// A context that knows the time and has randomness, but sees no files: tracking an attachment by path is an error.
    pub fn new(clock: impl Clock + 'static, entropy: impl Entropy + 'static) -> Self {
        Self { clock: Arc::new(clock), entropy: Arc::new(entropy), files: Arc::new(no_files), skip: None }
    }

    /// The same context with a view of the file system.
    #[must_use]
    pub fn with_files(self, files: impl Files + 'static) -> Self {
        Self { files: Arc::new(files), ..self }
    }

    /// The same context with waits that take no time: instead of waiting, a client calls `skip`. For clocks that a test
    /// moves.
    ///
    /// ```
    /// use std::sync::{Arc, Mutex};
    /// use std::time::Duration;
    /// use agentsight_core::{Context, Now};
    /// use chrono::DateTime;
    ///
    /// let time = Arc::new(Mutex::new(Duration::ZERO));
    /// let (read, moved) = (Arc::clone(&time), time);
    /// let context = Context::new(move || Now::new(*read.lock().unwrap(), DateTime::UNIX_EPOCH), || 7)
    ///     .with_virtual_waits(move |wait| *moved.lock().unwrap() += wait);
    /// assert!(context.skip(Duration::from_secs(5)));
    /// assert_eq!(context.now().since_start, Duration::from_secs(5));
    /// ```
    #[must_use]
    pub fn with_virtual_waits(self, skip: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        Self { skip: Some(Arc::new(skip)), ..self }
    }

    /// Whether waits take no time, because [`skip`](Self::skip) replaces them.
    pub fn has_virtual_waits(&self) -> bool {
        self.skip.is_some()
    }

    /// Skips a wait and returns true, or returns false if the client has to wait itself.
    pub fn skip(&self, wait: Duration) -> bool {
        let Some(skip) = &self.skip else { return false };
        skip(wait);
        true
    }

    /// Reads the clock.
    pub fn now(&self) -> Now {
        self.clock.now()
    }

    /// Draws 64 random bits.
    pub fn next_u64(&self) -> u64 {
        self.entropy.next_u64()
    }

    /// Draws 64 random bits that cannot be told from the ones before.
    pub fn unguessable_u64(&self) -> u64 {
        self.entropy.unguessable_u64()
    }

    /// Looks at a file.
    ///
    /// # Errors
    /// As [`Files::facts`].
    pub fn file_facts(&self, path: &Path, head: usize) -> io::Result<FileFacts> {
        self.files.facts(path, head)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Context").finish_non_exhaustive()
    }
}

fn no_files(_: &Path, _: usize) -> io::Result<FileFacts> {
    Err(io::Error::from(io::ErrorKind::Unsupported))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn standing_still() -> Context {
        Context::new(|| Now::new(Duration::ZERO, DateTime::UNIX_EPOCH), || 0)
    }

    #[test]
    fn h3_a_client_waits_itself_unless_waits_are_virtual() {
        let context = standing_still();
        assert!(!context.has_virtual_waits() && !context.skip(Duration::from_secs(1)));
    }

    #[test]
    fn h3_a_virtual_wait_is_handed_over_in_full_by_every_clone() {
        let skipped = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&skipped);
        let context = standing_still().with_virtual_waits(move |wait| seen.lock().unwrap().push(wait));
        assert!(context.has_virtual_waits());
        assert!(context.skip(Duration::from_secs(1)) && context.clone().skip(Duration::MAX));
        assert_eq!(*skipped.lock().unwrap(), [Duration::from_secs(1), Duration::MAX]);
    }
}
