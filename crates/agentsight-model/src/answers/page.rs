//! One page of a list.

use crate::wire_struct::wire_struct;

wire_struct! {
    /// One page of a list (wire: 1.7).
    ///
    /// Reads the older envelope and the current one, which adds the sizes.
    pub struct Page<T> {
        required {
            /// How many rows match, on all pages together.
            count: u64,
            /// The rows of this page.
            results: Vec<T>,
        }
        optional {
            /// The URL of the next page. Shows whether there is one; the SDK never follows it (R19).
            next (with_next): String,
            /// The URL of the page before.
            previous (with_previous): String,
            /// How many rows a page has at most.
            page_size (with_page_size): u64,
            /// How many pages there are.
            total_pages (with_total_pages): u64,
            /// The number of this page, from 1.
            current_page (with_current_page): u64,
        }
        lists {}
    }
}
