//! The per-conversation queues: what was tracked and not yet acknowledged.

mod admit;
mod handle;
mod item;
mod registration;
mod state;
mod summary;
mod table;
mod timeline;

pub use self::handle::{ConversationLane, DoubtSettlement};
pub use self::summary::{TrackedDataSummary, TrackedItem, TrackedSummary};

pub(crate) use self::admit::{
    at_most, checked_metadata, conversation as checked_conversation, conversation_id, no_nul,
};
pub(crate) use self::item::{Event, Item, Part, Snapshot, TOKEN_USAGE};
pub(crate) use self::registration::Stage;
pub(crate) use self::state::{Doubt, InFlight, Lane};
pub(crate) use self::table::LaneTable;
pub(crate) use self::timeline::{Micros, cut_to_micros, time_of};
