use std::io;

use super::FakeApi;
use crate::snapshot::{InvalidSnapshot, Seeded, Snapshot, parse_seed};

/// What the service holds, taken out and put in, without a request and without a key.
impl FakeApi {
    /// Everything that is stored now. Files are shared, the rest is copied.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot::of(&self.state())
    }

    /// Writes what [`snapshot`](Self::snapshot) would hold as [`Snapshot::write`] does, without a copy of everything in
    /// between. Requests wait until it is written: write a large store to memory rather than to a slow disk.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn write_snapshot(&self, writer: impl io::Write) -> io::Result<()> {
        Snapshot::write_state(&self.state(), writer)
    }

    /// Replaces everything that is stored by what a snapshot holds; every read then has the answer it had there.
    ///
    /// # Errors
    ///
    /// When two rows of the snapshot have the same number, two conversations of an agent the same text id, two actions
    /// the same name, or a file has no content. Nothing is changed then.
    pub fn restore(&self, snapshot: &Snapshot) -> Result<(), InvalidSnapshot> {
        let state = snapshot.to_state(self.shared.options.timestamp_precision.cut(self.clock().now()))?;
        *self.state() = state;
        self.note_change();
        Ok(())
    }

    /// Stores a conversation that is given as the service's detail route answers it, such as a line of an export:
    /// with `messages`, their `attachments` (and the `data` of each, as base64), `action_logs` and `button`, and with
    /// `feedbacks`. Only `conversation_id` is needed, and `timestamp`, `sender` and `content` of a message.
    ///
    /// It goes to the agent of [`api_key`](Self::api_key), and gets numbers of this service. A conversation whose text
    /// id is there already is left as it is.
    ///
    /// ```
    /// use agentsight_testkit::FakeApi;
    ///
    /// # fn main() -> Result<(), agentsight_testkit::InvalidSnapshot> {
    /// let api = FakeApi::new();
    /// api.seed(
    ///     r#"{"conversation_id": "support-123", "device": "mobile", "messages": [
    ///         {"timestamp": "2026-08-17T10:32:33Z", "sender": "end_user", "content": "Where is my parcel?"}]}"#,
    /// )?;
    /// assert_eq!(api.transcript("support-123").len(), 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When it is no JSON, or not such a conversation, or says what the service would not have stored: an id that is
    /// blank or too long, an environment that the agent does not have, an address that is none, a file without
    /// content. Nothing is changed then.
    pub fn seed(&self, conversation: &str) -> Result<Seeded, InvalidSnapshot> {
        let options = &self.shared.options;
        let document = parse_seed(conversation, options)?;
        let now = options.timestamp_precision.cut(self.clock().now());
        let seeded = document.seed(&mut self.state(), options.own_agent(), now)?;
        if matches!(seeded, Seeded::Added(_)) {
            self.note_change();
        }
        Ok(seeded)
    }

    /// Stores the sample that `agentsight-fake --demo` shows, and says how many of its conversations were not there yet:
    /// support, shop and voice in six languages, over four weeks that end now.
    ///
    /// The same clock gives the same sample.
    ///
    /// ```
    /// use agentsight_testkit::FakeApi;
    ///
    /// let api = FakeApi::new();
    /// assert!(api.seed_demo() > 40);
    /// assert_eq!(api.seed_demo(), 0);
    /// ```
    #[cfg(feature = "cli")]
    pub fn seed_demo(&self) -> usize {
        let now = self.shared.options.timestamp_precision.cut(self.clock().now());
        let agent = self.shared.options.own_agent();
        let mut state = self.state();
        let seeded =
            crate::sample::conversations(now).into_iter().map(|document| document.seed(&mut state, agent, now));
        let added = seeded.filter(|seeded| matches!(seeded, Ok(Seeded::Added(_)))).count();
        drop(state);
        if added > 0 {
            self.note_change();
        }
        added
    }

    /// How often what is stored may have been changed: while the number stays, a [`snapshot`](Self::snapshot) stays
    /// the same.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.let_late_requests_arrive();
        self.shared.revisions.changes()
    }
}
