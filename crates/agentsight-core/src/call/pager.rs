//! Walking through a list page by page (R19).

use std::collections::BTreeSet;
use std::sync::Arc;

use agentsight_model::{Conversation, Page};
use bytes::Bytes;

use crate::call::{CallSettings, Exchange};
use crate::call::{Machine, Step};
use crate::context::{Context, Now};
use crate::endpoint::ListConversations;
use crate::error::{Error, ErrorKind};
use crate::filter::ConversationFilter;
use crate::transport::TransportFailure;

/// Rows a page, unless the filter says otherwise: the most that the service gives.
const PAGE_SIZE: u32 = 100;

/// Fetches one page after another.
///
/// It increments `page` and never follows a URL from an answer; it ends at `next: null`, at an empty page, at the last
/// page, and at a 404 after the first page. A row that moved over from the page before, because newer ones pushed it
/// down, is not yielded twice. One page is in memory.
///
/// As a [`Machine`] it arrives at `Some(page)` or, at the end, `None`, and may be polled again after `Some`: the next
/// page follows. After an error or the end there is nothing more; continue from [`position`](Self::position).
#[derive(Debug)]
pub struct Pager {
    settings: Arc<CallSettings>,
    context: Context,
    filter: ConversationFilter,
    next: u32,
    /// The rows of the page before.
    seen: BTreeSet<u64>,
    /// The row to continue after, until it has been met.
    after: Option<u64>,
    position: PagePosition,
    exchange: Option<Exchange<ListConversations>>,
    over: bool,
}

/// Where a walk through a list stands, to continue it later (R19).
///
/// The walk goes on after the row `last_id`: on its page, or on the later page to which rows that were added meanwhile
/// have pushed it. What stands on pages before that one comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PagePosition {
    /// The page of the last row that was yielded, from 1.
    pub page: u32,
    /// The number of that row; `None` before the first.
    pub last_id: Option<u64>,
}

impl PagePosition {
    /// A position after the row `last_id` of `page`.
    pub fn new(page: u32, last_id: Option<u64>) -> Self {
        Self { page, last_id }
    }
}

impl Pager {
    pub(crate) fn new(filter: ConversationFilter, settings: Arc<CallSettings>, context: Context) -> Self {
        let filter = if filter.rows_a_page().is_none() { filter.page_size(PAGE_SIZE) } else { filter };
        let first = filter.page_number().unwrap_or(1);
        Self {
            settings,
            context,
            filter,
            next: first,
            seen: BTreeSet::new(),
            after: None,
            position: PagePosition { page: first, last_id: None },
            exchange: None,
            over: false,
        }
    }

    /// Continues from where an earlier walk with the same filter stood, in place of the filter's page.
    #[must_use]
    pub fn resume(mut self, position: PagePosition) -> Self {
        (self.next, self.after) = (position.page, position.last_id);
        self.position = position;
        self
    }

    /// Where the walk stands after the pages that were taken.
    pub fn position(&self) -> PagePosition {
        self.position
    }

    fn begin(&mut self) -> Result<Exchange<ListConversations>, Error> {
        let operation = ListConversations::new("fetch_conversations", &self.filter.with_page(self.next))?;
        Ok(Exchange::new(operation, Arc::clone(&self.settings), self.context.next_u64()))
    }

    fn take(&mut self, result: Result<Page<Conversation>, Error>) -> Result<Option<Page<Conversation>>, Error> {
        self.exchange = None;
        let mut page = match result {
            Ok(page) => page,
            Err(error) => {
                self.over = true;
                // The list became shorter while we walked.
                let shrunk = error.kind() == ErrorKind::NotFound && self.next > 1;
                return if shrunk { Ok(None) } else { Err(error) };
            }
        };
        if page.results.is_empty() {
            self.over = true;
            return Ok(None);
        }
        let is_last = page.next.is_none() || page.total_pages.is_some_and(|total| u64::from(self.next) >= total);
        let ids: BTreeSet<u64> = page.results.iter().map(|row| row.id).collect();
        let place = self.after.and_then(|after| page.results.iter().position(|row| row.id == after));
        if let Some(place) = place {
            page.results.drain(..=place);
            self.after = None;
        }
        page.results.retain(|row| !self.seen.contains(&row.id));
        self.position =
            PagePosition { page: self.next, last_id: page.results.last().map(|row| row.id).or(self.position.last_id) };
        self.seen = ids;
        match self.next.checked_add(1) {
            Some(next) if !is_last => self.next = next,
            _ => self.over = true,
        }
        Ok(Some(page))
    }
}

impl Machine for Pager {
    type Output = Option<Page<Conversation>>;

    fn poll(&mut self, now: Now) -> Step<Self::Output> {
        if self.exchange.is_none() {
            if self.over {
                return Step::Done(Ok(None));
            }
            match self.begin() {
                Ok(exchange) => self.exchange = Some(exchange),
                Err(error) => {
                    self.over = true;
                    return Step::Done(Err(error));
                }
            }
        }
        match self.exchange.as_mut().map(|exchange| exchange.poll(now)) {
            Some(Step::Send(attempt)) => Step::Send(attempt),
            Some(Step::Wait(duration)) => Step::Wait(duration),
            Some(Step::Done(result)) => Step::Done(self.take(result)),
            None => Step::Done(Ok(None)),
        }
    }

    fn handle_response(&mut self, now: Now, response: http::Response<Bytes>) {
        if let Some(exchange) = &mut self.exchange {
            exchange.handle_response(now, response);
        }
    }

    fn handle_failure(&mut self, now: Now, failure: TransportFailure) {
        if let Some(exchange) = &mut self.exchange {
            exchange.handle_failure(now, failure);
        }
    }
}
