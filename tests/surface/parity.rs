//! H5: both clients have the same types and methods, with the same names, arguments and words.

use std::collections::BTreeSet;

use syn::visit_mut::{self, VisitMut};
use syn::{Ident, Signature};

use crate::prose::difference;
use crate::public_items::{PublicItem, PublicItems, Shape, public_items};
use crate::sources::sources;

/// Names that differ because the HTTP library does, and what stands for both.
const RENAMED: [(&str, &str, &str); 3] = [
    ("UreqTransport", "ReqwestTransport", "ShippedTransport"),
    ("Transport", "AsyncTransport", "TransportTrait"),
    ("from_agent", "from_client", "from_ready_made"),
];

/// What only one of them has, and why.
const ONLY_BLOCKING: [(&str, &str); 2] = [
    ("Pages: Iterator", "the asynchronous one is a stream"),
    ("Conversations: Iterator", "the asynchronous one is a stream"),
];
const ONLY_ASYNC: [(&str, &str); 4] = [
    ("Pages: Stream", "the blocking one is an iterator"),
    ("Conversations: Stream", "the blocking one is an iterator"),
    ("Pages::next", "an iterator brings its own"),
    ("Conversations::next", "an iterator brings its own"),
];

/// Whose arguments differ, and why.
const OTHER_ARGUMENTS: [(&str, &str); 2] = [
    ("AgentSightBuilder::http_client", "it takes the library's own client (H4)"),
    ("ShippedTransport::from_ready_made", "it takes the library's own client (H4)"),
];

/// Whose words differ beyond what an asynchronous client has to add, and why.
const OTHER_WORDS: [(&str, &str); 4] = [
    ("AgentSightBuilder::http_client", "it says how the library's own client has to be set up (H4)"),
    ("ShippedTransport", "it is about the library"),
    ("ShippedTransport::from_ready_made", "it says how the library's own client has to be set up (H4)"),
    ("ShippedTransport::new", "it says when the library takes what from the configuration"),
];

#[test]
fn h5_both_clients_show_the_same_types_methods_arguments_and_words() {
    let blocking = neutral(public_items(&sources("agentsight-http-blocking")));
    let asynchronous = neutral(public_items(&sources("agentsight-http-async")));
    let mut differences = Vec::new();
    differences.extend(missing("blocking", &asynchronous, &blocking, &ONLY_ASYNC));
    differences.extend(missing("async", &blocking, &asynchronous, &ONLY_BLOCKING));
    for (name, one) in &blocking {
        let Some(other) = asynchronous.get(name) else { continue };
        if (one.shape != other.shape) != is_allowed(name, &OTHER_ARGUMENTS) {
            differences.push(format!("{name}: {:?} and {:?}, or allowed in vain", one.shape, other.shape));
        }
        if one.attributes != other.attributes {
            differences.push(format!("{name}: other attributes"));
        }
        let said_otherwise = difference(&one.docs, &other.docs);
        if said_otherwise.is_some() != is_allowed(name, &OTHER_WORDS) {
            differences.push(format!("{name}: {}", said_otherwise.unwrap_or("allowed in vain".to_owned())));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    assert!(blocking.len() > 50, "the surface was found");
}

fn missing(from: &str, has: &PublicItems, lacks: &PublicItems, allowed: &[(&str, &str)]) -> Vec<String> {
    let missing: BTreeSet<&str> = has.keys().filter(|name| !lacks.contains_key(*name)).map(String::as_str).collect();
    let expected: BTreeSet<&str> = allowed.iter().map(|(name, _)| *name).collect();
    missing
        .symmetric_difference(&expected)
        .map(|name| format!("{from}: {name} is missing, or allowed in vain"))
        .collect()
}

fn is_allowed(name: &str, list: &[(&str, &str)]) -> bool {
    list.iter().any(|(allowed, _)| *allowed == name)
}

/// The items with one name for what both have to name differently, and without what makes them asynchronous.
fn neutral(items: PublicItems) -> PublicItems {
    items.into_iter().map(|(name, item)| (neutral_name(&name), neutral_item(item))).collect()
}

fn neutral_item(mut item: PublicItem) -> PublicItem {
    match &mut item.shape {
        Shape::Function(signature) => Neutral.visit_signature_mut(signature),
        Shape::Field(kind) => Neutral.visit_type_mut(kind),
        Shape::Variant(fields) => Neutral.visit_fields_mut(fields),
        Shape::Type | Shape::Trait => {}
    }
    item
}

struct Neutral;

impl VisitMut for Neutral {
    fn visit_signature_mut(&mut self, signature: &mut Signature) {
        signature.asyncness = None;
        visit_mut::visit_signature_mut(self, signature);
    }

    fn visit_ident_mut(&mut self, ident: &mut Ident) {
        *ident = Ident::new(&neutral_word(&ident.to_string()), ident.span());
    }
}

fn neutral_name(name: &str) -> String {
    name.split("::")
        .map(|part| part.split(": ").map(neutral_word).collect::<Vec<_>>().join(": "))
        .collect::<Vec<_>>()
        .join("::")
}

fn neutral_word(word: &str) -> String {
    let renamed = RENAMED.iter().find(|(blocking, asynchronous, _)| word == *blocking || word == *asynchronous);
    renamed.map_or(word, |(_, _, neutral)| neutral).to_owned()
}
