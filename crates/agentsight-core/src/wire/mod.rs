//! How tracked events are written onto the wire: the one seam behind which another encoding can take its place.
//!
//! Today every event is a request of its own ([`track`]). An event whose request may have been lost is looked for in the
//! transcript: [`transcript`] reads it, [`identity`] says which message shows which event (R17).

#[cfg_attr(not(test), expect(dead_code, reason = "the outbox looks for its items with it"))]
pub(crate) mod identity;
mod likeness;
mod row;
#[cfg(test)]
mod sample;
mod token_counters;
pub(crate) mod track;
#[cfg_attr(not(test), expect(dead_code, reason = "the outbox looks for its items with it"))]
pub(crate) mod transcript;
