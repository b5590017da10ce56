//! What HTTP/2 says about a request that gets no answer (R17). The frames are those of RFC 9113.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use agentsight_core::transport::FailureKind;
use agentsight_http_async::ReqwestTransport;
use tokio::runtime::Builder;

use crate::Client;
use crate::attempts::{get, post};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;

const NO_ERROR: u32 = 0;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

#[test]
fn r17_a_request_that_http_2_did_not_process_was_not_seen() {
    for (what, answer, maybe_seen) in [
        ("the stream is refused", reset(REFUSED_STREAM), false),
        ("the stream is cancelled", reset(CANCEL), true),
        ("the server leaves before the stream", go_away(0, NO_ERROR), false),
        ("the server leaves before the stream, overwhelmed", go_away(0, ENHANCE_YOUR_CALM), false),
        ("the server leaves after the stream", go_away(1, NO_ERROR), true),
        ("the server leaves after the stream, overwhelmed", go_away(1, ENHANCE_YOUR_CALM), true),
    ] {
        for has_body in [true, false] {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
            let url = format!("http://{}/", listener.local_addr().expect("a bound socket has an address"));
            let answer = answer.clone();
            let server = thread::spawn(move || serve(&listener, if has_body { DATA } else { HEADERS }, &answer));
            let client = Client::new(ReqwestTransport::from_client(speaks_http_2()), Builder::new_current_thread());
            let attempt = if has_body { post(&url) } else { get(&url) };
            let failure = client.send(attempt).expect_err("no answer");
            let verdict = (failure.kind(), failure.maybe_seen());
            assert_eq!(verdict, (FailureKind::Reset, maybe_seen), "{what}, {has_body}: {failure:?}");
            // Its connection may be idle and open, and the server waits for its end.
            drop(client);
            server.join().expect("the server understands its visitor");
        }
    }
}

/// A client that needs no TLS to agree on HTTP/2.
fn speaks_http_2() -> reqwest::Client {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the provider knows the default versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder().no_proxy().retry(reqwest::retry::never());
    client.tls_backend_preconfigured(tls).http2_prior_knowledge().build().expect("a client")
}

/// Answers the first frame of a kind, and closes the connection.
fn serve(listener: &TcpListener, kind: u8, answer: &[u8]) {
    let (mut stream, _) = listener.accept().expect("a visitor");
    let mut preface = [0; PREFACE.len()];
    stream.read_exact(&mut preface).expect("the preface");
    assert_eq!(preface, PREFACE);
    stream.write_all(&frame(SETTINGS, 0, &[])).expect("the visitor listens");
    while next_kind(&mut stream) != kind {}
    stream.write_all(answer).expect("the visitor listens");
    // The visitor may leave first.
    let _ = stream.shutdown(std::net::Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

/// Takes a frame, and says of which kind it is.
fn next_kind(stream: &mut TcpStream) -> u8 {
    let mut head = [0; 9];
    stream.read_exact(&mut head).expect("a frame");
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut content = vec![0; usize::try_from(length).expect("a short frame")];
    stream.read_exact(&mut content).expect("a whole frame");
    head[3]
}

fn reset(reason: u32) -> Vec<u8> {
    frame(RST_STREAM, 1, &reason.to_be_bytes())
}

fn go_away(last_stream: u32, reason: u32) -> Vec<u8> {
    frame(GOAWAY, 0, &[last_stream.to_be_bytes(), reason.to_be_bytes()].concat())
}

fn frame(kind: u8, stream: u32, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).expect("a short frame").to_be_bytes();
    [&length[1..], &[kind, 0], &stream.to_be_bytes(), content].concat()
}
