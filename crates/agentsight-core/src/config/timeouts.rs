use std::time::Duration;

/// The rate that a slow but working connection is expected to keep up while a file is uploaded, in bytes a second.
const UPLOAD_RATE: u64 = 256 * 1024;

/// How long one attempt may take (R16).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timeouts {
    /// For establishing a connection: 5 s.
    pub connect: Duration,
    /// For a whole attempt, from the first packet to the last byte of the answer: 15 s.
    pub attempt: Duration,
    /// For an attempt that uploads attachments: 45 s, to which [`for_upload`](Self::for_upload) adds time by size.
    pub attachments: Duration,
}

impl Timeouts {
    /// The time for an attempt that uploads `bytes`: [`attachments`](Self::attachments) plus one second for every
    /// 256 KiB.
    ///
    /// ```
    /// use std::time::Duration;
    /// use agentsight_core::Timeouts;
    ///
    /// assert_eq!(Timeouts::default().for_upload(1024 * 1024), Duration::from_secs(45 + 4));
    /// ```
    pub fn for_upload(&self, bytes: u64) -> Duration {
        let whole_seconds = Duration::from_secs(bytes / UPLOAD_RATE);
        let rest = Duration::from_nanos(bytes % UPLOAD_RATE * 1_000_000_000 / UPLOAD_RATE);
        self.attachments.saturating_add(whole_seconds).saturating_add(rest)
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), attempt: Duration::from_secs(15), attachments: Duration::from_secs(45) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn r16_an_upload_gets_a_second_for_every_256_kib() {
        let timeouts = Timeouts::default();
        for (bytes, milliseconds) in
            [(0, 45_000), (64 * 1024, 45_250), (256 * 1024, 46_000), (25 * 1024 * 1024, 145_000)]
        {
            assert_eq!(timeouts.for_upload(bytes), Duration::from_millis(milliseconds));
        }
    }

    proptest! {
        #[test]
        fn r16_more_bytes_never_get_less_time(bytes: u64, more: u64, attachments: u64) {
            let timeouts = Timeouts { attachments: Duration::from_secs(attachments), ..Timeouts::default() };
            let time = timeouts.for_upload(bytes);
            prop_assert!(time >= timeouts.attachments);
            prop_assert!(timeouts.for_upload(bytes.saturating_add(more)) >= time);
        }
    }
}
