//! What the rules say comes of a fault. Written from the rules, with nothing of the SDK but its names of errors.

use std::time::Duration;

use agentsight_core::ErrorKind;
use agentsight_testkit::Effect;

use crate::fault_table::{Entry, Symptom};
use crate::script::Target;

/// How often the request meets the fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dose {
    Once,
    /// As often as it is repeated, until the first send is over.
    Always,
}

/// What the rules foretell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Foretold {
    /// How the first send ends.
    pub(crate) first: FirstSend,
    /// How often the service has acted on the request once nothing is pending.
    pub(crate) copies: usize,
}

/// How the send ends in which the fault occurs (R14, R15).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FirstSend {
    /// Everything is acknowledged.
    Complete,
    /// The event is a dead letter, everything else is acknowledged.
    SetAside,
    /// The record is a dead letter, and everything else waits for it.
    Parked,
    /// The conversation stops before the event, for this reason.
    Stopped(ErrorKind),
    /// All conversations stop, for this reason.
    AllStopped(ErrorKind),
}

/// The time of a whole call (R16).
const CALL: Duration = Duration::from_secs(60);
/// How long after a failure a look is conclusive that finds nothing (R17).
const READ_BACK_DELAY: Duration = Duration::from_secs(2);

/// What comes of a fault that this request meets so often. `None` for a request that is acted on late again and again:
/// how many of them there are is a matter of the waits between.
pub(crate) fn foretell(entry: &Entry, target: Target, dose: Dose) -> Option<Foretold> {
    let (effect, symptom) = (entry.fault.effect(), entry.symptom(target));
    if dose == Dose::Always && matches!(effect, Effect::Late(_)) {
        return None;
    }
    if target == Target::Record {
        return Some(Foretold { first: of_record(symptom, dose), copies: 1 });
    }
    let first = of_event(symptom, effect, dose);
    let copies = if is_too_late(symptom, effect, target.allowance()) { 2 } else { 1 };
    Some(Foretold { first, copies })
}

/// The record is safe to repeat: whatever may have happened to it, it is sent again (R3, R16).
fn of_record(symptom: Symptom, dose: Dose) -> FirstSend {
    match symptom {
        Symptom::Answered => FirstSend::Complete,
        Symptom::Refused | Symptom::UnknownNumber(ErrorKind::Rejected) => FirstSend::Parked,
        Symptom::KeyRefused => FirstSend::AllStopped(ErrorKind::Unauthorized),
        // A service that knows no such route is not AgentSight.
        Symptom::Barred(kind) | Symptom::UnknownNumber(kind) => FirstSend::Stopped(kind),
        // The service as a whole rests as long as it asks (R16).
        Symptom::Busy(kind, wait) if wait > CALL => FirstSend::AllStopped(kind),
        // The answer would be too large again.
        Symptom::TooLarge => FirstSend::Stopped(ErrorKind::TooLarge),
        _ if dose == Dose::Once => FirstSend::Complete,
        Symptom::NotSent => FirstSend::Stopped(ErrorKind::Connect),
        Symptom::Busy(kind, _) | Symptom::Lost(kind) | Symptom::TimedOut { kind, .. } => FirstSend::Stopped(kind),
    }
}

/// An event is repeated only if the service does not have it, for which it is asked (R17).
fn of_event(symptom: Symptom, effect: Effect, dose: Dose) -> FirstSend {
    let looked_for = |kind| match (effect, dose) {
        (Effect::OnArrival, _) | (_, Dose::Once) => FirstSend::Complete,
        _ => FirstSend::Stopped(kind),
    };
    match (symptom, dose) {
        (Symptom::Answered, _) => FirstSend::Complete,
        (Symptom::Refused, _) => FirstSend::SetAside,
        (Symptom::KeyRefused, _) => FirstSend::AllStopped(ErrorKind::Unauthorized),
        (Symptom::Barred(kind), _) => FirstSend::Stopped(kind),
        // The conversation is created anew and the event sent once more (R12).
        (Symptom::UnknownNumber(_), Dose::Once) => FirstSend::Complete,
        (Symptom::UnknownNumber(_), Dose::Always) => FirstSend::SetAside,
        (Symptom::Busy(kind, wait), _) if wait > CALL => FirstSend::AllStopped(kind),
        (Symptom::Busy(..) | Symptom::NotSent, Dose::Once) => FirstSend::Complete,
        (Symptom::Busy(kind, _), Dose::Always) => FirstSend::Stopped(kind),
        (Symptom::NotSent, Dose::Always) => FirstSend::Stopped(ErrorKind::Connect),
        (Symptom::Lost(kind), _) => looked_for(kind),
        (Symptom::TooLarge, _) => looked_for(ErrorKind::TooLarge),
        // With its two looks, each attempt takes two attempts' time: of a call's time that is all after the second.
        (Symptom::TimedOut { after, .. }, _) if after > Duration::ZERO => looked_for(ErrorKind::DeadlineExceeded),
        (Symptom::TimedOut { kind, .. }, _) => looked_for(kind),
    }
}

/// Whether the service acts on the request only after the last look for it: the window that R17 leaves. After a timeout
/// that is one attempt's time later, otherwise two seconds.
fn is_too_late(symptom: Symptom, effect: Effect, allowance: Duration) -> bool {
    let Effect::Late(late) = effect else { return false };
    match symptom {
        Symptom::TimedOut { after, .. } => late > after + allowance,
        _ => late > READ_BACK_DELAY,
    }
}
