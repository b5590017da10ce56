//! Every fault that the testkit can make, and how it looks to a client.
//!
//! An answer that denies what the service did (a 503 or a 4xx after the deed) is not here: the rules take such an answer
//! at its word (R15, R16), so that nothing can be promised of it.

use std::time::Duration;

use agentsight_core::ErrorKind;
use agentsight_testkit::{Fault, RetryAfter};
use chrono::{DateTime, TimeDelta, Utc};
use http::header::RETRY_AFTER;
use http::{HeaderValue, StatusCode};

use crate::script::Target;

/// A fault, and how it looks.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The constructor of [`Fault`].
    pub(crate) constructor: &'static str,
    /// What tells it apart from the other faults of that constructor.
    pub(crate) variant: &'static str,
    pub(crate) fault: Fault,
    /// How long the client waits for it. If that is more than an attempt may take, it is a timeout instead.
    delay: Duration,
    /// What the answer lacks. To a request that does not need it, that is no fault.
    lacks: Lacks,
    symptom: Symptom,
}

/// What an answer lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lacks {
    Nothing,
    /// The number of what was made; that of files still names their message.
    Id,
    /// Every number.
    Numbers,
    /// The name of the conversation that was asked for: it names another one.
    Conversation,
}

/// What a client can tell of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Symptom {
    /// The service's own answer, with all that is needed of it.
    Answered,
    /// The service cannot have seen the request.
    NotSent,
    /// The service says that it did not take the request, and when to come again.
    Busy(ErrorKind, Duration),
    /// Nothing tells whether the service acted on the request.
    Lost(ErrorKind),
    /// The same, because the answer is larger than allowed: it would be again.
    TooLarge,
    /// The time ran out `after` so long: the service may still be at work.
    TimedOut { kind: ErrorKind, after: Duration },
    /// The service refuses what was sent.
    Refused,
    /// The service does not know the conversation's number: 404, or a 400 that says so.
    UnknownNumber(ErrorKind),
    /// The service refuses the key.
    KeyRefused,
    /// Whoever answers refuses the conversation, whatever was sent: the key may not do this, or nobody here is
    /// AgentSight.
    Barred(ErrorKind),
}

impl Entry {
    pub(crate) fn new(constructor: &'static str, variant: &'static str, fault: Fault, symptom: Symptom) -> Self {
        Self { constructor, variant, fault, delay: Duration::ZERO, lacks: Lacks::Nothing, symptom }
    }

    /// The service's own answer, or one like it, that lacks something.
    fn lacking(constructor: &'static str, variant: &'static str, fault: Fault, lacks: Lacks) -> Self {
        Self { lacks, ..Self::new(constructor, variant, fault, Symptom::Answered) }
    }

    fn after(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    /// What the client can tell if this request meets it.
    pub(crate) fn symptom(&self, target: Target) -> Symptom {
        let allowance = target.allowance();
        if self.delay > allowance {
            return Symptom::TimedOut { kind: ErrorKind::Timeout, after: allowance };
        }
        let is_needed = match self.lacks {
            Lacks::Nothing => false,
            Lacks::Id => target.needs_number() && !target.is_upload(),
            Lacks::Numbers => target.needs_number(),
            // The answers to events name no conversation by its text id.
            Lacks::Conversation => target == Target::Record,
        };
        match self.symptom {
            _ if is_needed => Symptom::Lost(ErrorKind::UnexpectedResponse),
            Symptom::TimedOut { kind, after } => Symptom::TimedOut { kind, after: after.min(allowance) },
            symptom => symptom,
        }
    }

    /// Whether the client waits long for the answer.
    pub(crate) fn takes_long(&self) -> bool {
        !self.delay.is_zero() || matches!(self.symptom, Symptom::TimedOut { after, .. } if !after.is_zero())
    }

    /// Whether it may make a dead letter of an event or of a record.
    pub(crate) fn may_refuse(&self) -> bool {
        matches!(self.symptom, Symptom::Refused | Symptom::UnknownNumber(_))
    }

    /// After how long everything may be sent again: nobody is believed who asks to wait for more than a day.
    pub(crate) fn passes_after(&self) -> Duration {
        match self.asks_to_wait_too_long() {
            Some(Duration::MAX) => Duration::from_secs(24 * 3600),
            _ => Duration::from_secs(3600),
        }
    }

    /// How long it asks to wait, if that is longer than any call may take.
    pub(crate) fn asks_to_wait_too_long(&self) -> Option<Duration> {
        match self.symptom {
            Symptom::Busy(_, wait) if wait > MUCH_LATER => Some(wait),
            _ => None,
        }
    }
}

/// Every fault, on a clock that shows `now`.
pub(crate) fn all(now: DateTime<Utc>) -> Vec<Entry> {
    [answers(now), altered_answers(), connections()].concat()
}

fn answers(now: DateTime<Utc>) -> Vec<Entry> {
    use ErrorKind::{Forbidden, NotFound, RateLimited, Rejected, Server, UnexpectedResponse};
    let status = |variant, code: u16, symptom| {
        Entry::new("status", variant, Fault::status(StatusCode::from_u16(code).unwrap()), symptom)
    };
    let changed = |mut entry: Entry, change: fn(Fault) -> Fault| {
        entry.fault = change(entry.fault);
        entry
    };
    let json = HeaderValue::from_static("application/json");
    let body = |text: &'static str| Fault::status_with_body(StatusCode::BAD_REQUEST, json.clone(), text);
    let created = |text: &'static str| Fault::status_with_body(StatusCode::CREATED, json.clone(), text);
    let limited =
        |constructor, variant, fault, wait| Entry::new(constructor, variant, fault, Symptom::Busy(RateLimited, wait));
    let at_once = Duration::ZERO;
    let gateway_timeout = Symptom::TimedOut { kind: Server, after: at_once };
    vec![
        status("302", 302, Symptom::Barred(UnexpectedResponse)),
        status("400", 400, Symptom::Refused),
        status("401", 401, Symptom::KeyRefused),
        status("402", 402, Symptom::Refused),
        status("403", 403, Symptom::Barred(Forbidden)),
        status("404", 404, Symptom::UnknownNumber(NotFound)),
        status("405", 405, Symptom::Barred(UnexpectedResponse)),
        status("407", 407, Symptom::Barred(Rejected)),
        status("408", 408, Symptom::Lost(Server)),
        changed(status("408 after the deed", 408, Symptom::Lost(Server)), Fault::applied),
        status("409", 409, Symptom::Refused),
        status("413", 413, Symptom::Refused),
        status("422", 422, Symptom::Refused),
        status("425", 425, Symptom::Busy(Server, at_once)),
        status("426", 426, Symptom::Barred(Rejected)),
        status("431", 431, Symptom::Barred(Rejected)),
        status("500", 500, Symptom::Lost(Server)),
        changed(status("500 after the deed", 500, Symptom::Lost(Server)), Fault::applied),
        changed(status("500 before the deed", 500, Symptom::Lost(Server)), |fault| fault.applied_late(SOON)),
        changed(status("500 just before the deed", 500, Symptom::Lost(Server)), |fault| fault.applied_late(AT_ONCE)),
        changed(status("500, slowly", 500, Symptom::Lost(Server)), |fault| fault.delayed(SLOW)).after(SLOW),
        status("502", 502, Symptom::Lost(Server)),
        changed(status("502 after the deed", 502, Symptom::Lost(Server)), Fault::applied),
        status("503", 503, Symptom::Busy(Server, at_once)),
        changed(status("503 for a while", 503, Symptom::Busy(Server, SOON)), |fault| {
            fault.header(RETRY_AFTER, HeaderValue::from_static("5"))
        }),
        changed(status("503 beyond the call's time", 503, Symptom::Busy(Server, Duration::from_secs(600))), |fault| {
            fault.header(RETRY_AFTER, HeaderValue::from_static("600"))
        }),
        status("504", 504, gateway_timeout),
        changed(status("504 after the deed", 504, gateway_timeout), Fault::applied),
        changed(status("504 before the deed", 504, gateway_timeout), |fault| fault.applied_late(SOON)),
        changed(status("504 long before the deed", 504, gateway_timeout), |fault| fault.applied_late(MUCH_LATER)),
        Entry::new("status_with_body", "400", body(r#"{"timestamp": ["No."]}"#), Symptom::Refused),
        Entry::new(
            "status_with_body",
            "400 about the conversation",
            body(r#"{"conversation": ["Unknown."]}"#),
            Symptom::UnknownNumber(Rejected),
        ),
        Entry::lacking("status_with_body", "201 and nothing, after the deed", created("").applied(), Lacks::Numbers),
        Entry::lacking(
            "status_with_body",
            "201 and no number, after the deed",
            created("{}").applied(),
            Lacks::Numbers,
        ),
        limited("rate_limited", "seconds", Fault::rate_limited(RetryAfter::Seconds(5)), SOON),
        limited("rate_limited", "garbage", Fault::rate_limited(RetryAfter::Garbage), at_once),
        limited("rate_limited", "absent", Fault::rate_limited(RetryAfter::Absent), at_once),
        limited("retry_after", "none", Fault::retry_after(0), at_once),
        limited("retry_after", "soon", Fault::retry_after(5), SOON),
        limited("retry_after", "beyond the call's time", Fault::retry_after(600), Duration::from_secs(600)),
        limited("retry_after", "endless", Fault::retry_after(u64::MAX), Duration::MAX),
        limited("retry_after_date", "soon", Fault::retry_after_date(now + TimeDelta::seconds(5)), SOON),
        limited("retry_after_date", "passed", Fault::retry_after_date(now - TimeDelta::hours(1)), at_once),
        limited(
            "retry_after_date",
            "beyond the call's time",
            Fault::retry_after_date(now + TimeDelta::seconds(600)),
            Duration::from_secs(600),
        ),
        Entry::new("html_page", "", Fault::html_page(), Symptom::Lost(UnexpectedResponse)),
        Entry::new("html_page", "after the deed", Fault::html_page().applied(), Symptom::Lost(UnexpectedResponse)),
        Entry::new(
            "redirect",
            "",
            Fault::redirect(HeaderValue::from_static("https://example.com/")),
            Symptom::Barred(UnexpectedResponse),
        ),
        Entry::new("early_too_large", "", Fault::early_too_large(), Symptom::Refused),
        Entry::new("gzip_bomb", "", Fault::gzip_bomb(u64::MAX), Symptom::TooLarge),
        Entry::new("gzip_bomb", "after the deed", Fault::gzip_bomb(u64::MAX).applied(), Symptom::TooLarge),
        Entry::new("gzip_bomb", "within the limit", Fault::gzip_bomb(1_000), Symptom::Lost(UnexpectedResponse)),
    ]
}

fn altered_answers() -> Vec<Entry> {
    use ErrorKind::UnexpectedResponse;
    vec![
        Entry::new("delay", "short", Fault::delay(SOON), Symptom::Answered).after(SOON),
        Entry::new("delay", "longer than an attempt", Fault::delay(SLOW), Symptom::Answered).after(SLOW),
        Entry::new("delay", "longer than an upload", Fault::delay(ENDLESS), Symptom::Answered).after(ENDLESS),
        Entry::new("truncated_json", "", Fault::truncated_json(), Symptom::Lost(UnexpectedResponse)),
        Entry::lacking("without_id", "", Fault::without_id(), Lacks::Id),
        Entry::new("content_type", "", Fault::content_type(HeaderValue::from_static("text/html")), Symptom::Answered),
        Entry::new("trimmed_text", "", Fault::trimmed_text(), Symptom::Answered),
        Entry::lacking("other_conversation", "", Fault::other_conversation(), Lacks::Conversation),
        Entry::new("padded", "", Fault::padded(1_000), Symptom::Answered),
        Entry::new("dribbled_head", "fast", Fault::dribbled_head(Duration::from_millis(1)), Symptom::Answered),
        Entry::new("dribbled_head", "slow", Fault::dribbled_head(SLOW), Symptom::Answered).after(ENDLESS),
        Entry::new("dribbled_body", "fast", Fault::dribbled_body(Duration::from_millis(1)), Symptom::Answered),
        Entry::new("dribbled_body", "slow", Fault::dribbled_body(SLOW), Symptom::Answered).after(ENDLESS),
    ]
}

fn connections() -> Vec<Entry> {
    use ErrorKind::{Timeout, Transport};
    let lost = |constructor, variant, fault| Entry::new(constructor, variant, fault, Symptom::Lost(Transport));
    let silent = Symptom::TimedOut { kind: Timeout, after: Duration::MAX };
    vec![
        Entry::new("refused", "", Fault::refused(), Symptom::NotSent),
        Entry::new("refused", "slowly", Fault::refused().delayed(SOON), Symptom::NotSent).after(SOON),
        lost("reset_on_accept", "", Fault::reset_on_accept()),
        lost("reset_after_request", "", Fault::reset_after_request()),
        lost("reset_after_request", "after the deed", Fault::reset_after_request().applied()),
        lost("reset_after_request", "just before the deed", Fault::reset_after_request().applied_late(AT_ONCE)),
        lost("reset_after_request", "before the deed", Fault::reset_after_request().applied_late(SOON)),
        lost("reset_in_head", "", Fault::reset_in_head()),
        lost("reset_in_body", "at its start", Fault::reset_in_body(0)),
        lost("reset_in_body", "before its end", Fault::reset_in_body(usize::MAX)),
        lost("close_in_body", "at its start", Fault::close_in_body(0)),
        lost("close_in_body", "before its end", Fault::close_in_body(usize::MAX)),
        lost("close_before_applied", "", Fault::close_before_applied()),
        lost("close_after_applied", "", Fault::close_after_applied()),
        lost("store_then_drop", "", Fault::store_then_drop()),
        lost("store_then_drop", "slowly", Fault::store_then_drop().delayed(SLOW)).after(SLOW),
        lost("stale_connection", "", Fault::stale_connection()),
        Entry::new("silence", "", Fault::silence(), silent),
        Entry::new("silence", "after the deed", Fault::silence().applied(), silent),
        Entry::new("store_late", "before the time is up", Fault::store_late(SOON), silent),
        Entry::new("store_late", "between the two looks", Fault::store_late(SLOW), silent),
        Entry::new("store_late", "between the two looks at an upload", Fault::store_late(ENDLESS), silent),
        Entry::new("store_late", "after both looks", Fault::store_late(MUCH_LATER), silent),
    ]
}

/// Before a look is conclusive that finds nothing.
const AT_ONCE: Duration = Duration::from_secs(1);
/// Well within the time of an attempt.
const SOON: Duration = Duration::from_secs(5);
/// Longer than an attempt may take, and shorter than an upload.
const SLOW: Duration = Duration::from_secs(20);
/// Longer than an upload may take, and shorter than two.
const ENDLESS: Duration = Duration::from_secs(80);
/// Longer than two uploads may take.
const MUCH_LATER: Duration = Duration::from_secs(200);

#[test]
fn every_constructor_of_a_fault_is_in_the_table() {
    let source = include_str!("../../src/fault/value.rs");
    let file = syn::parse_file(source).unwrap();
    let implementations = file.items.iter().filter_map(|item| match item {
        syn::Item::Impl(item) if item.trait_.is_none() => Some(item),
        _ => None,
    });
    let functions = implementations.flat_map(|item| &item.items).filter_map(|item| match item {
        syn::ImplItem::Fn(function) => Some(function),
        _ => None,
    });
    let is_constructor = |function: &&syn::ImplItemFn| {
        matches!(function.vis, syn::Visibility::Public(_)) && function.sig.receiver().is_none()
    };
    let constructors: Vec<String> =
        functions.filter(is_constructor).map(|function| function.sig.ident.to_string()).collect();
    assert!(constructors.len() > 20, "{constructors:?}");

    let table = all(DateTime::UNIX_EPOCH);
    for constructor in &constructors {
        assert!(table.iter().any(|entry| entry.constructor == constructor), "the table lacks {constructor}");
    }
    for entry in &table {
        assert!(constructors.iter().any(|name| name == entry.constructor), "there is no {}", entry.constructor);
    }
}
