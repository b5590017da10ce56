//! Delivers a file of dialogues, reads them all back, and verifies every turn and its order.
//!
//! ```text
//! cargo run --example support_dialogues                  # 1,244 dialogues to a fake service
//! cargo run --example support_dialogues -- chats.jsonl   # a file of your own
//! cargo run --example support_dialogues -- --live        # your account: AGENTSIGHT_API_KEY, or a line in .env
//! ```
//!
//! A line of the file is `{"id": "..", "topic": "..", "turns": ["..", ".."]}`; the person has the first turn and the two
//! alternate. Lines that are no dialogue are named and left out. The program fails if there are any, or if what came
//! back is not what was sent.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fs::File;
use std::io::{BufRead as _, BufReader, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use agentsight_examples::Service;
use agentsight_http_blocking::{
    AgentSight, Conversation, ConversationFilter, ConversationTracker, NewConversation, Sender,
    generate_conversation_id,
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Deserialize;

/// How many conversations are tracked before they are sent, which bounds the memory.
const BATCH: usize = 64;

/// How many mismatches are printed.
const SHOWN: usize = 20;

#[derive(Deserialize)]
struct Dialogue {
    id: String,
    topic: String,
    turns: Vec<String>,
}

/// Dialogues by the id of their conversation.
type Dialogues = BTreeMap<String, Dialogue>;

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let service = Service::from_command_line()?;
    let sight = AgentSight::new(service.config())?;
    let shipped = || Path::new(env!("CARGO_MANIFEST_DIR")).join("data/support-dialogues.jsonl");
    let path = service.arguments().first().map_or_else(shipped, PathBuf::from);

    // Names this run, so that it finds its own conversations again among those of earlier ones.
    let run = generate_conversation_id();
    let (dialogues, bad_lines) = read_dialogues(&path, run.as_str())?;
    deliver(&sight, run.as_str(), &dialogues)?;
    let mismatches = verify(&sight, run.as_str(), &dialogues)?;

    for mismatch in mismatches.iter().take(SHOWN) {
        eprintln!("{mismatch}");
    }
    if mismatches.is_empty() && bad_lines == 0 {
        println!("Every turn came back, in order.");
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("{bad_lines} bad lines, {} mismatches", mismatches.len());
    Ok(ExitCode::FAILURE)
}

/// Reads the file, names its bad lines, and counts them.
fn read_dialogues(path: &Path, run: &str) -> Result<(Dialogues, usize), Box<dyn Error>> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    // A disabled client checks what it is given, as any client does, and keeps and sends nothing.
    let checker = AgentSight::disabled().new_tracker();
    let (mut dialogues, mut bad_lines) = (Dialogues::new(), 0);
    for (index, line) in BufReader::new(file).split(b'\n').enumerate() {
        let line = line?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let checked = parse(&line).and_then(|dialogue| {
            let id = format!("{run}-{}", dialogue.id);
            if dialogues.contains_key(&id) {
                return Err("the id occurs twice".into());
            }
            track(&checker, run, &id, &dialogue)?;
            Ok((id, dialogue))
        });
        match checked {
            Ok((id, dialogue)) => {
                dialogues.insert(id, dialogue);
            }
            Err(problem) => {
                eprintln!("{}:{}: {problem}", path.display(), index + 1);
                bad_lines += 1;
            }
        }
    }
    Ok((dialogues, bad_lines))
}

fn parse(line: &[u8]) -> Result<Dialogue, Box<dyn Error>> {
    let dialogue: Dialogue = serde_json::from_slice(line).map_err(|error| {
        let text = error.to_string();
        // The JSON is one line, whose number in the file says more than "line 1".
        let (problem, _) = text.rsplit_once(" at line ").unwrap_or((&text, ""));
        format!("{problem} (column {})", error.column())
    })?;
    if dialogue.turns.is_empty() { Err("there are no turns".into()) } else { Ok(dialogue) }
}

fn track(
    tracker: &ConversationTracker,
    run: &str,
    id: &str,
    dialogue: &Dialogue,
) -> Result<(), agentsight_http_blocking::Error> {
    let conversation =
        NewConversation::new(id).name(&dialogue.id).metadata("run", run).metadata("topic", &dialogue.topic);
    let chat = tracker.get_or_create_conversation(conversation)?;
    for (turn, text) in dialogue.turns.iter().enumerate() {
        match sender_of(turn) {
            Sender::Agent => chat.track_agent_message(text.as_str())?,
            _ => chat.track_human_message(text.as_str())?,
        }
    }
    Ok(())
}

/// Tracks a batch, sends it with several conversations at once, and goes on to the next.
fn deliver(sight: &AgentSight, run: &str, dialogues: &Dialogues) -> Result<(), Box<dyn Error>> {
    let turns: usize = dialogues.values().map(|dialogue| dialogue.turns.len()).sum();
    let mut progress = Progress::new("Delivering", dialogues.len());
    let tracker = sight.new_tracker();
    let dialogues: Vec<_> = dialogues.iter().collect();
    for batch in dialogues.chunks(BATCH) {
        for (id, dialogue) in batch {
            track(&tracker, run, id, dialogue)?;
        }
        for report in sight.send_all().into_result()? {
            if report.rejected() > 0 {
                return Err(
                    format!("{}: the service refused {} items", report.conversation_id, report.rejected()).into()
                );
            }
        }
        progress.advance(batch.len());
    }
    progress.finish(&format!("{} dialogues, {turns} turns", dialogues.len()));
    Ok(())
}

/// Reads the conversations of this run, page by page, and says how they differ from what was sent.
fn verify(sight: &AgentSight, run: &str, dialogues: &Dialogues) -> Result<Vec<String>, Box<dyn Error>> {
    let mut progress = Progress::new("Reading back", dialogues.len());
    let mut missing: BTreeSet<&str> = dialogues.keys().map(String::as_str).collect();
    let mut mismatches = Vec::new();
    for conversation in sight.api().conversations(&ConversationFilter::new().metadata("run", run)) {
        let conversation = conversation?;
        match dialogues.get(&conversation.conversation_id) {
            Some(dialogue) if missing.remove(conversation.conversation_id.as_str()) => {
                mismatches.extend(difference(dialogue, &conversation));
            }
            _ => mismatches.push(format!("{}: not expected, or not again", conversation.conversation_id)),
        }
        progress.advance(1);
    }
    progress.finish(&format!("{} dialogues", dialogues.len() - missing.len()));
    mismatches.extend(missing.iter().map(|id| format!("{id}: missing")));
    Ok(mismatches)
}

/// The first difference between a dialogue and the transcript that came back.
fn difference(dialogue: &Dialogue, conversation: &Conversation) -> Option<String> {
    let (turns, messages) = (&dialogue.turns, conversation.messages());
    let id = &dialogue.id;
    if messages.len() != turns.len() {
        return Some(format!("{id}: {} turns were sent, {} messages came back", turns.len(), messages.len()));
    }
    for (turn, (text, message)) in turns.iter().zip(messages).enumerate() {
        let number = turn + 1;
        if message.sender != sender_of(turn) {
            return Some(format!("{id}: turn {number} came back as one of {}", message.sender));
        }
        // A service may drop the white space around a text.
        if message.content.trim() != text.trim() {
            return Some(format!("{id}: turn {number} came back with another text"));
        }
    }
    let in_order = messages.windows(2).all(|pair| pair[0].timestamp < pair[1].timestamp);
    (!in_order).then(|| format!("{id}: the times do not increase"))
}

/// Whose turn it is.
fn sender_of(turn: usize) -> Sender {
    if turn.is_multiple_of(2) { Sender::EndUser } else { Sender::Agent }
}

/// A bar on a terminal; elsewhere a line at every quarter.
struct Progress {
    what: &'static str,
    bar: ProgressBar,
    started: Instant,
    quarters: usize,
}

impl Progress {
    fn new(what: &'static str, total: usize) -> Self {
        let target =
            if std::io::stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(total as u64), target).with_message(what);
        if let Ok(style) = ProgressStyle::with_template("{msg:<13} {bar:40} {pos}/{len}  {per_sec}  {eta} left") {
            bar.set_style(style);
        }
        Self { what, bar, started: Instant::now(), quarters: 0 }
    }

    fn advance(&mut self, conversations: usize) {
        self.bar.inc(conversations as u64);
        let (done, total) = (self.bar.position(), self.bar.length().unwrap_or_default());
        while self.bar.is_hidden() && self.quarters < 4 && done * 4 >= total * (self.quarters as u64 + 1) {
            self.quarters += 1;
            println!("{}: {}%", self.what, self.quarters * 25);
        }
    }

    fn finish(&self, achieved: &str) {
        let seconds = self.started.elapsed().as_secs_f64();
        let rate = self.bar.position() as f64 / seconds.max(f64::EPSILON);
        self.bar.finish_and_clear();
        println!("{}: {achieved} in {seconds:.1} s ({rate:.0} dialogues/s)", self.what);
    }
}
