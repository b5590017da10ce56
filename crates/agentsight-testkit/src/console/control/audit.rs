use bytes::Bytes;
use serde_json::{Value, json};

use super::parameters::Parameters;
use super::{Control, Handled, body};
use crate::audit::{Audit, ConversationAudit, Expected, ExpectedDocument};
use crate::console::ConsoleAnswer;

/// How many requests that came too early, and how many events that are missing, one answer names.
const MOST: usize = 1000;

impl Control {
    pub(super) fn show_audit(&self, parameters: &Parameters) -> Handled {
        let after = parameters.number("after")?.unwrap_or(0);
        let limit = parameters.limit(MOST)?;
        let with_events = parameters.flag("events")?.unwrap_or(false);
        let named = parameters.text("conversation_id");
        let audit = self.api.audit();
        let mut matching = audit
            .conversations
            .iter()
            .filter(|conversation| conversation.number > after)
            .filter(|conversation| named.is_none_or(|id| id == conversation.conversation_id));
        let shown: Vec<Value> =
            matching.by_ref().take(limit).map(|conversation| of_conversation(conversation, with_events)).collect();
        let more = matching.next().is_some();
        Ok(ConsoleAnswer::ok(&json!({ "overall": overall(&audit), "conversations": shown, "more": more })))
    }

    pub(super) fn check_audit(&self, body: &Bytes) -> Handled {
        let document: ExpectedDocument = body::read(body)?;
        let expected = Expected::from(document);
        let audit = self.api.audit();
        let difference = audit.check(&expected).err();
        let audit = audit.against(&expected);
        Ok(ConsoleAnswer::ok(&json!({
            "exactly_once_in_order": difference.is_none(),
            "missing": audit.missing.iter().take(MOST).collect::<Vec<_>>(),
            "differing": difference.as_ref().map_or(0, |difference| difference.conversation_ids().count()),
            "differences": difference.as_ref().map_or(json!([]), |difference| json!(difference)),
            "text": difference.as_ref().map(ToString::to_string),
        })))
    }
}

fn overall(audit: &Audit) -> Value {
    let traffic = &audit.traffic;
    json!({
        "conversations": audit.conversations.len(),
        "accepted": audit.accepted,
        "duplicated": audit.duplicated,
        "reordered": audit.reordered,
        "requests": traffic.requests,
        "most_parallel": traffic.most_parallel,
        "early": traffic.early,
        "early_requests": audit.early.iter().take(MOST).collect::<Vec<_>>(),
        "bytes_in": traffic.bytes_in,
        "bytes_out": traffic.bytes_out,
    })
}

fn of_conversation(conversation: &ConversationAudit, with_events: bool) -> Value {
    let mut shown = json!({
        "conversation_id": conversation.conversation_id,
        "id": conversation.number,
        "accepted": conversation.accepted.len(),
        "duplicated": conversation.duplicated,
        "reordered": conversation.reordered,
        "traffic": conversation.traffic,
    });
    if with_events {
        shown["events"] = json!(conversation.accepted);
    }
    shown
}
