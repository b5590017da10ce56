//! How tracked events are written onto the wire: the one seam behind which another encoding can take its place.
//!
//! Today every event is a request of its own ([`track`]).

mod json_files;
pub(crate) mod track;
