//! Where the words of a user agent begin and end, found for all bytes at once.
//!
//! Eight bytes at a time are compared with the bounds of what words are made of, without a branch, and what comes out is
//! kept as one bit a byte; the ends of words are then counted off those bits. Read byte by byte, half of the time went
//! into branches that nobody can predict: user agents differ in nothing as much as in the lengths of their words.

use super::input::{Input, MAX_BYTES, Run, each, lanes};

/// What a byte is, a bit for each.
const WORD: u8 = 1;
const LETTER: u8 = 2;
const BRACKET: u8 = 4;
const PERCENT: u8 = 8;
/// No genuine user agent has it.
const ODD: u8 = 16;
/// It may stand between words of a name.
const JOINER: u8 = 32;
/// It ends an address.
pub const BREAK: u8 = 64;
/// It may begin an address or end its user: `@`, `+`.
pub const CONTACT: u8 = 128;

static CLASS: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, reason = "evaluated at build time")]
        {
            // What is looked up of the byte before a word is a letter or a digit only behind `%20`, which is a blank.
            table[byte] = match byte as u8 {
                b'0'..=b'9' => WORD | JOINER | BREAK,
                b'A'..=b'Z' | b'a'..=b'z' | 0x80.. => WORD | LETTER | JOINER | BREAK,
                b'@' | b'+' => JOINER | CONTACT,
                b'\'' | b'\\' => JOINER | ODD,
                b'-' | b'_' | b'.' | b'/' | b':' | b'!' | b'&' | b'~' => JOINER,
                b' ' => JOINER | BREAK,
                b'(' | b')' => BRACKET | BREAK,
                b';' | b',' => BREAK,
                b'%' => PERCENT,
                // Control bytes, and the quotes, brackets and braces of payloads.
                0..0x20 | 0x7f | b'<' | b'>' | b'{' | b'}' | b'$' | b'"' | b'`' | b'|' => ODD,
                _ => 0,
            };
        }
        byte += 1;
    }
    table
};

#[inline]
fn class(byte: u8) -> u8 {
    CLASS.get(usize::from(byte)).copied().unwrap_or_default()
}

/// The classes of eight bytes.
#[inline]
fn classes(bytes: [u8; 8]) -> u64 {
    let [a, b, c, d, e, f, g, h] = bytes.map(|byte| u64::from(class(byte)));
    (a | b << 8 | (c | d << 8) << 16) | (e | f << 8 | (g | h << 8) << 16) << 32
}

/// Whether eight bytes are of a class, as eight bits.
#[inline]
const fn gather(classes: u64, class: u8) -> u64 {
    (classes >> class.trailing_zeros() & each(1)).wrapping_mul(0x0102_0408_1020_4080) >> 56
}

/// What is known of 64 bytes, a bit for each.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    /// It is part of a run.
    words: u64,
    /// It stands right behind a run that is no number.
    ends: u64,
    /// It is inside parentheses, or closes them.
    comments: u64,
}

/// Windows, and one behind them for what ends with the last.
const WINDOWS: usize = MAX_BYTES / 64 + 1;

/// Where the words of a text are.
#[derive(Debug)]
pub struct Map<'t> {
    input: Input<'t>,
    windows: [Window; WINDOWS],
    /// There is a byte that no genuine user agent has.
    pub odd: bool,
    /// Where the first comment opens.
    pub opens: Option<usize>,
}

impl<'t> Map<'t> {
    #[inline]
    pub fn of(input: Input<'t>) -> Self {
        let mut map = Self { input, windows: [Window::default(); WINDOWS], odd: false, opens: None };
        let mut seen = 0;
        let mut depth = 0_u32;
        let mut edge = Edge::default();
        for ((index, window), bytes) in map.windows.iter_mut().enumerate().zip(input.from(0).chunks(64)) {
            let base = 64 * index;
            let mut kinds = Kinds::default();
            let (blocks, rest) = bytes.as_chunks();
            for (place, eight) in blocks.iter().enumerate() {
                kinds.insert(8 * place, classes(*eight));
            }
            if !rest.is_empty() {
                let eight = input.block(base + 8 * blocks.len()).to_le_bytes();
                kinds.insert(8 * blocks.len(), classes(eight) & lanes(rest.len()));
            }
            let Kinds { letters, mut words, brackets, all } = kinds;
            seen |= all;
            let escaped = std::mem::take(&mut edge.escaped);
            if all & each(PERCENT) != 0 || escaped != 0 {
                let (is_odd, escapes) = escapes(bytes, input, base);
                map.odd |= is_odd;
                words &= !(escaped | escapes as u64);
                edge.escaped = (escapes >> 64) as u64;
            }
            // A comment is from behind its first bracket to its last.
            let mut comments = if depth > 0 { u64::MAX } else { 0 };
            for at in ones(brackets) {
                let behind = u64::MAX << at << 1;
                if bytes.get(at) == Some(&b'(') {
                    map.opens.get_or_insert(base + at);
                    depth += 1;
                    comments |= behind;
                } else {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        comments &= !behind;
                    }
                }
            }
            let ends = edge.ends(words, words & !letters);
            *window = Window { words, ends, comments };
        }
        if input.length().is_multiple_of(64)
            && let Some(window) = map.windows.get_mut(input.length() / 64)
        {
            window.ends = edge.ends(0, 0);
            window.comments = if depth > 0 { u64::MAX } else { 0 };
        }
        map.odd |= seen & each(ODD) != 0;
        map
    }

    #[inline]
    fn window(&self, index: usize) -> Window {
        self.windows.get(index).copied().unwrap_or_default()
    }

    /// The first byte from `at` on that is, or is not, part of a run; the length of the text if there is none.
    fn next(&self, at: usize, in_run: bool) -> usize {
        let bits = |index: usize| self.window(index).words ^ if in_run { 0 } else { u64::MAX };
        let mut index = at / 64;
        let mut left = bits(index) & u64::MAX << (at % 64);
        while left == 0 && index + 1 < WINDOWS {
            index += 1;
            left = bits(index);
        }
        (64 * index + left.trailing_zeros() as usize).min(self.input.length())
    }

    /// The first run from `at` on.
    pub fn run(&self, at: usize) -> Option<Run> {
        let start = self.next(at, true);
        (start < self.input.length()).then(|| Run { start, end: self.next(start, false) })
    }

    /// The number that is the next run, if it is one and joined.
    pub fn number_behind(&self, end: usize) -> Option<Run> {
        self.run(end).filter(|run| self.is_number(*run) && self.joins(end, run.start))
    }

    /// Whether a run is a number.
    #[inline]
    pub fn is_number(&self, run: Run) -> bool {
        self.window(run.end / 64).ends >> (run.end % 64) & 1 == 0
    }

    /// Where the run begins that ends before a window begins.
    #[cold]
    fn start(&self, window: usize) -> usize {
        let mut index = window;
        let mut left = 0;
        while left == 0 {
            let Some(before) = index.checked_sub(1) else { return 0 };
            index = before;
            left = !self.window(index).words;
        }
        64 * (index + 1) - left.leading_zeros() as usize
    }

    /// Calls `visit` with each run that is no number, in order, and whether it is inside parentheses.
    #[inline]
    pub fn each(&self, mut visit: impl FnMut(Run, bool)) {
        for (index, window) in self.windows.iter().enumerate().take(self.input.length() / 64 + 1) {
            for at in ones(window.ends) {
                let before = !window.words & !(u64::MAX << at);
                let start = if before == 0 {
                    self.start(index)
                } else {
                    64 * (index + 1) - before.leading_zeros() as usize
                };
                visit(Run { start, end: 64 * index + at }, window.comments >> at & 1 != 0);
            }
        }
    }

    /// Whether a byte of a run is inside parentheses.
    #[inline]
    pub fn in_comment(&self, at: usize) -> bool {
        self.window(at / 64).comments >> (at % 64) & 1 != 0
    }

    /// What stands right before a run is: [`BREAK`], [`CONTACT`].
    #[inline]
    pub fn before(&self, start: usize) -> u8 {
        class(self.input.byte(start.wrapping_sub(1)))
    }

    /// Whether one joining separator (`-`, `_`, `.`, a blank, …), or `://`, stands between two runs.
    #[inline]
    pub fn joins(&self, end: usize, start: usize) -> bool {
        match start - end {
            1 => self.before(start) & JOINER != 0,
            // Each of three may be an escape.
            3..=9 => self.joins_far(end, start),
            _ => false,
        }
    }

    #[cold]
    fn joins_far(&self, end: usize, start: usize) -> bool {
        let gap = self.input.run(Run { start: end, end: start });
        // What is left of words in between are escapes, unless there is a run.
        self.next(end, true) == start
            && match gap.iter().filter(|byte| class(**byte) & WORD == 0).count() {
                1 => self.before(start) & JOINER != 0,
                3 => gap.last() == Some(&b'/'),
                _ => false,
            }
    }
}

/// What the bytes of a window are, a bit for each.
#[derive(Debug, Clone, Copy, Default)]
struct Kinds {
    letters: u64,
    words: u64,
    brackets: u64,
    /// The classes of any of them.
    all: u64,
}

impl Kinds {
    #[inline]
    fn insert(&mut self, at: usize, classes: u64) {
        self.letters |= gather(classes, LETTER) << at;
        self.words |= gather(classes, WORD) << at;
        self.brackets |= gather(classes, BRACKET) << at;
        self.all |= classes;
    }
}

/// Looks at the percent signs of a window: whether one begins no escape, and a bit for each byte of an escape but its
/// first. `%20` is one separator: applications put their percent-encoded names first.
#[cold]
fn escapes(window: &[u8], input: Input<'_>, base: usize) -> (bool, u128) {
    let mut odd = false;
    let mut escapes = 0;
    for (at, _) in window.iter().enumerate().filter(|(_, byte)| **byte == b'%') {
        if [1, 2].iter().all(|next| input.byte(base + at + next).is_ascii_hexdigit()) {
            escapes |= 6 << at;
        } else {
            odd = true;
        }
    }
    (odd, escapes)
}

/// What of one window matters in the next.
#[derive(Debug, Clone, Copy, Default)]
struct Edge {
    /// Bytes of the next window that belong to an escape of this one.
    escaped: u64,
    /// A run goes on, or ends.
    word: bool,
    /// It is a number so far.
    number: bool,
}

impl Edge {
    /// The bytes right behind runs that are no numbers. A one added to the first digit of a number is carried behind its
    /// last.
    #[inline]
    fn ends(&mut self, words: u64, digits: u64) -> u64 {
        let behind = words << 1 | u64::from(self.word);
        let (sum, over) = digits.overflowing_add(words & !behind & digits);
        let (sum, again) = sum.overflowing_add(u64::from(self.number));
        self.word = words >> 63 != 0;
        self.number = over | again;
        behind & !words & !(sum & !digits)
    }
}

/// The places of ones, in order.
#[inline]
fn ones(mut bits: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = bits.trailing_zeros();
        bits &= bits.wrapping_sub(1);
        (at < 64).then_some(at as usize)
    })
}
