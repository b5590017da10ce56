use agentsight_testkit::{FakeKey, FakeOptions, FakeServer};
use bytes::Bytes;
use http::Request;
use serde_json::json;

use crate::Tested;
use crate::browser::inspect;
use crate::page::{Page, Role};
use crate::service::Service;

const KEYS: [(&str, u64); 3] = [
    ("ags_00000000000000000000000000000007_000007", 7),
    ("ags_00000000000000000000000000000003_000003", 3),
    ("ags_00000000000000000000000000000005_000005", 5),
];

/// A service with conversations of three agents: 1 is agent 7's, 2 is agent 3's, 3 and 4 are agent 5's.
fn of_three_agents() -> Tested<Service> {
    let keys =
        KEYS.iter().fold(FakeOptions::new(), |options, (key, agent)| options.key(FakeKey::new(*key).agent(*agent)));
    let service = Service::serve(FakeServer::builder().options(keys))?;
    for (at, id) in [(0, "seven"), (1, "three"), (2, "five"), (2, "five again")] {
        let (key, _) = KEYS[at];
        let second = if id == "five again" { 9 } else { 1 };
        let body = json!({"conversation_id": id, "timestamp": format!("2026-03-01T09:00:0{second}Z")});
        let request = Request::post("/api/conversations/")
            .header("authorization", format!("Api-Key {key}"))
            .header("content-type", "application/json")
            .body(Bytes::from(body.to_string()))?;
        let response = service.server().api().handle(request);
        assert_eq!(response.status(), 201, "{:?}", response.body());
    }
    Ok(service)
}

#[tokio::test]
async fn the_list_is_that_of_the_agent_chosen() -> Tested {
    let service = of_three_agents()?;
    inspect(&service, async |page| {
        page.lists(&[2]).await?;
        for (agent, numbers) in [("Agent 5", vec![4, 3]), ("Agent 7", vec![1]), ("Agent 3", vec![2])] {
            page.choose("Agent", agent).await?;
            page.lists(&numbers).await?;
            chosen(page, agent).await?;
        }
        page.choose("Agent", "Agent 5").await?;
        page.lists(&[4, 3]).await?;
        page.enter(Role::Searchbox, "Search conversations", "again").await?;
        page.lists(&[4]).await?;
        page.client().refresh().await?;
        page.lists(&[4]).await?;
        chosen(page, "Agent 5").await
    })
    .await
}

#[tokio::test]
async fn the_choice_of_the_agent_follows_the_address() -> Tested {
    let service = of_three_agents()?;
    inspect(&service, async |page| {
        page.go("#/conversations?agent=7").await?;
        page.lists(&[1]).await?;
        chosen(page, "Agent 7").await?;
        page.script("location.hash = '#/conversations?agent=5'", json!([])).await?;
        page.lists(&[4, 3]).await?;
        chosen(page, "Agent 5").await?;
        page.client().back().await?;
        page.lists(&[1]).await?;
        chosen(page, "Agent 7").await
    })
    .await
}

async fn chosen(page: &Page, agent: &str) -> Tested {
    let script =
        format!("return document.getElementById('agent').selectedOptions[0]?.textContent === {}", json!(agent));
    page.until(agent, &script).await.map(drop)
}
