use agentsight_model::{Device, Environment, FeedbackSource, Sentiment};
use chrono::TimeDelta;
use proptest::prelude::*;

use super::*;
use crate::error::ErrorKind;
use crate::filter::{ConversationOrdering, MetadataValue, OrderField};

fn filter() -> ConversationFilter {
    ConversationFilter::new()
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().expect("an RFC 3339 time")
}

fn pairs_of(query: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

#[test]
fn r18_every_parameter_is_sent_under_its_name() {
    for (filter, query) in [
        (filter(), ""),
        (filter().page(2), "page=2"),
        (filter().page_size(100), "page_size=100"),
        (filter().conversation_id("a/b?c"), "conversation_id=a%2Fb%3Fc"),
        (filter().conversation_id(" a\tb\n"), "conversation_id=+a%09b%0A"),
        (filter().customer_id("user-456"), "customer_id=user-456"),
        (filter().customer_id_contains("premium"), "customer_id__icontains=premium"),
        (filter().customer_ip_address("2001:db8::1"), "customer_ip_address=2001%3Adb8%3A%3A1"),
        (filter().name("x y+z 100%"), "name=x+y%2Bz+100%25"),
        (filter().device("mobile"), "device=mobile"),
        (filter().language("en"), "language=en"),
        (filter().environment("prod"), "env=production"),
        (filter().is_marked(true), "is_marked=true"),
        (filter().include_deleted(false), "include_deleted=false"),
        (filter().include_tickets(true), "include_tickets=true"),
        (filter().has_messages(true), "has_messages=true"),
        (filter().has_feedback(false), "has_feedback=false"),
        (filter().has_action(true), "has_action=true"),
        (filter().action_name("a&b=c/é"), "action_name=a%26b%3Dc%2F%C3%A9"),
        (filter().message_contains("#hash 你"), "message_contains=%23hash+%E4%BD%A0"),
        (filter().feedback_sentiment(Sentiment::Neutral), "feedback_sentiment=neutral"),
        (filter().feedback_source(FeedbackSource::Platform), "feedback_source=platform"),
        (filter().metadata("analysis.sentiment", "positive"), "metadata=analysis.sentiment%3Apositive"),
        (filter().metadata("a", "x").metadata("b", 1), "metadata=a%3Ax%2Cb%3A1"),
        (filter().search("refund"), "search=refund"),
        (filter().ordering(OrderField::EndedAt), "ordering=ended_at"),
        (filter().ordering(OrderField::IsMarked.descending()), "ordering=-is_marked"),
        (
            filter().started_at_after(time("2024-01-08T14:00:00+02:00")),
            "started_at_after=2024-01-08T12%3A00%3A00%2B00%3A00",
        ),
        (
            filter().started_at_before(time("2024-01-31T23:59:59.999999999Z")),
            "started_at_before=2024-01-31T23%3A59%3A59.999999%2B00%3A00",
        ),
        (filter().lean(), "full=false"),
        (filter().full(), "full=true"),
        (filter().extra("status", "open").extra("status", "done"), "status=open&status=done"),
        (
            filter().extra("metadata_key", "a:b").extra("metadata_value", "1,2"),
            "metadata_key=a%3Ab&metadata_value=1%2C2",
        ),
    ] {
        assert_eq!(filter.encode().ok().as_deref(), Some(query));
    }
}

#[test]
fn r18_the_order_is_fixed_and_the_last_value_counts() {
    let one = filter().page(1).page_size(20).device(Device::Mobile).has_messages(true).metadata("a", 1).lean();
    let other = filter()
        .lean()
        .metadata("a", 2)
        .metadata("a", 1)
        .has_messages(true)
        .device("Mobile")
        .page_size(20)
        .page(7)
        .page(1);
    assert_eq!(one, other);
    assert_eq!(
        one.encode().ok().as_deref(),
        Some("page=1&page_size=20&device=mobile&has_messages=true&metadata=a%3A1&full=false")
    );
}

#[test]
fn r18_what_cannot_be_asked_is_refused_by_name_without_its_value() {
    let far = DateTime::<Utc>::MAX_UTC;
    for (filter, name) in [
        (filter().page(0), "page"),
        (filter().page_size(0), "page_size"),
        (filter().page_size(101), "page_size"),
        (filter().conversation_id(""), "conversation_id"),
        (filter().conversation_id("hunter2\0"), "conversation_id"),
        (filter().conversation_id("hunter2".repeat(40)), "conversation_id"),
        (filter().customer_id(" "), "customer_id"),
        (filter().customer_id_contains("\t"), "customer_id__icontains"),
        (filter().customer_ip_address("hunter2"), "customer_ip_address"),
        (filter().name("hunter2\0"), "name"),
        (filter().device(""), "device"),
        (filter().language("hunter2\r\n"), "language"),
        (filter().environment(" "), "env"),
        (filter().action_name(""), "action_name"),
        (filter().message_contains("hunter2\u{7}"), "message_contains"),
        (filter().feedback_sentiment(Sentiment::from("")), "feedback_sentiment"),
        (filter().feedback_sentiment(Sentiment::from("hunter2")), "feedback_sentiment"),
        (filter().feedback_source(FeedbackSource::from("")), "feedback_source"),
        (filter().feedback_source(FeedbackSource::from("hunter2")), "feedback_source"),
        (filter().metadata("hunter2:", 1), "metadata"),
        (filter().metadata("a", "7"), "metadata"),
        (filter().search(" "), "search"),
        (filter().started_at_after(far), "started_at_after"),
        (filter().started_at_before(far), "started_at_before"),
        (filter().extra(" ", "hunter2"), "extra"),
        (filter().extra("a\n", "hunter2"), "extra"),
        (filter().extra("future", " "), "future"),
        (filter().extra("future", "hunter2\0"), "future"),
        (filter().extra("paginate", "false"), "paginate"),
    ] {
        let error = filter.encode().expect_err(name);
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let text = format!("{error} {error:?}");
        assert!(text.contains(name), "{name}: {text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn r18_extra_takes_no_parameter_that_has_a_setter() {
    let everything = filter()
        .page(1)
        .page_size(1)
        .conversation_id("a")
        .customer_id("a")
        .customer_id_contains("a")
        .customer_ip_address("::1")
        .name("a")
        .device("a")
        .language("a")
        .environment("a")
        .is_marked(true)
        .include_deleted(true)
        .include_tickets(true)
        .has_messages(true)
        .has_feedback(true)
        .has_action(true)
        .action_name("a")
        .message_contains("a")
        .feedback_sentiment(Sentiment::Positive)
        .feedback_source(FeedbackSource::Customer)
        .metadata("a", "b")
        .search("a")
        .ordering(OrderField::Id)
        .started_at_after(DateTime::UNIX_EPOCH)
        .started_at_before(DateTime::UNIX_EPOCH)
        .full();
    let sent: Vec<String> = everything
        .pairs()
        .expect("a full filter")
        .into_iter()
        .map(|(name, _)| name.to_owned())
        .chain(["environment".to_owned()])
        .collect();
    assert_eq!(sent.len(), TYPED.len());
    for name in sent {
        let error = filter().extra(&name, "value").encode().expect_err(&name);
        assert!(error.to_string().contains(&name), "{error}");
    }
}

#[test]
fn a_page_is_chosen_without_touching_the_rest() {
    let first = filter().search("refund");
    assert_eq!(first.page_number(), None);
    let third = first.with_page(3);
    assert_eq!(third.page_number(), Some(3));
    assert_eq!(third, first.page(3));
}

/// Reads a query as the service does.
fn decode(query: &str) -> ConversationFilter {
    pairs_of(query).into_iter().fold(filter(), |filter, (name, value)| match name.as_str() {
        "page" => filter.page(value.parse().expect("a number")),
        "page_size" => filter.page_size(value.parse().expect("a number")),
        "conversation_id" => filter.conversation_id(value),
        "customer_id" => filter.customer_id(value),
        "customer_id__icontains" => filter.customer_id_contains(value),
        "customer_ip_address" => filter.customer_ip_address(value),
        "name" => filter.name(value),
        "device" => filter.device(value),
        "language" => filter.language(value),
        "env" => filter.environment(value),
        "is_marked" => filter.is_marked(value == "true"),
        "include_deleted" => filter.include_deleted(value == "true"),
        "include_tickets" => filter.include_tickets(value == "true"),
        "has_messages" => filter.has_messages(value == "true"),
        "has_feedback" => filter.has_feedback(value == "true"),
        "has_action" => filter.has_action(value == "true"),
        "action_name" => filter.action_name(value),
        "message_contains" => filter.message_contains(value),
        "feedback_sentiment" => filter.feedback_sentiment(value.into()),
        "feedback_source" => filter.feedback_source(value.into()),
        "metadata" => value.split(',').fold(filter, |filter, pair| {
            let (key, value) = pair.split_once(':').expect("a colon");
            filter.metadata(key, read_value(value))
        }),
        "search" => filter.search(value),
        "ordering" => filter.ordering(read_ordering(&value)),
        "started_at_after" => filter.started_at_after(time(&value)),
        "started_at_before" => filter.started_at_before(time(&value)),
        "full" if value == "true" => filter.full(),
        "full" => filter.lean(),
        _ => filter.extra(name, value),
    })
}

fn read_value(text: &str) -> MetadataValue {
    match text {
        "null" => MetadataValue::Null,
        "true" => true.into(),
        "false" => false.into(),
        _ => text.parse().map_or_else(|_| text.into(), MetadataValue::Integer),
    }
}

fn read_ordering(text: &str) -> ConversationOrdering {
    let (field, descending) = text.strip_prefix('-').map_or((text, false), |field| (field, true));
    let field =
        ORDER_FIELDS.into_iter().find(|known| known.ascending().to_string() == field).expect("one of the fields");
    if descending { field.descending() } else { field.ascending() }
}

const ORDER_FIELDS: [OrderField; 6] = [
    OrderField::StartedAt,
    OrderField::EndedAt,
    OrderField::Id,
    OrderField::CustomerId,
    OrderField::IsMarked,
    OrderField::Language,
];

/// Texts that a condition may hold, with what URLs, forms and the metadata syntax treat specially.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[ -~]{0,12}[!-~][ -~]{0,12}", "[a-zé你😀%&=+#?:,;/ ]{0,9}x", "\\PC{0,8}z"]
}

fn times() -> impl Strategy<Value = DateTime<Utc>> {
    (-62_167_219_200_000_000_i64..253_402_300_800_000_000)
        .prop_map(|micros| DateTime::UNIX_EPOCH + TimeDelta::microseconds(micros))
}

fn metadata() -> impl Strategy<Value = (String, MetadataValue)> {
    let value = prop_oneof![
        "[a-z][a-z ._é-]{0,8}x".prop_map(MetadataValue::Text),
        any::<i64>().prop_map(MetadataValue::from),
        any::<u64>().prop_map(MetadataValue::from),
        any::<bool>().prop_map(MetadataValue::from),
        Just(MetadataValue::Null),
    ];
    ("[a-z0-9_é-]{1,6}(\\.[a-z0-9]{1,4})?", value)
}

/// One condition on a filter.
fn conditions() -> impl Strategy<Value = ConversationFilter> {
    let flags = prop_oneof![
        any::<bool>().prop_map(|flag| filter().is_marked(flag)),
        any::<bool>().prop_map(|flag| filter().include_deleted(flag)),
        any::<bool>().prop_map(|flag| filter().include_tickets(flag)),
        any::<bool>().prop_map(|flag| filter().has_messages(flag)),
        any::<bool>().prop_map(|flag| filter().has_feedback(flag)),
        any::<bool>().prop_map(|flag| filter().has_action(flag)),
        any::<bool>().prop_map(|flag| if flag { filter().full() } else { filter().lean() }),
    ];
    let words = prop_oneof![
        texts().prop_map(|text| filter().conversation_id(text)),
        texts().prop_map(|text| filter().customer_id(text)),
        texts().prop_map(|text| filter().customer_id_contains(text)),
        texts().prop_map(|text| filter().name(text)),
        texts().prop_map(|text| filter().language(text)),
        texts().prop_map(|text| filter().action_name(text)),
        texts().prop_map(|text| filter().message_contains(text)),
        texts().prop_map(|text| filter().search(text)),
        texts().prop_map(|text| filter().device(Device::from(text))),
        texts().prop_map(|text| filter().environment(Environment::from(text))),
    ];
    prop_oneof![
        flags,
        words,
        any::<IpAddr>().prop_map(|address| filter().customer_ip_address(address.to_string())),
        (1..=u32::MAX).prop_map(|page| filter().page(page)),
        (1..=100_u32).prop_map(|size| filter().page_size(size)),
        prop::sample::select(vec![Sentiment::Positive, Sentiment::Neutral, Sentiment::Negative])
            .prop_map(|sentiment| filter().feedback_sentiment(sentiment)),
        prop::sample::select(vec![FeedbackSource::Customer, FeedbackSource::Platform])
            .prop_map(|source| filter().feedback_source(source)),
        prop::collection::vec(metadata(), 1..4)
            .prop_map(|pairs| pairs.into_iter().fold(filter(), |filter, (key, value)| filter.metadata(key, value))),
        (prop::sample::select(ORDER_FIELDS.to_vec()), any::<bool>()).prop_map(|(field, descending)| {
            filter().ordering(if descending { field.descending() } else { field.ascending() })
        }),
        times().prop_map(|time| filter().started_at_after(time)),
        times().prop_map(|time| filter().started_at_before(time)),
        ("x_[a-z&=é ]{1,6}", texts()).prop_map(|(name, value)| filter().extra(name, value)),
    ]
}

/// What either filter asks for, the second one's conditions last.
fn both(one: ConversationFilter, other: ConversationFilter) -> ConversationFilter {
    let mut metadata = one.metadata;
    for (key, value) in other.metadata {
        metadata.retain(|(known, _)| *known != key);
        metadata.push((key, value));
    }
    ConversationFilter {
        page: other.page.or(one.page),
        page_size: other.page_size.or(one.page_size),
        conversation_id: other.conversation_id.or(one.conversation_id),
        customer_id: other.customer_id.or(one.customer_id),
        customer_id_contains: other.customer_id_contains.or(one.customer_id_contains),
        customer_ip_address: other.customer_ip_address.or(one.customer_ip_address),
        name: other.name.or(one.name),
        device: other.device.or(one.device),
        language: other.language.or(one.language),
        environment: other.environment.or(one.environment),
        is_marked: other.is_marked.or(one.is_marked),
        include_deleted: other.include_deleted.or(one.include_deleted),
        include_tickets: other.include_tickets.or(one.include_tickets),
        has_messages: other.has_messages.or(one.has_messages),
        has_feedback: other.has_feedback.or(one.has_feedback),
        has_action: other.has_action.or(one.has_action),
        action_name: other.action_name.or(one.action_name),
        message_contains: other.message_contains.or(one.message_contains),
        feedback_sentiment: other.feedback_sentiment.or(one.feedback_sentiment),
        feedback_source: other.feedback_source.or(one.feedback_source),
        metadata,
        search: other.search.or(one.search),
        ordering: other.ordering.or(one.ordering),
        started_at_after: other.started_at_after.or(one.started_at_after),
        started_at_before: other.started_at_before.or(one.started_at_before),
        full: other.full.or(one.full),
        extra: one.extra.into_iter().chain(other.extra).collect(),
    }
}

fn filters() -> impl Strategy<Value = ConversationFilter> {
    prop::collection::vec(conditions(), 0..20).prop_map(|conditions| conditions.into_iter().fold(filter(), both))
}

proptest! {
    #[test]
    fn r18_decoding_what_was_encoded_gives_the_filter_back(filter in filters()) {
        let query = filter.encode().expect("every condition is valid");
        prop_assert!(query.is_ascii() && !query.contains([' ', '#', '?']));
        prop_assert_eq!(decode(&query), filter);
    }

    #[test]
    fn r18_metadata_is_refused_or_read_back_as_it_was(key in any::<String>(), text in any::<String>()) {
        let filter = filter().metadata(key, text);
        if let Ok(query) = filter.encode() {
            prop_assert_eq!(decode(&query), filter);
        }
    }

    #[test]
    fn r18_near_misses_in_metadata_are_refused_or_read_back(text in "[-+0-9._eEtruefalsnTN]{1,6}") {
        let filter = filter().metadata("key", text.as_str());
        match filter.encode() {
            Ok(query) => prop_assert_eq!(decode(&query), filter),
            Err(_) => prop_assert!(
                text.replace('_', "").parse::<f64>().is_ok()
                    || ["true", "false", "null"].contains(&text.to_ascii_lowercase().as_str())
            ),
        }
    }
}
