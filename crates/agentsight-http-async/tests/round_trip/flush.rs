//! What is left when a program ends.

use std::future::pending;
use std::time::Duration;

use agentsight_http_async::transport::Attempt;
use agentsight_http_async::{AgentSight, Error};

use crate::service::{client_of, runtimes, serve};
use crate::virtual_service::VirtualService;

#[test]
fn a_guard_that_is_dropped_sends_what_is_pending_on_any_runtime_and_on_none() -> Result<(), Error> {
    let [current_thread, multi_thread] = runtimes();
    for runtime in [Some(current_thread), Some(multi_thread), None] {
        let server = serve();
        let sight = client_of(&server)?;
        let guard = sight.flush_on_drop();
        for id in ["c-1", "c-2"] {
            sight.conversation(id)?.track_human_message("Goodbye")?;
        }
        assert!(server.requests().is_empty(), "nothing before that");
        match runtime {
            Some(runtime) => runtime.block_on(async { drop(guard) }),
            None => drop(guard),
        }
        assert!(sight.pending().is_empty());
        assert_eq!((server.api().transcript("c-1").len(), server.api().transcript("c-2").len()), (1, 1));
    }
    Ok(())
}

#[test]
fn a_guard_that_is_dropped_needs_no_connection_of_the_runtime_that_it_holds_up() -> Result<(), Error> {
    for runtime in runtimes() {
        let server = serve();
        let sight = client_of(&server)?;
        runtime.block_on(async {
            let guard = sight.flush_on_drop();
            let chat = sight.conversation("c-1")?;
            chat.track_human_message("Hello")?;
            assert_eq!(chat.send().await?.summary.questions, 1);
            // The runtime now has an idle connection in the pool.
            chat.track_human_message("Goodbye")?;
            drop(guard);
            assert!(!chat.has_pending());
            Ok::<(), Error>(())
        })?;
        assert_eq!(server.api().transcript("c-1").len(), 2);
    }
    Ok(())
}

#[test]
fn a_guard_that_is_flushed_tells_what_became_of_everything() -> Result<(), Error> {
    for runtime in runtimes() {
        let server = serve();
        let sight = client_of(&server)?;
        let guard = sight.flush_on_drop();
        sight.conversation("c-1")?.track_human_message("Goodbye")?;
        let report = runtime.block_on(guard.flush());
        assert_eq!((report.is_complete(), report.summary().questions), (true, 1));
        assert_eq!(server.requests().len(), 2, "the drop finds nothing left to do");
    }
    Ok(())
}

#[test]
fn a_guard_whose_flush_is_never_polled_sends_when_it_is_dropped() -> Result<(), Error> {
    let server = serve();
    let sight = client_of(&server)?;
    sight.conversation("c-1")?.track_human_message("Goodbye")?;
    drop(sight.flush_on_drop().flush());
    assert!(sight.pending().is_empty());
    assert_eq!(server.api().transcript("c-1").len(), 1);
    Ok(())
}

#[test]
fn a_guard_with_nothing_to_do_sends_nothing() -> Result<(), Error> {
    let server = serve();
    drop(client_of(&server)?.flush_on_drop());
    assert!(server.requests().is_empty());
    Ok(())
}

#[test]
fn a_guard_waits_no_longer_than_its_patience() -> Result<(), Error> {
    for runtime in runtimes() {
        let service = VirtualService::default();
        let never = |_: Attempt| pending();
        let sight = AgentSight::with_parts(service.config(), service.context(), never);
        let chat = sight.conversation("c-1")?;
        chat.track_human_message("Goodbye")?;
        runtime.block_on(async { drop(sight.flush_on_drop().timeout(Duration::from_millis(5))) });
        assert!(chat.has_pending(), "given up, not lost");
    }
    Ok(())
}
