//! The requests that the vendor's Python client 0.0.44 was recorded to send, made through the clients of this SDK.
//!
//! Each client crate's `tests/golden/` supplies one thing: how a call is made ([`Client`]). The rest is here: reading the
//! recording, the calls in our types, what crosses the socket, and the differences, each by its name in
//! `docs/differences.md`.

pub(crate) mod behaviour;
pub(crate) mod call;
pub(crate) mod clock;
mod difference;
pub(crate) mod documentation;
mod expectation;
mod numbers;
pub(crate) mod outcome;
pub(crate) mod proof;
mod request;
mod scenario;

use std::sync::Arc;

use agentsight_core::{Config, Error};
use serde_json::Value;

use self::call::Call;
use self::clock::Clock;

/// A client of this SDK, with one tracker.
pub(crate) trait Client: Sized + Send + Sync {
    /// A client over the transport that is shipped, except that it reads this clock and its waits are this clock's.
    fn open(config: Config, clock: Arc<Clock>) -> Self;

    /// The same client with a tracker of its own.
    fn with_own_tracker(&self) -> Self;

    /// Makes one call to its end. What the caller gets is compared as JSON; what is not compared is null.
    fn make(&self, call: Call) -> Result<Value, Error>;

    /// A conversation id, as the crate generates it.
    fn generated_id() -> String;
}

/// Every test of [`behaviour`], given to a macro after its own arguments.
macro_rules! with_every_behaviour {
    ($macro:ident $(, $argument:ty)?) => {
        $macro! {
            $($argument,)?
            a_blank_id_is_refused
            a_busy_service_is_asked_again
            a_lost_answer_repeats_nothing
            a_refused_file_of_a_message_is_reported
            an_agents_files_carry_its_conversation
            an_empty_send_is_no_error
            an_event_without_a_registration_is_sent
            an_explicit_environment_beats_the_configured_one
            counters_belong_to_their_conversation
            counters_of_zero_send_nothing
            generated_ids_have_32_digits
            nothing_is_forgotten_before_it_is_acknowledged
            the_files_name_tells_its_type_before_its_content
            threads_do_not_share_a_conversation
        }
    };
}
pub(crate) use with_every_behaviour;

/// The tests that a client passes.
macro_rules! tests_of {
    ($client:ty, $($behaviour:ident)+) => {
        #[test]
        fn the_recorded_calls_give_the_recorded_requests_up_to_the_named_differences() {
            $crate::golden::proof::prove::<$client>();
        }

        #[test]
        fn the_page_of_differences_names_them_all_and_the_tests_that_show_them() {
            $crate::golden::documentation::check();
        }

        $(#[test]
        fn $behaviour() {
            $crate::golden::behaviour::$behaviour::<$client>();
        })+
    };
}
pub(crate) use tests_of;
