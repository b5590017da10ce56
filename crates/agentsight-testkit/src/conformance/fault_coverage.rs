//! Every fault that the testkit can make is a case of the suite, or an answer like any other.

use super::cases;

/// What becomes of a fault on a socket.
enum Covered {
    /// These cases hold a transport to it.
    By(&'static [&'static str]),
    /// A whole answer of this status, however wrong its content is: a transport hands it over as it is.
    Answer(u16),
    /// The same, but whoever has to wait too long for it runs out of time.
    LateAnswer(&'static [&'static str]),
}

/// For each constructor of `Fault` what covers it.
const COVERAGE: &[(&str, Covered)] = {
    use Covered::{Answer, By, LateAnswer};
    &[
        // Any status: the suite goes through those that mean something.
        ("status", Answer(500)),
        ("status_with_body", Answer(400)),
        ("rate_limited", Answer(429)),
        ("retry_after", Answer(429)),
        ("retry_after_date", Answer(429)),
        ("html_page", Answer(200)),
        ("redirect", By(&["c3: a redirect with 302 is not followed"])),
        (
            "early_too_large",
            By(&[
                "r15: an answer that comes before the whole request has left is an answer",
                "r17: one after which nobody reads the rest is an answer, or a reset in doubt",
            ]),
        ),
        (
            "gzip_bomb",
            By(&["c3: a gzip bomb is stopped while it inflates", "c3: a body in gzip may be as long as the limit"]),
        ),
        ("delay", LateAnswer(&["r16: no answer comes"])),
        ("truncated_json", Answer(201)),
        ("without_id", Answer(201)),
        ("content_type", Answer(201)),
        ("trimmed_text", Answer(201)),
        ("other_conversation", Answer(201)),
        (
            "padded",
            By(&["c3: a gzip bomb is stopped while it inflates", "c3: a body in gzip may be as long as the limit"]),
        ),
        ("dribbled_head", LateAnswer(&["r16: the answer's head dribbles"])),
        ("dribbled_body", LateAnswer(&["r16: the answer's body dribbles"])),
        ("refused", By(&["r17: nobody listens"])),
        ("reset_on_accept", By(&["r17: the connection is reset before a request is read"])),
        ("reset_after_request", By(&["r17: the connection is reset without an answer"])),
        ("reset_in_head", By(&["r17: the connection is reset in the answer's head"])),
        (
            "reset_in_body",
            By(&["r15: the connection is reset before the body", "r15: the connection is reset in the body"]),
        ),
        ("close_in_body", By(&["r15: the body is shorter than its declared length"])),
        ("close_before_applied", By(&["r17: the connection is closed without an answer"])),
        ("close_after_applied", By(&["r17: the connection is closed without an answer"])),
        ("store_then_drop", By(&["r17: the connection is closed without an answer"])),
        ("store_late", By(&["r16: no answer comes"])),
        ("silence", By(&["r16: no answer comes"])),
        ("stale_connection", By(&["r17: a create that dies on a kept connection is in doubt, and not sent again"])),
    ]
};

/// The public functions of `Fault` that make one.
fn constructors() -> Vec<String> {
    let file = syn::parse_file(include_str!("../fault/value.rs")).unwrap();
    let implementations = file.items.iter().filter_map(|item| match item {
        syn::Item::Impl(item) if item.trait_.is_none() => Some(item),
        _ => None,
    });
    let functions = implementations.flat_map(|item| &item.items).filter_map(|item| match item {
        syn::ImplItem::Fn(function) => Some(function),
        _ => None,
    });
    let is_constructor = |function: &&syn::ImplItemFn| {
        matches!(function.vis, syn::Visibility::Public(_)) && function.sig.receiver().is_none()
    };
    functions.filter(is_constructor).map(|function| function.sig.ident.to_string()).collect()
}

#[test]
fn r17_every_constructor_of_a_fault_is_covered() {
    let constructors = constructors();
    assert!(constructors.len() > 20, "{constructors:?}");
    for constructor in &constructors {
        assert!(COVERAGE.iter().any(|(name, _)| name == constructor), "the suite does not cover {constructor}");
    }
    for (name, _) in COVERAGE {
        assert!(constructors.iter().any(|constructor| constructor == name), "there is no {name}");
    }
}

#[test]
fn r15_what_covers_a_fault_is_in_the_suite() {
    let cases: Vec<String> = cases().into_iter().map(|case| case.name).collect();
    for (constructor, covered) in COVERAGE {
        let (named, status) = match covered {
            Covered::By(names) => (*names, None),
            Covered::Answer(status) => (&[][..], Some(*status)),
            Covered::LateAnswer(names) => (*names, Some(201)),
        };
        let named = named.iter().map(|name| (*name).to_owned());
        for name in named.chain(status.map(|status| format!("r15: status {status} is an answer"))) {
            assert!(cases.contains(&name), "{constructor}: there is no case {name:?}");
        }
    }
}
