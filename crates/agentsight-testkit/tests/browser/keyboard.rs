use fantoccini::key::Key;
use serde_json::json;

use crate::Tested;
use crate::browser::inspect;
use crate::page::{Page, Role};
use crate::service::Service;
use crate::stories;

#[tokio::test]
async fn everything_is_reached_without_a_mouse() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.lists(&[3, 2, 1]).await?;
        tab_to(page, "Skip to content").await?;
        for view in ["Conversations", "Overview", "Requests", "Audit"] {
            tab_to(page, view).await?;
        }
        tab_to(page, "Search conversations").await?;
        tab_to(page, "Filters").await?;
        page.press(&Key::Enter.to_string()).await?;
        page.find(Role::Field, "Environment").await?;
        page.css("[data-conversation='3']").await?;
        tab_until(page, "return document.activeElement.dataset.conversation === '3'").await?;
        page.press(&Key::Down.to_string()).await?;
        focused(page, "return document.activeElement.dataset.conversation === '2'").await?;
        page.press(&Key::Enter.to_string()).await?;
        page.reads("Where is my parcel?").await?;
        tab_to(page, "Raw JSON").await?;
        tab_until(page, "return document.activeElement.matches('[data-message] summary')").await?;
        page.press(" ").await?;
        page.reads("The carrier does not answer").await?;
        page.press(&Key::Escape.to_string()).await?;
        focused(page, "return document.activeElement.dataset.conversation === '2'").await?;
        assert_eq!(page.place().await?.split('?').next(), Some("/conversations"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn letters_move_through_the_list_but_not_while_one_types() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.lists(&[3, 2, 1]).await?;
        page.press("j").await?;
        focused(page, "return document.activeElement.dataset.conversation === '3'").await?;
        page.press("jj").await?;
        focused(page, "return document.activeElement.dataset.conversation === '1'").await?;
        page.press("k").await?;
        focused(page, "return document.activeElement.dataset.conversation === '2'").await?;
        page.press("/").await?;
        focused(page, "return document.activeElement.type === 'search'").await?;
        page.press("parcel").await?;
        page.lists(&[2]).await?;
        page.press("j/").await?;
        page.lists(&[]).await
    })
    .await
}

#[tokio::test]
async fn the_focus_can_be_seen() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.lists(&[3, 2, 1]).await?;
        let look = "const style = getComputedStyle(document.activeElement);
            return style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 1 || style.boxShadow !== 'none'";
        for stop in 0.. {
            page.press(&Key::Tab.to_string()).await?;
            let element = page.script("return document.activeElement.outerHTML.slice(0, 120)", json!([])).await?;
            if page.script("return document.activeElement === document.body", json!([])).await? == true {
                assert!(stop > 8, "there are only {stop} stops");
                break;
            }
            assert_eq!(page.script(look, json!([])).await?, true, "the focus on {element} cannot be seen");
        }
        Ok(())
    })
    .await
}

/// Presses Tab until the focus is on the element of a name.
async fn tab_to(page: &Page, name: &str) -> Tested {
    for _ in 0..60 {
        if page.focused_name().await? == name {
            return Ok(());
        }
        page.press(&Key::Tab.to_string()).await?;
    }
    Err(format!("Tab does not reach {name:?}").into())
}

async fn tab_until(page: &Page, script: &str) -> Tested {
    for _ in 0..60 {
        if page.script(script, json!([])).await? == true {
            return Ok(());
        }
        page.press(&Key::Tab.to_string()).await?;
    }
    Err(format!("Tab does not reach what is meant: {script}").into())
}

async fn focused(page: &Page, script: &str) -> Tested {
    page.until("the focus", script).await.map(drop)
}
