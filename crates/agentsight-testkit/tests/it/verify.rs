use agentsight_testkit::UndocumentedKind;
use http::Method;
use serde_json::json;

use crate::support::Client;

fn only_problem(client: &Client) -> (UndocumentedKind, Option<String>) {
    let mut verification = client.api.verify();
    assert_eq!(verification.undocumented.len(), 1, "{verification}");
    let problem = verification.undocumented.remove(0);
    (problem.problem, problem.nearest)
}

#[test]
fn an_unknown_route_comes_with_the_nearest_documented_one() {
    let client = Client::new();
    client.send(Method::PATCH, "/api/conversations/17/renam/", None);
    let nearest = Some("/api/conversations/{number}/rename/".to_owned());
    assert_eq!(only_problem(&client), (UndocumentedKind::Route, nearest));
}

#[test]
fn a_route_without_the_method_is_not_documented() {
    let client = Client::new();
    client.send(Method::POST, "/api/me/", None);
    assert_eq!(only_problem(&client), (UndocumentedKind::Method, Some("GET".to_owned())));
}

#[test]
fn an_unknown_field_comes_with_the_nearest_documented_one() {
    let client = Client::new();
    client.post("/api/conversations/", json!({ "conversation_id": "a", "costumer_id": "private" }));
    let problem = UndocumentedKind::Field("costumer_id".to_owned());
    assert_eq!(only_problem(&client), (problem, Some("customer_id".to_owned())));
    assert!(!client.api.verify().to_string().contains("private"));
}

#[test]
fn an_unknown_field_of_a_file_and_of_a_form_is_found() {
    let client = Client::new();
    let file = json!({ "filename": "a.txt", "mimetype": "text/plain", "data": "YQ==" });
    client.post("/api/attachments/", json!({ "conversation_id": "a", "attachments": [file] }));
    let nearest = |problem: (UndocumentedKind, Option<String>)| problem.1;
    assert_eq!(nearest(only_problem(&client)).as_deref(), Some("mime_type"));
    client.api.clear_requests();
    let form = "--x\r\nContent-Disposition: form-data; name=\"sendr\"\r\n\r\nagent\r\n--x--\r\n";
    client.send_bytes(Method::POST, "/api/attachments/", "multipart/form-data; boundary=x", form.into());
    assert_eq!(nearest(only_problem(&client)).as_deref(), Some("sender"));
}

#[test]
fn an_unknown_parameter_comes_with_the_nearest_documented_one() {
    let client = Client::new();
    client.get("/api/conversations/?pagesize=3&devise=mobile&page=1");
    let verification = client.api.verify();
    let nearest: Vec<Option<&str>> =
        verification.undocumented.iter().map(|problem| problem.nearest.as_deref()).collect();
    assert_eq!(nearest, [Some("device"), Some("page_size")]);
}

#[test]
fn what_the_vendors_clients_send_is_documented_quirks_included() {
    let client = Client::new();
    client.post("/api/conversations/", json!({ "conversation_id": "a", "source": null, "metadata": null }));
    client.post(
        "/api/track/",
        json!({ "conversation": null, "conversation_id": "a", "sender": "agent", "content": "Hi" }),
    );
    client.post("/api/action_logs/", json!({ "conversation_id": "a", "action_name": "x", "error_msg": "failed" }));
    let file = json!({ "filename": "a.txt", "mime_type": "text/plain", "data": "YQ==" });
    client.post(
        "/api/attachments/",
        json!({
            "timestamp": "2025-01-01T00:00:00Z", "attachments": [file], "message": 1, "conversation": "None",
            "conversation_id": "None", "sender": "agent", "metadata": {},
        }),
    );
    let form = "--x\r\nContent-Disposition: form-data; name=\"mode\"\r\n\r\nform_data\r\n--x\r\nContent-Disposition: \
                form-data; name=\"attachment_0\"; filename=\"a\"\r\n\r\na\r\n--x--\r\n";
    client.send_bytes(Method::POST, "/api/attachments/", "multipart/form-data; boundary=x", form.into());
    client.get("/api/conversations/?feedback_source=customer&env=production");
    client.send(Method::DELETE, "/api/conversations/1/delete/", None);
    client.post(
        "/api/feedbacks/",
        json!({ "kind": "message", "message": 1, "sentiment": "positive", "topic": "style", "reason": "too_bold" }),
    );
    client
        .post("/api/feedbacks/", json!({ "kind": "agent", "agent": 1, "sentiment": "positive", "environment": "dev" }));
    client
        .get("/api/feedbacks/?ticket_status=open&ticket_status=done&include_tickets=true&env=dev&page=1&page_size=100");
    client.send(Method::PATCH, "/api/feedbacks/1/", Some(json!({ "comment": "Better" })));
    client.post("/api/actions/", json!({ "name": "search", "display_name": "Search", "description": "" }));
    client.get("/api/actions/?name__icontains=sea&page=1&page_size=100");
    client.get("/api/actions/1/logs/");
    client.api.verify().assert_verified();
    assert_eq!(client.api.verify().checked, 14);
}
