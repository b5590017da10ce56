//! `GET /api/me/` (read; wire: 1.19)

use agentsight_model::Me;

use crate::answer::Answer;
use crate::endpoint::{Operation, Repeat, RequestParts};
use crate::error::{Error, Purpose};

/// Tells whom the key belongs to.
#[derive(Debug)]
pub(crate) struct FetchMe;

impl Operation for FetchMe {
    type Output = Me;

    fn name(&self) -> &'static str {
        "me"
    }

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    fn purpose(&self) -> Purpose {
        Purpose::Service
    }

    fn request(&self) -> Result<RequestParts, Error> {
        Ok(RequestParts::get("/api/me/"))
    }

    fn read(&self, answer: &Answer<'_>) -> Result<Me, Error> {
        answer.json()
    }
}
