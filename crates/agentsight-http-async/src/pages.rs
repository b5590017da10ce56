//! Walking through all conversations that match a filter (R19).

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::vec;

use agentsight_core::{Conversation, Error, Page, PagePosition, Pager};
use futures_core::Stream;

use crate::client::Shared;
use crate::drive::drive;

/// A page on its way, with the pager that it goes back to.
type Fetching = Pin<Box<dyn Future<Output = (Pager, Result<Option<Page<Conversation>>, Error>)> + Send>>;

/// The pages of a list, fetched one at a time.
///
/// After an error there is nothing more; continue with [`position`](Self::position) and [`resume`](Self::resume). Take
/// them with [`next`](Self::next), or as a [`Stream`].
pub struct Pages {
    /// At rest, or gone with the page that is being fetched.
    pager: Option<Pager>,
    fetching: Option<Fetching>,
    position: PagePosition,
    shared: Arc<Shared>,
}

impl Pages {
    pub(crate) fn new(pager: Pager, shared: Arc<Shared>) -> Self {
        Self { position: pager.position(), pager: Some(pager), fetching: None, shared }
    }

    /// Continues from where an earlier walk with the same filter stood. To be called before the first page.
    #[must_use]
    pub fn resume(mut self, position: PagePosition) -> Self {
        self.pager = self.pager.map(|pager| pager.resume(position));
        self.position = position;
        self
    }

    /// Where the walk stands after the pages that were taken.
    pub fn position(&self) -> PagePosition {
        self.position
    }

    /// The next page. Dropping the future loses nothing: the page is taken by the next call.
    ///
    /// # Errors
    /// Whatever can go wrong in a call, or `InvalidInput` for a filter that cannot be sent. Nothing follows an error.
    pub async fn next(&mut self) -> Option<Result<Page<Conversation>, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for Pages {
    type Item = Result<Page<Conversation>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(mut pager) = self.pager.take() {
            let shared = Arc::clone(&self.shared);
            self.fetching = Some(Box::pin(async move {
                let page = drive(&shared, &mut pager).await;
                (pager, page)
            }));
        }
        let Some(fetching) = &mut self.fetching else { return Poll::Ready(None) };
        let (pager, page) = ready!(fetching.as_mut().poll(context));
        self.position = pager.position();
        self.pager = Some(pager);
        self.fetching = None;
        Poll::Ready(page.transpose())
    }
}

/// The conversations of a list, fetched a page at a time.
///
/// After an error there is nothing more; continue with [`position`](Self::position) and [`resume`](Self::resume). Take
/// them with [`next`](Self::next), or as a [`Stream`].
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

    /// The next conversation. Dropping the future loses nothing: the conversation is taken by the next call.
    ///
    /// # Errors
    /// Whatever can go wrong in a call, or `InvalidInput` for a filter that cannot be sent. Nothing follows an error.
    pub async fn next(&mut self) -> Option<Result<Conversation, Error>> {
        poll_fn(|context| Pin::new(&mut *self).poll_next(context)).await
    }
}

impl Stream for Conversations {
    type Item = Result<Conversation, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(conversation) = self.rows.next() {
                self.position = PagePosition::new(self.pages.position().page, Some(conversation.id));
                return Poll::Ready(Some(Ok(conversation)));
            }
            match ready!(Pin::new(&mut self.pages).poll_next(context)) {
                Some(Ok(page)) => self.rows = page.results.into_iter(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
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
