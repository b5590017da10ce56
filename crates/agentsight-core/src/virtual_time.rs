//! Virtual time moves only when every thread and task that takes part in it waits (H9).
//!
//! This module is for authors of clients. If [`Context::has_virtual_waits`](crate::Context::has_virtual_waits), a client
//! does not sleep: it moves the clock as far as [`Parties::skip`] says, and all waits that have passed by then end.

use std::time::Duration;

/// Why a thread or task takes part in virtual time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// It waits in `send`, `send_all`, `flush` or `shutdown`, or runs jobs for such a call.
    Caller,
    /// It delivers in the background. Time stands still while only workers take part.
    Worker,
}

/// The threads and tasks that run jobs or wait for jobs, and how long those that wait want to wait.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Parties {
    present: usize,
    callers: usize,
    waits: Vec<Option<Duration>>,
}

impl Parties {
    /// Adds a party.
    pub fn join(&mut self, role: Role) {
        self.present = self.present.saturating_add(1);
        self.callers = self.callers.saturating_add(usize::from(role == Role::Caller));
    }

    /// Removes a party and ends all waits: those that wait have to call [`wait`](Self::wait) again.
    pub fn leave(&mut self, role: Role) {
        self.present = self.present.saturating_sub(1);
        self.callers = self.callers.saturating_sub(usize::from(role == Role::Caller));
        self.waits.clear();
    }

    /// A party begins to wait: for this duration, or with `None` until it is woken.
    pub fn wait(&mut self, duration: Option<Duration>) {
        self.waits.push(duration);
    }

    /// Ends all waits: all parties were woken.
    pub fn wake(&mut self) {
        self.waits.clear();
    }

    /// Returns how far time can move: to the end of the shortest wait, if all parties wait.
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
