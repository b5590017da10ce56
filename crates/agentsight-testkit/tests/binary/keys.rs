use serde_json::json;

use crate::program::{KEY, Program};

const WRITE: &str = "ags_11111111111111111111111111111111_111111";
const READ: &str = "ags_22222222222222222222222222222222_222222";

#[test]
fn without_keys_every_well_formed_one_may_write() {
    let program = Program::start(&[]);
    for key in [KEY, WRITE] {
        assert!(program.post_with(key, "/api/conversations/", &json!({ "conversation_id": key })).0 < 300);
        assert_eq!(program.get_with(key, "/api/conversations/").0, 200);
    }
    assert_eq!(program.get_with("nonsense", "/api/conversations/").0, 401);
}

#[test]
fn with_a_key_no_other_is_accepted() {
    let program = Program::start(&["--api-key", WRITE]);
    assert!(program.printed.contains(&format!("export AGENTSIGHT_API_KEY={WRITE}")), "{:?}", program.printed);
    assert_eq!(program.get_with(WRITE, "/api/conversations/").0, 200);
    assert_eq!(program.get_with(KEY, "/api/conversations/").0, 401);
}

#[test]
fn a_read_only_key_reads_and_the_printed_one_writes() {
    for (arguments, write) in
        [(vec!["--read-only-key", READ], KEY), (vec!["--read-only-key", READ, "--api-key", WRITE], WRITE)]
    {
        let program = Program::start(&arguments);
        assert!(program.printed.contains(&format!("export AGENTSIGHT_API_KEY={write}")), "{:?}", program.printed);
        assert!(program.printed.contains(&format!("# Read-only key: {READ}")), "{:?}", program.printed);
        let body = json!({ "conversation_id": "a" });
        assert_eq!(program.post_with(write, "/api/conversations/", &body).0, 201);
        assert_eq!(program.get_with(READ, "/api/conversations/").1["count"], 1);
        assert_eq!(program.post_with(READ, "/api/conversations/", &body).0, 403);
    }
}

#[test]
fn the_rate_is_limited_where_asked() {
    let program = Program::start(&["--rate-limit", "2/3600"]);
    let statuses = [(); 3].map(|()| program.get("/api/me/").0);
    assert_eq!(statuses, [200, 200, 429]);
}
