use http::Method;

/// The number of a row as it stands in a path. What is not a number, or too large for one, names no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number(pub(crate) Option<u64>);

/// What a path names (wire: 1.21). A method that a path does not have is found out later: authentication comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    Conversations,
    Lookup,
    MetadataKeys,
    MetadataValues,
    MessageMetadataKeys,
    Conversation(Number),
    ConversationAttachments(Number),
    Rename(Number),
    Update(Number),
    Mark(Number),
    Delete(Number),
    Track,
    Message(Number),
    ActionLogs,
    Attachments,
    Buttons,
    ButtonStats,
    ConversationFeedbacks,
    Feedbacks,
    Feedback(Number),
    Actions,
    Action(Number),
    LogsOfAction(Number),
    Me,
}

impl Route {
    /// Finds the route of a path; `None` is the router's HTML 404, which a missing slash at the end earns too.
    pub(crate) fn find(path: &str) -> Option<Self> {
        const MOST_SEGMENTS: usize = 3;
        let mut segments = [""; MOST_SEGMENTS];
        let mut count = 0;
        for segment in path.strip_prefix("/api/")?.strip_suffix('/')?.split('/') {
            *segments.get_mut(count)? = segment;
            count += 1;
        }
        let route = match segments.get(..count)? {
            ["conversations"] => Self::Conversations,
            ["conversations", "lookup"] => Self::Lookup,
            ["conversations", "metadata-keys"] => Self::MetadataKeys,
            ["conversations", "metadata-values"] => Self::MetadataValues,
            ["conversations", "message-metadata-keys"] => Self::MessageMetadataKeys,
            ["conversations", number] if !number.is_empty() => Self::Conversation(Number::read(number)),
            ["conversations", number, "attachments"] => Self::ConversationAttachments(Number::read(number)),
            ["conversations", number, "rename"] => Self::Rename(Number::read(number)),
            ["conversations", number, "update"] => Self::Update(Number::read(number)),
            ["conversations", number, "mark"] => Self::Mark(Number::read(number)),
            ["conversations", number, "delete"] => Self::Delete(Number::read(number)),
            ["track"] => Self::Track,
            ["track", number] if !number.is_empty() => Self::Message(Number::read(number)),
            ["action_logs"] => Self::ActionLogs,
            ["attachments"] => Self::Attachments,
            ["buttons"] => Self::Buttons,
            ["buttons", "stats"] => Self::ButtonStats,
            ["conversation-feedbacks"] => Self::ConversationFeedbacks,
            ["feedbacks"] => Self::Feedbacks,
            ["feedbacks", number] if !number.is_empty() => Self::Feedback(Number::read(number)),
            ["actions"] => Self::Actions,
            ["actions", number] if !number.is_empty() => Self::Action(Number::read(number)),
            ["actions", number, "logs"] => Self::LogsOfAction(Number::read(number)),
            ["me"] => Self::Me,
            _ => return None,
        };
        Some(route)
    }

    /// The methods of this path, in the order of an `Allow` header.
    pub(crate) fn methods(self) -> &'static [Method] {
        const READ: &[Method] = &[Method::GET];
        const CREATE: &[Method] = &[Method::POST];
        const CHANGE: &[Method] = &[Method::PATCH];
        match self {
            Self::Conversations | Self::Buttons | Self::Feedbacks | Self::Actions => &[Method::GET, Method::POST],
            Self::Conversation(_) => &[Method::GET, Method::DELETE],
            Self::Message(_) | Self::Feedback(_) => &[Method::GET, Method::PATCH, Method::DELETE],
            Self::Action(_) => &[Method::GET, Method::PATCH],
            Self::Lookup
            | Self::MetadataKeys
            | Self::MetadataValues
            | Self::MessageMetadataKeys
            | Self::ConversationAttachments(_)
            | Self::ButtonStats
            | Self::LogsOfAction(_)
            | Self::Me => READ,
            Self::Rename(_) | Self::Update(_) => CHANGE,
            Self::Delete(_) => &[Method::DELETE],
            Self::Mark(_) | Self::Track | Self::ActionLogs | Self::Attachments | Self::ConversationFeedbacks => CREATE,
        }
    }
}

/// The file that a signed address names: the one kind of path that needs no key and no slash at the end.
pub(crate) fn file(path: &str) -> Option<Number> {
    path.strip_prefix(FILES).filter(|rest| !rest.contains('/')).map(Number::read)
}

/// Whether a path is a signed file address.
pub(crate) fn is_file_address(path: &str) -> bool {
    file(path).is_some()
}

/// Where signed file addresses begin.
pub(crate) const FILES: &str = "/media/attachments/";

impl Number {
    fn read(text: &str) -> Self {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        Self(digits.then(|| text.parse().ok()).flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_ends_with_a_slash() {
        assert_eq!(Route::find("/api/track/"), Some(Route::Track));
        assert_eq!(Route::find("/api/track"), None);
        assert_eq!(Route::find("//api/track/"), None);
        assert_eq!(Route::find("/api/conversations/7/"), Some(Route::Conversation(Number(Some(7)))));
        assert_eq!(Route::find("/api/conversations/7"), None);
        assert_eq!(Route::find("/api/conversations//"), None);
    }

    #[test]
    fn a_number_that_is_none_names_no_row() {
        for text in ["abc", "-1", "+1", "99999999999999999999", "1.0"] {
            assert_eq!(Route::find(&format!("/api/track/{text}/")), Some(Route::Message(Number(None))), "{text}");
        }
    }
}
