//! Walking through all conversations that match a filter (R19).

use std::fmt;
use std::sync::Arc;
use std::vec;

use agentsight_core::{Conversation, Error, Page, PagePosition, Pager};

use crate::client::Shared;
use crate::drive::drive;

/// The pages of a list, fetched one at a time.
///
/// After an error there is nothing more; continue with [`position`](Self::position) and [`resume`](Self::resume).
pub struct Pages {
    pager: Pager,
    shared: Arc<Shared>,
}

impl Pages {
    pub(crate) fn new(pager: Pager, shared: Arc<Shared>) -> Self {
        Self { pager, shared }
    }

    /// Continues from where an earlier walk with the same filter stood. To be called before the first page.
    #[must_use]
    pub fn resume(mut self, position: PagePosition) -> Self {
        self.pager = self.pager.resume(position);
        self
    }

    /// Where the walk stands after the pages that were taken.
    pub fn position(&self) -> PagePosition {
        self.pager.position()
    }
}

impl Iterator for Pages {
    type Item = Result<Page<Conversation>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        drive(&self.shared, &mut self.pager).transpose()
    }
}

/// The conversations of a list, fetched a page at a time.
///
/// After an error there is nothing more; continue with [`position`](Self::position) and [`resume`](Self::resume).
pub struct Conversations {
    pages: Pages,
    rows: vec::IntoIter<Conversation>,
    position: PagePosition,
}

impl Conversations {
    pub(crate) fn new(pages: Pages) -> Self {
        Self { position: pages.position(), pages, rows: Vec::new().into_iter() }
    }

    /// Continues from where an earlier walk with the same filter stood. To be called before the first conversation.
    #[must_use]
    pub fn resume(self, position: PagePosition) -> Self {
        Self::new(self.pages.resume(position))
    }

    /// Where the walk stands: after the last conversation that was taken.
    pub fn position(&self) -> PagePosition {
        self.position
    }
}

impl Iterator for Conversations {
    type Item = Result<Conversation, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(conversation) = self.rows.next() {
                self.position = PagePosition::new(self.pages.position().page, Some(conversation.id));
                return Some(Ok(conversation));
            }
            match self.pages.next()? {
                Ok(page) => self.rows = page.results.into_iter(),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

impl fmt::Debug for Pages {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Pages").field("position", &self.position()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Conversations {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Conversations").field("position", &self.position()).finish_non_exhaustive()
    }
}
