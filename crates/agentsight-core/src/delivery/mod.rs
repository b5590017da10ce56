//! Sending what was recorded: the half of a client that its loop drives (H8, H9).

mod flush;
mod job;
mod ticket;

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

pub use self::flush::{FlushReport, FlushTicket};
pub use self::job::Job;
pub use self::ticket::Ticket;
use crate::call::CallSettings;
use crate::config::ApiKey;
use crate::log::log_event;
use crate::outbox::{self, Health};
use crate::recorder::{ConversationRecorder, Shared};
use crate::wire::Wire;

/// What the loop of a client does next.
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "a loop must handle every case; a new one has to break it")]
pub enum Next {
    /// Carry this out: [`Job::attempt`], send it, [`Job::finish`].
    Send {
        /// The attempt.
        job: Job,
        /// Whether another loop would find work too.
        is_more_due: bool,
    },
    /// Ask again after this time, or when woken; with `None` only when woken.
    Wait(Option<Duration>),
    /// There is nothing to do.
    Idle,
}

/// The conversations whose jobs a loop asks for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Scope<'a> {
    /// Every conversation: a worker, or a flush without one.
    Everything,
    /// What a caller of `send` or `send_all` waits for.
    Ticket(&'a Ticket),
}

/// What all deliveries of a client share.
#[derive(Clone, Debug)]
pub(crate) struct Deliveries {
    pub(crate) shared: Arc<Shared>,
    pub(crate) settings: Arc<CallSettings>,
    pub(crate) wire: Arc<dyn Wire>,
    last_health: Arc<AtomicU8>,
}

impl Deliveries {
    pub(crate) fn new(shared: Arc<Shared>, settings: Arc<CallSettings>, wire: Arc<dyn Wire>) -> Self {
        Self { shared, settings, wire, last_health: Arc::new(AtomicU8::new(HEALTHY)) }
    }

    /// Says what to do next.
    pub(crate) fn next(&self, scope: Scope<'_>) -> Next {
        let now = self.shared.now();
        let scope = match scope {
            Scope::Everything => outbox::Scope::Everything,
            Scope::Ticket(ticket) => outbox::Scope::Ticket(ticket.id()),
        };
        match self.shared.with(|outbox| outbox.next(now, scope)) {
            outbox::Next::Send { job, is_more_due } => Next::Send { job: Job::new(*job, self.clone()), is_more_due },
            outbox::Next::Wait(until) => Next::Wait(until.map(|until| until.saturating_sub(now.since_start))),
            outbox::Next::Idle => Next::Idle,
        }
    }

    /// Returns a ticket for what is pending in one conversation: what a caller of `send` waits for.
    pub(crate) fn ticket(&self, conversation: &ConversationRecorder) -> Ticket {
        let now = self.shared.now();
        let id = self.shared.with(|outbox| outbox.ticket(conversation.key(), now));
        Ticket::new(id, Arc::clone(&self.shared))
    }

    /// Returns a ticket for what is pending in every conversation: what a caller of `send_all` waits for.
    pub(crate) fn ticket_for_all(&self) -> Ticket {
        let now = self.shared.now();
        let id = self.shared.with(|outbox| outbox.ticket_for_all(now));
        Ticket::new(id, Arc::clone(&self.shared))
    }

    /// Begins a flush: what its caller waits for.
    pub(crate) fn flush(&self, timeout: Duration) -> FlushTicket {
        FlushTicket::new(Arc::clone(&self.shared), timeout)
    }

    /// Replaces the key.
    pub(crate) fn set_api_key(&self, key: ApiKey) {
        let now = self.shared.now();
        let health = self.shared.with(|outbox| {
            self.settings.set_key(key.clone());
            outbox.set_api_key(key);
            outbox.health(now)
        });
        self.tell(health);
    }

    /// One event for each change of health (R28).
    pub(crate) fn tell(&self, health: Health) {
        let code = code_of(health);
        if self.last_health.swap(code, Ordering::Relaxed) == code {
            return;
        }
        let config = &self.shared.config;
        match health {
            Health::Healthy => log_event!(config, INFO, "the service takes events again"),
            Health::Resting { because, .. } => {
                log_event!(config, WARN, ?because, "the service is not asked for a while; everything stays pending");
            }
            Health::Refused { because } => {
                log_event!(config, WARN, ?because, "the service refuses this client; everything stays pending");
            }
            Health::Closed => {}
        }
    }
}

const HEALTHY: u8 = 0;

fn code_of(health: Health) -> u8 {
    match health {
        Health::Healthy => HEALTHY,
        Health::Resting { .. } => 1,
        Health::Refused { .. } => 2,
        Health::Closed => 3,
    }
}
