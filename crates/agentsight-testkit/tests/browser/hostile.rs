use serde_json::{Value, json};

use crate::Tested;
use crate::browser::inspect;
use crate::page::{Page, Role};
use crate::service::Service;
use crate::stories;

/// Would set `window.owned` if it were anything but text.
const MARKUP: &str =
    "<script>window.owned = 1</script><img src=x onerror=\"window.owned = 2\"><svg onload=\"window.owned = 3\">";
const LINK: &str = "[press](javascript:window.owned=4) javascript:window.owned=5";
/// A picture that runs a script where it is shown as a document.
const SVG: &str = "PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciPjxzY3JpcHQ+b3duZWQ9Njwvc2NyaXB0Pjwvc3ZnPg==";

#[tokio::test]
async fn markup_from_a_client_is_text_in_every_view() -> Tested {
    let service = Service::start()?;
    let conversation = hostile_conversation(&service)?;
    inspect(&service, async |page| {
        page.reads(MARKUP).await?;
        page.click_on(&format!("[data-conversation='{conversation}']")).await?;
        page.find(Role::Article, "Transcript").await?;
        page.reads(LINK).await?;
        unfold(page).await?;
        harmless(page, "the transcript").await?;
        page.click(Role::Button, "Raw JSON").await?;
        page.reads("\"conversation_id\"").await?;
        harmless(page, "the raw JSON").await?;
        for view in ["Overview", "Requests", "Audit"] {
            page.click(Role::Link, view).await?;
            page.until(view, "return document.querySelector('main')?.innerText.trim()").await?;
            unfold(page).await?;
            harmless(page, view).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn an_address_is_not_markup_either() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        for (place, words) in [
            ("#/conversations/<img src=x onerror=owned=1>", "The path ends with a number."),
            ("#/requests/<img src=x onerror=owned=1>", "The path ends with a number."),
            (
                "#/conversations?search=<script>owned=1</script>&environment=<b>",
                "<b> is not one of the available choices",
            ),
        ] {
            page.script("location.hash = arguments[0]", json!([place])).await?;
            page.reads(words).await?;
            harmless(page, place).await?;
        }
        page.complains_only_of(&["status of 40"]).await?;
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_megabyte_of_text_is_cut_until_asked_for() -> Tested {
    let service = Service::start()?;
    let conversation = service.conversation(json!({"conversation_id": "long"}))?;
    let text = "0123456789 abcde".repeat(64 * 1024);
    service.message(conversation, "end_user", &format!("{text}THE END"))?;
    service.message(conversation, "agent", &"x".repeat(100_000))?;
    inspect(&service, async |page| {
        page.click_on(&format!("[data-conversation='{conversation}']")).await?;
        page.find(Role::Article, "Transcript").await?;
        let length = "return document.querySelector('[data-message]')?.innerText.length ?? 0";
        let cut = page.until("the message", length).await?;
        assert!(cut.as_u64().is_some_and(|length| length < 10_000), "{cut} characters at once");
        page.find(Role::Button, "Show all (1.0 MB)").await?.click().await?;
        page.reads("THE END").await?;
        within_the_window(page).await
    })
    .await
}

#[tokio::test]
async fn every_script_is_shown_in_its_own_direction_and_whole() -> Tested {
    let service = Service::start()?;
    let conversation = service.conversation(json!({"conversation_id": "words", "name": "مرحبا بالعالم"}))?;
    let family = "👩🏽‍👩🏻‍👧‍👦🇧🇷 ok";
    for words in
        ["שלום, מה שלומך?", "مرحبا، كيف أعيد تعيين كلمة المرور؟", family, "こんにちは、世界", "a\u{202e}txt.exe"]
    {
        service.message(conversation, "end_user", words)?;
    }
    inspect(&service, async |page| {
        page.click_on(&format!("[data-conversation='{conversation}']")).await?;
        page.reads(family).await?;
        page.reads("こんにちは、世界").await?;
        let directions = "return [...document.querySelectorAll('[data-message] .words')]
            .map((words) => getComputedStyle(words).direction)";
        assert_eq!(page.script(directions, json!([])).await?, json!(["rtl", "rtl", "ltr", "ltr", "ltr"]));
        let heading = "return getComputedStyle(document.querySelector('h1')).direction";
        assert_eq!(page.script(heading, json!([])).await?, "rtl");
        within_the_window(page).await
    })
    .await
}

#[tokio::test]
async fn words_without_a_space_do_not_widen_the_page() -> Tested {
    let service = Service::start()?;
    let endless = "w".repeat(255);
    let conversation = service.conversation(json!({
        "conversation_id": endless, "name": endless, "customer_id": endless, "device": endless, "language": endless,
        "metadata": {endless.as_str(): endless},
    }))?;
    service.message(conversation, "end_user", &"long".repeat(500))?;
    let action = json!({"conversation": conversation, "timestamp": "2026-03-01T09:00:02Z", "action_name": endless, "response": "r".repeat(2000)});
    service.post("/api/action_logs/", action)?;
    inspect(&service, async |page| {
        for width in [1280, 400] {
            page.resize(width, 900).await?;
            page.go("#/conversations").await?;
            page.css(&format!("[data-conversation='{conversation}']")).await?;
            within_the_window(page).await?;
            page.go(&format!("#/conversations/{conversation}")).await?;
            page.find(Role::Article, "Transcript").await?;
            unfold(page).await?;
            within_the_window(page).await?;
            for view in ["#/overview", "#/requests", "#/audit"] {
                page.go(view).await?;
                page.until(view, "return document.querySelector('main')?.innerText.trim()").await?;
                within_the_window(page).await?;
            }
        }
        Ok(())
    })
    .await
}

/// A conversation in which every text is markup.
fn hostile_conversation(service: &Service) -> Tested<u64> {
    let conversation = service.conversation(json!({
        "timestamp": "2026-03-01T09:00:00Z", "conversation_id": MARKUP, "name": MARKUP, "customer_id": MARKUP,
        "device": MARKUP, "language": MARKUP, "metadata": {MARKUP: {MARKUP: MARKUP}},
    }))?;
    let event = |fields: Value| {
        let mut event =
            json!({"conversation": conversation, "timestamp": "2026-03-01T09:00:01Z", "metadata": {MARKUP: MARKUP}});
        for (name, value) in fields.as_object().into_iter().flatten() {
            event[name.as_str()] = value.clone();
        }
        event
    };
    service.post("/api/track/", event(json!({"sender": "end_user", "content": MARKUP})))?;
    service.post("/api/track/", event(json!({"sender": "agent", "content": LINK})))?;
    let action =
        json!({"action_name": MARKUP, "response": MARKUP, "error_msg": MARKUP, "tools_used": {MARKUP: MARKUP}});
    service.post("/api/action_logs/", event(action))?;
    service.post("/api/buttons/", event(json!({"button_event": MARKUP, "label": MARKUP, "value": LINK})))?;
    let files = json!([
        {"filename": format!("../{MARKUP}.html"), "mime_type": "text/html", "data": "PHNjcmlwdD5vd25lZD03PC9zY3JpcHQ+"},
        {"filename": "picture.svg", "mime_type": "image/svg+xml", "data": SVG},
        {"filename": "picture.png", "mime_type": "image/png", "data": SVG},
    ]);
    service.post("/api/attachments/", event(json!({"mode": "base64", "attachments": files})))?;
    let feedback = json!({"conversation": conversation, "sentiment": "negative", "comment": MARKUP});
    service.post("/api/conversation-feedbacks/", feedback)?;
    Ok(conversation)
}

/// Opens whatever is folded, and what is folded in it.
async fn unfold(page: &Page) -> Tested {
    let unfold = "for (const fold of document.querySelectorAll('details:not([open])')) fold.open = true;
        return !document.querySelector('details:not([open])')";
    page.until("everything unfolded", unfold).await?;
    Ok(())
}

/// Nothing ran, nothing that could run is there, and no address leads elsewhere.
async fn harmless(page: &Page, place: &str) -> Tested {
    let look = "const found = (selector) => [...document.querySelectorAll(selector)];
        return {
            owned: window.owned ?? null,
            scripts: found('script:not([src^=\"/__testkit/assets/\"])').length,
            handlers: found('*').flatMap((one) => one.getAttributeNames()).filter((name) => name.startsWith('on')).length,
            elsewhere: found('a[href], img[src], iframe, object, embed, form[action]')
                .map((one) => one.getAttribute('href') ?? one.getAttribute('src') ?? one.tagName)
                .filter((address) => !/^(#|\\/__testkit\\/)/.test(address)),
        }";
    let seen = page.script(look, json!([])).await?;
    assert_eq!(seen, json!({"owned": null, "scripts": 0, "handlers": 0, "elsewhere": []}), "in {place}");
    Ok(())
}

/// Nobody has to scroll sideways.
async fn within_the_window(page: &Page) -> Tested {
    let widths =
        page.script("return [document.documentElement.scrollWidth, innerWidth, location.hash]", json!([])).await?;
    assert!(widths[0].as_u64() <= widths[1].as_u64(), "wider than the window: {widths}");
    Ok(())
}
