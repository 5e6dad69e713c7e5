//! The hash that the catalogue is looked up by; shared by the build script, which lays the table out with it.
//!
//! A *segment* is a run of letters and digits. It is hashed eight bytes at a time in lower case, from the blocks in
//! which the tokeniser found its end. Names of several segments (`Screaming Frog`, `Googlebot-Image`) chain the hashes
//! of up to three neighbours.

const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;

/// Hash of the empty segment.
pub const SEED: u64 = 0x51_7c_c1_b7_27_22_0a_95;

/// Adds a block of at most eight lower-case bytes, padded with zeros.
#[inline]
pub const fn push(hash: u64, block: u64) -> u64 {
    let mixed = (hash ^ block).wrapping_mul(PRIME);
    mixed ^ (mixed >> 32)
}

/// A whole text, of any bytes.
#[inline]
pub fn text(bytes: &[u8]) -> u64 {
    let block = |block: &[u8]| block.iter().rev().fold(0, |block, byte| block << 8 | u64::from(byte | 0x20));
    bytes.chunks(8).fold(SEED, |hash, eight| push(hash, block(eight)))
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

/// Slot of a finished hash among `slots`, displaced by what the build found for its bucket. The stride depends on
/// the hash too, so that two keys of a bucket part sooner or later.
#[inline]
pub const fn slot(hash: u64, displacement: u16, slots: u32) -> usize {
    let stride = (hash >> 8) as u32 | 1;
    let place = (hash as u32).rotate_left(16).wrapping_add(stride.wrapping_mul(displacement as u32));
    ((place as u64 * slots as u64) >> 32) as usize
}

/// What must agree for a slot to be a hit: sixteen bits, then eight. A stranger's word is taken for a catalogued one
/// once in sixteen million look-ups, which costs a quarter less than once in four billion.
#[inline]
pub const fn fingerprint(hash: u64) -> (u16, u8) {
    ((hash >> 48) as u16, (hash >> 40) as u8)
}

/// Bits of the filter of beginnings, as a power of two.
pub const FILTER_BITS: u32 = 14;

/// Place of an unfinished hash in the filter that tells whether longer names begin so.
#[inline]
pub const fn place(hash: u64) -> usize {
    (hash >> (64 - FILTER_BITS)) as usize
}

/// Letters in a gram.
pub const GRAM: usize = 3;

/// Adds a byte to the letters of a gram, five bits each, other bytes than letters being zero. All keywords are three
/// letters or longer, so that a word's own three letters tell in one look-up whether a keyword begins there.
#[inline]
pub const fn gram(before: u16, byte: u8) -> u16 {
    let lower = byte | 0x20;
    let letter = if lower.is_ascii_lowercase() { (lower & 0x1f) as u16 } else { 0 };
    (before << 5 | letter) & 0x7fff
}
