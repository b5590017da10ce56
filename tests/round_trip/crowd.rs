//! Several speakers in the same conversations at once: what each says, and what the service has to hold then.

use agentsight_core::{ConversationRecorder, Error};
use agentsight_testkit::FakeApi;

pub(crate) const SPEAKERS: usize = 8;
pub(crate) const CONVERSATIONS: usize = 50;
pub(crate) const TURNS: usize = 2;

/// The conversations, each speaker's in an order of its own.
pub(crate) fn conversations_of(speaker: usize) -> impl Iterator<Item = String> {
    let start = speaker * CONVERSATIONS / SPEAKERS;
    (0..CONVERSATIONS).map(move |place| id((start + place) % CONVERSATIONS))
}

pub(crate) fn speak(chat: &ConversationRecorder, speaker: usize, turn: usize) -> Result<(), Error> {
    chat.track_human_message(said(chat.conversation_id().as_str(), speaker, turn))
}

/// Nothing is lost, misfiled or repeated, and everybody's turns are in order.
pub(crate) fn assert_complete(api: &FakeApi) {
    assert_eq!(api.conversations().len(), CONVERSATIONS);
    for id in (0..CONVERSATIONS).map(id) {
        let transcript = api.transcript(id.as_str());
        assert!(transcript.is_sorted_by(|one, next| one.timestamp < next.timestamp && one.id < next.id), "{id}");
        assert_eq!(transcript.len(), SPEAKERS * TURNS, "{id}");
        for speaker in 0..SPEAKERS {
            let mine = format!("speaker {speaker},");
            let turns = transcript.iter().map(|message| message.content.as_str()).filter(|text| text.contains(&mine));
            let expected: Vec<String> = (0..TURNS).map(|turn| said(&id, speaker, turn)).collect();
            assert_eq!(turns.collect::<Vec<_>>(), expected, "{id}");
        }
    }
}

fn id(number: usize) -> String {
    format!("crowded-{number}")
}

fn said(id: &str, speaker: usize, turn: usize) -> String {
    format!("{id}: speaker {speaker}, turn {turn}")
}
