//! The core, a fake service and a virtual clock: every rule of tracking, sending and reading, without a socket.

#![expect(clippy::unwrap_used, reason = "a test fails by the value that it does not get")]

mod clock;
mod delivery;
mod drive;
mod fault;
mod files;
mod story;
mod worker;
mod world;

mod another_conversation;
mod attachments;
mod background;
mod books;
mod cancellation;
mod dead_letters;
mod error_words;
mod flush;
mod given_up;
mod hostile_answers;
mod lanes;
mod outages;
mod outcomes;
mod paging;
mod poison;
mod read_back;
mod reading;
mod refusals;
mod registration;
mod retry;
mod schedules;
mod send_all;
mod threads;
mod tokens;
mod trackers;
mod wake_ups;
mod worker_schedules;
