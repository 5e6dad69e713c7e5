//! Splits a user agent into segments in one pass, hashing them as it goes.

use super::hash;

/// Bytes read of one header; what follows is ignored. Real user agents are shorter (the longest common ones carry
/// 300 bytes of application data), and the cap bounds the cost of hostile ones.
pub const MAX_BYTES: usize = 512;

/// A run of letters and digits. Bytes from 0x80 count as letters.
#[derive(Debug, Clone, Copy, Default)]
pub struct Segment {
    pub start: usize,
    pub end: usize,
    /// Hash of the whole run.
    pub hash: u64,
    /// End and hash of the letters before the first digit, if digits follow letters: `UCBrowser` of `UCBrowser8`.
    pub stem: Option<(usize, u64)>,
    pub letters: bool,
    /// The byte right before, 0 at the start.
    pub before: u8,
    /// One joining byte (`-`, `_`, `.`, a blank, …) stands between this and the segment before.
    pub joined: bool,
    /// Inside parentheses.
    pub comment: bool,
    /// The byte right after, 0 at the end.
    pub after: u8,
}

/// What a separator is.
const JOINER: u8 = 1;
const ODD: u8 = 2;
const OPEN: u8 = 4;
const CLOSE: u8 = 8;
const PERCENT: u8 = 16;

/// One look-up per separator; letters and digits are found eight at a time.
static CLASS: [u8; 128] = {
    let mut table = [0; 128];
    let mut byte = 0;
    while byte < 128 {
        #[expect(clippy::indexing_slicing, reason = "evaluated at build time")]
        {
            table[byte] = match byte as u8 {
                b'(' => OPEN,
                b')' => CLOSE,
                b'%' => PERCENT | ODD,
                b'\'' | b'\\' => JOINER | ODD,
                b'-' | b'_' | b'.' | b' ' | b'/' | b':' | b'+' | b'@' | b'!' | b'&' | b'~' => JOINER,
                // Control bytes, and the quotes, brackets and braces of payloads: no genuine user agent has them.
                0..0x20 | 0x7f | b'<' | b'>' | b'{' | b'}' | b'$' | b'"' | b'`' | b'|' => ODD,
                _ => 0,
            };
        }
        byte += 1;
    }
    table
};

/// One in each byte.
const ONES: u64 = 0x0101_0101_0101_0101;

/// The top bit of each byte.
const TOPS: u64 = 0x80 * ONES;

/// What makes ASCII letters lower case and leaves digits alone, in each byte.
const LOWER: u64 = 0x20 * ONES;

/// The first `count` bytes of a block, which are its lowest.
#[inline]
const fn lanes(count: u32) -> u64 {
    if count >= 8 { u64::MAX } else { !(u64::MAX << (8 * count)) }
}

/// Eight bytes from `at` on, the first the lowest, zeros behind the end.
#[inline]
fn block(text: &[u8], at: usize) -> u64 {
    if let Some(Ok(bytes)) = text.get(at..at + 8).map(<[u8; 8]>::try_from) {
        return u64::from_le_bytes(bytes);
    }
    let rest = text.get(at..).unwrap_or_default();
    rest.iter().rev().fold(0, |block, byte| block << 8 | u64::from(*byte))
}

/// The top bit of each byte that is a letter, a digit or from 0x80 on, and of each that is a digit. Seven bits of each
/// byte are compared with the bounds of a range by addition, which sets the top bit and carries into no other byte.
#[inline]
const fn kinds(block: u64) -> (u64, u64) {
    let low = block & !TOPS;
    let lower = low | LOWER;
    let letters = (lower + (0x80 - b'a' as u64) * ONES) & !(lower + (0x80 - b'z' as u64 - 1) * ONES);
    let digits =
        (low + (0x80 - b'0' as u64) * ONES) & !(low + (0x80 - b'9' as u64 - 1) * ONES) & !block & TOPS;
    ((letters | block) & TOPS | digits, digits)
}

/// Bytes before the first whose top bit is set.
#[inline]
const fn ahead(tops: u64) -> u32 {
    tops.trailing_zeros() / 8
}

/// What the pass saw besides segments.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shape {
    /// A byte that no genuine user agent has.
    pub odd: bool,
}

/// Calls `visit` with each segment, in order, but for numbers that it said it has no use for: it answers whether a
/// number right behind would matter. Linear: each byte is read once, or once more at the end of a block.
#[inline]
pub fn segments(text: &[u8], mut visit: impl FnMut(&Segment) -> bool) -> Shape {
    let mut odd = 0;
    let mut depth = 0_u32;
    let mut at = 0;
    let mut before = 0_u8;
    let mut joiner = 0_u8;
    let mut numbers = true;
    // Separators since the last segment; many at the start, where nothing is joined.
    let mut gap = usize::MAX / 2;
    while let Some(&byte) = text.get(at) {
        if byte.is_ascii_digit() && !numbers {
            // Half of all segments are parts of versions.
            let digits = text.get(at..).unwrap_or_default();
            let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if digits.get(count).is_none_or(|byte| !is_word(*byte)) {
                at += count;
                gap = 0;
                continue;
            }
        }
        if !is_word(byte) {
            let class = CLASS.get(usize::from(byte)).copied().unwrap_or_default();
            at += 1;
            gap += 1;
            before = byte;
            joiner = class;
            if class >= OPEN {
                if class & OPEN != 0 {
                    depth += 1;
                } else if class & CLOSE != 0 {
                    depth = depth.saturating_sub(1);
                } else if text.get(at..at + 2).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit)) {
                    // `%20` is one separator: applications put their percent-encoded names first.
                    at += 2;
                    before = b' ';
                    joiner = JOINER;
                    continue;
                }
            }
            odd |= class;
            continue;
        }
        let start = at;
        let mut hash = hash::SEED;
        let mut stem = None;
        let mut letters = false;
        loop {
            let eight = block(text, at);
            let (words, digits) = kinds(eight);
            let count = ahead(!words & TOPS);
            if count == 0 {
                break;
            }
            let lower = (eight | LOWER) & lanes(count);
            let digits = digits & lanes(count);
            if digits != 0 && stem.is_none() {
                let head = ahead(digits);
                let upto = if head == 0 { hash } else { hash::push(hash, lower & lanes(head)) };
                stem = Some((at + head as usize, upto));
            }
            letters |= digits != TOPS & lanes(count);
            hash = hash::push(hash, lower);
            at += count as usize;
            if count < 8 {
                break;
            }
        }
        numbers = visit(&Segment {
            start,
            end: at,
            hash,
            stem: stem.filter(|(end, _)| *end > start),
            letters,
            before,
            joined: gap == 1 && joiner & JOINER != 0 || gap == 3 && before == b'/',
            comment: depth > 0,
            after: text.get(at).copied().unwrap_or_default(),
        });
        gap = 0;
    }
    Shape { odd: odd & ODD != 0 }
}

/// Letters, digits and bytes from 0x80 on.
#[inline]
const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}
