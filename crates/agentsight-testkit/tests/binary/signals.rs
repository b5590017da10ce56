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
    let connection = std::net::TcpStream::connect(program.url.trim_start_matches("http://")).unwrap();
    program.stop();
    drop(connection);
}
