use std::sync::{Arc, OnceLock};

use crate::error::ErrorKind;

/// Tells the deliveries of one `send_all` that the key or the endpoint is wrong, so that all of them stop (R15).
#[derive(Clone, Debug, Default)]
pub struct StopSignal(Arc<OnceLock<ErrorKind>>);

impl StopSignal {
    /// A signal that has not been given.
    pub fn new() -> Self {
        Self::default()
    }

    /// Why all deliveries stop, if they do.
    pub fn reason(&self) -> Option<ErrorKind> {
        self.0.get().copied()
    }

    pub(crate) fn trigger(&self, kind: ErrorKind) {
        let _ = self.0.set(kind);
    }
}
