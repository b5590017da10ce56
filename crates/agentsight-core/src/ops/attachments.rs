//! `POST /api/attachments/` (write; wire: 1.12)

use std::time::Duration;

use http::{HeaderValue, Method};

use super::EventAnswer;
use crate::answer::Answer;
use crate::config::Timeouts;
use crate::error::Error;
use crate::operation::{Operation, Repeat, RequestParts};
use crate::transport::Body;

/// Uploads files, as base64 or as form data; the body is framed once and shared by all attempts.
#[derive(Debug)]
pub(crate) struct UploadAttachments {
    pub content_type: HeaderValue,
    pub body: Body,
    /// Whether more files follow, which have to name the message that the service makes for these.
    pub needs_message: bool,
}

impl Operation for UploadAttachments {
    type Output = EventAnswer;

    fn name(&self) -> &'static str {
        "track_attachments"
    }

    fn repeat(&self) -> Repeat {
        Repeat::Creates
    }

    fn request(&self) -> Result<RequestParts, Error> {
        Ok(RequestParts {
            method: Method::POST,
            path: "/api/attachments/".into(),
            query: String::new(),
            content: Some((self.content_type.clone(), self.body.clone())),
        })
    }

    fn allowance(&self, timeouts: &Timeouts) -> Duration {
        timeouts.for_upload(self.body.len())
    }

    fn read(&self, answer: &Answer<'_>) -> Result<EventAnswer, Error> {
        if self.needs_message { EventAnswer::read_with_message(answer) } else { EventAnswer::read(answer) }
    }
}
