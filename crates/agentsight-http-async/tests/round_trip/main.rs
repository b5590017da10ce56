//! Whole round trips: tracked, sent, kept by a faithful service, read back.

#![expect(clippy::expect_used, reason = "a test that cannot prepare itself has to fail")]

mod at_once;
mod background;
mod cancellation;
mod dialogues;
mod ending;
mod everything;
mod paging;
mod panics;
mod parts;
mod polling;
mod promises;
mod runtimes;
mod service;
mod silent;
mod threads;
mod trackers;
mod yielding;

#[path = "../../../../tests/round_trip/crowd.rs"]
mod crowd;
#[path = "../../../../tests/round_trip/every_call.rs"]
mod every_call;
#[path = "../../../../tests/round_trip/in_flight.rs"]
mod in_flight;
#[path = "../../../../tests/round_trip/interrupted_conversation.rs"]
mod interrupted_conversation;
#[path = "../../../../tests/round_trip/support_dialogues.rs"]
mod support_dialogues;
#[path = "../../../../tests/round_trip/virtual_service.rs"]
mod virtual_service;
