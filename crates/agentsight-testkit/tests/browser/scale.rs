use std::time::{Duration, Instant};

use agentsight_testkit::{FakeApi, FakeOptions, FakeServer};
use serde_json::json;

use crate::Tested;
use crate::browser::inspect;
use crate::page::Role;
use crate::service::Service;
use crate::stories;

const CONVERSATIONS: u64 = 100_000;
/// Far more than a screen holds, far less than a hundred thousand rows.
const MOST_ELEMENTS: u64 = 1_500;
/// What a person would wait, on a machine that does ten other things.
const PATIENCE: Duration = Duration::from_secs(10);
/// The longest time between two pictures while somebody scrolls, in milliseconds: more than a busy machine needs, less
/// than a list needs that draws all its rows.
const LONGEST_FRAME: f64 = 1_500.0;

/// Scrolls from the top to the end in a hundred pictures and gives the longest time between two.
const SCROLL: &str = "const [done] = arguments;
    const list = document.querySelector('[data-conversation]').closest('.window-list');
    const frames = 100;
    let [frame, last, longest] = [0, performance.now(), 0];
    const draw = () => {
        const now = performance.now();
        longest = Math.max(longest, now - last);
        last = now;
        frame += 1;
        list.scrollTop = list.scrollHeight * frame / frames;
        if (frame < frames) requestAnimationFrame(draw);
        else done(longest);
    };
    requestAnimationFrame(draw);";

#[tokio::test]
async fn a_hundred_thousand_conversations_scroll_and_the_page_stays_small() -> Tested {
    let service =
        Service::serve(FakeServer::builder().api(FakeApi::with_options(FakeOptions::new().recorded_requests(100))))?;
    for number in 1..=CONVERSATIONS {
        service.conversation(
            json!({"conversation_id": format!("c{number}"), "customer_id": format!("p{}", number % 1000)}),
        )?;
    }
    inspect(&service, async |page| {
        page.reads("100,000 conversations").await?;
        page.css(&format!("[data-conversation='{CONVERSATIONS}']")).await?;
        let scroll = "document.querySelector('[data-conversation]').closest('.window-list').scrollTop =
            arguments[0] * document.querySelector('[data-conversation]').closest('.window-list').scrollHeight";
        for (place, newest) in [(0.001, 99_980), (0.5, 50_100), (1.0, 50)] {
            let start = Instant::now();
            page.script(scroll, json!([place])).await?;
            let arrived = format!(
                "const rows = [...document.querySelectorAll('[data-conversation]')];
                 return rows.length > 5 && rows.every((row) => Number(row.dataset.conversation) <= {newest})
                    && !document.querySelector('.window-pending')"
            );
            page.until(&format!("the rows at {place}"), &arrived).await?;
            assert!(start.elapsed() < PATIENCE, "the rows at {place} came after {:?}", start.elapsed());
            let elements = page.count("*").await?;
            assert!(elements < MOST_ELEMENTS, "{elements} elements at {place}");
        }
        page.css("[data-conversation='1']").await?;
        page.script(scroll, json!([0.0])).await?;
        page.css(&format!("[data-conversation='{CONVERSATIONS}']")).await?;
        let longest = page.client().execute_async(SCROLL, Vec::new()).await?;
        assert!(longest.as_f64().is_some_and(|longest| longest < LONGEST_FRAME), "{longest} ms between two pictures");
        let start = Instant::now();
        page.enter(Role::Searchbox, "Search conversations", "c77777").await?;
        page.lists(&[77_777]).await?;
        assert!(start.elapsed() < PATIENCE, "the search took {:?}", start.elapsed());

        for _ in 0..2 {
            stories::say(&service, 77_777, "2026-03-01T09:00:02Z", "end_user", "Hello?")?;
        }
        let start = Instant::now();
        page.go("#/audit").await?;
        page.reads("1 event arrived twice").await?;
        page.find(Role::Link, "c77777").await?;
        assert!(start.elapsed() < PATIENCE, "the audit took {:?}", start.elapsed());
        let start = Instant::now();
        service.over_the_wire("/api/track/", &json!({"conversation": 1, "sender": "agent", "content": "Hello!"}))?;
        assert!(start.elapsed() < PATIENCE, "beside the audit, a request took {:?}", start.elapsed());
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_long_transcript_is_drawn_as_far_as_it_is_read() -> Tested {
    let service = Service::start()?;
    let conversation = service.conversation(json!({"conversation_id": "long"}))?;
    for number in 1..=2_000 {
        service.message(
            conversation,
            if number % 2 == 0 { "agent" } else { "end_user" },
            &format!("message {number}"),
        )?;
    }
    inspect(&service, async |page| {
        page.go(&format!("#/conversations/{conversation}")).await?;
        page.css("[data-message]").await?;
        let first = page.count("[data-message]").await?;
        assert!(first < 2_000, "{first} messages are drawn at once");
        let scroll = "const messages = document.querySelectorAll('[data-message]');
            messages[messages.length - 1].scrollIntoView();
            return document.querySelectorAll('[data-message]').length === 2000";
        page.until("the last message", scroll).await?;
        page.reads("message 2000").await
    })
    .await
}
