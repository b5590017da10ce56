//! A wire that carries several items of two conversations in one request, and knows a repeated request again (H10).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::service::{Fate, Keeping, Row, failure, label};
use super::world::World;
use crate::config::{Config, Timeouts};
use crate::context::{Context, Now};
use crate::error::Error;
use crate::event::Event;
use crate::outbox::{Cargo, Errand, Job, JobOutcome, Part, PlanId, Progress, Scope, Shipment};
use crate::transport::TransportFailure;
use crate::wire::{Capacity, Failure, Look, OnDoubt, PartOutcome, Receipt, Route, Sought, Wire, Written};

/// Several items of two conversations a request.
#[derive(Debug)]
pub(super) struct Batch;

impl Wire for Batch {
    fn capacity(&self) -> Capacity {
        Capacity { items: 5, conversations: 2 }
    }

    fn needs_number(&self) -> bool {
        false
    }

    fn next_part(&self, _: &Event, progress: &Progress) -> Option<Part> {
        (!progress.is_created).then_some(Part::Create)
    }

    fn route(&self, _: Option<&Event>, part: &Part) -> Route {
        if matches!(part, Part::Record { .. }) { Route::Record } else { Route::Message }
    }

    fn is_repeatable(&self, _: &Part) -> bool {
        false
    }

    fn on_doubt(&self) -> OnDoubt {
        OnDoubt::Repeat
    }

    fn allowance(&self, _: &[Shipment], timeouts: &Timeouts) -> Duration {
        timeouts.attempt
    }

    fn request(&self, _: &[Shipment], _: &Config, _: &Context) -> Result<Written, Error> {
        Err(Error::invalid("the tests write no request"))
    }

    fn read(&self, _: &[Shipment], _: Now, _: Result<http::Response<Bytes>, TransportFailure>) -> Vec<PartOutcome> {
        Vec::new()
    }

    fn look(&self, _: u64, _: &Config) -> Written {
        unreachable!("what is in doubt is repeated")
    }

    fn read_look(
        &self,
        _: &Sought<'_>,
        _: Now,
        _: Result<http::Response<Bytes>, TransportFailure>,
    ) -> Result<Look, Failure> {
        unreachable!("what is in doubt is repeated")
    }
}

/// A service that knows a request again by the id of its plan.
#[derive(Debug, Default)]
pub(super) struct BatchService {
    rows: BTreeMap<String, Vec<Row>>,
    /// The parts of each plan as it first came.
    plans: BTreeMap<PlanId, Vec<String>>,
    acted_on: BTreeSet<(PlanId, String)>,
    refused: BTreeSet<(PlanId, String)>,
}

impl BatchService {
    /// Carries a job out, each part in its own way. Nobody hears of any if one part has no outcome.
    pub(super) fn carry_out(&mut self, job: &Job, mut fate: impl FnMut(&Shipment) -> Fate) -> Option<JobOutcome> {
        let Errand::Send { plan: Some(plan), shipments } = &job.errand else { panic!("not a plan: {job:?}") };
        self.check_repetition(*plan, shipments);
        let mut outcomes = Vec::new();
        let mut is_heard = true;
        for shipment in shipments {
            let has_it = self.acted_on.contains(&(*plan, part_of(shipment)));
            let fate = match fate(shipment) {
                // What it has, it knows again.
                Fate::Refused | Fate::NotActedOn if has_it => Fate::Acknowledged,
                _ if self.refused.contains(&(*plan, part_of(shipment))) => Fate::Refused,
                fate => fate,
            };
            if fate == Fate::Refused {
                self.refused.insert((*plan, part_of(shipment)));
            }
            let is_kept =
                matches!(fate, Fate::Acknowledged | Fate::Failed(Keeping::Now) | Fate::Abandoned(Keeping::Now));
            if is_kept {
                self.act(*plan, shipment);
            }
            match (fate, failure(fate)) {
                (Fate::Acknowledged, _) => outcomes.push(PartOutcome::Acknowledged(Receipt::default())),
                (_, Some(failure)) => outcomes.push(PartOutcome::Failed(failure)),
                (_, None) => is_heard = false,
            }
        }
        is_heard.then_some(JobOutcome::Sent(outcomes))
    }

    /// What the rows of a conversation show.
    pub(super) fn labels(&self, id: &str) -> Vec<&str> {
        self.rows.get(id).into_iter().flatten().map(|row| row.label.as_str()).collect()
    }

    /// The rows of a conversation.
    pub(super) fn rows(&self, id: &str) -> &[Row] {
        self.rows.get(id).map_or(&[], Vec::as_slice)
    }

    /// A plan that comes again has the same parts, but for conversations that are settled.
    fn check_repetition(&mut self, plan: PlanId, shipments: &[Shipment]) {
        let parts: Vec<String> = shipments.iter().map(part_of).collect();
        let Some(first) = self.plans.get(&plan) else {
            self.plans.insert(plan, parts);
            return;
        };
        let is_in_it = |part: &&String| shipments.iter().any(|shipment| part.starts_with(conversation_of(shipment)));
        let expected: Vec<&String> = first.iter().filter(is_in_it).collect();
        assert_eq!(parts.iter().collect::<Vec<_>>(), expected, "a plan in doubt is repeated exactly");
    }

    fn act(&mut self, plan: PlanId, shipment: &Shipment) {
        let Cargo::Event(event) = &shipment.cargo else { return };
        if self.acted_on.insert((plan, part_of(shipment))) {
            let rows = self.rows.entry(shipment.conversation_id.as_str().to_owned()).or_default();
            rows.push(Row { id: 0, stamp: event.stamp, label: label(&event.event), files: 0 });
        }
    }
}

/// A world over this wire.
pub(super) fn batch_world() -> World {
    World::over(Arc::new(Batch), |builder| builder.concurrency(2).delivery_delay(Duration::ZERO))
}

/// What a part is, for comparison.
pub(super) fn part_of(shipment: &Shipment) -> String {
    match &shipment.cargo {
        Cargo::Record(_) => format!("{} record", shipment.conversation_id.as_str()),
        Cargo::Event(event) => format!("{} {}", shipment.conversation_id.as_str(), label(&event.event)),
    }
}

fn conversation_of(shipment: &Shipment) -> &str {
    shipment.conversation_id.as_str()
}

mod seam {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::outbox::tests::world::described;

    fn world_with_two() -> (World, BatchService) {
        let mut world = batch_world();
        let (a, b) = (world.lane("a"), world.lane("b"));
        world.track(a, "a1");
        world.track(b, "b1");
        world.track(a, "a2");
        (world, BatchService::default())
    }

    fn fate_of(fates: &'static [(&'static str, Fate)]) -> impl FnMut(&Shipment) -> Fate {
        |shipment| {
            let part = part_of(shipment);
            fates.iter().find(|(name, _)| *name == part).map_or(Fate::Acknowledged, |(_, fate)| *fate)
        }
    }

    fn send(world: &mut World, service: &mut BatchService, fates: &'static [(&'static str, Fate)]) -> String {
        let job = world.take_when_due();
        let outcome = service.carry_out(&job, fate_of(fates));
        world.end(&job, Fate::Abandoned(Keeping::Never), outcome);
        described(&job)
    }

    #[test]
    fn h10_one_request_carries_two_conversations_with_their_records() {
        let (mut world, mut service) = world_with_two();
        assert_eq!(send(&mut world, &mut service, &[]), "record of a, a1, a2, record of b, b1");
        assert_eq!((service.labels("a"), service.labels("b")), (vec!["a1", "a2"], vec!["b1"]));
        assert_eq!(world.wait(), None, "everything is acknowledged");
        assert_eq!(world.outbox.stats().0.pending, 0);
    }

    #[test]
    fn h10_a_request_carries_no_more_than_the_wire_takes() {
        let mut world = batch_world();
        for id in ["a", "b", "c", "d"] {
            let lane = world.lane(id);
            world.track(lane, &format!("{id}1"));
        }
        let mut service = BatchService::default();
        assert_eq!(send(&mut world, &mut service, &[]), "record of a, a1, record of b, b1", "two conversations");
        let lane = world.lane("c");
        (2..10).for_each(|place| world.track(lane, &format!("c{place}")));
        assert_eq!(send(&mut world, &mut service, &[]), "record of c, c1, c2, c3, c4", "five items");
        assert_eq!(send(&mut world, &mut service, &[]), "record of d, d1, c5, c6, c7", "both at once");
        assert_eq!(send(&mut world, &mut service, &[]), "c8, c9");
        assert_eq!(world.wait(), None);
    }

    #[test]
    fn h10_a_refused_item_does_not_keep_the_others() {
        let (mut world, mut service) = world_with_two();
        send(&mut world, &mut service, &[("a a1", Fate::Refused), ("b b1", Fate::Refused)]);
        assert_eq!(world.letters(), ["a1 Rejected", "b1 Rejected"]);
        assert_eq!((service.labels("a"), world.wait()), (vec!["a2"], None));
    }

    #[test]
    fn h10_what_was_not_acted_on_is_planned_anew_and_the_rest_is_not() {
        let (mut world, mut service) = world_with_two();
        send(&mut world, &mut service, &[("a a2", Fate::NotActedOn), ("b b1", Fate::Refused)]);
        assert_eq!(world.outbox.stats().0.acknowledged, 1, "the first item is final at once");
        let a = world.lane("a");
        world.track(a, "a3");
        assert_eq!(send(&mut world, &mut service, &[]), "a2, a3");
        assert_eq!(service.labels("a"), ["a1", "a2", "a3"]);
    }

    #[test]
    fn h10_a_plan_in_doubt_is_repeated_exactly_though_more_was_tracked() {
        let (mut world, mut service) = world_with_two();
        let in_doubt: &[_] = &[("a a1", Fate::Failed(Keeping::Now)), ("a a2", Fate::Refused)];
        assert_eq!(send(&mut world, &mut service, in_doubt), "record of a, a1, a2, record of b, b1");
        let (a, b) = (world.lane("a"), world.lane("b"));
        world.track_at(a, "a0", -5);
        world.track(b, "b2");
        // What is settled of it goes on by itself.
        assert_eq!(send(&mut world, &mut service, &[]), "b2");
        assert_eq!(send(&mut world, &mut service, &[("a a2", Fate::Refused)]), "record of a, a1, a2");
        assert_eq!(send(&mut world, &mut service, &[]), "a0");
        assert_eq!((service.labels("a"), world.letters()), (vec!["a1", "a0"], vec!["a2 Rejected".to_owned()]));
    }

    #[test]
    fn h10_an_abandoned_plan_of_two_conversations_is_repeated_as_one() {
        let (mut world, mut service) = world_with_two();
        send(&mut world, &mut service, &[("a a1", Fate::Abandoned(Keeping::Now))]);
        let a = world.lane("a");
        world.track(a, "a3");
        assert_eq!(send(&mut world, &mut service, &[]), "record of a, a1, a2, record of b, b1");
        assert_eq!(send(&mut world, &mut service, &[]), "a3");
        assert_eq!((service.labels("a"), service.labels("b")), (vec!["a1", "a2", "a3"], vec!["b1"]));
    }

    #[test]
    fn h10_a_late_answer_acknowledges_what_it_names_and_leaves_the_rest_in_doubt() {
        let (mut world, mut service) = world_with_two();
        let job = world.take();
        let outcome = service.carry_out(&job, fate_of(&[("a a2", Fate::Failed(Keeping::Never))])).expect("an outcome");
        world.outbox.abandoned(world.now(), job.id, true);
        world.outbox.answered(world.now(), &job, outcome);
        assert_eq!(world.outbox.stats().0.acknowledged, 1, "the other conversation is settled");
        assert_eq!(send(&mut world, &mut service, &[]), "record of a, a1, a2");
        assert_eq!((service.labels("a"), service.labels("b")), (vec!["a1", "a2"], vec!["b1"]));
    }

    #[test]
    fn h10_a_refused_record_parks_its_conversation_alone() {
        let (mut world, mut service) = world_with_two();
        let refused: &[_] = &[("a record", Fate::Refused), ("a a1", Fate::NotActedOn), ("a a2", Fate::NotActedOn)];
        send(&mut world, &mut service, refused);
        assert_eq!((service.labels("a").len(), service.labels("b")), (0, vec!["b1"]));
        let a = world.lane("a");
        world.register(a, "a", "corrected");
        assert_eq!(send(&mut world, &mut service, &[]), "record of a, a1, a2");
    }

    /// What happens between jobs.
    #[derive(Clone, Debug)]
    enum Act {
        Track(usize, Option<i64>),
        Take(Vec<Fate>),
        End(usize),
        Pass(u64),
    }

    fn acts() -> impl Strategy<Value = Vec<Act>> {
        let keeping = || select(vec![Keeping::Now, Keeping::Never]);
        let fate = prop_oneof![
            6 => Just(Fate::Acknowledged),
            1 => Just(Fate::Refused),
            1 => Just(Fate::NotActedOn),
            2 => keeping().prop_map(Fate::Failed),
            1 => keeping().prop_map(Fate::Abandoned),
        ];
        let act = prop_oneof![
            5 => (0_usize..3, prop::option::weighted(0.2, -2_i64..2)).prop_map(|(lane, at)| Act::Track(lane, at)),
            4 => prop::collection::vec(fate, 5).prop_map(Act::Take),
            3 => (0_usize..4).prop_map(Act::End),
            1 => select(vec![100, 1_000, 30_000]).prop_map(Act::Pass),
        ];
        prop::collection::vec(act, 1..60)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn h10_order_and_exactly_once_hold_on_every_schedule(acts in acts()) {
            let mut world = batch_world();
            let mut service = BatchService::default();
            let mut held: Vec<(Job, Option<JobOutcome>)> = Vec::new();
            let (mut tracked, mut explicit) = (Vec::new(), BTreeSet::new());
            for (step, act) in acts.into_iter().enumerate() {
                match act {
                    Act::Track(lane, at) => {
                        let id = ["a", "b", "c"][lane];
                        let (key, name) = (world.lane(id), format!("event {step}"));
                        match at {
                            Some(at) => world.track_at(key, &name, at),
                            None => world.track(key, &name),
                        }
                        if at.is_some() {
                            explicit.insert(name.clone());
                        }
                        tracked.push((id, name));
                    }
                    Act::Take(fates) => {
                        let now = world.now();
                        if let crate::outbox::Next::Send { job, .. } = world.outbox.next(now, Scope::Everything) {
                            let mut fates = fates.into_iter();
                            // The service stops with a conversation where it cannot go on, and keeps its order.
                            let mut stopped: BTreeMap<String, Fate> = BTreeMap::new();
                            let outcome = service.carry_out(&job, |shipment| {
                                let drawn = fates.next().unwrap_or(Fate::Acknowledged);
                                let is_record = matches!(shipment.cargo, Cargo::Record(_));
                                let drawn = if is_record && drawn == Fate::Refused { Fate::NotActedOn } else { drawn };
                                let id = conversation_of(shipment).to_owned();
                                match drawn {
                                    Fate::Acknowledged | Fate::Refused => *stopped.get(&id).unwrap_or(&drawn),
                                    _ => *stopped.entry(id).or_insert(drawn),
                                }
                            });
                            held.push((*job, outcome));
                        }
                    }
                    Act::End(which) if !held.is_empty() => {
                        let (job, outcome) = held.remove(which % held.len());
                        world.end(&job, Fate::Abandoned(Keeping::Never), outcome);
                    }
                    Act::End(_) => {}
                    Act::Pass(milliseconds) => world.pass(Duration::from_millis(milliseconds)),
                }
            }
            for (job, _) in held {
                world.end(&job, Fate::Abandoned(Keeping::Never), None);
            }
            for _ in 0..1_000 {
                if world.outbox.stats().0.pending == 0 {
                    break;
                }
                let job = world.take_when_due();
                let outcome = service.carry_out(&job, |_| Fate::Acknowledged);
                world.end(&job, Fate::Acknowledged, outcome);
            }
            prop_assert_eq!(world.outbox.stats().0.pending, 0);
            let letters = world.letters();
            for (id, name) in &tracked {
                let rows = service.labels(id).iter().filter(|label| *label == name).count();
                let refused = letters.iter().filter(|letter| **letter == format!("{name} Rejected")).count();
                prop_assert_eq!((rows + refused, rows), (1, rows), "{} in {:?} and {:?}", name, service, letters);
            }
            for id in ["a", "b", "c"] {
                let place = |label: &str| tracked.iter().position(|(_, name)| name == label);
                let automatic = service.rows(id).iter().filter(|row| !explicit.contains(&row.label));
                prop_assert!(automatic.map(|row| place(&row.label)).is_sorted(), "{service:?}");
            }
        }
    }
}
