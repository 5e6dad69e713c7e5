//! The catalogue, the vocabulary and the keywords, as the build script laid them out.
//!
//! Measured against one dense automaton over all tokens, a sparse one, an Aho-Corasick table and a rare-4-gram
//! filter: the tokeniser must find words anyway (browser, system, version, structure), and hashes them as it goes,
//! so that a look-up per word costs two loads and no byte is read twice; the table is 7 bytes a token, where
//! automata cost 100 to 5,000. Only words that the table does not know go through an automaton, and that one
//! holds keywords only (`bot`, `crawl`, …): under two hundred states, which stay in the first-level cache.

use super::hash;
use super::tls::Stack;
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
    X11,
    Displayless,
    Pc,
    Impossible,
    Payload,
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
    /// Whether the name can not be anything else's: it is described here, or says itself that it is automation's.
    pub telling: bool,
}

/// Where in a word a keyword counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Any,
    Start,
    End,
    Whole,
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
    /// Something that calls itself a browser.
    Browser,
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

/// Where a token of the table counts: everywhere, or at any of the places named. In the data: `Token`, `^Token`,
/// `;Token`, `Token/`, `=Token`, `==The whole user agent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor(u16);

impl Anchor {
    /// As the whole user agent, every segment of it.
    pub const WHOLE: Self = Self(15);
    /// Everywhere.
    pub const ANYWHERE: Self = Self(0);
    const START: u16 = 1;
    const ITEM: u16 = 2;
    const PRODUCT: u16 = 4;
    const ALONE: u16 = 8;

    /// Whether the token counts at a place that is the start, a whole item of a comment, a product with a version, or
    /// all that the user agent says.
    pub const fn holds(self, start: bool, item: bool, product: bool, alone: bool) -> bool {
        self.0 == 0
            || self.0 != Self::WHOLE.0
                && (self.0 & Self::START != 0 && start
                    || self.0 & Self::ITEM != 0 && item
                    || self.0 & Self::PRODUCT != 0 && product
                    || self.0 & Self::ALONE != 0 && alone)
    }
}

/// Whether longer names may begin with these segments; `hash` is not finished. Wrong once in twenty times, never to the
/// negative, which spares most words the look-up of pairs.
#[inline]
pub fn begins(hash: u64) -> bool {
    let place = hash::place(hash);
    BEGINNINGS.get(place / 64).is_some_and(|bits| bits >> (place % 64) & 1 != 0)
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
    let anchor = Anchor(value >> 12);
    let id = usize::from(value & 0xfff);
    let meaning = match WORDS.get(id) {
        Some(word) => Meaning::Word(word),
        None => Meaning::Entry(ENTRIES.get(id - WORDS.len())?),
    };
    Some((meaning, anchor))
}

/// Column of a state's keywords, behind its 27 transitions.
const OUTPUT: u16 = 27;

/// Calls `found` with every keyword of a word and the offset of its end: one step per byte.
#[inline]
pub fn keywords(word: &[u8], mut found: impl FnMut(&'static Keyword, usize)) {
    let mut state = 0_u16;
    for (at, byte) in word.iter().enumerate() {
        let lower = byte | 0x20;
        let symbol = if lower.is_ascii_lowercase() { u16::from(lower - b'`') } else { 0 };
        state = TRANSITIONS.get(usize::from(state + symbol)).copied().unwrap_or_default();
        let mut output =
            usize::from(TRANSITIONS.get(usize::from(state + OUTPUT)).copied().unwrap_or_default());
        while let Some(&index @ 1..) = OUTPUTS.get(output) {
            if let Some(keyword) = KEYWORDS.get(usize::from(index - 1)) {
                found(keyword, at + 1);
            }
            output += 1;
        }
    }
}
