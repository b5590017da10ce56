//! Every request of CONTROL.md is made, in the order in which it stands there, and gets the answer that is shown; every
//! program is run whose language is installed.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use agentsight_testkit::FakeServer;
use serde_json::Value;

use super::http_client::{self, Answer, send_with};

const DOCUMENT: &str = include_str!("../../../CONTROL.md");
/// Stands for anything: a value, further elements of a list, further fields.
const ANYTHING: &str = "...";

/// A block of code: its language, what else is said of it, and its lines.
struct Block {
    language: String,
    note: String,
    text: String,
}

fn blocks() -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_open = false;
    for line in DOCUMENT.lines() {
        match line.strip_prefix("```") {
            Some(_) if is_open => is_open = false,
            Some(info) => {
                let (language, note) = info.split_once(' ').unwrap_or((info, ""));
                blocks.push(Block { language: language.to_owned(), note: note.to_owned(), text: String::new() });
                is_open = true;
            }
            None if is_open => writeln!(blocks.last_mut().unwrap().text, "{line}").unwrap(),
            None => {}
        }
    }
    assert!(!is_open, "the last block is closed");
    blocks
}

/// The commands of a script, each as its words, with quotes taken off and variables put in.
fn commands(script: &str, variables: &[(&str, &str)]) -> Vec<Vec<String>> {
    let mut commands = vec![Vec::new()];
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut rest = script;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match (quote, c) {
            (None, '\'' | '"') => {
                word.get_or_insert_default();
                quote = Some(c);
            }
            (Some(open), c) if open == c => quote = None,
            (None, '\n') | (None, ' ') => {
                commands.last_mut().unwrap().extend(word.take());
                if c == '\n' {
                    commands.push(Vec::new());
                }
            }
            (None | Some('"'), '$') => {
                let (name, value) = variables.iter().find(|(name, _)| rest.starts_with(name)).unwrap();
                word.get_or_insert_default().push_str(value);
                rest = &rest[name.len()..];
            }
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    assert!(quote.is_none(), "the last quote is closed: {script}");
    commands.retain(|words| !words.is_empty());
    commands
}

/// What curl does, as far as the document uses it.
fn curl(server: &FakeServer, words: &[String]) -> Answer {
    let (mut method, mut headers, mut body, mut url) = (None, Vec::new(), String::new(), None);
    let mut words = words.iter();
    assert_eq!(words.next().map(String::as_str), Some("curl"));
    while let Some(word) = words.next() {
        match word.as_str() {
            "-X" => method = words.next(),
            "-H" => headers.extend(words.next().map(String::as_str)),
            "-d" => body = words.next().unwrap().clone(),
            _ => assert!(url.replace(word).is_none(), "one address: {word}"),
        }
    }
    let target = url.unwrap().strip_prefix(server.url()).unwrap();
    let method = method.map_or(if body.is_empty() { "GET" } else { "POST" }, String::as_str);
    headers.push("Host: localhost");
    send_with(server, method, target, &headers, body.as_bytes())
}

/// Whether what came is what the document shows.
fn agrees(shown: &Value, came: &Value) -> bool {
    match (shown, came) {
        (Value::String(text), _) if text == ANYTHING => true,
        (Value::Object(shown), Value::Object(came)) => {
            let has_more = shown.contains_key(ANYTHING);
            let mut named = shown.iter().filter(|(name, _)| *name != ANYTHING);
            (has_more || shown.len() == came.len())
                && named.all(|(name, value)| came.get(name).is_some_and(|came| agrees(value, came)))
        }
        (Value::Array(shown), Value::Array(came)) => list_agrees(shown, came),
        (shown, came) => shown == came,
    }
}

fn list_agrees(shown: &[Value], came: &[Value]) -> bool {
    match shown.split_first() {
        None => came.is_empty(),
        Some((Value::String(text), rest)) if text == ANYTHING => {
            (0..=came.len()).any(|skipped| list_agrees(rest, &came[skipped..]))
        }
        Some((first, rest)) => {
            came.split_first().is_some_and(|(came, others)| agrees(first, came) && list_agrees(rest, others))
        }
    }
}

#[test]
fn every_request_of_the_document_gets_the_answer_that_it_shows() {
    let server = http_client::server();
    let variables = [("FAKE", server.url()), ("AGENTSIGHT_API_KEY", server.api_key())];
    let mut last: Option<Answer> = None;
    let (mut asked, mut compared) = (0, 0);
    for block in blocks() {
        match block.language.as_str() {
            "sh" => {
                for words in commands(&block.text, &variables).iter().filter(|words| words[0] != "export") {
                    last = Some(curl(&server, words));
                    asked += 1;
                }
            }
            "json" => {
                let answer = last.take().unwrap();
                let status = if block.note.is_empty() { 200 } else { block.note.parse().unwrap() };
                assert_eq!(answer.status, status, "{answer:?}");
                let shown: Value = serde_json::from_str(&block.text).unwrap();
                let came = answer.json();
                assert!(agrees(&shown, &came), "\nthe document shows: {shown:#}\nbut what came is: {came:#}");
                compared += 1;
            }
            _ => {}
        }
    }
    assert!(asked >= 25 && compared >= 20, "the examples are found: {asked} requests, {compared} answers");
    assert!(server.api().conversation("seeded-1").is_some(), "the snapshot was put");
}

#[test]
fn what_differs_from_the_document_is_seen() {
    let agrees =
        |shown: &str, came: &str| agrees(&serde_json::from_str(shown).unwrap(), &serde_json::from_str(came).unwrap());
    assert!(agrees(r#"{"a": ["...", 2, "..."], "b": "..."}"#, r#"{"a": [1, 2], "b": null}"#));
    assert!(agrees(r#"{"a": 1, "...": "..."}"#, r#"{"a": 1, "b": 2}"#));
    for (shown, came) in [
        (r#"{"a": 1}"#, r#"{"a": 1, "b": 2}"#),
        (r#"{"a": 1, "b": 2}"#, r#"{"a": 1}"#),
        (r#"{"a": 1}"#, r#"{"a": 2}"#),
        (r#"["...", 3]"#, "[3, 4]"),
        ("[]", "[1]"),
    ] {
        assert!(!agrees(shown, came), "{shown} {came}");
    }
}

#[test]
fn every_fault_of_the_documents_table_is_known() {
    let names =
        DOCUMENT.lines().filter_map(|line| line.strip_prefix("| `")).filter_map(|line| line.split(" | ").next());
    let named: Vec<&str> = names.flat_map(|cell| cell.split('`')).filter(|name| !name.contains([',', ' '])).collect();
    let list = agentsight_testkit::FaultRule::from_json(r#"{"fault": "none"}"#).unwrap_err().to_string();
    let (_, known) = list.split_once("One of: ").unwrap();
    let missing: Vec<&str> = known.split(", ").filter(|fault| !named.contains(fault)).collect();
    assert!(missing.is_empty(), "not in the table: {missing:?}");
}

/// The document's program in that language.
fn program(language: &str) -> String {
    blocks().into_iter().find(|block| block.language == language).unwrap().text
}

/// Runs a program of the document; where its language is not installed, it says so.
fn run(command: &mut Command) {
    let server = http_client::server();
    let ran =
        command.env("FAKE", server.url()).env("AGENTSIGHT_API_KEY", server.api_key()).env("NO_PROXY", "*").output();
    let output = match ran {
        Ok(output) => output,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            eprintln!("{:?} is not installed: its example is not run", command.get_program());
            return;
        }
        Err(error) => panic!("{:?}: {error}", command.get_program()),
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(server.audit().accepted, 1);
}

#[test]
fn the_example_in_python_runs() {
    run(Command::new("python3").arg("-c").arg(program("python")));
}

#[test]
fn the_example_in_javascript_runs() {
    run(Command::new("node").args(["--input-type=module", "-e"]).arg(program("js")));
}

#[test]
fn the_example_in_go_runs() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("control-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("main.go"), program("go")).unwrap();
    run(Command::new("go").args(["run", "main.go"]).current_dir(&folder));
    fs::remove_dir_all(&folder).unwrap();
}
