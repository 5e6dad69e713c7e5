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

/// What a separator is; letters and digits have their own, lower-case, value in the same table, all of them above.
const JOINER: u8 = 1;
const ODD: u8 = 2;
const OPEN: u8 = 4;
const CLOSE: u8 = 8;
const PERCENT: u8 = 16;

/// One look-up per byte.
static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let value = byte as u8;
        #[expect(clippy::indexing_slicing, reason = "evaluated at build time")]
        {
            table[byte] = match value {
                b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | 0x80.. => value.to_ascii_lowercase(),
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

/// What the pass saw besides segments.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shape {
    /// A byte that no genuine user agent has.
    pub odd: bool,
}

/// Calls `visit` with each segment, in order. Linear: each byte is read once.
#[inline]
pub fn segments(text: &[u8], mut visit: impl FnMut(&Segment)) -> Shape {
    let class = |at: usize| match text.get(at) {
        Some(&byte) => CLASS.get(usize::from(byte)).copied().unwrap_or_default(),
        None => 0,
    };
    let mut odd = 0;
    let mut depth = 0_u32;
    let mut at = 0;
    let mut before = 0_u8;
    let mut joiner = 0_u8;
    // Separators since the last segment; many at the start, where nothing is joined.
    let mut gap = usize::MAX / 2;
    loop {
        let mut lower = class(at);
        if lower < b'0' {
            let Some(&byte) = text.get(at) else { return Shape { odd: odd & ODD != 0 } };
            at += 1;
            gap += 1;
            before = byte;
            joiner = lower;
            if lower >= OPEN {
                if lower & OPEN != 0 {
                    depth += 1;
                } else if lower & CLOSE != 0 {
                    depth = depth.saturating_sub(1);
                } else if text.get(at..at + 2).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit)) {
                    // `%20` is one separator: applications put their percent-encoded names first.
                    at += 2;
                    before = b' ';
                    joiner = JOINER;
                    continue;
                }
            }
            odd |= lower;
            continue;
        }
        let start = at;
        let mut hash = hash::SEED;
        while lower > b'9' {
            hash = hash::push(hash, lower);
            at += 1;
            lower = class(at);
        }
        let stem = (at, hash);
        let mut letters = at > start;
        let mixed = letters && lower >= b'0';
        while lower >= b'0' {
            letters |= lower > b'9';
            hash = hash::push(hash, lower);
            at += 1;
            lower = class(at);
        }
        visit(&Segment {
            start,
            end: at,
            hash,
            stem: if mixed { Some(stem) } else { None },
            letters,
            before,
            joined: gap == 1 && joiner & JOINER != 0 || gap == 3 && before == b'/',
            comment: depth > 0,
            after: text.get(at).copied().unwrap_or_default(),
        });
        gap = 0;
    }
}
