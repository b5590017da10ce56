//! What ureq's errors mean in words that no HTTP library owns.

use std::io::{self, ErrorKind};

use agentsight_core::transport::TransportFailure;

use crate::send::FileFault;

/// How far a request had got when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    /// A body was promised and none of it had left: nobody can have acted on the request.
    BeforeBody,
    /// There is no body to go by (GET, DELETE, an empty POST): the request may have left.
    Unknown,
    /// The body had begun to leave.
    InBody,
    /// The head of the answer had come.
    Answer,
}

/// Says what a failure means, and whether the service may have seen the request: in doubt, that it may (R16, R17).
///
/// An answer that is not HTTP counts as a broken connection, because it leaves one behind. ureq's error becomes the
/// source unless it may quote the URL or a header (E3).
pub(crate) fn map_failure(error: ureq::Error, reached: Reached) -> TransportFailure {
    if let Some(fault) = file_fault(&error) {
        return fault.into_failure();
    }
    let failure = match (&error, reached) {
        (ureq::Error::Timeout(_), Reached::Answer) => TransportFailure::timeout(),
        (_, Reached::Answer) => TransportFailure::body(),
        (ureq::Error::Timeout(_), Reached::BeforeBody)
        | (ureq::Error::Timeout(ureq::Timeout::Resolve | ureq::Timeout::Connect), _) => {
            TransportFailure::connect_timeout()
        }
        (ureq::Error::Timeout(_), _) => TransportFailure::timeout(),
        (
            ureq::Error::Http(_) | ureq::Error::BadUri(_) | ureq::Error::RequireHttpsOnly(_),
            Reached::BeforeBody | Reached::Unknown,
        )
        | (ureq::Error::Protocol(_), Reached::BeforeBody) => {
            TransportFailure::request("the request cannot be sent as it is")
        }
        (_, Reached::BeforeBody) => TransportFailure::connect(),
        (_, Reached::InBody) => TransportFailure::reset(),
        (error, Reached::Unknown) => without_body(error),
    };
    match error {
        ureq::Error::Http(_)
        | ureq::Error::BadUri(_)
        | ureq::Error::RequireHttpsOnly(_)
        | ureq::Error::ConnectProxyFailed(_)
        | ureq::Error::Protocol(_)
        | ureq::Error::Other(_) => failure,
        error => failure.with_source(error),
    }
}

/// A request without a body: only the error itself can tell whether there was a connection.
fn without_body(error: &ureq::Error) -> TransportFailure {
    match error {
        ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed
        | ureq::Error::ConnectProxyFailed(_)
        | ureq::Error::InvalidProxyUrl
        | ureq::Error::TlsRequired
        | ureq::Error::Tls(_) => TransportFailure::connect(),
        ureq::Error::Io(error) if is_before_connection(error) => TransportFailure::connect(),
        error => match handshake(error) {
            Some(certain) => TransportFailure::connect().with_maybe_seen(!certain),
            None => TransportFailure::reset(),
        },
    }
}

/// Whether only the making of a connection fails like this.
fn is_before_connection(error: &io::Error) -> bool {
    match error.kind() {
        ErrorKind::ConnectionRefused | ErrorKind::AddrNotAvailable => true,
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::NotConnected
        | ErrorKind::UnexpectedEof
        | ErrorKind::WriteZero
        | ErrorKind::InvalidData
        | ErrorKind::TimedOut
        | ErrorKind::WouldBlock
        | ErrorKind::Interrupted
        | ErrorKind::Other => false,
        // A name that does not resolve has no kind of its own. Off Windows it has no code of the system either, which
        // every error of a socket has; on Windows it has one of the codes of the resolver.
        _ => match error.raw_os_error() {
            None => true,
            Some(code) => cfg!(windows) && (11001..=11004).contains(&code),
        },
    }
}

/// Whether this is TLS's error and, if so, whether it is certain that no request had been sent. A bad certificate is
/// found while shaking hands; other faults of TLS may, though they hardly ever do, come later.
#[cfg(feature = "rustls")]
fn handshake(error: &ureq::Error) -> Option<bool> {
    let error = match error {
        ureq::Error::Rustls(error) => error,
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref::<rustls::Error>()?,
        _ => return None,
    };
    Some(matches!(error, rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented))
}

#[cfg(not(feature = "rustls"))]
fn handshake(_: &ureq::Error) -> Option<bool> {
    None
}

fn file_fault(error: &ureq::Error) -> Option<FileFault> {
    match error {
        ureq::Error::Io(error) => error.get_ref()?.downcast_ref::<FileFault>().copied(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use agentsight_core::transport::FailureKind;

    use super::*;

    fn io(kind: ErrorKind) -> ureq::Error {
        ureq::Error::Io(kind.into())
    }

    fn outcome(error: ureq::Error, reached: Reached) -> (FailureKind, bool) {
        let failure = map_failure(error, reached);
        (failure.kind(), failure.maybe_seen())
    }

    #[test]
    fn r16_before_the_body_has_begun_to_leave_the_service_has_seen_nothing() {
        for (error, kind) in [
            (io(ErrorKind::ConnectionReset), FailureKind::Connect),
            (io(ErrorKind::UnexpectedEof), FailureKind::Connect),
            (ureq::Error::HostNotFound, FailureKind::Connect),
            (ureq::Error::Timeout(ureq::Timeout::Global), FailureKind::Timeout),
            (ureq::Error::BadUri("/".to_owned()), FailureKind::Request),
        ] {
            assert_eq!(outcome(error, Reached::BeforeBody), (kind, false));
        }
    }

    #[test]
    fn r17_once_the_body_has_begun_to_leave_the_service_may_have_seen_the_request() {
        for (error, kind) in [
            (io(ErrorKind::ConnectionRefused), FailureKind::Reset),
            (io(ErrorKind::BrokenPipe), FailureKind::Reset),
            (ureq::Error::HostNotFound, FailureKind::Reset),
            (ureq::Error::Timeout(ureq::Timeout::SendBody), FailureKind::Timeout),
            (ureq::Error::Timeout(ureq::Timeout::Global), FailureKind::Timeout),
        ] {
            assert_eq!(outcome(error, Reached::InBody), (kind, true));
        }
    }

    #[test]
    fn r17_without_a_body_only_errors_that_precede_a_connection_are_certain() {
        for (error, expected) in [
            (io(ErrorKind::ConnectionRefused), (FailureKind::Connect, false)),
            (ureq::Error::HostNotFound, (FailureKind::Connect, false)),
            (ureq::Error::Timeout(ureq::Timeout::Resolve), (FailureKind::Timeout, false)),
            (ureq::Error::Timeout(ureq::Timeout::Connect), (FailureKind::Timeout, false)),
            (ureq::Error::Timeout(ureq::Timeout::Global), (FailureKind::Timeout, true)),
            (ureq::Error::Timeout(ureq::Timeout::RecvResponse), (FailureKind::Timeout, true)),
            (io(ErrorKind::ConnectionReset), (FailureKind::Reset, true)),
            (io(ErrorKind::UnexpectedEof), (FailureKind::Reset, true)),
            (io(ErrorKind::TimedOut), (FailureKind::Reset, true)),
        ] {
            assert_eq!(outcome(error, Reached::Unknown), expected);
        }
    }

    #[test]
    fn r17_after_the_head_of_the_answer_the_request_was_seen() {
        for (error, kind) in [
            (io(ErrorKind::UnexpectedEof), FailureKind::Body),
            (io(ErrorKind::ConnectionRefused), FailureKind::Body),
            (ureq::Error::Timeout(ureq::Timeout::Global), FailureKind::Timeout),
        ] {
            assert_eq!(outcome(error, Reached::Answer), (kind, true));
        }
    }

    #[cfg(feature = "rustls")]
    #[test]
    fn r17_a_bad_certificate_is_found_before_the_request_leaves() {
        let bad = rustls::Error::InvalidCertificate(rustls::CertificateError::Expired);
        assert_eq!(outcome(ureq::Error::Rustls(bad.clone()), Reached::Unknown), (FailureKind::Connect, false));
        let wrapped = ureq::Error::Io(io::Error::new(ErrorKind::InvalidData, bad));
        assert_eq!(outcome(wrapped, Reached::Unknown), (FailureKind::Connect, false));
        let corrupt = ureq::Error::Io(io::Error::new(ErrorKind::InvalidData, rustls::Error::DecryptError));
        assert_eq!(outcome(corrupt, Reached::Unknown), (FailureKind::Connect, true));
    }

    #[test]
    fn e3_an_error_that_may_quote_the_address_is_no_source() {
        for error in [
            ureq::Error::BadUri("http://host/?secret".to_owned()),
            ureq::Error::RequireHttpsOnly("http://host/?secret".to_owned()),
            ureq::Error::ConnectProxyFailed("secret".to_owned()),
        ] {
            let failure = map_failure(error, Reached::Unknown);
            assert!(failure.source().is_none() && !format!("{failure} {failure:?}").contains("secret"));
        }
    }
}
