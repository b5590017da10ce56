//! A service that keeps rows, and carries jobs out without HTTP.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::context::Now;
use crate::error::Error;
use crate::event::{Event, TOKEN_USAGE};
use crate::outbox::{Cargo, Errand, EventCargo, Job, JobOutcome, Micros, Part, Shipment};
use crate::transport::TransportFailure;
use crate::wire::{Failure, Finding, Look, Meaning, PartOutcome, Receipt};

/// A message of a conversation, as the service keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// The id that the service gave it.
    pub(crate) id: u64,
    /// Its time.
    pub(crate) stamp: Micros,
    /// What it shows: unique for each tracked event.
    pub(crate) label: String,
    /// How many files are under it.
    pub(crate) files: usize,
}

/// When the service acts on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keeping {
    /// At once.
    Now,
    /// So long after the request was handed out.
    Late(Duration),
    /// Not at all.
    Never,
}

/// What comes of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// The service acts on it and says so.
    Acknowledged,
    /// The item is refused.
    Refused,
    /// The service does not know the conversation's id.
    UnknownConversation,
    /// The conversation is refused.
    ConversationRefused,
    /// The key is refused.
    KeyRefused,
    /// A repetition would end the same way.
    Hopeless,
    /// The service certainly did not act on it.
    NotActedOn,
    /// The same, and the service says for how many seconds to leave it alone.
    Busy(u64),
    /// The service fails with status 500.
    Failed(Keeping),
    /// The answer does not come in time.
    TimedOut(Keeping),
    /// Whoever has the job goes away before the transport is called.
    NeverLeft,
    /// Whoever has the job goes away after the transport was called.
    Abandoned(Keeping),
}

/// Rows by conversation.
#[derive(Clone, Debug, Default)]
pub(crate) struct ToyService {
    conversations: BTreeMap<String, Conversation>,
    next_id: u64,
    late: Vec<(Duration, Shipment)>,
}

#[derive(Clone, Debug)]
struct Conversation {
    number: u64,
    name: Option<String>,
    rows: Vec<Row>,
}

impl Fate {
    /// The same, with what is kept late kept within this time.
    fn within(self, time: Duration) -> Self {
        let within = |keeping| match keeping {
            Keeping::Late(after) => Keeping::Late(after.min(time)),
            Keeping::Now | Keeping::Never => keeping,
        };
        match self {
            Self::TimedOut(keeping) => Self::TimedOut(within(keeping)),
            Self::Abandoned(keeping) => Self::Abandoned(within(keeping)),
            fate => fate,
        }
    }
}

impl ToyService {
    /// Carries a job out at the moment at which it is handed out; `None` if nobody hears what came of it.
    pub(crate) fn carry_out(&mut self, job: &Job, fate: Fate, now: Duration) -> Option<JobOutcome> {
        self.act_on_late(now);
        match &job.errand {
            Errand::Send { shipments, .. } => {
                let fate = fate.within(job.timeout);
                let outcomes = shipments.iter().map(|shipment| self.send(shipment, fate, now));
                outcomes.collect::<Option<_>>().map(JobOutcome::Sent)
            }
            Errand::Look { shipments, .. } => match fate {
                Fate::Acknowledged => {
                    let findings = shipments.iter().map(|shipment| self.find(shipment)).collect();
                    Some(JobOutcome::Looked(Ok(Look { findings, ids_restarted: None })))
                }
                fate => failure(fate).map(|failure| JobOutcome::Looked(Err(failure))),
            },
        }
    }

    /// Sends one part.
    pub(crate) fn send(&mut self, shipment: &Shipment, fate: Fate, now: Duration) -> Option<PartOutcome> {
        match fate {
            Fate::Acknowledged => return Some(PartOutcome::Acknowledged(self.act(shipment))),
            Fate::Failed(Keeping::Now) | Fate::TimedOut(Keeping::Now) | Fate::Abandoned(Keeping::Now) => {
                self.act(shipment);
            }
            Fate::Failed(Keeping::Late(after))
            | Fate::TimedOut(Keeping::Late(after))
            | Fate::Abandoned(Keeping::Late(after)) => self.late.push((now + after, shipment.clone())),
            _ => {}
        }
        failure(fate).map(PartOutcome::Failed)
    }

    /// Acts on what is due by now.
    pub(crate) fn act_on_late(&mut self, now: Duration) {
        self.late.sort_by_key(|(at, _)| *at);
        let later = self.late.iter().position(|(at, _)| *at > now).unwrap_or(self.late.len());
        let due: Vec<_> = self.late.drain(..later).collect();
        due.iter().for_each(|(_, shipment)| {
            self.act(shipment);
        });
    }

    /// Acts now on the records that are kept late.
    pub(crate) fn act_on_late_records(&mut self) {
        let late = std::mem::take(&mut self.late).into_iter();
        let (records, others) = late.partition(|(_, shipment)| matches!(shipment.cargo, Cargo::Record(_)));
        self.late = others;
        let records: Vec<(Duration, Shipment)> = records;
        records.iter().for_each(|(_, shipment)| {
            self.act(shipment);
        });
    }

    /// The rows of a conversation, in the order in which they came.
    pub(crate) fn rows(&self, id: &str) -> &[Row] {
        self.conversations.get(id).map_or(&[], |conversation| &conversation.rows)
    }

    /// The name of a conversation.
    pub(crate) fn name(&self, id: &str) -> Option<&str> {
        self.conversations.get(id).and_then(|conversation| conversation.name.as_deref())
    }

    /// Every conversation with its rows.
    pub(crate) fn all_rows(&self) -> impl Iterator<Item = (&str, &[Row])> {
        self.conversations.iter().map(|(id, conversation)| (id.as_str(), conversation.rows.as_slice()))
    }

    /// The names of all conversations.
    pub(crate) fn names(&self) -> BTreeMap<String, Option<String>> {
        self.conversations.iter().map(|(id, conversation)| (id.clone(), conversation.name.clone())).collect()
    }

    /// Whether the service has this part, once everything that is kept late is there.
    pub(crate) fn has_in_the_end(&mut self, shipment: &Shipment) -> bool {
        self.act_on_late(Duration::MAX);
        matches!(self.find(shipment), Finding::Found(_))
    }

    fn act(&mut self, shipment: &Shipment) -> Receipt {
        self.next_id += 1;
        let (id, fresh) = (shipment.conversation_id.as_str(), self.next_id);
        match &shipment.cargo {
            Cargo::Record(record) => {
                let is_new = !self.conversations.contains_key(id);
                let conversation = self.conversations.entry(id.to_owned()).or_insert_with(|| Conversation {
                    number: fresh,
                    name: record.conversation.as_ref().and_then(|conversation| conversation.name.clone()),
                    rows: Vec::new(),
                });
                Receipt { number: Some(conversation.number), is_new, ..Receipt::default() }
            }
            Cargo::Event(event) => {
                let rows = &mut self.conversations.get_mut(id).expect("the record comes first").rows;
                let files = match &event.part {
                    Part::Upload(range) => range.len(),
                    _ => 0,
                };
                let message = match rows.iter_mut().find(|row| event.message == Some(row.id)) {
                    Some(row) => {
                        row.files += files;
                        row.id
                    }
                    None => {
                        rows.push(Row { id: fresh, stamp: event.stamp, label: label(&event.event), files });
                        fresh
                    }
                };
                Receipt { message: Some(message), ..Receipt::default() }
            }
        }
    }

    fn find(&self, shipment: &Shipment) -> Finding {
        let Cargo::Event(event) = &shipment.cargo else { return Finding::Absent };
        let is_it = |row: &&Row| row.stamp == event.stamp && row.label == label(&event.event) && has_files(row, event);
        match self.rows(shipment.conversation_id.as_str()).iter().find(is_it) {
            Some(row) => Finding::Found(Receipt { message: Some(row.id), ..Receipt::default() }),
            None => Finding::Absent,
        }
    }
}

fn has_files(row: &Row, event: &EventCargo) -> bool {
    match &event.part {
        Part::Upload(range) => row.files >= range.end,
        _ => true,
    }
}

/// What the row of an event shows.
pub(crate) fn label(event: &Event) -> String {
    match event {
        Event::Message(message) => message.content.clone(),
        Event::Action(action) if action.name == TOKEN_USAGE => {
            format!("{TOKEN_USAGE} {}", action.metadata["prompt_tokens"])
        }
        Event::Action(action) => action.name.clone(),
        Event::Button(button) => button.label.clone(),
        Event::Attachments(files) => files.files[0].filename.clone(),
    }
}

/// What is heard of a request that ends so; `None` if nothing is.
pub(crate) fn failure(fate: Fate) -> Option<Failure> {
    let status = |code: u16, seconds: Option<u64>| {
        let status = http::StatusCode::from_u16(code).expect("a status");
        Error::from_answer(status, b"", seconds.map(Duration::from_secs))
    };
    let (error, meaning) = match fate {
        Fate::Acknowledged | Fate::NeverLeft | Fate::Abandoned(_) => return None,
        Fate::Refused => (status(400, None), Meaning::Refused),
        Fate::UnknownConversation => (status(404, None), Meaning::UnknownConversation),
        Fate::ConversationRefused => (status(403, None), Meaning::ConversationRefused),
        Fate::KeyRefused => (status(401, None), Meaning::KeyRefused),
        Fate::Hopeless => (Error::from_failure(TransportFailure::too_large()), Meaning::Hopeless),
        Fate::NotActedOn => (Error::from_failure(TransportFailure::connect()), Meaning::NotActedOn),
        Fate::Busy(seconds) => (status(503, Some(seconds)), Meaning::NotActedOn),
        Fate::Failed(_) => (status(500, None), Meaning::MaybeActedOn { is_busy: false }),
        Fate::TimedOut(_) => {
            (Error::from_failure(TransportFailure::timeout()), Meaning::MaybeActedOn { is_busy: true })
        }
    };
    Some(Failure { error, meaning })
}

/// The time of day at a moment of the monotonic clock.
pub(crate) fn now_at(since_start: Duration) -> Now {
    let start = chrono::DateTime::from_timestamp(1_700_000_000, 0).expect("a time");
    Now::new(since_start, start + since_start)
}
