//! What looking up, renaming, marking, updating and deleting a conversation answer with.

use chrono::{DateTime, Utc};

use crate::wire_struct::wire_struct;
use crate::{Device, Metadata};

wire_struct! {
    /// The number of a conversation (wire: GET /api/conversations/lookup/).
    pub struct Lookup {
        required {
            /// The service's number.
            id: u64,
            /// The caller's id.
            conversation_id: String,
        }
        optional {}
        lists {}
    }
}

wire_struct! {
    /// A conversation was renamed (wire: PATCH /api/conversations/{pk}/rename/).
    pub struct Renamed {
        required {
            /// The service's number.
            id: u64,
            /// The caller's id.
            conversation_id: String,
            /// The new title.
            name: String,
        }
        optional {}
        lists {}
    }
}

wire_struct! {
    /// A conversation was marked or unmarked (wire: POST /api/conversations/{pk}/mark/).
    pub struct Marked {
        required {
            /// The service's number.
            id: u64,
            /// The caller's id.
            conversation_id: String,
            /// Whether it is marked now.
            is_marked: bool,
        }
        optional {}
        lists {}
    }
}

wire_struct! {
    /// A conversation was updated (wire: PATCH /api/conversations/{pk}/update/).
    ///
    /// Only the fields that were updated are set.
    pub struct Updated {
        required {
            /// The service's number.
            id: u64,
            /// The caller's id.
            conversation_id: String,
        }
        optional {
            /// The new title.
            name (with_name): String,
            /// Whether it is marked now.
            is_marked (with_is_marked): bool,
            /// The new id of the person.
            customer_id (with_customer_id): String,
            /// The new device.
            device (with_device): Device,
            /// The new language.
            language (with_language): String,
            /// The new metadata, all of it.
            metadata (with_metadata): Metadata,
        }
        lists {
            /// The names of the fields that were updated. Newer servers only.
            updated_fields (with_updated_fields): String,
        }
    }
}

wire_struct! {
    /// A conversation was deleted; the service keeps the row (wire: DELETE /api/conversations/{pk}/delete/).
    pub struct Deleted {
        required {
            /// The service's number.
            id: u64,
            /// The caller's id.
            conversation_id: String,
        }
        optional {
            /// Whether it is deleted now.
            is_deleted (with_is_deleted): bool,
            /// When it was deleted.
            deleted_at (with_deleted_at): DateTime<Utc>,
        }
        lists {}
    }
}
