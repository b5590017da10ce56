//! The numbers of conversations that a lookup has resolved (R21).

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many numbers are remembered.
const CAPACITY: usize = 1_024;

/// A bounded memory from text id to number; the oldest entry makes room for a new one.
#[derive(Debug, Default)]
pub(crate) struct NumberCache(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    numbers: BTreeMap<String, u64>,
    order: VecDeque<String>,
}

impl NumberCache {
    pub(crate) fn get(&self, id: &str) -> Option<u64> {
        self.lock().numbers.get(id).copied()
    }

    pub(crate) fn remember(&self, id: &str, number: u64) {
        let mut entries = self.lock();
        if entries.numbers.insert(id.to_owned(), number).is_none() {
            entries.order.push_back(id.to_owned());
        }
        if entries.order.len() > CAPACITY
            && let Some(oldest) = entries.order.pop_front()
        {
            entries.numbers.remove(&oldest);
        }
    }

    pub(crate) fn forget(&self, id: &str) {
        let mut entries = self.lock();
        if entries.numbers.remove(id).is_some() {
            entries.order.retain(|remembered| remembered != id);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r21_the_cache_is_bounded_and_forgets_the_oldest() {
        let cache = NumberCache::default();
        for number in 0..=CAPACITY as u64 {
            cache.remember(&number.to_string(), number);
        }
        assert_eq!((cache.get("0"), cache.get("1"), cache.get("1024")), (None, Some(1), Some(1024)));
        cache.forget("1");
        cache.forget("1");
        cache.remember("1", 11);
        assert_eq!(cache.get("1"), Some(11));
        let entries = cache.lock();
        assert_eq!(entries.numbers.len(), entries.order.len());
    }
}
