use std::process::Command;

use agentsight_testkit::{Fault, FaultRule};
use http::StatusCode;
use serde_json::json;

use crate::Tested;
use crate::browser::inspect;
use crate::page::{Page, Role};
use crate::service::Service;
use crate::stories;

/// Prints its arguments, one a line, in place of curl.
const PRINT_ARGUMENTS: &str = "curl() { for argument in \"$@\"; do printf '<%s>\\n' \"$argument\"; done; }\n";

#[tokio::test]
async fn requests_are_listed_as_they_came_with_the_fault_that_met_them() -> Tested {
    let service = Service::start()?;
    let fault = Fault::status(StatusCode::SERVICE_UNAVAILABLE);
    service.server().add_fault(FaultRule::new(fault).path("/api/track/"));
    let message = |content: &str| json!({"conversation_id": "support-1", "sender": "end_user", "content": content});
    assert_eq!(service.over_the_wire("/api/track/?trace=1", &message("Is anybody there?"))?, 503);
    assert_eq!(service.over_the_wire("/api/track/", &message("Hello?"))?, 201);
    inspect(&service, async |page| {
        page.go("#/requests").await?;
        page.reads("2 requests").await?;
        numbers(page, "the newest first", &[2, 1]).await?;
        let met = page.css("[data-request='1']").await?.text().await?;
        for words in ["POST", "/api/track/", "trace=1", "503"] {
            assert!(met.contains(words), "{met} does not say {words}");
        }
        page.click_on("[data-request='1']").await?;
        page.reads("\n  \"content\": \"Is anybody there?\"").await?;
        page.reads("fault:").await?;
        page.click_on("[data-request='2']").await?;
        page.reads("\n  \"content\": \"Hello?\"").await?;
        page.reads("\n  \"sender\": \"end_user\"").await?;
        assert!(!page.shows("fault:").await?);
        assert_eq!(page.place().await?, "/requests/2");
        Ok(())
    })
    .await
}

#[tokio::test]
async fn a_key_is_never_shown() -> Tested {
    let service = Service::start()?;
    service.over_the_wire("/api/conversations/", &json!({"conversation_id": "a"}))?;
    let key = service.server().api_key().to_owned();
    inspect(&service, async |page| {
        page.go("#/requests/1").await?;
        page.reads("Request headers").await?;
        let page_holds = page.script("return document.documentElement.outerHTML", json!([])).await?;
        assert!(page_holds.as_str().is_some_and(|html| html.contains("Api-Key") && !html.contains(&key)));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn copied_as_curl_a_request_is_the_same_whatever_it_holds() -> Tested {
    let service = Service::start()?;
    let content = "it's \"quoted\" `id` $(id) $HOME \\ !\n'; exit 1; '";
    let message = json!({"conversation_id": "support-1", "sender": "end_user", "content": content});
    service.over_the_wire("/api/track/?note=it%27s%20%24%28id%29", &message)?;
    inspect(&service, async |page| {
        page.go("#/requests/1").await?;
        page.allow_clipboard().await?;
        page.click(Role::Button, "Copy as curl").await?;
        page.reads("Copied").await?;
        let read =
            "const done = arguments[0]; navigator.clipboard.readText().then(done, (error) => done(String(error)))";
        let copied = page.client().execute_async(read, Vec::new()).await?;
        let copied = copied.as_str().ok_or("the clipboard holds text")?;
        let script = format!("{PRINT_ARGUMENTS}{copied}");
        let mut shell = Command::new("sh");
        shell.env_clear().env("AGENTSIGHT_API_ENDPOINT", service.url()).env("AGENTSIGHT_API_KEY", "the key");
        let printed = shell.args(["-c", &script]).output()?;
        let arguments = String::from_utf8(printed.stdout)?;
        for argument in [
            "<POST>".to_owned(),
            format!("<{}/api/track/?note=it%27s+%24%28id%29>", service.url()),
            "<Authorization: Api-Key the key>".to_owned(),
            "<content-type: application/json>".to_owned(),
            format!("<{message}>"),
        ] {
            assert!(arguments.contains(&argument), "{argument} is not among the arguments:\n{arguments}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn new_requests_come_in_on_top_by_themselves() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.go("#/requests").await?;
        page.find(Role::List, "Requests").await?;
        let before = service.server().requests().len();
        page.reads(&format!("{before} requests")).await?;
        service.over_the_wire("/api/conversations/", &json!({"conversation_id": "new"}))?;
        page.reads(&format!("{} requests", before + 1)).await?;
        page.click_on(&format!("[data-request='{}']", before + 1)).await?;
        page.reads("\"conversation_id\": \"new\"").await
    })
    .await
}

async fn numbers(page: &Page, what: &str, numbers: &[u64]) -> Tested {
    let script = format!(
        "const shown = [...document.querySelectorAll('[data-request]')].map((row) => Number(row.dataset.request));
         return JSON.stringify(shown) === '{}'",
        json!(numbers)
    );
    page.until(what, &script).await.map(drop)
}
