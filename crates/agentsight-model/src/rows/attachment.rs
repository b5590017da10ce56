//! A file under a message.

use crate::AttachmentKind;
use crate::wire_struct::wire_struct;

wire_struct! {
    /// A file under a message (wire: 1.8).
    pub struct Attachment {
        required {
            /// The service's number.
            id: u64,
        }
        optional {
            /// The number of the message that the file belongs to.
            message (with_message): u64,
            /// What kind of file it is; `type` on the wire.
            kind = "type" (with_kind): AttachmentKind,
            /// The file's name.
            filename (with_filename): String,
            /// The MIME type.
            mime_type (with_mime_type): String,
            /// The size in bytes.
            size_bytes (with_size_bytes): u64,
            /// Where the content can be fetched: a signed URL, valid for one hour. Treat it as a secret.
            #[doc(alias = "url")]
            file_url (with_file_url): String,
        }
        lists {}
    }
}
