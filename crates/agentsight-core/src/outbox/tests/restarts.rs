//! An outbox that goes on from a book, beside the old one whose jobs were abandoned at that moment (H7).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::player::{Player, files};
use super::service::{Fate, Keeping, label};
use super::step::{Setting, Step};
use super::world::World;
use crate::event::{Event, TOKEN_USAGE};
use crate::outbox::registration::Stage;
use crate::outbox::{Cargo, Errand, Job, Micros, Part, Shipment, State, Wait};

/// The moment at which one process ends, and two outboxes that go on from there.
#[derive(Debug)]
pub(crate) struct Fork {
    /// The old one.
    pub(crate) abandoned: Player,
    /// The one that was restored from its book.
    pub(crate) restored: Player,
    /// What of the moment has to be known to compare them.
    since: Since,
}

/// A moment, and what is not in the book of it.
#[derive(Clone, Debug)]
struct Since {
    /// The time of day, in microseconds.
    stamp: Micros,
    /// The highest message id that was known.
    mark: u64,
    /// The highest id of a conversation that was known.
    number: u64,
    /// The conversations that were in the middle of a turn: what a turn has sent is not in the book, and token counters
    /// go before the last event only if something came before it in the same turn (R8).
    in_a_turn: BTreeSet<String>,
}

/// What is to be seen when nothing is left to do.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Ending {
    /// The rows of each conversation in order: what they show, when, and with how many files.
    rows: BTreeMap<String, Vec<(String, Option<Micros>, usize)>>,
    /// The rows of token counters among them.
    tokens: BTreeMap<String, Vec<String>>,
    names: BTreeMap<String, Option<String>>,
    letters: Vec<String>,
    waits: BTreeMap<String, usize>,
    /// How many registrations were lost since the moment (R12).
    lost: u64,
    /// What was asked of the service for each conversation; the same look again and again counts once.
    jobs: BTreeMap<String, Vec<String>>,
}

impl Fork {
    /// Plays the steps twice. One outbox loses its jobs then, the other one begins with the book.
    pub(crate) fn after(setting: Setting, steps: &[Step]) -> Self {
        let play = || {
            let mut player = Player::new(setting);
            steps.iter().for_each(|step| player.replay(step));
            // Whether a record that is kept late is the first one depends on when the next one leaves, by the schedule.
            player.world.service.act_on_late_records();
            player
        };
        let (mut abandoned, mut restored) = (play(), play());
        abandoned.abandon_everything();
        abandoned.world.outbox.counters.late_registrations = 0;
        restored.restart();
        restored.world.check_restored();
        let outbox = &abandoned.world.outbox;
        assert!(*restored.world.outbox.book() == *outbox.book(), "the book is not the same");
        let is_in_a_turn = |key| outbox.schedule(key).sending.as_ref().is_some_and(|it| it.turn.last.is_some());
        let lanes = outbox.book().lanes().iter().filter(|(key, _)| is_in_a_turn(*key));
        let in_a_turn = lanes.map(|(_, lane)| lane.id.as_str().to_owned()).collect();
        let (mark, number) = (outbox.book().mark().highest, outbox.book().numbers().highest);
        let stamp = restored.world.now().utc.timestamp_micros();
        Self { abandoned, restored, since: Since { stamp, mark, number, in_a_turn } }
    }

    /// The same happens to both.
    pub(crate) fn play(&mut self, step: &Step) {
        self.abandoned.replay(step);
        self.restored.replay(step);
    }

    /// Plays both to the end, with or without a worker. Returns what is to be seen then.
    pub(crate) fn endings(&mut self, has_worker: bool) -> (Ending, Ending) {
        let since = &self.since;
        let end = |player: &mut Player| {
            player.world.outbox.set_worker(has_worker);
            let mut jobs: BTreeMap<String, Vec<String>> = BTreeMap::new();
            player.world.play_on(
                |_| Fate::Acknowledged,
                |_, job| {
                    let Some((id, job)) = job.and_then(|job| since.described(job)) else { return };
                    let jobs = jobs.entry(id).or_default();
                    if jobs.last() != Some(&job) {
                        jobs.push(job);
                    }
                },
            );
            player.check_end();
            Ending { jobs, ..since.ending(&player.world) }
        };
        (end(&mut self.abandoned), end(&mut self.restored))
    }

    /// Plays both through an outage, and to the end. Returns what is to be seen then, and how many requests the one that
    /// was restored sent into the outage.
    pub(crate) fn endings_after_an_outage(&mut self, fate: Fate, lasts: Duration) -> (Ending, Ending, usize) {
        let over = self.restored.world.clock + lasts;
        let since = &self.since;
        let end = |player: &mut Player| {
            player.world.outbox.set_worker(true);
            let mut sent = 0;
            player.world.play_on(
                |now| if now < over { fate } else { Fate::Acknowledged },
                |world, job| sent += usize::from(job.is_some() && world.clock < over),
            );
            player.check_end();
            (since.ending(&player.world), sent)
        };
        let ((abandoned, _), (restored, sent)) = (end(&mut self.abandoned), end(&mut self.restored));
        (abandoned, restored, sent)
    }
}

impl Since {
    fn ending(&self, world: &World) -> Ending {
        let mut ending = Ending {
            names: world.service.names(),
            letters: world.letters(),
            waits: world.waits(),
            lost: world.outbox.counters.late_registrations,
            ..Ending::default()
        };
        for (id, rows) in world.service.all_rows() {
            let is_usage = |label: &str| label.starts_with(TOKEN_USAGE);
            let is_comparable = |label: &str| !is_usage(label) || !self.in_a_turn.contains(id);
            let shown = rows.iter().filter(|row| is_comparable(&row.label));
            let shown = shown.map(|row| (row.label.clone(), self.stamp(&row.label, row.stamp), row.files));
            ending.rows.insert(id.to_owned(), shown.collect());
            let mut usages: Vec<String> =
                rows.iter().map(|row| row.label.clone()).filter(|label| is_usage(label)).collect();
            usages.sort_unstable();
            ending.tokens.insert(id.to_owned(), usages);
        }
        ending
    }

    /// A time, if it was given by the application, or before the moment: counters are folded at another time by the two.
    fn stamp(&self, label: &str, stamp: Micros) -> Option<Micros> {
        (!label.starts_with(TOKEN_USAGE) || stamp < self.stamp).then_some(stamp)
    }

    /// The conversation of a job, and what it asks for, but for what depends on when that is.
    fn described(&self, job: &Job) -> Option<(String, String)> {
        match &job.errand {
            Errand::Send { shipments, .. } => {
                let [shipment] = shipments.as_slice() else { panic!("one part a request: {job:?}") };
                let is_usage =
                    matches!(&shipment.cargo, Cargo::Event(event) if label(&event.event).starts_with(TOKEN_USAGE));
                let id = shipment.conversation_id.as_str();
                if is_usage && self.in_a_turn.contains(id) {
                    return None;
                }
                Some((id.to_owned(), self.described_part(shipment)))
            }
            // Reads a conversation to tell a poison item from an outage, which is not in the book.
            Errand::Look { shipments, .. } if shipments.is_empty() => None,
            Errand::Look { conversation_id, shipments, known, .. } => {
                let parts: Vec<String> = shipments.iter().map(|shipment| self.described_part(shipment)).collect();
                Some((conversation_id.as_str().to_owned(), format!("look for {parts:?}, knowing {}", known.is_some())))
            }
        }
    }

    /// Ids that are given after the moment depend on the order in which conversations have their turn.
    fn described_part(&self, shipment: &Shipment) -> String {
        let has_number = shipment.number.is_some();
        match &shipment.cargo {
            Cargo::Record(record) => {
                let stamp = (record.stamp < self.stamp).then_some(record.stamp);
                let (new, is_queued) = (&record.conversation, record.is_queued);
                let floor = record.floor.highest.min(self.number);
                format!("{new:?} queued {is_queued} at {stamp:?}, numbered {has_number}, above {floor}")
            }
            Cargo::Event(event) => {
                let (label, is_explicit) = (label(&event.event), event.is_explicit);
                let stamp = self.stamp(&label, event.stamp);
                let floor = event.floor.unwrap_or_default().min(self.mark);
                let has_message = event.message.is_some();
                format!(
                    "{label} {:?} at {stamp:?}, explicit {is_explicit}, numbered {has_number}, above {floor}, under a \
                     message {has_message}",
                    event.part
                )
            }
        }
    }
}

impl World {
    /// What the schedule of an outbox says that was restored just now.
    fn check_restored(&self) {
        let (outbox, now) = (&self.outbox, self.clock);
        let (timeouts, behind) = (self.config.timeouts(), self.config.read_back_delay());
        assert!(outbox.out.is_empty() && outbox.service.rest().is_none() && !outbox.has_worker());
        for (key, lane) in outbox.book().lanes().iter() {
            let (schedule, id) = (outbox.schedule(key), lane.id.as_str());
            let is_parked = lane.registration.stage == Stage::Parked;
            assert_eq!(schedule.stuck().is_some(), is_parked, "{id}");
            let doubt = schedule.sending.as_ref().and_then(|sending| sending.doubt.as_ref());
            assert_eq!(doubt.is_some(), lane.plan().is_some(), "{id}");
            // The request may have been handed out just now, and has all the time of its attempt.
            let parts = lane.plan().and_then(|plan| outbox.book().plan_parts(plan));
            let is_upload = parts.is_some_and(|parts| parts.iter().any(|part| matches!(part.part, Part::Upload(_))));
            let attempt = if is_upload { timeouts.attachments } else { timeouts.attempt };
            assert!(doubt.is_none_or(|doubt| doubt.conclusive_at >= now + attempt + behind), "{id}");
            let is_idle = !is_parked && !lane.has_work() && lane.plan().is_none();
            assert_eq!(outbox.uses[key.0 as usize].idle_mark != 0, is_idle, "{id}");
            let (due, is_skippable) = match lane.plan() {
                Some(_) => (now, false),
                None => (now + self.config.delivery_delay(), true),
            };
            match schedule.state {
                State::Quiet => assert!(is_idle || is_parked, "{id}"),
                State::Waiting(Wait { due: its, is_skippable: its_own, .. }) => {
                    assert_eq!((its, its_own), (due, is_skippable), "{id}");
                }
                State::Out(_) => panic!("{id} has a job"),
            }
        }
    }
}

#[test]
fn r17_after_a_restart_a_look_that_finds_nothing_is_conclusive_once_an_upload_had_all_its_time() {
    let mut world = World::new(|builder| builder.delivery_delay(Duration::ZERO));
    let lane = world.lane("a");
    world.try_track(lane, Event::Attachments(Box::new(files("file 0"))), None).expect("room");
    world.run(Fate::Acknowledged);
    let job = world.take();
    let late = Fate::Abandoned(Keeping::Late(Duration::from_secs(40)));
    assert!(world.service.carry_out(&job, late, world.clock).is_none());
    world.restart();
    world.play_to_the_end();
    let rows = world.service.rows("a").iter().map(|row| row.files);
    assert_eq!(rows.collect::<Vec<_>>(), [12], "not uploaded twice");
}
