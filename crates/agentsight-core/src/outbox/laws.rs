//! The two laws of H7, and what must hold on every schedule besides.

use std::time::Duration;

use proptest::prelude::*;

use super::tests::{Fork, Player, inputs, outages, settings, steps};

/// How many requests at most find out that nothing comes through (R16).
const BEFORE_A_REST: usize = 9;

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// After each step the player also checks that the replayed book is equal (H7), how many jobs are out (R10), that the
    /// books balance (R28), and that nobody sleeps while there is something for him to do (H9). Now and then the process
    /// ends, and another one goes on from the book.
    #[test]
    fn h7_books_replay_and_nothing_is_lost_doubled_or_out_of_order(setting in settings(), steps in steps(80)) {
        let mut player = Player::new(setting);
        steps.iter().for_each(|step| player.play(step));
        player.abandon_everything();
        player.world.play_to_the_end();
        player.check_end();
    }

    /// At every step of the schedule. After it, the same is tracked, registered and decided in both.
    #[test]
    fn h7_an_outbox_from_a_book_behaves_like_the_one_whose_jobs_were_abandoned(
        setting in settings(),
        steps in steps(60),
        later in inputs(8),
        has_worker in any::<bool>(),
    ) {
        let setting = setting.forgetting_nothing();
        for place in 0..=steps.len() {
            let mut fork = Fork::after(setting, &steps[..place]);
            later.iter().for_each(|step| fork.play(step));
            let (abandoned, restored) = fork.endings(has_worker);
            prop_assert_eq!(restored, abandoned, "restored after {} steps", place);
        }
    }

    /// Rests, rounds and backoff are not in the book: whatever is lost of them changes how often the service is asked, but
    /// not what it has in the end, and asks for no more than an outbox that has just begun.
    #[test]
    fn h7_an_outage_ends_alike_with_and_without_what_was_known_of_it(
        setting in settings(),
        steps in steps(60),
        later in inputs(8),
        fate in outages(),
        seconds in 1_u64..600,
    ) {
        let setting = setting.forgetting_nothing().without_poison();
        let mut fork = Fork::after(setting, &steps);
        later.iter().for_each(|step| fork.play(step));
        let (abandoned, restored, sent) = fork.endings_after_an_outage(fate, Duration::from_secs(seconds));
        prop_assert_eq!(restored, abandoned);
        let most = setting.concurrency() + BEFORE_A_REST + usize::try_from(seconds).expect("a few");
        prop_assert!(sent <= most, "{} requests in {} s", sent, seconds);
    }

    #[test]
    fn h7_the_same_happenings_give_the_same_jobs_and_waits(setting in settings(), steps in steps(80)) {
        let play = || {
            let mut player = Player::new(setting);
            steps.iter().for_each(|step| player.play(step));
            player.log
        };
        prop_assert_eq!(play(), play());
    }
}
