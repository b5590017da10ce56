use std::convert::Infallible;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{FutureExt as _, stream};
use http::StatusCode;
use multer::Multipart;
use serde_json::{Map, Value};

use super::answer::Refusal;
use super::call::{Call, content_type, is_media_type};

/// What an upload request carries, in whichever of its two forms it came (wire: 1.12).
#[derive(Debug, Default)]
pub(crate) struct Upload {
    /// The fields besides the files; those of a form are texts.
    pub(crate) fields: Map<String, Value>,
    pub(crate) files: Vec<UploadedFile>,
}

#[derive(Debug)]
pub(crate) struct UploadedFile {
    pub(crate) filename: String,
    pub(crate) mime_type: String,
    pub(crate) bytes: Bytes,
}

impl Upload {
    pub(crate) fn read(call: &Call<'_>) -> Result<Self, Refusal> {
        let content_type = content_type(call.request);
        if is_media_type(content_type, "multipart/form-data") {
            Self::read_form(content_type, call.request.body().clone())
        } else {
            Self::read_json(call.json_body()?)
        }
    }

    fn read_json(mut fields: Map<String, Value>) -> Result<Self, Refusal> {
        let Some(Value::Array(attachments)) = fields.remove("attachments") else {
            return Ok(Self { fields, files: Vec::new() });
        };
        let files = attachments.into_iter().enumerate();
        let files = files.map(|(index, attachment)| {
            UploadedFile::read_json(attachment)
                .map_err(|problem| Refusal::error(StatusCode::BAD_REQUEST, format!("Attachment {index}: {problem}")))
        });
        Ok(Self { fields, files: files.collect::<Result<_, _>>()? })
    }

    /// The body is here already, so the reader never waits; one that did would have met a broken body.
    fn read_form(content_type: &str, body: Bytes) -> Result<Self, Refusal> {
        let malformed =
            |error: String| Refusal::detail(StatusCode::BAD_REQUEST, format!("Multipart form parse error - {error}"));
        let boundary = multer::parse_boundary(content_type).map_err(|error| malformed(error.to_string()))?;
        let mut form = Multipart::new(stream::iter([Ok::<_, Infallible>(body)]), boundary);
        let read = Self::read_parts(&mut form).now_or_never();
        read.ok_or_else(|| malformed("the body ends early".to_owned()))?.map_err(|error| malformed(error.to_string()))
    }

    async fn read_parts(form: &mut Multipart<'_>) -> multer::Result<Self> {
        let mut upload = Self::default();
        while let Some(part) = form.next_field().await? {
            let name = part.name().unwrap_or_default().to_owned();
            match part.file_name().map(str::to_owned) {
                None => {
                    upload.fields.insert(name, Value::String(part.text().await?));
                }
                Some(filename) => {
                    let mime_type = part
                        .content_type()
                        .map(ToString::to_string)
                        .unwrap_or_else(|| mime_guess::from_path(&filename).first_or_octet_stream().to_string());
                    let bytes = part.bytes().await?;
                    if name.starts_with("attachment_") {
                        upload.files.push(UploadedFile { filename, mime_type, bytes });
                    }
                }
            }
        }
        Ok(upload)
    }
}

/// The names of the parts of a form, as far as it can be read.
pub(crate) fn part_names(content_type: &str, body: Bytes) -> Vec<String> {
    let Ok(boundary) = multer::parse_boundary(content_type) else { return Vec::new() };
    let mut form = Multipart::new(stream::iter([Ok::<_, Infallible>(body)]), boundary);
    let names = async {
        let mut names = Vec::new();
        while let Ok(Some(part)) = form.next_field().await {
            names.extend(part.name().map(str::to_owned));
        }
        names
    };
    names.now_or_never().unwrap_or_default()
}

impl UploadedFile {
    fn read_json(attachment: Value) -> Result<Self, String> {
        let text = |name: &str| match attachment.get(name).and_then(Value::as_str) {
            Some(text) => Ok(text),
            None => Err(format!("'{name}' is required")),
        };
        let (filename, mime_type, data) = (text("filename")?, text("mime_type")?, text("data")?);
        for (name, text) in [("filename", filename), ("mime_type", mime_type)] {
            if text.trim().is_empty() {
                return Err(format!("'{name}' may not be blank"));
            }
        }
        let bytes = STANDARD.decode(data).map_err(|_| "'data' is not valid base64".to_owned())?;
        Ok(Self { filename: filename.to_owned(), mime_type: mime_type.to_owned(), bytes: Bytes::from(bytes) })
    }
}
