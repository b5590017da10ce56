use chrono::{DateTime, Utc};

use super::departed::Departed;
use super::entries::{Entries, Entry, Iter, Micros};
use super::runs::Runs;

/// How an item got its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// When it was tracked, or just after what was tracked before it.
    Automatic(Micros),
    /// When the caller says that it happened, or the first microsecond after it that was free.
    Explicit {
        /// What the caller said, cut to microseconds.
        asked: Micros,
        /// What it got.
        at: Micros,
    },
    /// A place between other items.
    Placed(Micros),
}

impl Stamp {
    /// The time itself.
    pub(crate) fn at(self) -> Micros {
        match self {
            Self::Automatic(at) | Self::Explicit { at, .. } | Self::Placed(at) => at,
        }
    }
}

/// The pending items of a conversation in the order (time, order of tracking), and the stamps that they get (R6).
///
/// A stamp is computed first and takes effect when an item is inserted under it, so that what happens in between can be
/// written down. Automatic stamps rise strictly even if the clock stands still or goes back. Explicit times are moved
/// up until they are unique, keep the order of tracking where they are the same, and never move the automatic ones.
///
/// A stamp is unique among all explicit ones of the conversation, as long as their runs are kept, what is pending, the
/// last automatic one, and the last 128 that left since the conversation was idle. Only at the greatest time that there
/// is, nothing can be moved up, and uniqueness ends.
#[derive(Clone, Debug)]
pub(crate) struct Timeline<T> {
    watermark: Option<Micros>,
    /// Boxed, as most conversations never have explicit times; absent if empty.
    runs: Option<Box<Runs>>,
    /// Boxed, as an idle conversation has none (R23).
    queued: Option<Box<Queued<T>>>,
}

/// What is pending, and what was pending since the conversation was idle.
#[derive(Clone, Debug)]
struct Queued<T> {
    pending: Entries<T>,
    departed: Departed,
}

impl<T> Timeline<T> {
    /// A stamp for something that happens now.
    pub(crate) fn automatic(&self, now: DateTime<Utc>) -> Stamp {
        let floor = self.watermark.map_or(Micros::MIN, |watermark| watermark.saturating_add(1));
        Stamp::Automatic(self.free_from(now.timestamp_micros().max(floor)))
    }

    /// A stamp for something that happened at an explicit time.
    pub(crate) fn explicit(&self, at: DateTime<Utc>) -> Stamp {
        let asked = at.timestamp_micros();
        Stamp::Explicit { asked, at: self.free_from(asked) }
    }

    /// A stamp just before the last item, if that microsecond is free and comes after `previous`.
    pub(crate) fn before_last(&self, previous: Option<Micros>) -> Option<Stamp> {
        let before = self.last()?.stamp.checked_sub(1)?;
        let is_after = previous.is_none_or(|previous| before > previous);
        (is_after && self.free_from(before) == before).then_some(Stamp::Placed(before))
    }

    /// Puts an item under a stamp that was computed just before; its sequence must be new.
    pub(crate) fn insert(&mut self, stamp: Stamp, sequence: u64, item: T) {
        self.reserve(stamp);
        let entry = Entry { stamp: stamp.at(), sequence, item };
        let pending = &mut self.queued.get_or_insert_default().pending;
        if let Stamp::Automatic(_) = stamp {
            pending.push_automatic(entry);
        } else {
            pending.place(entry);
        }
    }

    /// Takes a stamp without an item, for what has a time in the conversation and is not pending here.
    pub(crate) fn reserve(&mut self, stamp: Stamp) {
        match stamp {
            Stamp::Automatic(at) => self.watermark = self.watermark.max(Some(at)),
            // All of it is taken at this moment, by whatever the time was moved past. Nobody walks over it again, and
            // what asks for the same time comes later even when that has left.
            Stamp::Explicit { asked, at } => self.runs.get_or_insert_default().cover(asked.min(at), at),
            Stamp::Placed(_) => {}
        }
    }

    /// Returns an entry to its place, as if it had never left.
    pub(crate) fn put_back(&mut self, entry: Entry<T>) {
        let queued = self.queued.get_or_insert_default();
        queued.departed.forget(entry.stamp);
        queued.pending.place(entry);
    }

    /// Takes the entry that is next in order.
    pub(crate) fn take_first(&mut self) -> Option<Entry<T>> {
        let queued = self.queued.as_mut()?;
        let entry = queued.pending.pop_first()?;
        queued.departed.remember(entry.stamp);
        Some(entry)
    }

    /// The entry that is next in order.
    pub(crate) fn first(&self) -> Option<&Entry<T>> {
        self.iter().next()
    }

    /// The entry that is last in order.
    pub(crate) fn last(&self) -> Option<&Entry<T>> {
        self.iter().next_back()
    }

    /// The pending entries in order.
    pub(crate) fn iter(&self) -> Iter<'_, T> {
        self.queued.as_ref().map_or_else(Iter::default, |queued| queued.pending.iter())
    }

    /// How many entries are pending.
    pub(crate) fn len(&self) -> usize {
        self.queued.as_ref().map_or(0, |queued| queued.pending.len())
    }

    /// Whether nothing is pending.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether intervals of explicit times are held.
    pub(crate) fn has_runs(&self) -> bool {
        self.runs.is_some()
    }

    /// How many intervals of explicit times are held.
    pub(crate) fn runs(&self) -> usize {
        self.runs.as_ref().map_or(0, |runs| runs.len())
    }

    /// Forgets the interval of explicit times that has not grown for the longest time.
    pub(crate) fn forget_oldest_run(&mut self) {
        if let Some(runs) = &mut self.runs {
            runs.forget_oldest();
        }
        self.runs.take_if(|runs| runs.is_empty());
    }

    /// Frees what is only needed while items are pending.
    pub(crate) fn settle(&mut self) {
        self.queued.take_if(|queued| queued.pending.len() == 0);
        if let Some(queued) = &mut self.queued {
            queued.departed = Departed::default();
        }
    }

    /// Whether nothing is held that is only needed while items are pending.
    #[cfg(test)]
    pub(crate) fn is_settled(&self) -> bool {
        self.queued.is_none()
    }

    /// The first microsecond from `stamp` on that is free.
    fn free_from(&self, mut stamp: Micros) -> Micros {
        loop {
            // Runs do not touch: what follows one is in none, and need not be looked up there again.
            if let Some(end) = self.end_of_run(stamp) {
                let Some(next) = end.checked_add(1) else { return Micros::MAX };
                stamp = next;
            }
            let Some(end) = self.end_of_others(stamp) else { return stamp };
            let Some(next) = end.checked_add(1) else { return Micros::MAX };
            stamp = next;
        }
    }

    fn end_of_run(&self, stamp: Micros) -> Option<Micros> {
        self.runs.as_ref().and_then(|runs| runs.end_of(stamp))
    }

    /// The end of some stretch without a gap that begins with `stamp`, if something else than an explicit time has that.
    fn end_of_others(&self, stamp: Micros) -> Option<Micros> {
        let queued = self.queued.as_ref();
        queued
            .and_then(|queued| queued.pending.end_of_dense(stamp).or_else(|| queued.departed.end_of_dense(stamp)))
            .or_else(|| self.watermark.filter(|watermark| *watermark == stamp))
    }

    fn recent(&self) -> impl Iterator<Item = Micros> {
        self.queued.iter().flat_map(|queued| queued.departed.oldest_first())
    }
}

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self { watermark: None, runs: None, queued: None }
    }
}

impl<T> Default for Queued<T> {
    fn default() -> Self {
        Self { pending: Entries::default(), departed: Departed::default() }
    }
}

/// The same content: what one timeline does from now on, the other does, too. Where entries are kept makes no difference.
impl<T: PartialEq> PartialEq for Timeline<T> {
    fn eq(&self, other: &Self) -> bool {
        self.watermark == other.watermark
            && self.runs == other.runs
            && self.len() == other.len()
            && self.iter().eq(other.iter())
            && self.recent().eq(other.recent())
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
