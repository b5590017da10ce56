//! One tracker for all, trackers of one's own, and a client that is switched off.

use std::future::ready;

use agentsight_http_async::{AgentSight, Config, ConversationFilter, Error, ErrorKind, NewConversation, TokenUsage};

use crate::virtual_service::VirtualService;

fn client(service: &VirtualService) -> AgentSight {
    let answering = service.clone();
    let transport = move |attempt| ready(Ok(answering.apply(attempt)));
    AgentSight::builder(service.config())
        .context(service.context())
        .transport(transport)
        .build()
        .expect("a client with a transport of its own")
}

#[tokio::test]
async fn r2_tracker_is_the_same_tracker_for_every_call_and_every_clone() -> Result<(), Error> {
    let service = VirtualService::default();
    let sight = client(&service);
    sight.tracker().get_or_create_conversation("c-1".into())?;
    assert_eq!(sight.clone().tracker().current().conversation_id().as_str(), "c-1");
    sight.tracker().clone().get_or_create_conversation("c-2".into())?;
    sight.tracker().track_human_message("Hello")?;
    let report = sight.tracker().send_tracked_data().await?;
    assert_eq!((report.conversation_id.as_str(), report.summary.questions), ("c-2", 1));
    Ok(())
}

#[tokio::test]
async fn r2_a_new_tracker_has_a_current_conversation_of_its_own_over_the_same_conversations() -> Result<(), Error> {
    let service = VirtualService::default();
    let sight = client(&service);
    let (one, other) = (sight.new_tracker(), sight.new_tracker());
    one.get_or_create_conversation("c-1".into())?;
    other.get_or_create_conversation("c-2".into())?;
    assert_eq!(one.current().conversation_id().as_str(), "c-1");
    assert_ne!(sight.tracker().current().conversation_id(), one.current().conversation_id());

    one.track_human_message("Hello")?;
    sight.conversation("c-1")?.track_agent_message("Hi!")?;
    other.get_or_create_conversation("c-1".into())?;
    assert_eq!(other.get_tracked_data_summary().summary.total, 3, "the conversation, and a message from each side");
    let report = other.send_tracked_data().await?;
    assert_eq!((report.summary.questions, report.summary.answers), (1, 1));
    assert!(!one.current().has_pending());
    Ok(())
}

#[tokio::test]
async fn r4_initializing_does_not_change_the_current_conversation() -> Result<(), Error> {
    let service = VirtualService::default();
    let tracker = client(&service).tracker();
    tracker.get_or_create_conversation("c-1".into())?;
    let lobby = tracker.initialize_conversation("lobby".into()).await?;
    assert_eq!(tracker.current().conversation_id().as_str(), "c-1");
    assert!(service.api.conversation("lobby").is_some_and(|lobby| !lobby.used()));
    lobby.track_human_message("Hello")?;
    assert_eq!(lobby.send().await?.summary.questions, 1);
    assert!(service.api.conversation("lobby").is_some_and(|lobby| lobby.used()));
    Ok(())
}

#[tokio::test]
async fn a_disabled_client_validates_counts_and_sends_nothing() -> Result<(), Error> {
    let unreachable = AgentSight::builder(Config::disabled()).transport(async |_| panic!("nothing is sent")).build()?;
    for sight in [AgentSight::disabled(), unreachable] {
        let tracker = sight.tracker();
        let chat = tracker.get_or_create_conversation(NewConversation::new("c-1"))?;
        chat.track_human_message("Hello")?;
        chat.track_token_usage(TokenUsage::new(1, 1));
        assert_eq!(chat.track_agent_message(" ").map_err(|error| error.kind()), Err(ErrorKind::InvalidInput));
        let report = chat.send().await?;
        assert!(report.disabled);
        assert_eq!((report.items.len(), report.summary.questions, report.summary.actions), (3, 1, 1));
        tracker.initialize_conversation("lobby".into()).await?.track_human_message("Hello")?;
        assert!(sight.send_all().await.is_complete());
        assert!(sight.pending().is_empty() && sight.dead_letters().is_empty());

        let kinds = [
            sight.me().await.err(),
            sight.api().fetch_conversation("c-1").await.err(),
            sight.api().conversations(&ConversationFilter::new()).next().await.and_then(Result::err),
            sight.manager().mark_conversation(1, true).await.err(),
        ];
        assert_eq!(kinds.map(|error| error.map(|error| error.kind())), [Some(ErrorKind::Closed); 4]);
    }
    Ok(())
}
