//! A gzip body, made by hand, that inflates to a gigabyte.

/// How many bytes [`bomb`] inflates to.
pub(crate) const BOMB_LENGTH: u64 = 1 << 30;

/// A gzip body of some 7 MB that inflates to a gigabyte of zeros, made piece by piece as it is asked for.
///
/// One block with the fixed codes of RFC 1951: a literal zero, then "258 bytes from distance 1" again and again. Eight
/// of those are 104 bits, 13 whole bytes, so that the stream is periodic. It has no end; nobody should get that far.
pub(crate) fn bomb() -> impl Iterator<Item = Vec<u8>> {
    const MATCHES_A_PIECE: u64 = 8 * 512;
    let block = [true, true, false]; // the last block; fixed codes (01, low bit first)
    let literal = code(0b0011_0000, 8); // 0
    let again = code(0b1100_0101, 8).chain(code(0, 5)); // length 258, distance 1
    let mut bits = block.into_iter().chain(literal).chain(again.cycle());
    let mut bytes = |count: usize| -> Vec<u8> { (0..count).map(|_| byte(bits.by_ref().take(8))).collect() };
    let header = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
    let head = [&header[..], &bytes(2)].concat();
    let piece = bytes(13).repeat(512);
    std::iter::once(head).chain((0..BOMB_LENGTH / 258 / MATCHES_A_PIECE).map(move |_| piece.clone()))
}

/// A Huffman code, which goes high bit first.
fn code(value: u16, length: u16) -> impl Iterator<Item = bool> + Clone {
    (0..length).rev().map(move |bit| (value >> bit) & 1 == 1)
}

/// Eight bits, low bit first.
fn byte(bits: impl Iterator<Item = bool>) -> u8 {
    bits.enumerate().fold(0, |byte, (index, bit)| byte | (u8::from(bit) << index))
}
