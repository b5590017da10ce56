//! A chat server: a handle for every conversation, concurrent requests, and a flush on graceful shutdown.
//!
//! ```text
//! cargo run --example axum_chat                               # talks to itself and ends
//! cargo run --example axum_chat -- --serve 127.0.0.1:3000     # stays until Ctrl-C
//! cargo run --example axum_chat -- --live                     # your account: AGENTSIGHT_API_KEY, or a line in .env
//!
//! curl -H 'content-type: application/json' -d '{"message": "Hello!"}' http://127.0.0.1:3000/chat/my-session
//! ```

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use agentsight_examples::Service;
use agentsight_http_async::{AgentMessage, AgentSight, ErrorKind, NewConversation, generate_conversation_id};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// How often what was tracked is sent.
const SEND_EVERY: Duration = Duration::from_secs(5);

/// How many people talk when the server talks to itself.
const PEOPLE: usize = 5;

/// What each of them says.
const QUESTIONS: [&str; 3] = ["Hello!", "How do I reset my password?", "Thanks, bye."];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let service = Service::from_command_line()?;
    let sight = AgentSight::new(service.config())?;
    // Also sends what is pending if an error ends `main` early.
    let flush = sight.flush_on_drop();

    let mut conversations = Vec::new();
    match service.arguments() {
        [] => {
            let listener = TcpListener::bind("127.0.0.1:0").await?;
            let talking = talk(listener.local_addr()?);
            conversations = serve(listener, sight.clone(), talking).await?;
        }
        [flag, address] if flag == "--serve" => {
            let listener = TcpListener::bind(address).await?;
            println!("Listening on http://{}", listener.local_addr()?);
            serve(listener, sight.clone(), asked_to_stop()).await?;
        }
        _ => return Err("usage: axum_chat [--live] [--serve ADDRESS:PORT]".into()),
    }

    let report = flush.flush().await;
    let sent = report.summary();
    println!("Stopped; the last send delivered {} questions and {} answers.", sent.questions, sent.answers);
    report.into_result()?;
    print_arrived(&sight, &conversations).await
}

/// Serves until `end` has come, and answers the requests that are under way then.
async fn serve<T>(listener: TcpListener, sight: AgentSight, end: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let (stop, stopped) = oneshot::channel::<()>();
    let app = Router::new().route("/chat/{id}", post(chat)).with_state(sight.clone());
    let server = axum::serve(listener, app).with_graceful_shutdown(async {
        // Both an answer and a sender that is gone mean the end.
        let _ = stopped.await;
    });
    let sending = tokio::spawn(keep_sending(sight));
    let end = async {
        let outcome = end.await;
        drop(stop);
        outcome
    };
    let ((), outcome) = tokio::try_join!(server.into_future(), end)?;
    // Stopping a send anywhere neither loses nor repeats anything: the flush takes over.
    sending.abort();
    Ok(outcome)
}

#[derive(Deserialize)]
struct Question {
    message: String,
}

#[derive(Serialize)]
struct Reply {
    reply: String,
}

/// Tracks in memory, so that nobody waits for the analytics.
async fn chat(
    State(sight): State<AgentSight>,
    Path(id): Path<String>,
    Json(question): Json<Question>,
) -> Result<Json<Reply>, Refusal> {
    // A handle for each request: a shared current conversation would mix up concurrent ones. Registering a known
    // conversation again costs nothing and sends nothing.
    let chat = sight.get_or_create_conversation(NewConversation::new(id).source("web").device("desktop"))?;
    chat.track_human_message(question.message.as_str())?;
    let reply = think(&question.message);
    chat.track_agent_message(AgentMessage::new(&reply).metadata("model", "echo-1"))?;
    Ok(Json(Reply { reply }))
}

/// The agent.
fn think(question: &str) -> String {
    format!("You said: {question}")
}

/// A request that could not be tracked.
struct Refusal(agentsight_http_async::Error);

impl From<agentsight_http_async::Error> for Refusal {
    fn from(error: agentsight_http_async::Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = match self.0.kind() {
            ErrorKind::InvalidInput => StatusCode::BAD_REQUEST,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        (status, Json(json!({"error": self.0.to_string()}))).into_response()
    }
}

/// Sends in the background. What cannot be sent stays in memory for the next time.
async fn keep_sending(sight: AgentSight) {
    loop {
        tokio::time::sleep(SEND_EVERY).await;
        if let Err(error) = sight.send_all().await.into_result() {
            eprintln!("{error}");
        }
    }
}

/// Completes at Ctrl-C or, on Unix, at the signal that stops a container.
async fn asked_to_stop() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        tokio::select! {
            _ = interrupt.recv() => Ok(()),
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

/// Several people ask their questions at the same time, each in a conversation of their own.
async fn talk(address: SocketAddr) -> io::Result<Vec<String>> {
    let mut people = JoinSet::new();
    for _ in 0..PEOPLE {
        people.spawn(async move {
            let id = generate_conversation_id().to_string();
            for question in QUESTIONS {
                ask(address, &id, question).await?;
            }
            Ok::<_, io::Error>(id)
        });
    }
    let conversations: io::Result<Vec<String>> = people.join_all().await.into_iter().collect();
    println!("{PEOPLE} people asked {} questions each.", QUESTIONS.len());
    conversations
}

/// Asks over a plain socket, which spares the example an HTTP client.
async fn ask(address: SocketAddr, id: &str, question: &str) -> io::Result<()> {
    let body = json!({"message": question}).to_string();
    let request = format!(
        "POST /chat/{id} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    if answer.starts_with("HTTP/1.1 200 ") { Ok(()) } else { Err(io::Error::other(answer)) }
}

/// Reads the conversations back.
async fn print_arrived(sight: &AgentSight, conversations: &[String]) -> Result<(), Box<dyn Error>> {
    for id in conversations {
        let conversation = sight.api().fetch_conversation(id).await?;
        println!("\n{id}");
        for message in conversation.messages() {
            println!("  {:<8}  {}", message.sender, message.content);
        }
        if conversation.messages().len() != 2 * QUESTIONS.len() {
            return Err("a question or an answer is missing".into());
        }
    }
    Ok(())
}
