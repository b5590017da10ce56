//! What goes wrong with requests, as values; one file for each idea.

mod alteration;
mod ending;
mod mix;
mod padding;
mod plan;
mod reaction;
mod retry_after;
mod rule;
mod script;
mod seed;
mod value;
mod words;

#[cfg(feature = "server")]
pub(crate) use self::ending::{LARGEST_INFLATED, Part};
pub use self::mix::FaultMix;
pub use self::plan::FaultPlan;
pub use self::reaction::Reaction;
#[cfg(feature = "server")]
pub(crate) use self::reaction::{Wire, written_head};
pub use self::retry_after::RetryAfter;
pub use self::rule::FaultRule;
pub use self::script::InvalidFaults;
pub use self::seed::{FaultSeed, InvalidSeed};
pub use self::value::{Effect, Fault};
