//! A future that is dropped at any point loses and repeats nothing (R11, R19).

use agentsight_http_async::{AgentSight, ConversationFilter, Error};

use crate::interrupted_conversation::{assert_arrived_once, track};
use crate::polling::{finish, poll_and_drop};
use crate::virtual_service::VirtualService;
use crate::yielding::{Abandoned, Panics, Yielding};

const FATES: [Abandoned; 2] = [Abandoned::Lost, Abandoned::Arrives];

#[test]
fn r11_a_send_dropped_after_any_number_of_polls_loses_and_repeats_nothing() -> Result<(), Error> {
    for abandoned in FATES {
        for polls in 0.. {
            let (service, sight) = interrupted(abandoned)?;
            let sent = poll_and_drop(sight.tracker().send_tracked_data(), polls);
            assert_eq!(finish(sight.tracker().send_tracked_data())?.remaining, 0);
            assert_arrived_once(&service.api, &format!("dropped after {polls} polls, {abandoned:?}"));
            assert!(sight.pending().is_empty() && sight.dead_letters().is_empty());
            if sent.is_some() {
                assert!(polls > 20, "every point had its turn");
                break;
            }
        }
    }
    Ok(())
}

#[test]
fn r11_a_send_dropped_twice_loses_and_repeats_nothing() -> Result<(), Error> {
    for abandoned in FATES {
        for first in 0..24 {
            // Six polls take the second send through two looks at the transcript, the rest into the next requests.
            for second in 0..12 {
                let (service, sight) = interrupted(abandoned)?;
                for polls in [first, second] {
                    let _ = poll_and_drop(sight.tracker().send_tracked_data(), polls);
                }
                assert_eq!(finish(sight.tracker().send_tracked_data())?.remaining, 0);
                assert_arrived_once(&service.api, &format!("dropped after {first} and {second} polls, {abandoned:?}"));
            }
        }
    }
    Ok(())
}

#[test]
fn r11_what_is_tracked_between_two_sends_follows_what_was_in_flight() -> Result<(), Error> {
    for abandoned in FATES {
        for polls in 0..20 {
            let service = VirtualService::default();
            let sight = Yielding::client(&service, abandoned, Panics::Never);
            let chat = sight.conversation("c")?;
            for text in ["one", "two"] {
                chat.track_human_message(text)?;
            }
            let _ = poll_and_drop(chat.send(), polls);
            chat.track_human_message("three")?;
            assert_eq!(finish(chat.send())?.remaining, 0);
            let transcript = service.api.transcript("c");
            let told: Vec<&str> = transcript.iter().map(|message| message.content.as_str()).collect();
            assert_eq!(told, ["one", "two", "three"], "dropped after {polls} polls, {abandoned:?}");
        }
    }
    Ok(())
}

#[test]
fn r11_send_all_dropped_half_way_loses_and_repeats_nothing() -> Result<(), Error> {
    for abandoned in FATES {
        for polls in 0.. {
            let service = VirtualService::default();
            let sight = Yielding::client(&service, abandoned, Panics::Never);
            let ids: Vec<String> = (0..20).map(|number| format!("c-{number}")).collect();
            for id in &ids {
                let chat = sight.conversation(id)?;
                chat.track_human_message("Hello?")?;
                chat.track_agent_message(id.as_str())?;
            }
            let sent = poll_and_drop(sight.send_all(), polls);
            assert!(finish(sight.send_all()).is_complete());
            assert!(sight.pending().is_empty() && sight.dead_letters().is_empty());
            for id in &ids {
                let transcript = service.api.transcript(id.as_str());
                let told: Vec<&str> = transcript.iter().map(|message| message.content.as_str()).collect();
                assert_eq!(told, ["Hello?", id], "dropped after {polls} polls, {abandoned:?}");
            }
            if sent.is_some() {
                assert!(polls > 5, "every point had its turn");
                break;
            }
        }
    }
    Ok(())
}

#[test]
fn r11_r4_an_initialization_dropped_at_any_point_can_be_repeated() -> Result<(), Error> {
    for abandoned in FATES {
        for polls in 0..5 {
            let service = VirtualService::default();
            let tracker = Yielding::client(&service, abandoned, Panics::Never).tracker();
            let _ = poll_and_drop(tracker.initialize_conversation("c".into()), polls);
            finish(tracker.initialize_conversation("c".into()))?;
            assert_eq!(service.api.conversations().len(), 1);
        }
    }
    Ok(())
}

#[test]
fn r19_dropping_next_half_way_loses_no_page_and_no_row() -> Result<(), Error> {
    let (service, sight) = listed(7)?;
    let filter = ConversationFilter::new().page_size(2);
    let whole: Vec<u64> = drain(&sight, &filter, usize::MAX)?;
    assert_eq!(whole.len(), 7);
    for polls in 0..6 {
        service.api.clear_requests();
        assert_eq!(drain(&sight, &filter, polls)?, whole, "dropped after {polls} polls");
        assert_eq!(service.api.requests().len(), 4, "and no page is fetched twice");

        let mut pages = sight.api().pages(&filter);
        let mut rows = Vec::new();
        loop {
            let page = match poll_and_drop(pages.next(), polls) {
                Some(page) => page,
                None => finish(pages.next()),
            };
            let Some(page) = page else { break };
            rows.extend(page?.results.iter().map(|row| row.id));
        }
        assert_eq!(rows, whole, "dropped after {polls} polls");
    }
    Ok(())
}

/// Walks through the rows; every `next` is first dropped after so many polls.
fn drain(sight: &AgentSight, filter: &ConversationFilter, polls: usize) -> Result<Vec<u64>, Error> {
    let mut conversations = sight.api().conversations(filter);
    let mut rows = Vec::new();
    loop {
        let row = match poll_and_drop(conversations.next(), polls) {
            Some(row) => row,
            None => finish(conversations.next()),
        };
        match row {
            Some(row) => rows.push(row?.id),
            None => return Ok(rows),
        }
    }
}

/// A service that holds so many conversations.
fn listed(conversations: usize) -> Result<(VirtualService, AgentSight), Error> {
    let service = VirtualService::default();
    let sight = Yielding::client(&service, Abandoned::Lost, Panics::Never);
    for number in 0..conversations {
        sight.conversation(format!("c-{number}"))?.track_human_message("Hello")?;
    }
    assert!(finish(sight.send_all()).is_complete());
    Ok((service, sight))
}

/// A service, and a client that has the conversation to send.
fn interrupted(abandoned: Abandoned) -> Result<(VirtualService, AgentSight), Error> {
    let service = VirtualService::default();
    let sight = Yielding::client(&service, abandoned, Panics::Never);
    track(sight.tracker().recorder())?;
    Ok((service, sight))
}
