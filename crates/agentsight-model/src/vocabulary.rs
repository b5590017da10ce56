//! The words of the service: environments, devices, senders, sentiments and the like.

use crate::open_enum::open_enum;

open_enum! {
    /// Where a conversation was held. The service knows others by their slugs, agent by agent.
    ///
    /// `From<&str>` takes `prod` and `dev`, trims and ignores case (R5). Decoding keeps every spelling but the two slugs.
    ///
    /// ```
    /// use agentsight_model::Environment;
    ///
    /// assert_eq!(Environment::from(" Prod "), Environment::Production);
    /// assert_eq!(Environment::from("staging").as_str(), "staging");
    /// ```
    pub enum Environment {
        /// Real conversations.
        Production = "production" | "prod",
        /// Trials. The dashboard's analytics leave them out.
        Development = "development" | "dev",
    }
}

open_enum! {
    /// What the person used.
    pub enum Device {
        /// A desktop or laptop computer.
        Desktop = "desktop",
        /// A phone.
        Mobile = "mobile",
        /// A tablet.
        Tablet = "tablet",
    }
}

open_enum! {
    /// Who wrote a message.
    pub enum Sender {
        /// The person: `end_user` on the wire.
        EndUser = "end_user",
        /// The AI agent.
        Agent = "agent",
        /// The system. The vendor's vocabulary has it; the service has not been seen to send it.
        System = "system",
    }
}

open_enum! {
    /// How a person felt about a conversation or a message.
    pub enum Sentiment {
        /// Content.
        Positive = "positive",
        /// Neither.
        Neutral = "neutral",
        /// Not content.
        Negative = "negative",
    }
}

open_enum! {
    /// Who gave a feedback. Newer servers do not send it any more.
    pub enum FeedbackSource {
        /// The person, through an API key.
        Customer = "customer",
        /// A member of the team, in the dashboard.
        Platform = "platform",
    }
}

open_enum! {
    /// What a feedback is about (wire: GET /api/feedbacks/).
    pub enum FeedbackKind {
        /// A conversation.
        Conversation = "conversation",
        /// The agent as a whole.
        Agent = "agent",
        /// One message: a vote.
        Message = "message",
        /// The service itself. Never shown to an API key.
        Product = "product",
    }
}

open_enum! {
    /// What kind of file an attachment is.
    pub enum AttachmentKind {
        /// A picture.
        Image = "image",
        /// A document, such as a PDF.
        Document = "document",
        /// Plain text.
        Text = "text",
        /// Sound.
        Audio = "audio",
        /// A film.
        Video = "video",
    }
}

open_enum! {
    /// What an API key may do (wire: GET /api/me/).
    pub enum Role {
        /// Reading only.
        Read = "read",
        /// Reading and writing.
        Write = "write",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r5_short_forms_in_any_case_are_the_environment() {
        for text in ["prod", "PROD", " Production ", "production"] {
            assert_eq!(Environment::from(text), Environment::Production, "{text}");
        }
        for text in ["dev", "Dev\n", "DEVELOPMENT"] {
            assert_eq!(Environment::from(text.to_owned()), Environment::Development, "{text}");
        }
    }

    #[test]
    fn r5_other_slugs_are_kept() {
        let staging = Environment::from("Staging-EU");
        assert_eq!((staging.as_str(), staging.is_listed()), ("Staging-EU", false));
        assert_eq!(Device::from("smart fridge").to_string(), "smart fridge");
    }

    #[test]
    fn r22_decoding_keeps_every_spelling() -> Result<(), serde_json::Error> {
        for word in ["production", "prod", " Development", "staging", ""] {
            let json = serde_json::to_string(word)?;
            let environment: Environment = serde_json::from_str(&json)?;
            assert_eq!(serde_json::to_string(&environment)?, json);
            assert_eq!(environment.is_listed(), word == "production");
        }
        Ok(())
    }

    #[test]
    fn r22_a_word_is_a_text() {
        for json in ["7", "null", "[]", r#"{"Positive": null}"#] {
            assert!(serde_json::from_str::<Sentiment>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn an_unlisted_word_is_equal_to_itself_only() {
        assert_eq!(Sender::from("bot"), Sender::from("bot"));
        assert_ne!(Sender::from("bot"), Sender::from("Bot"));
        assert_eq!(Sender::from("END_USER"), Sender::EndUser);
    }
}
