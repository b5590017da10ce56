use serde_json::json;

use crate::Tested;
use crate::browser::inspect;
use crate::page::Role;
use crate::service::Service;
use crate::stories;

#[tokio::test]
async fn an_empty_service_tells_a_newcomer_the_next_step() -> Tested {
    let service = Service::start()?;
    inspect(&service, async |page| {
        page.find(Role::Status, "").await?;
        page.reads("0 conversations").await?;
        page.reads(&format!("export AGENTSIGHT_API_ENDPOINT={}", service.url())).await?;
        page.reads(&format!("export AGENTSIGHT_API_KEY={}", service.server().api_key())).await
    })
    .await
}

#[tokio::test]
async fn the_list_shows_the_newest_first_with_what_sets_each_apart() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.find(Role::Navigation, "Views").await?;
        page.find(Role::List, "Conversations").await?;
        page.lists(&[3, 2, 1]).await?;
        page.reads("3 conversations").await?;
        for (number, words) in [
            (1, ["Password reset", "marked", "positive", "production", "desktop", "en", "3 messages"]),
            (2, ["Late delivery", "negative", "development", "mobile", "pt", "2 messages", "1 error"]),
            (3, ["voice-3", "Guten Tag!", "production", "tablet", "de", "1 message", ""]),
        ] {
            let row = page.css(&format!("[data-conversation='{number}']")).await?.text().await?;
            for word in words {
                assert!(row.contains(word), "the row of {number} does not say {word:?}: {row}");
            }
        }
        page.go("#/conversations?include_deleted=true").await?;
        page.lists(&[4, 3, 2, 1]).await?;
        let row = page.css("[data-conversation='4']").await?.text().await?;
        assert!(row.contains("gone-4") && row.contains("deleted"), "{row}");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_conversation_opens_by_a_click_and_back_closes_it() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.click_on("[data-conversation='2']").await?;
        page.find(Role::Article, "Transcript").await?;
        page.reads("Where is my parcel?").await?;
        assert_eq!(page.place().await?, "/conversations/2");
        page.click_on("[data-conversation='1']").await?;
        page.reads("How do I reset my password?").await?;
        page.counts("[data-message]", 3).await?;
        page.client().back().await?;
        page.reads("Where is my parcel?").await?;
        page.client().refresh().await?;
        page.reads("Where is my parcel?").await?;
        page.client().back().await?;
        page.until("no transcript", "return !document.querySelector('article')").await?;
        page.lists(&[3, 2, 1]).await
    })
    .await
}

#[tokio::test]
async fn a_search_looks_at_names_ids_customers_and_words() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        for (text, found) in
            [("late", vec![2]), ("VOICE-3", vec![3]), ("ada", vec![1]), ("parcel", vec![2]), ("nowhere", vec![])]
        {
            page.enter(Role::Searchbox, "Search conversations", text).await?;
            page.lists(&found).await?;
        }
        page.click(Role::Button, "Show all").await?;
        page.lists(&[3, 2, 1]).await
    })
    .await
}

#[tokio::test]
async fn who_types_and_goes_elsewhere_is_not_brought_back() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.lists(&[3, 2, 1]).await?;
        let leave = "const [done] = arguments;
            const search = document.getElementById('search');
            search.value = 'parcel';
            search.dispatchEvent(new Event('input'));
            location.hash = '#/overview';
            setTimeout(() => done(location.hash), 600);";
        assert_eq!(page.client().execute_async(leave, Vec::new()).await?, "#/overview");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_place_that_does_not_exist_is_said_in_words() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.go("#/conversations/4711").await?;
        page.until("words", "return document.querySelector('[aria-label=Conversation]')?.innerText.trim()").await?;
        assert_eq!(page.count("[data-message]").await?, 0);
        page.lists(&[3, 2, 1]).await?;
        // The browser itself mentions an answer of 404.
        page.complains_only_of(&["404"]).await?;
        page.script("location.hash = '#/nothing/like/this'", json!([])).await?;
        page.lists(&[3, 2, 1]).await
    })
    .await
}
