use std::time::{Duration, Instant};

use agentsight_http_blocking::{AgentSight, Config, NewConversation};
use agentsight_testkit::FakeServer;
use serde_json::json;

use crate::Tested;
use crate::browser::{inspect, inspect_at};
use crate::page::Role;
use crate::service::Service;
use crate::stories;

#[tokio::test]
async fn what_a_client_sends_shows_up_by_itself() -> Tested {
    let service = Service::start()?;
    inspect(&service, async |page| {
        page.reads("0 conversations").await?;
        let config = Config::builder().endpoint(service.url()).api_key(service.server().api_key()).build()?;
        let sight = AgentSight::new(config)?;
        let chat = sight.tracker().get_or_create_conversation(NewConversation::new("live").name("Just now"))?;
        chat.track_human_message("Is anybody there?")?;
        assert_eq!(chat.send()?.rejected(), 0);
        page.reads("1 conversation").await?;
        page.click_on("[data-conversation='1']").await?;
        page.reads("Is anybody there?").await?;
        chat.track_agent_message("Yes.")?;
        assert_eq!(chat.send()?.rejected(), 0);
        page.reads("Yes.").await?;
        page.counts("[data-message]", 2).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_is_unfolded_and_typed_stays_when_something_new_arrives() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.go("#/conversations/1").await?;
        page.click_on("[data-message] summary").await?;
        page.reads("One account was found").await?;
        page.enter(Role::Searchbox, "Search conversations", "a").await?;
        stories::say(&service, 1, "2026-03-01T09:00:09Z", "end_user", "It works, thanks.")?;
        page.reads("It works, thanks.").await?;
        assert!(page.shows("One account was found").await?);
        let search = page.client().active_element().await?;
        assert_eq!(search.prop("value").await?.as_deref(), Some("a"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_late_answer_to_an_earlier_question_is_not_shown() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.lists(&[3, 2, 1]).await?;
        let hold = "const fetch = window.fetch;
            window.fetch = async (address, options) => {
                const answer = await fetch(address, options);
                if (address.includes('inspector/conversations?') && !address.includes('device')) {
                    await new Promise((release) => { window.held = {answer, release}; });
                }
                return answer;
            };";
        page.script(hold, json!([])).await?;
        stories::say(&service, 1, "2026-03-01T09:00:09Z", "end_user", "So that the list looks again.")?;
        page.until("an answer that is held", "return Boolean(window.held)").await?;
        page.script("location.hash = '#/conversations?device=mobile'", json!([])).await?;
        page.lists(&[2]).await?;
        let release = "const done = arguments[0];
            const read = window.held.answer.clone().text();
            window.held.release();
            read.catch(() => {}).then(() => requestAnimationFrame(() => requestAnimationFrame(done)));";
        page.client().execute_async(release, Vec::new()).await?;
        page.lists(&[2]).await?;
        page.reads("1 conversation").await
    })
    .await
}

#[tokio::test]
async fn the_end_of_the_server_ends_the_stream_and_its_return_begins_it_again() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    let (api, address) = (service.server().api().clone(), service.server().address());
    let mut running = Some(service);
    inspect_at(&format!("http://{address}"), async |page| {
        page.reads("Live").await?;
        let end = Instant::now();
        running = None;
        assert!(end.elapsed() < Duration::from_secs(10), "an open stream holds up the end: {:?}", end.elapsed());
        page.reads("Reconnecting").await?;
        let service = Service::serve(FakeServer::builder().api(api).address(address))?;
        page.reads("Live").await?;
        service.conversation(json!({"conversation_id": "after"}))?;
        running = Some(service);
        page.lists(&[5, 3, 2, 1]).await?;
        // The browser mentions each connection that could not be had meanwhile.
        page.complains_only_of(&["net::ERR_"]).await?;
        Ok(())
    })
    .await
}
