//! The proof: every scenario of the recording, call by call, through one of our clients.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use agentsight_core::{Config, ConfigBuilder, ErrorKind};
use agentsight_testkit::FakeServer;
use bytes::Bytes;
use serde_json::{Value, json};

use super::Client;
use super::call::Call;
use super::difference::DIFFERENCES;
use super::expectation::{Expectation, rank_times};
use super::numbers::{Numbers, Row};
use super::outcome::Outcome;
use super::request::Request;
use super::scenario::{self, Scenario};

/// The key of the recording.
const KEY: &str = "ags_1a2b3c4d5e6f7890abcdef1234567890_a1b2c3";
/// The number that the recorder gave to whatever was looked up.
const RECORDED_NUMBER: u64 = 42;
/// More conversations than fit on the first page that the recording asks for.
const ENOUGH_FOR_TWO_PAGES: usize = 60;

/// A configuration for a server, with the key of the recording.
pub(crate) fn config(server: &FakeServer) -> ConfigBuilder {
    Config::builder().api_key(KEY).endpoint(server.url())
}

/// Holds a client to the recording. Whatever is not as recorded has to be a named difference, and every named
/// difference has to show.
pub(crate) fn prove<C: Client>() {
    let scenarios = scenario::all();
    let requests: usize = scenarios.iter().map(|scenario| scenario.requests.len()).sum();
    assert_eq!((scenarios.len(), requests), (14, 62), "the recording is whole");

    let mut uses = BTreeMap::new();
    let mut deviations = Vec::new();
    for scenario in &scenarios {
        let mut expected = Expectation::of(scenario);
        for difference in DIFFERENCES {
            *uses.entry(difference.name).or_insert(0) += (difference.apply)(&mut expected);
        }
        let (expected, found) = play::<C>(scenario, expected);
        deviations.extend(compare(&scenario.name, "outcome", &expected.outcomes, &found.outcomes));
        deviations.extend(compare(&scenario.name, "request", &expected.requests, &found.requests));
    }
    assert!(deviations.is_empty(), "without a name:\n{}", deviations.join("\n"));
    uses.retain(|_, places| *places == 0);
    assert!(uses.is_empty(), "differences that do not show: {:?}", uses.keys());
}

/// Makes the calls of a scenario against a service of its own: what should have come of them, and what did.
fn play<'a, C: Client>(scenario: &Scenario, expected: Expectation<'a>) -> (Expectation<'a>, Expectation<'a>) {
    let server = FakeServer::start().expect("a free port");
    let mut numbers = Numbers::default();
    seed(&server, scenario, &mut numbers);
    let client = C::open(config(&server).build().expect("a valid configuration"), Arc::default());
    let mut outcomes = Vec::new();
    for (recorded, returned) in scenario.calls.iter().zip(&scenario.returned) {
        let sent_before = server.requests().len();
        let Some(call) = Call::of(recorded, &numbers) else {
            outcomes.push(Outcome::NotExpressible);
            continue;
        };
        outcomes.push(match client.make(call) {
            Ok(answer) => {
                if recorded.method == "send_tracked_data" {
                    numbers.learn_from_reports(returned, &answer);
                }
                Outcome::of(&recorded.method, &answer)
            }
            Err(error) if error.kind() == ErrorKind::InvalidInput => {
                assert_eq!(server.requests().len(), sent_before, "{}: refused after something was sent", scenario.name);
                Outcome::Refused
            }
            Err(error) => Outcome::Failed(error.to_string()),
        });
    }
    let mut requests: Vec<Request> = server.requests().iter().map(Request::sent).collect();
    rank_times(&mut requests);
    let found = Expectation { calls: expected.calls, outcomes, requests };
    (expected.finish(&numbers), found)
}

/// Puts into the service what a scenario takes for granted: the conversation that it reads or manages, and as many more
/// as a second page needs.
fn seed(server: &FakeServer, scenario: &Scenario, numbers: &mut Numbers) {
    let is_about = |id: &str| {
        let mut calls = scenario.calls.iter().filter(|call| call.client != "tracker");
        calls.any(|call| call.args.get("conversation_id").is_some_and(|given| given == id))
    };
    for id in ["conv-123", "conv-abc-123"].into_iter().filter(|id| is_about(id)) {
        numbers.learn(Row::Conversation, RECORDED_NUMBER, create(server, id));
    }
    if scenario.calls.iter().any(|call| call.args.get("page").is_some_and(|page| page == 2)) {
        for number in 0..ENOUGH_FOR_TWO_PAGES {
            create(server, &format!("page-{number}"));
        }
    }
    server.api().clear_requests();
}

/// Creates a conversation and tells its number.
fn create(server: &FakeServer, id: &str) -> u64 {
    let request = http::Request::post("/api/conversations/")
        .header("authorization", format!("Api-Key {KEY}"))
        .header("content-type", "application/json")
        .body(Bytes::from(json!({ "conversation_id": id }).to_string()))
        .expect("a valid request");
    let answer: Value = serde_json::from_slice(server.api().handle(request).body()).expect("a JSON answer");
    answer["id"].as_u64().expect("the number of what was created")
}

/// The places where two lists are not the same.
fn compare<T: Debug + PartialEq>(scenario: &str, what: &str, expected: &[T], found: &[T]) -> Vec<String> {
    let places = 0..expected.len().max(found.len());
    let unlike = places.filter(|index| expected.get(*index) != found.get(*index));
    let told = unlike.map(|index| {
        let (expected, found) = (expected.get(index), found.get(index));
        format!("{scenario}: {what} {index}\n  expected {expected:?}\n  found    {found:?}")
    });
    told.collect()
}
