use std::io;

use agentsight_model::{Device, Environment};

use super::document::{
    ActionDocument, ActionLogDocument, ButtonDocument, ConversationDocument, FeedbackDocument, FileDocument,
    MessageDocument,
};
use super::{Format, Snapshot};
use crate::api::{
    ActionLogRow, ActionRow, ButtonRow, ConversationRow, FeedbackRow, FeedbackSubject, FileRow, MessageRow, State,
};

impl Snapshot {
    /// Everything that the state holds, each table by number.
    pub(crate) fn of(state: &State) -> Self {
        let conversations = state.conversations().map(|row| ConversationDocument::of(state, row)).collect();
        Self { conversations, ..Self::without_conversations(state) }
    }

    /// Writes everything that the state holds, one conversation after another, so that it is not there twice.
    pub(crate) fn write_state(state: &State, writer: impl io::Write) -> io::Result<()> {
        let conversations = state.conversations().map(|row| ConversationDocument::of(state, row));
        Self::without_conversations(state).write_with(writer, conversations)
    }

    fn without_conversations(state: &State) -> Self {
        let of_agents =
            state.feedbacks.all().filter(|feedback| matches!(feedback.subject, FeedbackSubject::Agent { .. }));
        Self {
            format: Format::First,
            numbers: state.last_numbers().clone(),
            actions: state.actions.all().map(ActionDocument::of).collect(),
            feedbacks: of_agents.map(FeedbackDocument::of).collect(),
            conversations: Vec::new(),
        }
    }
}

impl ActionDocument {
    fn of(action: &ActionRow) -> Self {
        Self {
            id: Some(action.number),
            agent: Some(action.agent),
            name: action.name.clone(),
            display_name: Some(action.display_name.clone()),
            description: Some(action.description.clone()),
        }
    }
}

impl ConversationDocument {
    fn of(state: &State, row: &ConversationRow) -> Self {
        let record = &row.record;
        Self {
            id: Some(row.number()),
            agent: Some(row.agent),
            conversation_id: record.conversation_id.clone(),
            name: record.name.clone(),
            customer_id: record.customer_id.clone(),
            customer_ip_address: record.customer_ip_address.clone(),
            device: record.device.as_ref().map(Device::as_str).map(str::to_owned),
            language: record.language.clone(),
            environment: record.environment.as_ref().map(Environment::as_str).map(str::to_owned),
            metadata: row.metadata().cloned(),
            started_at: record.started_at,
            ended_at: record.ended_at,
            is_marked: Some(record.marked()),
            is_used: Some(record.used()),
            is_deleted: Some(row.is_deleted()),
            deleted_at: record.deleted_at,
            messages: state.transcript(row).map(|message| MessageDocument::of(state, message)).collect(),
            feedbacks: state.feedbacks_of(row).map(FeedbackDocument::of).collect(),
        }
    }
}

impl MessageDocument {
    fn of(state: &State, message: &MessageRow) -> Self {
        Self {
            id: Some(message.number),
            timestamp: message.timestamp,
            sender: message.sender,
            content: message.content.clone(),
            holds_files: (!message.files.is_empty()).then_some(message.holds_files),
            action_name: message.action_name.clone(),
            metadata: message.metadata.clone(),
            attachments: state.files_of(message).map(FileDocument::of).collect(),
            action_logs: state.action_logs_of(message).map(ActionLogDocument::of).collect(),
            button: state.button_of(message).map(ButtonDocument::of),
            feedback: state.feedbacks.vote_on(message.number).map(FeedbackDocument::of),
        }
    }
}

impl FileDocument {
    fn of(file: &FileRow) -> Self {
        Self {
            id: Some(file.number),
            filename: file.filename.clone(),
            mime_type: file.mime_type.clone(),
            data: Some(file.bytes.clone()),
        }
    }
}

impl ActionLogDocument {
    fn of(log: &ActionLogRow) -> Self {
        Self {
            id: Some(log.number),
            action: Some(log.action),
            started_at: log.started_at,
            ended_at: log.ended_at,
            duration_ms: log.duration_ms.clone(),
            tools_used: log.tools_used.clone(),
            response: log.response.clone(),
            error_message: Some(log.error_message.clone()),
            metadata: log.metadata.clone(),
        }
    }
}

impl ButtonDocument {
    fn of(button: &ButtonRow) -> Self {
        Self {
            id: Some(button.number),
            button_event: button.button_event.clone(),
            label: button.label.clone(),
            value: button.value.clone(),
            metadata: button.metadata.clone(),
        }
    }
}

impl FeedbackDocument {
    fn of(feedback: &FeedbackRow) -> Self {
        let (environment, topic, reason) = match &feedback.subject {
            FeedbackSubject::Conversation(_) => (None, None, None),
            FeedbackSubject::Agent { environment } => (environment.clone(), None, None),
            FeedbackSubject::Message { topic, reason, .. } => (None, topic.clone(), reason.clone()),
        };
        Self {
            id: Some(feedback.number),
            agent: Some(feedback.agent),
            sentiment: feedback.sentiment.clone(),
            comment: Some(feedback.comment.clone()),
            metadata: feedback.metadata.clone(),
            created_at: Some(feedback.created_at),
            environment,
            topic,
            reason,
        }
    }
}
