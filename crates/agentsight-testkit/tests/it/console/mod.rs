//! The console of the server: the inspector, the control API, and who may use them.

mod connection_faults;
mod control;
mod document;
mod guard;
mod hostile;
mod http_client;
mod inspector;
mod overview;
mod requests;
mod stream;

use agentsight_testkit::{FakeApi, FakeServer};
use http::{HeaderMap, StatusCode};
use serde_json::Value;

/// An answer of the console.
#[derive(Debug)]
struct Shown {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Shown {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

fn serve(api: &FakeApi) -> FakeServer {
    FakeServer::builder().api(api.clone()).console(true).start().unwrap()
}

/// Asks without a key, as a browser does.
fn look(server: &FakeServer, path: &str) -> Shown {
    look_with(server, path, &[])
}

fn look_with(server: &FakeServer, path: &str, headers: &[(&'static str, &str)]) -> Shown {
    let mut request = attohttpc::get(format!("{}{path}", server.url()));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (status, headers, body) = request.send().unwrap().split();
    Shown { status, headers, body: body.bytes().unwrap() }
}
