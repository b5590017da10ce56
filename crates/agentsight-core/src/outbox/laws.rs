//! The two laws of H7, and what must hold on every schedule besides.

use std::sync::Arc;

use proptest::prelude::*;

use super::tests::{Player, World, settings, steps};

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    /// After each step the player also checks that the replayed book is equal (H7), how many jobs are out (R10), that the
    /// books balance (R28), and that nobody sleeps while there is something for him to do (H9).
    #[test]
    fn h7_books_replay_and_nothing_is_lost_doubled_or_out_of_order(setting in settings(), steps in steps(80)) {
        let mut player = Player::new(setting);
        steps.iter().for_each(|step| player.play(step));
        player.abandon_everything();
        player.world.play_to_the_end();
        player.check_end();
    }

    #[test]
    fn h7_an_outbox_from_a_book_behaves_like_the_one_whose_jobs_were_abandoned(
        setting in settings(),
        steps in steps(60),
    ) {
        let mut player = Player::new(setting);
        steps.iter().for_each(|step| player.play(step));
        let (book, service) = (player.world.outbox.book().clone(), player.world.service.clone());
        let config = Arc::clone(&player.world.config);
        let mut restored = World::restored(book, config, service, player.world.clock);
        player.abandon_everything();
        player.world.play_to_the_end();
        restored.play_to_the_end();
        prop_assert_eq!(restored.shown(), player.world.shown());
        prop_assert_eq!(restored.letters(), player.world.letters());
        prop_assert_eq!(restored.waits(), player.world.waits());
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
