use std::fmt::Write;

use crate::program::{Folder, Program, failure};

#[test]
fn every_line_of_a_file_becomes_a_conversation() {
    let folder = Folder::new();
    let first = folder.write(
        "a.jsonl",
        "\u{feff}{\"conversation_id\": \"a\", \"name\": \"First\"}\r\n\r\n{\"conversation_id\": \"b\"}",
    );
    let second =
        folder.write("b.jsonl", "{\"conversation_id\": \"a\", \"name\": \"Second\"}\n{\"conversation_id\": \"c\"}\n");
    let program = Program::start(&["--seed-data", &first, "--seed-data", &second]);
    assert_eq!(program.get("/api/conversations/").1["count"], 3);
    let (_, found) = program.get("/api/conversations/?conversation_id=a");
    assert_eq!(found["results"][0]["name"], "First");
    let said = program.stop();
    assert!(said.contains(&format!("2 conversations of {first} added")), "{said}");
    assert!(said.contains(&format!("1 conversations of {second} added")), "{said}");
}

#[test]
fn many_lines_are_read_one_after_another() {
    let folder = Folder::new();
    let mut lines = String::new();
    for number in 0..5_000 {
        let message = r#"{"timestamp": "2026-08-17T10:32:33Z", "sender": "end_user", "content": "Hello"}"#;
        writeln!(lines, r#"{{"conversation_id": "c-{number}", "messages": [{message}]}}"#).unwrap();
    }
    let file = folder.write("many.jsonl", lines);
    let program = Program::start(&["--seed-data", &file]);
    assert_eq!(program.get("/api/conversations/?full=false").1["count"], 5_000);
}

#[test]
fn a_line_that_is_wrong_is_named_with_its_place() {
    let folder = Folder::new();
    let good = "{\"conversation_id\": \"a\"}\n";
    for (name, line, said) in [
        ("broken.jsonl", "{\"conversation_id\": }".as_bytes(), ":2:21: expected value"),
        (
            "sender.jsonl",
            br#"{"conversation_id": "b", "messages": [{"sender": "bot"}]}"#,
            "messages[0].sender: expected one of end_user, agent",
        ),
        (
            "environment.jsonl",
            br#"{"conversation_id": "b", "environment": "staging"}"#,
            ":2:49: environment: expected one of production, development",
        ),
        ("latin1.jsonl", b"{\"conversation_id\": \"\xe9\"}", ":2: not UTF-8"),
    ] {
        let file = folder.write(name, [good.as_bytes(), line].concat());
        let answer = failure(&["--port", "0", "--seed-data", &file]);
        assert!(answer.contains(&format!("{file}:2")) && answer.contains(said), "{answer}");
    }
}

#[test]
fn a_wrong_line_leaves_the_data_file_alone() {
    let folder = Folder::new();
    let data = folder.path_of("data.json");
    let file = folder.write("seeds.jsonl", "{\"conversation_id\": \"a\"}\nnonsense\n");
    failure(&["--port", "0", "--data", &data, "--seed-data", &file]);
    assert!(!folder.file("data.json").exists());
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let folder = Folder::new();
    let file = folder.path_of("nowhere.jsonl");
    assert!(failure(&["--seed-data", &file]).contains(&format!("there is no file {file}")));
    let folder = folder.path_of("");
    assert!(failure(&["--seed-data", &folder]).contains("is a folder; name a file"));
}
