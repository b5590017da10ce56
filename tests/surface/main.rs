//! The public surface of the libraries, read from their sources: the two clients are alike (H5), and no signature names a
//! type of somebody else's (H4).

#![expect(clippy::expect_used, reason = "a test that cannot prepare itself has to fail")]

mod foreign_types;
mod parity;
mod prose;
mod public_items;
mod sources;
