//! Real dialogues, there and back.

use std::collections::BTreeMap;

use agentsight_http_async::{ConversationFilter, Error};

use crate::service::{client_of, serve};
use crate::support_dialogues::support_dialogues;

#[tokio::test]
async fn r6_r10_real_dialogues_come_back_turn_by_turn_in_order() -> Result<(), Error> {
    let server = serve();
    let sight = client_of(&server)?;
    let dialogues = support_dialogues();
    for dialogue in &dialogues {
        let chat = sight.conversation(&dialogue.id)?;
        dialogue.track(chat.recorder())?;
    }
    let reports = sight.send_all().await.into_result()?;
    assert_eq!(reports.len(), dialogues.len());
    assert!(sight.pending().is_empty());

    let mut read_back = BTreeMap::new();
    let mut conversations = sight.api().conversations(&ConversationFilter::new());
    while let Some(conversation) = conversations.next().await {
        let conversation = conversation?;
        let again = read_back.insert(conversation.conversation_id.clone(), conversation);
        assert!(again.is_none(), "R19: no row comes twice");
    }
    assert_eq!(read_back.len(), dialogues.len());
    for dialogue in &dialogues {
        dialogue.assert_read_back(&read_back[&dialogue.id]);
    }
    Ok(())
}
