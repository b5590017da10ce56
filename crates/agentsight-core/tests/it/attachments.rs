//! R13: files follow their message, linked by its number; a retry repeats only what is missing.

use agentsight_core::{
    AgentMessage, AttachmentMode, Attachments, ErrorKind, HumanMessage, ItemKind, NewAttachment, Sender,
};
use bytes::Bytes;
use chrono::TimeDelta;
use serde_json::json;

use crate::fault::{Fault, Kept, always, first};
use crate::story::{Tracked, texts};
use crate::world::World;

const TRACK: &str = "POST /api/track/";
const UPLOAD: &str = "POST /api/attachments/";
const UPSERT: &str = "POST /api/conversations/";

fn message_with(count: usize) -> AgentMessage {
    let files = (0..count).map(|index| NewAttachment::bytes(vec![index as u8; 3]).filename(format!("{index}.bin")));
    AgentMessage::new("look").metadata("model", "m").attachments(Attachments::new(files))
}

#[test]
fn r13_twelve_files_follow_their_message_in_two_uploads_linked_by_its_number() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_agent_message(message_with(12)).unwrap();
    lane.track_human_message("after").unwrap();
    let report = world.send(&lane).unwrap();
    assert_eq!(world.routes(), [UPSERT, TRACK, UPLOAD, UPLOAD, TRACK], "before the next item");
    assert_eq!((report.items.len(), report.summary.answers, report.summary.attachments), (2, 1, 0), "one item");
    let message = world.api.transcript("c")[0].clone();
    for upload in world.sent().iter().filter(|sent| sent.route == UPLOAD) {
        assert_eq!((&upload.json["message"], &upload.json["sender"]), (&json!(message.id), &json!("agent")));
        assert_eq!(upload.json["metadata"], json!({"model": "m"}), "the metadata of their message");
        assert_eq!(upload.json["timestamp"], world.sent()[1].json["timestamp"], "their message's time");
    }
    let names: Vec<_> = world.api.files().into_iter().map(|file| (file.filename, file.content.to_vec())).collect();
    assert_eq!(names, (0..12_u8).map(|index| (format!("{index}.bin"), vec![index; 3])).collect::<Vec<_>>());
}

#[test]
fn r13_a_retry_repeats_only_what_is_missing() {
    // (which upload fails, requests of the send after it)
    for (failing, then) in [(0, vec![UPLOAD, UPLOAD, UPLOAD]), (1, vec![UPLOAD, UPLOAD]), (2, vec![UPLOAD])] {
        let world = World::new();
        let lane = world.lane("c");
        lane.track_agent_message(message_with(25)).unwrap();
        let mut faults = vec![Fault::None; failing];
        faults.extend(vec![Fault::Refused; 4]);
        let error = world.send_with(&lane, first(UPLOAD, faults)).unwrap_err();
        assert_eq!((error.kind(), error.report().unwrap().remaining), (ErrorKind::Connect, 1));
        world.forget_sent();
        let report = world.send(&lane).unwrap();
        assert_eq!(world.routes(), then);
        assert_eq!(report.acknowledged(), 1);
        assert_eq!((world.api.files().len(), world.api.transcript("c").len()), (25, 1));
    }
}

#[test]
fn r6_nothing_overtakes_a_message_whose_files_are_missing() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_agent_message(message_with(1)).unwrap();
    world.send_with(&lane, always(UPLOAD, Fault::Refused)).unwrap_err();
    lane.track_human_message(HumanMessage::new("earlier").at(world.clock.utc() - TimeDelta::hours(1))).unwrap();
    world.forget_sent();
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 2);
    assert_eq!(world.routes(), [UPLOAD, TRACK]);
}

#[test]
fn r13_files_that_are_refused_become_a_dead_letter_and_their_message_stays() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_agent_message(message_with(12)).unwrap();
    lane.track_human_message("after").unwrap();
    let report = world.send_with(&lane, first(UPLOAD, [Fault::None, Fault::status(413)])).unwrap();
    assert_eq!((report.rejected(), report.acknowledged()), (1, 1));
    assert_eq!(world.api.files().len(), 10);
    world.forget_sent();
    world.core.recorder().requeue(&world.core.recorder().dead_letters()[0]).unwrap();
    assert_eq!(world.send(&lane).unwrap().acknowledged(), 1);
    assert_eq!(world.routes(), [UPLOAD], "only the two that are missing");
    assert_eq!((world.api.files().len(), texts(&world.api, "c")), (12, vec!["look".to_owned(), "after".to_owned()]));
}

#[test]
fn r13_files_of_their_own_share_one_message() {
    for mode in [AttachmentMode::Base64, AttachmentMode::FormData] {
        let world = World::new();
        let lane = world.lane("c");
        Tracked::Files("scan".to_owned(), 12, mode).track(&lane).unwrap();
        let report = world.send(&lane).unwrap();
        assert_eq!((report.items[0].kind, report.summary.attachments), (ItemKind::Attachments, 1));
        assert_eq!((world.count(UPLOAD), world.api.transcript("c").len()), (2, 1), "{mode}");
        assert_eq!(world.api.files().len(), 12);
        assert_eq!(world.api.transcript("c")[0].sender, Sender::EndUser, "by default");
    }
}

#[test]
fn r15_an_answer_without_the_message_that_the_other_files_need_is_in_doubt() {
    for body in ["", "{}", r#"{"attachments": [{"id": 7}]}"#] {
        let world = World::new();
        let lane = world.lane("c");
        Tracked::Files("scan".to_owned(), 12, AttachmentMode::Base64).track(&lane).unwrap();
        let numberless = Fault::body(201, body).kept(Kept::Yes);
        let report = world.send_with(&lane, first(UPLOAD, [numberless.clone(), numberless])).unwrap();
        assert_eq!((report.acknowledged(), world.count(UPLOAD)), (1, 2), "{body:?}: no file is sent twice");
        assert_eq!((world.api.transcript("c").len(), world.api.files().len()), (1, 12), "{body:?}: one message");
    }
}

#[test]
fn r13_more_than_40_mb_travel_in_several_requests() {
    const MB: usize = 1_000_000;
    let world = World::new();
    let lane = world.lane("c");
    let files = (0..3).map(|index| NewAttachment::bytes(vec![b'x'; 14 * MB]).filename(format!("{index}.txt")));
    let attachments = Attachments::new(files).mode(AttachmentMode::FormData);
    lane.track_attachments(attachments.clone()).unwrap();
    let _ = world.send(&lane).unwrap();
    assert_eq!((world.count(UPLOAD), world.api.files().len()), (2, 3));
    lane.track_attachments(attachments.mode(AttachmentMode::Base64)).unwrap();
    let _ = world.send(&lane).unwrap();
    assert_eq!((world.count(UPLOAD), world.api.files().len()), (2 + 2, 6), "two of 14 MB are 37 MB as base64");
}

#[test]
fn r16_an_upload_is_given_time_by_its_size() {
    let world = World::new();
    let lane = world.lane("c");
    lane.track_attachments(NewAttachment::bytes(vec![b'x'; 10 * 256 * 1024]).filename("x.txt")).unwrap();
    let _ = world.send(&lane).unwrap();
    let upload = world.sent().into_iter().find(|sent| sent.route == UPLOAD).unwrap();
    assert_eq!(upload.timeout.as_secs(), 45 + 13, "ten and a third");
}

#[test]
fn r13_a_path_is_read_when_it_is_sent_and_goes_as_form_data() {
    let world = World::new();
    world.files.write("dir/scan.txt", "first");
    let lane = world.lane("c");
    lane.track_attachments(NewAttachment::path("dir/scan.txt")).unwrap();
    world.files.write("dir/scan.txt", "later");
    let _ = world.send(&lane).unwrap();
    let upload = world.sent().into_iter().find(|sent| sent.route == UPLOAD).unwrap();
    assert!(upload.headers["content-type"].to_str().unwrap().starts_with("multipart/form-data; boundary="));
    let file = &world.api.files()[0];
    assert_eq!((file.filename.as_str(), file.mime_type.as_str()), ("scan.txt", "text/plain"));
    assert_eq!(file.content, Bytes::from("later"));
}

#[test]
fn r13_a_file_that_is_gone_or_has_changed_is_rejected_before_a_byte_is_sent() {
    let world = World::new();
    for (what, change) in [
        ("gone", (|world: &World| world.files.remove("scan.txt")) as fn(&World)),
        ("longer", |world: &World| world.files.write("scan.txt", "longer than before")),
        ("shorter", |world: &World| world.files.write("scan.txt", "")),
    ] {
        world.files.write("scan.txt", "content");
        let lane = world.lane(what);
        let attachments = Attachments::new([NewAttachment::path("scan.txt")]);
        lane.track_human_message(HumanMessage::new("see").attachments(attachments)).unwrap();
        lane.track_human_message("after").unwrap();
        change(&world);
        let report = world.send(&lane).unwrap();
        assert_eq!((report.rejected(), report.acknowledged()), (1, 1), "{what}");
        assert_eq!(texts(&world.api, what), ["see", "after"], "{what}: the message itself is there");
        assert_eq!(world.count(UPLOAD), 0, "{what}");
    }
    let letters = world.core.recorder().dead_letters();
    assert_eq!(letters.len(), 3);
    assert!(letters.iter().all(|letter| letter.error.contains("file")), "{letters:?}");
    world.files.write("scan.txt", "content");
    world.core.recorder().requeue(&letters[0]).unwrap();
    assert_eq!(world.send(&world.lane("gone")).unwrap().acknowledged(), 1, "put back when the file is there again");
    assert_eq!(world.api.files().len(), 1);
}

#[test]
fn r13_equal_names_and_sizes_are_counted_when_an_upload_was_lost() {
    let world = World::new();
    let lane = world.lane("c");
    let files = (0..12).map(|index| NewAttachment::bytes(vec![index; 4]).filename("same.bin"));
    lane.track_human_message(HumanMessage::new("see").attachments(Attachments::new(files))).unwrap();
    let _ = world.send_with(&lane, first(UPLOAD, [Fault::None, Fault::Reset(Kept::No)])).unwrap();
    let contents: Vec<u8> = world.api.files().into_iter().map(|file| file.content[0]).collect();
    assert_eq!(contents, (0..12).collect::<Vec<u8>>());
}
