use std::net::TcpListener;

use crate::program::{Folder, KEY, Program, failure, run};

const DOCUMENT: &str = include_str!("../../FAKE.md");

#[test]
fn help_names_every_option_and_how_to_begin() {
    let output = run(&["--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    for words in [
        "--port <PORT>",
        "--port-file <FILE>",
        "--listen <ADDRESS>",
        "--api-key <KEY>",
        "--read-only-key <KEY>",
        "--seed-data <FILE>",
        "--data <FILE>",
        "--demo",
        "--faults <FILE>",
        "[default: 8787]",
        "[default: 127.0.0.1]",
        "are left as they are",
        "Examples:",
    ] {
        assert!(help.contains(words), "{words} is missing:\n{help}");
    }
    assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
    let version = String::from_utf8(run(&["--version"]).stdout).unwrap();
    assert_eq!(version.trim(), format!("agentsight-fake {}", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_document_names_every_option() {
    let help = String::from_utf8(run(&["--help"]).stdout).unwrap();
    let lines = help.lines().filter_map(|line| line.trim_start().strip_prefix("--"));
    let options: Vec<&str> = lines.map(|line| line.split(' ').next().unwrap()).collect();
    assert!(options.len() > 8, "{options:?}");
    for option in options {
        assert!(DOCUMENT.contains(&format!("`--{option}")), "--{option}");
    }
}

#[test]
fn the_seed_of_the_document_can_be_seeded() {
    let line = DOCUMENT.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let folder = Folder::new();
    let program = Program::start(&["--seed-data", &folder.write("seed.jsonl", line)]);
    let (_, found) = program.get("/api/conversations/?conversation_id=support-123&action_name=order_status");
    assert_eq!(found["count"], 1);
}

#[test]
fn wrong_arguments_end_with_2_and_a_key_is_not_repeated() {
    for (arguments, said) in [
        (vec!["--port", "65536"], "65536 is not in 0..=65535"),
        (vec!["--page-size", "0"], "0 is not in 1..=100"),
        (vec!["--demoo"], "--demo"),
        (vec!["--rate-limit", "fast"], "such as 100/60"),
        (vec!["--api-key", "ags_private"], "the value of --api-key has to be ags_, 32 hexadecimal digits"),
        (vec!["--api-key", KEY, "--read-only-key", KEY], "have to be different keys"),
    ] {
        let output = run(&arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(said), "{error}");
        assert!(!error.contains("private"), "{error}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn what_is_printed_can_be_pasted_into_a_shell() {
    let program = Program::start(&[]);
    let url = &program.url;
    assert_eq!(
        program.printed,
        [
            format!("export AGENTSIGHT_API_ENDPOINT={url}"),
            format!("export AGENTSIGHT_API_KEY={KEY}"),
            format!("# Inspector: {url}/"),
        ]
    );
    assert!(url.starts_with("http://127.0.0.1:"));
    assert_eq!(program.get("/api/me/").0, 200);
    assert_eq!(program.stop(), "");
}

#[test]
fn the_port_file_is_there_as_long_as_the_service_is() {
    let folder = Folder::new();
    let file = folder.write("port", "12345 of a process that was killed");
    let program = Program::start(&["--port-file", &file]);
    // It is written after everything was printed, as a whole.
    let port = loop {
        match std::fs::read_to_string(&file) {
            Ok(content) => break content,
            Err(_) => std::thread::yield_now(),
        }
    };
    assert_eq!(program.url, format!("http://127.0.0.1:{}", port.trim()));
    program.stop();
    assert!(!folder.file("port").exists());
}

#[test]
fn a_port_that_is_taken_is_named_with_a_way_out() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port().to_string();
    let said = failure(&["--port", &port]);
    assert!(said.contains(&format!("port {port} is taken")) && said.contains("--port (0 takes a free one)"), "{said}");
}

#[test]
fn an_address_of_another_machine_is_named() {
    let said = failure(&["--port", "0", "--listen", "192.0.2.1"]);
    assert!(said.contains("192.0.2.1 is no address of this machine"), "{said}");
}

#[test]
fn pages_have_the_size_that_is_asked_for() {
    let program = Program::start(&["--demo", "--page-size", "7", "--environment", "staging"]);
    let (_, page) = program.get("/api/conversations/?full=false");
    assert_eq!(page["results"].as_array().unwrap().len(), 7);
    let (_, me) = program.get("/api/me/");
    assert!(me.to_string().contains("staging"), "{me}");
}
