//! The rules of get-or-create (R3, R5).

use agentsight_model::{Conversation, ConversationRecord, Environment, NewConversation};
use chrono::{DateTime, Utc};

use crate::error::Error;

/// Registered again before it was sent: earlier values win, only unset fields are filled (R3). Metadata is one field.
///
/// ```
/// use agentsight_core::get_or_create::coalesce;
/// use agentsight_core::NewConversation;
///
/// let mut earlier = NewConversation::new("support-123").name("Password reset");
/// coalesce(&mut earlier, NewConversation::new("support-123").name("Other").language("en"));
/// assert_eq!(earlier.name.as_deref(), Some("Password reset"));
/// assert_eq!(earlier.language.as_deref(), Some("en"));
/// ```
pub fn coalesce(earlier: &mut NewConversation, later: NewConversation) {
    fn fill<T>(earlier: &mut Option<T>, later: Option<T>) {
        if earlier.is_none() {
            *earlier = later;
        }
    }
    fill(&mut earlier.customer_id, later.customer_id);
    fill(&mut earlier.customer_ip_address, later.customer_ip_address);
    fill(&mut earlier.device, later.device);
    fill(&mut earlier.source, later.source);
    fill(&mut earlier.language, later.language);
    fill(&mut earlier.name, later.name);
    fill(&mut earlier.environment, later.environment);
    fill(&mut earlier.at, later.at);
    if !earlier.metadata.is_set() {
        earlier.metadata = later.metadata;
    }
}

/// Registered again after the service refused the record: the new values win, since they are the correction (R15).
pub(crate) fn correct(refused: &mut NewConversation, correction: NewConversation) {
    let earlier = std::mem::replace(refused, correction);
    coalesce(refused, earlier);
}

/// The service's own rule: an existing conversation is never overridden; `is_used` goes from false to true only (R3,
/// wire: 3 #4-#6).
pub fn apply_to_existing(existing: &mut Conversation, incoming: &ConversationRecord) {
    existing.is_used = Some(existing.used() || incoming.is_used.unwrap_or(false));
}

/// The body of the upsert, with every key present as the service expects it.
///
/// The environment is the conversation's own, else the configured one, else `development` (R5).
pub(crate) fn record(
    conversation: &NewConversation,
    timestamp: DateTime<Utc>,
    is_used: bool,
    configured: Option<&Environment>,
) -> Result<ConversationRecord, Error> {
    let metadata = conversation.metadata.finish().map_err(|problem| Error::invalid(problem.to_string()))?.cloned();
    let mut record =
        ConversationRecord::new(conversation.conversation_id.as_str()).timestamp(timestamp).is_used(is_used);
    record.customer_id = conversation.customer_id.clone();
    record.customer_ip_address = conversation.customer_ip_address.clone();
    record.device = conversation.device.clone();
    record.source = conversation.source.clone();
    record.language = conversation.language.clone();
    record.name = conversation.name.clone();
    record.environment = Some(environment(conversation, configured));
    record.metadata = metadata;
    Ok(record)
}

/// R5, as a value.
fn environment(conversation: &NewConversation, configured: Option<&Environment>) -> Environment {
    conversation.environment.as_ref().or(configured).cloned().unwrap_or(Environment::Development)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn earlier() -> NewConversation {
        NewConversation::new("c").name("first").metadata("a", 1)
    }

    #[test]
    fn r3_coalesce_keeps_earlier_values_and_fills_unset_fields() {
        // (earlier, later, name, language, metadata)
        let table = [
            (earlier(), NewConversation::new("c"), Some("first"), None, Some(json!({"a": 1}))),
            (NewConversation::new("c"), earlier(), Some("first"), None, Some(json!({"a": 1}))),
            (
                earlier(),
                NewConversation::new("c").name("second").language("en").metadata("b", 2),
                Some("first"),
                Some("en"),
                Some(json!({"a": 1})),
            ),
            (NewConversation::new("c"), NewConversation::new("c"), None, None, None),
        ];
        for (mut conversation, later, name, language, metadata) in table {
            coalesce(&mut conversation, later);
            assert_eq!(conversation.name.as_deref(), name);
            assert_eq!(conversation.language.as_deref(), language);
            let kept = conversation.metadata.finish().expect("valid metadata").cloned().map(serde_json::Value::Object);
            assert_eq!(kept, metadata);
        }
    }

    #[test]
    fn r15_a_correction_wins_over_the_refused_values() {
        let mut refused = earlier().environment("staging");
        correct(&mut refused, NewConversation::new("c").environment("production"));
        assert_eq!(refused.environment, Some(Environment::Production));
        assert_eq!(refused.name.as_deref(), Some("first"));
    }

    #[test]
    fn r3_an_existing_conversation_is_never_overridden_and_is_used_only_rises() {
        for (was, incoming, is) in [(false, false, false), (false, true, true), (true, false, true), (true, true, true)]
        {
            let mut existing = Conversation::new(1, "c");
            existing.is_used = Some(was);
            existing.name = Some("kept".to_owned());
            let conversation = NewConversation::new("c").name("ignored").language("en").environment("production");
            let incoming = record(&conversation, DateTime::UNIX_EPOCH, incoming, None).expect("a valid record");
            apply_to_existing(&mut existing, &incoming);
            assert_eq!(existing.is_used, Some(is), "{was} + {:?}", incoming.is_used);
            assert_eq!((existing.name.as_deref(), existing.language, existing.environment), (Some("kept"), None, None));
        }
    }

    #[test]
    fn r5_the_environment_is_its_own_else_the_configured_else_development() {
        let own = NewConversation::new("c").environment("staging");
        let none = NewConversation::new("c");
        assert_eq!(environment(&own, Some(&Environment::Production)).as_str(), "staging");
        assert_eq!(environment(&none, Some(&Environment::Production)), Environment::Production);
        assert_eq!(environment(&none, None), Environment::Development);
    }
}
