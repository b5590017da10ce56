use std::time::Duration;

use bytes::Bytes;
use http::Response;

use super::alteration::Alteration;
#[cfg(feature = "server")]
use super::value::Fault;

/// The most that an answer inflates to, in bytes: a gigabyte, a second's work and a megabyte to send.
pub(crate) const LARGEST_INFLATED: u64 = 1024 * 1024 * 1024;

/// How the exchange ends for the client.
#[derive(Clone, Debug)]
pub(super) enum Ending {
    /// The service's own answer.
    Own,
    /// The service's own answer, changed.
    Altered(Alteration),
    /// Somebody else's answer.
    Answer(Response<Bytes>),
    /// Somebody else's answer, given before the body is read.
    EarlyAnswer(Response<Bytes>),
    /// An answer that fills the memory of whoever decompresses it.
    GzipBomb { inflated: u64 },
    /// The service's own answer, with this many objects more in it.
    Padded { values: u64 },
    /// No connection.
    Refused,
    /// A connection that is reset before a byte of the request is read.
    ResetOnAccept,
    /// A kept connection that is closed as the request comes.
    Stale,
    /// The connection ends at `place`, by a reset or in an orderly way.
    Cut { place: Place, is_reset: bool },
    /// One byte of this part at a time.
    Dribble { part: Part, pause: Duration },
    /// Nothing is ever answered.
    Silence,
}

/// How much of an answer is sent before its connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing.
    BeforeHead,
    /// Half of the head.
    InHead,
    /// The head, and so many bytes of the body, but never the last one.
    InBody(usize),
}

/// A part of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Head,
    Body,
}

/// What the server asks before it carries a fault out.
#[cfg(feature = "server")]
impl Fault {
    /// Whether it befalls a connection before there is a request.
    pub(crate) fn meets_connections(&self) -> bool {
        matches!(self.ending, Ending::Refused | Ending::ResetOnAccept)
    }

    /// Whether it befalls a request before its body is read.
    pub(crate) fn meets_heads(&self) -> bool {
        matches!(self.ending, Ending::EarlyAnswer(_) | Ending::Stale)
    }

    /// Whether it befalls only a connection that carried a request before.
    pub(crate) fn needs_kept_connection(&self) -> bool {
        matches!(self.ending, Ending::Stale)
    }
}
