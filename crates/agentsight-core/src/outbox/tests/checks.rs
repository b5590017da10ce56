//! What must hold after every step, and at the end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::player::{Loop, LoopState, Player, Purpose};
use super::service::{Fate, Row, label};
use super::step::Step;
use super::world::World;
use crate::event::{Event, TOKEN_USAGE};
use crate::outbox::letters::{HeldLetter, Refused};
use crate::outbox::registration::Stage;
use crate::outbox::service::Gate;
use crate::outbox::{Job, Next, Removed, Scope};

impl Player {
    /// What must hold after every step.
    pub(super) fn check(&mut self, step: &Step) {
        for change in self.world.outbox.take_changes() {
            self.replayed.apply(&change, &mut Removed::new());
        }
        assert!(self.replayed == *self.world.outbox.book(), "H7: the replayed book differs after {step:?}");
        check_jobs(&self.world);
        check_books(&self.world);
        self.check_wakes(step);
    }

    /// Nobody sleeps while there is something for him to do (H9).
    fn check_wakes(&self, step: &Step) {
        // Whoever is awake, or wakes by himself now, may do it, and will be looked at when he falls asleep.
        if self.loops.iter().any(|each| self.is_runnable(each)) {
            return;
        }
        for each in &self.loops {
            let LoopState::Asleep(until) = each.state else { continue };
            let is_over = self.is_over(each);
            let earliest = if is_over { Some(self.world.clock) } else { self.earliest(each.scope) };
            let Some(earliest) = earliest.filter(|earliest| until.is_none_or(|until| *earliest < until)) else {
                continue;
            };
            // Another loop that looks after the same conversations does it in time.
            let does_it = |other: &Loop| {
                let until = match other.state {
                    LoopState::Asleep(until) => until,
                    LoopState::Awake | LoopState::Busy(_) => None,
                };
                (other.scope == each.scope || other.scope == Scope::Everything)
                    && until.is_some_and(|until| until <= earliest)
            };
            let is_done = !is_over && self.loops.iter().any(does_it);
            assert!(is_done, "H9: {each:?} sleeps, but has work at {earliest:?} after {step:?}, {:?}", self.log);
        }
    }

    /// Whether what a loop is for is over.
    fn is_over(&self, each: &Loop) -> bool {
        let outbox = &self.world.outbox;
        match (each.scope, each.purpose) {
            (Scope::Ticket(ticket), _) => outbox.tickets.is_over(ticket),
            (_, Purpose::Flush(began)) => outbox.is_flushed(self.flushes[&began], self.world.now()),
            _ => false,
        }
    }

    /// When a loop would find something to do, jobs apart that nobody ends: what they hold expires a little later then.
    fn earliest(&self, scope: Scope) -> Option<Duration> {
        let (outbox, clock) = (&self.world.outbox, self.world.clock);
        let (queue, skips) = match scope {
            Scope::Everything => (&outbox.queue, outbox.flush_order),
            Scope::Ticket(ticket) => (&outbox.tickets.get(ticket)?.queue, 0),
        };
        let first = queue.first_due();
        match outbox.service.gate(clock) {
            _ if outbox.out.len() >= outbox.config.concurrency() => None,
            Gate::Closed(until) => (until != Duration::MAX && first.is_some()).then_some(until),
            _ if queue.first_skippable(skips).is_some() => Some(clock),
            _ => first.map(|first| first.max(clock)),
        }
    }

    pub(super) fn touch_letter(&mut self, held: &HeldLetter) {
        if let Refused::Item(entry) = &held.refused
            && let Some(tracked) = self.tracked.get_mut(&label(&entry.item.event))
        {
            tracked.was_touched = true;
        }
    }

    /// Notes what goes with a dead letter that is given up.
    pub(super) fn give_up(&mut self, held: &HeldLetter) {
        let id = held.conversation_id.as_str();
        let mut gone = Vec::new();
        let mut tokens = 0;
        match &held.refused {
            Refused::Item(entry) => gone.push(std::sync::Arc::clone(&entry.item.event)),
            Refused::Record { .. } => {
                let book = self.world.outbox.book();
                if let Some(lane) = book.lanes().key(id).and_then(|key| book.lane(key)) {
                    gone.extend(lane.iter().map(|entry| std::sync::Arc::clone(&entry.item.event)));
                    tokens = lane.tokens().prompt_tokens;
                }
            }
        }
        for event in gone {
            tokens += tokens_of(&event);
            if let Some(tracked) = self.tracked.get_mut(&label(&event)) {
                tracked.was_touched = true;
            }
        }
        self.tokens.entry(id.to_owned()).or_default().1 += tokens;
    }

    /// Nothing is doubled, lost or out of order, once there is nothing left to do.
    pub(crate) fn check_end(&self) {
        let kept = self.kept_elsewhere();
        let mut tokens: BTreeMap<&str, u64> = BTreeMap::new();
        for (id, rows) in self.world.service.all_rows() {
            let labels: Vec<&str> = rows.iter().map(|row| row.label.as_str()).collect();
            let own = labels.iter().filter(|label| !label.starts_with(TOKEN_USAGE));
            assert_eq!(own.clone().count(), own.collect::<BTreeSet<_>>().len(), "doubled: {labels:?} {:?}", self.log);
            for label in labels.iter().filter_map(|label| label.strip_prefix(TOKEN_USAGE)) {
                *tokens.entry(id).or_default() += label.trim().parse::<u64>().expect("a count");
            }
            self.check_order(id, rows);
        }
        for (name, tracked) in &self.tracked {
            let was_touched = tracked.was_touched || self.world.settled.contains(name);
            let row = self.world.service.rows(&tracked.conversation).iter().find(|row| row.label == *name);
            if let (false, None) = (was_touched, row) {
                assert!(kept.contains(name), "lost: {name} {tracked:?} {:?}", self.log);
            }
            if let (false, Some(row), false) = (was_touched, row, kept.contains(name)) {
                assert_eq!((row.files, row.stamp), (tracked.files, tracked.stamp), "{name} {:?}", self.log);
            }
        }
        for (id, (counted, given_up)) in &self.tokens {
            let sent = tokens.get(id.as_str()).copied().unwrap_or_default();
            let waits = self.tokens_elsewhere(id);
            assert_eq!(sent + waits + given_up, *counted, "tokens of {id} {:?}", self.log);
        }
    }

    /// What was pending before something else was handed out, and earlier, comes earlier.
    fn check_order(&self, id: &str, rows: &[Row]) {
        for (place, later) in rows.iter().enumerate() {
            for earlier in &rows[..place] {
                let (Some(first), Some(second)) = (self.tracked.get(&earlier.label), self.tracked.get(&later.label))
                else {
                    continue;
                };
                let was_there = first.begun_in.is_some_and(|begun| second.tracked_in < begun);
                let is_wrong = was_there && !second.was_touched && second.stamp < first.stamp;
                assert!(!is_wrong, "{id}: {} before {} {:?}", earlier.label, later.label, self.log);
            }
        }
    }

    fn kept_elsewhere(&self) -> BTreeSet<String> {
        let book = self.world.outbox.book();
        let letters = book.letters().iter().filter_map(|(_, letter)| match &letter.refused {
            Refused::Item(entry) => Some(label(&entry.item.event)),
            Refused::Record { .. } => None,
        });
        let pending = book.lanes().iter().flat_map(|(_, lane)| lane.iter().map(|entry| label(&entry.item.event)));
        letters.chain(pending).collect()
    }

    fn tokens_elsewhere(&self, id: &str) -> u64 {
        let book = self.world.outbox.book();
        let letters = book.letters().iter().filter(|(_, letter)| letter.conversation_id.as_str() == id);
        let refused = letters.map(|(_, letter)| match &letter.refused {
            Refused::Item(entry) => tokens_of(&entry.item.event),
            Refused::Record { .. } => 0,
        });
        let lane = book.lanes().key(id).and_then(|key| book.lane(key));
        let waits = lane.map_or(0, |lane| {
            lane.tokens().prompt_tokens + lane.iter().map(|entry| tokens_of(&entry.item.event)).sum::<u64>()
        });
        refused.sum::<u64>() + waits
    }
}

impl World {
    /// Sends everything, without faults, until nothing is left to do but what a person has to decide.
    pub(crate) fn play_to_the_end(&mut self) {
        self.play_on(|_| Fate::Acknowledged, check_world);
    }

    /// The same, with what comes of a job by its time, and told of every job.
    pub(super) fn play_on(&mut self, fate: impl Fn(Duration) -> Fate, mut see: impl FnMut(&Self, Option<&Job>)) {
        for _ in 0..3_000 {
            match self.next() {
                Next::Send { job, .. } => {
                    see(self, Some(&job));
                    self.finish(&job, fate(self.clock));
                }
                Next::Wait(Some(until)) => self.pass(until.saturating_sub(self.clock)),
                Next::Wait(None) => panic!("it waits for nobody"),
                Next::Idle => {
                    assert!(!self.outbox.waiting.moves_before(u64::MAX), "idle, but something could move");
                    let keys: Vec<_> = self.outbox.book().lanes().iter().map(|(key, _)| key).collect();
                    // Not all of them, as a record may be refused besides.
                    let settled = keys.into_iter().filter(|key| self.settle_doubt(*key)).count();
                    if settled == 0 {
                        // What is kept late is there by then.
                        return self.pass(Duration::from_secs(60));
                    }
                }
            }
            see(self, None);
        }
        panic!("no end");
    }

    /// What waits, conversation by conversation.
    pub(crate) fn waits(&self) -> BTreeMap<String, usize> {
        let lanes = self.outbox.book().lanes().iter().filter(|(_, lane)| lane.has_work());
        lanes.map(|(_, lane)| (lane.id.as_str().to_owned(), lane.pending_with_tokens())).collect()
    }
}

fn check_world(world: &World, _: Option<&Job>) {
    check_jobs(world);
    check_books(world);
}

fn check_jobs(world: &World) {
    let outbox = &world.outbox;
    assert!(outbox.out.len() <= world.config.concurrency(), "R10: {} jobs are out", outbox.out.len());
    let lanes: Vec<_> = outbox.out.values().flat_map(|job| job.lanes.iter().copied()).collect();
    let different: BTreeSet<_> = lanes.iter().copied().collect();
    assert_eq!(lanes.len(), different.len(), "R10: two jobs of a conversation");
}

fn check_books(world: &World) {
    let (stats, _) = world.outbox.stats();
    let book = world.outbox.book();
    let pending: usize = book.lanes().iter().map(|(_, lane)| lane.pending()).sum();
    let weights = |lane: &crate::outbox::Lane| lane.iter().map(|entry| entry.item.event.weight()).sum::<usize>();
    let bytes: usize = book.lanes().iter().map(|(_, lane)| weights(lane)).sum();
    assert_eq!((stats.pending, stats.pending_bytes), (pending as u64, bytes as u64), "R28: what waits");
    assert_eq!(
        stats.tracked + stats.restored + stats.requeued,
        stats.acknowledged + stats.rejected + stats.discarded + stats.pending,
        "R28: {stats:?}"
    );
    let runs: usize = book.lanes().iter().map(|(_, lane)| lane.timeline.runs()).sum();
    assert_eq!(world.outbox.runs, runs, "R6: the intervals of explicit times");
    let moves = book.lanes().iter().any(|(key, lane)| lane.has_work() && world.outbox.schedule(key).stuck().is_none());
    assert_eq!(world.outbox.waiting.moves_before(u64::MAX), moves, "R27: what can still move");
    for (key, lane) in book.lanes().iter() {
        let is_stuck = world.outbox.schedule(key).stuck().is_some();
        let is_quiet = world.outbox.schedule(key).state == crate::outbox::State::Quiet;
        assert!(!is_quiet || !lane.has_work() || is_stuck, "{} has work and is forgotten", lane.id.as_str());
        assert!(lane.registration.stage != Stage::Parked || book.letters().of_record(&lane.id).is_some());
    }
}

fn tokens_of(event: &Event) -> u64 {
    label(event).strip_prefix(TOKEN_USAGE).map_or(0, |count| count.trim().parse().expect("a count"))
}
