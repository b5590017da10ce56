use std::cmp::Ordering;
use std::ops::Range;

use chrono::{DateTime, Utc};

use super::call::Query;
use super::parameters::Order;
use super::rows::ConversationRow;

/// The order of a conversation list (wire: 1.6): the fields asked for, then the newest first.
#[derive(Debug, Default)]
pub(crate) struct ConversationOrder(Vec<(Field, Order)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    StartedAt,
    EndedAt,
    Number,
    CustomerId,
    IsMarked,
    Language,
}

/// A value to order by. Those of one field are of one kind.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Nothing,
    Time(Option<DateTime<Utc>>),
    Number(u64),
    Truth(bool),
    /// As Postgres orders: no value comes after every value.
    Text {
        is_missing: bool,
        text: &'a str,
    },
}

/// A row beside what decides its place nearly always, so that comparing two rows reads neither.
struct Entry<'a> {
    first: Key<'a>,
    started_at: Option<DateTime<Utc>>,
    number: u64,
    row: &'a ConversationRow,
}

impl ConversationOrder {
    /// Fields that cannot be ordered by are left out (wire: 1.6), and so is a field's second mention.
    pub(crate) fn read(query: &Query) -> Self {
        let mut columns: Vec<(Field, Order)> = Vec::new();
        for order in Order::read(query, &["started_at", "ended_at", "id", "customer_id", "is_marked", "language"]) {
            let is_new = |field: &Field| columns.iter().all(|(other, _)| other != field);
            if let Some(field) = Field::find(order.field).filter(is_new) {
                columns.push((field, order));
            }
        }
        Self(columns)
    }

    /// The rows that stand at these places once all are in order. Only they are sorted; the others are parted from
    /// them, which takes a time in proportion to their number.
    pub(crate) fn rows_at<'a>(&self, rows: Vec<&'a ConversationRow>, places: Range<usize>) -> Vec<&'a ConversationRow> {
        let places = places.start.min(rows.len())..places.end.min(rows.len());
        let mut entries: Vec<Entry<'a>> = rows.into_iter().map(|row| self.entry(row)).collect();
        let mut wanted = entries.as_mut_slice();
        if places.end < wanted.len() {
            wanted = wanted.select_nth_unstable_by(places.end, |left, right| self.compare(left, right)).0;
        }
        if 0 < places.start && places.start < wanted.len() {
            wanted.select_nth_unstable_by(places.start, |left, right| self.compare(left, right));
        }
        let wanted = wanted.get_mut(places.start..).unwrap_or_default();
        wanted.sort_unstable_by(|left, right| self.compare(left, right));
        wanted.iter().map(|entry| entry.row).collect()
    }

    fn entry<'a>(&self, row: &'a ConversationRow) -> Entry<'a> {
        let first = self.0.first().map_or(Key::Nothing, |(field, _)| field.key(row));
        Entry { first, started_at: row.record.started_at, number: row.number(), row }
    }

    fn compare(&self, left: &Entry<'_>, right: &Entry<'_>) -> Ordering {
        let first = self.0.first().map_or(Ordering::Equal, |(_, order)| order.direct(left.first.cmp(&right.first)));
        let others = || {
            let others = self.0.iter().skip(1);
            let compare =
                |(field, order): &(Field, Order)| order.direct(field.key(left.row).cmp(&field.key(right.row)));
            others.map(compare).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
        };
        let newest = || (right.started_at, right.number).cmp(&(left.started_at, left.number));
        first.then_with(others).then_with(newest)
    }
}

impl Field {
    fn find(name: &str) -> Option<Self> {
        Some(match name {
            "started_at" => Self::StartedAt,
            "ended_at" => Self::EndedAt,
            "id" => Self::Number,
            "customer_id" => Self::CustomerId,
            "is_marked" => Self::IsMarked,
            "language" => Self::Language,
            _ => return None,
        })
    }

    fn key(self, row: &ConversationRow) -> Key<'_> {
        let record = &row.record;
        match self {
            Self::StartedAt => Key::Time(record.started_at),
            Self::EndedAt => Key::Time(record.ended_at),
            Self::Number => Key::Number(record.id),
            Self::IsMarked => Key::Truth(record.marked()),
            Self::CustomerId => Key::text(record.customer_id.as_deref()),
            Self::Language => Key::text(record.language.as_deref()),
        }
    }
}

impl<'a> Key<'a> {
    fn text(text: Option<&'a str>) -> Self {
        Self::Text { is_missing: text.is_none(), text: text.unwrap_or_default() }
    }
}
