//! What the bytes of a text are, found for many at once and without a branch.
//!
//! The module has instructions for sixteen bytes, which every runtime that it is for has (`.cargo/config.toml` turns them
//! on); elsewhere eight bytes stand in one number. Both tell the same, which `tests/corpus/agents` holds in every runtime.

use super::input::WINDOW;

/// What the bytes of a window are, a bit for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Kinds {
    /// Bytes from 0x80 on count as letters.
    pub letters: u64,
    /// Letters and digits.
    pub words: u64,
    /// Parentheses.
    pub brackets: u64,
    /// Percent signs and the bytes of payloads, and some that are as rare.
    pub rare: u64,
}

impl Kinds {
    #[inline]
    pub fn of(bytes: &[u8; WINDOW]) -> Self {
        #[cfg(not(target_feature = "simd128"))]
        use eight::of;
        #[cfg(target_feature = "simd128")]
        use sixteen::of;

        of(bytes)
    }
}

#[cfg(not(target_feature = "simd128"))]
mod eight {
    use super::{Kinds, WINDOW};
    use crate::agent::input::each;

    /// The upper bit of each byte.
    const UPPER: u64 = each(0x80);

    /// The upper bits of those bytes below 0x80 that are at least this one; of others, anything.
    #[inline]
    const fn from(bytes: u64, least: u8) -> u64 {
        (bytes & !UPPER) + each(0x80 - least)
    }

    /// Upper bits as eight bits.
    #[inline]
    const fn gather(uppers: u64) -> u64 {
        (uppers >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56
    }

    #[inline]
    pub fn of(bytes: &[u8; WINDOW]) -> Kinds {
        let mut kinds = Kinds::default();
        for (place, eight) in bytes.as_chunks().0.iter().enumerate() {
            let eight = u64::from_le_bytes(*eight);
            let lower = eight | each(0x20);
            let letters = (from(lower, b'a') & !from(lower, b'z' + 1) | eight) & UPPER;
            let digits = from(eight, b'0') & !from(eight, b'9' + 1) & !eight & UPPER;
            let brackets = from(eight, b'(') & !from(eight, b')' + 1) & !eight & UPPER;
            // `"`, `$`, `%`, `'` and two between them, `<`, and from `{` on.
            let marks = from(eight, b'"') & !from(eight, b'\'' + 1)
                | from(eight, b'<') & !from(eight, b'<' + 1)
                | from(eight, b'{');
            let marks = marks & !eight & UPPER;
            if marks != 0 {
                kinds.rare |= gather(marks) << (8 * place);
            }
            kinds.letters |= gather(letters) << (8 * place);
            kinds.words |= gather(letters | digits) << (8 * place);
            kinds.brackets |= gather(brackets) << (8 * place);
        }
        kinds
    }
}

#[cfg(target_feature = "simd128")]
mod sixteen {
    use std::arch::wasm32::{
        i8x16_lt, i8x16_splat, i64x2, u8x16_bitmask, u8x16_eq, u8x16_splat, u8x16_sub, v128, v128_and,
        v128_or,
    };

    use super::{Kinds, WINDOW};

    /// Which bytes are one of so many from a first one on. Processors compare bytes as signed ones: the first becomes the least.
    #[inline]
    fn among(bytes: v128, first: u8, count: u8) -> v128 {
        let least = u8x16_sub(bytes, u8x16_splat(first.wrapping_sub(0x80)));
        i8x16_lt(least, i8x16_splat(count.wrapping_sub(0x80).cast_signed()))
    }

    #[inline]
    pub fn of(bytes: &[u8; WINDOW]) -> Kinds {
        let mut kinds = Kinds::default();
        for (place, [first, second]) in bytes.as_chunks().0.as_chunks().0.iter().enumerate() {
            let bytes = i64x2(i64::from_le_bytes(*first), i64::from_le_bytes(*second));
            let lower = v128_or(bytes, u8x16_splat(0x20));
            let letters = among(lower, b'a', 26);
            let digits = among(bytes, b'0', 10);
            let brackets = u8x16_eq(v128_and(bytes, u8x16_splat(0xfe)), u8x16_splat(b'('));
            // `"`, `$`, `%`, `'` and two between them, `<`, and from `{` on.
            let marks = v128_or(among(bytes, b'"', 6), u8x16_eq(bytes, u8x16_splat(b'<')));
            let rare = v128_or(marks, among(bytes, b'{', 5));
            kinds.rare |= u64::from(u8x16_bitmask(rare)) << (16 * place);
            // The mask of bytes as they are is that of their upper bits.
            kinds.letters |= u64::from(u8x16_bitmask(letters) | u8x16_bitmask(bytes)) << (16 * place);
            kinds.words |= u64::from(u8x16_bitmask(digits)) << (16 * place);
            kinds.brackets |= u64::from(u8x16_bitmask(brackets)) << (16 * place);
        }
        kinds.words |= kinds.letters;
        kinds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_what_it_is_at_every_place() {
        for byte in 0..=u8::MAX {
            let is_letter = byte.is_ascii_alphabetic() || byte >= 0x80;
            let is_word = is_letter || byte.is_ascii_digit();
            for place in 0..WINDOW {
                let mut bytes = [b' '; WINDOW];
                bytes[place] = byte;
                let kinds = Kinds::of(&bytes);
                let bit = |is_so: bool| u64::from(is_so) << place;
                let is_bracket = matches!(byte, b'(' | b')');
                assert_eq!(
                    (kinds.letters, kinds.words, kinds.brackets),
                    (bit(is_letter), bit(is_word), bit(is_bracket)),
                    "{byte:#x} at {place}"
                );
                assert!(
                    kinds.rare == 1 << place || !matches!(byte, b'%' | b'<' | b'$' | b'"' | b'\'' | b'{'),
                    "{byte:#x}"
                );
            }
        }
        let rare = |byte: u8| Kinds::of(&[byte; WINDOW]).rare != 0;
        let usual = "Mozilla/5.0 (compatible; X-1_2; +https://a.example:80, x@b)";
        assert!(!usual.bytes().any(rare), "what user agents are made of");
    }
}
