use std::collections::BTreeMap;
use std::fmt;

/// A map from numbers to rows whose rows lie close together and in order, so that reading all of them is fast.
///
/// The rows of 64 neighbouring numbers share an allocation. It has no gaps, whatever is removed.
pub(crate) struct RowsByNumber<T> {
    chunks: BTreeMap<u64, Vec<(u64, T)>>,
    rows: usize,
}

impl<T> RowsByNumber<T> {
    pub(crate) fn len(&self) -> usize {
        self.rows
    }

    /// Every row, by number.
    pub(crate) fn values(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.chunks.values().flatten().map(|(_, row)| row)
    }

    pub(crate) fn get(&self, number: &u64) -> Option<&T> {
        let chunk = self.chunks.get(&chunk_of(*number))?;
        chunk.get(find(chunk, *number).ok()?).map(|(_, row)| row)
    }

    pub(crate) fn contains(&self, number: &u64) -> bool {
        self.get(number).is_some()
    }

    pub(crate) fn get_mut(&mut self, number: &u64) -> Option<&mut T> {
        let chunk = self.chunks.get_mut(&chunk_of(*number))?;
        let place = find(chunk, *number).ok()?;
        chunk.get_mut(place).map(|(_, row)| row)
    }

    /// Adds a row, or replaces the one of its number.
    pub(crate) fn insert(&mut self, number: u64, row: T) {
        let chunk = self.chunks.entry(chunk_of(number)).or_default();
        match find(chunk, number) {
            Ok(place) => chunk[place] = (number, row),
            Err(place) => {
                chunk.insert(place, (number, row));
                self.rows += 1;
            }
        }
    }

    pub(crate) fn remove(&mut self, number: &u64) -> Option<T> {
        let chunk = self.chunks.get_mut(&chunk_of(*number))?;
        let (_, row) = chunk.remove(find(chunk, *number).ok()?);
        self.rows -= 1;
        if chunk.is_empty() {
            self.chunks.remove(&chunk_of(*number));
        } else if chunk.len() < chunk.capacity() / 4 {
            chunk.shrink_to(chunk.len() * 2);
        }
        Some(row)
    }
}

fn chunk_of(number: u64) -> u64 {
    number / 64
}

/// Where a number is among rows in order, or would be. Most chunks miss nothing, and then it is known.
fn find<T>(chunk: &[(u64, T)], number: u64) -> Result<usize, usize> {
    let place = chunk.first().and_then(|(first, _)| usize::try_from(number.checked_sub(*first)?).ok());
    match place {
        Some(place) if chunk.get(place).is_some_and(|(found, _)| *found == number) => Ok(place),
        _ => chunk.binary_search_by_key(&number, |(number, _)| *number),
    }
}

impl<T> Default for RowsByNumber<T> {
    fn default() -> Self {
        Self { chunks: BTreeMap::new(), rows: 0 }
    }
}

impl<T: fmt::Debug> fmt::Debug for RowsByNumber<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.values()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_holds_what_a_map_would(
            changes in prop::collection::vec((any::<bool>(), prop_oneof![1_u64..300, any::<u64>()], any::<u8>()), 0..400)
        ) {
            let (mut rows, mut map) = (RowsByNumber::default(), BTreeMap::new());
            for (is_added, number, row) in changes {
                if is_added {
                    rows.insert(number, row);
                    map.insert(number, row);
                } else {
                    prop_assert_eq!(rows.remove(&number), map.remove(&number));
                }
                prop_assert_eq!(rows.get(&number), map.get(&number));
                prop_assert_eq!(rows.get_mut(&number), map.get_mut(&number));
                prop_assert_eq!(rows.len(), map.len());
            }
            prop_assert!(rows.values().eq(map.values()));
            prop_assert!(rows.values().rev().eq(map.values().rev()));
        }
    }

    #[test]
    fn the_room_of_what_is_removed_is_given_back() {
        let mut rows = RowsByNumber::default();
        (0..10_000_u64).for_each(|number| rows.insert(number, number));
        for number in (0..10_000).filter(|number| number % 64 != 7) {
            rows.remove(&number);
        }
        let room: usize = rows.chunks.values().map(Vec::capacity).sum();
        assert!(room <= 8 * rows.len(), "{room} places for {} rows", rows.len());
    }
}
