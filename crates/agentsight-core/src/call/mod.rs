//! Reading and managing calls: one exchange, or a few where a text id has to be looked up first or a list has several
//! pages (R16, R19-R21).

mod deletion;
mod exchange;
mod fetch;
mod initialize;
mod machine;
mod managed;
mod number_cache;
mod pager;
mod records;

pub(crate) use self::deletion::Deletion;
pub(crate) use self::exchange::{CallSettings, Exchange};
pub(crate) use self::fetch::{FetchByRef, FetchFilesByRef};
pub(crate) use self::initialize::Initialize;
pub use self::machine::{Machine, Step};
pub(crate) use self::managed::{Managed, Managing};
pub(crate) use self::number_cache::NumberCache;
pub use self::pager::{PagePosition, Pager};
pub(crate) use self::records::{feedback_record, rename_record, update_record};
