//! What an attachment is called when the caller does not say (R13).

/// Extensions that people use where the registry lists a rarer one first or does not know the type.
const USUAL: [(&str, &str); 10] = [
    ("application/postscript", "ps"),
    ("audio/aac", "aac"),
    ("audio/flac", "flac"),
    ("audio/m4a", "m4a"),
    ("audio/mpeg", "mp3"),
    ("audio/ogg", "ogg"),
    ("image/tiff", "tiff"),
    ("text/x-python", "py"),
    ("text/x-shellscript", "sh"),
    ("video/quicktime", "mov"),
];

/// `attachment_<index>` with the usual extension of the MIME type, `.bin` if it has none. `index` counts from 0.
pub(crate) fn default_name(index: usize, mime_type: &str) -> String {
    format!("attachment_{index}.{}", extension(mime_type))
}

fn extension(mime_type: &str) -> &'static str {
    let essence = mime_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    USUAL
        .iter()
        .find(|(known, _)| *known == essence)
        .map(|(_, extension)| *extension)
        .or_else(|| mime2ext::mime2ext(&essence))
        .unwrap_or("bin")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r13_a_missing_name_gets_the_usual_extension() {
        for (index, mime_type, name) in [
            (0, "image/jpeg", "attachment_0.jpg"),
            (1, "application/json", "attachment_1.json"),
            (2, "text/plain; charset=utf-8", "attachment_2.txt"),
            (3, "TEXT/CSV ;header=present", "attachment_3.csv"),
            (4, "audio/mpeg", "attachment_4.mp3"),
            (5, "video/quicktime", "attachment_5.mov"),
            (6, "image/tiff", "attachment_6.tiff"),
            (7, "application/octet-stream", "attachment_7.bin"),
            (8, "made/up", "attachment_8.bin"),
            (9, "nonsense", "attachment_9.bin"),
            (10, "", "attachment_10.bin"),
        ] {
            assert_eq!(default_name(index, mime_type), name);
        }
    }

    #[test]
    fn the_usual_extensions_differ_from_the_registry() {
        for (mime_type, extension) in USUAL {
            assert_ne!(mime2ext::mime2ext(mime_type), Some(extension), "{mime_type} needs no entry");
        }
    }
}
