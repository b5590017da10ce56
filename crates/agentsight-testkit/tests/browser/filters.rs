use crate::Tested;
use crate::browser::inspect;
use crate::page::{Page, Role};
use crate::service::Service;
use crate::stories;

/// How a condition is entered.
enum Entry {
    Text(&'static str),
    Choice(&'static str),
    Time(&'static str),
    Tick,
}

use Entry::{Choice, Text, Tick, Time};

#[tokio::test]
async fn each_filter_narrows_the_list_and_clear_takes_it_away() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.click(Role::Button, "Filters").await?;
        for (label, entry, found) in [
            ("Environment", Choice("Production"), vec![3, 1]),
            ("Device", Text("mobile"), vec![2]),
            ("Language", Text("de"), vec![3]),
            ("Customer", Text("ada"), vec![1]),
            ("Marked", Choice("Marked"), vec![1]),
            ("Marked", Choice("Not marked"), vec![3, 2]),
            ("Name", Text("delivery"), vec![2]),
            ("Conversation id", Text("voice-3"), vec![3]),
            ("Customer contains", Text("RUN"), vec![2]),
            ("Customer address", Text("203.0.113.7"), vec![1]),
            ("Sentiment", Choice("Negative"), vec![2]),
            ("Messages", Choice("With messages"), vec![3, 2, 1]),
            ("Messages", Choice("Without messages"), vec![]),
            ("Actions", Choice("With actions"), vec![2, 1]),
            ("Actions", Choice("Without actions"), vec![3]),
            ("Feedback", Choice("With feedback"), vec![2, 1]),
            ("Feedback", Choice("Without feedback"), vec![3]),
            ("Action", Text("lookup"), vec![1]),
            ("Message contains", Text("parcel"), vec![2]),
            ("Metadata", Text("tier:premium"), vec![1]),
            ("Metadata", Text("seats:3"), vec![1]),
            ("Started after", Time("2026-03-02T12:00:00"), vec![3]),
            ("Started before", Time("2026-03-02T12:00:00"), vec![2, 1]),
            ("Include deleted", Tick, vec![4, 3, 2, 1]),
            ("Order", Choice("Oldest first"), vec![1, 2, 3]),
        ] {
            set(page, label, &entry).await?;
            page.lists(&found).await.map_err(|error| format!("{label}: {error}"))?;
            page.click(Role::Button, "Clear filters").await?;
            page.lists(&[3, 2, 1]).await?;
        }
        Ok(())
    })
    .await
}

#[tokio::test]
async fn filters_add_up_and_are_in_the_address() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.click(Role::Button, "Filters").await?;
        set(page, "Feedback", &Choice("With feedback")).await?;
        page.lists(&[2, 1]).await?;
        set(page, "Sentiment", &Choice("Positive")).await?;
        page.lists(&[1]).await?;
        set(page, "Feedback", &Choice("Without feedback")).await?;
        page.lists(&[]).await?;
        page.click(Role::Button, "Clear filters").await?;
        set(page, "Metadata key", &Text("tier")).await?;
        page.lists(&[3, 2, 1]).await?;
        set(page, "Metadata value", &Text("premium")).await?;
        page.lists(&[1]).await?;
        page.click(Role::Button, "Clear filters").await?;
        page.lists(&[3, 2, 1]).await?;
        set(page, "Environment", &Choice("Production")).await?;
        set(page, "Include deleted", &Tick).await?;
        page.lists(&[4, 3, 1]).await?;
        set(page, "Language", &Text("en")).await?;
        page.lists(&[1]).await?;
        page.reads("1 conversation").await?;
        page.click_on("[data-conversation='1']").await?;
        page.find(Role::Article, "Transcript").await?;
        page.client().refresh().await?;
        page.lists(&[1]).await?;
        assert_eq!(page.place().await?.split('?').next(), Some("/conversations/1"));
        Ok(())
    })
    .await
}

#[tokio::test]
async fn what_the_service_refuses_is_said_in_its_words() -> Tested {
    let service = Service::start()?;
    stories::varied(&service)?;
    inspect(&service, async |page| {
        page.go("#/conversations?environment=nowhere").await?;
        page.reads("nowhere is not one of the available choices").await?;
        page.complains_only_of(&["400"]).await?;
        Ok(())
    })
    .await
}

async fn set(page: &Page, label: &str, entry: &Entry) -> Tested {
    match entry {
        Text(text) => page.enter(Role::Field, label, text).await,
        Choice(choice) => page.choose(label, choice).await,
        Time(time) => page.set_time(label, time).await,
        Tick => page.click(Role::Field, label).await,
    }
}
