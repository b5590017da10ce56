//! How the files of one message are spread over requests (R13; wire: 1.12).

use std::ops::Range;

use agentsight_model::AttachmentMode;

use super::prepared::PreparedAttachment;

/// The most files that the service takes in one request.
const MOST_FILES: usize = 10;
/// The longest body that the service takes, in bytes. It says 40 MB; the smaller reading is safe.
const LONGEST_BODY: u64 = 40_000_000;
/// Room for what is in a body besides its files: the metadata and the other fields.
const ENVELOPE: u64 = 256 * 1024;
/// Room for what surrounds one file, its name and type not counted.
const FRAME: u64 = 512;
/// How much longer a character of a name can get when JSON escapes it.
const ESCAPED: u64 = 6;

/// The files of each request, in order: at most 10 files and 40 MB on the wire. A file that is too long for a request
/// by itself gets one of its own, for the service to refuse.
pub(crate) fn batches(files: &[PreparedAttachment], mode: AttachmentMode) -> Vec<Range<usize>> {
    let mut batches = Vec::new();
    let mut start = 0;
    let mut length = ENVELOPE;
    for (index, file) in files.iter().enumerate() {
        let more = length_on_wire(file, mode);
        let full = index - start == MOST_FILES || length.saturating_add(more) > LONGEST_BODY;
        if full && index > start {
            batches.push(start..index);
            start = index;
            length = ENVELOPE;
        }
        length = length.saturating_add(more);
    }
    if start < files.len() {
        batches.push(start..files.len());
    }
    batches
}

/// How many bytes a file takes in a request, at most.
pub(crate) fn length_on_wire(file: &PreparedAttachment, mode: AttachmentMode) -> u64 {
    let content = match mode {
        AttachmentMode::FormData => file.len(),
        _ => file.len().div_ceil(3).saturating_mul(4),
    };
    let words = (file.filename.len() as u64).saturating_add(file.mime_type.len() as u64);
    content.saturating_add(words.saturating_mul(ESCAPED)).saturating_add(FRAME)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::prepared::AttachmentContent;
    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn files(lengths: &[u64]) -> Vec<PreparedAttachment> {
        lengths
            .iter()
            .map(|length| PreparedAttachment {
                filename: "a.bin".to_owned(),
                mime_type: "application/octet-stream".to_owned(),
                content: AttachmentContent::File { path: "a.bin".into(), length: *length },
            })
            .collect()
    }

    /// First and last index of each request's files.
    fn bounds(lengths: &[u64], mode: AttachmentMode) -> Vec<(usize, usize)> {
        batches(&files(lengths), mode).into_iter().map(|batch| (batch.start, batch.end - 1)).collect()
    }

    #[test]
    fn r13_a_request_carries_at_most_ten_files() {
        let mode = AttachmentMode::Base64;
        assert_eq!(bounds(&[], mode), []);
        assert_eq!(bounds(&[1; 10], mode), [(0, 9)]);
        assert_eq!(bounds(&[1; 11], mode), [(0, 9), (10, 10)]);
        assert_eq!(bounds(&[0; 30], mode), [(0, 9), (10, 19), (20, 29)]);
    }

    #[test]
    fn r13_a_request_carries_at_most_40_mb_and_base64_counts_four_thirds() {
        let two = [15 * MIB, 15 * MIB];
        assert_eq!(bounds(&two, AttachmentMode::FormData), [(0, 1)]);
        assert_eq!(bounds(&two, AttachmentMode::Base64), [(0, 0), (1, 1)]);
        assert_eq!(bounds(&[25 * MIB, 25 * MIB, 1], AttachmentMode::FormData), [(0, 0), (1, 2)]);
        assert_eq!(bounds(&[1, u64::MAX, 1], AttachmentMode::Base64), [(0, 0), (1, 1), (2, 2)]);
    }

    #[test]
    fn r13_a_request_may_be_as_long_as_the_limit() {
        let one = length_on_wire(&files(&[0])[0], AttachmentMode::FormData);
        let rest = LONGEST_BODY - ENVELOPE - 2 * one;
        assert_eq!(bounds(&[1, rest - 1], AttachmentMode::FormData), [(0, 1)]);
        assert_eq!(bounds(&[1, rest], AttachmentMode::FormData), [(0, 0), (1, 1)]);
    }

    proptest! {
        #[test]
        fn r13_every_file_travels_once_in_order_within_the_limits(
            lengths in prop::collection::vec(prop_oneof![0..=25 * MIB, Just(0), any::<u64>()], 0..40), form: bool,
        ) {
            let mode = if form { AttachmentMode::FormData } else { AttachmentMode::Base64 };
            let files = files(&lengths);
            let batches = batches(&files, mode);
            let covered: Vec<usize> = batches.iter().cloned().flatten().collect();
            prop_assert_eq!(covered, (0..files.len()).collect::<Vec<_>>());
            for batch in &batches {
                prop_assert!(!batch.is_empty() && batch.len() <= MOST_FILES);
                let length: u128 = files[batch.clone()].iter().map(|file| u128::from(length_on_wire(file, mode))).sum();
                prop_assert!(batch.len() == 1 || length + u128::from(ENVELOPE) <= u128::from(LONGEST_BODY));
            }
        }

        #[test]
        fn r13_no_request_is_split_without_need(lengths in prop::collection::vec(0..=25 * MIB, 1..40)) {
            let files = files(&lengths);
            let batches = batches(&files, AttachmentMode::FormData);
            for pair in batches.windows(2) {
                let joined = &files[pair[0].start..=pair[1].start];
                let length: u64 = joined.iter().map(|file| length_on_wire(file, AttachmentMode::FormData)).sum();
                prop_assert!(joined.len() > MOST_FILES || length + ENVELOPE > LONGEST_BODY);
            }
        }
    }
}
