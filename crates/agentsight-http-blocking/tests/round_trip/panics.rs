//! A transport that panics loses and repeats nothing (R11).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;

use agentsight_http_blocking::transport::{Attempt, Transport, TransportFailure};
use agentsight_http_blocking::{AgentSight, Error};
use bytes::Bytes;
use http::Response;

use crate::interrupted_conversation::{assert_arrived_once, track};
use crate::virtual_service::VirtualService;

/// Panics once, at the request of this place, before or after it takes effect.
struct Panicking {
    service: VirtualService,
    at: usize,
    after: bool,
    sent: AtomicUsize,
}

impl Panicking {
    fn client(service: &VirtualService, at: usize, after: bool) -> AgentSight {
        let transport = Self { service: service.clone(), at, after, sent: AtomicUsize::new(0) };
        AgentSight::builder(service.config())
            .context(service.context())
            .transport(transport)
            .build()
            .expect("a client with a transport of its own")
    }
}

impl Transport for Panicking {
    fn send(&self, attempt: Attempt) -> Result<Response<Bytes>, TransportFailure> {
        let panics = self.sent.fetch_add(1, Ordering::Relaxed) == self.at;
        assert!(!panics || self.after, "the transport's own fault");
        let answer = self.service.apply(attempt);
        assert!(!panics, "the transport's own fault");
        Ok(answer)
    }
}

#[test]
fn r11_a_panic_at_any_request_loses_and_repeats_nothing() -> Result<(), Error> {
    for after in [false, true] {
        for at in 0.. {
            let service = VirtualService::default();
            let sight = Panicking::client(&service, at, after);
            track(sight.tracker().recorder())?;
            let first = catch_unwind(AssertUnwindSafe(|| sight.tracker().send_tracked_data()));
            assert_eq!(sight.tracker().send_tracked_data()?.remaining, 0);
            assert_arrived_once(&service.api, &format!("request {at}, after it took effect: {after}"));
            assert!(sight.pending().is_empty() && sight.dead_letters().is_empty());
            if first.is_ok() {
                assert!(at > 9, "every request had its turn");
                break;
            }
        }
    }
    Ok(())
}

#[test]
fn r11_a_panic_in_send_all_leaves_every_conversation_to_the_next_one() -> Result<(), Error> {
    for at in 0..9 {
        let service = VirtualService::default();
        let sight = Panicking::client(&service, at, true);
        let ids: Vec<String> = (0..5).map(|number| format!("c-{number}")).collect();
        for id in &ids {
            sight.conversation(id)?.track_human_message("Hello")?;
        }
        assert!(catch_unwind(AssertUnwindSafe(|| sight.send_all().is_complete())).is_err());
        sight.send_all().into_result()?;
        for id in &ids {
            assert_eq!(service.api.transcript(id).len(), 1, "{id}, request {at}");
        }
    }
    Ok(())
}

#[test]
fn r10_whoever_waits_for_a_conversation_goes_on_when_its_sender_panics() -> Result<(), Error> {
    let service = VirtualService::default();
    let (is_sending, sending) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let may_go_on = std::sync::Mutex::new(may_go_on);
    let sent = AtomicUsize::new(0);
    let answering = service.clone();
    let transport = move |attempt: Attempt| {
        if sent.fetch_add(1, Ordering::Relaxed) == 0 {
            is_sending.send(()).expect("the test listens");
            let _ = may_go_on.lock().expect("nobody else takes it").recv();
            panic!("the transport's own fault");
        }
        Ok(answering.apply(attempt))
    };
    let sight = AgentSight::builder(service.config()).context(service.context()).transport(transport).build()?;
    track(sight.tracker().recorder())?;
    let chat = Arc::new(sight.tracker().current());
    let panicking = thread::spawn({
        let chat = Arc::clone(&chat);
        move || chat.send()
    });
    sending.recv().expect("the first send begins");
    let waiting = thread::spawn(move || chat.send());
    drop(go_on);
    assert!(panicking.join().is_err());
    let report = waiting.join().expect("the waiting send does not panic")?;
    assert_eq!(report.remaining, 0);
    assert_arrived_once(&service.api, "the first sender panicked");
    Ok(())
}
