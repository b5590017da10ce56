use agentsight_model::{ConversationId, ConversationRef, Device, Environment, Sender, Sentiment, TokenUsage};
use chrono::{DateTime, Utc};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

/// The number of a row: from 1 to the largest integer that every JSON reader keeps exactly (2^53 - 1).
pub fn row_number() -> impl Strategy<Value = u64> {
    prop_oneof![3 => 1..1_000u64, 1 => 1..(1u64 << 53)]
}

/// A conversation id that R1 accepts: not blank, at most 255 characters, no NUL; with spaces, separators and letters
/// of many scripts.
pub fn conversation_id() -> impl Strategy<Value = ConversationId> {
    short_text().prop_filter_map("R1", |text| ConversationId::new(text).ok())
}

/// A reference by number or by a valid text id.
pub fn conversation_ref() -> impl Strategy<Value = ConversationRef> {
    prop_oneof![
        row_number().prop_map(ConversationRef::from),
        conversation_id().prop_map(|id| ConversationRef::from(&id)),
    ]
}

/// A short text that R7 accepts: not blank, at most 255 characters, no NUL.
pub fn short_text() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[a-zA-Z0-9][a-zA-Z0-9 _.:,/?&=#%+-]{0,23}",
        2 => "[^\\p{Cc}\\s][^\\p{Cc}]{0,16}",
        1 => Just("ü".repeat(255)),
    ]
}

/// The words of a message: not blank, no NUL, with line ends, quotes and letters of many scripts, sometimes long.
pub fn content() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "[^\\x00\\s][^\\x00]{0,60}",
        3 => "[ \n]{0,2}[a-zA-Z\"'\\\\<>][a-zA-Z \"'\\\\\n\t]{0,40}[ \n]{0,2}",
        1 => (40..600usize).prop_map(|words| "long ".repeat(words)),
    ]
}

/// A time of this century in whole microseconds; whole seconds are among them, as their fraction is not written.
pub fn time() -> impl Strategy<Value = DateTime<Utc>> {
    let micros = prop_oneof![3 => 0..1_000_000u32, 1 => Just(0)];
    (946_684_800..4_102_444_800i64, micros)
        .prop_filter_map("in range", |(seconds, micros)| DateTime::from_timestamp(seconds, micros * 1_000))
}

/// The two environments that every agent has, and sometimes another slug.
pub fn environment() -> impl Strategy<Value = Environment> {
    prop_oneof![
        4 => select(vec![Environment::Production, Environment::Development]),
        1 => "[a-z]{3,8}-[a-z]{2}".prop_map(Environment::from),
    ]
}

/// The documented devices, and sometimes another word.
pub fn device() -> impl Strategy<Value = Device> {
    prop_oneof![
        4 => select(vec![Device::Desktop, Device::Mobile, Device::Tablet]),
        1 => "[a-z]{3,8} [a-z]{3,8}".prop_map(Device::from),
    ]
}

/// The two senders that the service accepts.
pub fn sender() -> impl Strategy<Value = Sender> {
    select(vec![Sender::EndUser, Sender::Agent])
}

/// The three sentiments.
pub fn sentiment() -> impl Strategy<Value = Sentiment> {
    select(vec![Sentiment::Positive, Sentiment::Neutral, Sentiment::Negative])
}

/// Token counters, with zero and the largest value among them; the total is derived or explicit (R8).
pub fn token_usage() -> impl Strategy<Value = TokenUsage> {
    let count = || prop_oneof![4 => 0..100_000u64, 1 => Just(0), 1 => Just(u64::MAX)];
    (count(), count(), of(count()), count()).prop_map(|(prompt, completion, total, embedding)| {
        let usage = TokenUsage::new(prompt, completion).embedding_tokens(embedding);
        match total {
            Some(total) => usage.total_tokens(total),
            None => usage,
        }
    })
}
