use agentsight_testkit::{FakeClock, FakeOptions, FakeServer};
use chrono::{DateTime, TimeDelta};
use serde_json::json;

use crate::Tested;
use crate::browser::inspect;
use crate::page::Role;
use crate::service::Service;

#[tokio::test]
async fn the_overview_counts_what_happened() -> Tested {
    let now = DateTime::from_timestamp(1_790_000_000, 0).ok_or("it is a time")?;
    let options = FakeOptions::new().clock(FakeClock::at(now));
    let service = Service::serve(FakeServer::builder().options(options))?;
    let days_ago = |days: i64, seconds: i64| (now - TimeDelta::days(days) + TimeDelta::seconds(seconds)).to_rfc3339();
    for (id, device, language, days) in [("a", "mobile", "en", 2), ("b", "mobile", "pt", 3), ("c", "tablet", "en", 60)]
    {
        let conversation = service.conversation(json!({
            "timestamp": days_ago(days, 0), "conversation_id": id, "device": device, "language": language,
        }))?;
        for (sender, seconds) in [("end_user", 1), ("agent", 5)] {
            let message = json!({"timestamp": days_ago(days, seconds), "conversation": conversation, "sender": sender, "content": "words"});
            service.post("/api/track/", message)?;
        }
        let action = json!({
            "timestamp": days_ago(days, 2), "conversation": conversation, "action_name": "database_lookup",
            "duration_ms": 250, "error_msg": if id == "b" { "no answer" } else { "" },
        });
        service.post("/api/action_logs/", action)?;
    }
    service.post("/api/conversation-feedbacks/", json!({"conversation_id": "a", "sentiment": "positive"}))?;
    let on_agent = json!({"kind": "agent", "agent": 1, "sentiment": "negative", "comment": "Too slow for me."});
    service.post("/api/feedbacks/", on_agent)?;
    inspect(&service, async |page| {
        page.click(Role::Link, "Overview").await?;
        page.until("the counts", &tile("Conversations", "2")).await?;
        for (name, value) in
            [("Messages", "4"), ("Average response time", "4.0 s"), ("Actions", "2"), ("Positive feedback", "50%")]
        {
            page.until(&format!("{name}: {value}"), &tile(name, value)).await?;
        }
        page.reads("1 failed").await?;
        for words in ["of 2 feedbacks", "Feedback on agents", "Too slow for me."] {
            page.reads(words).await?;
        }
        let tools = page.css("table.tools").await?.text().await?;
        assert!(tools.contains("database_lookup") && tools.contains("250 ms"), "{tools}");
        for words in ["mobile", "pt", "positive"] {
            page.reads(words).await?;
        }
        assert!(!page.shows("tablet").await?, "a conversation of 60 days ago is among those of 30 days");
        let charts = page
            .script("return [...document.querySelectorAll('svg[role=img]')].map((chart) => chart.ariaLabel)", json!([]))
            .await?;
        assert!(
            charts.as_array().is_some_and(|charts| charts.iter().any(|chart| chart == "Messages a day: 6 in 30 days")),
            "{charts}"
        );
        page.click(Role::Button, "90 days").await?;
        page.until("the counts", &tile("Conversations", "3")).await?;
        page.reads("tablet").await
    })
    .await
}

#[tokio::test]
async fn the_overview_follows_what_arrives() -> Tested {
    let service = Service::start()?;
    inspect(&service, async |page| {
        page.go("#/overview").await?;
        page.reads("Waiting for the first conversation").await?;
        let conversation = service.conversation(json!({"conversation_id": "a"}))?;
        service.message(conversation, "end_user", "hello")?;
        page.until("the first message", &tile("Messages", "1")).await?;
        service.message(conversation, "end_user", "hello again")?;
        page.until("the second message", &tile("Messages", "2")).await.map(drop)
    })
    .await
}

/// Whether a figure of the overview has a value.
fn tile(name: &str, value: &str) -> String {
    format!(
        "return [...document.querySelectorAll('.tile')].some((tile) => tile.querySelector('dt').textContent === {}
            && tile.querySelector('dd').textContent === {})",
        json!(name),
        json!(value)
    )
}
