//! Calls that are more than one exchange: a text id that has to become a number first, and lists of several pages. And
//! the bodies of the managing calls.

mod deletion;
mod fetch;
mod managed;
mod number_cache;
mod pager;
mod records;

pub(crate) use self::deletion::Deletion;
pub(crate) use self::fetch::{FetchByRef, FetchFilesByRef};
pub(crate) use self::managed::{Managed, Managing};
pub(crate) use self::number_cache::NumberCache;
pub use self::pager::{PagePosition, Pager};
pub(crate) use self::records::{feedback_record, rename_record, update_record};
