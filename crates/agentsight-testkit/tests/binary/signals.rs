use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::json;

use crate::program::{Folder, Program};

#[test]
fn both_signals_end_it_cleanly_with_the_data_written() {
    for signal in ["TERM", "INT"] {
        let folder = Folder::new();
        let data = folder.path_of("data.json");
        let program = Program::start(&["--data", &data]);
        program.post("/api/conversations/", &json!({ "conversation_id": "just-before-the-end" }));
        program.signal(signal);
        let (code, said) = program.ended();
        assert_eq!((code, said.as_str()), (Some(0), ""), "{signal}");
        let kept = std::fs::read_to_string(&data).unwrap();
        assert!(kept.contains("just-before-the-end"), "{kept}");
        assert!(!folder.file("data.json.new").exists());
    }
}

#[test]
fn a_connection_that_stays_open_does_not_hold_up_the_end() {
    let program = Program::start(&[]);
    let connection = TcpStream::connect(program.url.trim_start_matches("http://")).unwrap();
    program.stop();
    drop(connection);
}

#[test]
fn an_event_stream_that_is_listened_to_ends_with_the_program() {
    for signal in ["TERM", "INT"] {
        let folder = Folder::new();
        let data = folder.path_of("data.json");
        let program = Program::start(&["--data", &data]);
        let mut stream = TcpStream::connect(program.url.trim_start_matches("http://")).unwrap();
        stream.write_all(b"GET /__testkit/inspector/stream HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        while !line.starts_with("data: ") {
            line.clear();
            assert_ne!(stream.read_line(&mut line).unwrap(), 0, "there is a first event");
        }
        program.post("/api/conversations/", &json!({ "conversation_id": "while-somebody-listens" }));
        program.signal(signal);
        let (code, said) = program.ended();
        assert_eq!((code, said.as_str()), (Some(0), ""), "{signal}");
        assert!(std::fs::read_to_string(&data).unwrap().contains("while-somebody-listens"));
        // However the connection ends, it does.
        let _ = stream.read_to_end(&mut Vec::new());
    }
}
