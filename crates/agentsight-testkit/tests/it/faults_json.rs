//! Faults as JSON: what `--faults` and the control API read and write.

use std::collections::BTreeSet;
use std::time::Duration;

use agentsight_testkit::{Fault, FaultMix, FaultPlan, FaultRule, RetryAfter};
use bytes::Bytes;
use chrono::DateTime;
use http::{HeaderValue, Method, Request, StatusCode, header};
use proptest::prelude::{Just, ProptestConfig, Strategy, any, prop_oneof};
use proptest::{prop_assert_eq, proptest};
use serde_json::{Value, json};

const SECOND: Duration = Duration::from_secs(1);

/// Each constructor of `Fault`, what it makes, and how JSON says so.
fn constructors() -> Vec<(&'static str, Fault, Value)> {
    let date = DateTime::from_timestamp(784_111_777, 0).unwrap();
    let html = HeaderValue::from_static("text/html");
    let location = HeaderValue::from_static("https://elsewhere.test/");
    vec![
        ("status", Fault::status(StatusCode::BAD_GATEWAY), json!({"fault": "status", "status": 502})),
        (
            "status_with_body",
            Fault::status_with_body(StatusCode::BAD_GATEWAY, html, "<h1>Sorry</h1>"),
            json!({"fault": "status", "status": 502, "content_type": "text/html", "body": "<h1>Sorry</h1>"}),
        ),
        (
            "rate_limited",
            Fault::rate_limited(RetryAfter::Garbage),
            json!({"fault": "rate_limited", "retry_after": "garbage"}),
        ),
        (
            "rate_limited",
            Fault::rate_limited(RetryAfter::Absent),
            json!({"fault": "rate_limited", "retry_after": "absent"}),
        ),
        ("rate_limited", Fault::rate_limited(RetryAfter::Seconds(2)), json!({"fault": "rate_limited", "seconds": 2})),
        ("retry_after", Fault::retry_after(2), json!({"fault": "retry_after", "seconds": 2})),
        (
            "retry_after_date",
            Fault::retry_after_date(date),
            json!({"fault": "rate_limited", "date": "1994-11-06T08:49:37Z"}),
        ),
        ("html_page", Fault::html_page(), json!({"fault": "html_page"})),
        ("redirect", Fault::redirect(location), json!({"fault": "redirect", "location": "https://elsewhere.test/"})),
        ("early_too_large", Fault::early_too_large(), json!({"fault": "early_too_large"})),
        ("gzip_bomb", Fault::gzip_bomb(u64::MAX), json!({"fault": "gzip_bomb", "inflated_bytes": u64::MAX})),
        ("delay", Fault::delay(2 * SECOND), json!({"fault": "delay", "delay_ms": 2000})),
        ("truncated_json", Fault::truncated_json(), json!({"fault": "truncated_json"})),
        ("without_id", Fault::without_id(), json!({"fault": "without_id"})),
        (
            "content_type",
            Fault::content_type(HeaderValue::from_static("text/plain")),
            json!({"fault": "content_type", "content_type": "text/plain"}),
        ),
        ("trimmed_text", Fault::trimmed_text(), json!({"fault": "trimmed_text"})),
        ("other_conversation", Fault::other_conversation(), json!({"fault": "other_conversation"})),
        ("padded", Fault::padded(7), json!({"fault": "padded", "values": 7})),
        ("dribbled_head", Fault::dribbled_head(SECOND), json!({"fault": "dribbled_head", "pause_ms": 1000})),
        (
            "dribbled_body",
            Fault::dribbled_body(Duration::from_micros(1500)),
            json!({"fault": "dribbled_body", "pause_ms": 1.5}),
        ),
        ("refused", Fault::refused(), json!({"fault": "refused"})),
        ("reset_on_accept", Fault::reset_on_accept(), json!({"fault": "reset_on_accept"})),
        ("reset_after_request", Fault::reset_after_request(), json!({"fault": "reset_after_request"})),
        ("reset_in_head", Fault::reset_in_head(), json!({"fault": "reset_in_head"})),
        ("reset_in_body", Fault::reset_in_body(3), json!({"fault": "reset_in_body", "bytes": 3})),
        ("close_in_body", Fault::close_in_body(0), json!({"fault": "close_in_body", "bytes": 0})),
        ("close_before_applied", Fault::close_before_applied(), json!({"fault": "close_before_applied"})),
        ("close_after_applied", Fault::close_after_applied(), json!({"fault": "close_after_applied"})),
        ("store_then_drop", Fault::store_then_drop(), json!({"fault": "store_then_drop"})),
        ("store_late", Fault::store_late(SECOND), json!({"fault": "store_late", "after_ms": 1000})),
        ("silence", Fault::silence(), json!({"fault": "silence"})),
        ("stale_connection", Fault::stale_connection(), json!({"fault": "stale_connection"})),
    ]
}

fn read(rules: Value) -> FaultPlan {
    FaultPlan::from_json(&json!({ "rules": rules }).to_string()).unwrap()
}

fn refused(text: &str) -> String {
    FaultPlan::from_json(text).unwrap_err().to_string()
}

#[test]
fn every_constructor_has_its_json() {
    let source = include_str!("../../src/fault/value.rs");
    let declared: BTreeSet<&str> = source
        .lines()
        .filter_map(|line| line.strip_prefix("    pub fn ")?.split_once('('))
        .filter(|(_, arguments)| !arguments.contains("self"))
        .map(|(name, _)| name)
        .collect();
    let covered: BTreeSet<&str> = constructors().into_iter().map(|(name, ..)| name).collect();
    assert!(declared.len() > 20, "the constructors are found: {declared:?}");
    assert_eq!(declared, covered);
    for (name, fault, json) in constructors() {
        assert_eq!(
            format!("{:?}", read(json!([json]))),
            format!("{:?}", FaultPlan::new().rule(FaultRule::new(fault))),
            "{name}"
        );
    }
}

#[test]
fn every_constructor_and_its_variations_survive_the_round_trip() {
    for (name, fault, _) in constructors() {
        let variations = [
            fault.clone(),
            fault.clone().delayed(Duration::from_millis(250)),
            fault.clone().applied(),
            fault.clone().applied_late(3 * SECOND),
            fault.header(header::SERVER, HeaderValue::from_static("proxy")),
        ];
        for fault in variations {
            let plan = FaultPlan::new().rule(FaultRule::new(fault));
            let again = FaultPlan::from_json(&plan.to_json().to_string()).unwrap();
            assert_eq!(format!("{again:?}"), format!("{plan:?}"), "{name}: {}", plan.to_json());
        }
    }
}

#[test]
fn a_body_can_be_json_or_bytes() {
    let of = |fields: Value| {
        let mut plan = read(json!([fields]));
        let reaction = agentsight_testkit::FakeApi::new().react(Request::default(), plan.next(&Request::default()));
        reaction.answer.unwrap()
    };
    let json = of(json!({"fault": "status", "status": 503, "body": {"detail": "Down."}}));
    assert_eq!(json.body(), &Bytes::from_static(br#"{"detail":"Down."}"#));
    assert_eq!(json.headers()["content-type"], "application/json");
    let bytes = of(json!({"fault": "status", "status": 200, "body_base64": "//79", "content_type": "image/png"}));
    assert_eq!(bytes.body(), &Bytes::from_static(b"\xff\xfe\xfd"));
    assert_eq!(bytes.headers()["content-type"], "image/png");
}

#[test]
fn a_rule_says_which_requests_meet_what() {
    let read = read(json!([{
        "fault": "status", "status": 502, "times": 2, "method": "post", "path": "/api/track/", "conversation": "a",
        "nth": 2, "then": [{"fault": "silence", "times": 0}, {"fault": "html_page", "times": "always"}]
    }]));
    let built = FaultRule::new(Fault::status(StatusCode::BAD_GATEWAY))
        .times(2)
        .method(Method::POST)
        .path("/api/track/")
        .conversation("a")
        .nth(2)
        .then(Fault::silence())
        .times(0)
        .then(Fault::html_page())
        .always();
    assert_eq!(format!("{read:?}"), format!("{:?}", FaultPlan::new().rule(built)));
}

#[test]
fn a_plan_continues_where_it_was_written_down() {
    let request = Request::<Bytes>::default();
    let mut plan =
        read(json!([{"fault": "silence", "nth": 2, "times": 2}, {"fault": "html_page", "nth": 3, "times": 2}]));
    for _ in 0..3 {
        let _ = plan.next(&request);
    }
    let counts: Vec<_> = plan.to_json()["rules"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rule| (rule["seen"].as_u64(), rule["met"].as_u64()))
        .collect();
    assert_eq!(counts, [(Some(3), Some(2)), (Some(3), Some(0))], "the rule that was added first is taken");
    let mut again = FaultPlan::from_json(&plan.to_json().to_string()).unwrap();
    assert_eq!(again.next(&request).unwrap().to_string(), Fault::html_page().to_string());
    assert!(again.next(&request).is_none());
}

#[test]
fn a_mix_is_a_seed_a_rate_and_a_choice() {
    let read =
        FaultPlan::from_json(r#"{"mix": {"seed": 7, "percent": 100, "faults": [{"fault": "silence"}]}}"#).unwrap();
    let built = FaultPlan::new().mix(FaultMix::from_seed(7).percent(100).fault(Fault::silence()));
    assert_eq!(format!("{read:?}"), format!("{built:?}"));
    assert_eq!(read.to_json()["mix"], json!({"seed": 7, "percent": 100, "faults": [{"fault": "silence"}]}));
    assert_eq!(FaultPlan::from_json("{}").unwrap().to_json(), json!({"rules": [], "mix": null}));
}

#[test]
fn broken_json_is_told_by_line_and_column() {
    let told = refused("{\n  \"rules\": [\n    {\"fault\": \"silence\",}\n  ]\n}");
    assert_eq!(told, "line 3, column 25: trailing comma");
    assert_eq!(refused(""), "line 1, column 0: EOF while parsing a value");
    assert_eq!(
        refused("{\"rules\": [\n {\"times\": 1, \"times\": 2}]}"),
        "line 2, column 21: \"times\" is given twice"
    );
}

#[test]
fn what_is_wrong_is_told_by_line_and_column_too() {
    let told =
        refused("{\n  \"rules\": [\n    {\"fault\": \"silence\"},\n    {\"fault\": \"silence\", \"nth\": 0}\n  ]\n}");
    assert_eq!(told, "line 4, column 33: rules[1].nth: counts from 1");
    let told = refused("{\"rules\": [\n  {\"fault\": \"redirect\"}\n]}");
    assert_eq!(told, "line 2, column 23: rules[0].location: is missing");
    assert_eq!(refused("[]"), "must be a JSON object");
}

#[test]
fn what_is_wrong_is_told_by_its_path_and_with_what_is_allowed() {
    for (text, expected) in [
        ("[]", "must be a JSON object"),
        (r#"{"rule": []}"#, "\"rule\" is no field here; did you mean \"rules\"? One of: rules, mix"),
        (r#"{"rules": [{}]}"#, "rules[0].fault: is missing"),
        (
            r#"{"rules": [{"fault": "statu"}]}"#,
            "rules[0].fault: \"statu\" is no fault; did you mean \"status\"? One of: status, ",
        ),
        (r#"{"rules": [{"fault": "status"}]}"#, "rules[0].status: is missing"),
        (r#"{"rules": [{"fault": "status", "status": 100}]}"#, "rules[0].status: must be from 200 to 599"),
        (r#"{"rules": [{"fault": "status", "status": "503"}]}"#, "rules[0].status: invalid type: string"),
        (r#"{"rules": [{"fault": "status", "status": 503, "body": 1}]}"#, "rules[0].body: must be a text"),
        (r#"{"rules": [{"fault": "status", "status": 503, "body": "", "body_base64": ""}]}"#, "exclude each other"),
        (
            r#"{"rules": [{"fault": "status", "status": 503, "body_base64": "?"}]}"#,
            "rules[0].body_base64: must be base64",
        ),
        (
            r#"{"rules": [{"fault": "status", "status": 503, "headers": {"a b": "c"}}]}"#,
            "rules[0].headers: \"a b\" must be",
        ),
        (
            r#"{"rules": [{"fault": "status", "status": 503, "headers": {"Content-Length": "5"}}]}"#,
            "content-length belongs to the server",
        ),
        (
            r#"{"rules": [{"fault": "redirect", "location": "a\nb"}]}"#,
            "rules[0].location: must be a text that a header can carry",
        ),
        (r#"{"rules": [{"fault": "rate_limited"}]}"#, "takes one of: seconds, date, retry_after"),
        (r#"{"rules": [{"fault": "rate_limited", "seconds": 1, "retry_after": "absent"}]}"#, "takes one of"),
        (r#"{"rules": [{"fault": "rate_limited", "retry_after": "soon"}]}"#, "must be \"garbage\" or \"absent\""),
        (r#"{"rules": [{"fault": "delay"}]}"#, "rules[0].delay_ms: is missing"),
        (r#"{"rules": [{"fault": "silence", "delay_ms": -1}]}"#, "rules[0].delay_ms: must be milliseconds"),
        (r#"{"rules": [{"fault": "silence", "delay_ms": 1e300}]}"#, "rules[0].delay_ms: must be milliseconds"),
        (r#"{"rules": [{"fault": "silence", "bytes": 1}]}"#, "rules[0]: \"bytes\" is no field here; did you mean"),
        (r#"{"rules": [{"fault": "refused", "applied": true}]}"#, "rules[0].applied: is not for refused"),
        (r#"{"rules": [{"fault": "delay", "delay_ms": 1, "applied": false}]}"#, "see \"close_before_applied\""),
        (r#"{"rules": [{"fault": "silence", "applied": true, "applied_late_ms": 1}]}"#, "exclude each other"),
        (
            r#"{"rules": [{"fault": "silence", "times": "never"}]}"#,
            "rules[0].times: must be a whole number from 0 on, or \"always\"",
        ),
        (r#"{"rules": [{"fault": "silence", "times": -1}]}"#, "rules[0].times: must be"),
        (r#"{"rules": [{"fault": "silence", "nth": 0}]}"#, "rules[0].nth: counts from 1"),
        (r#"{"rules": [{"fault": "silence", "method": "GET /"}]}"#, "rules[0].method: must be an HTTP method"),
        (r#"{"rules": [{"fault": "silence", "path": "api/"}]}"#, "rules[0].path: must begin with"),
        (r#"{"rules": [{"fault": "silence", "path": "/api/?a=b"}]}"#, "rules[0].path: must begin with"),
        (
            r#"{"rules": [{"fault": "silence", "then": [{"fault": "refuse"}]}]}"#,
            "rules[0].then[0].fault: \"refuse\" is no fault; did you mean \"refused\"?",
        ),
        (
            r#"{"rules": [{"fault": "silence", "then": [{"fault": "silence", "nth": 2}]}]}"#,
            "rules[0].then[0]: \"nth\" is no field here",
        ),
        (r#"{"rules": [{"fault": "silence", "when": true}]}"#, "rules[0]: \"when\" is no field here"),
        (r#"{"mix": {}}"#, "mix.seed: is missing"),
        (r#"{"mix": {"seed": 1, "percent": 101}}"#, "mix.percent: must be from 0 to 100"),
        (r#"{"mix": {"seed": 1, "faults": [1]}}"#, "mix.faults[0]: must be a JSON object"),
    ] {
        let told = refused(text);
        assert!(told.contains(expected), "{text}\n told: {told}\n not: {expected}");
    }
}

#[test]
fn a_condition_of_rust_is_shown_and_not_read() {
    let plan = FaultPlan::new().rule(FaultRule::new(Fault::silence()).when(|_| true));
    assert_eq!(plan.to_json()["rules"][0]["when"], true);
    assert!(refused(&plan.to_json().to_string()).contains("\"when\""));
}

/// Any JSON, mostly with the words of the format.
fn any_json() -> impl Strategy<Value = Value> {
    let word = || {
        prop_oneof![
            proptest::sample::select(vec![
                "rules",
                "mix",
                "fault",
                "status",
                "delay",
                "times",
                "then",
                "always",
                "seed",
                "faults",
                "headers",
                "body",
                "seconds",
                "nth",
                "path",
                "delay_ms",
                "silence",
                "refused",
                "applied",
                "applied_late_ms",
                "rate_limited",
            ])
            .prop_map(str::to_owned),
            "[ -~]{0,8}",
        ]
    };
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(word(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn any_fault() -> impl Strategy<Value = Fault> {
    let faults: Vec<Fault> = constructors().into_iter().map(|(_, fault, _)| fault).collect();
    (proptest::sample::select(faults), 0_u64..100_000, 0..3_u8).prop_map(|(fault, delay, effect)| {
        let fault = fault.delayed(Duration::from_millis(delay));
        match effect {
            0 => fault,
            1 => fault.applied(),
            _ => fault.applied_late(Duration::from_millis(delay)),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,64}") {
        let _ = FaultPlan::from_json(&text);
    }

    #[test]
    fn any_json_is_read_or_refused_and_what_is_read_is_written_the_same(json in any_json()) {
        if let Ok(plan) = FaultPlan::from_json(&json.to_string()) {
            let again = FaultPlan::from_json(&plan.to_json().to_string()).unwrap();
            prop_assert_eq!(again.to_json(), plan.to_json());
        }
    }

    #[test]
    fn any_plan_survives_the_round_trip(
        faults in proptest::collection::vec((any_fault(), 1_u64..9, any::<u64>()), 0..4),
        mix in proptest::option::of((any::<u64>(), 0_u8..=100, any_fault())),
    ) {
        let rules = faults.into_iter().map(|(fault, nth, times)| FaultRule::new(fault).nth(nth).times(times));
        let mut plan = rules.fold(FaultPlan::new(), FaultPlan::rule);
        if let Some((seed, percent, fault)) = mix {
            plan = plan.mix(FaultMix::from_seed(seed).percent(percent).fault(fault));
        }
        let again = FaultPlan::from_json(&plan.to_json().to_string()).unwrap();
        prop_assert_eq!(format!("{:?}", again), format!("{:?}", plan));
    }
}
