//! The threads that run the same jobs: when another one is needed, and when one is too many (R25).

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle, ThreadId};
use std::time::{Duration, Instant};

/// Counts the threads of one `send`, `flush` or worker.
///
/// While there is something to wait for, one of them *watches*: it waits for the earliest time at which something is due,
/// and to be woken. The others wait in reserve, or end.
#[derive(Debug)]
pub(crate) struct Crew {
    limit: usize,
    /// How long a thread is kept in reserve.
    reserve_time: Duration,
    state: Mutex<State>,
    /// One in reserve is needed, or all are to end.
    called: Condvar,
    /// A thread has ended.
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    members: Vec<ThreadId>,
    handles: Vec<JoinHandle<()>>,
    /// Members and those who are being started.
    threads: usize,
    watchers: usize,
    reserves: usize,
    /// How many in reserve were called and have not heard it yet.
    calls: usize,
    /// Whether one has to watch while others work.
    keeps_watch: bool,
    is_over: bool,
}

/// What is needed when a thread has taken a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// There are enough threads.
    Nobody,
    /// One that watches is to be woken.
    Watcher,
    /// One is to be started; it is counted already.
    Another,
}

/// What a thread does that has found nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rest {
    /// Watches: [`Crew::stop_watching`] ends it.
    Watch,
    /// Waits in reserve.
    Reserve,
    /// Ends; it is not counted any more.
    End,
}

/// A thread of a crew, until it is dropped.
#[derive(Debug)]
pub(crate) struct Member<'a> {
    crew: &'a Crew,
    is_counted: bool,
}

impl Crew {
    /// A crew of up to `limit` threads, of which one that was started is counted already.
    ///
    /// With `keeps_watch`, one watches while others work; else that begins with the first sign of work for two.
    pub(crate) fn new(limit: usize, keeps_watch: bool, reserve_time: Duration) -> Self {
        let state = State { threads: 1, keeps_watch, ..State::default() };
        let (called, ended) = (Condvar::new(), Condvar::new());
        Self { limit: limit.max(1), reserve_time, state: Mutex::new(state), called, ended }
    }

    /// The calling thread, which was counted when it was started.
    pub(crate) fn enter(&self) -> Member<'_> {
        self.lock().members.push(thread::current().id());
        Member { crew: self, is_counted: true }
    }

    /// A thread that was counted could not be started.
    pub(crate) fn was_not_started(&self) {
        let mut state = self.lock();
        state.threads = state.threads.saturating_sub(1);
        drop(state);
        self.ended.notify_all();
    }

    /// Keeps the handle of a thread that was started, for [`join`](Self::join).
    pub(crate) fn keep(&self, handle: JoinHandle<()>) {
        let mut state = self.lock();
        let finished: Vec<_> = state.handles.extract_if(.., |handle| handle.is_finished()).collect();
        state.handles.push(handle);
        drop(state);
        // What is thread-local may still have to go.
        finished.into_iter().for_each(|handle| drop(handle.join()));
    }

    /// A member has taken a job. Says whether somebody else has to look for more.
    pub(crate) fn took_job(&self, is_more_due: bool) -> Need {
        let mut state = self.lock();
        state.keeps_watch |= is_more_due;
        if state.watchers > 0 {
            return if is_more_due { Need::Watcher } else { Need::Nobody };
        }
        if state.is_over || !state.keeps_watch {
            return Need::Nobody;
        }
        if state.reserves > state.calls {
            state.calls = state.calls.saturating_add(1);
            drop(state);
            self.called.notify_one();
            return Need::Nobody;
        }
        if state.threads < self.limit {
            state.threads = state.threads.saturating_add(1);
            return Need::Another;
        }
        Need::Nobody
    }

    /// Whether the crew is to end.
    pub(crate) fn is_over(&self) -> bool {
        self.lock().is_over
    }

    /// Lets all threads end after what they are doing. Whoever watches has to be woken.
    pub(crate) fn end(&self) {
        self.lock().is_over = true;
        self.called.notify_all();
    }

    /// Waits until all threads have ended, at most so long. Returns whether they have.
    pub(crate) fn join(&self, timeout: Duration) -> bool {
        let state = self.lock();
        let waited = self.ended.wait_timeout_while(state, timeout, |state| state.threads > 0);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        if state.threads > 0 {
            return false;
        }
        let handles = std::mem::take(&mut state.handles);
        drop(state);
        // They have left the crew and are about to end; what they panicked of was caught before.
        handles.into_iter().for_each(|handle| drop(handle.join()));
        true
    }

    /// Whether the calling thread is a member.
    pub(crate) fn has_this_thread(&self) -> bool {
        self.lock().members.contains(&thread::current().id())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Member<'_> {
    /// A member has found nothing to do. With `stays`, it watches even if somebody else does.
    pub(crate) fn rest(&mut self, stays: bool) -> Rest {
        let mut state = self.crew.lock();
        if stays || state.watchers == 0 {
            state.watchers = state.watchers.saturating_add(1);
            Rest::Watch
        } else if self.crew.reserve_time.is_zero() {
            self.leave(&mut state);
            Rest::End
        } else {
            Rest::Reserve
        }
    }

    /// A member does not watch any more.
    pub(crate) fn stop_watching(&mut self) {
        let mut state = self.crew.lock();
        state.watchers = state.watchers.saturating_sub(1);
    }

    /// Waits in reserve. Returns whether the member is needed; if not, it is not counted any more.
    pub(crate) fn wait_in_reserve(&mut self) -> bool {
        let Crew { called, reserve_time, .. } = self.crew;
        let mut state = self.crew.lock();
        state.reserves = state.reserves.saturating_add(1);
        let until = Instant::now().checked_add(*reserve_time);
        loop {
            let left = until.map_or(*reserve_time, |until| until.saturating_duration_since(Instant::now()));
            if state.calls > 0 {
                state.calls = state.calls.saturating_sub(1);
                state.reserves = state.reserves.saturating_sub(1);
                return true;
            }
            if left.is_zero() || state.is_over {
                state.reserves = state.reserves.saturating_sub(1);
                self.leave(&mut state);
                return false;
            }
            state = called.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn leave(&mut self, state: &mut State) {
        let this = thread::current().id();
        state.members.retain(|member| *member != this);
        if std::mem::take(&mut self.is_counted) {
            state.threads = state.threads.saturating_sub(1);
        }
    }
}

impl Drop for Member<'_> {
    fn drop(&mut self) {
        let crew = self.crew;
        self.leave(&mut crew.lock());
        crew.ended.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r25_a_thread_is_started_when_nobody_watches_up_to_the_limit() {
        let crew = Crew::new(2, true, Duration::ZERO);
        let _one = crew.enter();
        assert_eq!(crew.took_job(false), Need::Another);
        let mut other = crew.enter();
        assert_eq!(crew.took_job(true), Need::Nobody, "the limit");
        assert_eq!(other.rest(false), Rest::Watch);
        assert_eq!(crew.took_job(false), Need::Nobody, "one watches");
        assert_eq!(crew.took_job(true), Need::Watcher);
    }

    #[test]
    fn h9_a_send_of_one_conversation_needs_one_thread() {
        let crew = Crew::new(16, false, Duration::ZERO);
        let _one = crew.enter();
        assert_eq!(crew.took_job(false), Need::Nobody);
        assert_eq!(crew.took_job(true), Need::Another);
    }

    #[test]
    fn r25_one_always_watches_and_the_others_end() {
        let crew = Crew::new(3, true, Duration::ZERO);
        let mut one = crew.enter();
        assert_eq!(crew.took_job(true), Need::Another);
        let mut other = crew.enter();
        assert_eq!((one.rest(false), other.rest(false)), (Rest::Watch, Rest::End));
        one.stop_watching();
        assert_eq!(crew.took_job(false), Need::Another, "the other one has ended");
    }

    #[test]
    fn r25_a_thread_in_reserve_is_called_before_another_one_is_started() {
        let crew = Crew::new(3, true, Duration::from_secs(60));
        thread::scope(|scope| {
            let mut one = crew.enter();
            assert_eq!(one.rest(false), Rest::Watch);
            assert_eq!(crew.took_job(false), Need::Nobody);
            crew.lock().threads += 1;
            let reserve = scope.spawn(|| {
                let mut other = crew.enter();
                assert_eq!(other.rest(false), Rest::Reserve);
                other.wait_in_reserve()
            });
            while crew.lock().reserves == 0 {
                thread::yield_now();
            }
            one.stop_watching();
            assert_eq!(crew.took_job(false), Need::Nobody, "the one in reserve is called");
            assert!(reserve.join().expect("no thread panics"));
        });
    }

    #[test]
    fn r27_the_end_is_waited_for_only_so_long() {
        let crew = Crew::new(1, true, Duration::ZERO);
        let member = crew.enter();
        crew.end();
        assert!(crew.is_over() && crew.has_this_thread() && !crew.join(Duration::ZERO));
        drop(member);
        assert!(!crew.has_this_thread() && crew.join(Duration::ZERO));
    }
}
