//! A 2xx answer on its way to being read.

mod about_conversation;
mod created_ids;
mod json_values;
mod kept_answer;
mod retry_after;

use bytes::Bytes;
use http::StatusCode;
use serde::de::DeserializeOwned;

pub(crate) use self::about_conversation::{ANOTHER_CONVERSATION, AboutConversation};
pub(crate) use self::created_ids::CreatedIds;
use self::json_values::holds_too_many_values;
pub(crate) use self::kept_answer::KeptAnswer;
pub(crate) use self::retry_after::retry_after;
use crate::error::{Error, ErrorKind, RequestFate};

/// A 2xx answer on its way to being read.
#[derive(Debug)]
pub(crate) struct Answer<'a> {
    pub status: StatusCode,
    pub body: &'a Bytes,
}

impl Answer<'_> {
    /// The body as `T`.
    ///
    /// # Errors
    /// `UnexpectedResponse` if the body is no JSON at all, `Decode` with the place if it is JSON of another shape,
    /// `TooLarge` if it holds too many values (R23). The text of none shows a value.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        self.check_values()?;
        serde_json::from_slice(self.body).map_err(|error| {
            if error.is_data() { self.misshapen::<T>() } else { self.unexpected("an answer that is not JSON") }
        })
    }

    /// The body as `T`, which has to be about the conversation that was asked for by `number`, by `id`, or by both (R12).
    ///
    /// # Errors
    /// As [`json`](Self::json), and `UnexpectedResponse` if it names another conversation.
    pub(crate) fn json_about<T: DeserializeOwned + AboutConversation>(
        &self,
        number: Option<u64>,
        id: Option<&str>,
    ) -> Result<T, Error> {
        let read: T = self.json()?;
        self.check_about(&read, number, id)?;
        Ok(read)
    }

    /// Checks that what was read is about the conversation that was asked for (R12).
    ///
    /// # Errors
    /// `UnexpectedResponse` if it names another conversation.
    pub(crate) fn check_about(
        &self,
        read: &impl AboutConversation,
        number: Option<u64>,
        id: Option<&str>,
    ) -> Result<(), Error> {
        if read.is_about(number, id) { Ok(()) } else { Err(self.unexpected(ANOTHER_CONVERSATION)) }
    }

    /// The ids in the answer of a create: any JSON, or nothing at all (R15).
    ///
    /// # Errors
    /// `UnexpectedResponse` if the body is something else: another server answered in the service's place.
    /// `TooLarge` if it holds too many values (R23).
    pub(crate) fn created(&self) -> Result<CreatedIds, Error> {
        if self.body.is_empty() {
            return Ok(CreatedIds::default());
        }
        self.check_values()?;
        serde_json::from_slice(self.body).map_err(|_| self.unexpected("an answer that is not JSON"))
    }

    /// The id of what was created, which the caller cannot do without, and the other ids.
    ///
    /// # Errors
    /// As [`created`](Self::created), and `UnexpectedResponse` if there is no `id`.
    pub(crate) fn with_id(&self) -> Result<(u64, CreatedIds), Error> {
        let ids = self.created()?;
        let id = ids.id.ok_or_else(|| self.unexpected("an answer without an id"))?;
        Ok((id, ids))
    }

    /// The answer as the report shows it.
    pub(crate) fn kept(&self) -> KeptAnswer {
        KeptAnswer::new(self.body)
    }

    /// The error of an answer that AgentSight does not give.
    pub(crate) fn unexpected(&self, what: &'static str) -> Error {
        Error::new(ErrorKind::UnexpectedResponse, what).with_status(self.status).with_fate(RequestFate::MaybeSent)
    }

    fn check_values(&self) -> Result<(), Error> {
        if holds_too_many_values(self.body) {
            return Err(Error::new(ErrorKind::TooLarge, "the answer holds too many values").with_status(self.status));
        }
        Ok(())
    }

    /// Decodes a second time to name the place; only the error path pays for it (R22).
    fn misshapen<T: DeserializeOwned>(&self) -> Error {
        let decoder = &mut serde_json::Deserializer::from_slice(self.body);
        let place = match serde_path_to_error::deserialize::<_, T>(decoder) {
            Ok(_) => ".".to_owned(),
            Err(error) => error.path().to_string(),
        };
        Error::new(ErrorKind::Decode, format!("cannot read `{place}` of the answer")).with_status(self.status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use agentsight_model::{Conversation, Page};

    fn answer(body: &str) -> Bytes {
        Bytes::copy_from_slice(body.as_bytes())
    }

    #[test]
    fn e3_a_decode_error_names_the_place_and_no_value() {
        let body = answer(
            r#"{"count": 1, "next": null, "previous": null,
            "results": [{"id": 1, "conversation_id": "a", "messages": [{"id": "my secret"}]}]}"#,
        );
        let answer = Answer { status: StatusCode::OK, body: &body };
        let error = answer.json::<Page<Conversation>>().expect_err("an id that is no number");
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains("results[0].messages[0]"), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn r15_a_page_in_place_of_json_is_unexpected() {
        let body = answer("<html>Sign in to the Wi-Fi</html>");
        let answer = Answer { status: StatusCode::OK, body: &body };
        assert_eq!(answer.created().expect_err("not JSON").kind(), ErrorKind::UnexpectedResponse);
        assert_eq!(answer.json::<Page<Conversation>>().expect_err("not JSON").kind(), ErrorKind::UnexpectedResponse);
    }

    #[test]
    fn r15_a_create_may_answer_nothing_unless_its_number_is_needed() {
        let empty = answer("");
        let empty = Answer { status: StatusCode::CREATED, body: &empty };
        assert!(empty.created().is_ok());
        assert!(empty.with_id().is_err());
        assert_eq!(empty.kept().into_value(), serde_json::json!({}));
        let body = answer(r#"{"id": 42, "anything": []}"#);
        let answer = Answer { status: StatusCode::OK, body: &body };
        assert_eq!(answer.with_id().expect("an id").0, 42);
        assert_eq!(answer.kept().into_value()["anything"], serde_json::json!([]));
    }
    #[test]
    fn r23_an_answer_with_too_many_values_is_too_large() {
        let body = answer(&format!("[{}0]", "0,".repeat(2_000_000)));
        let answer = Answer { status: StatusCode::OK, body: &body };
        assert_eq!(answer.json::<Vec<u8>>().expect_err("too many").kind(), ErrorKind::TooLarge);
        assert_eq!(answer.created().expect_err("too many").kind(), ErrorKind::TooLarge);
    }
}
