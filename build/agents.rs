//! `data/agents/` to static tables: a perfect hash over the names of the catalogue and the vocabulary, and a filter over
//! the beginnings of keywords.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::Deserialize;

#[expect(dead_code, reason = "some members are for the reader of the data")]
#[path = "catalogue.rs"]
mod catalogue;
#[path = "../src/agent/hash.rs"]
mod hash;

use catalogue::Catalogue;

/// Longest chain of segments that is looked up; must agree with the tokeniser.
const CHAIN: usize = 3;

/// Bytes read of one header; must agree with the tokeniser.
const MAX_BYTES: usize = 512;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vocabulary {
    word: Vec<Word>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    tokens: Vec<String>,
    mark: String,
    browser: Option<String>,
    rank: Option<String>,
    platform: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keywords {
    keyword: Vec<Keyword>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keyword {
    class: String,
    #[serde(default)]
    strength: String,
    at: String,
    words: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tls {
    fingerprint: Vec<Fingerprint>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fingerprint {
    ciphers: Option<String>,
    ja3: Option<String>,
    stack: String,
    #[expect(dead_code, reason = "for the reader of the data")]
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Releases {
    #[expect(dead_code, reason = "for the reader of the data")]
    source: String,
    #[expect(dead_code, reason = "for the reader of the data")]
    licence: String,
    /// Family to major version to date of release.
    families: BTreeMap<String, BTreeMap<String, String>>,
}

/// Where in the user agent a token counts, stored in the four top bits of a table value: nowhere special, or any of
/// the places named. [`WHOLE`] stands alone.
const AT_START: u16 = 1 << 12;
const ITEM: u16 = 2 << 12;
const PRODUCT: u16 = 4 << 12;
const ALONE: u16 = 8 << 12;
const WHOLE: u16 = 15 << 12;

/// Reads the data and writes `agents.rs` into the build's output folder.
pub fn compile() {
    let data = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("data/agents");
    println!("cargo::rerun-if-changed=data/agents");
    println!("cargo::rerun-if-changed=build/agents.rs");
    println!("cargo::rerun-if-changed=src/agent/hash.rs");

    let mut out = String::new();
    let mut tokens = Tokens::default();
    let mut texts = Texts(vec![String::new()]);
    let known = words(&read::<Vocabulary>(&data.join("words.toml")), &mut tokens, &mut texts, &mut out);
    let known = catalogue(&data, known, &mut tokens, &mut texts, &mut out);
    keywords(&read::<Keywords>(&data.join("keywords.toml")), known, &mut tokens, &mut out);
    tokens.write(&mut out);
    texts.write(&mut out);
    releases(&read::<Releases>(&data.join("releases.toml")), &mut out);
    tls(&read::<Tls>(&data.join("tls.toml")), &mut out);

    let target = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo")).join("agents.rs");
    fs::write(target, out).expect("the output folder is writable");
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> T {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A text of any bytes, as the tokeniser hashes it.
fn hash_of(text: &[u8]) -> u64 {
    let block = |at: usize, length: usize| {
        text.iter()
            .skip(at)
            .take(length.min(8))
            .rev()
            .fold(0, |block, byte| block << 8 | u64::from(byte | 0x20))
    };
    hash::long(text.len(), block)
}

/// `Screaming Frog` to its segments, no more than are looked up.
fn segments(token: &str) -> Vec<String> {
    let token = token.replace("%20", " ");
    let segments =
        token.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric()).filter(|s| !s.is_empty());
    let segments: Vec<String> = segments.take(CHAIN).map(str::to_owned).collect();
    assert!(!segments.is_empty(), "token `{token}` has no letter or digit");
    segments
}

/// Texts of the tables, each once; the empty one is number 0.
struct Texts(Vec<String>);

impl Texts {
    fn number(&mut self, text: &str) -> String {
        let number = self.0.iter().position(|held| held == text).unwrap_or_else(|| {
            self.0.push(text.to_owned());
            self.0.len() - 1
        });
        format!("Text({number})")
    }

    fn write(&self, out: &mut String) {
        let end = |text: &String| {
            let ends = self.0.iter().take_while(|held| *held != text).map(String::len).sum::<usize>();
            u16::try_from(ends + text.len()).expect("short texts")
        };
        array(out, "TEXT_ENDS", "u16", &self.0.iter().map(end).collect::<Vec<_>>());
        writeln!(out, "pub static TEXTS: &str = {:?};", self.0.concat()).unwrap();
    }
}

#[derive(Default)]
struct Tokens {
    /// Hash to (value, token, where it was written).
    values: BTreeMap<u64, (u16, String)>,
    /// Hashes that longer tokens begin with.
    beginnings: Vec<u64>,
    /// Those among them that a number follows.
    numbered: Vec<u64>,
    /// Hashes of segments that are not the first of a token.
    continuations: Vec<u64>,
    /// Lengths of user agents that are known whole.
    whole_lengths: BTreeSet<usize>,
}

impl Tokens {
    /// The first to claim a token keeps it, so hand-written files win over imported ones; the same claimant may name
    /// several places.
    fn insert(&mut self, token: &str, id: usize) {
        let rest = || token.get(1..).unwrap_or_default();
        let (anchor, text) = match token.as_bytes() {
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
            _ => self.chain(&segments(text)),
        };
        let (held, _) = self.values.entry(hash).or_insert_with(|| (anchor | id, token.to_owned()));
        if *held & 0xfff == id && *held != id {
            *held = if anchor == 0 { id } else { *held | anchor };
        }
    }

    /// The hash of a name, whose beginnings are noted.
    fn chain(&mut self, segments: &[String]) -> u64 {
        let mut hash = segments.first().map_or(0, |first| hash_of(first.as_bytes()));
        for (index, segment) in segments.iter().enumerate().skip(1) {
            self.beginnings.push(hash);
            if index == 1 && segment.bytes().all(|byte| byte.is_ascii_digit()) {
                self.numbered.push(hash);
            }
            let segment = hash_of(segment.as_bytes());
            self.continuations.push(segment);
            hash = hash::chain(hash, segment);
        }
        hash
    }

    /// Displacement hashing: each bucket tries displacements until all its keys land on free slots.
    fn write(&self, out: &mut String) {
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
        let filter = |hashes: &[u64]| {
            let mut filter = vec![0_u64; (1 << hash::FILTER_BITS) / 64];
            for &hash in hashes {
                let place = hash::place(hash);
                filter[place / 64] |= 1 << (place % 64);
            }
            filter
        };
        let mut lengths = [0_u64; MAX_BYTES / 64 + 1];
        for length in &self.whole_lengths {
            lengths[length / 64] |= 1 << (length % 64);
        }
        array(out, "WHOLE_LENGTHS", "u64", &lengths);
        array(out, "BEGINNINGS", "u64", &filter(&self.beginnings));
        array(out, "NUMBERED", "u64", &filter(&self.numbered));
        array(out, "CONTINUATIONS", "u64", &filter(&self.continuations));
        array(out, "DISPLACEMENTS", "u16", &displacements);
        array(out, "FINGERPRINTS", "u16", &prints().map(|(first, _)| first).collect::<Vec<_>>());
        array(out, "MORE_FINGERPRINTS", "u8", &prints().map(|(_, second)| second).collect::<Vec<_>>());
        array(out, "VALUES", "u16", &values);
    }
}

fn array<T: std::fmt::Debug>(out: &mut String, name: &str, of: &str, values: &[T]) {
    writeln!(out, "pub static {name}: [{of}; {}] = {values:?};", values.len()).unwrap();
}

/// `searchCrawler` to `SearchCrawler`: JSON names to those of the Rust variants.
fn variant(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

fn optional(of: &str, value: Option<&String>) -> String {
    value.map_or("None".to_owned(), |value| format!("Some({of}::{})", variant(value)))
}

/// Value 0 is "nothing", so that an empty slot needs no test of its own.
fn words(vocabulary: &Vocabulary, tokens: &mut Tokens, texts: &mut Texts, out: &mut String) -> usize {
    let mut rows =
        vec!["Word { mark: Mark::None, browser: Text(0), base: false, platform: None }".to_owned()];
    for word in &vocabulary.word {
        let mut row = |browser: &str| {
            format!(
                "Word {{ mark: Mark::{}, browser: {}, base: {}, platform: {} }}",
                variant(&word.mark),
                texts.number(browser),
                word.rank.as_deref() == Some("base"),
                optional(
                    "Platform",
                    word.platform
                        .as_ref()
                        .map(|p| if p == "iOS" {
                            "ios".into()
                        } else if p == "macOS" {
                            "macOs".into()
                        } else {
                            p.clone()
                        })
                        .as_ref()
                ),
            )
        };
        match word.browser.as_deref() {
            Some("other") => {
                for token in &word.tokens {
                    tokens.insert(token, rows.len());
                    rows.push(row(token));
                }
            }
            browser => {
                for token in &word.tokens {
                    tokens.insert(token, rows.len());
                }
                rows.push(row(browser.unwrap_or_default()));
            }
        }
    }
    writeln!(out, "pub static WORDS: [Word; {}] = [{}];", rows.len(), rows.join(",\n")).unwrap();
    rows.len()
}

/// Whether a name says itself that it is automation's, or is too long to be an everyday word that an application may
/// be called as well.
fn is_telling(token: &str) -> bool {
    let lower = token.to_lowercase();
    let letters = token.bytes().filter(u8::is_ascii_alphanumeric).count();
    letters >= 9
        || [".", "bot", "crawl", "spider", "scan", "monitor", "headless", "http", "fetch", "preview"]
            .iter()
            .any(|word| lower.contains(word))
}

fn catalogue(data: &Path, words: usize, tokens: &mut Tokens, texts: &mut Texts, out: &mut String) -> usize {
    let files: Vec<PathBuf> = ["catalogue", "imported"]
        .iter()
        .flat_map(|folder| {
            let mut files: Vec<PathBuf> = fs::read_dir(data.join(folder))
                .map(|entries| entries.map(|entry| entry.expect("readable").path()).collect())
                .unwrap_or_default();
            files.sort();
            files
        })
        .collect();
    let mut rows: Vec<String> = Vec::new();
    let mut known: BTreeMap<String, usize> = BTreeMap::new();
    for file in files {
        let catalogue: Catalogue = read(&file);
        let by_hand = catalogue.licence.is_none();
        for entry in &catalogue.agents {
            let class = entry.class.as_ref().or(catalogue.class.as_ref());
            let class =
                class.unwrap_or_else(|| panic!("{}: no class for {:?}", file.display(), entry.tokens));
            for token in &entry.tokens {
                let row = format!(
                    "Entry {{ name: {}, operator: {}, class: AgentClass::{}, purpose: {}, verifiable: {}, telling: {} }}",
                    texts.number(entry.name.as_deref().unwrap_or_default()),
                    texts.number(entry.operator.as_deref().unwrap_or_default()),
                    variant(class),
                    optional("Purpose", entry.purpose.as_ref()),
                    !entry.verify.is_empty(),
                    by_hand || entry.name.is_some() || is_telling(token),
                );
                let next = rows.len();
                let id = *known.entry(row.clone()).or_insert(next);
                if id == next {
                    rows.push(row);
                }
                tokens.insert(token, words + id);
            }
        }
    }
    writeln!(out, "pub static ENTRIES: [Entry; {}] = [{}];", rows.len(), rows.join(",\n")).unwrap();
    words + rows.len()
}

/// Keywords in the order of their first three letters, with a bit for every such beginning. Those that count only as a
/// whole word are found with the tokens, and may be shorter.
fn keywords(keywords: &Keywords, known: usize, tokens: &mut Tokens, out: &mut String) {
    let mut all: Vec<(u16, &str, &Keyword)> = Vec::new();
    for keyword in &keywords.keyword {
        for word in &keyword.words {
            let gram = if keyword.at == "whole" {
                u16::MAX
            } else {
                assert!(
                    (hash::GRAM..=16).contains(&word.len()),
                    "keyword `{word}` is too short, or too long"
                );
                word.bytes().take(hash::GRAM).fold(0, hash::gram)
            };
            all.push((gram, word, keyword));
        }
    }
    all.sort_by_key(|(gram, ..)| *gram);
    let searched = all.iter().filter(|(gram, ..)| *gram != u16::MAX).count();
    let mut letters = String::new();
    let mut filter = vec![0_u64; (1 << (5 * hash::GRAM)) / 64];
    let mut firsts: Vec<(u16, usize)> = Vec::new();
    let mut rows = Vec::new();
    for (gram, word, keyword) in all {
        if gram == u16::MAX {
            tokens.insert(word, known + rows.len());
        } else {
            filter[usize::from(gram) / 64] |= 1 << (gram % 64);
            if firsts.last().is_none_or(|(last, _)| *last != gram) {
                firsts.push((gram, rows.len()));
            }
        }
        let start = letters.find(word).unwrap_or_else(|| {
            letters.push_str(word);
            letters.len() - word.len()
        });
        rows.push(format!(
            "Keyword {{ letters: {start}, length: {}, at: At::{}, strength: Strength::{}, class: KeywordClass::{} }}",
            word.len(),
            variant(&keyword.at),
            if keyword.strength.is_empty() { "Hint".into() } else { variant(&keyword.strength) },
            match keyword.class.as_str() {
                "app" | "phone" | "browser" => variant(&keyword.class),
                class => format!("Agent(AgentClass::{})", variant(class)),
            },
        ));
    }
    array(out, "GRAMS", "u64", &filter);
    // Whole words come last.
    let inside = firsts.iter().map(|(_, first)| *first).chain([searched]).collect::<Vec<_>>();
    let below = |block: usize| firsts.iter().filter(|(gram, _)| usize::from(*gram) / 64 < block).count();
    let ranks: Vec<u16> = (0..filter.len()).map(|block| u16::try_from(below(block)).unwrap()).collect();
    array(out, "GRAM_RANKS", "u16", &ranks);
    array(out, "KEYWORDS_FROM", "u16", &inside);
    writeln!(out, "static KEYWORD_LETTERS: &str = {letters:?};").unwrap();
    writeln!(out, "pub static KEYWORDS: [Keyword; {}] = [{}];", rows.len(), rows.join(",\n")).unwrap();
}

/// Per family: the first major version and, from there on, days from the epoch to each release, 0 for versions that
/// were skipped.
fn releases(releases: &Releases, out: &mut String) {
    let mut rows = Vec::new();
    for (family, versions) in &releases.families {
        let versions: BTreeMap<usize, u16> = versions
            .iter()
            .map(|(major, date)| (major.parse().unwrap_or_else(|_| panic!("{family} {major}")), days(date)))
            .collect();
        let (first, last) =
            (versions.keys().next().expect("a version"), versions.keys().last().expect("a version"));
        let days: Vec<u16> =
            (*first..=*last).map(|major| versions.get(&major).copied().unwrap_or(0)).collect();
        rows.push(format!("({family:?}, {first}, &{days:?})"));
    }
    writeln!(out, "pub static RELEASES: [(&str, u32, &[u16]); {}] = [{}];", rows.len(), rows.join(",\n"))
        .unwrap();
}

fn tls(tls: &Tls, out: &mut String) {
    let row = |one: &Fingerprint| {
        let print = one.ciphers.as_ref().xor(one.ja3.as_ref()).expect("a fingerprint is `ciphers` or `ja3`");
        format!("({print:?}, Stack::{})", variant(&one.stack))
    };
    let rows: Vec<String> = tls.fingerprint.iter().map(row).collect();
    writeln!(
        out,
        "pub static FINGERPRINTS_OF_TLS: [(&str, Stack); {}] = [{}];",
        rows.len(),
        rows.join(",\n")
    )
    .unwrap();
}

/// Days from 1970-01-01 to `2026-11-12`, by the civil-calendar formula for years that begin in March.
fn days(date: &str) -> u16 {
    let mut parts =
        date.split('-').map(|part| part.parse::<u32>().unwrap_or_else(|_| panic!("date `{date}`")));
    let (year, month, day) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1;
    u16::try_from(days - 719_468).unwrap_or_else(|_| panic!("date `{date}`"))
}
