use std::io::Write;

use bytes::Bytes;
use flate2::write::GzEncoder;
use flate2::{Compress, CompressError, Compression, Crc, FlushCompress};

use crate::fault::LARGEST_INFLATED;

/// So many spaces are compressed once, and what comes of them is repeated: the server has no time for a gigabyte.
const PIECE: usize = 1024 * 1024;

/// So many spaces as gzip, less than a hundredth of them in bytes; none at all should memory refuse to be written to.
pub(in crate::server) fn gzip_of_spaces(spaces: u64) -> Bytes {
    compress(spaces.min(LARGEST_INFLATED)).map_or_else(|_| Bytes::new(), Bytes::from)
}

/// These bytes as gzip; none at all should memory refuse to be written to.
pub(in crate::server) fn gzip_of(bytes: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).map_or_else(|_| Bytes::new(), Bytes::from)
}

fn compress(spaces: u64) -> Result<Vec<u8>, CompressError> {
    const DEFLATE_FAST_FROM_ANYWHERE: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 4, 255];
    let piece = vec![b' '; PIECE];
    let pieces = spaces / PIECE as u64;
    let rest = piece.iter().copied().take((spaces % PIECE as u64) as usize).collect::<Vec<u8>>();

    let mut gzip = DEFLATE_FAST_FROM_ANYWHERE.to_vec();
    let mut sum = Crc::new();
    let (deflated, sum_of_piece) = (deflate(&piece, FlushCompress::Full)?, sum_of(&piece));
    for _ in 0..pieces {
        gzip.extend_from_slice(&deflated);
        sum.combine(&sum_of_piece);
    }
    gzip.extend(deflate(&rest, FlushCompress::Finish)?);
    sum.combine(&sum_of(&rest));
    gzip.extend(sum.sum().to_le_bytes());
    gzip.extend((spaces as u32).to_le_bytes());
    Ok(gzip)
}

/// These bytes in a form that refers to nothing before them and ends with a whole byte, so that it can be repeated.
fn deflate(bytes: &[u8], flush: FlushCompress) -> Result<Vec<u8>, CompressError> {
    // More than what cannot be compressed at all would need.
    let mut deflated = Vec::with_capacity(bytes.len().saturating_add(1024));
    Compress::new(Compression::fast(), false).compress_vec(bytes, &mut deflated, flush)?;
    Ok(deflated)
}

fn sum_of(bytes: &[u8]) -> Crc {
    let mut sum = Crc::new();
    sum.update(bytes);
    sum
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn a_small_body_inflates_to_so_many_spaces() {
        let bomb = gzip_of_spaces(3_000_000);
        assert!(bomb.len() < 30_000, "{}", bomb.len());
        let mut inflated = Vec::new();
        GzDecoder::new(&bomb[..]).read_to_end(&mut inflated).unwrap();
        assert_eq!(inflated.len(), 3_000_000);
        assert!(inflated.iter().all(|byte| *byte == b' '));
    }

    #[test]
    fn any_number_of_spaces_inflates_to_that_number() {
        let piece = PIECE as u64;
        for spaces in [0, 1, piece - 1, piece, piece + 1, 70 * piece + 7] {
            let mut decoder = GzDecoder::new(std::io::Cursor::new(gzip_of_spaces(spaces)));
            let inflated = std::io::copy(&mut decoder, &mut std::io::sink()).unwrap();
            assert_eq!(inflated, spaces);
        }
    }

    #[test]
    fn bytes_that_repeat_become_few_and_come_back() {
        let bytes = br#"{"":0},"#.repeat(1_000_000);
        let gzip = gzip_of(&bytes);
        assert!(gzip.len() < 20_000, "{}", gzip.len());
        let mut inflated = Vec::new();
        GzDecoder::new(&gzip[..]).read_to_end(&mut inflated).unwrap();
        assert!(inflated == bytes);
    }

    #[test]
    fn the_most_is_made_without_compressing_all_of_it() {
        let most = gzip_of_spaces(u64::MAX);
        assert!(most.len() < 16_000_000, "{}", most.len());
        let length = u32::try_from(LARGEST_INFLATED).unwrap().to_le_bytes();
        assert_eq!(most[most.len() - 4..], length);
    }
}
