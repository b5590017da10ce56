use http::header::HeaderValue;

/// The `Content-Disposition` of a file to be saved, never to be shown. It has the name twice: plain for old clients, and
/// as RFC 5987 has it, which the others prefer (RFC 6266).
pub(crate) fn attachment_to_save(filename: &str) -> HeaderValue {
    let plain: String = filename.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    let mut encoded = String::new();
    for byte in filename.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    let value = format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}");
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
}

/// What stands in a quoted string for itself and means nothing to a file system.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || " !#$&()+,-.=@[]^_{}~".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_leave_its_place() {
        for (name, header) in [
            ("plan.pdf", "attachment; filename=\"plan.pdf\"; filename*=UTF-8''plan.pdf"),
            (
                "a\"; x=\"\r\nSet-Cookie: b",
                "attachment; filename=\"a__ x=___Set-Cookie_ b\"; filename*=UTF-8''a%22%3B%20x%3D%22%0D%0ASet-Cookie%3A%20b",
            ),
            ("../тест", "attachment; filename=\".._____\"; filename*=UTF-8''..%2F%D1%82%D0%B5%D1%81%D1%82"),
            ("", "attachment; filename=\"\"; filename*=UTF-8''"),
        ] {
            assert_eq!(attachment_to_save(name), header, "{name}");
        }
    }
}
