//! Bodies of type `multipart/form-data` (wire: 1.12).

use http::HeaderValue;

use super::prepared::{AttachmentContent, PreparedAttachment};
use crate::context::Context;
use crate::transport::{Body, FileSegment};

/// A form that is being put together, part by part.
///
/// Neither HTTP library's own multipart support is used, so that both transports send the same bytes. A file on disk
/// becomes a segment of the body and is read when it is sent.
#[derive(Debug)]
pub(crate) struct Multipart {
    boundary: String,
    /// Framing and texts that are not yet in the body.
    pending: Vec<u8>,
    body: Body,
}

impl Multipart {
    /// An empty form. Its boundary is 128 random bits, so that no content holds it.
    pub(crate) fn new(context: &Context) -> Self {
        let boundary = format!("{:016x}{:016x}", context.unguessable_u64(), context.unguessable_u64());
        Self { boundary, pending: Vec::new(), body: Body::empty() }
    }

    /// Appends a text.
    pub(crate) fn text(mut self, name: &str, value: &str) -> Self {
        self.open(name, "");
        self.write(value);
        self.write("\r\n");
        self
    }

    /// Appends a file.
    pub(crate) fn file(mut self, name: &str, file: &PreparedAttachment) -> Self {
        let filename = escaped(&file.filename);
        self.open(name, &format!("; filename=\"{filename}\"\r\nContent-Type: {}", file.mime_type));
        self.flush();
        match &file.content {
            AttachmentContent::Bytes(bytes) => self.body.push_bytes(bytes.clone()),
            AttachmentContent::File { path, length } => {
                self.body.push_file(FileSegment::whole(path.clone(), *length));
            }
        }
        self.write("\r\n");
        self
    }

    /// Closes the form: its `Content-Type`, and the body.
    pub(crate) fn finish(mut self) -> (HeaderValue, Body) {
        let closing = format!("--{}--\r\n", self.boundary);
        self.write(&closing);
        self.flush();
        #[expect(clippy::expect_used, reason = "the boundary is made of hexadecimal digits")]
        let content_type = HeaderValue::try_from(format!("multipart/form-data; boundary={}", self.boundary))
            .expect("hexadecimal digits are valid in a header");
        (content_type, self.body)
    }

    /// Writes the head of a part; `rest` follows the name.
    fn open(&mut self, name: &str, rest: &str) {
        let head =
            format!("--{}\r\nContent-Disposition: form-data; name=\"{}\"{rest}\r\n\r\n", self.boundary, escaped(name));
        self.write(&head);
    }

    fn write(&mut self, text: &str) {
        self.pending.extend_from_slice(text.as_bytes());
    }

    fn flush(&mut self) {
        self.body.push_bytes(std::mem::take(&mut self.pending));
    }
}

/// A name as browsers write it: what would end the quoted text is escaped, everything else travels as UTF-8.
fn escaped(name: &str) -> String {
    name.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;
    use crate::context::Now;
    use crate::transport::Segment;

    const BOUNDARY: &str = "0123456789abcdef0123456789abcdef";

    fn form() -> Multipart {
        Multipart::new(&Context::new(|| Now::new(Duration::ZERO, DateTime::UNIX_EPOCH), || 0x0123_4567_89ab_cdef))
    }

    fn file(filename: &str, mime_type: &str, content: &[u8]) -> PreparedAttachment {
        PreparedAttachment {
            filename: filename.to_owned(),
            mime_type: mime_type.to_owned(),
            content: AttachmentContent::Bytes(Bytes::copy_from_slice(content)),
        }
    }

    /// Writes parts given as their header lines and their body, as the recorded requests list them.
    fn written(parts: &[(&[&str], &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (headers, body) in parts {
            bytes.extend_from_slice(format!("--{BOUNDARY}\r\n{}\r\n\r\n", headers.join("\r\n")).as_bytes());
            bytes.extend_from_slice(body);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        bytes
    }

    #[test]
    fn the_form_is_the_one_that_the_vendors_client_was_recorded_to_send() {
        let (content_type, body) = form()
            .text("timestamp", "2026-11-21T02:03:13.486625+00:00")
            .text("conversation", "47")
            .text("sender", "end_user")
            .text("mode", "form_data")
            .text("metadata", r#"{"source": "customer_upload"}"#)
            .file("attachment_0", &file("document.pdf", "application/pdf", b"%PDF-1.4 raw"))
            .file("attachment_1", &file("attachment_1.json", "application/json", br#"{"a":1}"#))
            .file("attachment_2", &file("attachment_2.png", "image/png", b"\x89PNG\r\n\x1a\n0000"))
            .file("attachment_3", &file("blob", "application/octet-stream", b"\x00\x01\x02\xff"))
            .text("message", "115")
            .finish();
        assert_eq!(content_type, format!("multipart/form-data; boundary={BOUNDARY}"));
        let expected = written(&[
            (&[r#"Content-Disposition: form-data; name="timestamp""#], b"2026-11-21T02:03:13.486625+00:00"),
            (&[r#"Content-Disposition: form-data; name="conversation""#], b"47"),
            (&[r#"Content-Disposition: form-data; name="sender""#], b"end_user"),
            (&[r#"Content-Disposition: form-data; name="mode""#], b"form_data"),
            (&[r#"Content-Disposition: form-data; name="metadata""#], br#"{"source": "customer_upload"}"#),
            (
                &[
                    r#"Content-Disposition: form-data; name="attachment_0"; filename="document.pdf""#,
                    "Content-Type: application/pdf",
                ],
                b"%PDF-1.4 raw",
            ),
            (
                &[
                    r#"Content-Disposition: form-data; name="attachment_1"; filename="attachment_1.json""#,
                    "Content-Type: application/json",
                ],
                br#"{"a":1}"#,
            ),
            (
                &[
                    r#"Content-Disposition: form-data; name="attachment_2"; filename="attachment_2.png""#,
                    "Content-Type: image/png",
                ],
                b"\x89PNG\r\n\x1a\n0000",
            ),
            (
                &[
                    r#"Content-Disposition: form-data; name="attachment_3"; filename="blob""#,
                    "Content-Type: application/octet-stream",
                ],
                b"\x00\x01\x02\xff",
            ),
            (&[r#"Content-Disposition: form-data; name="message""#], b"115"),
        ]);
        assert_eq!(body.to_bytes().as_deref(), Some(expected.as_slice()));
        assert_eq!(body.len(), expected.len() as u64);
    }

    #[test]
    fn a_file_on_disk_is_a_segment_between_its_frame() {
        let on_disk = PreparedAttachment {
            filename: "a.bin".to_owned(),
            mime_type: "x/y".to_owned(),
            content: AttachmentContent::File { path: "dir/a.bin".into(), length: 7 },
        };
        let (_, body) = form().text("mode", "form_data").file("attachment_0", &on_disk).finish();
        let [Segment::Bytes(head), Segment::File(file), Segment::Bytes(tail)] = body.segments() else {
            panic!("three segments, not {body:?}");
        };
        assert!(head.ends_with(b"Content-Type: x/y\r\n\r\n"));
        assert_eq!(file, &FileSegment::whole("dir/a.bin", 7));
        assert_eq!(tail, format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        assert_eq!(body.len(), (head.len() + 7 + tail.len()) as u64);
    }

    #[test]
    fn c3_names_cannot_leave_their_quotes_and_travel_as_utf8() {
        for (filename, sent) in [
            ("a\"; name=\"b", "a%22; name=%22b"),
            ("a\r\nX: y", "a%0D%0AX: y"),
            ("grüße 你好.txt", "grüße 你好.txt"),
            ("50%.txt", "50%.txt"),
        ] {
            let (_, body) = form().file("attachment_0", &file(filename, "x/y", b"")).finish();
            let disposition = format!(r#"Content-Disposition: form-data; name="attachment_0"; filename="{sent}""#);
            let expected = written(&[(&[&disposition, "Content-Type: x/y"], b"")]);
            assert_eq!(body.to_bytes().as_deref(), Some(expected.as_slice()), "{filename}");
        }
    }

    proptest! {
        #[test]
        fn the_length_is_exact(texts in prop::collection::vec((".*", ".*"), 0..5), content: Vec<u8>, length: u32) {
            let form = texts.iter().fold(form(), |form, (name, value)| form.text(name, value));
            let (_, in_memory) = form.file("attachment_0", &file("a", "x/y", &content)).finish();
            prop_assert_eq!(in_memory.to_bytes().map(|bytes| bytes.len() as u64), Some(in_memory.len()));

            let on_disk = PreparedAttachment {
                content: AttachmentContent::File { path: "a".into(), length: u64::from(length) },
                ..file("a", "x/y", b"")
            };
            let form = texts.iter().fold(self::form(), |form, (name, value)| form.text(name, value));
            let (_, streamed) = form.file("attachment_0", &on_disk).finish();
            prop_assert_eq!(streamed.len() - u64::from(length), in_memory.len() - content.len() as u64);
        }
    }
}
