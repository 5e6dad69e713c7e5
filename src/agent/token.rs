//! Where the words of a user agent begin and end, found for all bytes at once.
//!
//! What each byte is (`kinds.rs`) is kept as one bit a byte; the ends of words are then counted off those bits. Read byte by byte, half of the time went
//! into branches that nobody can predict: user agents differ in nothing as much as in the lengths of their words.

use super::input::{Input, Run, WINDOW, WINDOWS};
use super::kinds::Kinds;
use super::payload;

/// It may stand between words of a name.
const JOINER: u8 = 1;
/// It ends an address.
pub const BREAK: u8 = 2;
/// It may begin an address or end its user: `@`, `+`.
pub const CONTACT: u8 = 4;
/// It is behind an address. The digits of an escape, which stand between words, are inside.
const BEHIND: u8 = 8;
/// It is a digit of an escape.
const HEX: u8 = 16;

/// What a byte between words does.
static BETWEEN: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::indexing_slicing, reason = "evaluated at build time")]
        {
            table[byte] = match byte as u8 {
                // A letter or a digit stands between words only behind `%20`, which is a blank.
                b'0'..=b'9' | b'A'..=b'F' | b'a'..=b'f' => JOINER | BREAK | HEX,
                b'G'..=b'Z' | b'g'..=b'z' => JOINER | BREAK,
                b' ' => JOINER | BREAK | BEHIND,
                b'@' | b'+' => JOINER | CONTACT,
                b'\'' | b'\\' | b'-' | b'_' | b'.' | b'/' | b':' | b'!' | b'&' | b'~' => JOINER,
                // `Amazon;Echo`; a blank behind it makes it two.
                b';' => JOINER | BREAK | BEHIND,
                b'(' | b')' | b',' => BREAK | BEHIND,
                _ => 0,
            };
        }
        byte += 1;
    }
    table
};

/// Runs that are looked at; numbers are not counted, nor what phrases hold. Browsers have 10, not one in a thousand has so many,
/// nor one in a hundred of bots; what comes behind is prose, or there to cost time.
const RUNS: usize = 40;

/// What is known of a window, a bit for each byte.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    /// It is part of a run.
    words: u64,
    /// It stands right behind a run that is no number.
    ends: u64,
    /// It is inside parentheses, or closes them.
    comments: u64,
}

/// Where the words of a text are.
#[derive(Debug)]
pub struct Map {
    pub input: Input,
    windows: [Window; WINDOWS],
    /// There is a byte that payloads have.
    pub odd: bool,
    /// Where the first comment opens.
    pub opens: Option<usize>,
}

impl Map {
    /// One of nothing. It is large, and drawn where it lies; beside the text, it is cleared with it at once.
    pub const EMPTY: Self = Self {
        input: Input::EMPTY,
        windows: [Window { words: 0, ends: 0, comments: 0 }; WINDOWS],
        odd: false,
        opens: None,
    };

    /// Takes a text, as [`Input::take`] does, and draws it.
    #[inline]
    pub fn take(&mut self, text: &[u8]) {
        self.input.take(text);
        let mut depth = 0_u32;
        let mut edge = Edge::default();
        let input = &self.input;
        for ((index, window), bytes) in self.windows.iter_mut().enumerate().zip(input.windows()) {
            let base = WINDOW * index;
            let Kinds { letters, mut words, brackets, rare } = Kinds::of(bytes);
            let escaped = std::mem::take(&mut edge.escaped);
            if rare | escaped != 0 {
                let escapes;
                (escapes, edge.escaped) = marks(rare, input, base, &mut self.odd);
                words &= !(escaped | escapes);
            }
            // A comment is from behind its first bracket to its last.
            let mut comments = if depth > 0 { u64::MAX } else { 0 };
            for at in ones(brackets) {
                let behind = u64::MAX << at << 1;
                if bytes.get(at) == Some(&b'(') {
                    self.opens.get_or_insert(base + at);
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
    }

    #[inline]
    fn window(&self, index: usize) -> Window {
        self.windows.get(index).copied().unwrap_or_default()
    }

    /// The first byte from `at` on that is, or is not, part of a run; the length of the text if there is none.
    #[inline]
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
    #[inline]
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

    /// Calls `visit` with each run that is no number, in order, and whether it is inside parentheses. It tells up to where
    /// it has read already.
    #[inline]
    pub fn each(&self, mut visit: impl FnMut(Run, bool) -> usize) {
        let mut read = 0_usize;
        let mut runs = 0;
        for (index, window) in self.windows.iter().enumerate().take(self.input.length() / WINDOW + 1) {
            let base = WINDOW * index;
            // Without a branch: where phrases are, nobody can predict.
            let unread = |read: usize| u64::MAX.checked_shl(read.saturating_sub(base) as u32).unwrap_or(0);
            let mut left = window.ends & unread(read);
            while left != 0 {
                if runs == RUNS {
                    return;
                }
                runs += 1;
                let at = left.trailing_zeros() as usize;
                let before = !window.words & !(u64::MAX << at);
                let start = if before == 0 {
                    self.start(index)
                } else {
                    base + WINDOW - before.leading_zeros() as usize
                };
                read = visit(Run { start, end: base + at }, window.comments >> at & 1 != 0);
                left &= left.wrapping_sub(1) & unread(read);
            }
        }
    }

    /// Whether a byte of a run is inside parentheses.
    #[inline]
    pub fn in_comment(&self, at: usize) -> bool {
        self.window(at / 64).comments >> (at % 64) & 1 != 0
    }

    /// What the byte right before a run does: [`BREAK`], [`CONTACT`].
    #[inline]
    pub fn before(&self, start: usize) -> u8 {
        between(self.input.byte(start.wrapping_sub(1)))
    }

    /// Where an address ends that goes on at `at`: before the first byte that ends one, or that is not ASCII.
    pub fn address_end(&self, at: usize) -> usize {
        let first = at / WINDOW;
        let mut ends = self.windows.iter().enumerate().skip(first).flat_map(|(index, window)| {
            let unread = if index == first { u64::MAX << (at % WINDOW) } else { u64::MAX };
            ones(!window.words & unread).map(move |place| WINDOW * index + place)
        });
        let length = self.input.length();
        let end = ends.find(|end| *end >= length || between(self.input.byte(*end)) & BEHIND != 0);
        let end = end.unwrap_or(length).min(length);
        let address = self.input.run(Run { start: at, end });
        if address.is_ascii() { end } else { at + address.iter().take_while(|byte| byte.is_ascii()).count() }
    }

    /// Whether one joining separator (`-`, `_`, `.`, a blank, …), or `://`, ` (` or ` - `, stands between two runs.
    #[inline]
    pub fn joins(&self, end: usize, start: usize) -> bool {
        match start - end {
            1 => self.before(start) & JOINER != 0,
            2 => self.input.from(end).starts_with(b" ("),
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
            && match gap.iter().filter(|byte| !is_word(**byte)).count() {
                1 => self.before(start) & JOINER != 0,
                3 => gap.last() == Some(&b'/') || gap == b" - ",
                _ => false,
            }
    }
}

#[inline]
fn between(byte: u8) -> u8 {
    BETWEEN.get(usize::from(byte)).copied().unwrap_or_default()
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// Looks at some bytes of a window for the marks of payloads, and tells with a bit for each byte, of the window and behind it,
/// which belongs to an escape and is not its first. `%20` is one separator: applications put their percent-encoded names first.
#[cold]
fn marks(rare: u64, input: &Input, base: usize, odd: &mut bool) -> (u64, u64) {
    let (mut inside, mut behind) = (0, 0);
    for at in ones(rare) {
        let [byte, first, second, ..] = input.block(base + at).to_le_bytes();
        if byte == b'%' && between(first) & between(second) & HEX != 0 {
            let digits = 6_u128 << at;
            inside |= digits as u64;
            behind |= (digits >> 64) as u64;
        }
        *odd = *odd || payload::may_begin(byte, first);
    }
    (inside, behind)
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
