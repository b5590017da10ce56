use std::hint::black_box;

use super::any_case::AnyCase;
use super::rows::{ConversationRow, MessageRow};
use super::state::State;

/// The conditions of a conversation list that only its messages can tell (wire: 1.9).
#[derive(Debug)]
pub(crate) struct TranscriptFilter {
    pub(crate) has_action: Option<bool>,
    pub(crate) action_name_part: Option<AnyCase>,
    pub(crate) message_part: Option<AnyCase>,
    /// Looked for in the columns of the conversation too.
    pub(crate) search: Option<AnyCase>,
}

/// What is known of a conversation, message after message.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    action: bool,
    action_name: bool,
    message: bool,
    search: bool,
}

impl TranscriptFilter {
    /// Keeps the rows, which are by number, whose transcripts meet the conditions.
    ///
    /// A few transcripts are read one by one. Many are read all together, in the order in which the messages lie in
    /// memory, which is several times as fast as going from conversation to conversation.
    pub(crate) fn retain(&self, state: &State, rows: &mut Vec<&ConversationRow>) {
        const JUMPS_FOR_ONE_READ: usize = 4;
        if self.asks_nothing() {
            return;
        }
        let messages: usize = rows.iter().map(|row| row.messages.len()).sum();
        let first = rows.first().map_or(0, |row| row.number());
        let places = rows.last().and_then(|row| usize::try_from(row.number().checked_sub(first)?).ok());
        match places.and_then(|last| last.checked_add(1)) {
            // The numbers of rows that were put in from elsewhere can lie far apart.
            Some(places)
                if places <= state.messages_count() && messages > state.messages_count() / JUMPS_FOR_ONE_READ =>
            {
                let found = self.read_all(state, rows, first, places);
                let of = |row: &ConversationRow| found.get(place(row.number(), first)?).copied().flatten();
                rows.retain(|row| of(row).is_some_and(|found| self.holds(found)));
            }
            _ => rows.retain(|row| {
                let mut found = self.found_in_columns(row);
                state.transcript(row).for_each(|message| self.read(message, &mut found));
                self.holds(found)
            }),
        }
    }

    /// What is known of the rows once every message is read, by number from `first` on.
    fn read_all(&self, state: &State, rows: &[&ConversationRow], first: u64, places: usize) -> Vec<Option<Found>> {
        const BATCH: usize = 64;
        let mut found: Vec<Option<Found>> = vec![None; places];
        for batch in rows.chunks(BATCH) {
            if self.search.is_some() {
                fetch(batch.iter().flat_map(|row| searched_columns(row)).flatten());
            }
            for row in batch {
                if let Some(found) = place(row.number(), first).and_then(|place| found.get_mut(place)) {
                    *found = Some(self.found_in_columns(row));
                }
            }
        }
        let mut messages = state.messages().peekable();
        let mut batch = Vec::with_capacity(BATCH);
        while messages.peek().is_some() {
            let of_rows = |message| {
                let message: &MessageRow = message;
                let place = place(message.conversation, first)?;
                found.get(place)?.is_some().then_some((place, message))
            };
            batch.extend(messages.by_ref().take(BATCH).filter_map(of_rows));
            if self.message_part.is_some() || self.search.is_some() {
                fetch(batch.iter().map(|(_, message): &(usize, &MessageRow)| message.content.as_str()));
            }
            for (place, message) in batch.drain(..) {
                if let Some(Some(found)) = found.get_mut(place) {
                    self.read(message, found);
                }
            }
        }
        found
    }

    fn asks_nothing(&self) -> bool {
        self.has_action.is_none()
            && self.action_name_part.is_none()
            && self.message_part.is_none()
            && self.search.is_none()
    }

    fn found_in_columns(&self, row: &ConversationRow) -> Found {
        let holds = |part: &AnyCase| searched_columns(row).into_iter().flatten().any(|text| part.is_in(text));
        let search = self.search.as_ref().is_some_and(holds);
        Found { search, ..Found::default() }
    }

    /// Takes a message into account. What is known already is not looked for again.
    fn read(&self, message: &MessageRow, found: &mut Found) {
        let holds = |part: &Option<AnyCase>, text: &str| part.as_ref().is_some_and(|part| part.is_in(text));
        if let Some(name) = &message.action_name {
            found.action = true;
            found.action_name = found.action_name || holds(&self.action_name_part, name);
        }
        found.message = found.message || holds(&self.message_part, &message.content);
        found.search = found.search || holds(&self.search, &message.content);
    }

    fn holds(&self, found: Found) -> bool {
        self.has_action.is_none_or(|wanted| wanted == found.action)
            && (self.action_name_part.is_none() || found.action_name)
            && (self.message_part.is_none() || found.message)
            && (self.search.is_none() || found.search)
    }
}

fn place(number: u64, first: u64) -> Option<usize> {
    usize::try_from(number.checked_sub(first)?).ok()
}

/// The columns of a conversation that `search` looks at (wire: 1.9).
fn searched_columns(row: &ConversationRow) -> [Option<&str>; 3] {
    let record = &row.record;
    [record.name.as_deref(), Some(&record.conversation_id), record.customer_id.as_deref()]
}

/// Touches texts that are about to be searched. A search waits for one text after another to come from memory; these
/// come all at once, as nothing depends on any of them.
fn fetch<'a>(texts: impl Iterator<Item = &'a str>) {
    const CACHE_LINE: usize = 64;
    let lines = texts.flat_map(|text| text.as_bytes().iter().step_by(CACHE_LINE).chain(text.as_bytes().last()));
    black_box(lines.fold(0, |touched, byte| touched ^ byte));
}
