use bytes::Bytes;
use http::StatusCode;
use http::header::{self, HeaderValue};

use super::image::image_type;
use super::number;
use crate::FakeApi;
use crate::api::attachment_to_save;
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
        .header(header::CONTENT_DISPOSITION, attachment_to_save(&filename))
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
