//! The per-conversation queues: what was tracked and not yet acknowledged.

mod handle;
mod item;
mod registration;
mod state;
mod summary;
mod table;
mod timeline;

pub use self::handle::{ConversationLane, DoubtSettlement};
pub use self::summary::{TrackedDataSummary, TrackedItem, TrackedSummary};

pub(crate) use self::item::{Item, Part, Snapshot};
pub(crate) use self::registration::Stage;
pub(crate) use self::state::{Doubt, InFlight, Lane};
pub(crate) use self::table::LaneTable;
pub(crate) use self::timeline::{Micros, cut_to_micros, time_of};
