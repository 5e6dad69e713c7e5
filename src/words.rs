//! Texts as words of eight bytes, for hashes.

/// What is left behind the last whole word, lowest byte first. Not byte by byte: most names are shorter than two words, and
/// then that takes longer than the rest of their hash.
#[inline]
pub(crate) fn rest(bytes: &[u8]) -> u64 {
    let left = bytes.len() % 8;
    match bytes.last_chunk() {
        _ if left == 0 => 0,
        Some(last) => u64::from_le_bytes(*last) >> (64 - 8 * left),
        None => short(bytes),
    }
}

/// Of one to seven bytes: what the first and the last of them say twice is the same.
fn short(bytes: &[u8]) -> u64 {
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let [first, last] = [first, last].map(|half| u64::from(u32::from_le_bytes(*half)));
        return first | last << (8 * (bytes.len() - 4));
    }
    let byte = |at: usize| bytes.get(at).map_or(0, |byte| u64::from(*byte) << (8 * at));
    byte(0) | byte(1) | byte(2)
}

/// Whether two texts are the same, word by word.
#[inline]
pub(crate) fn same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    one.len() == other.len()
        && rest(one) == rest(other)
        && one
            .as_chunks::<8>()
            .0
            .iter()
            .zip(other.as_chunks::<8>().0)
            .all(|(one, other)| u64::from_le_bytes(*one) == u64::from_le_bytes(*other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_byte_by_byte_would_read() {
        let bytes: Vec<u8> = (0..40_u8).map(|byte| byte.wrapping_mul(7) ^ 0xa5).collect();
        for length in 0..bytes.len() {
            let bytes = &bytes[..length];
            let (_, left) = bytes.as_chunks::<8>();
            let expected = left.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
            assert_eq!(rest(bytes), expected, "{length}");
            let text: String = bytes.iter().map(|byte| char::from(byte & 0x7f)).collect();
            assert!(same(&text, &text.clone()));
            for at in 0..length {
                let mut other = text.clone().into_bytes();
                other[at] ^= 1;
                assert!(!same(&text, std::str::from_utf8(&other).unwrap()), "{at} of {length}");
            }
        }
    }
}
