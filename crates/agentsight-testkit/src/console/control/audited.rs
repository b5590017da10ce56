use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::FakeApi;
use crate::api::Revision;
use crate::audit::{Duplicate, Reordering};

/// What was found in each conversation, which stays right until something is stored: who looks again and again does not
/// have a hundred thousand transcripts read each time.
#[derive(Clone, Debug, Default)]
pub(super) struct AuditedConversations {
    last: Arc<Mutex<Option<Audited>>>,
}

/// The conversations as they were at a revision of what is stored.
#[derive(Debug)]
struct Audited {
    stored: u64,
    conversations: Arc<[AuditedConversation]>,
}

/// What was found in one conversation, its events only counted.
#[derive(Debug)]
pub(super) struct AuditedConversation {
    pub(super) conversation_id: String,
    pub(super) number: u64,
    pub(super) accepted: usize,
    pub(super) duplicated: Vec<Duplicate>,
    pub(super) reordered: Vec<Reordering>,
    /// Whether it is the first of its text id, which has the requests of all.
    pub(super) has_traffic: bool,
}

impl AuditedConversations {
    /// The conversations in the order of their numbers.
    pub(super) fn now(&self, api: &FakeApi) -> Arc<[AuditedConversation]> {
        let Revision { stored, .. } = api.revision();
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(audited) if audited.stored == stored => Arc::clone(&audited.conversations),
            _ => {
                let conversations = read(api);
                *last = Some(Audited { stored, conversations: Arc::clone(&conversations) });
                conversations
            }
        }
    }
}

impl AuditedConversation {
    pub(super) fn is_clean(&self) -> bool {
        self.duplicated.is_empty() && self.reordered.is_empty()
    }
}

fn read(api: &FakeApi) -> Arc<[AuditedConversation]> {
    let mut seen = HashSet::new();
    let audited = api.audit().conversations.into_iter().map(|conversation| AuditedConversation {
        has_traffic: seen.insert(conversation.conversation_id.clone()),
        conversation_id: conversation.conversation_id,
        number: conversation.number,
        accepted: conversation.accepted.len(),
        duplicated: conversation.duplicated,
        reordered: conversation.reordered,
    });
    audited.collect()
}
