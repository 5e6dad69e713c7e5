//! The catalogue, the vocabulary and the keywords, as the build script laid them out.
//!
//! Measured against one dense automaton over all tokens, a sparse one, an Aho-Corasick table and a rare-4-gram
//! filter: the tokeniser must find words anyway (browser, system, version, structure), and hashes them as it goes,
//! so that a look-up per word costs two loads and no byte is read twice; the table is 6 bytes a token, where
//! automata cost 100 to 5,000. Only words that the table does not know go through an automaton, and that one
//! holds keywords only (`bot`, `crawl`, …): under two hundred states, which stay in the first-level cache.

use super::hash;
use super::{AgentClass, Purpose};
use crate::request::Platform;

include!(concat!(env!("OUT_DIR"), "/agents.rs"));

/// What a word of the vocabulary proves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mark {
    None,
    Mozilla,
    Compatible,
    Webkit,
    Khtml,
    Gecko,
    Engine,
    Trident,
    Like,
    Rv,
    Version,
    Build,
    Mobile,
    Webview,
    Url,
    Safari,
    Chrome,
    Firefox,
    Msie,
    Edge,
    Opera,
    Browser,
    Windows,
    Android,
    Ios,
    Mac,
    Linux,
    Device,
    Tv,
    Phone,
    AppleKit,
    Kit,
}

/// A set of marks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Marks(u64);

impl Marks {
    pub const fn of(marks: &[Mark]) -> Self {
        let mut set = 0;
        let mut rest = marks;
        while let [first, others @ ..] = rest {
            set |= 1 << *first as u64;
            rest = others;
        }
        Self(set)
    }

    pub const fn insert(&mut self, mark: Mark) {
        self.0 |= 1 << mark as u64;
    }

    pub const fn has(self, mark: Mark) -> bool {
        self.0 & (1 << mark as u64) != 0
    }

    pub const fn any(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A word of genuine user agents.
#[derive(Debug)]
pub struct Word {
    pub mark: Mark,
    /// Family it names; empty if none.
    pub browser: &'static str,
    /// Whether other browsers also claim to be this one.
    pub base: bool,
    pub platform: Option<Platform>,
}

/// An entry of the catalogue.
#[derive(Debug)]
pub struct Entry {
    /// Empty where the client's own words are the name.
    pub name: &'static str,
    /// Empty where nobody in particular runs it.
    pub operator: &'static str,
    pub class: AgentClass,
    pub purpose: Option<Purpose>,
    /// Whether the operator documents how to verify it.
    pub verifiable: bool,
}

/// Where in a word a keyword counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Any,
    Start,
    End,
}

/// How much else a keyword outweighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Strength {
    /// Names the class of what nothing else explains.
    Hint,
    /// Outweighs a browser's engine.
    Strong,
    /// Outweighs an application's kit as well.
    Firm,
}

/// What a keyword points to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeywordClass {
    /// Automation.
    Agent(AgentClass),
    /// An application.
    App,
    /// A phone.
    Phone,
}

/// What names of automation have in common.
#[derive(Debug)]
pub struct Keyword {
    pub length: u8,
    pub at: At,
    pub strength: Strength,
    pub class: KeywordClass,
}

/// What a token of the table means.
#[derive(Debug, Clone, Copy)]
pub enum Meaning {
    Word(&'static Word),
    Entry(&'static Entry),
}

/// Where a token of the table counts. In the data: `Token`, `^Token`, `=Token`, `;Token`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// Everywhere.
    Anywhere,
    /// As the first thing the user agent says.
    Start,
    /// As the only thing it says, but for a version.
    Alone,
    /// As a whole item of a comment.
    Item,
}

/// Looks a finished hash up.
#[inline]
pub fn find(hash: u64) -> Option<(Meaning, Anchor)> {
    let displacement = *DISPLACEMENTS.get(hash::bucket(hash, BUCKET_BITS))?;
    let slot = hash::slot(hash, displacement, SLOT_BITS);
    if *FINGERPRINTS.get(slot)? != hash::fingerprint(hash) {
        return None;
    }
    let value = *VALUES.get(slot)?;
    let anchor = match value >> 14 {
        0 => Anchor::Anywhere,
        1 => Anchor::Start,
        2 => Anchor::Alone,
        _ => Anchor::Item,
    };
    let id = usize::from(value & 0x3fff);
    let meaning = match WORDS.get(id) {
        Some(word) => Meaning::Word(word),
        None => Meaning::Entry(ENTRIES.get(id - WORDS.len())?),
    };
    Some((meaning, anchor))
}

/// Calls `found` with every keyword of a word and the offset of its end: one step per byte.
#[inline]
pub fn keywords(word: &[u8], mut found: impl FnMut(&'static Keyword, usize)) {
    let mut state = 0_u16;
    for (at, byte) in word.iter().enumerate() {
        let lower = byte | 0x20;
        let symbol = if lower.is_ascii_lowercase() { u16::from(lower - b'`') } else { 0 };
        state = TRANSITIONS.get(usize::from(state + symbol)).copied().unwrap_or_default();
        let mut output = usize::from(OUTPUT_OF.get(usize::from(state / 27)).copied().unwrap_or_default());
        while let Some(&index @ 1..) = OUTPUTS.get(output) {
            if let Some(keyword) = KEYWORDS.get(usize::from(index - 1)) {
                found(keyword, at + 1);
            }
            output += 1;
        }
    }
}
