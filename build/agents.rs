//! `data/agents/` to static tables: a perfect hash over the names of the catalogue and the vocabulary, and a filter over
//! the beginnings of keywords.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde::Deserialize;

#[expect(dead_code, reason = "some members are for the reader of the data")]
#[path = "catalogue.rs"]
mod catalogue;
#[path = "frames.rs"]
mod frames;
#[path = "tokens.rs"]
mod tokens;

use catalogue::Catalogue;
use frames::{Frames, frames};
use tokens::{Tokens, array, hash, phrases};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vocabulary {
    word: Vec<Word>,
    phrase: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    tokens: Vec<String>,
    mark: String,
    browser: Option<String>,
    rank: Option<String>,
    platform: Option<String>,
    device: Option<String>,
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
struct Hosts {
    hosts: Vec<HostsOf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HostsOf {
    agents: Vec<String>,
    domains: Vec<String>,
    #[expect(dead_code, reason = "for the reader of the data")]
    source: String,
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ended {
    ended: Vec<End>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    family: String,
    day: String,
    #[expect(dead_code, reason = "for the reader of the data")]
    source: String,
}

/// Reads the data and writes `agents.rs` into the build's output folder.
pub fn compile() {
    let data = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("set by cargo")).join("data/agents");
    println!("cargo::rerun-if-changed=data/agents");
    println!("cargo::rerun-if-changed=build");
    println!("cargo::rerun-if-changed=src/agent/hash.rs");

    let mut out = String::new();
    let mut tokens = Tokens::default();
    let mut texts = Texts(vec![String::new()]);
    let vocabulary = read::<Vocabulary>(&data.join("words.toml"));
    let words = words(&vocabulary, &mut tokens, &mut texts, &mut out);
    let known = catalogue(&data, words.len(), &mut tokens, &mut texts, &mut out);
    keywords(&read::<Keywords>(&data.join("keywords.toml")), known, &mut tokens, &mut out);
    phrases(&vocabulary.phrase, &tokens, &mut out);
    frames(&read::<Frames>(&data.join("frames.toml")), &words, &tokens, &mut texts, &mut out);
    hosts(&read::<Hosts>(&data.join("hosts.toml")), &mut texts, &mut out);
    tokens.write(&mut out);
    texts.write(&mut out);
    releases(&read::<Releases>(&data.join("releases.toml")), &mut out);
    ended(&read::<Ended>(&data.join("ended.toml")), &mut out);
    tls(&read::<Tls>(&data.join("tls.toml")), &mut out);

    let target = PathBuf::from(env::var_os("OUT_DIR").expect("set by cargo")).join("agents.rs");
    fs::write(target, out).expect("the output folder is writable");
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> T {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
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

/// `searchCrawler` to `SearchCrawler`: JSON names to those of the Rust variants.
fn variant(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

fn optional(of: &str, value: Option<&String>) -> String {
    value.map_or("None".to_owned(), |value| format!("Some({of}::{})", variant(value)))
}

/// A row of the vocabulary.
pub struct Known {
    pub mark: String,
    pub browser: String,
    pub base: bool,
    pub behind: bool,
    pub system: String,
    pub form: String,
}

impl Known {
    fn new(word: &Word, browser: &str) -> Self {
        let system = match word.platform.as_deref() {
            None => "None".to_owned(),
            Some("iOS") => "Ios".to_owned(),
            Some("macOS") => "MacOs".to_owned(),
            Some(platform) => variant(platform),
        };
        let (base, behind) = match word.rank.as_deref() {
            None => (false, false),
            Some("base") => (true, false),
            Some("behind") => (false, true),
            Some(rank) => panic!("{rank:?} is no rank, of {:?}", word.tokens),
        };
        let form = word.device.as_deref().map_or("None".to_owned(), variant);
        Self { mark: variant(&word.mark), browser: browser.to_owned(), base, behind, system, form }
    }

    fn row(&self, texts: &mut Texts) -> String {
        let Self { mark, browser, base, behind, system, form } = self;
        let browser = texts.number(browser);
        format!(
            "Word {{ mark: Mark::{mark}, browser: {browser}, base: {base}, behind: {behind}, system: System::{system}, form: Form::{form} }}"
        )
    }
}

/// Value 0 is "nothing", so that an empty slot needs no test of its own.
fn words(vocabulary: &Vocabulary, tokens: &mut Tokens, texts: &mut Texts, out: &mut String) -> Vec<Known> {
    let none = || "None".to_owned();
    let nothing = Known {
        mark: none(),
        browser: String::new(),
        base: false,
        behind: false,
        system: none(),
        form: none(),
    };
    let mut known = vec![nothing];
    for word in &vocabulary.word {
        match word.browser.as_deref() {
            Some("other") => {
                for token in &word.tokens {
                    tokens.insert(token, known.len());
                    // Where it counts is no part of its name.
                    known.push(Known::new(word, token.trim_matches(['^', ';', '=', '/'])));
                }
            }
            browser => {
                for token in &word.tokens {
                    tokens.insert(token, known.len());
                }
                known.push(Known::new(word, browser.unwrap_or_default()));
            }
        }
    }
    let rows: Vec<String> = known.iter().map(|known| known.row(texts)).collect();
    writeln!(out, "pub static WORDS: [Word; {}] = [{}];", rows.len(), rows.join(",\n")).unwrap();
    known
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
                let whole = token.starts_with("==") || by_hand;
                // `Riddler (http://riddler.io` is found by all of it and called by the first.
                let called = token.split_once(" (").map_or("", |(name, _)| name);
                let row = format!(
                    "Entry {{ name: {}, operator: {}, class: AgentClass::{}, purpose: {}, verifiable: {}, telling: {} }}",
                    texts.number(entry.name.as_deref().unwrap_or(called)),
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
                if whole || !tokens.is_version_of_known(token) {
                    tokens.insert(token, words + id);
                }
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
    // They are read eight at a time.
    writeln!(out, "static KEYWORD_LETTERS: &[u8] = b\"{letters}\\0\\0\\0\\0\\0\\0\\0\\0\";").unwrap();
    writeln!(out, "pub static KEYWORDS: [Keyword; {}] = [{}];", rows.len(), rows.join(",\n")).unwrap();
}

/// Releases by which the pace of a family is measured.
const PACE: usize = 4;

/// Per family: the first major version and, from there on, days from the epoch to each release, 0 for versions that
/// were skipped; and the days between the last releases.
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
        let late: Vec<u16> = versions.values().rev().take(PACE + 1).copied().collect();
        let pace = (late[0] - late[late.len() - 1]) / u16::try_from(late.len() - 1).expect("few");
        assert!(pace > 0, "{family} has a version a day, or one version");
        rows.push(format!("Train {{ family: {family:?}, first: {first}, days: &{days:?}, pace: {pace} }}"));
    }
    writeln!(out, "pub static RELEASES: [Train; {}] = [{}];", rows.len(), rows.join(",\n")).unwrap();
}

/// Families that have reached their end, with the day.
fn ended(ended: &Ended, out: &mut String) {
    let row = |end: &End| format!("({:?}, {})", end.family, days(&end.day));
    let rows: Vec<String> = ended.ended.iter().map(row).collect();
    writeln!(out, "pub static ENDED: [(&str, u16); {}] = [{}];", rows.len(), rows.join(", ")).unwrap();
}

/// Names of agents, and what the names of their hosts end with.
fn hosts(hosts: &Hosts, texts: &mut Texts, out: &mut String) {
    let mut rows = Vec::new();
    for of in &hosts.hosts {
        for agent in &of.agents {
            assert!(texts.0.contains(agent), "{agent:?} of hosts.toml is no name of the catalogue");
            rows.push(format!("({}, &{:?})", texts.number(agent), of.domains));
        }
    }
    writeln!(out, "pub static HOSTS: [(Text, &[&str]); {}] = [{}];", rows.len(), rows.join(",\n")).unwrap();
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
