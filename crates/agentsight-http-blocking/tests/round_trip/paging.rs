//! Walking through conversations and taking up again (R19).

use agentsight_http_blocking::{AgentSight, ConversationFilter, Error, ErrorKind};

use crate::virtual_service::VirtualService;

fn listed(conversations: usize) -> Result<(VirtualService, AgentSight), Error> {
    let service = VirtualService::default();
    let answering = service.clone();
    let sight = AgentSight::builder(service.config())
        .context(service.context())
        .transport(move |attempt| Ok(answering.apply(attempt)))
        .build()?;
    for number in 0..conversations {
        sight.conversation(format!("c-{number}"))?.track_human_message("Hello")?;
    }
    assert!(sight.send_all().is_complete());
    Ok((service, sight))
}

#[test]
fn r19_a_walk_is_taken_up_after_any_row() -> Result<(), Error> {
    let (_service, sight) = listed(7)?;
    let filter = ConversationFilter::new().page_size(2);
    let whole: Vec<u64> =
        sight.api().conversations(&filter).map(|row| row.map(|row| row.id)).collect::<Result<_, _>>()?;
    assert_eq!(whole.len(), 7);
    for taken in 0..=7 {
        let mut walk = sight.api().conversations(&filter);
        let mut rows = Vec::new();
        for row in walk.by_ref().take(taken) {
            rows.push(row?.id);
        }
        let later = sight.api().conversations(&filter).resume(walk.position());
        for row in later {
            rows.push(row?.id);
        }
        assert_eq!(rows, whole, "taken up after {taken} rows");
    }
    Ok(())
}

#[test]
fn r19_after_an_error_there_is_nothing_more_and_the_position_leads_on() -> Result<(), Error> {
    let (service, sight) = listed(5)?;
    let filter = ConversationFilter::new().page_size(2);
    let mut walk = sight.api().pages(&filter);
    let first = walk.next().transpose()?.map(|page| page.results.len());
    assert_eq!(first, Some(2));
    service.refuse_next();
    assert_eq!(walk.next().and_then(Result::err).map(|error| error.kind()), Some(ErrorKind::Rejected));
    assert!(walk.next().is_none());

    let mut rows = 0;
    for page in sight.api().pages(&filter).resume(walk.position()) {
        rows += page?.results.len();
    }
    assert_eq!(rows, 3);
    Ok(())
}

#[test]
fn r18_a_filter_that_cannot_be_sent_is_the_first_error_and_the_last_row() -> Result<(), Error> {
    let (service, sight) = listed(1)?;
    service.api.clear_requests();
    let mut walk = sight.api().conversations(&ConversationFilter::new().page_size(101));
    assert_eq!(walk.next().and_then(Result::err).map(|error| error.kind()), Some(ErrorKind::InvalidInput));
    assert!(walk.next().is_none());
    assert!(service.api.requests().is_empty());
    Ok(())
}
