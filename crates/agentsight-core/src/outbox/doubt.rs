//! What is done about a request that may have been acted on (R11, R17).

use std::time::Duration;

use super::Outbox;
use super::change::Change;
use super::item::{LaneKey, Shipment};
use super::notice::Notice;
use super::outcome::Ended;
use super::schedule::Doubt;
use crate::config::AmbiguousCreate;
use crate::error::{Error, ErrorKind, RequestFate};
use crate::wire::{Failure, Finding, Look, Meaning, OnDoubt};

impl Outbox {
    /// A plan that was with somebody who went away: in doubt, or planned anew if it never left.
    pub(super) fn doubt_or_forget(&mut self, key: LaneKey, ended: Ended, error: Option<Error>, was_called: bool) {
        match ended.plan {
            Some(plan) if !was_called => self.apply(Change::Unplanned { plan, lane: key }),
            Some(_) => {
                // The service gets the whole time of the attempt to act on it.
                let conclusive_at = ended
                    .started
                    .saturating_add(ended.allowance)
                    .max(ended.now.since_start.saturating_add(self.config.read_back_delay()));
                self.schedule_mut(key).sending().doubt = Some(Doubt { conclusive_at, error, failed_looks: 0 });
            }
            None => {}
        }
        self.go_on(key, ended.now);
    }

    /// The service may have acted on a plan: what the configuration says is to be done (R17).
    pub(super) fn in_doubt_now(&mut self, key: LaneKey, error: Error, is_busy: bool, ended: Ended) {
        let now = ended.now;
        let conclusive_at = if is_busy {
            // Usually the same: but the call's end may have cut the attempt short, or the request left late.
            let twice = ended.started.saturating_add(ended.allowance.saturating_mul(2));
            let after = if error.kind() == ErrorKind::Timeout { twice } else { Duration::ZERO };
            after.max(now.since_start.saturating_add(ended.allowance))
        } else {
            now.since_start.saturating_add(self.config.read_back_delay())
        };
        if self.config.ambiguous_create() == AmbiguousCreate::Resend || self.wire.on_doubt() == OnDoubt::Repeat {
            if let Some(plan) = ended.plan.filter(|_| self.wire.on_doubt() == OnDoubt::Look) {
                self.apply(Change::Unplanned { plan, lane: key });
            }
            return self.retry_or_stop(key, error, now);
        }
        if self.config.ambiguous_create() == AmbiguousCreate::Hold {
            return self.hold(key, Some(error.with_fate(RequestFate::MaybeSent)));
        }
        // Not even a look may come earlier than the service asks (R16).
        let asked = error.retry_after();
        let doubt = Doubt { conclusive_at, error: Some(error.clone()), failed_looks: 0 };
        self.schedule_mut(key).sending().doubt = Some(doubt);
        if asked.is_some_and(|asked| asked > self.config.retry().call_timeout) || self.is_covered(key, now) {
            return self.stop(key, error.with_fate(RequestFate::MaybeSent), now);
        }
        let due = now.since_start.saturating_add(asked.unwrap_or_default());
        self.wait_behind(key, due, false);
    }

    /// What a look at a conversation showed (R17).
    pub(super) fn looked(&mut self, key: LaneKey, shipments: &[Shipment], result: Result<Look, Failure>, ended: Ended) {
        let now = ended.now;
        let look = match result {
            Ok(look) => look,
            Err(failure) => return self.look_failed(key, failure, ended),
        };
        if ended.was_probe {
            self.succeeded(ended);
        }
        if let Some(highest) = look.ids_restarted {
            self.apply(Change::IdsRestarted { highest });
        }
        if let Some(poison) = self.schedule_mut(key).sending().poison.as_mut() {
            // The item gets one more round before it counts as the cause: everything may be well again.
            poison.is_readable = true;
            poison.wants_read = false;
        }
        let Some(plan) = self.book.lane(key).and_then(|lane| lane.plan()) else { return self.go_on(key, now) };
        let mut absent = false;
        for (shipment, finding) in shipments.iter().zip(look.findings) {
            match finding {
                Finding::Found(receipt) => self.acknowledged_part(shipment, receipt, now),
                Finding::Absent => absent = true,
                Finding::StampsNotKept => {
                    let what = "the event is in doubt, and the service does not show the times that it was given";
                    let doubt = self.schedule(key).sending.as_ref().and_then(|sending| sending.doubt.clone());
                    let error = doubt.and_then(|doubt| doubt.error);
                    let unkept = || Error::new(ErrorKind::UnexpectedResponse, what).with_fate(RequestFate::MaybeSent);
                    let error = error.map_or_else(unkept, |error| error.with_fate(RequestFate::MaybeSent));
                    self.notices.push(Notice::InDoubt);
                    // Looking again would show the same.
                    self.stick(key, unkept());
                    return self.close_tickets(key, Some(error));
                }
            }
        }
        let doubt = self.schedule(key).sending.as_ref().and_then(|sending| sending.doubt.clone());
        if let (true, Some(doubt)) = (absent, &doubt)
            && ended.started < doubt.conclusive_at
        {
            return self.wait_behind(key, doubt.conclusive_at, false);
        }
        self.end_doubt(key, plan);
        self.complete_finished(key);
        match doubt.and_then(|doubt| doubt.error).filter(|_| absent) {
            // The service turned out not to have it: as if it had not been sent.
            Some(error) => self.retry_or_stop(key, error.with_fate(RequestFate::NotSent), now),
            None => self.go_on(key, now),
        }
        if absent {
            // It is not under way any more: what happened before it goes first, also in an outbox that goes on from the
            // book.
            self.apply(Change::Returned { lane: key });
        }
    }

    /// The conversation could not be read back: what is in doubt stays so, and is not sent again (R17).
    pub(super) fn look_failed(&mut self, key: LaneKey, failure: Failure, ended: Ended) {
        let now = ended.now;
        let Failure { error, meaning } = failure;
        let most = self.config.retry().max_attempts;
        let doubt = self.schedule_mut(key).sending().doubt.get_or_insert(Doubt {
            conclusive_at: now.since_start,
            error: None,
            failed_looks: 0,
        });
        doubt.failed_looks = doubt.failed_looks.saturating_add(1);
        let (looks, original) = (doubt.failed_looks, doubt.error.clone());
        if self.book.lane(key).is_none_or(|lane| lane.plan().is_none()) {
            self.schedule_mut(key).sending().doubt = None;
        }
        let is_transient = matches!(meaning, Meaning::NotActedOn | Meaning::MaybeActedOn { .. });
        if is_transient {
            self.attempt_failed(&Failure { error: error.clone(), meaning }, ended);
        }
        match meaning {
            Meaning::UnknownConversation => self.apply(Change::NumberForgotten { lane: key }),
            Meaning::KeyRefused if ended.is_current_key => self.service.key_refused(now.since_start, &error),
            _ => {}
        }
        let asked = error.retry_after();
        let is_too_late = asked.is_some_and(|asked| asked > self.config.retry().call_timeout);
        if is_transient && looks < most && !is_too_late && !self.is_covered(key, now) {
            let backoff = self.config.retry().backoff(looks, self.jitter(key, u64::from(looks), 2));
            let due = now.since_start.saturating_add(backoff.max(asked.unwrap_or_default()));
            return self.wait_behind(key, due, false);
        }
        if let Some(doubt) = self.schedule_mut(key).sending().doubt.as_mut() {
            doubt.failed_looks = 0;
        }
        // A key that is refused, or when to come again, is what a caller has to hear of, rather than the answer that was
        // lost before.
        let is_urgent = asked.is_some() || matches!(error.kind(), ErrorKind::Unauthorized | ErrorKind::Forbidden);
        let error = if is_urgent { error } else { original.unwrap_or(error) };
        self.stop(key, error.with_fate(RequestFate::MaybeSent), now);
        self.close_covered(now);
    }
}
