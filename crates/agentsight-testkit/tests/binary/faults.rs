use crate::program::{Folder, Program, failure};

#[test]
fn faults_are_read_from_a_file() {
    let folder = Folder::new();
    let file = folder.write("faults.json", r#"{"rules": [{"fault": "status", "status": 503, "path": "/api/me/"}]}"#);
    let program = Program::start(&["--faults", &file]);
    assert_eq!([program.get("/api/me/").0, program.get("/api/me/").0], [503, 200]);
}

#[test]
fn a_fault_that_is_none_is_named_with_its_file_and_place() {
    let folder = Folder::new();
    let file = folder.write("faults.json", "{\"rules\": [\n  {\"fault\": \"statsu\"}\n]}");
    let said = failure(&["--port", "0", "--faults", &file]);
    assert!(said.contains(&format!("{file}: line 2, column 20: rules[0].fault")) && said.contains("status"), "{said}");
    let said = failure(&["--port", "0", "--faults", &folder.path_of("missing.json")]);
    assert!(said.contains("there is no file"), "{said}");
}
