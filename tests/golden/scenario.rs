//! The recording, as it was written.

use serde::Deserialize;
use serde_json::{Map, Value};

const RECORDING: &str = include_str!("../../crates/agentsight-testkit/tests/data/vendor-client-0.0.44.json");

/// Calls on a fresh client of the vendor's, what they returned, and the requests that they sent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    pub(crate) calls: Vec<RecordedCall>,
    pub(crate) returned: Vec<Value>,
    pub(crate) requests: Vec<RecordedRequest>,
}

/// One call in the vendor's words.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordedCall {
    pub(crate) client: String,
    pub(crate) method: String,
    pub(crate) args: Map<String, Value>,
}

/// One request as the recorder received it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordedRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: RecordedHeaders,
    pub(crate) json: Option<Value>,
    pub(crate) multipart: Option<Vec<RecordedPart>>,
}

/// The headers that were recorded.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct RecordedHeaders {
    pub(crate) authorization: String,
    pub(crate) content_type: String,
}

/// One part of form data; bytes that are no UTF-8 show U+FFFD.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RecordedPart {
    pub(crate) headers: Vec<String>,
    pub(crate) body: String,
}

/// Every scenario of the recording.
pub(crate) fn all() -> Vec<Scenario> {
    serde_json::from_str(RECORDING).expect("the recording is in the shape that is described here")
}
