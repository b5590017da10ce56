//! What every transport has to keep, as a suite that anyone can run against a transport of their own.
//!
//! The suite starts small servers on 127.0.0.1 that do, byte by byte, what a network and a service can do to a request,
//! and holds the transport to the one thing that the core builds on: whether a request was *answered*, *may have been
//! seen* or was *not sent* (R15 to R17). It also holds it to what crosses the socket: headers once each, bodies exactly,
//! files in their place (R13, R24), no redirect, caps after decompression (C3), and failures that show neither the key
//! nor the query (E3).
//!
//! | what happens | what the transport reports | may have been seen |
//! |---|---|---|
//! | nobody listens | [`FailureKind::Connect`] | no |
//! | a file is gone or was changed | [`FailureKind::File`] | no |
//! | the connection breaks before the answer's head is complete, or no HTTP comes | [`FailureKind::Reset`] | yes |
//! | time runs out after the request left: silence, or head or body dribble | [`FailureKind::Timeout`] | yes |
//! | the body is cut short, badly framed or not decompressible | [`FailureKind::Body`] | yes |
//! | the body is larger than allowed, also after decompression | [`FailureKind::TooLarge`] | yes |
//! | a whole answer, with any status, also a redirect | the answer | answered |
//!
//! TLS, proxies and name resolution are the environment's and are left to the transport's own tests.

mod answers;
mod case;
mod connections;
mod faults;
mod files;
mod gzip;
mod gzip_bomb;
mod requests;
mod server;

#[cfg(doc)]
use agentsight_core::transport::FailureKind;
use agentsight_core::transport::{AsyncTransport, Transport};

use self::case::{Case, Findings};

/// Holds a blocking transport to the suite. `factory` makes a fresh one for every case.
///
/// Bounded: some seconds in all, most of them for the cases in which time has to run out.
///
/// ```no_run
/// use agentsight_core::transport::{Attempt, Transport, TransportFailure};
/// use bytes::Bytes;
///
/// struct MyTransport;
///
/// impl Transport for MyTransport {
///     fn send(&self, attempt: Attempt) -> Result<http::Response<Bytes>, TransportFailure> {
///         // Send it with the HTTP library of your choice.
///         # let _ = attempt;
///         # Err(TransportFailure::connect())
///     }
/// }
///
/// agentsight_testkit::conformance::blocking(|| MyTransport);
/// ```
///
/// # Panics
/// With a list of everything that the transport does not keep, if there is anything.
pub fn blocking<T: Transport>(factory: impl Fn() -> T) {
    let mut findings = Findings::default();
    for case in cases() {
        let Some(run) = findings.start(&case) else { continue };
        let transport = factory();
        let outcomes = run.attempts().map(|attempt| transport.send(attempt)).collect();
        findings.judge(&case, run, outcomes);
    }
    findings.report();
}

/// Holds an asynchronous transport to the suite. `factory` makes a fresh one for every case.
///
/// The caller owns the runtime: await this on the one that the transport needs, with its I/O and its timer on.
///
/// ```no_run
/// # async fn check() {
/// use agentsight_core::transport::{Attempt, TransportFailure};
///
/// let transport = |attempt: Attempt| async move {
///     // Send it with the HTTP library of your choice.
///     drop(attempt);
///     Err(TransportFailure::connect())
/// };
/// agentsight_testkit::conformance::asynchronous(|| transport).await;
/// # }
/// ```
///
/// # Panics
/// With a list of everything that the transport does not keep, if there is anything.
pub async fn asynchronous<T: AsyncTransport>(factory: impl Fn() -> T) {
    let mut findings = Findings::default();
    for case in cases() {
        let Some(run) = findings.start(&case) else { continue };
        let transport = factory();
        let mut outcomes = Vec::new();
        for attempt in run.attempts() {
            outcomes.push(transport.send(attempt).await);
        }
        findings.judge(&case, run, outcomes);
    }
    findings.report();
}

fn cases() -> Vec<Case> {
    [requests::cases(), files::cases(), answers::cases(), faults::cases(), connections::cases()].concat()
}
