//! Whether the service can be asked at all (R15, R16).

use std::time::Duration;

use super::item::LaneKey;
use super::job::JobId;
use crate::error::{Error, ErrorKind};

/// After so many failed attempts in a row, counted over all conversations, the service rests.
const FAILURES_IN_A_ROW: u32 = 5;
/// How long the service rests after failures, and between two probes.
const REST: Duration = Duration::from_secs(1);
/// How long everything rests after the key was refused, and between two probes.
const REFUSED: Duration = Duration::from_secs(60);
/// The longest rest that a service can ask for: who asks for more is mistaken, and would never be asked again.
pub(super) const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// What is known of the service as a whole.
#[derive(Debug, Default)]
pub(crate) struct Service {
    /// Failed attempts since the last acknowledgement.
    failures: u32,
    rest: Option<Rest>,
    probe: Option<JobId>,
    /// The last conversation that was refused for a reason that may concern all, since the last acknowledgement.
    refused: Option<(Refusal, LaneKey)>,
}

/// Nothing is sent until then, and then one probe at a time.
#[derive(Clone, Debug)]
pub(crate) struct Rest {
    /// Until when, on the monotonic clock.
    pub(crate) until: Duration,
    /// What came back.
    pub(crate) because: Error,
    /// Why.
    pub(crate) reason: Reason,
}

/// Why the service rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Nothing worked.
    Failures,
    /// The service asked for it: 429, or `Retry-After`.
    Asked,
    /// The key is refused, or what is there is not AgentSight.
    Refused,
}

/// How a conversation was refused: two that are refused the same way say that all are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    kind: ErrorKind,
    status: Option<u16>,
}

/// Whether a job may be handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gate {
    /// Any number.
    Open,
    /// One, as a probe.
    Probe,
    /// None before then; [`Duration::MAX`] while a probe is out.
    Closed(Duration),
}

impl Service {
    /// Whether a job may be handed out now.
    pub(crate) fn gate(&self, now: Duration) -> Gate {
        match &self.rest {
            None => Gate::Open,
            Some(_) if self.probe.is_some() => Gate::Closed(Duration::MAX),
            Some(rest) if now < rest.until => Gate::Closed(rest.until),
            Some(_) => Gate::Probe,
        }
    }

    /// The rest, if there is one.
    pub(crate) fn rest(&self) -> Option<&Rest> {
        self.rest.as_ref()
    }

    /// Whether everything is refused.
    pub(crate) fn is_refused(&self) -> bool {
        self.rest.as_ref().is_some_and(|rest| rest.reason == Reason::Refused)
    }

    /// A job leaves; while the service rests it is the probe, and the next one comes a second later at the earliest.
    pub(crate) fn handed_out(&mut self, job: JobId, now: Duration) {
        if let Some(rest) = &mut self.rest {
            self.probe = Some(job);
            rest.until = rest.until.max(now.saturating_add(REST));
        }
    }

    /// A job is over, whatever came of it.
    pub(crate) fn ended(&mut self, job: JobId) -> bool {
        let was_probe = self.probe == Some(job);
        if was_probe {
            self.probe = None;
        }
        was_probe
    }

    /// The service has taken something. Only the success of a probe ends a rest. Returns whether one ended.
    pub(crate) fn acknowledged(&mut self, was_probe: bool) -> bool {
        self.failures = 0;
        self.refused = None;
        was_probe && self.rest.take().is_some()
    }

    /// An attempt has failed in a way that may pass. `asked` is how long the service asked to wait, zero if it is too
    /// busy without saying how long.
    pub(crate) fn failed(&mut self, now: Duration, error: &Error, asked: Option<Duration>, was_probe: bool) {
        self.failures = self.failures.saturating_add(1);
        if let Some(asked) = asked {
            self.rest_until(now.saturating_add(asked.clamp(REST, LONGEST)), error, Reason::Asked);
        } else if self.failures >= FAILURES_IN_A_ROW {
            self.rest_until(now.saturating_add(REST), error, Reason::Failures);
        } else if was_probe {
            let reason = self.rest.as_ref().map_or(Reason::Failures, |rest| rest.reason);
            self.rest_until(now.saturating_add(REST), error, reason);
        }
    }

    /// The key was refused: everything rests.
    pub(crate) fn key_refused(&mut self, now: Duration, error: &Error) {
        self.rest = None;
        self.rest_until(now.saturating_add(REFUSED), error, Reason::Refused);
    }

    /// A conversation was refused for a reason that may concern all. Everything rests if it is the second one that is
    /// refused the same way, with nothing acknowledged in between.
    pub(crate) fn conversation_refused(&mut self, now: Duration, lane: LaneKey, error: &Error, was_probe: bool) {
        let refusal = Refusal { kind: error.kind(), status: error.status().map(|status| status.as_u16()) };
        let is_second = self.refused.is_some_and(|(earlier, other)| earlier == refusal && other != lane);
        if is_second || (was_probe && self.is_refused()) {
            self.key_refused(now, error);
        } else if was_probe {
            self.rest_until(now.saturating_add(REST), error, Reason::Failures);
        }
        self.refused = Some((refusal, lane));
    }

    /// A new key: what was refused is tried again at once.
    pub(crate) fn key_changed(&mut self) {
        self.refused = None;
        if self.is_refused() {
            self.rest = None;
        }
    }

    /// Rests are only prolonged, and a refusal is not made less of.
    fn rest_until(&mut self, until: Duration, error: &Error, reason: Reason) {
        let until = self.rest.as_ref().map_or(until, |rest| rest.until.max(until));
        let reason = match &self.rest {
            Some(rest) if rest.reason == Reason::Refused => Reason::Refused,
            // Until then nobody asks, so that nothing is known to fail.
            Some(rest) if rest.reason == Reason::Asked && rest.until >= until => Reason::Asked,
            _ => reason,
        };
        self.rest = Some(Rest { until, because: error.clone(), reason });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn error(kind: ErrorKind) -> Error {
        Error::new(kind, "as the test wants it")
    }

    fn resting(service: &Service) -> Option<(Reason, u64)> {
        service.rest().map(|rest| (rest.reason, rest.until.as_secs()))
    }

    #[test]
    fn r16_the_service_rests_after_five_failures_with_nothing_acknowledged_in_between() {
        let mut service = Service::default();
        let connect = error(ErrorKind::Connect);
        (0..4).for_each(|_| service.failed(seconds(0), &connect, None, false));
        assert!(!service.acknowledged(false));
        (0..4).for_each(|_| service.failed(seconds(0), &connect, None, false));
        assert_eq!(service.gate(seconds(0)), Gate::Open);
        service.failed(seconds(7), &connect, None, false);
        assert_eq!(resting(&service), Some((Reason::Failures, 8)));
        assert_eq!(service.gate(seconds(7)), Gate::Closed(seconds(8)));
    }

    #[test]
    fn r16_one_probe_at_a_time_and_only_its_success_ends_the_rest() {
        let mut service = Service::default();
        let connect = error(ErrorKind::Connect);
        (0..5).for_each(|_| service.failed(seconds(0), &connect, None, false));
        assert_eq!(service.gate(seconds(1)), Gate::Probe);
        service.handed_out(JobId(1), seconds(1));
        assert_eq!(service.gate(seconds(1)), Gate::Closed(Duration::MAX), "one at a time");
        let was_probe = service.ended(JobId(2));
        assert!(!service.acknowledged(was_probe), "another one's success does not count");
        let was_probe = service.ended(JobId(1));
        service.failed(seconds(3), &connect, None, was_probe);
        assert_eq!(service.gate(seconds(3)), Gate::Closed(seconds(4)), "at most one a second");
        service.handed_out(JobId(3), seconds(4));
        let was_probe = service.ended(JobId(3));
        assert!(service.acknowledged(was_probe));
        assert_eq!(service.gate(seconds(3)), Gate::Open);
    }

    #[test]
    fn r16_a_busy_service_rests_as_long_as_it_asks_and_longer_wishes_win() {
        let mut service = Service::default();
        service.failed(seconds(0), &error(ErrorKind::RateLimited), Some(seconds(600)), false);
        service.failed(seconds(1), &error(ErrorKind::RateLimited), Some(seconds(5)), false);
        assert_eq!(resting(&service), Some((Reason::Asked, 600)));
        (0..9).for_each(|_| service.failed(seconds(2), &error(ErrorKind::Connect), None, false));
        assert_eq!(resting(&service), Some((Reason::Asked, 600)), "failures do not shorten it");
        service.failed(seconds(3), &error(ErrorKind::RateLimited), Some(Duration::MAX), false);
        assert_eq!(service.gate(seconds(9_999)), Gate::Closed(seconds(3) + LONGEST), "nobody rests for ever");
    }

    #[test]
    fn r15_everything_rests_when_a_second_conversation_is_refused_the_same_way() {
        let forbidden = error(ErrorKind::Forbidden);
        let mut service = Service::default();
        service.conversation_refused(seconds(0), LaneKey(1), &forbidden, false);
        service.conversation_refused(seconds(0), LaneKey(1), &forbidden, false);
        assert_eq!(resting(&service), None, "the same one again says nothing of others");
        service.acknowledged(false);
        service.conversation_refused(seconds(0), LaneKey(2), &forbidden, false);
        assert_eq!(resting(&service), None, "something was acknowledged in between");
        service.conversation_refused(seconds(0), LaneKey(3), &error(ErrorKind::UnexpectedResponse), false);
        assert_eq!(resting(&service), None, "refused in another way");
        service.conversation_refused(seconds(0), LaneKey(4), &error(ErrorKind::UnexpectedResponse), false);
        assert_eq!(resting(&service), Some((Reason::Refused, 60)));
    }

    #[test]
    fn r15_a_refused_probe_after_an_outage_says_nothing_of_others() {
        let mut service = Service::default();
        (0..5).for_each(|_| service.failed(seconds(0), &error(ErrorKind::Connect), None, false));
        service.conversation_refused(seconds(1), LaneKey(1), &error(ErrorKind::Forbidden), true);
        assert_eq!(resting(&service), Some((Reason::Failures, 2)));
        service.conversation_refused(seconds(2), LaneKey(2), &error(ErrorKind::Forbidden), true);
        assert_eq!(resting(&service), Some((Reason::Refused, 62)));
        service.conversation_refused(seconds(62), LaneKey(2), &error(ErrorKind::NotFound), true);
        assert_eq!(resting(&service), Some((Reason::Refused, 122)), "it is refused still, in whatever way");
        service.conversation_refused(seconds(63), LaneKey(3), &error(ErrorKind::Rejected), false);
        assert_eq!(resting(&service), Some((Reason::Refused, 122)), "only a probe says so");
        (0..5).for_each(|_| service.failed(seconds(64), &error(ErrorKind::Connect), None, false));
        assert_eq!(resting(&service), Some((Reason::Refused, 122)), "an outage does not make the key good");
    }

    #[test]
    fn r16_a_refused_key_is_probed_once_a_minute_and_at_once_after_it_was_changed() {
        let mut service = Service::default();
        service.key_refused(seconds(5), &error(ErrorKind::Unauthorized));
        assert!(service.is_refused());
        assert_eq!(service.gate(seconds(5)), Gate::Closed(seconds(65)));
        assert_eq!(service.gate(seconds(65)), Gate::Probe);
        service.handed_out(JobId(1), seconds(65));
        let was_probe = service.ended(JobId(1));
        service.failed(seconds(66), &error(ErrorKind::Connect), None, was_probe);
        assert!(service.is_refused(), "an outage does not make the key good");
        service.key_changed();
        assert_eq!(service.gate(seconds(66)), Gate::Open);
    }
}
