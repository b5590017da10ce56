use std::fmt::Write;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use agentsight_testkit::Snapshot;
use serde_json::{Value, json};

use crate::program::{Folder, Program, failure};

/// The answers to every read, without what depends on the port and on the time of asking.
fn answers(program: &Program) -> Vec<Value> {
    let mut answers = Vec::new();
    let mut read = |path: &str| {
        let (status, mut answer) = program.get(path);
        assert_eq!(status, 200, "{path}");
        without_addresses(&mut answer);
        answers.push(answer.clone());
        answer
    };
    for path in ["buttons/", "buttons/stats/", "feedbacks/", "actions/", "me/", "conversations/metadata-keys/"] {
        read(&format!("/api/{path}"));
    }
    let all = read("/api/conversations/?include_deleted=true&page_size=100");
    for row in all["results"].as_array().unwrap() {
        let number = &row["id"];
        read(&format!("/api/conversations/{number}/"));
        read(&format!("/api/conversations/{number}/attachments/"));
    }
    answers
}

fn without_addresses(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(without_addresses),
        Value::Object(fields) => {
            fields.retain(|name, _| !matches!(name.as_str(), "file_url" | "next" | "previous"));
            fields.values_mut().for_each(without_addresses);
        }
        _ => {}
    }
}

fn upload(program: &Program) {
    let body = json!({
        "conversation_id": "upload", "timestamp": "2026-08-17T10:32:33.000001Z",
        "attachments": [{ "filename": "a.bin", "mime_type": "application/octet-stream", "data": "AP+A" }],
    });
    assert_eq!(program.post("/api/attachments/", &body).0, 201);
}

#[test]
fn a_restart_answers_every_read_as_before() {
    let folder = Folder::new();
    let data = folder.path_of("data.json");
    let program = Program::start(&["--data", &data, "--demo"]);
    upload(&program);
    let before = answers(&program);
    program.stop();

    let again = Program::start(&["--data", &data]);
    assert_eq!(answers(&again), before);
    // Numbers go on where they were.
    let (_, last) = again.post("/api/conversations/", &json!({ "conversation_id": "next" }));
    assert_eq!(last["id"], before[6]["count"].as_u64().unwrap() + 1);
}

#[test]
fn what_is_there_is_not_seeded_again() {
    let folder = Folder::new();
    let data = folder.path_of("data.json");
    let program = Program::start(&["--data", &data, "--demo"]);
    let (_, found) = program.get("/api/conversations/?conversation_id=support-1001");
    let number = &found["results"][0]["id"];
    program.post(&format!("/api/conversations/{number}/mark/"), &json!({ "is_marked": true }));
    let before = answers(&program);
    program.stop();

    let again = Program::start(&["--data", &data, "--demo"]);
    assert_eq!(answers(&again), before);
    assert!(again.stop().contains("0 sample conversations added"));
}

#[test]
fn a_killed_process_leaves_a_file_that_can_be_read() {
    let folder = Folder::new();
    let data = folder.path_of("data.json");
    let mut lines = String::new();
    for number in 0..4_000 {
        let message = json!({ "timestamp": "2026-08-17T10:32:33Z", "sender": "agent", "content": "x".repeat(400) });
        writeln!(lines, "{}", json!({ "conversation_id": format!("c-{number}"), "messages": [message] })).unwrap();
    }
    let seeds = folder.write("seeds.jsonl", lines);
    let mut kept = 4_000;
    for round in 0..3 {
        let program = Program::start(&["--data", &data, "--seed-data", &seeds]);
        assert_eq!(program.get("/api/conversations/?full=false").1["count"], kept);
        let mut posted = 0;
        let mut saved = None;
        // The file beside the data is there only while it is being written; who misses it has it written again.
        while !folder.file("data.json.new").exists() {
            let now = Some(fs::metadata(&data).unwrap().ino());
            if saved != now {
                saved = now;
                program.post("/api/conversations/", &json!({ "conversation_id": format!("killed-{round}-{posted}") }));
                posted += 1;
            }
            std::thread::yield_now();
        }
        program.signal("KILL");
        assert_eq!(program.ended().0, None);
        let snapshot = Snapshot::read(std::io::BufReader::new(File::open(&data).unwrap())).unwrap();
        let conversations = snapshot.conversations() as u64;
        assert!((kept..=kept + posted).contains(&conversations), "{conversations}");
        kept = conversations;
    }
}

#[test]
fn a_change_is_written_soon_and_not_only_at_the_end() {
    let folder = Folder::new();
    let data = folder.path_of("data.json");
    let program = Program::start(&["--data", &data]);
    program.post("/api/conversations/", &json!({ "conversation_id": "soon" }));
    while !fs::read_to_string(&data).unwrap_or_default().contains("soon") {
        std::thread::yield_now();
    }
    program.signal("KILL");
    program.ended();
    assert_eq!(Program::start(&["--data", &data]).get("/api/conversations/").1["count"], 1);
}

#[test]
fn a_damaged_file_is_an_error_and_stays_as_it_is() {
    let folder = Folder::new();
    for (content, place) in [
        ("{\"format\": \"agentsight-fake/1\",\n\"conversations\": [}", "line 2, column"),
        ("{\"format\": \"agentsight-fake/1\", \"conversations\": [{\"conversation_id\": \"a\"}", "line 1, column"),
        ("{\"format\": \"agentsight-fake/9\"}", "format: expected \"agentsight-fake/1\""),
        ("[]", "line 1, column"),
        (
            "{\"format\": \"agentsight-fake/1\", \"conversations\": [{\"conversation_id\": \"a\"},\n{\"conversation_id\": \"a\"}]}",
            "line 2, column 23: conversations[1].conversation_id: the agent has a conversation of that text id",
        ),
    ] {
        let data = folder.write("data.json", content);
        let said = failure(&["--port", "0", "--data", &data, "--demo"]);
        assert!(said.contains(&data) && said.contains(place) && said.contains("Nothing was changed"), "{said}");
        assert_eq!(fs::read_to_string(&data).unwrap(), content);
    }
}

#[test]
fn no_file_and_an_empty_one_are_an_empty_service() {
    let folder = Folder::new();
    for data in [folder.path_of("new.json"), folder.write("empty.json", "")] {
        let program = Program::start(&["--data", &data]);
        assert_eq!(program.get("/api/conversations/").1["count"], 0);
        program.stop();
        assert_eq!(Snapshot::from_json(&fs::read_to_string(&data).unwrap()).unwrap().conversations(), 0);
    }
}

#[test]
fn two_processes_do_not_share_a_file() {
    let folder = Folder::new();
    let data = folder.path_of("data.json");
    let program = Program::start(&["--data", &data]);
    let said = failure(&["--port", "0", "--data", &data]);
    assert!(said.contains("is in use by another agentsight-fake"), "{said}");
    program.stop();
    Program::start(&["--data", &data]).stop();
}

#[test]
fn permissions_and_links_are_kept() {
    let folder = Folder::new();
    let data = folder.write("real.json", "");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o600)).unwrap();
    symlink("real.json", folder.file("link.json")).unwrap();
    let program = Program::start(&["--data", &folder.path_of("link.json")]);
    upload(&program);
    program.stop();
    assert!(fs::symlink_metadata(folder.file("link.json")).unwrap().file_type().is_symlink());
    assert_eq!(fs::metadata(&data).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&data).unwrap().contains("upload"));
}

#[test]
fn a_file_that_cannot_be_written_is_said_at_the_start() {
    let folder = Folder::new();
    let said = failure(&["--port", "0", "--data", &folder.path_of("nowhere/data.json")]);
    assert!(said.contains("its folder is not there; make it first"), "{said}");
    let said = failure(&["--port", "0", "--data", &folder.path_of("")]);
    assert!(said.contains("is a folder; name a file"), "{said}");
    let data = folder.write("data.json", "");
    fs::set_permissions(&data, fs::Permissions::from_mode(0o400)).unwrap();
    assert!(failure(&["--port", "0", "--data", &data]).contains("is read-only; make it writable"));
}
