//! Files in a JSON body, each a segment of its own (wire: 1.12).

use agentsight_model::{AttachmentRecord, AttachmentsRecord};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;

use crate::error::Error;
use crate::event::PreparedAttachment;
use crate::transport::Body;

/// The body of `record`, which has no attachments yet, with these files.
///
/// The bytes are the ones that a record with all its base64 texts serialises to. A large file is encoded once, straight
/// into a segment of its exact length: base64 holds nothing that JSON escapes.
pub(super) fn json_files<'a>(
    record: &AttachmentsRecord,
    files: impl IntoIterator<Item = (&'a PreparedAttachment, &'a Bytes)>,
) -> Result<Body, Error> {
    let record = to_json(record)?;
    // Only the timestamp stands in front of the list of files, so that the first empty list is that one.
    let (head, tail) = record.split_once("[]").ok_or_else(|| unwritable("the record has no list of files"))?;
    let mut body = Body::empty();
    let mut between = format!("{head}[");
    for (index, (file, content)) in files.into_iter().enumerate() {
        if index > 0 {
            between.push(',');
        }
        let file = to_json(&AttachmentRecord::new(file.filename.as_str(), file.mime_type.as_str(), ""))?;
        // The content is the last field.
        let open = file.strip_suffix("\"}").ok_or_else(|| unwritable("a file does not end with its content"))?;
        between.push_str(open);
        body.push_bytes(std::mem::take(&mut between));
        body.push_bytes(encode(content)?);
        between.push_str("\"}");
    }
    between.push(']');
    between.push_str(tail);
    body.push_bytes(between);
    Ok(body)
}

fn to_json(value: &impl Serialize) -> Result<String, Error> {
    serde_json::to_string(value).map_err(unwritable)
}

fn encode(content: &[u8]) -> Result<Vec<u8>, Error> {
    let length = base64::encoded_len(content.len(), true).ok_or_else(|| unwritable("a file is too long for base64"))?;
    let mut text = vec![0; length];
    STANDARD.encode_slice(content, &mut text).map_err(unwritable)?;
    Ok(text)
}

fn unwritable(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::invalid("the attachments cannot be written as JSON").with_source(reason)
}

#[cfg(test)]
mod tests {
    use agentsight_model::Sender;
    use chrono::DateTime;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::event::AttachmentContent;
    use crate::transport::Segment;

    fn file(filename: &str, mime_type: &str, content: Vec<u8>) -> PreparedAttachment {
        let content = AttachmentContent::Bytes(content.into());
        PreparedAttachment { filename: filename.to_owned(), mime_type: mime_type.to_owned(), content }
    }

    fn content(file: &PreparedAttachment) -> &Bytes {
        match &file.content {
            AttachmentContent::Bytes(bytes) => bytes,
            AttachmentContent::File { .. } => panic!("these tests keep their files in memory"),
        }
    }

    fn record(files: Vec<AttachmentRecord>, message: Option<u64>, metadata: &str) -> AttachmentsRecord {
        let metadata = json!({ metadata: [], "data": "", "list": [metadata] });
        let mut record = AttachmentsRecord::new(DateTime::UNIX_EPOCH, files, Sender::EndUser, metadata.to_string())
            .metadata(metadata.as_object().cloned().unwrap_or_default())
            .conversation(7);
        record.message = message;
        if message.is_some() {
            record.mode = None;
        }
        record
    }

    fn body_of(files: &[PreparedAttachment], message: Option<u64>, metadata: &str) -> Body {
        let pairs = files.iter().map(|file| (file, content(file)));
        json_files(&record(Vec::new(), message, metadata), pairs).expect("plain data")
    }

    #[test]
    fn r23_a_body_holds_no_more_than_its_own_length() {
        let files = [file("large.bin", "application/octet-stream", vec![0xa5; 20_000_000])];
        let body = body_of(&files, None, "[]");
        let length = usize::try_from(body.len()).expect("a length in memory");
        let segments = body.segments().to_vec();
        drop(body);
        let capacity: usize = segments
            .into_iter()
            .map(|segment| match segment {
                Segment::Bytes(bytes) => bytes.try_into_mut().expect("nobody else has the bytes").capacity(),
                Segment::File(_) => panic!("the file is in memory"),
            })
            .sum();
        assert!((length..length + 4_096).contains(&capacity), "{capacity} bytes for a body of {length}");
    }

    proptest! {
        #[test]
        fn r13_the_bytes_are_those_of_the_whole_record(
            files in prop::collection::vec((".{0,12}", ".{0,12}", prop::collection::vec(any::<u8>(), 0..40)), 0..4),
            message: Option<u64>,
            metadata in prop_oneof![Just(r#"[]","data":""}"#.to_owned()), any::<String>()],
        ) {
            let files: Vec<_> = files.into_iter().map(|(name, mime, content)| file(&name, &mime, content)).collect();
            let written = files.iter().map(|file| {
                AttachmentRecord::new(file.filename.as_str(), file.mime_type.as_str(), STANDARD.encode(content(file)))
            });
            let whole = record(written.collect(), message, &metadata);
            let expected = serde_json::to_vec(&whole).expect("plain data");
            let body = body_of(&files, message, &metadata);
            prop_assert_eq!(body.len(), expected.len() as u64);
            prop_assert_eq!(body.to_bytes(), Some(Bytes::from(expected)));
        }
    }
}
