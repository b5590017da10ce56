//! The blocking client. It is interrupted by a transport that panics.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use agentsight_core::transport::{Attempt, Transport, TransportFailure};
use agentsight_core::{Config, ConversationRecorder, DeadLetter, NewConversation, PendingEvents, SendAllReport};
use agentsight_http_blocking::AgentSight;
use agentsight_testkit::{TestClock, VirtualTransport};
use bytes::Bytes;
use http::Response;

use crate::client::Client;
#[cfg(feature = "server")]
use crate::client::Connected;

pub(crate) struct Blocking {
    sight: AgentSight,
    clock: TestClock,
    patience: Patience,
}

/// How many more places a send passes before the transport panics.
#[derive(Clone)]
struct Patience(Arc<AtomicUsize>);

/// Panics on either side of a request, when its patience is at its end.
struct Panicking {
    service: VirtualTransport,
    patience: Patience,
}

/// What the transport panics with.
struct Interruption;

impl Client for Blocking {
    /// Threads come as they please.
    const REPEATABLE: usize = 1;

    fn over(service: &VirtualTransport, config: Config, seed: u64) -> Self {
        let patience = Patience(Arc::new(AtomicUsize::new(usize::MAX)));
        let transport = Panicking { service: service.clone(), patience: patience.clone() };
        let builder = AgentSight::builder(config).transport(transport).context(service.clock().context(seed));
        Self { sight: builder.build().unwrap(), clock: service.clock().clone(), patience }
    }

    fn register(&self, conversation: NewConversation) -> ConversationRecorder {
        self.sight.get_or_create_conversation(conversation).unwrap().recorder().clone()
    }

    fn send_all(&self) -> SendAllReport {
        self.sight.send_all()
    }

    fn interrupted_send_all(&self, after: usize) -> Option<SendAllReport> {
        self.patience.0.store(after, Ordering::Relaxed);
        let report = catch_unwind(AssertUnwindSafe(|| self.sight.send_all()));
        self.patience.0.store(usize::MAX, Ordering::Relaxed);
        match report {
            Ok(report) => Some(report),
            Err(panic) if panic.is::<Interruption>() => None,
            Err(panic) => resume_unwind(panic),
        }
    }

    fn pass(&self, by: Duration) {
        self.clock.advance(by);
    }

    fn pending(&self) -> PendingEvents {
        self.sight.pending()
    }

    fn dead_letters(&self) -> Vec<DeadLetter> {
        self.sight.dead_letters()
    }

    fn requeue(&self, letter: &DeadLetter) {
        self.sight.requeue(letter).unwrap();
    }
}

#[cfg(feature = "server")]
impl Connected for Blocking {
    fn connected(config: Config) -> Self {
        Self { sight: AgentSight::new(config).unwrap(), clock: TestClock::new(), patience: Patience(Arc::default()) }
    }

    fn renew_key(&self, key: &str) {
        self.sight.set_api_key(key).unwrap();
    }
}

impl Patience {
    /// One place more. A panic that is raised like this is not printed.
    fn pass(&self) {
        if self.0.fetch_sub(1, Ordering::Relaxed) == 0 {
            resume_unwind(Box::new(Interruption));
        }
    }
}

impl Transport for Panicking {
    fn send(&self, attempt: Attempt) -> Result<Response<Bytes>, TransportFailure> {
        self.patience.pass();
        let result = Transport::send(&self.service, attempt);
        self.patience.pass();
        result
    }
}
