use std::process::Command;

use agentsight_testkit::{Fault, FaultRule};
use bytes::Bytes;
use http::{Request, StatusCode};
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
        page.allow_clipboard().await?;
        let arguments = copied(page, &service, 1).await?;
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

/// What is sent is a name for a thing of the sender's, never a thing of the person's who pastes the command.
#[tokio::test]
async fn copied_as_curl_a_request_runs_nothing_and_reads_no_file_but_its_own() -> Tested {
    let service = Service::start()?;
    let method = "GET|`exit`&$HOME'";
    let odd =
        Request::builder().method(method).uri("/api/track/[1-3]").header("x-api-key", "ags_1").body(Bytes::new())?;
    let _ = service.server().api().handle(odd);
    let head = Request::head("/api/conversations/").header("cookie", "session=1").header("x-empty", "");
    let _ = service.server().api().handle(head.body(Bytes::new())?);
    let part = |disposition: &str, more: &str, content: &[u8]| {
        let head = format!("--edge\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n");
        [head.as_bytes(), content, b"\r\n"].concat()
    };
    let form = [
        part("name=\"metadata\"", "", "{\"grüße\": 1}".as_bytes()),
        part("name=\"file\"; filename=\"../../etc/Grüße.png\"", "Content-Type: image/png\r\n", b"\x89PNG\xff"),
        part("name=\"a=@/etc/passwd\"; filename=\"..\"", "Content-Type: text/plain;headers=@/etc/passwd\r\n", b""),
        part("name=\"b\"; filename*=UTF-8''C%3A%5Cplan%22.txt", "", b""),
        b"--edge--\r\n".to_vec(),
    ];
    let upload = Request::post("/api/attachments/").header("content-type", "multipart/form-data; boundary=edge");
    let _ = service.server().api().handle(upload.body(Bytes::from(form.concat()))?);
    inspect(&service, async |page| {
        page.allow_clipboard().await?;
        let arguments = copied(page, &service, 1).await?;
        assert!(arguments.contains(&format!("<-X>\n<{method}>\n<{}/api/track/[1-3]>", service.url())), "{arguments}");
        assert!(arguments.contains("<--globoff>") && !arguments.contains("x-api-key"), "{arguments}");
        let arguments = copied(page, &service, 2).await?;
        assert!(arguments.contains("<-I>") && arguments.contains("<-H>\n<x-empty;>"), "{arguments}");
        assert!(!arguments.contains("<-X>") && !arguments.contains("cookie"), "{arguments}");
        let arguments = copied(page, &service, 3).await?;
        for argument in [
            "<--form-string>\n<metadata={\"grüße\": 1}>",
            "<--form>\n<file=@\"Grüße.png\";type=image/png>",
            "<--form>\n<a%3D@/etc/passwd=@\"file\";type=text/plain>",
            "<--form>\n<b=@\"plan\\\".txt\">",
        ] {
            assert!(arguments.contains(argument), "{argument} is not among the arguments:\n{arguments}");
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn json_is_shown_with_the_numbers_and_the_keys_that_were_sent() -> Tested {
    let service = Service::start()?;
    let body = r#"{"metadata":{"n":1.0,"n":12345678901234567890,"big":1e400},"none":[],"text":"a\"b\\"}"#;
    let sent = Request::post("/api/track/").header("content-type", "application/json").body(Bytes::from(body))?;
    let _ = service.server().api().handle(sent);
    inspect(&service, async |page| {
        page.go("#/requests/1").await?;
        let shown = [
            r#"{"#,
            r#"  "metadata": {"#,
            r#"    "n": 1.0,"#,
            r#"    "n": 12345678901234567890,"#,
            r#"    "big": 1e400"#,
            r#"  },"#,
            r#"  "none": [],"#,
            r#"  "text": "a\"b\\""#,
            r#"}"#,
        ];
        page.reads(&shown.join("\n")).await
    })
    .await
}

#[tokio::test]
async fn a_request_of_no_number_is_said_in_words() -> Tested {
    let service = Service::start()?;
    inspect(&service, async |page| {
        for id in ["..", "0x1", "1%2F.."] {
            page.go(&format!("#/requests/{id}")).await?;
            page.reads("The path ends with a number.").await?;
        }
        Ok(())
    })
    .await
}

/// The arguments of the copied command as a shell reads them, one a line.
async fn copied(page: &Page, service: &Service, number: u64) -> Tested<String> {
    page.go(&format!("#/requests/{number}")).await?;
    page.until("the request", &format!("return document.querySelector('.strip dd')?.textContent === '{number}'"))
        .await?;
    page.click(Role::Button, "Copy as curl").await?;
    page.reads("Copied").await?;
    let read = "const done = arguments[0]; navigator.clipboard.readText().then(done, (error) => done(String(error)))";
    let copied = page.client().execute_async(read, Vec::new()).await?;
    let script = format!("{PRINT_ARGUMENTS}{}", copied.as_str().ok_or("the clipboard holds text")?);
    let mut shell = Command::new("sh");
    shell.env_clear().env("AGENTSIGHT_API_ENDPOINT", service.url()).env("AGENTSIGHT_API_KEY", "the key");
    let printed = shell.args(["-c", &script]).output()?;
    assert!(printed.status.success() && printed.stderr.is_empty(), "{printed:?} of {script}");
    Ok(String::from_utf8(printed.stdout)?)
}

async fn numbers(page: &Page, what: &str, numbers: &[u64]) -> Tested {
    let script = format!(
        "const shown = [...document.querySelectorAll('[data-request]')].map((row) => Number(row.dataset.request));
         return JSON.stringify(shown) === '{}'",
        json!(numbers)
    );
    page.until(what, &script).await.map(drop)
}
