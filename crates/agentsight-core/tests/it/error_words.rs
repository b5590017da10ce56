//! E3: what an error says where a user was stuck.

use agentsight_core::{ConversationFilter, ErrorKind, NewFeedback, Sentiment};

use crate::drive::Drive;
use crate::fault::{Fault, Faults, Kept};
use crate::world::{Sent, World};

/// Every request meets this fault.
fn every(fault: Fault) -> impl Faults {
    move |_, _: &Sent| fault.clone()
}

#[test]
fn e3_a_404_of_a_list_does_not_advise_to_check_an_id() {
    let world = World::new();
    let mut list = world.core.fetch_conversations(&ConversationFilter::new().page(7)).unwrap();
    let error = world.drive_with(&mut list, every(Fault::status(404))).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(!error.to_string().contains("check the id"), "{error}");
    assert!(error.to_string().contains("check the page"), "{error}");

    let error = world.drive_with(&mut world.core.me(), every(Fault::status(404))).unwrap_err();
    assert!(error.to_string().starts_with("me: ") && error.to_string().contains("check the endpoint"), "{error}");

    let mut fetch = world.core.fetch_conversation(99.into()).unwrap();
    let error = world.drive_with(&mut fetch, every(Fault::None)).unwrap_err();
    assert!(error.to_string().contains("check the id"), "{error}");
}

#[test]
fn e3_a_read_that_finds_no_connection_names_the_host_and_speaks_of_nothing_that_was_sent() {
    let world = World::new();
    let host = world.core.config().endpoint().to_string();
    let host = host.trim_start_matches("https://").trim_start_matches("http://");
    let mut fetch = world.core.fetch_conversation(1.into()).unwrap();
    for fault in [Fault::Refused, Fault::Timeout(Kept::No), Fault::Reset(Kept::No)] {
        let error = world.drive_with(&mut world.core.me(), every(fault)).unwrap_err();
        assert!(error.to_string().contains(&format!("(host {host})")), "{error}");
        assert!(!error.to_string().contains("pending") && !error.to_string().contains("send again"), "{error}");
    }
    let error = world.drive_with(&mut fetch, every(Fault::Refused)).unwrap_err();
    assert!(error.to_string().ends_with("; check the network and the endpoint"), "{error}");
}

#[test]
fn e3_feedback_that_may_have_arrived_is_looked_for_before_it_is_repeated() {
    let world = World::new();
    let mut feedback = world.core.submit_feedback(1.into(), NewFeedback::new(Sentiment::Positive)).unwrap();
    let error = world.drive_with(&mut feedback, every(Fault::Timeout(Kept::No))).unwrap_err();
    assert!(error.to_string().contains("look before you repeat"), "{error}");
}

#[test]
fn e3_what_send_all_could_not_send_names_the_conversation_and_the_call() {
    let world = World::new();
    for id in ["support-1", "support-2"] {
        world.lane(id).track_human_message("hello").unwrap();
    }
    let report = world.send_all(every(Fault::Refused));
    assert_eq!(report.outcomes.len(), 2);
    for outcome in &report.outcomes {
        let error = outcome.result.as_ref().unwrap_err();
        let beginning = format!("send_all: conversation {}: ", outcome.conversation_id);
        assert!(error.to_string().starts_with(&beginning), "{error}");
        assert!(error.to_string().contains("(host "), "{error}");
        assert!(error.to_string().ends_with("nothing pending is lost"), "{error}");
    }
    let last = world.core.recorder().stats().last_error.unwrap();
    assert!(last.text.contains("(host ") && !last.text.contains("support-"), "{}", last.text);
}
