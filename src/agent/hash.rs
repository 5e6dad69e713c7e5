//! The hash that the catalogue is looked up by; shared by the build script, which lays the table out with it.
//!
//! A *segment* is a run of letters and digits. It is hashed byte by byte in lower case, so the tokeniser has the
//! hash when it reaches the end of the segment. Names of several segments (`Screaming Frog`, `Googlebot-Image`)
//! chain the hashes of up to three neighbours.

const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;

/// Hash of the empty segment.
pub const SEED: u64 = 0x51_7c_c1_b7_27_22_0a_95;

/// Adds one lower-case byte.
#[inline]
pub const fn push(hash: u64, byte: u8) -> u64 {
    (hash ^ byte as u64).wrapping_mul(PRIME)
}

/// Chains a segment to those before it.
#[inline]
pub const fn chain(before: u64, segment: u64) -> u64 {
    (before.rotate_left(25) ^ segment).wrapping_mul(PRIME)
}

/// Spreads the entropy of a finished hash: the low half picks the slot, the high half is the fingerprint.
#[inline]
pub const fn finish(hash: u64) -> u64 {
    let hash = (hash ^ (hash >> 32)).wrapping_mul(PRIME);
    hash ^ (hash >> 29)
}

/// Bucket of a finished hash among `1 << bits`.
#[inline]
pub const fn bucket(hash: u64, bits: u32) -> usize {
    (hash as u32 >> (32 - bits)) as usize
}

/// Slot of a finished hash among `1 << bits`, displaced by what the build found for its bucket. The stride depends on
/// the hash too, so that two keys of a bucket part sooner or later.
#[inline]
pub const fn slot(hash: u64, displacement: u16, bits: u32) -> usize {
    let stride = (hash >> 40) as u32 | 1;
    ((hash as u32).wrapping_add(stride.wrapping_mul(displacement as u32)) & ((1 << bits) - 1)) as usize
}

/// What must agree for a slot to be a hit. With 32 bits, a stranger's word is taken for a catalogued one once in
/// four billion look-ups.
#[inline]
pub const fn fingerprint(hash: u64) -> u32 {
    (hash >> 32) as u32
}

/// Bits of the filter of beginnings, as a power of two.
pub const FILTER_BITS: u32 = 14;

/// Place of an unfinished hash in the filter that tells whether longer names begin so.
#[inline]
pub const fn place(hash: u64) -> usize {
    (hash >> (64 - FILTER_BITS)) as usize
}
