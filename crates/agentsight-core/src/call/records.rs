//! The bodies of the managing calls, checked (R7, R21).

use agentsight_model::{
    ConversationRef, ConversationUpdate, Device, FeedbackRecord, NewFeedback, RenameRecord, Sentiment, UpdateRecord,
};

use crate::checks;
use crate::error::Error;

/// The longest comment of a feedback, in characters (wire: 1.14).
const COMMENT: usize = 5_000;

/// The body of a rename: the name trimmed, 1 to 255 characters.
pub(crate) fn rename_record(name: &str) -> Result<RenameRecord, Error> {
    Ok(RenameRecord::new(trimmed_name(name)?))
}

/// The body of an update: at least one field.
pub(crate) fn update_record(update: ConversationUpdate) -> Result<UpdateRecord, Error> {
    if update.is_empty() {
        return Err(Error::invalid("an update needs at least one field"));
    }
    for (field, text) in [
        ("customer_id", update.customer_id.as_deref()),
        ("device", update.device.as_ref().map(Device::as_str)),
        ("language", update.language.as_deref()),
    ] {
        checks::optional_text(field, text)?;
    }
    let mut record = UpdateRecord::new();
    record.name = update.name.as_deref().map(trimmed_name).transpose()?;
    record.is_marked = update.is_marked;
    record.customer_id = update.customer_id;
    record.device = update.device;
    record.language = update.language;
    record.metadata = checks::taken_metadata(update.metadata)?;
    Ok(record)
}

/// The body of a feedback: a known verdict; a blank comment and empty metadata are left out.
pub(crate) fn feedback_record(conversation: ConversationRef, feedback: NewFeedback) -> Result<FeedbackRecord, Error> {
    if !matches!(feedback.sentiment, Sentiment::Positive | Sentiment::Neutral | Sentiment::Negative) {
        return Err(Error::invalid("sentiment must be positive, neutral or negative"));
    }
    let mut record = FeedbackRecord::new(feedback.sentiment, conversation);
    if let Some(comment) = feedback.comment.filter(|comment| !comment.trim().is_empty()) {
        checks::at_most("comment", &comment, COMMENT)?;
        checks::no_nul("comment", &comment)?;
        record.comment = Some(comment);
    }
    record.metadata = checks::taken_metadata(feedback.metadata)?.filter(|metadata| !metadata.is_empty());
    Ok(record)
}

/// A name as it is sent: trimmed, 1 to 255 characters (R21).
fn trimmed_name(name: &str) -> Result<String, Error> {
    let name = name.trim();
    checks::short_text("name", name)?;
    Ok(name.to_owned())
}
