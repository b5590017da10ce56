//! A case under way, and what is found wrong.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::fmt::{Debug, Write as _};
use std::sync::{Mutex, PoisonError};

use agentsight_core::transport::{Attempt, TransportFailure};
use http::HeaderValue;
use http::header::AUTHORIZATION;

use super::attempts::TARGET;
use super::case::{Case, Outcome};
use super::judgement::same;
use super::log_capture::{LogCapture, LogRecord, LogWatch};
use super::secrets::Secrets;
use super::server::{Received, Server};

/// Everything that was found wrong.
pub(super) struct Findings {
    list: Vec<String>,
    secrets: Secrets,
    log: Option<&'static LogCapture>,
    /// What was said of a log or of `Debug`; said once, not for every case.
    said: BTreeSet<String>,
}

/// A case under way.
pub(super) struct Run<'a> {
    server: Server,
    attempts: Vec<Attempt>,
    log: Option<LogWatch>,
    secrets: &'a Secrets,
    sights: Mutex<BTreeSet<String>>,
}

/// What is left of a run, to be judged.
pub(super) struct Traces {
    received: Vec<Received>,
    records: Vec<LogRecord>,
    sights: BTreeSet<String>,
}

impl Findings {
    /// Takes over the process's log; that it belongs to another is a finding.
    pub(super) fn new() -> Self {
        let log = LogCapture::install();
        let list = log.err().map(|taken| format!("c4: the log cannot be looked at: {taken}"));
        Self { list: list.into_iter().collect(), secrets: Secrets::new(), log: log.ok(), said: BTreeSet::new() }
    }

    /// Starts the case's server; what keeps it from starting is a finding.
    pub(super) fn start(&mut self, case: &Case) -> Option<Run<'_>> {
        match Server::start(case.script.clone()) {
            Ok(server) => {
                let mut attempts = case.attempts(&server.url(TARGET));
                for attempt in &mut attempts {
                    if let Ok(mut key) = HeaderValue::from_str(&self.secrets.authorization()) {
                        key.set_sensitive(true);
                        attempt.request.headers_mut().insert(AUTHORIZATION, key);
                    }
                }
                let log = self.log.map(LogCapture::watch);
                Some(Run { server, attempts, log, secrets: &self.secrets, sights: Mutex::default() })
            }
            Err(error) => {
                self.list.push(format!("{}: the suite's own server does not start: {error}", case.name));
                None
            }
        }
    }

    /// Notes what was not kept.
    pub(super) fn judge(&mut self, case: &Case, traces: Traces, outcomes: &[Outcome]) {
        let Traces { received, records, sights } = traces;
        let keys = received.iter().try_for_each(|request| {
            let keys = request.headers.iter().filter(|(name, _)| name == AUTHORIZATION.as_str());
            let is_kept = keys.map(|(_, value)| value.as_str()).eq([self.secrets.authorization()]);
            same("`authorization` arrives once, as it is", is_kept, true)
        });
        // What is repeated is the core's decision (R17).
        let repeated = same("a request arrives more often than it was sent", received.len() > outcomes.len(), false);
        for finding in [case.judge(outcomes, &received), keys, repeated].into_iter().filter_map(Result::err) {
            self.list.push(format!("{}: {finding}", case.name));
        }
        for failure in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
            if let Some(secret) = self.secrets.shown_in(&shown(failure)) {
                self.list.push(format!("{}: the failure shows {secret} (E3)", case.name));
            }
        }
        let told = records.iter().filter_map(|record| self.told_by(record));
        for said in told.chain(sights).collect::<Vec<_>>() {
            if self.said.insert(said.clone()) {
                self.list.push(format!("{}: {said}", case.name));
            }
        }
    }

    /// A library below may log content on its own account, but never the key; our own target neither (C4).
    fn told_by(&self, record: &LogRecord) -> Option<String> {
        let is_ours = record.target().starts_with("agentsight");
        let secret = self.secrets.shown_in(record.text()).filter(|_| is_ours);
        let secret = secret.or_else(|| self.secrets.key_is_in(record.text()).then_some("the key"))?;
        Some(format!("the log of `{}` on {} shows {secret} (C4)", record.target(), record.level()))
    }

    /// Panics if anything was found.
    pub(super) fn report(self) {
        let mut list = String::new();
        for finding in &self.list {
            // Writing to a string does not fail.
            let _ = write!(list, "\n  * {finding}");
        }
        assert!(self.list.is_empty(), "the transport does not conform, {} findings:{list}", self.list.len());
    }
}

impl Run<'_> {
    /// The attempts to send, one after another.
    pub(super) fn attempts(&self) -> impl Iterator<Item = Attempt> + use<> {
        self.attempts.iter().map(copy).collect::<Vec<_>>().into_iter()
    }

    /// Looks at a transport's `Debug`, which shows nothing of any request (C2).
    pub(super) fn look_at(&self, transport: &impl Debug, moment: &str) {
        if let Some(secret) = self.secrets.shown_in(&format!("{transport:?} {transport:#?}")) {
            let mut sights = self.sights.lock().unwrap_or_else(PoisonError::into_inner);
            sights.insert(format!("`Debug` of the transport shows {secret} {moment} a request (C2)"));
        }
    }

    /// Ends the case.
    pub(super) fn finish(self) -> Traces {
        let received = self.server.finish();
        let records = self.log.map(|log| log.records()).unwrap_or_default();
        Traces { received, records, sights: self.sights.into_inner().unwrap_or_else(PoisonError::into_inner) }
    }
}

fn copy(attempt: &Attempt) -> Attempt {
    let mut copy = Attempt::new(attempt.request.clone());
    copy.timeout = attempt.timeout;
    copy.connect_timeout = attempt.connect_timeout;
    copy.response_limit = attempt.response_limit;
    copy
}

/// A failure and all that caused it, shown in every way there is.
fn shown(failure: &TransportFailure) -> String {
    let mut shown = format!("{failure} {failure:?} {failure:#?}");
    let mut source = failure.source();
    while let Some(error) = source {
        // Writing to a string does not fail.
        let _ = write!(shown, " {error} {error:?} {error:#?}");
        source = error.source();
    }
    shown
}
