//! Whether two clients say the same about a thing.

/// Words by which a sentence is recognised as one that only an asynchronous client has to say.
const ASYNC_WORDS: [&str; 4] = ["future", "task", "runtime", "Stream"];

/// What one says and the other does not; the asynchronous one may say more about being asynchronous.
pub(crate) fn difference(blocking: &[String], asynchronous: &[String]) -> Option<String> {
    let (blocking, asynchronous) = (statements(blocking), statements(asynchronous));
    let unsaid = blocking.iter().find(|statement| !asynchronous.contains(statement));
    let added = asynchronous
        .iter()
        .find(|statement| !blocking.contains(statement) && !ASYNC_WORDS.iter().any(|word| statement.contains(word)));
    match (unsaid, added) {
        (Some(statement), _) => Some(format!("only the blocking one says: {statement}")),
        (_, Some(statement)) => Some(format!("only the asynchronous one says: {statement}")),
        (None, None) => None,
    }
}

/// The sentences of a documentation, and the lines of its examples as a reader sees them.
fn statements(docs: &[String]) -> Vec<String> {
    let mut statements = Vec::new();
    let mut prose = String::new();
    let mut is_code = false;
    for line in docs {
        if line.starts_with("```") {
            is_code = !is_code;
        } else if !is_code {
            prose.push_str(if line.is_empty() { "\n" } else { " " });
            prose.push_str(line);
        } else if !line.is_empty() && !line.starts_with('#') {
            statements.push(neutral_code(line));
        }
    }
    let sentences = prose.lines().flat_map(|paragraph| paragraph.split_inclusive(". "));
    statements.extend(sentences.map(|sentence| sentence.trim().to_owned()).filter(|sentence| !sentence.is_empty()));
    statements
}

fn neutral_code(line: &str) -> String {
    line.replace("agentsight_http_async", "agentsight_http_blocking").replace(".await", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn an_example_may_differ_in_await_and_a_text_in_what_is_said_of_futures() {
        let one = said("Sends. Waits.\n\n```\n# hidden\nagentsight_http_blocking::send()?;\n```");
        let other = said("Sends.\nWaits. Drop the future.\n```\nagentsight_http_async::send().await?;\n```");
        assert_eq!(difference(&one, &other), None);
    }

    #[test]
    fn anything_else_is_a_difference() {
        for (one, other) in
            [("Sends.", "Sends. Waits."), ("Sends. Waits.", "Sends."), ("```\na()\n```", "```\nb()\n```")]
        {
            assert!(difference(&said(one), &said(other)).is_some(), "{one} {other}");
        }
    }
}
