use std::env;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::sync::Once;
use std::thread;

use fantoccini::{Client, ClientBuilder};
use futures_util::FutureExt;
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use crate::Tested;
use crate::driver::{Driver, installed};
use crate::page::Page;
use crate::service::Service;

/// Nothing of the person's own browser, nothing from elsewhere, and no sandbox, which a container's root cannot have.
const ARGUMENTS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--hide-scrollbars",
    "--lang=en-US",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];

/// Runs a test on the inspector of a service, and looks afterwards whether the browser had anything to complain about.
///
/// `Ok` without a test where there is no browser and none is required.
pub(crate) async fn inspect(service: &Service, test: impl AsyncFnOnce(&Page) -> Tested) -> Tested {
    inspect_at(service.url(), test).await
}

/// The same for a service that does not outlive the test.
pub(crate) async fn inspect_at(url: &str, test: impl AsyncFnOnce(&Page) -> Tested) -> Tested {
    let Some((browser, driver)) = programs()? else { return Ok(()) };
    let driver = Driver::start(&driver)?;
    let client = connect(&driver, &browser).await?;
    let page = Page::open(client, url).await?;
    let outcome = AssertUnwindSafe(test(&page)).catch_unwind().await;
    if matches!(outcome, Ok(Ok(()))) {
        return page.complains_only_of(&[]).await;
    }
    let picture = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.png", test_name()));
    if page.screenshot_to(&picture).await.is_ok() {
        eprintln!("The page is in {}", picture.display());
    }
    for complaint in page.complaints().await.unwrap_or_default() {
        eprintln!("The browser complains: {complaint}");
    }
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

async fn connect(driver: &Driver, browser: &PathBuf) -> Tested<Client> {
    let mut arguments: Vec<String> = ARGUMENTS.iter().map(ToString::to_string).collect();
    arguments.push(format!("--user-data-dir={}", driver.profile().display()));
    let capabilities = json!({
        "goog:chromeOptions": {"binary": browser, "args": arguments},
        "goog:loggingPrefs": {"browser": "ALL"},
    });
    let serde_json::Value::Object(capabilities) = capabilities else { unreachable!("it is an object") };
    Ok(ClientBuilder::new(HttpConnector::new()).capabilities(capabilities).connect(&driver.url()).await?)
}

/// The browser and its driver, or none and a word about it.
fn programs() -> Tested<Option<(PathBuf, PathBuf)>> {
    let browser = installed(&["chromium", "chromium-browser", "google-chrome"]);
    let programs = browser.zip(installed(&["chromedriver"]));
    if programs.is_none() {
        let missing = "no Chromium with its ChromeDriver: apt-get install chromium chromium-driver";
        if env::var_os("AGENTSIGHT_BROWSER").is_some_and(|browser| browser == "required") {
            return Err(missing.into());
        }
        // Not through a macro, which would be captured.
        static SAID: Once = Once::new();
        SAID.call_once(|| {
            let _ = writeln!(io::stderr(), "The inspector is NOT tested: {missing}");
        });
    }
    Ok(programs)
}

fn test_name() -> String {
    thread::current().name().unwrap_or("test").replace("::", "-")
}
