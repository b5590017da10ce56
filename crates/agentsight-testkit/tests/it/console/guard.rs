//! Who may use the console: this machine, and no page of a foreign site.

use std::net::{Ipv6Addr, SocketAddr, TcpListener};

use agentsight_testkit::FakeServer;

use super::http_client::{send, send_bytes, send_with, server};

const JSON: &str = "Content-Type: application/json";

fn status(server: &FakeServer, method: &str, target: &str, headers: &[&str]) -> u16 {
    send_with(server, method, target, headers, b"").status
}

#[test]
fn only_a_host_name_that_leads_to_this_machine_is_answered() {
    let server = server();
    for target in ["/", "/__testkit/", "/__testkit/clock", "/__testkit/assets/app.js", "/__testkit/inspector/overview"]
    {
        for host in ["localhost", "LOCALHOST:9", "x.localhost", "127.0.0.1", "[::1]:8787", "localhost."] {
            let status = status(&server, "GET", target, &[&format!("Host: {host}")]);
            assert_eq!(status, 200, "{target} {host}");
        }
        for host in
            ["evil.test", "localhost.evil.test", "user@localhost", "localhost:80@evil.test", "0.0.0.0", "", "::1"]
        {
            let answer = send_with(&server, "GET", target, &[&format!("Host: {host}")], b"");
            assert_eq!(answer.status, 403, "{target} {host}");
            assert!(answer.error().contains("use localhost"), "{answer:?}");
        }
    }
}

#[test]
fn no_host_several_hosts_and_a_host_that_is_no_text_are_refused() {
    let server = server();
    assert_eq!(status(&server, "GET", "/__testkit/", &[]), 403);
    assert_eq!(status(&server, "GET", "/__testkit/", &["Host: localhost", "Host: localhost"]), 403);
    assert_eq!(status(&server, "GET", "/__testkit/", &["Host: localhost", "Host: evil.test"]), 403);
    let latin = b"GET /__testkit/ HTTP/1.1\r\nHost: l\xf6calhost\r\nConnection: close\r\n\r\n";
    assert_eq!(send_bytes(&server, latin).unwrap().status, 403);
    let old = b"GET /__testkit/ HTTP/1.0\r\n\r\n";
    assert_eq!(send_bytes(&server, old).unwrap().status, 403);
}

#[test]
fn a_target_with_a_host_of_its_own_is_held_to_it_too() {
    let server = server();
    let host = ["Host: localhost"];
    assert_eq!(status(&server, "GET", "http://localhost:1/__testkit/", &host), 200);
    for target in ["http://evil.test/__testkit/", "http://evil.test/", "http://user@localhost/__testkit/"] {
        assert_eq!(status(&server, "GET", target, &host), 403, "{target}");
    }
    assert_eq!(status(&server, "GET", "http://localhost/__testkit/", &["Host: evil.test"]), 403);
}

#[test]
fn a_page_of_another_origin_is_refused_whatever_it_does() {
    let server = server();
    for origin in [
        "null",
        "http://evil.test",
        "http://localhost:3000",
        "http://127.0.0.1:8787",
        "http://localhost.evil.test:8787",
        "https://localhost:8788",
        "file://",
        "ws://localhost:8787",
        "localhost:8787",
        "http://localhost:8787/",
        "http://user@localhost:8787",
        "",
    ] {
        for (method, target) in [("POST", "/__testkit/reset"), ("GET", "/__testkit/requests"), ("GET", "/")] {
            let headers = ["Host: localhost:8787", JSON, &format!("Origin: {origin}")];
            let answer = send_with(&server, method, target, &headers, b"");
            assert_eq!(answer.status, 403, "{method} {target} from {origin:?}");
            assert_eq!(answer.header("access-control-allow-origin"), None);
        }
    }
    for (host, origin) in [
        ("localhost:8787", "http://localhost:8787"),
        ("LocalHost:8787", "http://localhost.:8787"),
        ("localhost", "http://localhost"),
        ("localhost:80", "http://localhost"),
        ("localhost:443", "https://localhost"),
        ("[::1]:8787", "http://[::1]:8787"),
    ] {
        let headers = [&format!("Host: {host}"), JSON, &format!("Origin: {origin}")];
        assert_eq!(status(&server, "POST", "/__testkit/reset", &headers), 200, "{host} {origin}");
    }
    let twice = ["Host: localhost", JSON, "Origin: http://localhost", "Origin: http://localhost"];
    assert_eq!(status(&server, "POST", "/__testkit/reset", &twice), 403);
}

#[test]
fn what_a_browser_says_of_a_request_is_believed() {
    let server = server();
    let fetched = |method: &str, target: &str, site: &str, mode: &str, destination: &str| {
        let fetch = [("Site", site), ("Mode", mode), ("Dest", destination)];
        let fetch = fetch.map(|(name, value)| format!("Sec-Fetch-{name}: {value}"));
        status(&server, method, target, &["Host: localhost", JSON, &fetch[0], &fetch[1], &fetch[2]])
    };
    assert_eq!(fetched("GET", "/__testkit/clock", "same-origin", "cors", "empty"), 200);
    assert_eq!(fetched("GET", "/", "none", "navigate", "document"), 200);
    assert_eq!(fetched("GET", "/", "cross-site", "navigate", "document"), 200, "a link");
    for site in ["cross-site", "same-site", "unknown"] {
        assert_eq!(fetched("GET", "/__testkit/requests", site, "no-cors", "script"), 403);
        assert_eq!(fetched("GET", "/", site, "navigate", "iframe"), 403);
        assert_eq!(fetched("POST", "/__testkit/reset", site, "navigate", "document"), 403);
    }
}

#[test]
fn a_write_has_to_say_that_it_is_json() {
    let server = server();
    for (method, target) in [("POST", "/__testkit/reset"), ("PUT", "/__testkit/faults")] {
        for refused in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=a",
            "application/jsonp",
            "text/json",
            "application/json; charset=utf-16",
            "application/json, text/plain",
            "",
        ] {
            let headers = ["Host: localhost", &format!("Content-Type: {refused}")];
            assert_eq!(status(&server, method, target, &headers), 415, "{method} {refused:?}");
        }
        for taken in ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\";"] {
            let headers = ["Host: localhost", &format!("Content-Type: {taken}")];
            assert_eq!(status(&server, method, target, &headers), 200, "{method} {taken:?}");
        }
        assert_eq!(status(&server, method, target, &["Host: localhost"]), 415);
        assert_eq!(status(&server, method, target, &["Host: localhost", JSON, JSON]), 415);
    }
    assert_eq!(status(&server, "DELETE", "/__testkit/faults", &["Host: localhost"]), 200, "there is no body");
}

#[test]
fn a_method_that_a_route_does_not_have_is_answered_with_those_that_it_has() {
    let server = server();
    let index = send(&server, "GET", "/__testkit/", "").json();
    let routes: Vec<(String, String)> = index["routes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|route| (route["method"].as_str().unwrap().to_owned(), route["path"].as_str().unwrap().to_owned()))
        .collect();
    for (_, path) in &routes {
        let allowed: Vec<&str> =
            routes.iter().filter(|(_, other)| other == path).map(|(method, _)| method.as_str()).collect();
        let target = path.replace("{number}", "1");
        for method in ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
            let answer = send(&server, method, &target, "");
            if allowed.contains(&method) {
                assert_ne!(answer.status, 405, "{method} {path}");
            } else {
                assert_eq!(answer.status, 405, "{method} {path}");
                assert_eq!(answer.header("allow"), Some(allowed.join(", ").as_str()), "{method} {path}");
            }
        }
    }
    assert_eq!(send(&server, "POST", "/", "").status, 405);
}

#[test]
fn head_is_get_without_the_body() {
    let server = server();
    for target in ["/", "/__testkit/", "/__testkit/clock", "/__testkit/nothing"] {
        let (head, get) = (send(&server, "HEAD", target, ""), send(&server, "GET", target, ""));
        assert_eq!(
            (head.status, head.header("content-length")),
            (get.status, get.header("content-length")),
            "{target}"
        );
        assert!(head.body.is_empty() && !get.body.is_empty(), "{target}");
    }
    assert_eq!(send(&server, "HEAD", "/__testkit/reset", "").status, 405);
}

#[test]
fn every_answer_keeps_browsers_from_doing_more_than_showing_it() {
    let server = server();
    let answers = [
        send(&server, "GET", "/", ""),
        send(&server, "GET", "/__testkit/assets/app.js", ""),
        send(&server, "GET", "/__testkit/inspector/overview", ""),
        send(&server, "GET", "/__testkit/requests", ""),
        send(&server, "GET", "/__testkit/nothing", ""),
        send_with(&server, "GET", "/", &["Host: evil.test"], b""),
    ];
    for answer in answers {
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer:?}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(answer.header("cross-origin-opener-policy"), Some("same-origin"));
        assert_eq!(answer.header("cross-origin-resource-policy"), Some("same-origin"));
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
    }
}

#[test]
fn a_body_that_is_too_large_is_413_and_a_refused_one_is_read_to_its_end() {
    let server = FakeServer::builder().console(true).body_limit(10).start().unwrap();
    let answer = send(&server, "PUT", "/__testkit/faults", r#"{"rules": []}"#);
    assert_eq!((answer.status, answer.error().as_str()), (413, "The body is larger than 10 bytes."));
    assert_eq!(send(&server, "PUT", "/__testkit/faults", "{}").status, 200);
    let large = "x".repeat(5_000_000);
    let foreign = send_with(&server, "PUT", "/__testkit/faults", &["Host: evil.test", JSON], large.as_bytes());
    assert_eq!(foreign.status, 403);
}

#[test]
fn a_page_that_reaches_the_service_by_its_own_name_is_refused_and_other_clients_are_not() {
    let server = server();
    let key = format!("Authorization: Api-Key {}", server.api_key());
    let of_browsers = [
        "Origin: http://evil.test",
        "Origin: null",
        "Sec-Fetch-Site: same-origin",
        "Referer: http://evil.test/",
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    ];
    for browser in of_browsers {
        for (method, target) in
            [("GET", "/api/conversations/"), ("POST", "/api/conversations/"), ("GET", "/media/attachments/5000001")]
        {
            let answer = send_with(&server, method, target, &["Host: evil.test:8787", JSON, &key, browser], b"");
            assert_eq!(answer.status, 403, "{method} {target} {browser}");
            assert!(answer.error().contains("does not lead here"), "{answer:?}");
        }
        for host in ["localhost:8787", "127.0.0.1:8787"] {
            assert_eq!(
                status(&server, "GET", "/api/me/", &[&format!("Host: {host}"), &key, browser]),
                200,
                "{browser}"
            );
        }
    }
    assert_eq!(server.requests().len(), 2 * of_browsers.len(), "what is refused leaves no trace");
    for agent in ["User-Agent: python-requests/2.32", "User-Agent: node", "Accept: */*"] {
        assert_eq!(status(&server, "GET", "/api/me/", &["Host: fake.compose:8787", &key, agent]), 200, "{agent}");
    }
    let allowed = FakeServer::builder().console(true).console_host("app.test").start().unwrap();
    assert_eq!(status(&allowed, "GET", "/api/me/", &["Host: app.test", &key, of_browsers[0]]), 200);
    let without_console = FakeServer::start().unwrap();
    assert_eq!(status(&without_console, "GET", "/api/me/", &["Host: evil.test", &key, of_browsers[0]]), 200);
}

#[test]
fn the_service_is_answered_by_any_name_and_the_console_leaves_no_trace() {
    let server = server();
    let key = format!("Authorization: Api-Key {}", server.api_key());
    for (target, expected) in
        [("/api/me/", 200), ("//__testkit/", 404), ("/__testkitchen/", 404), ("/%5f_testkit/", 404)]
    {
        assert_eq!(status(&server, "GET", target, &["Host: evil.test", &key]), expected, "{target}");
    }
    let recorded = server.requests().len();
    assert_eq!(recorded, 4);
    for target in ["/", "/__testkit", "/__testkit/", "/__testkit/clock", "/__testkit/nothing"] {
        let _ = send(&server, "GET", target, "");
    }
    let _ = send_with(&server, "GET", "/", &["Host: evil.test"], b"");
    assert_eq!((server.requests().len(), server.audit().traffic.requests), (recorded, 4));
}

#[test]
fn a_server_without_a_console_has_none() {
    let server = FakeServer::start().unwrap();
    assert_eq!(send(&server, "GET", "/", "").status, 404);
    assert_eq!(send(&server, "GET", "/__testkit/", "").status, 404);
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn another_host_name_can_be_allowed() {
    let server = FakeServer::builder().console(true).console_host("Fake.compose").start().unwrap();
    assert_eq!(status(&server, "GET", "/__testkit/", &["Host: fake.compose:8787"]), 200);
    assert_eq!(status(&server, "GET", "/__testkit/", &["Host: other.compose:8787"]), 403);
}

#[test]
fn a_server_on_the_loopback_of_ipv6_is_used_by_its_address() {
    let address = SocketAddr::from((Ipv6Addr::LOCALHOST, 0));
    if TcpListener::bind(address).is_err() {
        eprintln!("this machine has no IPv6");
        return;
    }
    let server = FakeServer::builder().address(address).console(true).start().unwrap();
    let host = format!("Host: {}", server.address());
    assert_eq!(status(&server, "GET", "/__testkit/", &[&host]), 200);
    assert_eq!(status(&server, "GET", "/__testkit/", &["Host: [2001:db8::1]"]), 403);
}
