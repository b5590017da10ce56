use std::fmt;

use super::AuditedEvent;
use super::compare::kind_name;
use super::edit::{Edit, Shown, edits};
use super::expected::ExpectedEvent;

/// What arrived is not what was tracked.
///
/// `Display` says what happened, and shows both columns around the first difference of the first conversations, never
/// more than some dozens of lines; texts are those of the test, cut short.
///
/// ```
/// use agentsight_testkit::{Edit, Expected, FakeApi};
/// use bytes::Bytes;
/// use http::Request;
///
/// # fn main() -> Result<(), http::Error> {
/// let api = FakeApi::new();
/// let request = Request::post("/api/track/")
///     .header("authorization", format!("Api-Key {}", api.api_key()))
///     .header("content-type", "application/json")
///     .body(Bytes::from(r#"{"conversation_id": "support-123", "sender": "agent", "content": "Hello!"}"#))?;
/// let _ = api.handle(request);
///
/// let expected = Expected::new().conversation("support-123").question("Anybody?").answer("Hello!");
/// let difference = api.audit().check(&expected).err();
/// let edits = difference.as_ref().map(|difference| difference.edits("support-123"));
/// assert_eq!(edits, Some(&[Edit::Missing { tracked: 1 }][..]));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub(super) conversations: Vec<ConversationDifference>,
}

/// The two columns of one conversation, as far as they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ConversationDifference {
    pub(super) conversation_id: String,
    /// How many events agree before the first that does not.
    pub(super) agree: usize,
    pub(super) expected: usize,
    pub(super) arrived: usize,
    pub(super) first_row: usize,
    pub(super) rows: Vec<(String, String)>,
    edits: Vec<Edit>,
    /// The first edits, for a reader.
    pub(super) said: Vec<String>,
}

impl Difference {
    const MOST_CONVERSATIONS: usize = 3;

    pub(super) fn of(conversations: Vec<ConversationDifference>) -> Result<(), Self> {
        if conversations.is_empty() { Ok(()) } else { Err(Self { conversations }) }
    }

    /// The conversations that differ, by text id.
    pub fn conversation_ids(&self) -> impl Iterator<Item = &str> {
        self.conversations.iter().map(|conversation| conversation.conversation_id.as_str())
    }

    /// The position of the first difference in a conversation, from 1; `None` for one that agrees.
    #[must_use]
    pub fn first_position(&self, conversation_id: &str) -> Option<usize> {
        let found = self.conversations.iter().find(|conversation| conversation.conversation_id == conversation_id)?;
        found.agree.checked_add(1)
    }

    /// What makes the tracked events of a conversation those that arrived; nothing for one that agrees.
    ///
    /// Where stamps are expected, which the SDK makes unique in a conversation (R6), they are as few as can be. An event
    /// that arrived changed is looked for among the 128 nearest that nothing else explains; further away it is one that
    /// is missing and one that was not tracked.
    #[must_use]
    pub fn edits(&self, conversation_id: &str) -> &[Edit] {
        let found = self.conversations.iter().find(|conversation| conversation.conversation_id == conversation_id);
        found.map_or(&[], |conversation| &conversation.edits)
    }
}

impl ConversationDifference {
    const ROWS_BEFORE: usize = 3;
    const ROWS_AFTER: usize = 6;
    const MOST_SAID: usize = 5;

    pub(super) fn new(id: &str, agree: usize, expected: &[ExpectedEvent], arrived: &[AuditedEvent]) -> Self {
        let first_row = agree.saturating_sub(Self::ROWS_BEFORE);
        let end = expected.len().max(arrived.len()).min(agree.saturating_add(Self::ROWS_AFTER));
        let rows = (first_row..end).map(|row| {
            let expected = expected
                .get(row)
                .map_or_else(nothing, |event| cell(event.kind, event.text.as_deref(), event.files.len()));
            let arrived =
                arrived.get(row).map_or_else(nothing, |event| cell(event.kind, Some(&event.text), event.files.len()));
            (expected, arrived)
        });
        let edits = edits(expected, arrived);
        let said = edits.iter().take(Self::MOST_SAID).map(|&edit| Shown { edit, expected, arrived }.to_string());
        Self {
            conversation_id: id.to_owned(),
            agree,
            expected: expected.len(),
            arrived: arrived.len(),
            first_row,
            rows: rows.collect(),
            said: said.collect(),
            edits,
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "the service does not hold exactly what was tracked, once and in order")?;
        for conversation in self.conversations.iter().take(Self::MOST_CONVERSATIONS) {
            conversation.fmt(f)?;
        }
        match self.conversations.len().saturating_sub(Self::MOST_CONVERSATIONS) {
            0 => Ok(()),
            more => writeln!(f, "and {more} more conversations differ"),
        }
    }
}

impl fmt::Display for ConversationDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = shortened(&self.conversation_id);
        writeln!(f, "conversation {id:?}: {} tracked, {} arrived", self.expected, self.arrived)?;
        for edit in &self.said {
            writeln!(f, "  * {edit}")?;
        }
        match self.edits.len().saturating_sub(self.said.len()) {
            0 => {}
            more => writeln!(f, "  * and {more} more")?,
        }
        writeln!(f, "       {:<WIDTH$} | arrived", "tracked")?;
        for (row, (expected, arrived)) in (self.first_row..).zip(&self.rows) {
            let mark = if row == self.agree { '>' } else { ' ' };
            writeln!(f, "{mark} {:>4} {expected:<WIDTH$} | {arrived}", row.saturating_add(1))?;
        }
        match self.expected.max(self.arrived).saturating_sub(self.first_row.saturating_add(self.rows.len())) {
            0 => Ok(()),
            more => writeln!(f, "       and {more} more rows"),
        }
    }
}

impl std::error::Error for Difference {}

/// The width of the left column.
const WIDTH: usize = 48;

fn nothing() -> String {
    "-".to_owned()
}

fn cell(kind: agentsight_core::ItemKind, text: Option<&str>, files: usize) -> String {
    let mut cell = kind_name(kind).to_owned();
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        cell.push_str(&format!(" {:?}", shortened(text)));
    }
    match files {
        0 => {}
        1 => cell.push_str(" +1 file"),
        files => cell.push_str(&format!(" +{files} files")),
    }
    cell
}

fn shortened(text: &str) -> String {
    const MOST: usize = 24;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
