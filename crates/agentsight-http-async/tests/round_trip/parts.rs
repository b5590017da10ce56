//! A client from parts, what it shares with code that only records, and its key (R16, R28).

use std::future::ready;

use agentsight_http_async::transport::Attempt;
use agentsight_http_async::{AgentSight, Config, Error, ErrorKind, Health, Recorder};
use agentsight_testkit::{Fault, FaultRule};
use http::StatusCode;
use http::header::AUTHORIZATION;

use crate::service::serve;
use crate::virtual_service::VirtualService;

/// Records without knowing which client it works with.
fn record(recorder: &Recorder) -> Result<(), Error> {
    recorder.conversation("c-1")?.track_human_message("Hello")
}

#[cfg(feature = "rustls")]
#[tokio::test]
async fn h4_a_ready_made_http_client_is_used() -> Result<(), Error> {
    let server = serve();
    let config = Config::builder().api_key(server.api_key()).endpoint(server.url()).build()?;
    let http_client = ready_made();
    let sight = AgentSight::builder(config).http_client(http_client).build()?;
    record(&sight.recorder())?;
    assert_eq!(sight.conversation("c-1")?.send().await?.summary.questions, 1);
    assert_eq!(server.api().transcript("c-1").len(), 1);
    Ok(())
}

#[test]
fn h9_what_is_recorded_through_a_recorder_is_the_clients() -> Result<(), Error> {
    let sight = AgentSight::disabled();
    record(&sight.recorder())?;
    assert!(sight.conversation("c-1")?.has_pending());
    assert_eq!((sight.stats().tracked, sight.stats().pending), (1, 1));
    Ok(())
}

#[tokio::test]
async fn r16_a_new_key_is_tried_at_once() -> Result<(), Error> {
    let service = VirtualService::default();
    let answering = service.clone();
    let transport = move |attempt: Attempt| {
        let shown = attempt.request.headers().get(AUTHORIZATION).and_then(|shown| shown.to_str().ok());
        let is_revoked = shown.is_some_and(|shown| shown.ends_with(revoked()));
        let mut answer = answering.apply(attempt);
        if is_revoked {
            *answer.status_mut() = StatusCode::UNAUTHORIZED;
        }
        ready(Ok(answer))
    };
    let key = service.api.api_key().to_owned();
    let sight = AgentSight::builder(Config::builder().api_key(revoked()).build()?)
        .context(service.context())
        .transport(transport)
        .build()?;
    record(&sight.recorder())?;
    let chat = sight.conversation("c-1")?;
    for _ in 0..2 {
        assert_eq!(chat.send().await.map_err(|error| error.kind()).err(), Some(ErrorKind::Unauthorized));
        assert!(matches!(sight.health(), Health::Refused { because: ErrorKind::Unauthorized, .. }));
    }
    assert_eq!(sight.set_api_key("no key").map_err(|error| error.kind()), Err(ErrorKind::Config));
    sight.set_api_key(key)?;
    assert_eq!(sight.health(), Health::Healthy);
    assert_eq!(chat.send().await?.summary.questions, 1);
    Ok(())
}

#[test]
fn r16_a_disabled_client_has_no_key() {
    let error = AgentSight::disabled().set_api_key(revoked()).expect_err("it sends nothing");
    assert_eq!(error.kind(), ErrorKind::Config);
}

#[tokio::test]
async fn r28_the_books_of_a_client_balance() -> Result<(), Error> {
    let server = serve();
    let sight = crate::service::client_of(&server)?;
    record(&sight.recorder())?;
    server.add_fault(FaultRule::new(Fault::status(StatusCode::BAD_REQUEST)).path("/api/track/"));
    assert_eq!(sight.conversation("c-1")?.send().await?.rejected(), 1);
    record(&sight.recorder())?;
    let letters = sight.dead_letters();
    letters.iter().try_for_each(|letter| sight.requeue(letter))?;
    assert!(sight.send_all().await.is_complete());
    let stats = sight.stats();
    assert_eq!((stats.tracked, stats.requeued, stats.acknowledged, stats.rejected, stats.pending), (2, 1, 2, 1, 0));
    Ok(())
}

/// A client that the program made.
#[cfg(feature = "rustls")]
fn ready_made() -> reqwest::Client {
    let tls = rustls::ClientConfig::builder_with_provider(rustls::crypto::ring::default_provider().into())
        .with_safe_default_protocol_versions()
        .expect("the provider knows the default versions")
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    let client = reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls);
    client.build().expect("a client")
}

/// A well-formed key that belongs to nobody.
fn revoked() -> &'static str {
    "ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3"
}
