//! Many tasks at once: every conversation one request after another, the conversations side by side (R10).

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use agentsight_http_async::transport::{AsyncTransport, Attempt, TransportFailure};
use agentsight_http_async::{AgentSight, Config, Error, ReqwestTransport};
use async_trait::async_trait;
use bytes::Bytes;
use http::Response;
use tokio::sync::Semaphore;

use crate::crowd::{CONVERSATIONS, SPEAKERS, TURNS, assert_complete, conversations_of, speak};
use crate::in_flight::InFlight;
use crate::interrupted_conversation::{assert_arrived_once, track};
use crate::polling::{finish, poll_times};
use crate::service::{runtimes, serve};
use crate::virtual_service::VirtualService;
use crate::yielding::{Abandoned, Panics, Yielding};

/// The shipped transport, watched.
struct Watched {
    transport: ReqwestTransport,
    in_flight: InFlight,
}

#[async_trait]
impl AsyncTransport for Watched {
    async fn send(&self, attempt: Attempt) -> Result<Response<Bytes>, TransportFailure> {
        let _flight = self.in_flight.depart(&attempt);
        self.transport.send(attempt).await
    }
}

#[test]
fn r10_tasks_that_track_and_send_at_once_lose_misfile_and_repeat_nothing() -> Result<(), Error> {
    for runtime in runtimes() {
        let server = serve();
        let in_flight = InFlight::default();
        let config = Config::builder().api_key(server.api_key()).endpoint(server.url()).build()?;
        let transport = ReqwestTransport::new(&config)?;
        let sight =
            AgentSight::builder(config).transport(Watched { transport, in_flight: in_flight.clone() }).build()?;

        let speakers: Vec<_> = (0..SPEAKERS)
            .map(|speaker| {
                let sight = sight.clone();
                runtime.spawn(async move { speak_everywhere(&sight, speaker).await })
            })
            .collect();
        for speaker in speakers {
            runtime.block_on(speaker).expect("no task panics")?;
        }
        assert!(sight.pending().is_empty());
        let messages = SPEAKERS * CONVERSATIONS * TURNS;
        assert_eq!(sight.stats().acknowledged, messages as u64);
        assert_complete(server.api());
        // One more for each conversation: nobody registered it.
        assert_eq!(in_flight.requests_one_at_a_time(), messages + CONVERSATIONS);
    }
    Ok(())
}

/// Speaks in every conversation and sends it, in half of them by `send_all`.
async fn speak_everywhere(sight: &AgentSight, speaker: usize) -> Result<(), Error> {
    for turn in 0..TURNS {
        for (place, id) in conversations_of(speaker).enumerate() {
            let chat = sight.conversation(id)?;
            speak(chat.recorder(), speaker, turn)?;
            if place < CONVERSATIONS / 2 {
                let _what_others_sent_too = chat.send().await?;
            }
        }
        sight.send_all().await.into_result()?;
    }
    Ok(())
}

#[tokio::test]
async fn r10_send_all_sends_as_many_conversations_at_once_as_configured() -> Result<(), Error> {
    const AT_ONCE: usize = 4;
    let service = VirtualService::default();
    let answering = service.clone();
    let (arrived, may_answer) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
    let (count, permits) = (Arc::clone(&arrived), Arc::clone(&may_answer));
    let transport = move |attempt: Attempt| {
        let (permits, answering) = (Arc::clone(&permits), answering.clone());
        count.fetch_add(1, Ordering::Relaxed);
        async move {
            let _permit = permits.acquire().await;
            Ok(answering.apply(attempt))
        }
    };
    let config = Config::builder().api_key(service.api.api_key()).concurrency(AT_ONCE).build()?;
    let sight = AgentSight::builder(config).context(service.context()).transport(transport).build()?;
    for number in 0..2 * AT_ONCE {
        sight.conversation(format!("c-{number}"))?.track_human_message("Hello")?;
    }
    let mut sending = pin!(sight.send_all());
    assert!(poll_times(sending.as_mut(), 1).is_pending());
    assert_eq!(arrived.load(Ordering::Relaxed), AT_ONCE, "no more and no less");
    may_answer.add_permits(1);
    assert!(sending.await.is_complete());
    Ok(())
}

#[test]
fn r10_two_tasks_that_send_the_same_conversation_send_it_once() -> Result<(), Error> {
    let service = VirtualService::default();
    let sight = Yielding::client(&service, Abandoned::Lost, Panics::Never);
    track(sight.tracker().recorder())?;
    let (one, other) = (sight.tracker().current(), sight.tracker().current());
    let (mut first, mut second) = (pin!(one.send()), pin!(other.send()));
    assert!(poll_times(first.as_mut(), 2).is_pending());
    assert!(poll_times(second.as_mut(), 100).is_pending(), "the first has the conversation");
    assert_eq!(finish(first)?.items.len(), 10);
    assert_eq!(finish(second)?.items.len(), 10, "both see what became final while they waited");
    assert_eq!(sight.stats().acknowledged, 10);
    assert_arrived_once(&service.api, "sent by two tasks");
    Ok(())
}

#[test]
fn r10_whoever_waits_for_a_conversation_goes_on_when_its_sender_is_dropped() -> Result<(), Error> {
    for polls in 1..20 {
        let service = VirtualService::default();
        let sight = Yielding::client(&service, Abandoned::Arrives, Panics::Never);
        track(sight.tracker().recorder())?;
        let (one, other) = (sight.tracker().current(), sight.tracker().current());
        let mut first = Box::pin(one.send());
        let mut second = pin!(other.send());
        assert!(poll_times(first.as_mut(), polls).is_pending());
        assert!(poll_times(second.as_mut(), 1).is_pending(), "the first has the conversation");
        drop(first);
        assert_eq!(finish(second)?.remaining, 0);
        assert_arrived_once(&service.api, &format!("taken over after {polls} polls"));
    }
    Ok(())
}
