use http::header::HeaderValue;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use super::answer::{Answer, Handled, Refusal};
use super::call::{Call, Query};
use super::reference::{Reference, conversation_not_found};
use super::route::Number;
use super::rows::{ConversationRow, FileRow, MessageRow, Sender};
use super::signature;
use super::state::State;
use super::timestamp;
use super::upload::{Upload, UploadedFile};
use super::validation::Fields;
use super::view::View;
use crate::options::MEGABYTE;
use crate::{CreateAnswer, FakeClock, FakeOptions};

/// `POST /api/attachments/`: files for a message, or with a message of their own (wire: 1.12).
pub(crate) fn create(call: &mut Call<'_>) -> Handled {
    let limit = call.options.upload_limit;
    if call.request.body().len() > limit {
        return Err(Refusal::too_large(format!("The request exceeds the limit of {}.", megabytes(limit))));
    }
    let upload = Upload::read(call)?;
    check_files(call, &upload.files)?;
    let mut fields = Fields::new(&upload.fields, call.options);
    let timestamp = fields.required_time("timestamp");
    let sender = fields.choice("sender", false, Sender::CHOICES).map(|word| Sender::read(&word));
    let metadata = fields.metadata();
    let message = fields.optional_row("message");
    let reference = Reference::read(&mut fields);
    let (timestamp, reference) = fields.finish(|| Some((timestamp?, reference?)))?;

    let message = match message {
        Some(number) => call.message_in(number, &reference)?,
        None => {
            let conversation = call.resolve(reference, timestamp, conversation_not_found)?;
            let sender = sender.unwrap_or(Sender::EndUser);
            let mut message = MessageRow::new(conversation, timestamp, sender, "[Attachments]".to_owned());
            message.metadata = metadata;
            message.holds_files = true;
            call.state.add_message(message)
        }
    };
    let store = |UploadedFile { filename, mime_type, bytes }| {
        call.state.add_file(FileRow { number: 0, message, filename, mime_type, bytes })
    };
    let files: Vec<u64> = upload.files.into_iter().map(store).collect();
    let renderer = call.renderer();
    let files = files.into_iter().filter_map(|number| call.state.file(number));
    let attachments: Value = match call.options.create_answer {
        CreateAnswer::Resource => files.map(|file| renderer.file(file)).collect(),
        CreateAnswer::Minimal => files.map(|file| json!({ "id": file.number })).collect(),
    };
    Ok(Answer::created(&json!({ "message": message, "attachments": attachments })))
}

/// `GET /api/conversations/{pk}/attachments/`: the three documented shapes in one (wire: 1.10).
pub(crate) fn list(call: &mut Call<'_>, number: Number) -> Handled {
    let row = call.conversation(number)?;
    let renderer = call.renderer();
    let files = |message| renderer.files_of(message).map(|file| renderer.file(file));
    let with_files = || call.state.transcript(row).filter(|message| renderer.files_of(message).next().is_some());
    let messages: Value = with_files()
        .map(|message| {
            json!({
                "id": message.number,
                "message_id": message.number,
                "sender": message.sender.as_str(),
                "timestamp": timestamp::write(message.timestamp),
                "attachments": files(message).collect::<Value>(),
            })
        })
        .collect();
    let attachments: Vec<Value> = with_files().flat_map(files).collect();
    Ok(Answer::ok(&json!({
        "id": row.number(),
        "conversation": row.number(),
        "conversation_id": row.record.conversation_id,
        "total_attachments": attachments.len(),
        "attachment_count": attachments.len(),
        "messages": messages,
        "attachments": attachments,
    })))
}

/// The content of a file, for whoever has an address that is signed and still good (wire: part 3, 34). Its name is
/// shown as the options have it.
pub(crate) fn download<B>(
    state: &State,
    options: &FakeOptions,
    clock: &FakeClock,
    request: &Request<B>,
    number: Number,
) -> Handled {
    let number = number.0.ok_or_else(|| Refusal::not_found("Attachment"))?;
    signature::check(number, &Query::of(request), clock.now()).map_err(Refusal::bad_signature)?;
    let file = state.file(number).ok_or_else(|| Refusal::not_found("Attachment"))?;
    let content_type = HeaderValue::from_str(&file.mime_type);
    let content_type = content_type.unwrap_or_else(|_| HeaderValue::from_static("application/octet-stream"));
    Ok(Answer::file(&View::of_names(options).file_name(file), content_type, file.bytes.clone()))
}

impl Call<'_> {
    /// The message of that number, which has to be one of the named conversation (wire: 1.12).
    fn message_in(&self, number: u64, reference: &Reference) -> Result<u64, Refusal> {
        let agent = self.caller.agent;
        let conversation = match reference {
            Reference::Number(number) => self.state.conversation(agent, *number),
            Reference::Text(text) => self.state.find_conversation(agent, text),
        };
        let message = self.state.message(agent, number);
        let message = message.filter(|message| conversation.map(ConversationRow::number) == Some(message.conversation));
        match message {
            Some(message) => Ok(message.number),
            None => Err(Refusal::detail(StatusCode::NOT_FOUND, format!("Message {number} not found"))),
        }
    }
}

fn check_files(call: &Call<'_>, files: &[UploadedFile]) -> Result<(), Refusal> {
    if files.is_empty() {
        return Err(Refusal::error(StatusCode::BAD_REQUEST, "No attachment files found"));
    }
    let most = call.options.files_limit;
    if files.len() > most {
        return Err(Refusal::too_large(format!("A request may carry at most {most} files.")));
    }
    let limit = call.options.file_limit;
    match files.iter().find(|file| file.bytes.len() > limit) {
        Some(UploadedFile { filename, .. }) => {
            Err(Refusal::too_large(format!("File '{filename}' exceeds the limit of {} per file.", megabytes(limit))))
        }
        None => Ok(()),
    }
}

fn megabytes(bytes: usize) -> String {
    if bytes.is_multiple_of(MEGABYTE) { format!("{} MB", bytes / MEGABYTE) } else { format!("{bytes} bytes") }
}
