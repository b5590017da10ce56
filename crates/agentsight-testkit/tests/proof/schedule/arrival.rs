//! What has to have arrived, and in which order, once nothing is pending any more.

use std::collections::{BTreeMap, BTreeSet};

use agentsight_core::{ItemKind, Timestamp};
use agentsight_testkit::{AuditedEvent, ExpectedEvent};
use chrono::{DateTime, SubsecRound, Utc};

use super::{Conversation, Happened, Schedule, UsagePlace};
use crate::client::Client;

impl<C: Client> Schedule<C> {
    /// R8: what the counters became is stamped a microsecond before an event that comes behind it, or as early as the
    /// event before allows; with one event or none, when a send began, or just behind whatever was stamped last.
    pub(super) fn places_of_usages(&self, conversation: &Conversation, arrived: &[AuditedEvent]) -> Vec<UsagePlace> {
        let at = |event: &AuditedEvent| event.timestamp.timestamp_micros();
        let ours: BTreeSet<i64> = conversation.events.iter().map(|event| event.tracked.at.timestamp_micros()).collect();
        let stamps: BTreeSet<i64> = arrived.iter().map(at).chain([conversation.registered]).collect();
        let usages = arrived.iter().enumerate().filter(|(_, event)| !ours.contains(&at(event)));
        let place = |(place, usage): (usize, &AuditedEvent)| {
            let (id, stamp) = (&conversation.id, at(usage));
            assert_eq!(usage.kind, ItemKind::Action, "{id}");
            if stamps.contains(&(stamp + 1)) {
                let is_behind = arrived.iter().skip(place).any(|event| at(event) == stamp + 1);
                // Of a message that comes before, the rest of the files may have been refused and put back.
                let may_be_late = [stamp, stamp + 1].iter().any(|stamp| conversation.refused.contains(stamp));
                assert!(is_behind || may_be_late, "{id}: the usage of {stamp} came after the event that it precedes");
                return UsagePlace::BeforeTheLast;
            }
            let is_of_a_send = |(began, ended): &(DateTime<Utc>, DateTime<Utc>)| {
                (began.timestamp_micros()..=ended.timestamp_micros()).contains(&stamp)
            };
            let is_behind_the_last = stamps.contains(&(stamp - 1));
            assert!(
                is_behind_the_last || self.sends.iter().any(is_of_a_send),
                "{id}: a usage of {stamp}, out of place"
            );
            UsagePlace::AtTheEnd
        };
        usages.map(place).collect()
    }

    /// The conversation's events as they have to arrive: by their stamps, unless one was tracked or put back when
    /// another had already been handed out (R6). What the counters became is listed where it is, and added up.
    pub(super) fn in_order_of_arrival(
        &self,
        conversation: &Conversation,
        arrived: &[AuditedEvent],
    ) -> Vec<ExpectedEvent> {
        let ours: BTreeMap<i64, &Happened> =
            conversation.events.iter().map(|event| (event.tracked.at.timestamp_micros(), event)).collect();
        assert_eq!(ours.len(), conversation.events.len(), "stamps tell events apart");
        let at = |event: &AuditedEvent| event.timestamp.timestamp_micros();
        let known: Vec<(i64, &Happened)> =
            arrived.iter().filter_map(|event| Some((at(event), *ours.get(&at(event))?))).collect();
        for (place, (earlier, before)) in known.iter().enumerate() {
            for (later, after) in known.iter().skip(place + 1).filter(|(later, _)| later < earlier) {
                let may_be_late =
                    conversation.refused.contains(later) || self.was_sent_before(conversation, before, after.when);
                assert!(may_be_late, "{}: {earlier} arrived before {later}", conversation.id);
            }
        }
        self.check_tokens(conversation);

        let token_usage =
            |event: &AuditedEvent| ExpectedEvent::new(ItemKind::Action).text("token_usage").at(event.timestamp);
        let mut left: BTreeMap<i64, &Happened> = ours.clone();
        let mut expected: Vec<ExpectedEvent> = arrived
            .iter()
            .map(|event| left.remove(&at(event)).map_or_else(|| token_usage(event), |event| event.tracked.expected()))
            .collect();
        // What has not arrived is missing.
        expected.extend(left.values().map(|event| event.tracked.expected()));
        expected
    }

    /// Whether the event may have been handed out before this time.
    fn was_sent_before(&self, conversation: &Conversation, event: &Happened, time: DateTime<Utc>) -> bool {
        let kept_from_the_service = |interruption: &&DateTime<Utc>| {
            // What an interruption kept from the service is one event of a conversation: the next in order.
            let comes_first = |other: &&Happened| {
                let is_earlier = other.tracked.at < event.tracked.at && other.when <= **interruption;
                is_earlier && !conversation.refused.contains(&other.tracked.at.timestamp_micros())
            };
            let mut earlier = conversation.events.iter().filter(comes_first);
            (event.when..time).contains(*interruption) && earlier.all(|other| self.was_seen(other, **interruption))
        };
        self.was_seen(event, time) || self.interruptions.iter().any(|interruption| kept_from_the_service(&interruption))
    }

    /// Whether the service had seen a request of the event by this time.
    fn was_seen(&self, event: &Happened, time: DateTime<Utc>) -> bool {
        let stamp = Timestamp::from(event.tracked.at.trunc_subsecs(6)).to_string();
        let holds_stamp = |body| std::str::from_utf8(body).is_ok_and(|body| body.contains(&stamp));
        self.service.api().requests().iter().any(|request| request.at <= time && holds_stamp(&request.body))
    }

    /// R8: every count is in one action, and in one only.
    fn check_tokens(&self, conversation: &Conversation) {
        let messages = self.service.api().transcript(conversation.id.as_str());
        let usages = messages.iter().filter(|message| message.action_name.as_deref() == Some("token_usage"));
        let counts = usages.map(|usage| usage.metadata.as_ref().unwrap().as_map().unwrap()["prompt_tokens"].as_u64());
        assert_eq!(counts.map(Option::unwrap).sum::<u64>(), conversation.tokens, "{}", conversation.id);
    }
}
