//! Checks of the workspace itself: the layers and manifests in `tests/layers`, the examples of the README below.
//!
//! They live here because no published crate may depend on both transports, or on a file outside its own folder.

/// Runs the examples of the README, against the testkit's server.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
