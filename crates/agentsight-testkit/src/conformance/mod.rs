//! What every transport has to keep, as a suite that anyone can run against a transport of their own.
//!
//! The suite starts small servers on 127.0.0.1 that do, byte by byte, what a network and a service can do to a request,
//! and holds the transport to the one thing that the core builds on: whether a request was *answered*, *may have been
//! seen* or was *not sent* (R15 to R17). It also holds it to what crosses the socket: headers once each, bodies exactly,
//! files in their place (R13, R24), no redirect and caps after decompression (C3).
//!
//! And it keeps secrets. Failures and all that caused them show neither the key nor the query, content or a file's name
//! (E3); nor does the transport's own `Debug` before, during and after a request (C2). The log of the whole process is
//! looked at on every level, `tracing`'s and `log`'s: no target shows the key or a stretch of it, not even in a dump of
//! bytes, and `agentsight` no content either (C4). For that the suite takes over the log ([`LogCapture`]): run it in a
//! test program that has no logger of its own.
//!
//! | what happens | what the transport reports | may have been seen |
//! |---|---|---|
//! | nobody listens | [`FailureKind::Connect`] | no |
//! | the connection is closed or reset before anything is read | [`FailureKind::Connect`] or [`FailureKind::Reset`] | no, or yes |
//! | a file is gone or was changed | [`FailureKind::File`] | no |
//! | a file shrinks while it is sent | [`FailureKind::File`] | yes |
//! | the connection breaks before the answer's head is complete, it has no end, or no HTTP comes | [`FailureKind::Reset`] | yes |
//! | time runs out after the request left: silence, or head or body dribble | [`FailureKind::Timeout`] | yes |
//! | the connection breaks in the body, or it is badly framed or not decompressible | [`FailureKind::Body`] | yes |
//! | the body is larger than allowed, also after decompression | [`FailureKind::TooLarge`] | yes |
//! | a whole answer, with any status, also a redirect | the answer | answered |
//!
//! Every fault of [`Fault`](crate::Fault) is among them, or is an answer like any other to a transport.
//!
//! TLS, proxies and name resolution are the environment's and are left to the transport's own tests.

mod answers;
mod attempts;
mod case;
mod connections;
#[cfg(test)]
mod fault_coverage;
mod faults;
mod files;
mod gzip;
mod gzip_bomb;
mod judgement;
mod log_capture;
mod requests;
mod run;
mod secrets;
mod server;
mod under_way;

use std::fmt::Debug;

#[cfg(doc)]
use agentsight_core::transport::FailureKind;
use agentsight_core::transport::{AsyncTransport, Transport};

use self::case::Case;
pub use self::log_capture::{LogCapture, LogRecord, LogTaken, LogWatch};
use self::run::Findings;

/// Holds a blocking transport to the suite. `factory` makes a fresh one for every case.
///
/// Bounded: some seconds in all, most of them for the cases in which time has to run out.
///
/// ```no_run
/// use agentsight_core::transport::{Attempt, Transport, TransportFailure};
/// use bytes::Bytes;
///
/// #[derive(Debug)]
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
pub fn blocking<T: Transport + Debug>(factory: impl Fn() -> T) {
    let mut findings = Findings::new();
    for case in cases() {
        let Some(run) = findings.start(&case) else { continue };
        let transport = factory();
        let outcomes: Vec<_> = run.attempts().map(|attempt| under_way::send(&transport, attempt, &run)).collect();
        drop(transport);
        let traces = run.finish();
        findings.judge(&case, traces, &outcomes);
    }
    findings.report();
}

/// Holds an asynchronous transport to the suite. `factory` makes a fresh one for every case.
///
/// The caller owns the runtime: await this on the one that the transport needs, with its I/O and its timer on.
///
/// ```no_run
/// use agentsight_core::transport::{AsyncTransport, Attempt, TransportFailure};
/// use async_trait::async_trait;
/// use bytes::Bytes;
///
/// #[derive(Debug)]
/// struct MyTransport;
///
/// #[async_trait]
/// impl AsyncTransport for MyTransport {
///     async fn send(&self, attempt: Attempt) -> Result<http::Response<Bytes>, TransportFailure> {
///         // Send it with the HTTP library of your choice.
///         # let _ = attempt;
///         # Err(TransportFailure::connect())
///     }
/// }
///
/// # async fn check() {
/// agentsight_testkit::conformance::asynchronous(|| MyTransport).await;
/// # }
/// ```
///
/// # Panics
/// With a list of everything that the transport does not keep, if there is anything.
pub async fn asynchronous<T: AsyncTransport + Debug>(factory: impl Fn() -> T) {
    let mut findings = Findings::new();
    for case in cases() {
        let Some(run) = findings.start(&case) else { continue };
        let transport = factory();
        let mut outcomes = Vec::new();
        for attempt in run.attempts() {
            outcomes.push(under_way::send_asynchronously(&transport, attempt, &run).await);
        }
        drop(transport);
        let traces = run.finish();
        findings.judge(&case, traces, &outcomes);
    }
    findings.report();
}

fn cases() -> Vec<Case> {
    [requests::cases(), files::cases(), answers::cases(), faults::cases(), connections::cases()].concat()
}
