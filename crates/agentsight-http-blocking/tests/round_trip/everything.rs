//! Everything that can be tracked, read and managed, against the fake service: the same in both clients.

use agentsight_http_blocking::{ConversationFilter, Error};

use crate::every_call::{self, Answers, ID};
use crate::service::client_of;

#[test]
fn h5_every_call_sends_the_recorded_request_and_arrives_at_the_recorded_answer() -> Result<(), Error> {
    let server = every_call::serve();
    let sight = client_of(&server)?;
    let (tracker, api, manager) = (sight.tracker(), sight.api(), sight.manager());
    let mut answers = Answers::default();

    answers.keep("me", &sight.me()?);
    let lobby = tracker.initialize_conversation(every_call::lobby())?;
    answers.keep("initialize_conversation", lobby.conversation_id());
    let chat = tracker.get_or_create_conversation(every_call::conversation())?;
    every_call::track(chat.recorder())?;
    answers.keep("get_token_usage", &tracker.get_token_usage());
    answers.keep("get_tracked_data_summary", &tracker.get_tracked_data_summary());
    answers.keep("send_tracked_data", &tracker.send_tracked_data()?);

    let conversation = api.fetch_conversation(ID)?;
    answers.keep("fetch_conversation by text", &conversation);
    answers.keep("fetch_conversation by number", &api.fetch_conversation(conversation.id)?);
    answers.keep("fetch_conversation_attachments", &api.fetch_conversation_attachments(ID)?);
    answers.keep("submit_feedback by text", &manager.submit_feedback(ID, every_call::feedback())?);
    answers.keep("submit_feedback by number", &manager.submit_feedback(&conversation, every_call::feedback())?);
    answers.keep("rename_conversation", &manager.rename_conversation(ID, " Mail lost ")?);
    answers.keep("mark_conversation", &manager.mark_conversation(&conversation, true)?);
    answers.keep("update_conversation", &manager.update_conversation(ID, every_call::update())?);
    let filter = ConversationFilter::new().is_marked(true).metadata("escalated", true).lean().page_size(5);
    answers.keep("fetch_conversations", &api.fetch_conversations(&filter)?);
    answers.keep("delete_conversation", &manager.delete_conversation(ID)?);
    answers.keep_error("fetch_conversation, deleted, by text", api.fetch_conversation(ID));
    answers.keep("fetch_conversation, deleted, by number", &api.fetch_conversation(conversation.id)?);
    answers.keep_error("rename_conversation, unknown", manager.rename_conversation("unknown", "n"));
    answers.assert_as_recorded(&server);
    Ok(())
}
