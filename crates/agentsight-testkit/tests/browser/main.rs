//! The inspector in a real browser: headless Chromium, driven through its WebDriver by what a person would look for.
//!
//! Where there is no Chromium these tests say so and pass. With `AGENTSIGHT_BROWSER=required` they fail.

mod agents;
mod appearance;
mod audit;
mod browser;
mod driver;
mod filters;
mod hostile;
mod keyboard;
mod list;
mod live;
mod overview;
mod page;
mod policy;
mod requests;
mod scale;
mod screenshots;
mod service;
mod stories;
mod transcript;
mod waiting;

use std::error::Error;

/// What a test, or a step of one, comes to.
pub(crate) type Tested<T = ()> = Result<T, Box<dyn Error>>;
