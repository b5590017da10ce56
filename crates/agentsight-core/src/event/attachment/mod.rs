//! Attachments from the moment they are tracked to the bytes of a request (R7, R13; wire: POST /api/attachments/).

mod batch;
mod mime;
mod multipart;
mod name;
mod prepared;

pub(crate) use self::batch::{batches, length_on_wire};
pub(crate) use self::multipart::Multipart;
pub(crate) use self::prepared::{AttachmentContent, PreparedAttachment, PreparedAttachments, prepare};
