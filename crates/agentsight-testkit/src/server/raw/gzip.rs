use std::io::{self, Read, Write};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::fault::LARGEST_INFLATED;

/// So many spaces as gzip, about a thousandth of them in bytes; none at all should memory refuse to be written to.
pub(in crate::server) fn gzip_of_spaces(spaces: u64) -> Bytes {
    compress(spaces.min(LARGEST_INFLATED)).map_or_else(|_| Bytes::new(), Bytes::from)
}

fn compress(spaces: u64) -> io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let mut source = io::repeat(b' ').take(spaces);
    let mut piece = vec![0; 64 * 1024];
    loop {
        match source.read(&mut piece)? {
            0 => return encoder.finish(),
            read => encoder.write_all(&piece[..read])?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::read::GzDecoder;

    #[test]
    fn a_small_body_inflates_to_so_many_spaces() {
        let bomb = gzip_of_spaces(3_000_000);
        assert!(bomb.len() < 30_000, "{}", bomb.len());
        let mut inflated = Vec::new();
        GzDecoder::new(&bomb[..]).read_to_end(&mut inflated).unwrap();
        assert_eq!(inflated.len(), 3_000_000);
        assert!(inflated.iter().all(|byte| *byte == b' '));
    }
}
