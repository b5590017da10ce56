/// Letters with an accent, and the same as a letter and a combining accent (Unicode's form D).
const DECOMPOSED: &[(char, &str)] = &[
    ('\u{c4}', "A\u{308}"),
    ('\u{d6}', "O\u{308}"),
    ('\u{dc}', "U\u{308}"),
    ('\u{e4}', "a\u{308}"),
    ('\u{f6}', "o\u{308}"),
    ('\u{fc}', "u\u{308}"),
    ('\u{e0}', "a\u{300}"),
    ('\u{e1}', "a\u{301}"),
    ('\u{e2}', "a\u{302}"),
    ('\u{e7}', "c\u{327}"),
    ('\u{c9}', "E\u{301}"),
    ('\u{e8}', "e\u{300}"),
    ('\u{e9}', "e\u{301}"),
    ('\u{ea}', "e\u{302}"),
    ('\u{ed}', "i\u{301}"),
    ('\u{f1}', "n\u{303}"),
    ('\u{f3}', "o\u{301}"),
    ('\u{fa}', "u\u{301}"),
];

/// A file name as a file store rewrites it: `_` for white space, the extension in lower case, letters and accents apart.
pub(crate) fn rewritten(name: &str) -> String {
    let extension = name.rfind('.').unwrap_or(name.len());
    let mut rewritten = String::with_capacity(name.len());
    for (place, character) in name.char_indices() {
        let decomposed = DECOMPOSED.iter().find(|(composed, _)| *composed == character);
        match decomposed {
            _ if character.is_whitespace() => rewritten.push('_'),
            _ if place > extension => rewritten.extend(character.to_lowercase()),
            Some((_, decomposed)) => rewritten.push_str(decomposed),
            None => rewritten.push(character),
        }
    }
    rewritten
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r17_a_name_is_rewritten_as_a_file_store_does() {
        for (name, shown) in [
            ("My Report (1).PDF", "My_Report_(1).pdf"),
            ("a.b\tc.TXT", "a.b_c.txt"),
            ("Gr\u{fc}\u{df}e.txt", "Gru\u{308}\u{df}e.txt"),
            ("plain.txt", "plain.txt"),
            ("README", "README"),
            ("", ""),
        ] {
            assert_eq!(rewritten(name), shown);
            assert_eq!(rewritten(shown), shown, "a second time changes nothing");
        }
    }
}
