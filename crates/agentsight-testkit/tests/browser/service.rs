use agentsight_testkit::{FakeServer, FakeServerBuilder};
use bytes::Bytes;
use http::{Method, Request};
use serde_json::{Value, json};

use crate::Tested;

/// The service behind the inspector, and a client that fills it.
#[derive(Debug)]
pub(crate) struct Service {
    server: FakeServer,
}

impl Service {
    pub(crate) fn start() -> Tested<Self> {
        Self::serve(FakeServer::builder())
    }

    /// Starts one with settings, and with the inspector.
    pub(crate) fn serve(settings: FakeServerBuilder) -> Tested<Self> {
        Ok(Self { server: settings.console(true).start()? })
    }

    pub(crate) fn url(&self) -> &str {
        self.server.url()
    }

    pub(crate) fn server(&self) -> &FakeServer {
        &self.server
    }

    /// Sends a request to the service, which must take it, and gives the answer.
    pub(crate) fn send(&self, method: Method, path: &str, body: &Value) -> Tested<Value> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.server.address().to_string())
            .header("authorization", format!("Api-Key {}", self.server.api_key()))
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()))?;
        let response = self.server.api().handle(request);
        if !response.status().is_success() {
            return Err(format!("{path} was answered {}: {:?}", response.status(), response.body()).into());
        }
        Ok(serde_json::from_slice(response.body()).unwrap_or_default())
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Tested<Value> {
        self.send(Method::POST, path, &body)
    }

    /// Sends JSON through the socket, where faults are met, and gives the status of the answer.
    pub(crate) fn over_the_wire(&self, path: &str, body: &Value) -> Tested<u16> {
        let response = attohttpc::post(format!("{}{path}", self.url()))
            .header("authorization", format!("Api-Key {}", self.server.api_key()))
            .header("content-type", "application/json")
            .text(body.to_string())
            .send()?;
        Ok(response.status().as_u16())
    }

    /// Creates something and gives its number.
    pub(crate) fn create(&self, path: &str, body: Value) -> Tested<u64> {
        let answer = self.post(path, body)?;
        answer["id"].as_u64().ok_or_else(|| format!("{path} answers no number: {answer}").into())
    }

    /// Creates a conversation and gives its number.
    pub(crate) fn conversation(&self, body: Value) -> Tested<u64> {
        self.create("/api/conversations/", body)
    }

    /// Creates a message and gives its number.
    pub(crate) fn message(&self, conversation: u64, sender: &str, content: &str) -> Tested<u64> {
        self.create("/api/track/", json!({"conversation": conversation, "sender": sender, "content": content}))
    }
}
