//! A transport that panics loses and repeats nothing (R11).

use std::panic::{AssertUnwindSafe, catch_unwind};

use agentsight_http_async::Error;

use crate::interrupted_conversation::{assert_arrived_once, track};
use crate::polling::finish;
use crate::virtual_service::VirtualService;
use crate::yielding::{Abandoned, Panics, Yielding};

#[test]
fn r11_a_panic_at_any_request_loses_and_repeats_nothing() -> Result<(), Error> {
    for panics in [Panics::Before, Panics::After] {
        for at in 0.. {
            let service = VirtualService::default();
            let sight = Yielding::client(&service, Abandoned::Lost, panics(at));
            track(sight.tracker().recorder())?;
            let first = catch_unwind(AssertUnwindSafe(|| finish(sight.tracker().send_tracked_data())));
            assert_eq!(finish(sight.tracker().send_tracked_data())?.remaining, 0);
            assert_arrived_once(&service.api, &format!("{:?}", panics(at)));
            assert!(sight.pending().is_empty() && sight.dead_letters().is_empty());
            if first.is_ok() {
                assert!(at > 9, "every request had its turn");
                break;
            }
        }
    }
    Ok(())
}

#[test]
fn r11_a_panic_in_send_all_leaves_every_conversation_to_the_next_one() -> Result<(), Error> {
    for panics in [Panics::Before, Panics::After] {
        for at in 0..9 {
            let service = VirtualService::default();
            let sight = Yielding::client(&service, Abandoned::Arrives, panics(at));
            let ids: Vec<String> = (0..5).map(|number| format!("c-{number}")).collect();
            for id in &ids {
                sight.conversation(id)?.track_human_message("Hello")?;
            }
            assert!(catch_unwind(AssertUnwindSafe(|| finish(sight.send_all()).is_complete())).is_err());
            assert!(finish(sight.send_all()).is_complete());
            for id in &ids {
                assert_eq!(service.api.transcript(id.as_str()).len(), 1, "{id}, {:?}", panics(at));
            }
        }
    }
    Ok(())
}
