//! Names and words to a perfect hash, and phrases of words to what they are read as.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

#[path = "../src/agent/hash.rs"]
pub mod hash;

/// Longest chain of segments that is looked up; must agree with the tokeniser.
const CHAIN: usize = 3;

/// Bytes read of one header; must agree with the tokeniser.
const MAX_BYTES: usize = 512;

/// Where in the user agent a token counts, stored in the four top bits of a table value: nowhere special, or any of
/// the places named. [`WHOLE`] stands alone.
const AT_START: u16 = 1 << 12;
const ITEM: u16 = 2 << 12;
const PRODUCT: u16 = 4 << 12;
const ALONE: u16 = 8 << 12;
const WHOLE: u16 = 15 << 12;

/// A text of any bytes, as the tokeniser hashes it.
pub fn hash_of(text: &[u8]) -> u64 {
    let block = |at: usize, length: usize| {
        text.iter()
            .skip(at)
            .take(length.min(8))
            .rev()
            .fold(0, |block, byte| block << 8 | u64::from(byte | 0x20))
    };
    hash::long(text.len(), block)
}

/// `Screaming Frog` to its segments, no more than are looked up, and whether there are more.
pub fn segments(token: &str) -> (Vec<String>, bool) {
    let token = token.replace("%20", " ");
    let mut segments: Vec<String> =
        token.split(is_separator).filter(|s| !s.is_empty()).map(str::to_owned).collect();
    assert!(!segments.is_empty(), "token `{token}` has no letter or digit");
    let is_cut = segments.len() > CHAIN;
    segments.truncate(CHAIN);
    (segments, is_cut)
}

pub const fn is_separator(c: char) -> bool {
    c.is_ascii() && !c.is_ascii_alphanumeric()
}

#[derive(Default)]
pub struct Tokens {
    /// Hash to (value, token, where it was written).
    values: BTreeMap<u64, (u16, String)>,
    /// Hashes of parts of longer tokens, and what they are there.
    parts: Vec<(u64, u8)>,
    /// Hashes of what stands before a number in a token, and whether that counts as an item of a comment only.
    numbered: Vec<(u64, bool)>,
    /// Lengths of user agents that are known whole.
    whole_lengths: BTreeSet<usize>,
}

impl Tokens {
    /// The first to claim a token keeps it, so hand-written files win over imported ones; the same claimant may name
    /// several places.
    pub fn insert(&mut self, token: &str, id: usize) {
        let rest = || token.get(1..).unwrap_or_default();
        let (mut anchor, text) = match token.as_bytes() {
            [b'=', b'=', text @ ..] => {
                assert!(text.len() <= MAX_BYTES, "longer than what is read of a header");
                self.whole_lengths.insert(text.len());
                (WHOLE, rest())
            }
            [b'^', ..] => (AT_START, rest()),
            [b';', ..] => (ITEM, rest()),
            [b'=', ..] => (ALONE, rest()),
            [.., b'/'] => (PRODUCT, token),
            _ => (0, token),
        };
        assert!(id < usize::from(AT_START), "too many meanings");
        let id = u16::try_from(id).expect("checked above");
        let hash = match anchor {
            WHOLE => hash_of(text.trim_start_matches('=').as_bytes()),
            _ => {
                let (segments, is_cut) = segments(text);
                // What stands behind the end of a name does not stand behind its beginning, and of an address the
                // beginning is anybody's.
                if is_cut && anchor == PRODUCT && !text.contains("://") {
                    anchor = 0;
                }
                self.chain(&segments, anchor == ITEM)
            }
        };
        let (held, _) = self.values.entry(hash).or_insert_with(|| (anchor | id, token.to_owned()));
        if *held & 0xfff == id && *held != id {
            *held = if anchor == 0 { id } else { *held | anchor };
        }
    }

    /// Whether a name is one that is known and the version that somebody met it with: `Slackbot 1.0`. Taken for a longer
    /// name, it would stand in for what is known of the name.
    pub fn is_version_of_known(&self, token: &str) -> bool {
        let (segments, _) = segments(token);
        let is_number = |segment: &String| segment.bytes().all(|byte| byte.is_ascii_digit());
        let versions = segments.iter().rev().take_while(|segment| is_number(segment)).count();
        let name = segments[..segments.len() - versions].iter().map(|segment| hash_of(segment.as_bytes()));
        versions > 0 && name.reduce(hash::chain).is_some_and(|hash| self.values.contains_key(&hash))
    }

    /// Whether segments that end a text, and a number behind them, may begin a name.
    pub fn goes_on_with_number(&self, text: &str) -> bool {
        let is_start = |at: usize| text.get(..at).is_some_and(|before| before.ends_with(is_separator));
        let ends = text.match_indices(|c| !is_separator(c)).map(|(at, _)| at);
        let starts: Vec<usize> = ends.filter(|at| *at == 0 || is_start(*at)).collect();
        starts.into_iter().rev().take(CHAIN).any(|at| {
            let (before, name) = text.split_at(at);
            let segments = name.split(is_separator).filter(|segment| !segment.is_empty());
            let hash = segments.map(|segment| hash_of(segment.as_bytes())).reduce(hash::chain);
            let begins_item = before.ends_with(['(', ';']) || before.ends_with("; ");
            self.numbered.iter().any(|(known, is_item)| Some(*known) == hash && (begins_item || !is_item))
        })
    }

    /// The hash of a name, whose beginnings are noted.
    fn chain(&mut self, segments: &[String], is_item: bool) -> u64 {
        let mut hash = segments.first().map_or(0, |first| hash_of(first.as_bytes()));
        for segment in segments.iter().skip(1) {
            let is_number = segment.bytes().all(|byte| byte.is_ascii_digit());
            self.parts.push((hash, hash::BEGINS | if is_number { hash::NUMBERED } else { 0 }));
            if is_number {
                self.numbered.push((hash, is_item));
            }
            let segment = hash_of(segment.as_bytes());
            self.parts.push((segment, hash::CONTINUES));
            hash = hash::chain(hash, segment);
        }
        hash
    }

    /// Displacement hashing: each bucket tries displacements until all its keys land on free slots.
    pub fn write(&self, out: &mut String) {
        let slots = u32::try_from(self.values.len() * 33 / 32).expect("few tokens");
        let bucket_bits = (slots / 3).next_power_of_two().trailing_zeros();
        let mut buckets = vec![Vec::new(); 1 << bucket_bits];
        for (&key, (value, _)) in &self.values {
            buckets[hash::bucket(key, bucket_bits)].push((key, *value));
        }
        let mut order: Vec<usize> = (0..buckets.len()).collect();
        order.sort_by_key(|&index| std::cmp::Reverse(buckets[index].len()));
        let mut table = vec![None; slots as usize];
        let mut displacements = vec![0_u16; buckets.len()];
        for index in order {
            let keys = &buckets[index];
            displacements[index] = (0..u16::MAX)
                .find(|&displacement| {
                    let mut taken = Vec::new();
                    keys.iter().all(|&(key, _)| {
                        let slot = hash::slot(key, displacement, slots);
                        let free = table[slot].is_none() && !taken.contains(&slot);
                        taken.push(slot);
                        free
                    })
                })
                .expect("a displacement exists at this load");
            for &(key, value) in keys {
                table[hash::slot(key, displacements[index], slots)] = Some((hash::fingerprint(key), value));
            }
        }
        let prints = || table.iter().map(|slot| slot.map_or((0, 0), |(print, _)| print));
        let values: Vec<u16> = table.iter().map(|slot| slot.map_or(0, |(_, value)| value)).collect();
        writeln!(out, "pub const SLOTS: u32 = {slots};\npub const BUCKET_BITS: u32 = {bucket_bits};")
            .unwrap();
        let mut parts = vec![0_u8; (1 << hash::FILTER_BITS) / 2];
        for (hash, part) in &self.parts {
            let place = hash::place(*hash);
            parts[place / 2] |= part << (4 * (place % 2));
        }
        let mut lengths = [0_u64; MAX_BYTES / 64 + 1];
        for length in &self.whole_lengths {
            lengths[length / 64] |= 1 << (length % 64);
        }
        array(out, "WHOLE_LENGTHS", "u64", &lengths);
        array(out, "PARTS", "u8", &parts);
        array(out, "DISPLACEMENTS", "u16", &displacements);
        array(out, "FINGERPRINTS", "u16", &prints().map(|(first, _)| first).collect::<Vec<_>>());
        array(out, "MORE_FINGERPRINTS", "u8", &prints().map(|(_, second)| second).collect::<Vec<_>>());
        array(out, "VALUES", "u16", &values);
    }
}

/// A word that the tokeniser would find in a text of ours: a number of the vocabulary, 0 for one that nothing knows.
pub struct Part {
    pub start: usize,
    pub end: usize,
    pub word: u16,
}

/// The words of a text that does not end with one: single ones and those that one byte joins. All must be of the
/// vocabulary and count everywhere, or be unknown.
pub fn parts(text: &[u8], tokens: &Tokens) -> Vec<Part> {
    let is_word = |at: usize| text[at].is_ascii_alphanumeric();
    let mut parts = Vec::new();
    // Segments that one byte joins.
    let mut chain: Vec<(usize, usize)> = Vec::new();
    for start in (0..text.len()).filter(|at| is_word(*at) && (*at == 0 || !is_word(at - 1))) {
        let end = (start..).find(|at| !is_word(*at)).expect("it ends with another byte");
        if chain.last().is_none_or(|(_, last)| start - last > 1) {
            chain.clear();
        }
        chain.push((start, end));
        let is_number = |(start, end): (usize, usize)| text[start..end].iter().all(u8::is_ascii_digit);
        let mut known = false;
        for first in (0..chain.len()).rev().take(CHAIN).filter(|first| !is_number(chain[*first])) {
            let segments = chain[first..].iter().map(|(start, end)| hash_of(&text[*start..*end]));
            let hash = segments.reduce(hash::chain).expect("one at least");
            if let Some((word, token)) = tokens.values.get(&hash) {
                let shown = String::from_utf8_lossy(text);
                assert!(*word <= 0xff, "`{token}` in `{shown}` is no word that counts everywhere");
                parts.push(Part { start: chain[first].0, end, word: *word });
                known = true;
            }
        }
        if !known && !is_number((start, end)) {
            parts.push(Part { start, end, word: 0 });
        }
    }
    parts
}

/// Eight bytes, the first the lowest, zeros behind fewer.
pub fn block(eight: &[u8]) -> u64 {
    eight.iter().rev().fold(0, |block, byte| block << 8 | u64::from(*byte))
}

/// What stands behind the first word of each phrase, and which words that is to the tokeniser.
/// `phrases_read_as_their_words` in the engine's reader holds that.
pub fn phrases(phrases: &[String], tokens: &Tokens, out: &mut String) {
    let mut rows = Vec::new();
    let mut beginnings = Vec::new();
    for phrase in phrases {
        let text = phrase.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).as_bytes();
        let last = text.last().is_some_and(u8::is_ascii_alphanumeric);
        assert!(text.len() >= 8 && !last, "`{phrase}` is short, or ends with a word");
        let parts: Vec<String> = parts(text, tokens)
            .iter()
            .map(|Part { start, end, word }| {
                format!("PhrasePart {{ start: {start}, end: {end}, word: {word} }}")
            })
            .collect();
        let blocks: Vec<u64> = text.chunks(8).map(block).collect();
        assert!(!beginnings.contains(&blocks[0]), "`{phrase}` begins like another");
        beginnings.push(blocks[0]);
        rows.push(format!(
            "Phrase {{ text: &{blocks:?}, length: {}, parts: &[{}] }}",
            u8::try_from(text.len()).expect("a short phrase"),
            parts.join(", "),
        ));
    }
    array(out, "PHRASE_BEGINNINGS", "u64", &beginnings);
    writeln!(out, "static PHRASES: [Phrase; {}] = [{}];", rows.len(), rows.join(",\n")).unwrap();
}

/// A table of numbers.
pub fn array<T: std::fmt::Debug>(out: &mut String, name: &str, of: &str, values: &[T]) {
    writeln!(out, "pub static {name}: [{of}; {}] = {values:?};", values.len()).unwrap();
}
