use std::fmt::Display;
use std::time::{Duration, Instant};

use fantoccini::error::CmdError;

use crate::Tested;

/// Longer than anything takes on a busy machine: only a failing test waits it out.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

/// Looks until there is something to see. An element that the page has just replaced is looked for again.
pub(crate) async fn eventually<T>(
    what: impl Display,
    mut look: impl AsyncFnMut() -> Result<Option<T>, CmdError>,
) -> Tested<T> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        match look().await {
            Ok(Some(seen)) => return Ok(seen),
            Ok(None) => {}
            Err(error) if is_replaced(&error) => {}
            Err(error) => return Err(format!("{error}, while waiting for {what}").into()),
        }
        tokio::time::sleep(PAUSE).await;
    }
    Err(format!("waited {PATIENCE:?} in vain for {what}").into())
}

fn is_replaced(error: &CmdError) -> bool {
    error.is_stale_element_reference() || error.is_no_such_element() || error.is_element_not_interactable()
}
