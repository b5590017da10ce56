//! The pictures of the README. `AGENTSIGHT_SCREENSHOTS=write` puts them into `docs/images`.

use std::path::Path;
use std::{env, fs};

use agentsight_testkit::{FakeApi, FakeClock, FakeOptions, FakeServer};
use chrono::DateTime;

use crate::Tested;
use crate::browser::inspect;
use crate::page::{Page, Role};
use crate::service::Service;

/// In bytes: a README is read over slow lines, too.
const LARGEST: usize = 250_000;
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/images");

#[tokio::test]
async fn the_sample_looks_well_enough_for_the_readme() -> Tested {
    let now = DateTime::parse_from_rfc3339("2026-11-20T16:00:00Z")?.to_utc();
    let api = FakeApi::with_options(FakeOptions::new().clock(FakeClock::at(now)));
    api.seed_demo();
    let shown = api.conversation("support-1006").ok_or("the sample holds it")?.id;
    let service = Service::serve(FakeServer::builder().api(api))?;
    inspect(&service, async |page| {
        page.resize(1600, 1000).await?;
        page.go(&format!("#/conversations/{shown}")).await?;
        page.find(Role::Article, "Transcript").await?;
        page.css("[data-conversation]").await?;
        let reveal = "const list = document.querySelector('[data-conversation]').closest('.window-list');
            const rows = [...document.querySelectorAll('[data-conversation]')];
            const row = rows.find((row) => row.hasAttribute('aria-current'));
            list.scrollTop = row ? list.scrollTop + row.getBoundingClientRect().top - 400 : list.scrollTop + 500;
            return row";
        page.until("the row of the transcript", reveal).await?;
        picture(page, "transcript.png").await?;
        page.click(Role::Link, "Overview").await?;
        page.until("the charts", "return document.querySelectorAll('svg[role=img]').length >= 3").await?;
        picture(page, "overview.png").await
    })
    .await
}

#[test]
fn the_pictures_of_the_readme_are_small() -> Tested {
    let readme = fs::read_to_string(Path::new(FOLDER).join("../../README.md"))?;
    for name in ["transcript.png", "overview.png"] {
        assert!(readme.contains(&format!("](docs/images/{name})")), "the README does not show {name}");
        let picture = fs::read(Path::new(FOLDER).join(name))?;
        assert!(picture.len() < LARGEST, "{name} has {} bytes", picture.len());
        assert_eq!(size(&picture), Some((1600, 1000)), "{name}");
    }
    Ok(())
}

/// Takes a picture of the page as it is when nothing is missing any more, and keeps it when asked to.
async fn picture(page: &Page, name: &str) -> Tested {
    page.until("all images", "return [...document.images].every((image) => image.complete)").await?;
    page.until("all rows", "return !document.querySelector('.window-pending')").await?;
    let picture = page.client().screenshot().await?;
    assert_eq!(size(&picture), Some((1600, 1000)), "{name}");
    if env::var_os("AGENTSIGHT_SCREENSHOTS").is_some_and(|what| what == "write") {
        fs::create_dir_all(FOLDER)?;
        fs::write(Path::new(FOLDER).join(name), picture)?;
    }
    Ok(())
}

/// Width and height of a PNG, which stand at its beginning.
fn size(png: &[u8]) -> Option<(u32, u32)> {
    let number = |at: usize| Some(u32::from_be_bytes(png.get(at..at + 4)?.try_into().ok()?));
    png.starts_with(b"\x89PNG\r\n\x1a\n").then_some((number(16)?, number(20)?))
}
