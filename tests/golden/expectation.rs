//! What a scenario should come to: the recording, to be changed by named differences only.

use chrono::{DateTime, Utc};

use super::numbers::Numbers;
use super::outcome::Outcome;
use super::request::Request;
use super::scenario::{RecordedCall, Scenario};

/// The outcomes and the requests of one scenario.
#[derive(Debug)]
pub(crate) struct Expectation<'a> {
    pub(crate) calls: &'a [RecordedCall],
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) requests: Vec<Request>,
}

impl<'a> Expectation<'a> {
    /// What was recorded.
    pub(crate) fn of(scenario: &'a Scenario) -> Self {
        assert_eq!(scenario.calls.len(), scenario.returned.len(), "{}", scenario.name);
        let pairs = scenario.calls.iter().zip(&scenario.returned);
        Self {
            calls: &scenario.calls,
            outcomes: pairs.map(|(call, returned)| Outcome::of(&call.method, returned)).collect(),
            requests: scenario.requests.iter().map(Request::recorded).collect(),
        }
    }

    /// The same with our numbers, and with ranks in place of times.
    pub(crate) fn finish(mut self, numbers: &Numbers) -> Self {
        self.requests.iter_mut().for_each(|request| numbers.translate(request));
        rank_times(&mut self.requests);
        self
    }
}

/// Puts in place of every time whether it is the first, the second and so on of all of them: equal times stay equal,
/// and later ones stay later.
pub(crate) fn rank_times(requests: &mut [Request]) {
    let mut times: Vec<DateTime<Utc>> = requests.iter().filter_map(Request::timestamp).collect();
    times.sort_unstable();
    times.dedup();
    for request in requests {
        let rank = request.timestamp().map(|time| times.partition_point(|earlier| *earlier < time));
        if let (Some(rank), Some(field)) = (rank, request.field_mut("timestamp")) {
            *field = format!("time {rank}").into();
        }
    }
}
