//! What is left when a program ends.

use std::sync::{Mutex, mpsc};
use std::time::Duration;

use agentsight_http_blocking::transport::{Attempt, TransportFailure};
use agentsight_http_blocking::{AgentSight, Error};

use crate::service::{client_of, serve};
use crate::virtual_service::VirtualService;

#[test]
fn a_guard_that_is_dropped_sends_what_is_pending() -> Result<(), Error> {
    let server = serve();
    let sight = client_of(&server)?;
    let guard = sight.flush_on_drop();
    for id in ["c-1", "c-2"] {
        sight.conversation(id)?.track_human_message("Goodbye")?;
    }
    assert!(server.requests().is_empty(), "nothing before that");
    drop(guard);
    assert!(sight.pending().is_empty());
    assert_eq!((server.api().transcript("c-1").len(), server.api().transcript("c-2").len()), (1, 1));
    Ok(())
}

#[test]
fn a_guard_that_is_flushed_tells_what_became_of_everything() -> Result<(), Error> {
    let server = serve();
    let sight = client_of(&server)?;
    let guard = sight.flush_on_drop();
    sight.conversation("c-1")?.track_human_message("Goodbye")?;
    let report = guard.flush();
    assert_eq!((report.is_complete(), report.summary().questions), (true, 1));
    assert_eq!(server.requests().len(), 2, "the drop finds nothing left to do");
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
    let service = VirtualService::default();
    // Nobody is ever answered before the test is over.
    let (over, wait) = mpsc::channel::<()>();
    let wait = Mutex::new(wait);
    let transport = move |_: Attempt| {
        let _ = wait.lock().map(|wait| wait.recv());
        Err(TransportFailure::connect())
    };
    let sight = AgentSight::with_parts(service.config(), service.context(), transport);
    let chat = sight.conversation("c-1")?;
    chat.track_human_message("Goodbye")?;
    drop(sight.flush_on_drop().timeout(Duration::from_millis(5)));
    assert!(chat.has_pending(), "given up, not lost");
    drop(over);
    Ok(())
}
