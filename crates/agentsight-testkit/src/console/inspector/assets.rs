use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use http::header::{self, HeaderValue};
use http::{Request, StatusCode};

use super::nothing_here;
use crate::console::ConsoleAnswer;

/// Where the files of the page are.
pub(super) const FOLDER: &str = "/__testkit/assets/";

/// Nothing but what this server itself serves: no inline script or style, no frame around it, no form that is sent.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                      connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const PAGE: &str = include_str!("assets/index.html");

macro_rules! assets {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("assets/", $name)))),+]
    };
}

/// The files of the page, by name. They are in the binary, so that it works offline and from anywhere.
const ASSETS: &[(&str, &str)] = assets![
    "app.js",
    "audit.js",
    "badge.js",
    "base.css",
    "chart.js",
    "conversation-row.js",
    "conversations.js",
    "curl-form.js",
    "curl.js",
    "element.js",
    "feedback.js",
    "filters.js",
    "format.js",
    "icon.js",
    "icon.svg",
    "json-text.js",
    "json-tree.js",
    "layout.css",
    "long-text.js",
    "message.css",
    "message.js",
    "overview.css",
    "overview.js",
    "request-detail.js",
    "requests.js",
    "router.js",
    "service.js",
    "shell-word.js",
    "split.js",
    "stream.js",
    "transcript.css",
    "transcript.js",
    "views.css",
    "welcome.js",
    "window-list.js",
];

/// The page at `/`.
pub(super) fn page(request: &Request<Bytes>) -> ConsoleAnswer {
    serve(request, "text/html; charset=utf-8", PAGE)
}

/// A file of the page.
pub(super) fn asset(name: &str, request: &Request<Bytes>) -> ConsoleAnswer {
    let Some((name, content)) = ASSETS.iter().find(|(known, _)| *known == name) else { return nothing_here() };
    let content_type = match name.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        _ => "image/svg+xml",
    };
    serve(request, content_type, content)
}

/// The content, or 304 for a browser that has it: it asks each time, so that a new binary shows its own page.
fn serve(request: &Request<Bytes>, content_type: &'static str, content: &'static str) -> ConsoleAnswer {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    let tag = format!("\"{:016x}\"", hasher.finish());
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|tags| tags.to_str().ok());
    let content_type = HeaderValue::from_static(content_type);
    let answer = if known.is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag)) {
        ConsoleAnswer::of(StatusCode::NOT_MODIFIED, content_type, Bytes::new())
    } else {
        ConsoleAnswer::of(StatusCode::OK, content_type, content)
    };
    let answer = match HeaderValue::from_str(&tag) {
        Ok(tag) => answer.header(header::ETAG, tag),
        Err(_) => answer,
    };
    answer
        .header(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"))
        .header(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))
        .header(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use http::Method;

    use super::*;
    use crate::api::Route;
    use crate::verify::parameters;

    /// Ways to turn text into markup or code. What the page shows comes from whoever sends something to the service.
    const SINKS: &[&str] = &[
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "createContextualFragment",
        "DOMParser",
        "document.write",
        "setHTML",
        "srcdoc",
        "eval(",
        "new Function",
        "await import",
        "= import(",
        "javascript:",
        "setTimeout(\"",
        "setAttribute('on",
        "setAttribute(\"on",
    ];

    #[test]
    fn no_asset_turns_text_into_markup_or_code() {
        for (name, content) in ASSETS.iter().chain([&("index.html", PAGE)]) {
            for sink in SINKS {
                assert!(!content.contains(sink), "{name} uses {sink}");
            }
        }
    }

    #[test]
    fn no_asset_comes_from_elsewhere() {
        for (name, content) in ASSETS.iter().chain([&("index.html", PAGE)]) {
            let foreign = content.replace("http://www.w3.org/2000/svg", "");
            for address in ["http://", "https://", " url(", ":url(", "@import"] {
                assert!(!foreign.contains(address), "{name} names {address}");
            }
        }
    }

    #[test]
    fn the_page_holds_no_inline_script_or_style() {
        assert!(!PAGE.contains("<style") && !PAGE.contains(" style=") && !PAGE.contains(" on"), "{PAGE}");
        for script in PAGE.split("<script").skip(1) {
            let (attributes, rest) = script.split_once('>').unwrap();
            assert!(attributes.contains("src=") && rest.starts_with("</script>"), "{script}");
        }
    }

    /// What the filters leave out on purpose: what the list itself sets, an older name, what an agent's key gives no
    /// data for, and what the service ignores.
    const NO_FILTERS: &[&str] = &["full", "page", "page_size", "search", "env", "include_tickets", "feedback_source"];

    #[test]
    fn the_filters_are_the_documented_conditions() {
        let (_, filters) = ASSETS.iter().find(|(name, _)| *name == "filters.js").unwrap();
        let fields = filters.split_once("const FIELDS = [").unwrap().1.split_once("];").unwrap().0;
        let mut offered: Vec<&str> =
            fields.split(" name: '").skip(1).map(|rest| rest.split_once('\'').unwrap().0).collect();
        let mut documented = parameters(Route::Conversations, &Method::GET).to_vec();
        documented.retain(|name| !NO_FILTERS.contains(name));
        offered.sort_unstable();
        documented.sort_unstable();
        assert_eq!(offered, documented);
    }

    #[test]
    fn every_file_of_the_folder_is_served_and_short() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console/inspector/assets");
        for entry in fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let content = ASSETS.iter().find(|(known, _)| *known == name).map(|(_, content)| *content);
            let content = content.or((name == "index.html").then_some(PAGE));
            let lines = content.unwrap_or_else(|| panic!("{name} is not served")).lines().count();
            assert!(lines < 400, "{name} has {lines} lines");
        }
    }
}
