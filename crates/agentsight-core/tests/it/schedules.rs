//! Laws over random schedules of tracking, faults, sends and cancellations (R8, R10, R11, R14, R15, R17).

use std::collections::BTreeSet;
use std::time::Duration;

use agentsight_core::{
    AttachmentMode, ConversationRecorder, Error, ItemKind, NewConversation, SendReport, SentItem, TokenUsage,
};
use proptest::prelude::*;

use crate::drive::Drive;
use crate::fault::{Fault, Faults, Kept};
use crate::story::{Shown, Tracked, transcript_as_created};
use crate::world::{Sent, World};

/// One thing that happens to a client.
#[derive(Clone, Debug)]
enum Happening {
    Track(Kind),
    Tokens(u32),
    Register,
    Pass(Duration),
    /// A send whose requests meet these faults in turn, and none afterwards.
    Send(Vec<Fault>),
    /// The same, dropped after so many steps.
    Cancel(Vec<Fault>, usize),
    /// Every dead letter is put back.
    Requeue,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Question,
    Answer,
    AnswerWithFiles(usize, AttachmentMode),
    Action,
    Button,
    Files(usize, AttachmentMode),
}

impl Kind {
    /// An event of this kind that is like no other.
    fn numbered(self, number: usize) -> Tracked {
        let name = format!("event {number}");
        match self {
            Self::Question => Tracked::Question(name),
            Self::Answer => Tracked::Answer(name),
            Self::AnswerWithFiles(count, mode) => Tracked::AnswerWithFiles(name, count, mode),
            Self::Action => Tracked::Action(name),
            Self::Button => Tracked::Button(name),
            Self::Files(count, mode) => Tracked::Files(name, count, mode),
        }
    }
}

fn kinds() -> impl Strategy<Value = Kind> {
    let modes = prop_oneof![Just(AttachmentMode::Base64), Just(AttachmentMode::FormData)];
    prop_oneof![
        4 => Just(Kind::Question),
        3 => Just(Kind::Answer),
        2 => Just(Kind::Action),
        2 => Just(Kind::Button),
        1 => (1..23_usize, modes.clone()).prop_map(|(count, mode)| Kind::AnswerWithFiles(count, mode)),
        1 => (1..13_usize, modes).prop_map(|(count, mode)| Kind::Files(count, mode)),
    ]
}

/// Everything that can befall a request without the service breaking its word.
fn faults() -> impl Strategy<Value = Fault> {
    let kept = prop_oneof![Just(Kept::No), Just(Kept::Yes)];
    let any_kept = prop_oneof![Just(Kept::No), Just(Kept::Yes), Just(Kept::Late)];
    let ambiguous = prop_oneof![
        prop_oneof![Just(500_u16), Just(502), Just(408)].prop_map(Fault::status),
        Just(Fault::page()),
        Just(Fault::Reset(Kept::No)),
    ];
    prop_oneof![
        6 => Just(Fault::None),
        3 => (ambiguous, kept).prop_map(|(fault, kept)| fault.kept(kept)),
        2 => any_kept.clone().prop_map(Fault::Timeout),
        1 => any_kept.prop_map(|kept| Fault::status(504).kept(kept)),
        1 => prop_oneof![Just(Fault::Refused), Just(Fault::ConnectTimeout)],
        2 => prop_oneof![Just(429_u16), Just(425), Just(503)].prop_map(Fault::status),
        1 => (0..100_u8).prop_map(|seconds| Fault::throttled(seconds.to_string())),
        1 => prop_oneof![Just(401_u16), Just(403), Just(404), Just(405), Just(302), Just(422)].prop_map(Fault::status),
        1 => Just(Fault::body(400, r#"{"conversation": ["unknown"]}"#)),
    ]
}

fn happenings(cancel: u32) -> impl Strategy<Value = Vec<Happening>> {
    let some_faults = || prop::collection::vec(faults(), 0..8);
    let happening = prop_oneof![
        10 => kinds().prop_map(Happening::Track),
        2 => (1..1000_u32).prop_map(Happening::Tokens),
        1 => Just(Happening::Register),
        2 => (0..40_000_u64).prop_map(|milliseconds| Happening::Pass(Duration::from_millis(milliseconds))),
        4 => some_faults().prop_map(Happening::Send),
        cancel => (some_faults(), 0..40_usize).prop_map(|(faults, steps)| Happening::Cancel(faults, steps)),
        1 => Just(Happening::Requeue),
    ];
    prop::collection::vec(happening, 1..40)
}

/// These faults, one a request.
fn in_turn(faults: Vec<Fault>) -> impl Faults {
    let mut faults = faults.into_iter();
    move |_, _: &Sent| faults.next().unwrap_or(Fault::None)
}

/// A client to which things happen, and what must be true of it.
struct Run {
    world: World,
    lane: ConversationRecorder,
    events: Vec<Tracked>,
    tokens: u64,
    /// The texts of what was refused at some time: put back, it comes later than it was tracked.
    refused: BTreeSet<String>,
}

impl Run {
    fn new() -> Self {
        let world = World::with_config(|config| config.poison_after(Some(3)));
        let lane = world.lane("c");
        Self { world, lane, events: Vec::new(), tokens: 0, refused: BTreeSet::new() }
    }

    fn happen(&mut self, happening: Happening) -> Result<(), TestCaseError> {
        match happening {
            Happening::Track(kind) => {
                let event = kind.numbered(self.events.len());
                event.track(&self.lane).unwrap();
                self.events.push(event);
            }
            Happening::Tokens(count) => {
                self.tokens += u64::from(count);
                self.lane.track_token_usage(TokenUsage::new(u64::from(count), 1));
            }
            Happening::Register => {
                self.world.core.recorder().new_tracker().get_or_create_conversation(NewConversation::new("c")).unwrap();
            }
            Happening::Pass(time) => self.world.advance(time),
            Happening::Send(faults) => {
                let pending = self.world.core.recorder().pending();
                let before = pending.total();
                let record_waited = self.lane.get_tracked_data_summary().summary.conversation > 0;
                let result = self.world.send_with(&self.lane, in_turn(faults));
                self.check_report(before, record_waited, &result)?;
            }
            Happening::Cancel(faults, steps) => {
                let mut delivery = self.world.delivery(&self.lane);
                let _ = self.world.drive_n(&mut delivery, steps, in_turn(faults));
            }
            Happening::Requeue => self.requeue(),
        }
        let letters = self.world.core.recorder().dead_letters();
        self.refused.extend(
            letters
                .into_iter()
                .filter(|letter| letter.kind != ItemKind::Conversation)
                .map(|letter| letter.preview.split(" 0.txt").next().unwrap_or_default().to_owned()),
        );
        Ok(())
    }

    fn requeue(&self) {
        for letter in self.world.core.recorder().dead_letters() {
            self.world.core.recorder().requeue(&letter).unwrap();
        }
    }

    /// R14: what was pending is acknowledged, rejected or remains.
    fn check_report(
        &self,
        before: usize,
        record_waited: bool,
        result: &Result<SendReport, Error>,
    ) -> Result<(), TestCaseError> {
        let report = result.as_ref().unwrap_or_else(|error| error.report().unwrap());
        let records = || report.items.iter().filter(|item| item.kind == ItemKind::Conversation);
        let refused_record = records().any(|item| !item.is_success());
        let record_was_an_item = record_waited && !records().any(SentItem::is_success);
        // A record that nobody registered, or that was sent before, becomes an item only by being refused.
        let extra = usize::from(refused_record && !record_was_an_item);
        prop_assert_eq!(before + extra, report.acknowledged() + report.rejected() + report.remaining);
        prop_assert_eq!(report.remaining, self.world.core.recorder().pending().total());
        prop_assert_eq!(result.is_ok(), report.remaining == 0 && !refused_record);
        let in_doubt =
            self.world.core.recorder().pending().conversations.iter().any(|conversation| conversation.in_doubt);
        prop_assert_eq!(report.in_doubt.is_some(), in_doubt);
        Ok(())
    }

    /// Lets everything come to its end, and checks that the service shows each event once, and in order what never
    /// was refused.
    fn finish(self) -> Result<(), TestCaseError> {
        self.world.advance(Duration::from_secs(600));
        for _ in 0..4 {
            self.requeue();
            if !self.lane.has_pending() {
                break;
            }
            let _ = self.world.send(&self.lane);
        }
        prop_assert!(!self.lane.has_pending() && self.world.core.recorder().dead_letters().is_empty());
        let shown = transcript_as_created(&self.world.api, "c").into_iter();
        let (tokens, shown): (Vec<Shown>, Vec<Shown>) = shown.partition(|shown| shown.text == "token_usage");
        let expected: Vec<Shown> = self.events.iter().map(Tracked::shown).collect();
        let mut sorted = (shown.clone(), expected.clone());
        sorted.0.sort_by_key(key);
        sorted.1.sort_by_key(key);
        prop_assert_eq!(sorted.0, sorted.1, "exactly once");
        let in_order = |events: Vec<Shown>| -> Vec<Shown> {
            events.into_iter().filter(|shown| !self.refused.contains(&name(shown))).collect()
        };
        prop_assert_eq!(in_order(shown), in_order(expected), "in order");
        prop_assert_eq!(self.counted_tokens(), self.tokens, "{} token actions", tokens.len());
        Ok(())
    }

    fn counted_tokens(&self) -> u64 {
        let messages = self.world.api.transcript("c").into_iter();
        let usages = messages.filter(|message| message.action_name.as_deref() == Some("token_usage"));
        usages.map(|message| message.metadata.unwrap().as_map().unwrap()["prompt_tokens"].as_u64().unwrap()).sum()
    }
}

fn key(shown: &Shown) -> (String, String, usize) {
    (shown.what.clone(), name(shown), shown.files.len())
}

/// The name that the event was given: standalone files are named after it.
fn name(shown: &Shown) -> String {
    match shown.files.first() {
        Some((file, _)) if shown.text == "[Attachments]" => file.trim_end_matches(" 0.txt").to_owned(),
        _ => shown.text.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn r11_whatever_happens_every_event_arrives_once_and_in_order(happenings in happenings(4)) {
        let mut run = Run::new();
        for happening in happenings {
            run.happen(happening)?;
        }
        run.finish()?;
    }
}
