use std::collections::HashSet;

use bytes::Bytes;
use serde_json::{Value, json};

use super::audited::AuditedConversation;
use super::parameters::Parameters;
use super::{Control, Handled, body};
use crate::audit::{EarlyRequest, Expected, ExpectedDocument, Traffic};
use crate::console::ConsoleAnswer;

/// How many requests that came too early, and how many events that are missing, one answer names.
const MOST: usize = 1000;

impl Control {
    pub(super) fn show_audit(&self, parameters: &Parameters) -> Handled {
        let after = parameters.number("after")?.unwrap_or(0);
        let limit = parameters.limit(MOST)?;
        let with_events = parameters.flag("events")?.unwrap_or(false);
        let only_findings = parameters.flag("findings")?.unwrap_or(false);
        let named = parameters.text("conversation_id");
        let audited = self.audited.now(&self.api);
        // Requests count at once, whether or not anything was stored.
        let (traffic, early) = {
            let meter = self.api.meter();
            (meter.overall().clone(), meter.early().to_vec())
        };
        let came_early: HashSet<&str> = early.iter().filter_map(|request| request.conversation_id.as_deref()).collect();
        let is_finding = |conversation: &AuditedConversation| {
            !conversation.is_clean() || came_early.contains(conversation.conversation_id.as_str())
        };
        let start = audited.partition_point(|conversation| conversation.number <= after);
        let mut matching = audited
            .iter()
            .skip(start)
            .filter(|conversation| named.is_none_or(|id| id == conversation.conversation_id))
            .filter(|conversation| !only_findings || is_finding(conversation));
        let shown: Vec<Value> =
            matching.by_ref().take(limit).map(|conversation| self.audited(conversation, with_events)).collect();
        let more = matching.next().is_some();
        let overall = overall(&audited, &traffic, &early);
        Ok(ConsoleAnswer::ok(&json!({ "overall": overall, "conversations": shown, "more": more })))
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

    fn audited(&self, conversation: &AuditedConversation, with_events: bool) -> Value {
        let traffic = if conversation.has_traffic {
            self.api.meter().conversation(&conversation.conversation_id)
        } else {
            Traffic::default()
        };
        let mut shown = json!({
            "conversation_id": conversation.conversation_id,
            "id": conversation.number,
            "accepted": conversation.accepted,
            "duplicated": conversation.duplicated,
            "reordered": conversation.reordered,
            "traffic": traffic,
        });
        if with_events {
            shown["events"] = json!(self.api.audited_events(conversation.number));
        }
        shown
    }
}

fn overall(audited: &[AuditedConversation], traffic: &Traffic, early: &[EarlyRequest]) -> Value {
    let sum = |of: fn(&AuditedConversation) -> usize| audited.iter().map(of).sum::<usize>();
    json!({
        "conversations": audited.len(),
        "accepted": sum(|conversation| conversation.accepted),
        "duplicated": sum(|conversation| conversation.duplicated.len()),
        "reordered": sum(|conversation| conversation.reordered.len()),
        "requests": traffic.requests,
        "most_parallel": traffic.most_parallel,
        "early": traffic.early,
        "early_requests": early.iter().take(MOST).collect::<Vec<_>>(),
        "bytes_in": traffic.bytes_in,
        "bytes_out": traffic.bytes_out,
    })
}
