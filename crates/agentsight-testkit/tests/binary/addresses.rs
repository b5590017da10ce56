use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::program::Program;

#[test]
fn listening_for_other_machines_is_warned_of() {
    let program = Program::start(&["--listen", "0.0.0.0"]);
    assert!(program.url.starts_with("http://127.0.0.1:"), "{}", program.url);
    assert_eq!(program.get("/api/me/").0, 200);
    let said = program.stop();
    assert!(
        said.contains("warning: listening on 0.0.0.0:") && said.contains("can read and change everything"),
        "{said}"
    );
}

#[test]
fn loopback_of_the_newer_protocol_is_loopback() {
    if TcpListener::bind("[::1]:0").is_err() {
        eprintln!("this machine has no IPv6");
        return;
    }
    let program = Program::start(&["--listen", "::1"]);
    assert!(program.url.starts_with("http://[::1]:"), "{}", program.url);
    assert_eq!(program.get("/api/me/").0, 200);
    assert_eq!(program.stop(), "");
}

#[test]
fn the_console_answers_to_a_name_that_was_allowed() {
    let program = Program::start(&["--allow-host", "fake.test"]);
    let ask = |host: &str| {
        let mut connection = TcpStream::connect(program.url.trim_start_matches("http://")).unwrap();
        write!(connection, "GET /__testkit/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer.split(' ').nth(1).unwrap().to_owned()
    };
    assert_eq!([ask("fake.test"), ask("other.test"), ask("localhost")], ["200", "403", "200"]);
}
