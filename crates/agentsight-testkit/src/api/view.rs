use std::borrow::Cow;

use http::Method;

use super::call::Call;
use super::file_name;
use super::rows::{ConversationRow, FileRow, MessageRow};
use super::state::LastNumbers;
use crate::FakeOptions;

/// What answers show otherwise than it is stored. The default shows everything as it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct View<'a> {
    /// The last rows that are shown; `None` where all are.
    last: Option<&'a LastNumbers>,
    /// Whether messages have empty values instead of null.
    pub(crate) empty_forms: bool,
    rewrite_file_names: bool,
}

impl<'a> View<'a> {
    /// What the answer to this call shows. Rows that were just made are missing from reads alone.
    pub(crate) fn of(call: &'a Call<'_>) -> Self {
        let is_read = call.request.method() == Method::GET;
        Self {
            last: if is_read { call.state.recent.last_shown(call.now) } else { None },
            empty_forms: call.options.empty_forms,
            rewrite_file_names: call.options.rewrite_file_names,
        }
    }

    /// What is shown of a file to whoever has its address.
    pub(crate) fn of_names(options: &FakeOptions) -> Self {
        Self { rewrite_file_names: options.rewrite_file_names, ..Self::default() }
    }

    /// Whether this conversation is shown.
    pub(crate) fn has_conversation(&self, row: &ConversationRow) -> bool {
        self.last.is_none_or(|last| row.number() <= last.conversation)
    }

    /// Whether this message is shown.
    pub(crate) fn has_message(&self, message: &MessageRow) -> bool {
        self.has_message_number(message.number)
    }

    /// Whether the message of this number is shown.
    pub(crate) fn has_message_number(&self, number: u64) -> bool {
        self.last.is_none_or(|last| number <= last.message)
    }

    /// Whether this file is shown.
    pub(crate) fn has_file(&self, file: &FileRow) -> bool {
        self.last.is_none_or(|last| file.number <= last.file)
    }

    /// How many messages of the conversation are shown.
    pub(crate) fn message_count(&self, row: &ConversationRow) -> usize {
        if self.last.is_none() {
            return row.messages.len();
        }
        row.messages.iter().filter(|(_, number)| self.has_message_number(*number)).count()
    }

    /// The name of the file, as it is shown.
    pub(crate) fn file_name<'f>(&self, file: &'f FileRow) -> Cow<'f, str> {
        if self.rewrite_file_names { file_name::rewritten(&file.filename).into() } else { (&*file.filename).into() }
    }
}
