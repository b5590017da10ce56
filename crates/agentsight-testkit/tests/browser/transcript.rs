use serde_json::json;

use crate::Tested;
use crate::browser::inspect;
use crate::page::Role;
use crate::service::Service;
use crate::stories;

/// A picture of two by two dots.
const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEklEQVR42mP4z8DAAMIM/4EAAB/uBfvxq7p3AAAAAElFTkSuQmCC";

#[tokio::test]
async fn a_transcript_reads_as_it_was_said() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.go("#/conversations/1").await?;
        page.find(Role::Article, "Transcript").await?;
        page.reads("Press ‘Forgot password’.").await?;
        let sides = "return [...document.querySelectorAll('[data-message]')].map((one) => one.dataset.side)";
        assert_eq!(page.script(sides, json!([])).await?, json!(["end_user", "agent", "agent"]));
        let times = "return [...document.querySelectorAll('[data-message] time')].map((time) => time.dateTime)";
        assert_eq!(page.script(times, json!([])).await?[2], "2026-03-01T09:00:03Z");
        for fact in ["Password reset", "support-1", "ada", "production", "positive feedback"] {
            page.reads(fact).await?;
        }
        let positions = "return ['end_user', 'agent'].map((side) =>
            document.querySelector(`[data-side=${side}] .bubble`).getBoundingClientRect().left)";
        let left = page.script(positions, json!([])).await?;
        assert_ne!(left[0], left[1], "both sides stand in the same place");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_action_unfolds_to_what_it_used_and_answered() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.go("#/conversations/1").await?;
        let action = page.css("[data-message] summary").await?;
        let summary = action.text().await?;
        assert!(summary.contains("database_lookup") && summary.contains("150 ms"), "{summary}");
        assert!(!page.shows("One account was found").await?);
        action.click().await?;
        page.reads("One account was found").await?;
        page.reads("PostgreSQL").await?;

        page.go("#/conversations/2").await?;
        page.reads("failed").await?;
        page.reads("2.3 s").await?;
        page.click_on("[data-message] summary").await?;
        page.reads("The carrier does not answer").await
    })
    .await
}

#[tokio::test]
async fn buttons_tokens_feedback_and_metadata_are_in_the_transcript() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    service.post(
        "/api/buttons/",
        json!({"conversation": 3, "timestamp": "2026-03-03T09:00:02Z", "button_event": "choose", "label": "Express", "value": "express"}),
    )?;
    let counters = json!({"prompt_tokens": 1200, "completion_tokens": 34, "total_tokens": 1234, "embedding_tokens": 0});
    let usage = json!({"conversation": 3, "timestamp": "2026-03-03T09:00:03Z", "action_name": "token_usage", "metadata": counters});
    service.post("/api/action_logs/", usage)?;
    inspect(&service, async |page| {
        page.go("#/conversations/3").await?;
        for words in ["Express", "1,234 tokens", "1,200 prompt", "34 completion"] {
            page.reads(words).await?;
        }
        page.go("#/conversations/2").await?;
        page.reads("It never came.").await?;
        page.go("#/conversations/1").await?;
        page.reads("Metadata").await?;
        assert!(!page.shows("premium").await?);
        page.click_on(".about summary").await?;
        page.reads("premium").await
    })
    .await
}

#[tokio::test]
async fn feedback_on_a_message_says_why() -> Tested {
    let service = Service::start()?;
    let conversation = service.conversation(json!({"conversation_id": "voted"}))?;
    let message = service.message(conversation, "agent", "Press the button.")?;
    let why = json!({
        "kind": "message", "message": message, "sentiment": "negative",
        "topic": "tone", "reason": "unclear", "comment": "Which button?",
    });
    service.post("/api/feedbacks/", why)?;
    inspect(&service, async |page| {
        page.go(&format!("#/conversations/{conversation}")).await?;
        for words in ["negative feedback", "Topic: tone", "Reason: unclear", "Which button?"] {
            page.reads(words).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_image_is_shown_and_every_file_can_be_saved() -> Tested {
    let service = Service::start()?;
    let conversation = service.conversation(json!({"conversation_id": "files"}))?;
    let upload = json!({
        "conversation": conversation, "timestamp": "2026-03-01T09:00:00Z", "mode": "base64",
        "attachments": [
            {"filename": "dots.png", "mime_type": "image/png", "data": PNG},
            {"filename": "plan.txt", "mime_type": "text/plain", "data": "aGVsbG8="},
        ],
    });
    service.post("/api/attachments/", upload)?;
    inspect(&service, async |page| {
        page.go(&format!("#/conversations/{conversation}")).await?;
        page.find(Role::List, "Attachments").await?;
        page.until("the preview", "return document.querySelector('[data-message] img')?.naturalWidth === 2").await?;
        page.counts("[data-message] img", 1).await?;
        for (name, content) in [("dots.png", 75), ("plan.txt", 5)] {
            let link = page.find(Role::Link, &format!("Download {name}")).await?;
            let address = link.attr("href").await?.ok_or("a link has an address")?;
            let fetch = "const [address, done] = arguments;
                fetch(address).then(async (answer) =>
                    done([Object.fromEntries(answer.headers), (await answer.blob()).size]))";
            let answer = page.client().execute_async(fetch, vec![json!(address)]).await?;
            let headers = &answer[0];
            assert_eq!(answer[1], content, "{answer}");
            assert!(
                headers["content-disposition"].as_str().is_some_and(|how| how.starts_with("attachment;")),
                "{headers}"
            );
            assert_eq!(headers["x-content-type-options"], "nosniff");
            assert_eq!(headers["content-security-policy"], "sandbox");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_action_without_a_duration_lasted_from_its_beginning_to_its_end() -> Tested {
    let service = Service::start()?;
    let conversation = service.conversation(json!({"conversation_id": "timed"}))?;
    for (name, times) in [
        ("timed", json!({"started_at": "2026-03-01T09:00:00Z", "ended_at": "2026-03-01T09:00:01.250Z"})),
        ("given", json!({"started_at": "2026-03-01T09:00:00Z", "ended_at": "2026-03-01T09:00:09Z", "duration_ms": 40})),
        ("begun", json!({"started_at": "2026-03-01T09:00:00Z"})),
    ] {
        let mut action =
            json!({"conversation": conversation, "timestamp": "2026-03-01T09:00:01Z", "action_name": name});
        for (field, time) in times.as_object().into_iter().flatten() {
            action[field] = time.clone();
        }
        service.post("/api/action_logs/", action)?;
    }
    inspect(&service, async |page| {
        page.go(&format!("#/conversations/{conversation}")).await?;
        page.until("the actions", "return document.querySelectorAll('.action').length === 3").await?;
        let times = "return [...document.querySelectorAll('.action summary')]
            .map((one) => one.querySelector('.action-time')?.textContent ?? null)";
        assert_eq!(page.script(times, json!([])).await?, json!(["1.3 s", "40 ms", null]));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn the_raw_json_has_the_numbers_as_they_were_answered() -> Tested {
    let service = Service::start()?;
    let conversation =
        service.conversation(json!({"conversation_id": "big", "metadata": {"n": 18446744073709551615_u64}}))?;
    inspect(&service, async |page| {
        page.go(&format!("#/conversations/{conversation}")).await?;
        page.click(Role::Button, "Raw JSON").await?;
        page.reads("\"n\": 18446744073709551615").await
    })
    .await
}

#[tokio::test]
async fn the_raw_json_is_what_the_service_answers() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.go("#/conversations/2").await?;
        page.click(Role::Button, "Raw JSON").await?;
        page.reads("\"conversation_id\": \"shop-2\"").await?;
        page.click(Role::Button, "Raw JSON").await?;
        page.until("no JSON", "return !document.body.innerText.includes('\"conversation_id\"')").await?;
        Ok(())
    })
    .await
}
