use super::FakeApi;
use super::late::LateRequests;
use super::state::State;
use crate::audit::TrafficMeter;
use crate::rate_limit::Buckets;
use crate::record::RequestLog;

impl FakeApi {
    /// Makes the service as it was when it began: nothing stored, nothing recorded or audited, every number given
    /// anew, the clock back to what its source says. Its options and keys stay.
    ///
    /// ```
    /// use agentsight_testkit::FakeApi;
    /// use bytes::Bytes;
    /// use http::Request;
    ///
    /// # fn main() -> Result<(), http::Error> {
    /// let api = FakeApi::new();
    /// let _ = api.handle(Request::get("/api/me/").body(Bytes::new())?);
    /// api.reset();
    /// assert!(api.requests().is_empty());
    /// # Ok(())
    /// # }
    /// ```
    pub fn reset(&self) {
        self.clock().reset();
        self.reset_conversations();
        self.reset_requests();
    }

    /// Forgets what is stored, and the requests that were still to take effect; new rows are numbered from the beginning
    /// again. The clock, the recorded requests and the audit go on: to a client it is a service that was set up anew
    /// (R17).
    ///
    /// ```
    /// use agentsight_testkit::FakeApi;
    ///
    /// # fn main() -> Result<(), agentsight_testkit::InvalidSnapshot> {
    /// let api = FakeApi::new();
    /// api.seed(r#"{"conversation_id": "support-123"}"#)?;
    /// api.reset_conversations();
    /// assert!(api.conversations().is_empty());
    /// api.seed(r#"{"conversation_id": "support-124"}"#)?;
    /// assert_eq!(api.conversations()[0].id, 1);
    /// # Ok(())
    /// # }
    /// ```
    pub fn reset_conversations(&self) {
        *self.late() = LateRequests::default();
        *self.present_state() = State::default();
        self.shared.revisions.note_change();
    }

    /// Forgets how the service was asked: the records, the traffic, and what each key has left of its rate.
    pub(crate) fn reset_requests(&self) {
        let most = self.shared.options.recorded_requests;
        *self.buckets() = Buckets::default();
        *self.log() = RequestLog::new(most);
        *self.meter() = TrafficMeter::new(most);
        self.shared.revisions.note_request();
    }
}
