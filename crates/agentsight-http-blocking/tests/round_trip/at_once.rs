//! Many threads at once: every conversation one request after another, the conversations side by side (R10).

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use agentsight_http_blocking::transport::{Attempt, Transport, TransportFailure};
use agentsight_http_blocking::{AgentSight, Config, Error, UreqTransport};
use bytes::Bytes;
use http::Response;

use crate::crowd::{CONVERSATIONS, SPEAKERS, TURNS, assert_complete, conversations_of, speak};
use crate::in_flight::InFlight;
use crate::interrupted_conversation::{assert_arrived_once, track};
use crate::service::serve;
use crate::virtual_service::VirtualService;

/// The shipped transport, watched.
struct Watched {
    transport: UreqTransport,
    in_flight: InFlight,
}

impl Transport for Watched {
    fn send(&self, attempt: Attempt) -> Result<Response<Bytes>, TransportFailure> {
        let _flight = self.in_flight.depart(&attempt);
        self.transport.send(attempt)
    }
}

#[test]
fn r10_threads_that_track_and_send_at_once_lose_misfile_and_repeat_nothing() -> Result<(), Error> {
    let server = serve();
    let in_flight = InFlight::default();
    let config = Config::builder().api_key(server.api_key()).endpoint(server.url()).build()?;
    let transport = UreqTransport::new(&config)?;
    let sight = AgentSight::builder(config).transport(Watched { transport, in_flight: in_flight.clone() }).build()?;

    let speakers: Vec<_> = (0..SPEAKERS)
        .map(|speaker| {
            let sight = sight.clone();
            thread::spawn(move || speak_everywhere(&sight, speaker))
        })
        .collect();
    for speaker in speakers {
        speaker.join().expect("no thread panics")?;
    }
    assert!(sight.pending().is_empty());
    let messages = SPEAKERS * CONVERSATIONS * TURNS;
    assert_eq!(sight.stats().acknowledged, messages as u64);
    assert_complete(server.api());
    // One more for each conversation: nobody registered it.
    assert_eq!(in_flight.requests_one_at_a_time(), messages + CONVERSATIONS);
    Ok(())
}

/// Speaks in every conversation and sends it, in half of them by `send_all`.
fn speak_everywhere(sight: &AgentSight, speaker: usize) -> Result<(), Error> {
    for turn in 0..TURNS {
        for (place, id) in conversations_of(speaker).enumerate() {
            let chat = sight.conversation(id)?;
            speak(chat.recorder(), speaker, turn)?;
            if place < CONVERSATIONS / 2 {
                let _what_others_sent_too = chat.send()?;
            }
        }
        sight.send_all().into_result()?;
    }
    Ok(())
}

#[test]
fn r10_send_all_sends_as_many_conversations_at_once_as_configured() -> Result<(), Error> {
    const AT_ONCE: usize = 4;
    let service = VirtualService::default();
    let answering = service.clone();
    let (arrived, all_arrived) = (Mutex::new(0), Condvar::new());
    let transport = move |attempt: Attempt| {
        let mut arrived = arrived.lock().expect("nothing panics under the lock");
        *arrived += 1;
        all_arrived.notify_all();
        // Nobody is answered before all are there, so that one after another would never end.
        let patience = Duration::from_secs(30);
        let waited = all_arrived.wait_timeout_while(arrived, patience, |arrived| *arrived < AT_ONCE);
        let (arrived, waited) = waited.expect("nothing panics under the lock");
        drop(arrived);
        if waited.timed_out() { Err(TransportFailure::connect()) } else { Ok(answering.apply(attempt)) }
    };
    let config = Config::builder().api_key(service.api.api_key()).concurrency(AT_ONCE).max_attempts(1).build()?;
    let sight = AgentSight::builder(config).context(service.context()).transport(transport).build()?;
    for number in 0..AT_ONCE {
        sight.conversation(format!("c-{number}"))?.track_human_message("Hello")?;
    }
    assert!(sight.send_all().is_complete());
    Ok(())
}

#[test]
fn r10_two_threads_that_send_the_same_conversation_send_it_once() -> Result<(), Error> {
    let service = VirtualService::default();
    let answering = service.clone();
    let (is_sending, sending) = mpsc::channel();
    let (go_on, may_go_on) = mpsc::channel::<()>();
    let (sent, may_go_on) = (AtomicUsize::new(0), Mutex::new(may_go_on));
    let transport = move |attempt: Attempt| {
        if sent.fetch_add(1, Ordering::Relaxed) == 0 {
            is_sending.send(()).expect("the test listens");
            let _ = may_go_on.lock().expect("nobody else takes it").recv();
        }
        Ok(answering.apply(attempt))
    };
    let sight = AgentSight::builder(service.config()).context(service.context()).transport(transport).build()?;
    track(sight.tracker().recorder())?;
    let send = |chat: agentsight_http_blocking::ConversationHandle| thread::spawn(move || chat.send());
    let first = send(sight.tracker().current());
    sending.recv().expect("the first send begins");
    let second = send(sight.conversation(sight.tracker().current().conversation_id().as_str())?);
    drop(go_on);
    let first = first.join().expect("no send panics")?;
    let second = second.join().expect("no send panics")?;
    assert_eq!((first.items.len(), first.remaining), (10, 0));
    assert!(second.items.len() <= 10, "both see what became final while they waited");
    assert_eq!(sight.stats().acknowledged, 10);
    assert_arrived_once(&service.api, "sent by two threads");
    Ok(())
}
