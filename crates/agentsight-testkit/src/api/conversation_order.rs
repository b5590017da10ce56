use std::cmp::Ordering;
use std::ops::Range;

use chrono::{DateTime, Utc};

use super::call::Query;
use super::parameters::Order;
use super::rows::ConversationRow;

/// The order of a conversation list (wire: 1.6): the columns asked for, then the newest first.
#[derive(Debug)]
pub(crate) struct ConversationOrder(Vec<Order>);

/// A value to order by. Those of one column are of one kind.
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
    /// Reads `ordering`; a column's second mention says nothing.
    pub(crate) fn read(query: &Query) -> Self {
        let columns = ["started_at", "ended_at", "id", "customer_id", "is_marked", "language"];
        let mut orders: Vec<Order> = Vec::new();
        for order in Order::read(query, &columns) {
            if orders.iter().all(|earlier| earlier.field != order.field) {
                orders.push(order);
            }
        }
        Self(orders)
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
        let first = self.0.first().map_or(Key::Nothing, |order| Key::of(row, order.field));
        Entry { first, started_at: row.record.started_at, number: row.number(), row }
    }

    fn compare(&self, left: &Entry<'_>, right: &Entry<'_>) -> Ordering {
        let first = self.0.first().map_or(Ordering::Equal, |order| order.direct(left.first.cmp(&right.first)));
        let others = || {
            let compare =
                |order: &Order| order.direct(Key::of(left.row, order.field).cmp(&Key::of(right.row, order.field)));
            self.0.iter().skip(1).map(compare).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
        };
        let newest = || (right.started_at, right.number).cmp(&(left.started_at, left.number));
        first.then_with(others).then_with(newest)
    }
}

impl<'a> Key<'a> {
    fn of(row: &'a ConversationRow, column: &str) -> Self {
        let record = &row.record;
        match column {
            "started_at" => Self::Time(record.started_at),
            "ended_at" => Self::Time(record.ended_at),
            "customer_id" => Self::text(record.customer_id.as_deref()),
            "is_marked" => Self::Truth(record.marked()),
            "language" => Self::text(record.language.as_deref()),
            _ => Self::Number(record.id),
        }
    }

    fn text(text: Option<&'a str>) -> Self {
        Self::Text { is_missing: text.is_none(), text: text.unwrap_or_default() }
    }
}
