//! The fields and parameters of each route, those included that only the vendor's clients send.

use http::Method;

use crate::api::Route;

/// The routes, as they are shown to a reader.
pub(super) const ROUTES: &[&str] = &[
    "/api/conversations/",
    "/api/conversations/lookup/",
    "/api/conversations/metadata-keys/",
    "/api/conversations/metadata-values/",
    "/api/conversations/message-metadata-keys/",
    "/api/conversations/{number}/",
    "/api/conversations/{number}/attachments/",
    "/api/conversations/{number}/rename/",
    "/api/conversations/{number}/update/",
    "/api/conversations/{number}/mark/",
    "/api/conversations/{number}/delete/",
    "/api/track/",
    "/api/track/{number}/",
    "/api/action_logs/",
    "/api/attachments/",
    "/api/buttons/",
    "/api/buttons/stats/",
    "/api/conversation-feedbacks/",
    "/api/feedbacks/",
    "/api/feedbacks/{number}/",
    "/api/actions/",
    "/api/actions/{number}/",
    "/api/actions/{number}/logs/",
    "/api/me/",
];

/// The fields of one file in an upload as JSON (wire: 1.12).
pub(super) const FILE_FIELDS: &[&str] = &["filename", "mime_type", "data"];

/// How the parts that hold files begin in an upload as a form (wire: 1.12).
pub(super) const FILE_PART: &str = "attachment_";

/// The fields of the body.
pub(super) fn fields(route: Route, method: &Method) -> &'static [&'static str] {
    match (route, method) {
        (Route::Conversations, &Method::POST) => &[
            "timestamp",
            "conversation_id",
            "customer_id",
            "customer_ip_address",
            "device",
            "source",
            "language",
            "name",
            "is_used",
            "environment",
            "metadata",
        ],
        (Route::Track, _) => &["timestamp", "content", "sender", "conversation_id", "metadata", "conversation"],
        (Route::Message(_), &Method::PATCH) => &["metadata"],
        (Route::ActionLogs, _) => &[
            "timestamp",
            "action_name",
            "conversation_id",
            "metadata",
            "started_at",
            "ended_at",
            "duration_ms",
            "tools_used",
            "response",
            "error_msg",
            "error_message",
            "conversation",
        ],
        (Route::Attachments, _) => {
            &["timestamp", "attachments", "message", "conversation", "conversation_id", "sender", "metadata", "mode"]
        }
        (Route::Buttons, &Method::POST) => {
            &["timestamp", "button_event", "label", "value", "conversation_id", "metadata", "conversation"]
        }
        (Route::ConversationFeedbacks, _) => &["sentiment", "conversation_id", "conversation", "comment", "metadata"],
        (Route::Feedbacks, &Method::POST) => &[
            "kind",
            "conversation_id",
            "conversation",
            "agent",
            "message",
            "sentiment",
            "comment",
            "topic",
            "reason",
            "environment",
        ],
        (Route::Feedback(_), &Method::PATCH) => &["sentiment", "comment", "topic", "reason", "environment"],
        (Route::Actions, &Method::POST) | (Route::Action(_), &Method::PATCH) => {
            &["name", "display_name", "description"]
        }
        (Route::Rename(_), _) => &["name"],
        (Route::Mark(_), _) => &["is_marked"],
        (Route::Update(_), _) => &["name", "is_marked", "customer_id", "device", "language", "metadata"],
        _ => &[],
    }
}

/// The parameters of the query.
pub(crate) fn parameters(route: Route, method: &Method) -> &'static [&'static str] {
    match (route, method) {
        (Route::Conversations, &Method::GET) => &[
            "full",
            "page",
            "page_size",
            "conversation_id",
            "customer_id",
            "customer_id__icontains",
            "customer_ip_address",
            "name",
            "device",
            "language",
            "env",
            "environment",
            "is_marked",
            "include_deleted",
            "include_tickets",
            "has_messages",
            "has_feedback",
            "has_action",
            "action_name",
            "message_contains",
            "feedback_sentiment",
            "feedback_source",
            "metadata",
            "metadata_key",
            "metadata_value",
            "search",
            "ordering",
            "started_at_after",
            "started_at_before",
        ],
        (Route::Conversation(_), &Method::GET) => &["full", "include_tickets"],
        (Route::Lookup, _) => &["conversation_id"],
        (Route::MetadataValues, _) => &["key"],
        (Route::Buttons, &Method::GET) => &["page", "page_size"],
        (Route::Feedbacks, &Method::GET) => &[
            "page",
            "page_size",
            "agent",
            "category",
            "comment_contains",
            "conversation",
            "conversation_id",
            "created_at_after",
            "created_at_before",
            "env",
            "environment",
            "has_comment",
            "include_tickets",
            "has_ticket",
            "ticket_status",
            "kind",
            "message",
            "topic",
            "reason",
            "search",
            "sentiment",
            "user",
            "ordering",
        ],
        (Route::Actions, &Method::GET) => {
            &["page", "page_size", "name", "name__icontains", "display_name", "search", "ordering"]
        }
        (Route::ButtonStats, _) => &["event"],
        _ => &[],
    }
}
