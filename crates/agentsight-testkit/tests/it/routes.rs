use http::{Method, StatusCode};

use crate::support::Client;

/// wire: 1.21
const MATRIX: [(&str, &str); 24] = [
    ("/api/conversations/", "GET POST"),
    ("/api/conversations/lookup/", "GET"),
    ("/api/conversations/metadata-keys/", "GET"),
    ("/api/conversations/metadata-values/", "GET"),
    ("/api/conversations/message-metadata-keys/", "GET"),
    ("/api/conversations/1/", "GET DELETE"),
    ("/api/conversations/1/attachments/", "GET"),
    ("/api/conversations/1/rename/", "PATCH"),
    ("/api/conversations/1/update/", "PATCH"),
    ("/api/conversations/1/mark/", "POST"),
    ("/api/conversations/1/delete/", "DELETE"),
    ("/api/track/", "POST"),
    ("/api/track/1/", "GET PATCH DELETE"),
    ("/api/action_logs/", "POST"),
    ("/api/attachments/", "POST"),
    ("/api/buttons/", "GET POST"),
    ("/api/buttons/stats/", "GET"),
    ("/api/conversation-feedbacks/", "POST"),
    ("/api/feedbacks/", "GET POST"),
    ("/api/feedbacks/1/", "GET PATCH DELETE"),
    ("/api/actions/", "GET POST"),
    ("/api/actions/1/", "GET PATCH"),
    ("/api/actions/1/logs/", "GET"),
    ("/api/me/", "GET"),
];

#[test]
fn every_route_has_its_methods_and_answers_405_to_the_others() {
    for (path, allowed) in MATRIX {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let answered = Client::new().send(method.parse().unwrap(), path, None);
            let is_allowed = allowed.split(' ').any(|allowed| allowed == method);
            assert_eq!(answered.status != StatusCode::METHOD_NOT_ALLOWED, is_allowed, "{method} {path}");
            if !is_allowed {
                assert_eq!(answered.json["detail"], format!("Method \"{method}\" not allowed."));
                assert_eq!(answered.response.headers()["allow"], allowed.replace(' ', ", "));
            }
        }
    }
}

#[test]
fn a_missing_slash_at_the_end_is_an_html_404() {
    for (path, _) in MATRIX {
        let answered = Client::new().get(path.trim_end_matches('/'));
        assert_eq!(answered.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answered.response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
        assert!(answered.response.body().starts_with(b"<!doctype html>"));
    }
}

#[test]
fn an_unknown_path_is_an_html_404_even_without_a_key() {
    for path in ["/", "/api/", "/api/nothing/", "//api/conversations/", "/api/conversations/1/nothing/", "*"] {
        let answered = Client::new().with_key("none").get(path);
        assert_eq!(answered.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answered.response.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    }
}

#[test]
fn a_json_type_without_a_body_is_fine() {
    let client = Client::new();
    let number = client.conversation("a");
    assert_eq!(client.get("/api/conversations/").status, StatusCode::OK);
    let deleted = client.send(Method::DELETE, &format!("/api/conversations/{number}/delete/"), None);
    assert_eq!(deleted.status, StatusCode::OK);
}

#[test]
fn a_body_that_is_no_json_object_is_400() {
    let client = Client::new();
    for body in ["{", "[]", "\"text\"", "{\"n\": NaN}", "\u{feff}{}"] {
        let answered = client.send_bytes(Method::POST, "/api/track/", "application/json", body.to_owned().into());
        assert_eq!(answered.status, StatusCode::BAD_REQUEST, "{body}");
    }
}

#[test]
fn a_body_of_another_type_is_415() {
    let answered = Client::new().send_bytes(Method::POST, "/api/track/", "text/plain", "content=x".into());
    assert_eq!(answered.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(answered.json["detail"], "Unsupported media type \"text/plain\" in request.");
}
