//! The hash that the catalogue is looked up by; shared by the build script, which lays the table out with it.
//!
//! A *segment* is a run of letters and digits. It is hashed eight bytes at a time in lower case. Names of several segments
//! (`Screaming Frog`, `Googlebot-Image`) chain the hashes of up to three neighbours.

const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;

/// Hash of the empty segment.
const SEED: u64 = 0x51_7c_c1_b7_27_22_0a_95;

/// Adds a block of at most eight lower-case bytes, padded with zeros.
#[inline]
const fn push(hash: u64, block: u64) -> u64 {
    let mixed = (hash ^ block).wrapping_mul(PRIME);
    mixed ^ (mixed >> 32)
}

/// A text of at most sixteen bytes, in two blocks: one would do for most, but which is what a processor cannot guess, and
/// the second mixes the first.
#[inline]
pub const fn short(first: u64, second: u64) -> u64 {
    push(push(SEED, first), second)
}

/// A text, of which `block` gives at most eight bytes from a place on, in lower case.
pub fn long(length: usize, block: impl Fn(usize, usize) -> u64) -> u64 {
    let hash = short(block(0, length), block(8, length.saturating_sub(8)));
    (16..length).step_by(8).fold(hash, |hash, at| push(hash, block(at, length - at)))
}

/// Chains a segment to those before it.
#[inline]
pub const fn chain(before: u64, segment: u64) -> u64 {
    push(before.rotate_left(25), segment)
}

/// Bucket of a hash among `1 << bits`.
#[inline]
pub const fn bucket(hash: u64, bits: u32) -> usize {
    (hash as u32 >> (32 - bits)) as usize
}

/// Slot of a hash among `slots`, displaced by what the build found for its bucket. The stride depends on
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

/// Places of the filter over the parts of names, as a power of two.
pub const FILTER_BITS: u32 = 13;

/// What a part of a name is there: the beginning of longer names, of names that go on with a number, not the first part.
pub const BEGINS: u8 = 1;
pub const NUMBERED: u8 = 2;
pub const CONTINUES: u8 = 4;

/// Place of a hash in the filter.
#[inline]
pub const fn place(hash: u64) -> usize {
    (hash >> (64 - FILTER_BITS)) as usize
}

/// Letters in a gram.
pub const GRAM: usize = 3;

/// Five bits of a letter, zero for other bytes.
static LETTERS: [u8; 256] = {
    let mut letters = [0; 256];
    let mut letter = b'a';
    while letter <= b'z' {
        #[expect(clippy::indexing_slicing, reason = "evaluated at build time")]
        {
            letters[letter as usize] = letter & 0x1f;
            letters[letter.to_ascii_uppercase() as usize] = letter & 0x1f;
        }
        letter += 1;
    }
    letters
};

/// Adds a byte to the letters of a gram. All keywords are three letters or longer, so that a word's own three letters
/// tell in one look-up whether a keyword begins there.
#[inline]
pub fn gram(before: u16, byte: u8) -> u16 {
    let letter = LETTERS.get(usize::from(byte)).copied().unwrap_or_default();
    (before << 5 | u16::from(letter)) & 0x7fff
}
