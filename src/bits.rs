//! A set of up to 256 numbered things, small enough to copy.

use std::ops::{BitAnd, BitOr, BitOrAssign, Not};

use crate::compiled::compiled;

/// A set of numbers below 256.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Bits([u64; 4]);

compiled!(@wrapper Bits);

impl Bits {
    /// Nothing.
    pub const EMPTY: Self = Self([0; 4]);
    /// How many things a set can tell apart.
    pub const CAPACITY: usize = 256;

    /// Adds a number; one from [`Self::CAPACITY`] on is ignored: callers limit what they number.
    #[inline]
    pub fn insert(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word |= 1 << (index % 64);
        }
    }

    /// Exactly one number.
    #[must_use]
    #[inline]
    pub fn only(index: usize) -> Self {
        let mut bits = Self::EMPTY;
        bits.insert(index);
        bits
    }

    /// Adds the number if it is not there, takes it out if it is.
    #[inline]
    pub fn toggle(&mut self, index: usize) {
        if let Some(word) = self.0.get_mut(index / 64) {
            *word ^= 1 << (index % 64);
        }
    }

    /// Whether the number is in the set.
    #[must_use]
    #[inline]
    pub fn contains(self, index: usize) -> bool {
        self.0.get(index / 64).is_some_and(|word| word >> (index % 64) & 1 != 0)
    }

    /// Whether the sets share a number.
    #[must_use]
    #[inline]
    pub fn intersects(self, other: Self) -> bool {
        !(self & other).is_empty()
    }

    /// Whether there is none.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        wide::is_zero(self.0)
    }

    /// A bit for each number, lowest first.
    #[must_use]
    #[inline]
    pub const fn words(self) -> [u64; 4] {
        self.0
    }

    /// The numbers, ascending.
    #[inline]
    pub fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(index, word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest.checked_sub(1)?;
                Some(index * 64 + bit)
            })
        })
    }
}

impl BitAnd for Bits {
    type Output = Self;

    #[inline]
    fn bitand(self, other: Self) -> Self {
        Self(wide::and(self.0, other.0))
    }
}

impl BitOr for Bits {
    type Output = Self;

    #[inline]
    fn bitor(self, other: Self) -> Self {
        Self(wide::or(self.0, other.0))
    }
}

impl BitOrAssign for Bits {
    #[inline]
    fn bitor_assign(&mut self, other: Self) {
        *self = *self | other;
    }
}

impl Not for Bits {
    type Output = Self;

    #[inline]
    fn not(self) -> Self {
        Self(wide::not(self.0))
    }
}

#[cfg(not(target_feature = "simd128"))]
mod wide {
    type Words = [u64; 4];

    #[inline]
    pub const fn and([a, b, c, d]: Words, [w, x, y, z]: Words) -> Words {
        [a & w, b & x, c & y, d & z]
    }

    #[inline]
    pub const fn or([a, b, c, d]: Words, [w, x, y, z]: Words) -> Words {
        [a | w, b | x, c | y, d | z]
    }

    #[inline]
    pub const fn not([a, b, c, d]: Words) -> Words {
        [!a, !b, !c, !d]
    }

    #[inline]
    pub const fn is_zero([a, b, c, d]: Words) -> bool {
        a | b | c | d == 0
    }
}

/// The compiler sees single words, and takes twice the instructions, where nobody says that two are one.
#[cfg(target_feature = "simd128")]
mod wide {
    use std::arch::wasm32::{u64x2, u64x2_extract_lane, v128, v128_and, v128_any_true, v128_not, v128_or};

    type Words = [u64; 4];

    #[inline]
    const fn read([a, b, c, d]: Words) -> [v128; 2] {
        [u64x2(a, b), u64x2(c, d)]
    }

    #[inline]
    fn write([a, b]: [v128; 2]) -> Words {
        [
            u64x2_extract_lane::<0>(a),
            u64x2_extract_lane::<1>(a),
            u64x2_extract_lane::<0>(b),
            u64x2_extract_lane::<1>(b),
        ]
    }

    #[inline]
    pub fn and(one: Words, other: Words) -> Words {
        let ([a, b], [c, d]) = (read(one), read(other));
        write([v128_and(a, c), v128_and(b, d)])
    }

    #[inline]
    pub fn or(one: Words, other: Words) -> Words {
        let ([a, b], [c, d]) = (read(one), read(other));
        write([v128_or(a, c), v128_or(b, d)])
    }

    #[inline]
    pub fn not(words: Words) -> Words {
        let [a, b] = read(words);
        write([v128_not(a), v128_not(b)])
    }

    #[inline]
    pub fn is_zero(words: Words) -> bool {
        let [a, b] = read(words);
        !v128_any_true(v128_or(a, b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back_ascending_across_words() {
        let mut bits = Bits::EMPTY;
        for index in [255, 0, 64, 63, 300] {
            bits.insert(index);
        }
        assert_eq!(bits.iter().collect::<Vec<_>>(), [0, 63, 64, 255]);
        bits.toggle(63);
        assert!(!bits.contains(63) && bits.contains(255) && !bits.contains(300));
    }
}
