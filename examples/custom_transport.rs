//! Transports of one's own: one that logs and delegates, and one that needs no socket, for each of the two clients.
//!
//! ```text
//! cargo run --example custom_transport              # a fake service, nothing to set up
//! cargo run --example custom_transport -- --live    # your account: AGENTSIGHT_API_KEY, or a line in .env
//! ```
//!
//! A transport sends one request and decides nothing: order, repetition and time limits stay with the client.

use std::error::Error;
use std::time::{Duration, Instant};

use agentsight_examples::Service;
use agentsight_http_async::{AgentSight as AsyncAgentSight, ReqwestTransport};
use agentsight_http_blocking::transport::{AsyncTransport, Attempt, Transport, TransportFailure};
use agentsight_http_blocking::{AgentSight, Config, UreqTransport, generate_conversation_id};
use agentsight_testkit::FakeApi;
use async_trait::async_trait;
use bytes::Bytes;
use http::Response;

/// What sending one request comes to.
type Answer = Result<Response<Bytes>, TransportFailure>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let service = Service::from_command_line()?;

    println!("Logging, blocking:");
    let transport = Logging(UreqTransport::new(&service.config())?);
    let sight = AgentSight::builder(service.config()).transport(transport).build()?;
    // Blocking work has threads of its own; in a program without tokio this is a plain call.
    tokio::task::spawn_blocking(move || greet(&sight)).await??;

    println!("\nLogging, async:");
    let transport = Logging(ReqwestTransport::new(&service.config())?);
    greet_async(&AsyncAgentSight::builder(service.config()).transport(transport).build()?).await?;

    let api = FakeApi::new();
    let config = || Config::builder().api_key(api.api_key()).build();
    println!("\nIn memory, blocking:");
    greet(&AgentSight::builder(config()?).transport(InMemory(api.clone())).build()?)?;
    println!("\nIn memory, async:");
    greet_async(&AsyncAgentSight::builder(config()?).transport(InMemory(api.clone())).build()?).await?;
    println!("  the service in memory saw {} requests", api.requests().len());
    Ok(())
}

/// Says what was asked, what came back, and how long it took; the transport inside does the work.
struct Logging<T>(T);

impl<T: Transport> Transport for Logging<T> {
    fn send(&self, attempt: Attempt) -> Answer {
        // The path only: a query may hold what somebody searched for.
        let what = format!("{} {}", attempt.request.method(), attempt.request.uri().path());
        let started = Instant::now();
        let answer = self.0.send(attempt);
        log(&what, started.elapsed(), &answer);
        answer
    }
}

#[async_trait]
impl<T: AsyncTransport> AsyncTransport for Logging<T> {
    async fn send(&self, attempt: Attempt) -> Answer {
        let what = format!("{} {}", attempt.request.method(), attempt.request.uri().path());
        let started = Instant::now();
        let answer = self.0.send(attempt).await;
        log(&what, started.elapsed(), &answer);
        answer
    }
}

/// Answers from a service inside the process: an application's tests without sockets.
struct InMemory(FakeApi);

impl InMemory {
    fn answer(&self, attempt: Attempt) -> Answer {
        let (head, body) = attempt.request.into_parts();
        let body = body.to_bytes().ok_or_else(|| TransportFailure::request("files on disk need a real transport"))?;
        Ok(self.0.handle(http::Request::from_parts(head, body)))
    }
}

impl Transport for InMemory {
    fn send(&self, attempt: Attempt) -> Answer {
        self.answer(attempt)
    }
}

#[async_trait]
impl AsyncTransport for InMemory {
    async fn send(&self, attempt: Attempt) -> Answer {
        self.answer(attempt)
    }
}

fn log(what: &str, took: Duration, answer: &Answer) {
    match answer {
        Ok(answer) => println!("  {what} -> {} in {took:.1?}", answer.status()),
        Err(failure) => println!("  {what} -> {failure} after {took:.1?}"),
    }
}

fn greet(sight: &AgentSight) -> Result<(), agentsight_http_blocking::Error> {
    let chat = sight.conversation(generate_conversation_id())?;
    chat.track_human_message("Hello!")?;
    chat.track_agent_message("Hi! How can I help?")?;
    let report = chat.send()?;
    println!("  {} items acknowledged", report.acknowledged());
    Ok(())
}

async fn greet_async(sight: &AsyncAgentSight) -> Result<(), agentsight_http_async::Error> {
    let chat = sight.conversation(generate_conversation_id())?;
    chat.track_human_message("Hello!")?;
    chat.track_agent_message("Hi! How can I help?")?;
    let report = chat.send().await?;
    println!("  {} items acknowledged", report.acknowledged());
    Ok(())
}
