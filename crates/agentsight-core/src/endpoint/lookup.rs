//! `GET /api/conversations/lookup/` (read; wire: 1.9)

use agentsight_model::Lookup;
use form_urlencoded::Serializer;

use crate::answer::Answer;
use crate::endpoint::{Operation, Repeat, RequestParts};
use crate::error::Error;

/// Resolves the number of a conversation from its text id.
#[derive(Debug)]
pub(crate) struct LookupConversation {
    /// The call that needs the number.
    pub name: &'static str,
    pub conversation_id: String,
}

impl Operation for LookupConversation {
    type Output = u64;

    fn name(&self) -> &'static str {
        self.name
    }

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    fn request(&self) -> Result<RequestParts, Error> {
        let query = Serializer::new(String::new()).append_pair("conversation_id", &self.conversation_id).finish();
        Ok(RequestParts::get("/api/conversations/lookup/").query(query))
    }

    fn read(&self, answer: &Answer<'_>) -> Result<u64, Error> {
        answer.json_about::<Lookup>(None, Some(&self.conversation_id)).map(|lookup| lookup.id)
    }
}
