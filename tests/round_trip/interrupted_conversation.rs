//! One conversation with everything in it, to be sent under interruptions: whatever happens, it arrives once, in order.

use agentsight_core::{
    AgentMessage, AttachmentMode, Attachments, ButtonClick, CurrentConversation, Error, HumanMessage, NewAction,
    NewAttachment, NewConversation, TokenUsage,
};
use agentsight_testkit::FakeApi;

const ID: &str = "interrupted";

/// Tracks the conversation. Some events are alike on purpose: only their times tell them apart (R17).
pub(crate) fn track(tracker: &CurrentConversation) -> Result<(), Error> {
    let chat = tracker.get_or_create_conversation(NewConversation::new(ID).name("Interrupted"))?;
    let files = [file("one.txt"), file("two.txt")];
    chat.track_human_message(HumanMessage::new("See these.").attachments(Attachments::new(files)))?;
    chat.track_agent_message("One moment.")?;
    chat.track_action(NewAction::new("look_up").response("found"))?;
    chat.track_action(NewAction::new("look_up").response("found"))?;
    chat.track_agent_message("One moment.")?;
    chat.track_button(ButtonClick::new("confirmed", "Yes", "1"))?;
    chat.track_attachments(Attachments::new([file("three.txt")]).mode(AttachmentMode::FormData))?;
    chat.track_token_usage(TokenUsage::new(10, 5));
    chat.track_agent_message(AgentMessage::new("Done.").metadata("model", "m"))
}

/// R11: exactly once, in order, in one conversation.
pub(crate) fn assert_arrived_once(api: &FakeApi, circumstances: &str) {
    let shown: Vec<String> = api.transcript(ID).iter().map(show).collect();
    let expected = [
        "end_user: See these. [one.txt, two.txt]",
        "agent: One moment. []",
        "agent: Action look_up performed []",
        "agent: Action look_up performed []",
        "agent: One moment. []",
        "end_user: Button clicked: Yes []",
        "end_user: [Attachments] [three.txt]",
        "agent: Done. []",
        // The clock stands still: no microsecond is free before the last event (R8).
        "agent: Action token_usage performed []",
    ];
    assert_eq!(shown, expected, "{circumstances}");
    assert_eq!(api.conversations().len(), 1, "{circumstances}");
}

fn show(message: &agentsight_core::Message) -> String {
    let files: Vec<&str> = message.attachments().iter().filter_map(|file| file.filename.as_deref()).collect();
    format!("{}: {} [{}]", message.sender.as_str(), message.content, files.join(", "))
}

fn file(name: &str) -> NewAttachment {
    NewAttachment::bytes(name.as_bytes()).filename(name)
}
