//! The requests that the vendor's Python client 0.0.44 was recorded to send, made through the clients of this SDK.
//!
//! Each client crate's `tests/golden/` supplies one thing: how a call is made ([`Client`]). The rest is here: reading the
//! recording, the calls in our types, what crosses the socket, and the differences, each by its name in
//! `docs/differences.md`.

pub(crate) mod call;
mod clock;
mod difference;
mod expectation;
mod numbers;
pub(crate) mod outcome;
pub(crate) mod proof;
mod request;
mod scenario;

use agentsight_core::{Config, Context, Error};
use serde_json::Value;

use self::call::Call;

/// A client of this SDK, with one tracker.
pub(crate) trait Client: Sized + Send + Sync {
    /// A client over a real socket, with a clock and randomness of the test's.
    fn open(config: Config, context: Context) -> Self;

    /// The same client with a tracker of its own.
    fn with_own_tracker(&self) -> Self;

    /// Makes one call to its end. What the caller gets is compared as JSON; what is not compared is null.
    fn make(&self, call: Call) -> Result<Value, Error>;

    /// A conversation id, as the crate generates it.
    fn generated_id() -> String;
}

/// The tests that every client passes. The macro names them, so that a failure says which difference broke.
macro_rules! hold_to_the_recording {
    ($client:ty) => {
        #[test]
        fn the_recorded_calls_give_the_recorded_requests_up_to_the_named_differences() {
            $crate::golden::proof::prove::<$client>();
        }
    };
}
