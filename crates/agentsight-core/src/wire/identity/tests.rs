//! Tables: which message is given to which item (R17).

use agentsight_model::Sender;
use serde_json::{Map, Value, json};

use super::{Finding, Sought, SoughtKind, assign};
use crate::wire::row::Row;
use crate::wire::sample::{action_row, button_row, files_row, text_row, transcript};

const ABSENT: Finding = Finding::Absent;

fn found(message: u64) -> Finding {
    Finding::Found { message }
}

/// What is found when nothing is known and nothing is taken.
fn findings(rows: &[Row], sought: &[Sought<'_>]) -> Vec<Finding> {
    assign(&transcript(rows.to_vec()), sought, &[], &|_| false).findings
}

fn question_row(id: u64, stamp: i64, content: &str) -> Row {
    text_row(id, stamp, Sender::EndUser, content)
}

fn click(label: &str) -> SoughtKind<'_> {
    SoughtKind::Button { event: "confirm", label, value: "1" }
}

fn files(sizes: &[u64], message: Option<u64>) -> SoughtKind<'static> {
    SoughtKind::Files { sender: &Sender::EndUser, sizes: sizes.to_vec(), message }
}

fn counters(prompt: u64) -> Value {
    json!({"prompt_tokens": prompt, "completion_tokens": 1, "total_tokens": prompt + 1, "embedding_tokens": 0})
}

fn map(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

#[test]
fn r17_kind_sender_and_microsecond_agree() {
    let (empty, stamp) = (Map::new(), 1_000_000);
    let search = SoughtKind::Action { name: "search", metadata: &empty };
    let button = [Some("confirm"), Some("OK"), Some("1")];
    for (what, row, sought, expected) in [
        ("the message", question_row(7, stamp, "hi"), Sought::question(stamp, "hi"), found(7)),
        ("other words", question_row(7, stamp, "ho"), Sought::question(stamp, "hi"), found(7)),
        ("another sender", text_row(7, stamp, Sender::Agent, "hi"), Sought::question(stamp, "hi"), ABSENT),
        ("a microsecond later", question_row(7, stamp + 1, "hi"), Sought::question(stamp, "hi"), ABSENT),
        ("an action", action_row(7, stamp, "hi", &Value::Null), Sought::question(stamp, "hi"), ABSENT),
        ("a click", button_row(7, stamp, button), Sought::question(stamp, "hi"), ABSENT),
        ("no time", Row { stamp: None, ..question_row(7, stamp, "hi") }, Sought::question(stamp, "hi"), ABSENT),
        ("no sender", Row { sender: None, ..question_row(7, stamp, "hi") }, Sought::question(stamp, "hi"), ABSENT),
        ("the action", action_row(7, stamp, " search", &Value::Null), Sought::at(stamp, search.clone()), found(7)),
        ("another action", action_row(7, stamp, "find", &Value::Null), Sought::at(stamp, search.clone()), ABSENT),
        ("text", question_row(7, stamp, "search"), Sought::at(stamp, search), ABSENT),
        ("the click", button_row(7, stamp, button), Sought::at(stamp, click("OK")), found(7)),
        ("a click that says nothing", button_row(7, stamp, [None; 3]), Sought::at(stamp, click("OK")), found(7)),
        ("text of a click", question_row(7, stamp, "Button clicked: OK"), Sought::at(stamp, click("OK")), found(7)),
        ("text", question_row(7, stamp, "OK"), Sought::at(stamp, click("OK")), ABSENT),
    ] {
        assert_eq!(findings(&[row], &[sought]), [expected], "{what}");
    }
}

#[test]
fn r17_a_message_of_another_program_with_the_same_explicit_time_is_not_ours() {
    // The create of "mine" was closed before it was stored; another program stored "theirs" at the same second.
    let theirs = question_row(7, 1_000_000, "theirs");
    let mine = Sought::question(1_000_000, "mine").explicit();
    assert_eq!(findings(std::slice::from_ref(&theirs), std::slice::from_ref(&mine)), [ABSENT]);
    let both = [theirs, question_row(8, 1_000_000, " mine\r\n")];
    assert_eq!(findings(&both, &[mine]), [found(8)]);
}

#[test]
fn r17_a_click_of_another_program_with_the_same_explicit_time_is_not_ours() {
    let ours = Sought::at(5, click("OK")).explicit();
    for (shown, expected) in [
        ([Some("confirm"), Some("OK"), Some("1")], found(7)),
        ([Some("confirm"), Some(" OK "), None], found(7)),
        ([None, None, None], found(7)),
        ([Some("confirm"), Some("Cancel"), Some("1")], ABSENT),
        ([Some("reject"), Some("OK"), Some("1")], ABSENT),
        ([Some("confirm"), Some("OK"), Some("2")], ABSENT),
    ] {
        assert_eq!(findings(&[button_row(7, 5, shown)], std::slice::from_ref(&ours)), [expected], "{shown:?}");
    }
    let by_text = |label: &str| Row { content: format!("Button clicked: {label}"), ..button_row(7, 5, [None; 3]) };
    assert_eq!(findings(&[by_text("Cancel")], std::slice::from_ref(&ours)), [ABSENT]);
    assert_eq!(findings(&[by_text("OK")], std::slice::from_ref(&ours)), [found(7)]);
}

#[test]
fn r17_content_decides_where_several_messages_have_the_microsecond() {
    let rows = [question_row(7, 5, "a"), question_row(8, 5, "b")];
    for (content, expected) in [("a", found(7)), ("b", found(8)), ("c", ABSENT)] {
        assert_eq!(findings(&rows, &[Sought::question(5, content)]), [expected], "{content}");
    }
    let clicks = [button_row(7, 5, [None, Some("No"), None]), button_row(8, 5, [None, Some("OK"), None])];
    assert_eq!(findings(&clicks, &[Sought::at(5, click("OK"))]), [found(8)]);
}

#[test]
fn r17_content_decides_where_several_items_have_the_microsecond() {
    let row = [question_row(7, 5, "b")];
    assert_eq!(findings(&row, &[Sought::question(5, "a"), Sought::question(5, "b")]), [ABSENT, found(7)]);
    assert_eq!(findings(&row, &[Sought::question(5, "a"), Sought::question(6, "b")]), [found(7), ABSENT]);
    // The message that holds our files is not the message that we wrote in the same microsecond.
    let held = [files_row(7, 5, &[Some(10)])];
    assert_eq!(findings(&held, &[Sought::question(5, "a"), Sought::at(5, files(&[10], None))]), [ABSENT, found(7)]);
}

#[test]
fn r17_equal_items_get_equal_messages_in_order() {
    let rows = [question_row(9, 5, "yes"), question_row(7, 5, "yes"), question_row(8, 5, "yes")];
    let item = || Sought::question(5, "yes");
    assert_eq!(findings(&rows, &[item(), item()]), [found(7), found(8)]);
    assert_eq!(findings(&rows[..1], &[item(), item()]), [found(9), ABSENT]);
    assert_eq!(findings(&rows, &[item().above(7), item()]), [found(8), found(7)]);
}

#[test]
fn r17_a_message_of_another_item_or_from_before_the_first_attempt_is_no_candidate() {
    let rows = transcript([question_row(7, 5, "a"), question_row(8, 5, "b")]);
    let look = |item: Sought<'_>, taken: &[u64]| assign(&rows, &[item], &[], &|id| taken.contains(&id)).findings[0];
    for (what, item, taken, expected) in [
        ("both are candidates", Sought::question(5, "a"), &[][..], found(7)),
        ("one is taken, the other is the only one", Sought::question(5, "a"), &[7], found(8)),
        ("both are taken", Sought::question(5, "a"), &[7, 8], ABSENT),
        ("one was there", Sought::question(5, "a").above(7), &[], found(8)),
        ("both were there", Sought::question(5, "a").above(8), &[], ABSENT),
        ("one was there, and the other says something else", Sought::question(5, "a").explicit().above(7), &[], ABSENT),
    ] {
        assert_eq!(look(item, taken), expected, "{what}");
    }
    // An acknowledged message of ours is another item's, also where nobody says that it is taken.
    let known = assign(&rows, &[Sought::question(5, "a")], &[(7, 5)], &|_| false);
    assert_eq!(known.findings, [found(8)]);
}

#[test]
fn r17_token_actions_of_one_microsecond_are_told_apart_by_their_counters() {
    let (first, second) = (map(&counters(100)), map(&counters(7)));
    let tokens = |metadata| Sought::at(5, SoughtKind::Action { name: "token_usage", metadata });
    let row = |id, prompt| action_row(id, 5, "token_usage", &counters(prompt));
    assert_eq!(findings(&[row(7, 100)], &[tokens(&second)]), [ABSENT], "the first one alone");
    let both = [row(7, 7), row(8, 100)];
    assert_eq!(findings(&both, &[tokens(&first), tokens(&second)]), [found(8), found(7)]);
    let silent = [action_row(7, 5, "token_usage", &Value::Null)];
    assert_eq!(findings(&silent, &[tokens(&first).explicit()]), [found(7)], "no counters are shown");
    // Of any other action the name is all there is.
    let other = SoughtKind::Action { name: "search", metadata: &first };
    let shown = action_row(7, 5, "search", &counters(7));
    assert_eq!(findings(&[shown], &[Sought::at(5, other).explicit()]), [found(7)]);
}

#[test]
fn r17_files_under_a_known_message_are_found_by_size_alone() {
    let rows = [files_row(7, 900, &[Some(10), Some(20), Some(20)])];
    for (sizes, message, expected) in [
        (&[10][..], 7, found(7)),
        (&[20, 10, 20], 7, found(7)),
        (&[10, 10], 7, ABSENT),
        (&[30], 7, ABSENT),
        (&[10], 8, ABSENT),
    ] {
        // Neither the time nor the floor matters: the message is ours.
        let item = Sought::at(5, files(sizes, Some(message))).explicit().above(100);
        assert_eq!(findings(&rows, &[item]), [expected], "{sizes:?} under {message}");
    }
}

#[test]
fn r17_files_sent_on_their_own_are_found_by_sender_time_and_exactly_their_sizes() {
    let item = || Sought::at(5, files(&[20, 10], None));
    for (what, row, expected) in [
        ("the files", files_row(7, 5, &[Some(10), Some(20)]), found(7)),
        ("another text", Row { content: "2 files".to_owned(), ..files_row(7, 5, &[Some(10), Some(20)]) }, found(7)),
        ("one more", files_row(7, 5, &[Some(10), Some(20), Some(5)]), ABSENT),
        ("one less", files_row(7, 5, &[Some(10)]), ABSENT),
        ("a size that is not shown", files_row(7, 5, &[Some(10), None]), ABSENT),
        ("another time", files_row(7, 6, &[Some(10), Some(20)]), ABSENT),
        ("another sender", Row { sender: Some(Sender::Agent), ..files_row(7, 5, &[Some(10), Some(20)]) }, ABSENT),
    ] {
        assert_eq!(findings(&[row], &[item().explicit()]), [expected], "{what}");
    }
    let two = [files_row(7, 5, &[Some(10)]), files_row(8, 5, &[Some(10), Some(20)])];
    assert_eq!(findings(&two, &[item(), Sought::at(5, files(&[10], None))]), [found(8), found(7)]);
}

#[test]
fn r17_a_message_that_holds_files_is_given_to_no_other_item() {
    let rows = [Row { content: "look".to_owned(), ..files_row(7, 5, &[Some(10)]) }];
    let sought = [Sought::question(5, "look"), Sought::at(5, files(&[10], Some(7)))];
    assert_eq!(findings(&rows, &sought), [ABSENT, found(7)]);
}

#[test]
fn r17_only_messages_known_to_be_ours_say_whether_our_stamps_are_kept() {
    let rows = transcript([question_row(7, 1_000_000, "hi"), question_row(8, 2_000_000, "ho")]);
    let lost = || Sought::question(1_000_500, "hi");
    let look = |known: &[(u64, i64)]| assign(&rows, &[lost()], known, &|_| false).findings[0];
    for (what, known, expected) in [
        ("a similar message of somebody else, rounded", &[][..], ABSENT),
        ("a message of ours that shows our time", &[(8, 2_000_000)], ABSENT),
        ("a message of ours that shows a rounded time", &[(8, 2_000_001)], Finding::StampsNotKept),
        ("one does and one does not", &[(7, 1_000_000), (8, 5)], Finding::StampsNotKept),
        ("a message of ours that is gone", &[(6, 5)], ABSENT),
    ] {
        assert_eq!(look(known), expected, "{what}");
    }
    let unreadable = transcript([Row { stamp: None, ..question_row(8, 0, "ho") }]);
    assert_eq!(assign(&unreadable, &[lost()], &[(8, 5)], &|_| false).findings, [ABSENT], "no time says nothing");
}

#[test]
fn r17_where_stamps_are_not_kept_what_is_found_is_found_and_what_is_not_stays_in_doubt() {
    let rows = transcript([question_row(7, 5, "hi"), question_row(8, 6, "known"), files_row(9, 7, &[Some(1)])]);
    let sought = [
        Sought::question(5, "hi"),
        Sought::question(50, "lost"),
        Sought::at(70, files(&[1], Some(9))),
        // The message is looked up by its id: its files are not there, whatever the times.
        Sought::at(70, files(&[2], Some(10))),
    ];
    let look = assign(&rows, &sought, &[(8, 600)], &|_| false);
    assert_eq!(look.findings, [found(7), Finding::StampsNotKept, found(9), ABSENT]);
}

#[test]
fn r17_ids_that_fall_restart_the_mark() {
    let rows = transcript([question_row(3, 5, "hi"), question_row(4, 6, "ho")]);
    let item = || Sought::question(5, "hi").above(100);
    for (what, known, restarted, expected) in [
        ("every id is lower than one of ours", &[(101, 1)][..], true, found(3)),
        ("an id of ours has another message now", &[(3, 1), (101, 2)], true, found(3)),
        ("one of ours is there with our time since then", &[(3, 5), (101, 2)], true, ABSENT),
        ("nothing of ours is known", &[], false, ABSENT),
        ("one of ours is gone, and later ones are there", &[(2, 1)], false, ABSENT),
        ("ours is there", &[(4, 6)], false, ABSENT),
    ] {
        let look = assign(&rows, &[item()], known, &|id| known.iter().any(|(known, _)| *known == id));
        assert_eq!((look.ids_restarted, look.highest_id), (restarted, Some(4)), "{what}");
        assert_eq!(look.findings, [expected], "{what}");
    }
    let lost = assign(&rows, &[Sought::question(50, "lost")], &[(4, 1), (101, 2)], &|_| false);
    assert_eq!(lost.findings, [ABSENT], "the message that has the id of ours now says nothing of our stamps");
    let empty = assign(&transcript([]), &[item()], &[(101, 1)], &|_| false);
    assert_eq!((empty.ids_restarted, empty.highest_id), (false, None), "an empty transcript has no ids that fall");
}

#[test]
fn r17_after_ids_restarted_files_are_found_only_under_a_message_that_shows_our_time() {
    let rows = transcript([files_row(3, 5, &[Some(10)])]);
    let look = |stamp| assign(&rows, &[Sought::at(stamp, files(&[10], Some(3)))], &[(101, 1)], &|_| false).findings;
    assert_eq!(look(5), [found(3)]);
    assert_eq!(look(6), [ABSENT], "another message has the id now");
}
