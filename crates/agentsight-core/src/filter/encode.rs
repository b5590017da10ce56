//! From a filter to a query string: pure, and the same filter always gives the same text (R18; wire: 1.6, 1.9).

use std::net::IpAddr;

use agentsight_model::{ConversationId, FeedbackSource, Sentiment, Timestamp};
use chrono::{DateTime, Datelike as _, SubsecRound as _, Utc};
use form_urlencoded::Serializer;

use super::{ConversationFilter, metadata_syntax};
use crate::error::Error;

/// Parameters that `extra` does not take, because a setter sends them.
const TYPED: [&str; 27] = [
    "page",
    "page_size",
    "conversation_id",
    "customer_id",
    "customer_id__icontains",
    "customer_ip_address",
    "name",
    "device",
    "language",
    "env",
    "environment",
    "is_marked",
    "include_deleted",
    "include_tickets",
    "has_messages",
    "has_feedback",
    "has_action",
    "action_name",
    "message_contains",
    "feedback_sentiment",
    "feedback_source",
    "metadata",
    "search",
    "ordering",
    "started_at_after",
    "started_at_before",
    "full",
];

/// Digits of a second's fraction that the service keeps.
const MICROSECONDS: u16 = 6;

/// The parameter that turns pages into one array of everything (wire: 1.7), which could not be read as a page.
const UNPAGED: &str = "paginate";

impl ConversationFilter {
    /// The query string, form-encoded, without a question mark; empty if nothing is set.
    ///
    /// The order is fixed: as the setters are listed, then `full`, then [`extra`](Self::extra) as given.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) naming the first condition that cannot be sent: a page
    /// of 0, a page size outside 1 to 100, a blank text, control characters, an IP address or a time that is none, a
    /// sentiment or source that the service does not know, metadata that the service would misread, an `extra` that has
    /// a setter. The error never shows a value.
    pub fn encode(&self) -> Result<String, Error> {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(self.pairs()?);
        Ok(query.finish())
    }

    /// The parameters in order, not yet encoded.
    pub(crate) fn pairs(&self) -> Result<Vec<(&str, String)>, Error> {
        if self.page == Some(0) {
            return Err(refused("page", "must be at least 1"));
        }
        if self.page_size.is_some_and(|size| !(1..=100).contains(&size)) {
            return Err(refused("page_size", "must be 1 to 100"));
        }
        if self.customer_ip_address.as_ref().is_some_and(|address| address.parse::<IpAddr>().is_err()) {
            return Err(refused("customer_ip_address", "is not an IP address"));
        }
        let mut pairs = Pairs(Vec::new());
        pairs.display("page", self.page);
        pairs.display("page_size", self.page_size);
        if let Some(id) = &self.conversation_id {
            // What can be tracked can be looked for, line breaks in an id included (R1).
            let id =
                ConversationId::new(id.as_str()).map_err(|problem| refused("conversation_id", &problem.to_string()))?;
            pairs.display("conversation_id", Some(id));
        }
        pairs.text("customer_id", self.customer_id.as_ref())?;
        pairs.text("customer_id__icontains", self.customer_id_contains.as_ref())?;
        pairs.text("customer_ip_address", self.customer_ip_address.as_ref())?;
        pairs.text("name", self.name.as_ref())?;
        pairs.text("device", self.device.as_ref())?;
        pairs.text("language", self.language.as_ref())?;
        pairs.text("env", self.environment.as_ref())?;
        pairs.display("is_marked", self.is_marked);
        pairs.display("include_deleted", self.include_deleted);
        pairs.display("include_tickets", self.include_tickets);
        pairs.display("has_messages", self.has_messages);
        pairs.display("has_feedback", self.has_feedback);
        pairs.display("has_action", self.has_action);
        pairs.text("action_name", self.action_name.as_ref())?;
        pairs.text("message_contains", self.message_contains.as_ref())?;
        pairs.listed("feedback_sentiment", self.feedback_sentiment.as_ref(), Sentiment::is_listed)?;
        pairs.listed("feedback_source", self.feedback_source.as_ref(), FeedbackSource::is_listed)?;
        if !self.metadata.is_empty() {
            pairs.display("metadata", Some(metadata_syntax::write(&self.metadata)?));
        }
        pairs.text("search", self.search.as_ref())?;
        pairs.display("ordering", self.ordering);
        pairs.time("started_at_after", self.started_at_after)?;
        pairs.time("started_at_before", self.started_at_before)?;
        pairs.display("full", self.full);
        for (name, value) in &self.extra {
            check_extra(name)?;
            pairs.text(name, Some(value))?;
        }
        Ok(pairs.0)
    }
}

struct Pairs<'a>(Vec<(&'a str, String)>);

impl<'a> Pairs<'a> {
    fn display(&mut self, name: &'a str, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.0.push((name, value.to_string()));
        }
    }

    fn text(&mut self, name: &'a str, value: Option<impl AsRef<str>>) -> Result<(), Error> {
        let Some(value) = value else {
            return Ok(());
        };
        let value = value.as_ref();
        if value.trim().is_empty() {
            return Err(refused(name, "is blank"));
        }
        if value.chars().any(char::is_control) {
            return Err(refused(name, "holds control characters"));
        }
        self.0.push((name, value.to_owned()));
        Ok(())
    }

    /// A word of a set that a filter knows whole, unlike environments and devices.
    fn listed<T: AsRef<str>>(
        &mut self,
        name: &'a str,
        word: Option<&T>,
        is_listed: fn(&T) -> bool,
    ) -> Result<(), Error> {
        if word.is_some_and(|word| !is_listed(word)) {
            return Err(refused(name, "is a word that the service does not know"));
        }
        self.text(name, word)
    }

    fn time(&mut self, name: &'a str, time: Option<DateTime<Utc>>) -> Result<(), Error> {
        if time.is_some_and(|time| !(0..=9999).contains(&time.year())) {
            return Err(refused(name, "is outside the years 0 to 9999"));
        }
        self.display(name, time.map(|time| Timestamp::from(time.trunc_subsecs(MICROSECONDS))));
        Ok(())
    }
}

fn check_extra(name: &str) -> Result<(), Error> {
    if name.trim().is_empty() {
        return Err(refused("extra", "has a blank name"));
    }
    if name.chars().any(char::is_control) {
        return Err(refused("extra", "has a name that holds control characters"));
    }
    if TYPED.contains(&name) {
        return Err(refused(name, "has a setter of its own, extra(..) does not take it"));
    }
    if name == UNPAGED {
        return Err(refused(name, "would change the answer to something that is not a page"));
    }
    Ok(())
}

fn refused(name: &str, problem: &str) -> Error {
    Error::invalid(format!("the filter's {name} {problem}"))
}

#[cfg(test)]
mod tests;
