//! The real dialogues of `examples/data`, one conversation each: to track, and to compare with what the service has.

use agentsight_core::{Conversation, ConversationRecorder, Error, Message, Sender};
use serde_json::Value;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/data/support-dialogues.jsonl");

/// A dialogue: the first turn is the person's, then they alternate.
pub(crate) struct Dialogue {
    pub(crate) id: String,
    turns: Vec<String>,
}

/// All 1,244 of them.
pub(crate) fn support_dialogues() -> Vec<Dialogue> {
    let lines = std::fs::read_to_string(FILE).expect("the dialogues are part of the repository");
    let dialogues: Vec<Dialogue> = lines.lines().map(Dialogue::read).collect();
    assert_eq!(dialogues.len(), 1_244);
    dialogues
}

impl Dialogue {
    pub(crate) fn track(&self, chat: &ConversationRecorder) -> Result<(), Error> {
        for (sender, turn) in self.turns() {
            match sender {
                Sender::EndUser => chat.track_human_message(turn)?,
                _ => chat.track_agent_message(turn)?,
            }
        }
        Ok(())
    }

    /// R6, R10: turn by turn, in order, at strictly increasing times.
    pub(crate) fn assert_read_back(&self, conversation: &Conversation) {
        let messages = conversation.messages();
        let told: Vec<_> = messages.iter().map(|message| (message.sender.clone(), message.content.as_str())).collect();
        assert_eq!(told, self.turns().collect::<Vec<_>>(), "{}", self.id);
        assert!(messages.iter().map(stamp_and_number).is_sorted_by(|one, next| one.0 < next.0 && one.1 < next.1));
    }

    fn turns(&self) -> impl Iterator<Item = (Sender, &str)> {
        self.turns.iter().enumerate().map(|(place, turn)| {
            let sender = if place % 2 == 0 { Sender::EndUser } else { Sender::Agent };
            (sender, turn.as_str())
        })
    }

    fn read(line: &str) -> Self {
        let row: Value = serde_json::from_str(line).expect("every line is an object");
        let text = |value: &Value| value.as_str().expect("ids and turns are texts").to_owned();
        let turns = row["turns"].as_array().expect("a dialogue has turns");
        Self { id: text(&row["id"]), turns: turns.iter().map(text).collect() }
    }
}

fn stamp_and_number(message: &Message) -> (i64, u64) {
    (message.timestamp.timestamp_micros(), message.id)
}
