//! A text of which words are read eight bytes at a time: to hash them, to count them, to tell letters from digits.

use super::hash;

/// Bytes read of one header; what follows is ignored. Real user agents are shorter (the longest common ones carry
/// 300 bytes of application data), and the cap bounds the cost of hostile ones.
pub const MAX_BYTES: usize = 512;

/// What is read of a text. What is behind counts nowhere, so that a host need not hand it on.
#[inline]
pub fn capped(text: &str) -> &str {
    text.split_at(text.floor_char_boundary(MAX_BYTES)).0
}

/// Bytes that are mapped at once.
pub const WINDOW: usize = 64;

/// Windows, and one behind them for what ends with the last.
pub const WINDOWS: usize = MAX_BYTES / WINDOW + 1;

/// A byte in each of eight.
#[inline]
pub const fn each(byte: u8) -> u64 {
    byte as u64 * 0x0101_0101_0101_0101
}

/// What makes ASCII letters lower case and leaves digits alone.
const LOWER: u64 = each(0x20);

/// By a number of bytes, those of two blocks; the first are the lowest of the first.
static LANES: [[u64; 2]; 17] = {
    let mut lanes = [[0; 2]; 17];
    let mut count = 1;
    while count <= 16 {
        let all = u128::MAX >> (128 - 8 * count);
        #[expect(clippy::indexing_slicing, reason = "evaluated at build time")]
        {
            lanes[count] = [all as u64, (all >> 64) as u64];
        }
        count += 1;
    }
    lanes
};

/// The first bytes of a block.
#[inline]
pub fn lanes(count: usize) -> u64 {
    let [first, _] = LANES.get(count.min(8)).copied().unwrap_or_default();
    first
}

/// Eight bytes from a place on, the first the lowest; 0 where there are not as many.
#[inline]
pub fn block(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |eight| u64::from_le_bytes(*eight))
}

/// The hash of a run of at most sixteen bytes, which begins sixteen.
#[inline]
pub fn hash(sixteen: &[u8; 16], length: usize) -> Option<u64> {
    let [first, second] = LANES.get(length)?;
    let all = u128::from_le_bytes(*sixteen);
    Some(hash::short((all as u64 | LOWER) & first, ((all >> 64) as u64 | LOWER) & second))
}

/// The decimal number that begins eight bytes, and how many digits it has; 0 and 0 for none.
#[inline]
pub fn number(eight: u64) -> (u32, usize) {
    // Digits are the bytes whose upper half is 3, and stays 3 with 6 added.
    let others = ((eight & each(0xf0)) | (eight.wrapping_add(each(6)) & each(0xf0)) >> 4) ^ each(0x33);
    let count = others.trailing_zeros() as usize / 8;
    // The digits go to the end, with zeros in front; then neighbours are added up, twice as many at a time.
    let padded = if count == 0 { 0 } else { eight << (64 - 8 * count) } & (each(0x0f));
    let pairs = (padded * 10 + (padded >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    let all = fours.wrapping_mul(10_000).wrapping_add(fours >> 32);
    (all as u32, count)
}

/// How many of eight bytes, from the first on, are digits, points and underscores.
#[inline]
pub const fn version_length(eight: u64) -> usize {
    let digits = (eight & each(0xf0)) | (eight.wrapping_add(each(6)) & each(0xf0)) >> 4;
    let others = has_bits(digits ^ each(0x33)) & has_bits(eight ^ each(b'.')) & has_bits(eight ^ each(b'_'));
    others.trailing_zeros() as usize / 8
}

/// The upper bits of those bytes that are not 0.
#[inline]
const fn has_bits(bytes: u64) -> u64 {
    (((bytes & each(0x7f)) + each(0x7f)) | bytes) & each(0x80)
}

/// A run of letters and digits. Bytes from 0x80 on count as letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    pub start: usize,
    pub end: usize,
}

impl Run {
    pub const fn length(self) -> usize {
        self.end.saturating_sub(self.start)
    }
}

/// A text with zeros behind it, so that nothing that reads eight bytes at a time needs to know where it ends. To copy it
/// costs a tenth of what each word cost that asked.
#[derive(Debug)]
pub struct Input {
    bytes: [u8; WINDOW * WINDOWS],
    length: usize,
}

impl Input {
    /// Nothing.
    pub const EMPTY: Self = Self { bytes: [0; WINDOW * WINDOWS], length: 0 };

    /// Takes the first [`MAX_BYTES`] of a text, where it was empty before. Made with its text at once, it would be moved,
    /// all of it.
    #[inline]
    pub fn take(&mut self, text: &[u8]) {
        let text = text.get(..MAX_BYTES).unwrap_or(text);
        if let Some(place) = self.bytes.get_mut(..text.len()) {
            place.copy_from_slice(text);
        }
        self.length = text.len();
    }

    #[inline]
    pub const fn length(&self) -> usize {
        self.length
    }

    /// The text in windows, with zeros behind it; at least one byte of them is behind it.
    #[inline]
    pub fn windows(&self) -> impl Iterator<Item = &[u8; WINDOW]> {
        let (windows, _) = self.bytes.as_chunks();
        windows.iter().take(self.length / WINDOW + 1)
    }

    /// What stands from a place on.
    #[inline]
    pub fn from(&self, at: usize) -> &[u8] {
        self.bytes.get(at..self.length).unwrap_or_default()
    }

    /// What stands before a place.
    #[inline]
    pub fn upto(&self, at: usize) -> &[u8] {
        self.bytes.get(..at).unwrap_or_default()
    }

    /// A byte; 0 before the start and behind the end.
    #[inline]
    pub fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or_default()
    }

    #[inline]
    pub fn run(&self, run: Run) -> &[u8] {
        self.bytes.get(run.start..run.end).unwrap_or_default()
    }

    /// The hash of a run.
    #[inline]
    pub fn hash(&self, run: Run) -> u64 {
        let sixteen = self.bytes.get(run.start..).and_then(<[u8]>::first_chunk);
        sixteen.and_then(|sixteen| hash(sixteen, run.length())).unwrap_or_else(|| self.hash_long(run))
    }

    /// The same, for one that is long.
    #[inline(never)]
    fn hash_long(&self, run: Run) -> u64 {
        hash::long(run.length(), |at, length| self.lower(run.start + at, length))
    }

    /// Eight bytes from `at` on, the first the lowest.
    #[inline]
    pub fn block(&self, at: usize) -> u64 {
        block(&self.bytes, at)
    }

    /// At most eight bytes from `at` on in lower case, zeros behind them.
    #[inline]
    pub fn lower(&self, at: usize, length: usize) -> u64 {
        (self.block(at) | LOWER) & lanes(length)
    }

    /// The letters of a run before its first digit, if it has both.
    #[inline]
    pub fn stem(&self, run: Run) -> Run {
        let mut at = run.start;
        while at < run.end {
            // Of what runs are made of, digits alone have 3 for their upper half.
            let halves = ((self.block(at) & lanes(run.end - at)) ^ each(0x30)) & each(0xf0);
            let digits = halves.wrapping_sub(each(1)) & !halves & each(0x80);
            if digits != 0 {
                let end = at + digits.trailing_zeros() as usize / 8;
                return if end > run.start { Run { end, ..run } } else { run };
            }
            at += 8;
        }
        run
    }

    /// The decimal number that begins at a place, of at most eight digits, and how many it has; 0 and 0 for none.
    #[inline]
    pub fn number(&self, at: usize) -> (u32, usize) {
        number(self.block(at))
    }
}
