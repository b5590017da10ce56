//! The page at `/` and what it reads. It changes nothing, and needs no key: the console answers to this machine only.

mod assets;
mod conversations;
mod feedbacks;
mod files;
mod image;
mod overview;
mod period;
mod response_time;
mod tally;

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Method, Request, StatusCode};
use serde_json::json;

use self::overview::Overviews;
use super::{ConsoleAnswer, stream};
use crate::FakeApi;

/// Where the inspector's data begins.
const DATA: &str = "/__testkit/inspector/";

/// The inspector's side of the console.
#[derive(Clone, Debug)]
pub(crate) struct Inspector {
    api: FakeApi,
    overviews: Overviews,
}

impl Inspector {
    pub(crate) fn new(api: FakeApi) -> Self {
        Self { api, overviews: Overviews::default() }
    }

    /// Whether a path is the inspector's.
    pub(crate) fn owns(path: &str) -> bool {
        path == "/" || path.starts_with(assets::FOLDER) || path.starts_with(DATA)
    }

    /// Answers a request whose path it [owns](Self::owns).
    pub(crate) fn answer(&self, request: &Request<Bytes>) -> ConsoleAnswer {
        if request.method() != Method::GET {
            let refusal = ConsoleAnswer::problem(StatusCode::METHOD_NOT_ALLOWED, "The inspector only reads: use GET.");
            return refusal.header(header::ALLOW, HeaderValue::from_static("GET"));
        }
        let path = request.uri().path();
        if let Some(name) = path.strip_prefix(assets::FOLDER) {
            return assets::asset(name, request);
        }
        let Some(data) = path.strip_prefix(DATA) else { return assets::page(request) };
        match data.split_once('/') {
            None => match data {
                "about" => self.about(request),
                "conversations" => conversations::list(&self.api, request),
                "overview" => self.overviews.answer(&self.api, request),
                "stream" => stream::changes(self.api.clone()),
                _ => nothing_here(),
            },
            Some(("conversations", number)) => conversations::detail(&self.api, number),
            Some(("files", number)) => files::download(&self.api, number),
            Some(("preview", number)) => files::preview(&self.api, number),
            Some(_) => nothing_here(),
        }
    }

    /// What a newcomer has to export, and what runs here.
    fn about(&self, request: &Request<Bytes>) -> ConsoleAnswer {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
        ConsoleAnswer::json(
            StatusCode::OK,
            &json!({
                "version": env!("CARGO_PKG_VERSION"),
                "endpoint": format!("http://{host}"),
                "api_key": self.api.api_key(),
            }),
        )
    }
}

fn nothing_here() -> ConsoleAnswer {
    ConsoleAnswer::problem(StatusCode::NOT_FOUND, "There is nothing here; GET /__testkit/ lists what there is.")
}

/// The row that a path names, or why not.
fn number(text: &str) -> Result<u64, ConsoleAnswer> {
    text.parse().map_err(|_| ConsoleAnswer::problem(StatusCode::NOT_FOUND, "The path ends with a number."))
}
