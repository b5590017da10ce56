use http::Method;
use serde_json::{Value, json};

use crate::Tested;
use crate::browser::inspect;
use crate::page::Role;
use crate::service::Service;
use crate::stories;

#[tokio::test]
async fn the_audit_says_that_all_is_well() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.click(Role::Link, "Audit").await?;
        for verdict in [
            "Nothing arrived twice",
            "Everything in order",
            "No request before Retry-After was over",
            "Every request is documented",
        ] {
            page.reads(verdict).await?;
        }
        page.click(Role::Link, "shop-2").await?;
        page.reads("Where is my parcel?").await
    })
    .await
}

#[tokio::test]
async fn what_is_wrong_is_found_in_any_of_many_conversations() -> Tested {
    let service = Service::start()?;
    for number in 1..=1_500 {
        service.conversation(json!({"conversation_id": format!("c{number}")}))?;
    }
    for _ in 0..2 {
        stories::say(&service, 1_400, "2026-03-01T09:00:02Z", "end_user", "Hello?")?;
    }
    inspect(&service, async |page| {
        page.go("#/audit").await?;
        page.reads("1 event arrived twice").await?;
        page.reads("1 in which something is wrong, and the first 200").await?;
        let first = "return document.querySelector('tbody tr th a').textContent";
        assert_eq!(page.script(first, json!([])).await?, "c1400");
        page.click(Role::Link, "c1400").await?;
        page.reads("Hello?").await
    })
    .await
}

#[tokio::test]
async fn the_audit_says_what_came_twice_late_or_undocumented() -> Tested {
    let service = Service::start()?;
    let conversation =
        service.conversation(json!({"timestamp": "2026-03-01T09:00:00Z", "conversation_id": "messy"}))?;
    for at in ["2026-03-01T09:00:02Z", "2026-03-01T09:00:02Z", "2026-03-01T09:00:01Z"] {
        stories::say(&service, conversation, at, "end_user", "Hello?")?;
    }
    service.send(Method::GET, "/api/conversations/?devise=mobile", &Value::Null)?;
    inspect(&service, async |page| {
        page.go("#/audit").await?;
        for words in ["1 event arrived twice", "1 event out of order", "devise", "device"] {
            page.reads(words).await?;
        }
        page.click(Role::Link, "request 5").await?;
        page.reads("Request headers").await?;
        assert_eq!(page.place().await?, "/requests/5");
        Ok(())
    })
    .await
}
