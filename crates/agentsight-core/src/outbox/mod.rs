//! The outbox: the owner of everything that is tracked and not yet final.

mod departed;
mod entries;
mod runs;
mod timeline;

#[expect(unused_imports, reason = "the outbox that uses them is written on top of this")]
pub(crate) use self::entries::{Entry, Micros};
#[expect(unused_imports, reason = "the outbox that uses them is written on top of this")]
pub(crate) use self::timeline::{Stamp, Timeline};
