use agentsight_testkit::{FakeApi, FakeOptions};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use serde_json::{Value, json};

/// Talks to a fake without a socket, as a client with one key.
pub(crate) struct Client {
    pub(crate) api: FakeApi,
    key: String,
}

/// An answer, read.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: StatusCode,
    pub(crate) response: Response<Bytes>,
    pub(crate) json: Value,
}

impl Client {
    pub(crate) fn new() -> Self {
        Self::with_options(FakeOptions::new())
    }

    pub(crate) fn with_options(options: FakeOptions) -> Self {
        let api = FakeApi::with_options(options);
        let key = api.api_key().to_owned();
        Self { api, key }
    }

    /// The same service, asked with another key.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self { api: self.api.clone(), key: key.to_owned() }
    }

    pub(crate) fn get(&self, path: &str) -> Answered {
        self.send(Method::GET, path, None)
    }

    pub(crate) fn post(&self, path: &str, body: Value) -> Answered {
        self.send(Method::POST, path, Some(body))
    }

    pub(crate) fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answered {
        let body = body.map(|body| Bytes::from(body.to_string())).unwrap_or_default();
        self.send_bytes(method, path, "application/json", body)
    }

    pub(crate) fn send_bytes(&self, method: Method, path: &str, content_type: &str, body: Bytes) -> Answered {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "fake.test")
            .header("authorization", format!("Api-Key {}", self.key))
            .header("content-type", content_type)
            .body(body)
            .unwrap();
        let response = self.api.handle(request);
        let json = serde_json::from_slice(response.body()).unwrap_or_default();
        Answered { status: response.status(), response, json }
    }

    /// Creates a conversation and gives its number.
    pub(crate) fn conversation(&self, conversation_id: &str) -> u64 {
        self.conversation_with(json!({ "conversation_id": conversation_id }))
    }

    pub(crate) fn conversation_with(&self, body: Value) -> u64 {
        let answered = self.post("/api/conversations/", body);
        assert!(answered.status.is_success(), "{answered:?}");
        answered.json["id"].as_u64().unwrap()
    }

    /// Creates a message of the person and gives its number.
    pub(crate) fn message(&self, conversation: u64, content: &str) -> u64 {
        let body = json!({ "conversation": conversation, "content": content, "sender": "end_user" });
        let answered = self.post("/api/track/", body);
        assert_eq!(answered.status, StatusCode::CREATED, "{answered:?}");
        answered.json["id"].as_u64().unwrap()
    }
}
