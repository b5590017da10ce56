//! Every fault that a test can provoke, and what the transport makes of it (R15-R17).

use std::error::Error as _;
use std::net::TcpListener;
use std::time::Duration;

use agentsight_core::transport::{Attempt, FailureKind, TransportFailure};

use crate::gzip::gzip;
use crate::gzip_bomb::{BOMB_LENGTH, bomb};
use crate::raw_server::{RawServer, Visitor};
use crate::{clients, get, post};

/// What a failure says: its kind, and whether the service may have seen the request.
type Verdict = (FailureKind, bool);

/// Sends a POST and a GET, from either flavour of runtime, to a server that treats all of them like this.
fn verdicts(scheme: &str, script: fn(Visitor), adjust: fn(Attempt) -> Attempt) -> [Verdict; 2] {
    let [one, other] = clients().map(|client| {
        let server = serve(script);
        let url = format!("{scheme}://{}/?query=secret", server.address());
        let verdicts = [post(&url), get(&url)].map(|attempt| {
            let failure = client.send(adjust(attempt)).expect_err("a fault");
            assert_no_secret(&failure);
            (failure.kind(), failure.maybe_seen())
        });
        drop(client);
        verdicts
    });
    assert_eq!(one, other, "the runtime makes no difference");
    one
}

/// A server that treats every visitor like this.
fn serve(script: fn(Visitor)) -> RawServer<()> {
    RawServer::start(move |visitors| {
        while let Some(visitor) = visitors.next() {
            script(visitor);
        }
    })
}

/// E3: neither the query nor the key is in the failure, however it is shown, or in what caused it.
fn assert_no_secret(failure: &TransportFailure) {
    let mut shown = format!("{failure} {failure:?}");
    let mut source = failure.source();
    while let Some(error) = source {
        shown += &format!(" {error} {error:?}");
        source = error.source();
    }
    assert!(!shown.contains("secret") && !shown.contains("ags_key"), "{shown}");
}

/// Reads the request and answers with these bytes, then closes.
fn answer(mut visitor: Visitor, bytes: impl AsRef<[u8]>) {
    if visitor.request().is_some() {
        visitor.send(bytes);
    }
}

/// Reads the request, answers with these bytes and then keeps the visitor waiting.
fn answer_and_wait(mut visitor: Visitor, bytes: impl AsRef<[u8]>) {
    if visitor.request().is_some() {
        visitor.send(bytes);
        visitor.drain();
    }
}

fn as_it_is(attempt: Attempt) -> Attempt {
    attempt
}

fn short(attempt: Attempt) -> Attempt {
    attempt.timeout(Duration::from_millis(300))
}

#[test]
fn r17_a_connection_that_breaks_before_the_answer_leaves_the_request_in_doubt() {
    let scripts: [fn(Visitor); 4] = [
        |visitor| answer(visitor, ""),
        |visitor| answer(visitor, "HTTP/1.1 200 OK\r\nContent-Le"),
        |visitor| answer(visitor, "220 this is a mail server\r\n\r\n"),
        Visitor::reset,
    ];
    for script in scripts {
        assert_eq!(verdicts("http", script, as_it_is), [(FailureKind::Reset, true); 2]);
    }
}

#[test]
fn r17_an_answer_that_breaks_off_leaves_the_request_in_doubt() {
    let scripts: [fn(Visitor); 6] = [
        |visitor| answer(visitor, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\""),
        |visitor| answer(visitor, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        |visitor| answer(visitor, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\""),
        |visitor| answer(visitor, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n"),
        |visitor| answer(visitor, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\nnot gzip"),
        |visitor| {
            let whole = gzip(b"cut off");
            let head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n";
            answer(visitor, [head, &whole[..whole.len() - 12]].concat());
        },
    ];
    for script in scripts {
        assert_eq!(verdicts("http", script, as_it_is), [(FailureKind::Body, true); 2]);
    }
}

#[test]
fn r16_time_that_runs_out_after_the_request_has_left_leaves_it_in_doubt() {
    let scripts: [fn(Visitor); 3] = [
        |visitor| answer_and_wait(visitor, ""),
        |visitor| answer_and_wait(visitor, "HTTP/1.1 200 OK\r\nContent-"),
        |visitor| answer_and_wait(visitor, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\""),
    ];
    for script in scripts {
        assert_eq!(verdicts("http", script, short), [(FailureKind::Timeout, true); 2]);
    }
}

#[test]
fn r16_an_answer_that_trickles_in_does_not_stretch_the_time() {
    let trickle = |mut visitor: Visitor| {
        visitor.request();
        visitor.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while visitor.send("1\r\nx\r\n") {}
    };
    let enough = |attempt| short(attempt).response_limit(u64::MAX);
    assert_eq!(verdicts("http", trickle, enough), [(FailureKind::Timeout, true); 2]);
}

#[test]
fn c3_an_answer_that_is_too_large_is_refused() {
    let small = |attempt: Attempt| attempt.response_limit(1000);
    // The body never comes: a declared length is refused at once.
    let declared = |visitor| answer_and_wait(visitor, "HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n");
    assert_eq!(verdicts("http", declared, small), [(FailureKind::TooLarge, true); 2]);
    let endless = |mut visitor: Visitor| {
        visitor.request();
        visitor.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        while visitor.send(format!("400\r\n{}\r\n", "x".repeat(0x400))) {}
    };
    assert_eq!(verdicts("http", endless, small), [(FailureKind::TooLarge, true); 2]);
}

#[test]
fn c3_a_gzip_bomb_is_stopped_while_it_inflates() {
    for client in clients() {
        const LIMIT: u64 = 1024 * 1024;
        let server = RawServer::start(|visitors| {
            let mut visitor = visitors.next()?;
            visitor.request()?;
            visitor.send("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n");
            Some(bomb().take_while(|piece| visitor.send(piece)).map(|piece| piece.len() as u64).sum::<u64>())
        });
        let failure = client.send(get(&server.url("/")).response_limit(LIMIT)).expect_err("far too large");
        drop(client);
        assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::TooLarge, true));
        let sent = server.finish().expect("a request arrived");
        assert!(sent < BOMB_LENGTH / 160, "the whole bomb was taken in: {sent} bytes");
    }
}

#[test]
fn r17_without_a_connection_the_service_has_seen_nothing() {
    for client in clients() {
        let refused = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        for url in [format!("http://{refused}/?secret"), "http://no-such-host.invalid/?secret".to_owned()] {
            for attempt in [post(&url), get(&url)] {
                let failure = client.send(attempt).expect_err("nobody is there");
                assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::Connect, false), "{url}");
                assert_no_secret(&failure);
            }
        }
    }
}

#[cfg(feature = "rustls")]
#[test]
fn r17_a_tls_handshake_that_fails_is_a_connection_that_fails() {
    let plain: fn(Visitor) = |mut visitor| {
        visitor.send("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
        visitor.drain();
    };
    for script in [plain, Visitor::reset] {
        assert_eq!(verdicts("https", script, as_it_is), [(FailureKind::Connect, false); 2]);
    }
}

#[cfg(feature = "rustls")]
#[test]
fn r16_time_that_runs_out_before_there_is_a_connection_is_not_in_doubt() {
    use tokio::runtime::Builder;

    use crate::{Client, config, transport_for};

    let silent: fn(Visitor) = |visitor| {
        visitor.drain();
    };
    // A request with a body has a time to connect of its own, whatever the client's is ...
    let impatient = |attempt: Attempt| attempt.connect_timeout(Duration::from_millis(200));
    let server = serve(silent);
    for client in clients() {
        let failure =
            client.send(impatient(post(&server.url("/").replace("http", "https")))).expect_err("no handshake");
        assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::Timeout, false));
    }
    // ... and where the whole attempt is shorter than that, it still is not in doubt.
    for client in clients() {
        let failure = client.send(short(post(&server.url("/").replace("http", "https")))).expect_err("no handshake");
        assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::Timeout, false));
    }
    // Without a body the client's holds.
    let impatient = transport_for(config().connect_timeout(Duration::from_millis(200)));
    let client = Client::new(impatient, Builder::new_current_thread());
    let failure = client.send(get(&server.url("/").replace("http", "https"))).expect_err("no handshake");
    assert_eq!((failure.kind(), failure.maybe_seen()), (FailureKind::Timeout, false));
}

#[cfg(not(feature = "rustls"))]
#[test]
fn h6_without_the_feature_https_is_refused() {
    let [with_body, without] = verdicts("https", drop, as_it_is);
    assert_eq!((with_body, without), ((FailureKind::Connect, false), (FailureKind::Connect, false)));
}
