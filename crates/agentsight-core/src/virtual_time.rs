//! Who takes part in virtual time: it moves only when all of them wait (H9).
//!
//! For those who write a client: where [`Context::has_virtual_waits`](crate::Context::has_virtual_waits), a wait ends as
//! soon as [`Parties::skip`] says how far time can move.

use std::time::Duration;

/// What somebody who takes part does there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// Waits in `send`, `send_all`, `flush` or `shutdown`, or helps somebody who does.
    Caller,
    /// Works in the background: while nobody else takes part, time stands still.
    Worker,
}

/// Everybody who runs jobs or waits for others to do so, and how long those who wait want to wait.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Parties {
    present: usize,
    callers: usize,
    waits: Vec<Option<Duration>>,
}

impl Parties {
    /// Somebody takes part from here on.
    pub fn join(&mut self, role: Role) {
        self.present = self.present.saturating_add(1);
        self.callers = self.callers.saturating_add(usize::from(role == Role::Caller));
    }

    /// Somebody does not take part any more. Those who wait have to begin anew.
    pub fn leave(&mut self, role: Role) {
        self.present = self.present.saturating_sub(1);
        self.callers = self.callers.saturating_sub(usize::from(role == Role::Caller));
        self.waits.clear();
    }

    /// Somebody begins to wait, for so long or, with `None`, until woken.
    pub fn wait(&mut self, duration: Option<Duration>) {
        self.waits.push(duration);
    }

    /// Nobody waits any more: all were woken.
    pub fn wake(&mut self) {
        self.waits.clear();
    }

    /// How far time can move: to the end of the shortest wait, if everybody waits.
    pub fn skip(&self) -> Option<Duration> {
        let everybody_waits = self.callers > 0 && self.waits.len() >= self.present;
        self.waits.iter().copied().flatten().min().filter(|_| everybody_waits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn h9_time_moves_to_the_end_of_the_shortest_wait_when_everybody_waits() {
        let mut parties = Parties::default();
        parties.join(Role::Caller);
        parties.join(Role::Worker);
        parties.wait(Some(3 * SECOND));
        assert_eq!(parties.skip(), None, "the other one works");
        parties.wait(Some(SECOND));
        assert_eq!(parties.skip(), Some(SECOND));
        parties.wake();
        assert_eq!(parties.skip(), None);
    }

    #[test]
    fn h9_who_waits_to_be_woken_moves_no_time_and_holds_up_nobody() {
        let mut parties = Parties::default();
        parties.join(Role::Caller);
        parties.wait(None);
        assert_eq!(parties.skip(), None);
        parties.join(Role::Caller);
        parties.wait(Some(SECOND));
        assert_eq!(parties.skip(), Some(SECOND));
    }

    #[test]
    fn h9_a_worker_alone_moves_no_time() {
        let mut parties = Parties::default();
        parties.join(Role::Worker);
        parties.wait(Some(SECOND));
        assert_eq!(parties.skip(), None);
    }

    #[test]
    fn h9_after_somebody_has_left_the_others_begin_to_wait_anew() {
        let mut parties = Parties::default();
        parties.join(Role::Caller);
        parties.join(Role::Caller);
        parties.wait(Some(SECOND));
        parties.leave(Role::Caller);
        assert_eq!(parties.skip(), None);
        parties.wait(Some(SECOND));
        assert_eq!(parties.skip(), Some(SECOND));
    }
}
