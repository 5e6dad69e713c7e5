//! The catalogue, the vocabulary and the keywords, as the build script laid them out.
//!
//! Measured against one dense automaton over all tokens, a sparse one, an Aho-Corasick table and a rare-4-gram
//! filter: the tokeniser must find words anyway (browser, system, version, structure), so that a look-up per word costs
//! a hash of two multiplications and two loads; the table is six bytes a token, where automata cost 100 to 5,000.
//! Names of several words are looked up only where a word that may begin one stands before a word that may go on with one:
//! of 21,700 words in 2,000 user agents 5,400, where it was 9,200 by their beginnings alone.
//! Only words that the table does not know are searched for keywords (`bot`, `crawl`, …): each place where three
//! letters begin one, a bit in 4 KB, is compared with the keywords that begin so. The Aho-Corasick automaton that it
//! replaced was 52 KB (6.4 KB in gzip, this is 1.5 KB) and took a dependent load for each letter.
//!
//! Texts stand in one string and are addressed by number: a pointer and a length for each would double the rows.

use super::device::Form;
use super::frame::{Hole, Says, Step};
use super::freshness::Train;
use super::hash;
use super::input::{Input, Run, block, lanes};
use super::tls::Stack;
use super::{AgentClass, Purpose};
use crate::request::Platform;

include!(concat!(env!("OUT_DIR"), "/agents.rs"));

/// What a word of the vocabulary proves. Behind the first stands a number that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Mark {
    Version,
    Webkit,
    Safari,
    Chrome,
    Firefox,
    Gecko,
    Msie,
    Trident,
    Rv,
    /// Nothing.
    None,
    Mozilla,
    Mac,
    Compatible,
    Android,
    Url,
    Domain,
    Khtml,
    Engine,
    Like,
    Build,
    /// A kind of device, in the name of one.
    Model,
    Mobile,
    Webview,
    Edge,
    Opera,
    Browser,
    Windows,
    Ios,
    Linux,
    X11,
    Displayless,
    Pc,
    /// No Chromium writes it.
    Impossible,
    Payload,
    Call,
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

    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// A text of the tables, by number; 0 is the empty one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text(u16);

impl Text {
    /// The text itself.
    #[inline]
    pub fn get(self) -> &'static str {
        let at = |index: u16| TEXT_ENDS.get(usize::from(index)).copied().map(usize::from);
        let start = self.0.checked_sub(1).and_then(at).unwrap_or_default();
        TEXTS.get(start..at(self.0).unwrap_or_default()).unwrap_or_default()
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// A word of genuine user agents.
#[derive(Debug)]
pub struct Word {
    pub mark: Mark,
    /// Family it names; empty if none.
    pub browser: Text,
    /// Whether other browsers also claim to be this one.
    pub base: bool,
    /// Whether it never begins a user agent: much else is called so.
    pub behind: bool,
    pub system: System,
    pub form: Form,
}

/// What a client runs on. Systems claim to be like others (`Windows Phone … Android`, `iPhone … like Mac OS X`, `Linux;
/// Android`): what stands further down is meant where both are named.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum System {
    #[default]
    None,
    Linux,
    MacOs,
    Windows,
    Ios,
    /// Another one, unless Android is named beside it: televisions and the libraries of phones say nothing of the system.
    Unnamed,
    Android,
    Other,
    WindowsPhone,
}

impl System {
    /// Which of some is meant.
    pub const fn last(systems: &[Self]) -> Self {
        let mut last = Self::None;
        let mut rest = systems;
        while let [first, others @ ..] = rest {
            if *first as u8 > last as u8 {
                last = *first;
            }
            rest = others;
        }
        last
    }

    pub const fn platform(self) -> Option<Platform> {
        Some(match self {
            Self::None => return None,
            Self::Linux => Platform::Linux,
            Self::MacOs => Platform::MacOs,
            Self::Windows => Platform::Windows,
            Self::Ios => Platform::Ios,
            Self::Android => Platform::Android,
            Self::Unnamed | Self::Other => Platform::Other,
            Self::WindowsPhone => Platform::WindowsPhone,
        })
    }
}

/// An entry of the catalogue.
#[derive(Debug)]
pub struct Entry {
    /// Empty where the client's own words are the name.
    pub name: Text,
    /// Empty where nobody in particular runs it.
    pub operator: Text,
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
    /// Where in [`KEYWORD_LETTERS`] it stands.
    letters: u16,
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
    /// A keyword that is a word of its own, and known only so.
    Keyword(&'static Keyword),
}

/// Where a token of the table counts: everywhere, or at any of the places named. In the data: `Token`, `^Token`,
/// `;Token`, `Token/`, `=Token`, `==The whole user agent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Anchor(u16);

impl Anchor {
    /// As the whole user agent, to the last byte.
    pub const WHOLE: Self = Self(15);
    /// Everywhere.
    pub const ANYWHERE: Self = Self(0);
    /// As the first word alone.
    pub const FIRST: Self = Self(Self::START);
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

/// What a segment, or those of a name so far, may be of longer names: wrong once in ten times, never to the negative, which
/// spares most words the look-up of pairs.
#[derive(Debug, Clone, Copy)]
pub struct Parts(u8);

impl Parts {
    #[inline]
    pub fn of(hash: u64) -> Self {
        let place = hash::place(hash);
        Self(PARTS.get(place / 2).copied().unwrap_or_default() >> (4 * (place % 2)))
    }

    /// Longer names may begin with it.
    #[inline]
    pub const fn begins(self) -> bool {
        self.0 & hash::BEGINS != 0
    }

    /// Longer names may begin with it and a number. Few do, and versions stand behind most names.
    #[inline]
    pub const fn is_numbered(self) -> bool {
        self.0 & hash::NUMBERED != 0
    }

    /// Longer names may go on with it.
    #[inline]
    pub const fn continues(self) -> bool {
        self.0 & hash::CONTINUES != 0
    }
}

/// Whether a bit is set.
#[inline]
fn has(bits: &[u64], place: usize) -> bool {
    bits.get(place / 64).is_some_and(|bits| bits >> (place % 64) & 1 != 0)
}

/// Looks a hash up.
#[inline]
pub fn find(hash: u64) -> Option<(Meaning, Anchor)> {
    let displacement = *DISPLACEMENTS.get(hash::bucket(hash, BUCKET_BITS))?;
    let slot = hash::slot(hash, displacement, SLOTS);
    let (first, second) = hash::fingerprint(hash);
    let (known, more) = (*FINGERPRINTS.get(slot)?, *MORE_FINGERPRINTS.get(slot)?);
    if (known ^ first) | u16::from(more ^ second) != 0 {
        return None;
    }
    let value = *VALUES.get(slot)?;
    let anchor = Anchor(value >> 12);
    let id = usize::from(value & 0xfff);
    let meaning = if let Some(word) = WORDS.get(id) {
        Meaning::Word(word)
    } else if let Some(entry) = ENTRIES.get(id - WORDS.len()) {
        Meaning::Entry(entry)
    } else {
        Meaning::Keyword(KEYWORDS.get(id - WORDS.len() - ENTRIES.len())?)
    };
    Some((meaning, anchor))
}

/// What browsers write to the letter behind a word.
pub struct Phrase {
    /// Eight bytes each, zeros behind the last.
    text: &'static [u64],
    pub length: u8,
    pub parts: &'static [PhrasePart],
}

/// A word of a phrase, and what it means: the number of a [`Word`], 0 for nothing.
pub struct PhrasePart {
    pub start: u8,
    pub end: u8,
    pub word: u8,
}

/// The phrase that stands at a place. Which one it may be is told without a branch by its first eight bytes.
#[inline]
pub fn phrase(text: &Input, at: usize) -> Option<&'static Phrase> {
    let first = text.block(at);
    let index = PHRASE_BEGINNINGS
        .iter()
        .enumerate()
        .fold(PHRASES.len(), |found, (index, known)| if *known == first { index } else { found });
    PHRASES.get(index).filter(|phrase| {
        phrase.text.iter().enumerate().all(|(index, known)| {
            let left = usize::from(phrase.length) - 8 * index;
            text.block(at + 8 * index) & lanes(left) == *known
        })
    })
}

/// A word by its number.
pub fn word(number: u8) -> &'static Word {
    static NOTHING: Word = Word {
        mark: Mark::None,
        browser: Text(0),
        base: false,
        behind: false,
        system: System::None,
        form: Form::None,
    };
    WORDS.get(usize::from(number)).unwrap_or(&NOTHING)
}

/// Looks a whole user agent up. Few are known whole, and their lengths tell most others apart at once.
#[inline]
pub fn whole(agent: &Input) -> Option<&'static Entry> {
    if !has(&WHOLE_LENGTHS, agent.length()) {
        return None;
    }
    match find(agent.hash(Run { start: 0, end: agent.length() }))? {
        (Meaning::Entry(entry), Anchor::WHOLE) => Some(entry),
        _ => None,
    }
}

/// Whether a user agent is known whole. One that is read where it lies has no zeros behind it.
#[inline]
pub fn is_whole(agent: &[u8]) -> bool {
    has(&WHOLE_LENGTHS, agent.len()) && is_whole_by_hash(agent)
}

#[cold]
fn is_whole_by_hash(agent: &[u8]) -> bool {
    let mut input = Input::EMPTY;
    input.take(agent);
    whole(&input).is_some()
}

/// Whether a word may have a keyword in it; it has none where this says so.
#[inline]
pub fn may_hold_keyword(word: &[u8]) -> bool {
    let mut gram = 0;
    word.iter().any(|byte| {
        gram = hash::gram(gram, *byte);
        has(&GRAMS, usize::from(gram))
    })
}

/// The keywords that begin with a gram. Its rank among all such grams is counted in the bits of the filter, because a
/// hostile word can ask at each of its letters.
#[inline]
fn beginning_with(gram: usize) -> &'static [Keyword] {
    let rank = || {
        let below = *GRAMS.get(gram / 64)? & !(u64::MAX << (gram % 64));
        Some(usize::from(*GRAM_RANKS.get(gram / 64)?) + below.count_ones() as usize)
    };
    let from = |rank: usize| KEYWORDS_FROM.get(rank).copied().map(usize::from);
    let range = || KEYWORDS.get(from(rank()?)?..from(rank()? + 1)?);
    range().unwrap_or_default()
}

/// Calls `found` with every keyword inside a word that `fits` where it would stand, and the place where it ends: one look-up per byte, and a
/// comparison with each keyword that begins with the same three letters.
#[inline]
pub fn keywords(
    text: &Input,
    word: Run,
    fits: impl Fn(&Keyword, Run) -> bool,
    mut found: impl FnMut(&'static Keyword, usize),
) {
    let mut gram = 0;
    for (at, byte) in text.run(word).iter().enumerate() {
        gram = hash::gram(gram, *byte);
        let place = usize::from(gram);
        if !has(&GRAMS, place) {
            continue;
        }
        // Before the third letter the gram has zeros in front, which no keyword has.
        let Some(start) = (word.start + at + 1).checked_sub(hash::GRAM) else { continue };
        let letters = text.lower(start, 8);
        for keyword in beginning_with(place) {
            let length = usize::from(keyword.length);
            let end = start + length;
            let from = usize::from(keyword.letters);
            let is_same = |letters: u64| (letters ^ block(KEYWORD_LETTERS, from)) & lanes(length) == 0;
            // Few keywords are longer than what is compared first.
            let rest = |length: usize| {
                text.lower(start + 8, length) == block(KEYWORD_LETTERS, from + 8) & lanes(length)
            };
            if end <= word.end
                && fits(keyword, Run { start, end })
                && is_same(letters)
                && (length <= 8 || rest(length - 8))
            {
                found(keyword, end);
            }
        }
    }
}
