//! What calls answer with, besides rows.

mod created;
mod error_body;
mod management;
mod me;
mod page;

pub use created::Created;
pub use error_body::ErrorBody;
pub use management::{Deleted, Lookup, Marked, Renamed, Updated};
pub use me::{AgentEnvironment, Me, MeEnvironment};
pub use page::Page;
