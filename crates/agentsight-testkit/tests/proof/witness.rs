//! What the service itself says of a run, beside its events.

use std::collections::HashMap;

use agentsight_testkit::{Audit, FakeApi};

use crate::script::{file_name, page};

/// R10: one request after another in a conversation, and no more at once than there may be.
pub(crate) fn check_parallel(audit: &Audit, concurrency: usize, what: &str) {
    for conversation in &audit.conversations {
        let id = &conversation.conversation_id;
        assert!(conversation.traffic.most_parallel <= 1, "requests of {id} overlapped: {what}");
    }
    let most = audit.traffic.most_parallel;
    assert!(most <= concurrency, "{most} requests at once: {what}");
}

/// R13: under each name is what was tracked under it, byte for byte.
pub(crate) fn check_files(api: &FakeApi, what: &str) {
    let pages: HashMap<String, String> = (0..MOST_FILES).map(|index| (file_name(index), page(index))).collect();
    for file in api.files() {
        let is_as_tracked = pages.get(&file.filename).is_some_and(|page| page.as_bytes() == file.content);
        assert!(is_as_tracked, "{file:?} does not hold what was tracked: {what}");
    }
}

/// The most files that an event of the proof has.
const MOST_FILES: usize = 12;
