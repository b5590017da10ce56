//! The shape of every state machine: decisions are values, the loop belongs to whoever owns the socket.

use std::time::Duration;

use bytes::Bytes;

use crate::context::Now;
use crate::error::Error;
use crate::transport::{Attempt, TransportFailure};

/// What the owner of a [`Machine`] has to do next.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a drive loop must handle every step; a new one has to break it")]
#[expect(clippy::large_enum_variant, reason = "a step lives for a moment; a box for every request would cost more")]
pub enum Step<T> {
    /// Send this request and hand the answer or the failure to the machine.
    Send(Attempt),
    /// Poll again after this time.
    Wait(Duration),
    /// It is over; the machine must not be polled again.
    Done(Result<T, Error>),
}

/// A conversation with the service, one request at a time, that does no I/O itself.
///
/// Call [`poll`](Self::poll) until it is done. After [`Step::Send`] call exactly one of
/// [`handle_response`](Self::handle_response) and [`handle_failure`](Self::handle_failure) before the next poll.
/// Dropping a machine at any point is safe: a delivery keeps what it had not seen acknowledged (R11).
pub trait Machine {
    /// What the machine arrives at.
    type Output;

    /// Says what to do next.
    fn poll(&mut self, now: Now) -> Step<Self::Output>;

    /// Takes the answer to the request that was handed out.
    fn handle_response(&mut self, now: Now, response: http::Response<Bytes>);

    /// Takes the failure of the request that was handed out.
    fn handle_failure(&mut self, now: Now, failure: TransportFailure);
}
