use bytes::Bytes;
use http::StatusCode;
use http::header::{self, HeaderValue};

use super::image::image_type;
use super::number;
use crate::FakeApi;
use crate::console::ConsoleAnswer;

/// `GET files/{id}`: the file to be saved, never to be shown.
pub(super) fn download(api: &FakeApi, id: &str) -> ConsoleAnswer {
    let (filename, mime_type, bytes) = match file(api, id) {
        Ok(file) => file,
        Err(problem) => return problem,
    };
    let unknown = HeaderValue::from_static("application/octet-stream");
    let content_type = HeaderValue::from_str(&mime_type).unwrap_or(unknown);
    ConsoleAnswer::of(StatusCode::OK, content_type, bytes)
        .header(header::CONTENT_DISPOSITION, attachment(&filename))
        .header(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox"))
}

/// `GET preview/{id}`: an image by its content, to be shown in a sandbox; for anything else 404.
pub(super) fn preview(api: &FakeApi, id: &str) -> ConsoleAnswer {
    let (_, _, bytes) = match file(api, id) {
        Ok(file) => file,
        Err(problem) => return problem,
    };
    let Some(content_type) = image_type(&bytes) else {
        let problem = "There is no preview of this file: it is not a PNG, JPEG, GIF or WebP image. Download it.";
        return ConsoleAnswer::problem(StatusCode::NOT_FOUND, problem);
    };
    ConsoleAnswer::of(StatusCode::OK, HeaderValue::from_static(content_type), bytes)
        .header(header::CONTENT_DISPOSITION, HeaderValue::from_static("inline"))
        .header(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; sandbox"))
}

fn file(api: &FakeApi, id: &str) -> Result<(String, String, Bytes), ConsoleAnswer> {
    let number = number(id)?;
    let file = api.look(|state| {
        state.file(number).map(|file| (file.filename.clone(), file.mime_type.clone(), file.bytes.clone()))
    });
    file.ok_or_else(|| ConsoleAnswer::problem(StatusCode::NOT_FOUND, "There is no file of that number."))
}

/// `attachment` with the name twice: plain for old clients, and as RFC 5987 has it, which they prefer (RFC 6266).
fn attachment(filename: &str) -> HeaderValue {
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
            assert_eq!(attachment(name), header, "{name}");
        }
    }
}
