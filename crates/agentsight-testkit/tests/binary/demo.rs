use std::collections::BTreeSet;

use serde_json::Value;

use crate::program::Program;

fn texts<'a>(rows: &'a [Value], field: &str) -> BTreeSet<&'a str> {
    rows.iter().filter_map(|row| row[field].as_str()).collect()
}

#[test]
fn every_list_of_the_demo_has_something_to_show() {
    let program = Program::start(&["--demo"]);
    let count = |query: &str| {
        let (status, page) = program.get(&format!("/api/conversations/?full=false&{query}"));
        assert_eq!(status, 200, "{query}");
        page["count"].as_u64().unwrap()
    };
    let all = count("include_deleted=true");
    assert!((40..=60).contains(&all), "{all}");
    assert_eq!(count("include_deleted=false"), all - 1);
    for query in [
        "environment=production",
        "environment=development",
        "device=desktop",
        "device=mobile",
        "device=tablet",
        "device=voice",
        "language=en",
        "language=de",
        "language=es",
        "language=fr",
        "language=ja",
        "language=ar",
        "has_action=true",
        "has_feedback=true",
        "has_messages=false",
        "is_marked=true",
        "feedback_sentiment=positive",
        "feedback_sentiment=neutral",
        "feedback_sentiment=negative",
        "action_name=order_status",
        "customer_id=kunde-31",
        "message_contains=invoice",
        "search=Wanderschuhe",
        "metadata=analysis.sentiment:positive",
        "name=parcel",
    ] {
        assert!((1..all).contains(&count(query)), "{query}");
    }
    for path in ["/api/buttons/", "/api/feedbacks/", "/api/feedbacks/?kind=message", "/api/actions/"] {
        assert!(program.get(path).1["count"].as_u64().unwrap() > 0, "{path}");
    }
    assert!(program.get("/api/buttons/stats/").1[0]["count"].as_u64().unwrap() > 1);
    for path in ["metadata-keys/", "metadata-values/?key=channel", "message-metadata-keys/"] {
        let (status, answer) = program.get(&format!("/api/conversations/{path}"));
        assert!(status == 200 && answer.to_string().len() > 40, "{answer}");
    }
}

#[test]
fn the_demo_ends_now_and_its_files_are_real() {
    let program = Program::start(&["--demo"]);
    let (_, page) = program.get("/api/conversations/?page_size=100");
    let rows = page["results"].as_array().unwrap();
    let (newest, oldest) = (&rows[0], &rows[rows.len() - 1]);
    let day = |row: &Value| {
        let time: chrono::DateTime<chrono::Utc> = row["ended_at"].as_str().unwrap().parse().unwrap();
        (chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now()) - time).num_days()
    };
    assert_eq!(day(newest), 0);
    assert!((20..40).contains(&day(oldest)));
    assert_eq!(texts(rows, "environment"), BTreeSet::from(["development", "production"]));

    let messages = rows.iter().flat_map(|row| row["messages"].as_array().unwrap());
    let files = messages.flat_map(|message| message["attachments"].as_array().unwrap());
    let mut kinds = BTreeSet::new();
    for file in files {
        let address = file["file_url"].as_str().unwrap();
        let content = attohttpc::get(address).send().unwrap().bytes().unwrap();
        let begin: &[u8] = match file["mime_type"].as_str().unwrap() {
            "image/png" => b"\x89PNG\r\n\x1a\n",
            "application/pdf" => b"%PDF-1.4",
            _ => b"10:02:11",
        };
        assert!(content.starts_with(begin), "{file}");
        assert_eq!(file["size_bytes"].as_u64().unwrap(), content.len() as u64);
        kinds.insert(file["mime_type"].as_str().unwrap().to_owned());
    }
    assert_eq!(kinds.len(), 3);
}
