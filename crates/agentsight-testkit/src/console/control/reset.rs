use bytes::Bytes;
use serde::Deserialize;
use serde_json::json;

use super::{Control, Handled, body};
use crate::console::ConsoleAnswer;
use crate::fault::FaultPlan;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reset {
    #[serde(default)]
    keep: Vec<Keep>,
}

/// What a reset leaves alone.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Keep {
    Faults,
    Clock,
    Conversations,
}

impl Control {
    pub(super) fn reset(&self, body: &Bytes) -> Handled {
        let Reset { keep } = body::read(body)?;
        if !keep.contains(&Keep::Faults) {
            *self.faults() = FaultPlan::new();
        }
        if !keep.contains(&Keep::Clock) {
            self.api.clock().reset();
        }
        if !keep.contains(&Keep::Conversations) {
            self.api.reset_conversations();
        }
        self.api.reset_requests();
        Ok(ConsoleAnswer::ok(&json!({ "reset": true })))
    }
}
