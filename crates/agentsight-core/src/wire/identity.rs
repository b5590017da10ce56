//! Which messages of the transcript show our items: one to one, in order (R17).

use std::collections::{HashMap, HashSet};

use agentsight_model::Sender;
use serde_json::{Map, Value};

use super::likeness::{holds, may_show, says_the_same};
use super::row::Row;
use super::transcript::Transcript;

/// An item that may be in the transcript.
#[derive(Debug, Clone)]
pub(crate) struct Sought<'a> {
    /// What it is.
    pub what: SoughtKind<'a>,
    /// The time that we gave it, in microseconds.
    pub stamp: i64,
    /// Whether the application gave that time: others may have given the same.
    pub is_explicit: bool,
    /// Messages up to this id were there before the first attempt.
    pub floor: Option<u64>,
}

/// What identifies an item of each kind.
#[derive(Debug, Clone)]
pub(crate) enum SoughtKind<'a> {
    /// A message.
    Message {
        /// Who wrote it.
        sender: &'a Sender,
        /// Its text.
        content: &'a str,
    },
    /// A run of an action.
    Action {
        /// The name of the action.
        name: &'a str,
        /// The metadata, for the counters of a token action.
        metadata: &'a Map<String, Value>,
    },
    /// A click on a button.
    Button {
        /// What happened.
        event: &'a str,
        /// The text on the button.
        label: &'a str,
        /// What the button stands for.
        value: &'a str,
    },
    /// Files, under a message or sent on their own.
    Files {
        /// Who sent them.
        sender: &'a Sender,
        /// The sizes of all files that are under the message once the request has been acted on.
        sizes: Vec<u64>,
        /// The message that the files belong to, once it is known.
        message: Option<u64>,
    },
}

/// What a look says of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finding {
    /// The item is there.
    Found {
        /// The id of the message that shows it.
        message: u64,
    },
    /// The item is not there.
    Absent,
    /// The service shows other times than we gave, so that not finding the item says nothing.
    StampsNotKept,
}

/// What a look says of all items.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// One finding for each item, in the order of the items.
    pub findings: Vec<Finding>,
    /// Whether the service counts its ids from the start again: floors and ids from before are void.
    pub ids_restarted: bool,
    /// The highest id of the transcript.
    pub highest_id: Option<u64>,
}

/// Assigns messages of the transcript to the items that are `sought`, one to one.
///
/// `known` are messages known to be ours, with the stamps that we gave. `taken` says which ids belong to other items.
pub(crate) fn assign(
    transcript: &Transcript,
    sought: &[Sought<'_>],
    known: &[(u64, i64)],
    taken: &dyn Fn(u64) -> bool,
) -> Look {
    let highest_id = transcript.ids.as_ref().map(|ids| *ids.end());
    let ids_restarted = highest_id.is_some_and(|highest| known.iter().any(|(id, _)| *id > highest));
    let known: HashMap<u64, i64> = known.iter().copied().collect();
    let view = View { rows: transcript.rows_by_id(), known, taken, ids_restarted };
    let mut findings = vec![view.not_found(); sought.len()];
    let used = view.assign_files_under_messages(sought, &mut findings);
    view.assign_by_stamp(sought, used, &mut findings);
    Look { findings, ids_restarted, highest_id }
}

/// The transcript, and what we know of it.
struct View<'a> {
    rows: Vec<&'a Row>,
    known: HashMap<u64, i64>,
    taken: &'a dyn Fn(u64) -> bool,
    ids_restarted: bool,
}

impl<'a> View<'a> {
    /// What is said of an item that is not found: only messages of ours tell whether our stamps are kept.
    fn not_found(&self) -> Finding {
        let other_stamp = |row: &&Row| {
            let given = self.known.get(&row.id);
            given.is_some_and(|given| row.stamp.is_some_and(|shown| shown != *given))
        };
        if !self.ids_restarted && self.rows.iter().any(other_stamp) {
            return Finding::StampsNotKept;
        }
        Finding::Absent
    }

    /// Files whose message is known are looked up there. Returns the ids that are no longer free.
    fn assign_files_under_messages(&self, sought: &[Sought<'_>], findings: &mut [Finding]) -> HashSet<u64> {
        let mut used = HashSet::new();
        for (item, finding) in sought.iter().zip(findings) {
            let SoughtKind::Files { sender, sizes, message: Some(message) } = &item.what else { continue };
            let row = self.rows.iter().find(|row| {
                let is_ours = row.stamp == Some(item.stamp) && row.sender.as_ref() == Some(*sender);
                row.id == *message && (is_ours || !self.ids_restarted)
            });
            // The message is looked up by its id, so that not finding the files is conclusive whatever its time.
            *finding = Finding::Absent;
            if let Some(row) = row
                && used.insert(row.id)
                && holds(row, sizes)
            {
                *finding = Finding::Found { message: row.id };
            }
        }
        used
    }

    /// Everything else is found by kind, sender and microsecond, and by content where these do not decide.
    fn assign_by_stamp(&self, sought: &[Sought<'_>], mut used: HashSet<u64>, findings: &mut [Finding]) {
        let mut by_stamp: HashMap<i64, Vec<&'a Row>> = HashMap::new();
        for row in self.rows.iter().filter(|row| !used.contains(&row.id)) {
            if let Some(stamp) = row.stamp {
                by_stamp.entry(stamp).or_default().push(row);
            }
        }
        let candidates: Vec<Vec<&Row>> = sought
            .iter()
            .map(|item| {
                let rows = by_stamp.get(&item.stamp).into_iter().flatten();
                rows.filter(|row| self.is_free(row, item) && may_show(row, item)).copied().collect()
            })
            .collect();
        let mut claims: HashMap<u64, usize> = HashMap::new();
        for row in candidates.iter().flatten() {
            *claims.entry(row.id).or_default() += 1;
        }
        for ((item, rows), finding) in sought.iter().zip(&candidates).zip(findings) {
            let is_contested = |row: &Row| claims.get(&row.id).is_some_and(|claims| *claims > 1);
            let by_content = item.is_explicit || rows.len() > 1 || rows.iter().any(|row| is_contested(row));
            let mut matching = rows.iter().filter(|row| !by_content || says_the_same(row, item));
            if let Some(row) = matching.find(|row| used.insert(row.id)) {
                *finding = Finding::Found { message: row.id };
            }
        }
    }

    /// Whether the row belongs to nobody else and was not there before the item's first attempt.
    fn is_free(&self, row: &Row, item: &Sought<'_>) -> bool {
        if self.ids_restarted {
            // An id from before says nothing of the message that has it now, unless that shows the time we gave.
            return self.known.get(&row.id).is_none_or(|given| row.stamp != Some(*given));
        }
        let is_anothers = self.known.contains_key(&row.id) || (self.taken)(row.id);
        !is_anothers && item.floor.is_none_or(|floor| row.id > floor)
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
