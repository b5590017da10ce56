//! A chat server: a handle for every conversation, delivery in the background, and an end within seconds.
//!
//! ```text
//! cargo run --example axum_chat                               # talks to itself and ends
//! cargo run --example axum_chat -- --serve 127.0.0.1:3000     # stays until Ctrl-C or SIGTERM
//! cargo run --example axum_chat -- --live                     # your account: AGENTSIGHT_API_KEY, or a line in .env
//!
//! curl -H 'content-type: application/json' -d '{"message": "Hello!"}' http://127.0.0.1:3000/chat/my-session
//! ```

use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use agentsight_examples::Service;
use agentsight_http_async::{AgentMessage, AgentSight, NewConversation, generate_conversation_id};
use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

/// How often somebody looks at what the service refused.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// How long the requests that are under way get at the end. A container is killed 10 seconds after it was asked to stop.
const LAST_REQUESTS: Duration = Duration::from_secs(3);

/// How long what was tracked gets at the end.
const LAST_EVENTS: Duration = Duration::from_secs(5);

/// How many people talk when the server talks to itself.
const PEOPLE: usize = 5;

/// What each of them says.
const QUESTIONS: [&str; 3] = ["Hello!", "How do I reset my password?", "Thanks, bye."];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let service = Service::from_command_line()?;
    let sight = AgentSight::new(service.config())?;
    // Delivers what is tracked from here on; also if an error ends `main` early, for a few seconds.
    let delivery = sight.start_background_delivery()?;

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

    let report = delivery.shutdown(LAST_EVENTS).await;
    let stats = sight.stats();
    println!("Stopped; {} events were delivered, {} are left.", stats.acknowledged, report.pending);
    tell_refused(&sight);
    let _ = report.into_result()?;
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
    let looking = tokio::spawn(keep_looking(sight));
    let ended = async {
        let outcome = end.await;
        drop(stop);
        outcome
    };
    let serving = tokio::spawn(server.into_future());
    let outcome = ended.await;
    // Nobody who keeps a connection open holds up the end.
    if let Ok(served) = tokio::time::timeout(LAST_REQUESTS, serving).await {
        served.map_err(io::Error::other)??;
    }
    looking.abort();
    outcome
}

#[derive(Deserialize)]
struct Question {
    message: String,
}

#[derive(Serialize)]
struct Reply {
    reply: String,
}

/// Replies. What is said is tracked in memory, so that nobody waits for the analytics, and nobody is refused because of
/// them.
async fn chat(State(sight): State<AgentSight>, Path(id): Path<String>, Json(question): Json<Question>) -> Json<Reply> {
    let reply = think(&question.message);
    if let Err(error) = record(&sight, id, &question.message, &reply) {
        // Names the field or the bound, and never the content.
        eprintln!("not recorded: {error}");
    }
    Json(Reply { reply })
}

/// Tracks a question and its answer.
fn record(sight: &AgentSight, id: String, question: &str, reply: &str) -> Result<(), agentsight_http_async::Error> {
    // A handle for each request: a shared current conversation would mix up concurrent ones. Registering a known
    // conversation again costs nothing and sends nothing.
    let chat = sight.get_or_create_conversation(NewConversation::new(id).source("web").device("desktop"))?;
    chat.track_human_message(question)?;
    chat.track_agent_message(AgentMessage::new(reply).metadata("model", "echo-1"))
}

/// The agent.
fn think(question: &str) -> String {
    format!("You said: {question}")
}

/// Looks again and again at what the service refused: nobody else will.
async fn keep_looking(sight: AgentSight) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        tell_refused(&sight);
    }
}

/// Tells what the service refused, and gives it up. An application that can mend it would put it back with `requeue`.
fn tell_refused(sight: &AgentSight) {
    for letter in sight.dead_letters() {
        eprintln!("{} of {} was refused: {}", letter.kind, letter.conversation_id, letter.error);
        // Somebody else may have settled it meanwhile.
        let _ = sight.discard(&letter);
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
