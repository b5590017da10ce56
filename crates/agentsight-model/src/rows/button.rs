//! A button click that was recorded.

use chrono::{DateTime, Utc};

use crate::Metadata;
use crate::wire_struct::wire_struct;

wire_struct! {
    /// A click on a button, under the [`Message`](crate::Message) that shows it (wire: 1.8, 1.13).
    ///
    /// The service does not document the shape, so that every field may be absent.
    #[derive(Default)]
    pub struct Button {
        required {}
        optional {
            /// The service's number.
            id (with_id): u64,
            /// The number of the message that shows the click.
            message (with_message): u64,
            /// What happened, such as `user_confirmation`.
            button_event (with_button_event): String,
            /// The text on the button.
            label (with_label): String,
            /// What the button stands for.
            value (with_value): String,
            /// When it was clicked.
            timestamp (with_timestamp): DateTime<Utc>,
            /// The caller's own data.
            metadata (with_metadata): Metadata,
        }
        lists {}
    }
}
