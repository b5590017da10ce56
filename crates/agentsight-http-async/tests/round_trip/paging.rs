//! Walking through conversations and taking up again (R19).

use std::future::ready;

use agentsight_http_async::{AgentSight, Conversation, ConversationFilter, Error, ErrorKind};
use futures_util::TryStreamExt as _;

use crate::virtual_service::VirtualService;

async fn listed(conversations: usize) -> Result<(VirtualService, AgentSight), Error> {
    let service = VirtualService::default();
    let answering = service.clone();
    let transport = move |attempt| ready(Ok(answering.apply(attempt)));
    let sight = AgentSight::builder(service.config()).context(service.context()).transport(transport).build()?;
    for number in 0..conversations {
        sight.conversation(format!("c-{number}"))?.track_human_message("Hello")?;
    }
    assert!(sight.send_all().await.is_complete());
    Ok((service, sight))
}

#[tokio::test]
async fn r19_a_walk_is_taken_up_after_any_row() -> Result<(), Error> {
    let (_service, sight) = listed(7).await?;
    let filter = ConversationFilter::new().page_size(2);
    let whole: Vec<Conversation> = sight.api().conversations(&filter).try_collect().await?;
    assert_eq!(whole.len(), 7);
    for taken in 0..=7 {
        let mut walk = sight.api().conversations(&filter);
        let mut rows = Vec::new();
        while rows.len() < taken
            && let Some(row) = walk.next().await
        {
            rows.push(row?);
        }
        let later = sight.api().conversations(&filter).resume(walk.position());
        rows.extend(later.try_collect::<Vec<_>>().await?);
        assert_eq!(rows, whole, "taken up after {taken} rows");
    }
    Ok(())
}

#[tokio::test]
async fn r19_after_an_error_there_is_nothing_more_and_the_position_leads_on() -> Result<(), Error> {
    let (service, sight) = listed(5).await?;
    let filter = ConversationFilter::new().page_size(2);
    let mut walk = sight.api().pages(&filter);
    let first = walk.next().await.transpose()?.map(|page| page.results.len());
    assert_eq!(first, Some(2));
    service.refuse_next();
    assert_eq!(walk.next().await.and_then(Result::err).map(|error| error.kind()), Some(ErrorKind::Rejected));
    assert!(walk.next().await.is_none());

    let mut rows = 0;
    let mut later = sight.api().pages(&filter).resume(walk.position());
    while let Some(page) = later.next().await {
        rows += page?.results.len();
    }
    assert_eq!(rows, 3);
    Ok(())
}

#[tokio::test]
async fn r18_a_filter_that_cannot_be_sent_is_the_first_error_and_the_last_row() -> Result<(), Error> {
    let (service, sight) = listed(1).await?;
    service.api.clear_requests();
    let mut walk = sight.api().conversations(&ConversationFilter::new().page_size(101));
    assert_eq!(walk.next().await.and_then(Result::err).map(|error| error.kind()), Some(ErrorKind::InvalidInput));
    assert!(walk.next().await.is_none());
    assert!(service.api.requests().is_empty());
    Ok(())
}
