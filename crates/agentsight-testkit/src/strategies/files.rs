use agentsight_model::{AttachmentMode, Attachments, NewAttachment};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::select;

use super::drafts::metadata_draft;
use super::values::{sender, time};

/// A small file in memory, as bytes or base64, with name and MIME type given or not. No file on disk is named.
pub fn new_attachment() -> impl Strategy<Value = NewAttachment> {
    let known = select(vec!["%PDF-1.4", "{\"a\": 1}", "plain words", "<!DOCTYPE html>"]);
    let content = prop_oneof![vec(any::<u8>(), 0..64), known.prop_map(|text| text.as_bytes().to_vec())];
    let filename = of("[^\\x00-\\x1f/\\\\\\s][^\\x00-\\x1f/\\\\]{0,8}\\.(pdf|txt|png|json|bin)");
    let mime_type = of(select(vec!["application/pdf", "text/plain", "image/png", "application/octet-stream"]));
    (content, any::<bool>(), filename, mime_type).prop_map(|(content, is_base64, filename, mime_type)| {
        let mut attachment =
            if is_base64 { NewAttachment::base64(STANDARD.encode(content)) } else { NewAttachment::bytes(content) };
        attachment.filename = filename;
        attachment.mime_type = mime_type.map(str::to_owned);
        attachment
    })
}

/// One to twelve files that are sent together, so that some do not fit into one request (R13).
pub fn attachments() -> impl Strategy<Value = Attachments> {
    let mode = select(vec![AttachmentMode::Base64, AttachmentMode::FormData]);
    let files = prop_oneof![4 => vec(new_attachment(), 1..4), 1 => vec(new_attachment(), 9..13)];
    (files, of(sender()), of(mode), metadata_draft(), of(time())).prop_map(|(files, sender, mode, metadata, at)| {
        let mut attachments = Attachments::new(files);
        attachments.sender = sender;
        attachments.mode = mode;
        attachments.metadata = metadata;
        attachments.at = at;
        attachments
    })
}
