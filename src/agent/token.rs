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

/// Bytes that no genuine user agent has: control bytes and the quotes, brackets and braces of injected payloads.
const fn is_odd(byte: u8) -> bool {
    matches!(
        byte,
        0..0x20 | 0x7f | b'<' | b'>' | b'{' | b'}' | b'$' | b'\'' | b'"' | b'`' | b'\\' | b'|' | b'%'
    )
}

/// Lower-case byte of a segment, or 0 for a separator.
static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let value = byte as u8;
        if value.is_ascii_alphanumeric() || value >= 0x80 {
            #[expect(clippy::indexing_slicing, reason = "evaluated at build time")]
            {
                table[byte] = value.to_ascii_lowercase();
            }
        }
        byte += 1;
    }
    table
};

/// What the pass saw besides segments.
#[derive(Debug, Clone, Copy, Default)]
pub struct Shape {
    /// Bytes of [`is_odd`].
    pub odd: bool,
    /// A parenthesis is left open.
    pub open: bool,
    /// A parenthesis closed that none opened.
    pub unopened: bool,
    /// Segments seen.
    pub segments: u16,
}

/// Calls `visit` with each segment, in order. Linear: each byte is read once.
#[inline]
pub fn segments(text: &[u8], mut visit: impl FnMut(&Segment)) -> Shape {
    let mut shape = Shape::default();
    let mut depth = 0_u16;
    let mut segment = Segment::default();
    let mut hash = hash::SEED;
    let mut inside = false;
    let mut gap = 0_usize;
    let mut before = 0_u8;
    let mut skip = 0_u8;
    let mut finish = |segment: &mut Segment, shape: &mut Shape, end: usize, hash: u64, after: u8| {
        segment.end = end;
        segment.hash = hash;
        segment.after = after;
        shape.segments += 1;
        visit(segment);
    };
    for (at, &byte) in text.iter().enumerate() {
        let lower = CLASS.get(usize::from(byte)).copied().unwrap_or_default();
        if lower != 0 && skip == 0 {
            if !inside {
                inside = true;
                hash = hash::SEED;
                segment = Segment {
                    start: at,
                    before,
                    joined: gap == 1 && is_joiner(before) || gap == 3 && before == b'/',
                    comment: depth > 0,
                    ..Segment::default()
                };
            }
            if lower.is_ascii_digit() {
                if segment.letters && segment.stem.is_none() {
                    segment.stem = Some((at, hash));
                }
            } else {
                segment.letters = true;
            }
            hash = hash::push(hash, lower);
        } else {
            if inside {
                finish(&mut segment, &mut shape, at, hash, byte);
                inside = false;
                gap = 0;
            }
            gap += usize::from(skip == 0);
            skip = skip.saturating_sub(1);
            before = byte;
            match byte {
                b'(' => depth = depth.saturating_add(1),
                b')' if depth == 0 => shape.unopened = true,
                b')' => depth -= 1,
                // `%20` is one separator: applications put their percent-encoded names first.
                b'%' if text
                    .get(at + 1..at + 3)
                    .is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit)) =>
                {
                    skip = 2;
                    before = b' ';
                }
                _ => shape.odd |= is_odd(byte),
            }
            if skip > 0 && byte != b'%' {
                before = b' ';
            }
        }
    }
    if inside {
        finish(&mut segment, &mut shape, text.len(), hash, 0);
    }
    shape.open = depth > 0;
    shape
}

const fn is_joiner(byte: u8) -> bool {
    matches!(byte, b'-' | b'_' | b'.' | b' ' | b'/' | b':' | b'+' | b'@' | b'!' | b'&' | b'~' | b'\'' | b'\\')
}
