use std::fmt;

use super::alteration::Alteration;
use super::ending::{Ending, Part, Place};
use super::value::{Effect, Fault};

/// What goes wrong, in words: what comes of the exchange, when, and whether the request takes effect.
///
/// ```
/// use std::time::Duration;
/// use agentsight_testkit::Fault;
///
/// let lost = Fault::store_then_drop().delayed(Duration::from_secs(2));
/// assert_eq!(lost.to_string(), "closed without an answer, after 2s, took effect");
/// ```
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.ending {
            Ending::Own => f.write_str("answered")?,
            Ending::Altered(Alteration::HalfOfBody) => f.write_str("half of the answer's JSON")?,
            Ending::Altered(Alteration::WithoutId) => f.write_str("answered without an id")?,
            Ending::Altered(Alteration::ContentType(_)) => f.write_str("answered under another content type")?,
            Ending::Altered(Alteration::TrimmedText) => f.write_str("texts trimmed")?,
            Ending::Altered(Alteration::OtherConversation) => f.write_str("answered about another conversation")?,
            Ending::Padded { values } => write!(f, "answered with {values} JSON values more")?,
            Ending::Answer(answer) => write!(f, "answered {}", answer.status())?,
            Ending::EarlyAnswer(answer) => write!(f, "answered {} before the body was read", answer.status())?,
            Ending::GzipBomb { inflated } => write!(f, "gzip bomb of {inflated} bytes")?,
            Ending::Refused => f.write_str("connection refused")?,
            Ending::ResetOnAccept => f.write_str("reset as it was accepted")?,
            Ending::Stale => f.write_str("kept connection closed")?,
            Ending::Cut { place, is_reset } => {
                f.write_str(if *is_reset { "reset" } else { "closed" })?;
                match place {
                    Place::BeforeHead => f.write_str(" without an answer")?,
                    Place::InHead => f.write_str(" in the head of the answer")?,
                    Place::InBody(bytes) => write!(f, " after {bytes} bytes of the answer's body")?,
                }
            }
            Ending::Dribble { part, pause } => {
                let part = if *part == Part::Head { "head" } else { "body" };
                write!(f, "{part} of the answer one byte each {pause:?}")?;
            }
            Ending::Silence => f.write_str("never answered")?,
        }
        if !self.delay.is_zero() {
            write!(f, ", after {:?}", self.delay)?;
        }
        match self.effect {
            Effect::Never => f.write_str(", no effect"),
            Effect::OnArrival => f.write_str(", took effect"),
            Effect::Late(after) => write!(f, ", takes effect {after:?} later"),
        }
    }
}
