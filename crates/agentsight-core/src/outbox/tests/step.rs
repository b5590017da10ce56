//! What can happen, at random.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;

use super::service::{Fate, Keeping};
use crate::config::{AmbiguousCreate, ConfigBuilder};

/// One thing that happens. Numbers choose among what is there.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// An event is tracked, now or at so many seconds after the start.
    Track { conversation: usize, kind: usize, at: Option<i64> },
    /// A conversation is registered, with a name or with nothing but its id.
    Register { conversation: usize, is_named: bool },
    /// Tokens are counted.
    AddTokens { conversation: usize },
    /// A dead letter is put back.
    Requeue(usize),
    /// A dead letter is given up.
    Discard(usize),
    /// Somebody finds out what became of what is in doubt.
    SettleDoubt { conversation: usize },
    /// A caller sends one conversation.
    Send { conversation: usize },
    /// A caller sends every conversation.
    SendAll,
    /// A caller gives up.
    GiveUp(usize),
    /// A flush begins.
    BeginFlush,
    /// A flush ends.
    EndFlush,
    /// A worker runs all jobs from here on, or does not any more.
    SetWorker(bool),
    /// The key is replaced.
    SetApiKey,
    /// A loop that is awake asks for a job, and this comes of it.
    Run(usize, Fate),
    /// A job is over.
    End(usize),
    /// So many milliseconds pass.
    Pass(u64),
    /// The process ends, and another one goes on from the book.
    Restart,
}

/// How the client is configured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setting {
    concurrency: usize,
    max_idle: usize,
    max_attempts: u32,
    poison_after: Option<u32>,
    delay: u64,
    is_held: bool,
}

impl Setting {
    /// The same, except that no conversation is forgotten: which one has been idle for the longest time is not in the
    /// book.
    pub(crate) fn forgetting_nothing(self) -> Self {
        Self { max_idle: 4, ..self }
    }

    /// The same, except that no event counts as the cause of a failure: what had been acknowledged since it first failed
    /// is not in the book.
    pub(crate) fn without_poison(self) -> Self {
        Self { poison_after: None, ..self }
    }

    /// How many jobs may be out.
    pub(crate) fn concurrency(self) -> usize {
        self.concurrency
    }

    /// The configuration.
    pub(crate) fn configure(self, builder: ConfigBuilder) -> ConfigBuilder {
        let choice = if self.is_held { AmbiguousCreate::Hold } else { AmbiguousCreate::ReadBack };
        builder
            .concurrency(self.concurrency)
            .max_idle_conversations(self.max_idle)
            .max_attempts(self.max_attempts)
            .poison_after(self.poison_after)
            .delivery_delay(Duration::from_millis(self.delay))
            .ambiguous_create(choice)
    }
}

/// Configurations in which everything happens soon.
pub(crate) fn settings() -> impl Strategy<Value = Setting> {
    let poison = select(vec![None, Some(1), Some(2)]);
    let is_held = prop_oneof![5 => Just(false), 1 => Just(true)];
    (1_usize..4, 0_usize..4, 1_u32..4, poison, select(vec![0, 500]), is_held).prop_map(
        |(concurrency, max_idle, max_attempts, poison_after, delay, is_held)| Setting {
            concurrency,
            max_idle,
            max_attempts,
            poison_after,
            delay,
            is_held,
        },
    )
}

/// Schedules.
pub(crate) fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step(), 1..most)
}

/// What an application does, whoever sends it: the same happens to an outbox and to the one that goes on from its book.
pub(crate) fn inputs(most: usize) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(input(), 0..most)
}

/// What the service does while nothing comes through, without keeping any of it.
pub(crate) fn outages() -> impl Strategy<Value = Fate> {
    let fates = vec![
        Fate::NotActedOn,
        Fate::Busy(5),
        Fate::Failed(Keeping::Never),
        Fate::TimedOut(Keeping::Never),
        Fate::KeyRefused,
        Fate::ConversationRefused,
    ];
    select(fates)
}

fn step() -> impl Strategy<Value = Step> {
    let conversation = 0_usize..4;
    prop_oneof![
        20 => input(),
        3 => conversation.prop_map(|conversation| Step::Send { conversation }),
        1 => Just(Step::SendAll),
        1 => (0_usize..8).prop_map(Step::GiveUp),
        2 => Just(Step::BeginFlush),
        1 => Just(Step::EndFlush),
        2 => any::<bool>().prop_map(Step::SetWorker),
        1 => Just(Step::SetApiKey),
        18 => (0_usize..8, fate()).prop_map(|(which, fate)| Step::Run(which, fate)),
        14 => (0_usize..8).prop_map(Step::End),
        5 => select(vec![1_000, 2_000, 5_000, 20_000, 60_000]).prop_map(Step::Pass),
        1 => Just(Step::Restart),
    ]
}

fn input() -> impl Strategy<Value = Step> {
    let at = prop_oneof![3 => Just(None), 1 => (-3_i64..3).prop_map(Some)];
    let conversation = || 0_usize..4;
    prop_oneof![
        12 => (conversation(), 0_usize..5, at).prop_map(|(conversation, kind, at)| Step::Track { conversation, kind, at }),
        2 => (conversation(), any::<bool>())
            .prop_map(|(conversation, is_named)| Step::Register { conversation, is_named }),
        2 => conversation().prop_map(|conversation| Step::AddTokens { conversation }),
        1 => (0_usize..8).prop_map(Step::Requeue),
        1 => (0_usize..8).prop_map(Step::Discard),
        1 => conversation().prop_map(|conversation| Step::SettleDoubt { conversation }),
        1 => select(vec![0, 1, 100, 500]).prop_map(Step::Pass),
    ]
}

/// What comes of a job. What is kept late is kept within what a look allows for (R17); the service keeps nothing later
/// than the attempt's time allows.
fn fate() -> impl Strategy<Value = Fate> {
    let soon = || select(vec![Keeping::Now, Keeping::Never, late(1), late(1_000), late(2_000)]);
    let any = || select(vec![Keeping::Now, Keeping::Never, late(1), late(4_000), late(60_000)]);
    prop_oneof![
        10 => Just(Fate::Acknowledged),
        1 => Just(Fate::Refused),
        1 => Just(Fate::UnknownConversation),
        1 => Just(Fate::ConversationRefused),
        1 => Just(Fate::KeyRefused),
        1 => Just(Fate::Hopeless),
        2 => Just(Fate::NotActedOn),
        1 => (0_u64..90).prop_map(Fate::Busy),
        3 => soon().prop_map(Fate::Failed),
        3 => any().prop_map(Fate::TimedOut),
        1 => Just(Fate::NeverLeft),
        3 => any().prop_map(Fate::Abandoned),
    ]
}

fn late(milliseconds: u64) -> Keeping {
    Keeping::Late(Duration::from_millis(milliseconds))
}
