//! Attachments that have been checked and have a name, a type and a length (R7, R13).

use std::fmt;
use std::path::PathBuf;

use agentsight_model::{AttachmentMode, AttachmentSource, Attachments, NewAttachment, Sender};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::mime::mime_type;
use super::name::default_name;
use crate::checks;
use crate::context::Context;
use crate::error::{Error, ErrorKind};

/// The longest file, in bytes. The service says 25 MB; the larger reading lets it decide about the rest (R7).
const LONGEST_FILE: u64 = 25 * 1024 * 1024;
/// How much of a file is looked at to tell its type, in bytes.
const HEAD: usize = 8192;

/// Files that may be sent, all with one sender and one metadata object.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct PreparedAttachments {
    /// The files, in the order in which they were given; never empty.
    pub(crate) files: Vec<PreparedAttachment>,
    /// How they travel.
    pub(crate) mode: AttachmentMode,
    /// Who sent them.
    pub(crate) sender: Sender,
    /// The caller's own data; empty when unset.
    pub(crate) metadata: Map<String, Value>,
    /// Whether metadata was given for the files, be it an empty object.
    pub(crate) has_own_metadata: bool,
}

/// One file that may be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PreparedAttachment {
    /// The name under which it travels.
    pub(crate) filename: String,
    /// Its MIME type.
    pub(crate) mime_type: String,
    /// Its content.
    pub(crate) content: AttachmentContent,
}

/// Where the bytes of a file are.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum AttachmentContent {
    /// In memory.
    Bytes(Bytes),
    /// On disk, read when it is sent.
    File {
        /// Where.
        path: PathBuf,
        /// How long it was when it was tracked, in bytes.
        length: u64,
    },
}

impl PreparedAttachment {
    /// The length of the content, in bytes.
    pub(crate) fn len(&self) -> u64 {
        self.content.len()
    }
}

impl AttachmentContent {
    /// The length, in bytes.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::File { length, .. } => *length,
        }
    }
}

/// Shows the length only.
impl fmt::Debug for AttachmentContent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bytes(bytes) => write!(formatter, "Bytes({})", bytes.len()),
            Self::File { length, .. } => write!(formatter, "File({length})"),
        }
    }
}

/// Checks attachments as they are tracked, looks at the files among them, and fills in what was not given.
///
/// # Errors
/// [`ErrorKind::InvalidInput`] for what R7 refuses, [`ErrorKind::File`] for a path that cannot be read. Both name the
/// file by its number, counted from 1, and show no content; the message of the latter shows the path as well.
pub(crate) fn prepare(attachments: Attachments, context: &Context) -> Result<PreparedAttachments, Error> {
    if attachments.attachments.is_empty() {
        return Err(Error::invalid("the list of attachments is empty"));
    }
    checks::time("at", attachments.at, context)?;
    let has_path = attachments.attachments.iter().any(|file| matches!(file.source, AttachmentSource::Path(_)));
    let files = attachments
        .attachments
        .into_iter()
        .enumerate()
        .map(|(index, file)| prepare_one(index, file, context))
        .collect::<Result<_, _>>()?;
    let metadata = checks::taken_metadata(attachments.metadata)?;
    Ok(PreparedAttachments {
        files,
        mode: if has_path { AttachmentMode::FormData } else { attachments.mode.unwrap_or(AttachmentMode::Base64) },
        sender: attachments.sender.unwrap_or(Sender::EndUser),
        has_own_metadata: metadata.is_some(),
        metadata: metadata.unwrap_or_default(),
    })
}

fn prepare_one(index: usize, file: NewAttachment, context: &Context) -> Result<PreparedAttachment, Error> {
    let number = index + 1;
    let refused = |what: &str, problem: &str| Error::invalid(format!("attachment {number}: {what} {problem}"));
    if let Some(problem) = file.filename.as_deref().and_then(problem_of) {
        return Err(refused("the file name", problem));
    }
    if let Some(problem) = file.mime_type.as_deref().and_then(problem_of) {
        return Err(refused("the MIME type", problem));
    }
    let found = Found::at(file.source, number, context)?;
    if found.content.len() > LONGEST_FILE {
        return Err(refused("the file", "is longer than 25 MB"));
    }
    let filename = file.filename.or(found.filename);
    if let Some(problem) = filename.as_deref().and_then(problem_of) {
        return Err(refused("the file's own name", problem));
    }
    let whole = found.head.len() as u64 >= found.content.len();
    let mime_type = mime_type(file.mime_type.as_deref(), filename.as_deref(), &found.head, whole);
    let filename = filename.unwrap_or_else(|| default_name(index, &mime_type));
    Ok(PreparedAttachment { filename, mime_type, content: found.content })
}

/// What a source turned out to be.
struct Found {
    content: AttachmentContent,
    /// The beginning of the content, or all of it.
    head: Bytes,
    /// The name that the file has by itself.
    filename: Option<String>,
}

impl Found {
    fn at(source: AttachmentSource, number: usize, context: &Context) -> Result<Self, Error> {
        match source {
            AttachmentSource::Bytes(bytes) => Ok(Self::in_memory(bytes)),
            AttachmentSource::Base64(text) => STANDARD.decode(text).map(Self::in_memory).map_err(|_| {
                Error::invalid(format!("attachment {number}: the data is not standard base64 with padding"))
            }),
            AttachmentSource::Path(path) => {
                let facts = context.file_facts(&path, HEAD).map_err(|error| {
                    Error::new(ErrorKind::File, format!("attachment {number}: the file cannot be read"))
                        .with_path(&path)
                        .with_source(error)
                })?;
                Ok(Self {
                    filename: path.file_name().map(|name| name.to_string_lossy().into_owned()),
                    content: AttachmentContent::File { path, length: facts.length },
                    head: facts.head,
                })
            }
            _ => Err(Error::invalid(format!("attachment {number}: its source is of a kind that is not known here"))),
        }
    }

    fn in_memory(bytes: Vec<u8>) -> Self {
        let bytes = Bytes::from(bytes);
        Self { head: bytes.clone(), content: AttachmentContent::Bytes(bytes), filename: None }
    }
}

/// What is wrong with a file name or a MIME type.
fn problem_of(word: &str) -> Option<&'static str> {
    if word.trim().is_empty() {
        Some("is blank")
    } else if word.chars().any(char::is_control) {
        Some("holds control characters")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;
    use std::io;
    use std::path::Path;
    use std::time::Duration;

    use chrono::DateTime;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::context::{FileFacts, Now};

    /// A context that sees `hello.txt`, `large.bin` and a directory of unreadable files.
    fn context() -> Context {
        Context::new(|| Now::new(Duration::ZERO, DateTime::UNIX_EPOCH), || 0).with_files(|path: &Path, head: usize| {
            let hello = Bytes::from_static(b"hello");
            match path.to_str() {
                Some("dir/hello.txt" | "dir/blob") => Ok(FileFacts::new(5, hello.slice(..head.min(5)))),
                Some("dir/limit.bin") => Ok(FileFacts::new(LONGEST_FILE, hello)),
                Some("dir/large.bin") => Ok(FileFacts::new(LONGEST_FILE + 1, hello)),
                Some("dir/line\nbreak") => Ok(FileFacts::new(5, hello)),
                _ => Err(io::Error::from(io::ErrorKind::PermissionDenied)),
            }
        })
    }

    fn prepared(attachments: impl Into<Attachments>) -> Result<PreparedAttachments, Error> {
        prepare(attachments.into(), &context())
    }

    fn refusal(attachments: impl Into<Attachments>) -> (ErrorKind, String) {
        let error = prepared(attachments).expect_err("a refusal");
        (error.kind(), error.to_string())
    }

    #[test]
    fn c4_content_shows_its_length_only() {
        let bytes = AttachmentContent::Bytes(Bytes::from_static(b"secret"));
        let file = AttachmentContent::File { path: "secret".into(), length: 7 };
        assert_eq!((format!("{bytes:?}"), format!("{file:?}")), ("Bytes(6)".to_owned(), "File(7)".to_owned()));
    }

    #[test]
    fn r7_an_empty_list_is_refused() {
        assert_eq!(refusal(Vec::new()).0, ErrorKind::InvalidInput);
    }

    #[test]
    fn r7_what_is_refused_is_named_by_its_number_and_not_shown() {
        let good = || NewAttachment::bytes("content").filename("good.txt");
        for (bad, named) in [
            (NewAttachment::base64("hunter2"), "base64"),
            (NewAttachment::base64("aHVudGVyMg"), "base64"),
            (NewAttachment::base64("aHVudGVyMg==\n"), "base64"),
            (NewAttachment::base64("aHVudGVy_g=="), "base64"),
            (good().filename(" "), "file name is blank"),
            (good().mime_type(""), "MIME type is blank"),
            (good().filename("hunter2\r\nX: y"), "file name holds control"),
            (good().filename("hunter2\0"), "file name holds control"),
            (good().mime_type("text/hunter2\n"), "MIME type holds control"),
            (NewAttachment::bytes(vec![0; LONGEST_FILE as usize + 1]), "25 MB"),
            (NewAttachment::path("dir/large.bin"), "25 MB"),
            (NewAttachment::path("dir/line\nbreak"), "own name holds control"),
        ] {
            let (kind, text) = refusal([good(), bad]);
            assert_eq!(kind, ErrorKind::InvalidInput, "{text}");
            assert!(text.contains("attachment 2") && text.contains(named), "{text}");
            assert!(!text.contains("hunter2") && !text.contains("aHVu"), "{text}");
        }
    }

    #[test]
    fn r7_a_path_that_cannot_be_read_is_a_file_error_with_its_cause() {
        let error = prepared(NewAttachment::path("dir/secret.txt")).expect_err("unreadable");
        assert_eq!(error.kind(), ErrorKind::File);
        assert!(error.source().is_some_and(|source| source.is::<io::Error>()));
        assert!(error.to_string().contains("attachment 1: the file cannot be read (dir/secret.txt);"), "{error}");
        assert!(!error.outcome().contains("secret"), "what is logged names no file");
    }

    #[test]
    fn r7_a_file_of_exactly_25_mb_is_taken() {
        for file in [NewAttachment::bytes(vec![0; LONGEST_FILE as usize]), NewAttachment::path("dir/limit.bin")] {
            assert_eq!(prepared(file).expect("within the limit").files[0].len(), LONGEST_FILE);
        }
    }

    #[test]
    fn r13_names_and_types_are_filled_in() {
        let files = prepared([
            NewAttachment::bytes("%PDF-1.4 raw").filename("document.pdf"),
            NewAttachment::base64("eyJhIjoxfQ=="),
            NewAttachment::bytes(b"\x89PNG\r\n\x1a\n0000"),
            NewAttachment::bytes(b"\x00\x01\x02\xff").filename("blob"),
            NewAttachment::bytes("words").mime_type("text/markdown"),
            NewAttachment::bytes(""),
            NewAttachment::path("dir/hello.txt"),
            NewAttachment::path("dir/blob"),
            NewAttachment::path("dir/hello.txt").filename("given.csv"),
        ])
        .expect("all of them are fine")
        .files;
        let words: Vec<_> = files.iter().map(|file| (file.filename.as_str(), file.mime_type.as_str())).collect();
        assert_eq!(
            words,
            [
                ("document.pdf", "application/pdf"),
                ("attachment_1.json", "application/json"),
                ("attachment_2.png", "image/png"),
                ("blob", "application/octet-stream"),
                ("attachment_4.md", "text/markdown"),
                ("attachment_5.bin", "application/octet-stream"),
                ("hello.txt", "text/plain"),
                ("blob", "text/plain"),
                ("given.csv", "text/csv"),
            ]
        );
        assert_eq!(files[1].content, AttachmentContent::Bytes(Bytes::from_static(br#"{"a":1}"#)));
        assert_eq!(files[6].content, AttachmentContent::File { path: "dir/hello.txt".into(), length: 5 });
    }

    #[test]
    fn r13_files_travel_as_base64_unless_form_data_is_asked_for_or_one_is_a_path() {
        let bytes = || NewAttachment::bytes("x");
        for (attachments, mode) in [
            (Attachments::new([bytes()]), AttachmentMode::Base64),
            (Attachments::new([bytes()]).mode(AttachmentMode::FormData), AttachmentMode::FormData),
            (Attachments::new([bytes(), NewAttachment::path("dir/blob")]), AttachmentMode::FormData),
            (
                Attachments::new([NewAttachment::path("dir/blob")]).mode(AttachmentMode::Base64),
                AttachmentMode::FormData,
            ),
        ] {
            assert_eq!(prepared(attachments).expect("fine").mode, mode);
        }
    }

    #[test]
    fn sender_and_metadata_are_carried_over() {
        let plain = prepared(NewAttachment::bytes("x")).expect("fine");
        assert_eq!((plain.sender, plain.has_own_metadata), (Sender::EndUser, false));
        assert!(plain.metadata.is_empty());

        let full = Attachments::new([NewAttachment::bytes("x")]).sender(Sender::Agent).metadata("a", 1);
        let full = prepared(full).expect("fine");
        assert_eq!((full.sender, full.has_own_metadata), (Sender::Agent, true));
        assert_eq!(Value::Object(full.metadata), json!({"a": 1}));
    }

    #[test]
    fn r7_metadata_that_json_cannot_hold_is_refused() {
        let attachments = Attachments::new([NewAttachment::bytes("x")]).metadata("score", f64::NAN);
        assert_eq!(refusal(attachments).0, ErrorKind::InvalidInput);
    }

    #[test]
    fn debug_shows_neither_content_nor_path() {
        let shown = format!("{:?}", prepared([NewAttachment::bytes("hunter2"), NewAttachment::path("dir/blob")]));
        assert!(!shown.contains("hunter2") && !shown.contains("dir"), "{shown}");
    }

    proptest! {
        #[test]
        fn r7_base64_gives_back_the_bytes(bytes: Vec<u8>) {
            let prepared = prepared(NewAttachment::base64(STANDARD.encode(&bytes))).expect("standard base64");
            prop_assert_eq!(&prepared.files[0].content, &AttachmentContent::Bytes(bytes.into()));
        }

        #[test]
        fn no_text_makes_it_panic(data in any::<String>(), name in any::<String>(), mime_type in any::<String>()) {
            let _ = prepared(NewAttachment::base64(data).filename(name).mime_type(mime_type));
        }
    }
}
