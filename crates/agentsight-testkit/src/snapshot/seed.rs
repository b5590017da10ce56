use std::net::IpAddr;

use chrono::{DateTime, Utc};

use super::document::ConversationDocument;
use super::fill::{Filling, Numbers};
use super::{InvalidSnapshot, Seeded};
use crate::FakeOptions;
use crate::api::{SHORT_TEXT, State};

/// Reads a conversation to seed, and checks what the service would check.
pub(crate) fn parse_seed(text: &str, options: &FakeOptions) -> Result<ConversationDocument, InvalidSnapshot> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut document: ConversationDocument =
        serde_path_to_error::deserialize(&mut deserializer).map_err(InvalidSnapshot::decoding)?;
    deserializer.end().map_err(|error| InvalidSnapshot::json(&error))?;
    let checked = document.check_texts(options).and_then(|()| document.check_files());
    checked.map_err(|invalid| invalid.located_in(text))?;
    Ok(document)
}

impl ConversationDocument {
    /// Stores a checked conversation unless the agent has one of that text id.
    pub(crate) fn seed(&self, state: &mut State, agent: u64, now: DateTime<Utc>) -> Result<Seeded, InvalidSnapshot> {
        if let Some(present) = state.find_conversation(agent, &self.conversation_id) {
            return Ok(Seeded::Present(present.number()));
        }
        let mut filling = Filling { state, now, numbers: Numbers::New };
        filling.add(agent, self).map(Seeded::Added)
    }

    fn check_texts(&mut self, options: &FakeOptions) -> Result<(), InvalidSnapshot> {
        let id = &self.conversation_id;
        if id.trim().is_empty() || id.contains('\0') || id.chars().count() > SHORT_TEXT {
            let problem = format!("expected 1 to {SHORT_TEXT} characters, not blank and without NUL");
            return Err(InvalidSnapshot::new("conversation_id", problem));
        }
        if let Some(address) = &self.customer_ip_address
            && address.parse::<IpAddr>().is_err()
        {
            return Err(InvalidSnapshot::new("customer_ip_address", "expected an IPv4 or IPv6 address"));
        }
        if let Some(environment) = &mut self.environment {
            let Some(slug) = options.find_environment(environment) else {
                let known: Vec<&str> = options.environments().collect();
                let problem = format!("expected one of {}; the service can be given more", known.join(", "));
                return Err(InvalidSnapshot::new("environment", problem));
            };
            *environment = slug;
        }
        Ok(())
    }
}
