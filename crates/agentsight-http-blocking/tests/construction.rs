//! Building a client starts nothing. Alone in its program: the threads that are counted are the process's.

#![expect(clippy::expect_used, reason = "a test that cannot prepare itself has to fail")]

#[path = "../../../tests/round_trip/process_threads.rs"]
mod process_threads;

use agentsight_http_blocking::{AgentSight, Config, Error};

use crate::process_threads::threads;

#[test]
fn a_client_starts_no_thread_until_it_sends() -> Result<(), Error> {
    let Some(before) = threads() else {
        eprintln!("skipped: this system does not tell the threads of a process");
        return Ok(());
    };
    let config = Config::builder().api_key("ags_0123456789abcdef0123456789abcdef_012345");
    let sight = AgentSight::new(config.endpoint("http://localhost").build()?)?;
    drop(AgentSight::disabled().start_background_delivery()?);
    sight.tracker().track_human_message("Hello")?;
    assert_eq!(threads(), Some(before));
    Ok(())
}
