//! Which MIME type an attachment has when the caller does not say (R13).

use serde::de::IgnoredAny;

/// What nothing is known about.
const UNKNOWN: &str = "application/octet-stream";

/// Types that `infer` tells by two or three letters, with which ordinary text begins too ("BMW ...", "GIFT ...").
const TOLD_BY_LETTERS: [&str; 7] = [
    "application/vnd.microsoft.portable-executable",
    "application/x-bzip2",
    "application/x-llvm",
    "application/x-shockwave-flash",
    "audio/mpeg",
    "image/bmp",
    "image/gif",
];

/// The MIME type: the given one, else by file name, else by content, else `application/octet-stream`.
///
/// `head` is the beginning of the content; `whole` says that it is all of it.
pub(crate) fn mime_type(given: Option<&str>, filename: Option<&str>, head: &[u8], whole: bool) -> String {
    given
        .or_else(|| filename.and_then(|name| mime_guess::from_path(name).first_raw()))
        .or_else(|| by_content(head, whole))
        .unwrap_or(UNKNOWN)
        .to_owned()
}

fn by_content(head: &[u8], whole: bool) -> Option<&'static str> {
    let text = text(head, whole);
    let signature = infer::get(head).map(|kind| kind.mime_type());
    if let Some(mime_type) = signature
        && !(text.is_some() && TOLD_BY_LETTERS.contains(&mime_type) && !head.starts_with(b"GIF8"))
    {
        return Some(mime_type);
    }
    let text = text?;
    if whole && serde_json::from_str::<IgnoredAny>(text).is_ok() {
        return Some("application/json");
    }
    Some("text/plain")
}

/// The content as text: UTF-8 without control characters but white space. A last character that `head` cuts in two is
/// left out.
fn text(head: &[u8], whole: bool) -> Option<&str> {
    let text = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) if !whole && error.error_len().is_none() => {
            std::str::from_utf8(&head[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    let readable = |letter: char| !letter.is_control() || matches!(letter, '\t' | '\n' | '\r' | '\u{c}');
    (!text.is_empty() && text.chars().all(readable)).then_some(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(content: &[u8]) -> String {
        mime_type(None, None, content, true)
    }

    #[test]
    fn r13_the_given_type_wins_then_the_name_then_the_content() {
        let png = b"\x89PNG\r\n\x1a\n0000";
        for (given, filename, expected) in [
            (Some("x/y"), Some("a.pdf"), "x/y"),
            (None, Some("a.PDF"), "application/pdf"),
            (None, Some("notes.md"), "text/markdown"),
            (None, Some("table.csv"), "text/csv"),
            (None, Some("blob"), "image/png"),
            (None, Some("a.unheard-of"), "image/png"),
            (None, None, "image/png"),
        ] {
            assert_eq!(mime_type(given, filename, png, true), expected, "{given:?} {filename:?}");
        }
    }

    #[test]
    fn r13_the_content_tells_by_its_signature() {
        for (content, expected) in [
            (&b"%PDF-1.4 raw"[..], "application/pdf"),
            (b"\xff\xd8\xff\xe0", "image/jpeg"),
            (b"GIF89a", "image/gif"),
            (b"GIF89a\x01\x00\x01\x00", "image/gif"),
            (b"BM\x46\x00\x00\x00", "image/bmp"),
            (b"ID3\x03\x00", "audio/mpeg"),
            (b"PK\x03\x04\x14\x00\x00\x00", "application/zip"),
            (b"{\\rtf1 text}", "application/rtf"),
            (b"<!DOCTYPE html><p>", "text/html"),
            (b"<?xml version='1.0'?>", "text/xml"),
        ] {
            assert_eq!(of(content), expected);
        }
    }

    #[test]
    fn r13_text_that_begins_like_a_picture_is_text() {
        for content in ["BMW drivers", "BCC: all", "GIFT card", "MZ is a fine band", "ID3 tags", "BZh", "FWS"] {
            assert_eq!(of(content.as_bytes()), "text/plain", "{content}");
        }
    }

    #[test]
    fn r13_json_is_told_from_other_text_when_all_of_it_is_there() {
        for (content, expected) in [
            (r#"{"a":1}"#, "application/json"),
            (" [1, 2]\n", "application/json"),
            (r#"{"a":1"#, "text/plain"),
            ("plain words, nothing more", "text/plain"),
            ("grüße, 你好\r\n\tund mehr", "text/plain"),
        ] {
            assert_eq!(of(content.as_bytes()), expected, "{content}");
        }
        assert_eq!(mime_type(None, None, br#"{"a":1}"#, false), "text/plain");
        let deep = "[".repeat(1_000_000);
        assert_eq!(of(deep.as_bytes()), "text/plain");
    }

    #[test]
    fn r13_a_character_may_be_cut_only_at_the_end_of_a_head() {
        let cut = &"é".as_bytes()[..1];
        let content = [b"plain ", cut].concat();
        assert_eq!(mime_type(None, None, &content, false), "text/plain");
        assert_eq!(mime_type(None, None, &content, true), UNKNOWN);
        let broken = [b"plain ", cut, b" more"].concat();
        assert_eq!(mime_type(None, None, &broken, false), UNKNOWN);
    }

    #[test]
    fn r13_what_nothing_is_known_about_is_octets() {
        for content in [&b""[..], b"\x00\x01\x02\xff", b"a\x00b", b"\x1b[31m", b"\x80"] {
            assert_eq!(of(content), UNKNOWN, "{content:?}");
        }
        assert_eq!(mime_type(None, Some(""), b"", false), UNKNOWN);
    }

    proptest! {
        #[test]
        fn r13_every_content_has_a_type(head: Vec<u8>, whole: bool, filename in any::<Option<String>>()) {
            let mime_type = mime_type(None, filename.as_deref(), &head, whole);
            prop_assert!(mime_type.contains('/'));
        }

        #[test]
        fn r13_where_text_is_cut_makes_no_difference(text in "[a-zé你😀 ]{1,60}", cut in 1_usize..200) {
            let head = &text.as_bytes()[..cut.min(text.len())];
            let complete = text.char_indices().any(|(start, letter)| start + letter.len_utf8() <= head.len());
            let expected = if complete { "text/plain" } else { UNKNOWN };
            prop_assert_eq!(mime_type(None, None, head, false), expected);
        }
    }
}
