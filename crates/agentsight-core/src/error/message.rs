//! The message of an error: one line, without a key, a query string or message content (E3).

use std::fmt;
use std::path::Path;

use super::{Error, ErrorKind};

/// The longest piece of the service's own words that a message quotes, in characters.
const QUOTED: usize = 200;

impl Error {
    /// What came back, without the operation and the advice. It names no conversation and no file, because it is what
    /// reports, statistics and dead letters show, which often end in a log.
    pub(crate) fn outcome(&self) -> String {
        let inner = &*self.0;
        let mut text = String::new();
        if let Some(status) = inner.status {
            text.push_str("the service answered ");
            text.push_str(status.as_str());
        }
        if !inner.what.is_empty() {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&inner.what);
        }
        if let Some(host) = inner.host.as_ref().filter(|_| self.is_of_the_network()) {
            text.push_str(" (host ");
            text.push_str(host.as_str());
            text.push(')');
        }
        if let Some(words) = self.quotable() {
            text.push_str(": ");
            text.push_str(&words);
        }
        text
    }

    /// Whether no answer came, so that it matters which host was called.
    fn is_of_the_network(&self) -> bool {
        let kind = self.0.kind;
        let is_network = matches!(kind, ErrorKind::Connect | ErrorKind::Transport) || kind.is_timeout();
        is_network && self.0.status.is_none()
    }

    /// The part of the service's words that cannot repeat content: the whole detail where the service speaks about the
    /// request, only field names where it speaks about values (E3).
    fn quotable(&self) -> Option<String> {
        let status = self.0.status?.as_u16();
        if matches!(status, 401 | 403 | 404 | 405 | 413 | 429) {
            let detail = self.detail().filter(|detail| !detail.trim_start().starts_with('<'))?;
            return Some(one_line(&detail));
        }
        let fields = self.field_errors();
        if fields.is_empty() {
            return None;
        }
        let names: Vec<&str> = fields.keys().map(String::as_str).collect();
        Some(one_line(&format!("it objected to {}", names.join(", "))))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        if let Some(operation) = inner.operation {
            write!(formatter, "{operation}: ")?;
        }
        if let Some(id) = &inner.conversation {
            write!(formatter, "conversation {}: ", one_line(id.as_str()))?;
        }
        formatter.write_str(&self.outcome())?;
        if let Some(path) = &inner.path {
            write!(formatter, " ({})", end_of(path))?;
        }
        if inner.attempts > 1 {
            write!(formatter, " (after {} attempts)", inner.attempts)?;
        }
        write!(formatter, "; {}", self.advice())
    }
}

/// The message first, since this is what a `main` that returns an error prints; then the kind, the fate and the source.
impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self} ({:?}, {:?}", self.0.kind, self.0.fate)?;
        if let Some(source) = &self.0.source {
            write!(formatter, "; {source}")?;
        }
        formatter.write_str(")")
    }
}

fn one_line(text: &str) -> String {
    let mut line: String = text.trim().chars().take(QUOTED).map(printable).collect();
    if text.trim().chars().nth(QUOTED).is_some() {
        line.push('…');
    }
    line
}

/// The end of a long path tells more than its beginning.
fn end_of(path: &Path) -> String {
    let path = path.to_string_lossy();
    let length = path.chars().count();
    let left_out = length.saturating_sub(QUOTED);
    let beginning = if left_out > 0 { "…" } else { "" };
    beginning.chars().chain(path.chars().skip(left_out).map(printable)).collect()
}

fn printable(letter: char) -> char {
    if letter.is_control() { ' ' } else { letter }
}

#[cfg(test)]
mod tests {
    use agentsight_model::ConversationId;
    use http::uri::Authority;

    use super::*;
    use crate::transport::TransportFailure;

    const HOST: Authority = Authority::from_static("host.example:8443");

    fn answer(status: u16, body: &str) -> Error {
        let status = http::StatusCode::from_u16(status).expect("a valid status");
        Error::from_answer(status, body.as_bytes(), None).with_operation("rename_conversation")
    }

    #[test]
    fn e3_the_message_says_what_was_attempted_what_came_back_and_what_to_do() {
        let error = answer(401, r#"{"detail": "Invalid API key."}"#);
        assert_eq!(
            error.to_string(),
            "rename_conversation: the service answered 401: Invalid API key.; \
             check the API key and the account's subscription"
        );
    }

    #[test]
    fn e3_only_field_names_are_shown_where_the_service_may_repeat_content() {
        let error = answer(400, r#"{"name": ["\"my secret\" is too long."], "language": "bad"}"#);
        assert!(!error.to_string().contains("secret"), "{error}");
        assert!(error.to_string().contains("language, name"), "{error}");
        assert!(error.detail().is_some_and(|detail| detail.contains("secret")));
        assert_eq!(error.field_errors().len(), 2);
        assert!(!format!("{error:?}").contains("secret"));
    }

    #[test]
    fn e1_html_survives_in_the_detail_and_stays_out_of_the_message() {
        let error = answer(404, "<!doctype html>\n<h1>Not Found</h1>");
        assert!(error.detail().is_some_and(|detail| detail.contains("Not Found")));
        assert!(!error.to_string().contains('<'));
    }

    #[test]
    fn e3_a_message_is_one_line_of_bounded_length() {
        let long = format!("line one\nline two {}", "x".repeat(10_000));
        let id = ConversationId::new(format!("a\nb{}", "ü".repeat(250))).expect("a valid id");
        let error = answer(403, &long).with_conversation(&id).with_path(Path::new(&format!("{long}/end.pdf")));
        let text = error.to_string();
        assert!(!text.contains('\n'), "{text}");
        assert!(text.chars().count() < 800, "{text}");
        assert!(text.contains("end.pdf"), "{text}");
    }

    #[test]
    fn e3_the_host_is_named_where_nothing_was_answered() {
        for failure in [
            TransportFailure::connect(),
            TransportFailure::connect_timeout(),
            TransportFailure::timeout(),
            TransportFailure::reset(),
            TransportFailure::body(),
        ] {
            let error = Error::from_failure(failure).with_host(&HOST);
            assert!(error.to_string().contains("(host host.example:8443)"), "{error}");
            assert!(error.outcome().contains("(host host.example:8443)"), "{error}");
        }
        for error in [answer(404, ""), Error::invalid("what"), Error::from_failure(TransportFailure::file("gone"))] {
            assert!(!error.with_host(&HOST).to_string().contains("host.example"));
        }
    }

    #[test]
    fn e3_conversation_and_file_are_named_by_the_message_and_by_nothing_that_is_logged() {
        let id = ConversationId::new("support-123").expect("a valid id");
        let error = Error::new(ErrorKind::File, "attachment 1: the file cannot be read")
            .with_operation("send_all")
            .with_conversation(&id)
            .with_path(Path::new("/data/invoice.pdf"));
        assert_eq!(
            error.to_string(),
            "send_all: conversation support-123: attachment 1: the file cannot be read (/data/invoice.pdf); check that \
             the file exists, is readable and does not change before it is sent"
        );
        assert_eq!(error.outcome(), "attachment 1: the file cannot be read");
    }
}
