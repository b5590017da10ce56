//! The endpoints of the service, one a file; each opens with its wire identity.

mod conversation_attachments;
mod conversation_detail;
mod conversation_list;
mod conversation_upsert;
mod delete;
mod feedback;
mod lookup;
mod mark;
mod me;
mod operation;
mod rename;
mod update;

pub(crate) use self::conversation_attachments::FetchAttachments;
pub(crate) use self::conversation_detail::FetchConversation;
pub(crate) use self::conversation_list::ListConversations;
pub(crate) use self::conversation_upsert::UpsertConversation;
pub(crate) use self::delete::DeleteConversation;
pub(crate) use self::feedback::SubmitFeedback;
pub(crate) use self::lookup::LookupConversation;
pub(crate) use self::mark::MarkConversation;
pub(crate) use self::me::FetchMe;
pub(crate) use self::operation::{Operation, Repeat, RequestFrame, RequestParts};
pub(crate) use self::rename::RenameConversation;
pub(crate) use self::update::UpdateConversation;

/// The paths that are the same in every request, prepared once by a client. A path that is missing here works all the
/// same; its URL is put together for every request.
pub(crate) const FIXED_PATHS: [&str; 7] = [
    "/api/track/",
    "/api/conversations/",
    "/api/action_logs/",
    "/api/buttons/",
    "/api/attachments/",
    "/api/conversation-feedbacks/",
    "/api/me/",
];
