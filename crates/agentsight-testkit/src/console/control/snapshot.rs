use bytes::Bytes;
use http::{HeaderValue, StatusCode};
use serde_json::json;

use super::{Control, Handled, body};
use crate::console::{ConsoleAnswer, Refusal};
use crate::snapshot::{InvalidSnapshot, Snapshot};

impl Control {
    #[expect(clippy::expect_used, reason = "memory takes every byte, and the keys of the document are texts")]
    pub(super) fn show_snapshot(&self) -> ConsoleAnswer {
        let mut document = Vec::new();
        self.api.snapshot().write(&mut document).expect("a snapshot is written into memory");
        ConsoleAnswer::of(StatusCode::OK, HeaderValue::from_static("application/json"), document)
    }

    pub(super) fn restore_snapshot(&self, body: &Bytes) -> Handled {
        let text = body::text(body)?;
        let snapshot = Snapshot::from_json(text)?;
        self.api.restore(&snapshot).map_err(|invalid| invalid.located_in(text))?;
        Ok(ConsoleAnswer::ok(&json!({ "conversations": snapshot.conversations() })))
    }
}

impl From<InvalidSnapshot> for Refusal {
    fn from(invalid: InvalidSnapshot) -> Self {
        Self::bad_request(invalid.to_string())
    }
}
