//! The shape of the catalogue, and that every name in it is found.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs};

use edgeward::agent;

#[path = "../build/catalogue.rs"]
mod catalogue;

use catalogue::Catalogue;

fn lists(folder: &str) -> Vec<(PathBuf, Catalogue)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/agents").join(folder);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let list = toml::from_str(&fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, list)
    };
    paths.into_iter().map(read).collect()
}

/// `https://host/path` with a host of at least two labels and nothing that an address can not have.
fn is_address(docs: &str) -> bool {
    let Some(rest) = docs.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    host.contains('.') && host.split('.').all(label) && docs.bytes().all(|byte| byte.is_ascii_graphic())
}

#[test]
fn every_entry_written_by_hand_has_what_an_entry_needs() {
    const CHECKS: [&str; 3] = ["addresses", "reverseDns", "signature"];
    for (path, list) in lists("catalogue") {
        assert!(
            list.class.is_some() && list.source.is_none() && list.licence.is_none(),
            "{}",
            path.display()
        );
        for entry in list.agents {
            let label = format!(
                "{}: {:?} {:?}",
                path.display(),
                entry.name.as_ref().or(entry.about.as_ref()),
                entry.tokens
            );
            assert!(
                entry.name.is_some() ^ entry.about.is_some(),
                "one name, or what the names have in common: {label}"
            );
            assert!(entry.name.is_none() || entry.operator.is_some(), "a name has an operator: {label}");
            assert!(
                entry.docs.as_deref().is_some_and(is_address),
                "documentation: {:?}, {label}",
                entry.docs
            );
            assert!(entry.verify.iter().all(|check| CHECKS.contains(&check.as_str())), "{label}");
            assert!(!entry.tokens.is_empty(), "{label}");
            for token in entry.tokens.iter().filter(|token| !token.starts_with("==")) {
                let joiner = |byte: &u8| !byte.is_ascii_alphanumeric();
                let apart = token.as_bytes().windows(2).any(|pair| pair.iter().all(joiner));
                assert!(!apart, "{token:?}: the tokeniser joins words by one byte; {label}");
            }
        }
    }
}

/// Host names verify agents whose operators say so, and are compared in lower case.
#[test]
fn hosts_are_those_of_agents_that_reverse_dns_verifies() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/agents/hosts.toml");
    let table: toml::Table = toml::from_str(&fs::read_to_string(data).unwrap()).unwrap();
    let known: Vec<_> = lists("catalogue").into_iter().flat_map(|(_, list)| list.agents).collect();
    for row in table.get("hosts").and_then(toml::Value::as_array).unwrap() {
        let texts = |member: &str| -> Vec<String> {
            let list = row.get(member).and_then(toml::Value::as_array).unwrap();
            list.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
        };
        assert!(row.get("source").and_then(toml::Value::as_str).is_some_and(is_address), "{row}");
        for domain in texts("domains") {
            assert!(is_address(&format!("https://{domain}")), "{domain:?}");
        }
        for agent in texts("agents") {
            let entry = known.iter().find(|entry| entry.name.as_ref() == Some(&agent)).unwrap();
            assert!(entry.verify.iter().any(|check| check == "reverseDns"), "{agent}");
        }
    }
}

#[test]
fn imported_lists_state_source_and_licence_and_nothing_by_hand() {
    for (path, list) in lists("imported") {
        let label = path.display();
        assert!(list.source.is_some(), "{label}");
        assert!(
            matches!(
                list.licence.as_deref(),
                Some("MIT" | "Apache-2.0" | "Unlicense" | "BSD-3-Clause" | "ISC")
            ),
            "{label}"
        );
        for entry in list.agents {
            assert!(entry.class.is_some() && !entry.tokens.is_empty(), "{label}: {:?}", entry.tokens);
            assert!(entry.name.is_none() && entry.operator.is_none() && entry.verify.is_empty(), "{label}");
        }
    }
}

#[test]
fn no_name_is_written_twice() {
    let mut seen: BTreeMap<String, String> = BTreeMap::new();
    for (path, list) in lists("catalogue") {
        for token in list.agents.iter().flat_map(|entry| &entry.tokens) {
            // What is known whole is known to the letter.
            let key = if token.starts_with("==") { token.clone() } else { token.to_lowercase() };
            let before = seen.insert(key, path.display().to_string());
            assert_eq!(before, None, "{token:?} in {}", path.display());
        }
    }
}

/// What is claimed twice has the meaning that was read first, and the other one never counts.
#[test]
fn no_word_is_also_a_keyword_of_its_own() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/agents");
    let list = |file: &str, member: &str, strings: &str, at: Option<&str>| -> Vec<String> {
        let table: toml::Table = toml::from_str(&fs::read_to_string(data.join(file)).unwrap()).unwrap();
        let rows = table.get(member).and_then(toml::Value::as_array).unwrap().clone();
        let rows = rows.into_iter().filter(|row| row.get("at").and_then(toml::Value::as_str) == at);
        let strings = |row: toml::Value| row.get(strings).and_then(toml::Value::as_array).unwrap().clone();
        rows.flat_map(strings).map(|text| text.as_str().unwrap().to_lowercase()).collect()
    };
    let words = list("words.toml", "word", "tokens", None);
    let keywords = list("keywords.toml", "keyword", "words", Some("whole"));
    let both: Vec<&String> = keywords.iter().filter(|keyword| words.contains(keyword)).collect();
    assert!(!keywords.is_empty() && both.is_empty(), "{both:?}");
}

/// A user agent in which a token counts, as its notation says.
fn sample(token: &str) -> String {
    match token.as_bytes() {
        [b';', ..] => format!("Mozilla/5.0 (compatible; {})", token.trim_start_matches(';')),
        [.., b'/'] => format!("{}/1.0", token.trim_end_matches(['/', ' '])),
        _ => token.trim_start_matches(['=', '^']).to_owned(),
    }
}

/// Names that two lists give to different agents, or that contain another's, are decided by `evidence::weight`; an entry
/// that never decides is dead.
#[test]
fn every_name_is_found_as_what_it_is() {
    let mut dead = Vec::new();
    for (path, list) in lists("catalogue") {
        for entry in &list.agents {
            let class = entry.class.as_ref().or(list.class.as_ref()).unwrap();
            for token in &entry.tokens {
                let text = sample(token);
                let found = serde_json::to_value(agent::classify(&agent::probe::bare(&text))).unwrap();
                let purpose = entry.purpose.as_ref().is_none_or(|purpose| found["purpose"] == *purpose);
                let name = entry.name.as_ref().is_none_or(|name| found["name"] == *name);
                if found["class"] != *class || !purpose || !name {
                    dead.push(format!("{}: {token:?} is {found}", path.file_name().unwrap().display()));
                }
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

/// Of imported names only that they are seen: what they are called by hand, and other lists, may give them another meaning
/// or another place. Other bytes than those that join words are met between some.
#[test]
fn every_imported_name_is_seen() {
    let first = |token: &str| -> String {
        let token = token.trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        token.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().to_owned()
    };
    let all: Vec<_> = lists("catalogue").into_iter().chain(lists("imported")).collect();
    let mut named: BTreeMap<String, usize> = BTreeMap::new();
    for token in all.iter().flat_map(|(_, list)| &list.agents).flat_map(|entry| &entry.tokens) {
        *named.entry(first(token)).or_default() += 1;
    }
    let parts = |token: &str| {
        token.contains(" (") || token.contains("; ") || token.contains(" - ") || token.contains(") ")
    };
    let mut unseen = Vec::new();
    for (path, list) in lists("imported") {
        for token in list.agents.iter().flat_map(|entry| &entry.tokens) {
            let text = sample(token);
            let request = agent::probe::bare(&text);
            let explanation = agent::explain(&request);
            let is_seen =
                explanation.tokens.iter().any(|seen| matches!(seen.source, "catalogue" | "vocabulary"));
            if !is_seen && named.get(&first(token)) == Some(&1) && !parts(token) {
                unseen.push(format!("{}: {token:?} in {text:?}", path.file_name().unwrap().display()));
            }
        }
    }
    assert!(unseen.is_empty(), "{}", unseen.join("\n"));
}

/// A number is part of a name where the catalogue says so, and a version of it where that is all that a list adds.
#[test]
fn numbers_are_parts_of_names_and_versions_are_not() {
    let seen = |text: &str| -> Vec<String> {
        let request = agent::probe::bare(text);
        let seen = agent::explain(&request).tokens.into_iter();
        seen.filter(|seen| seen.source == "catalogue").map(|seen| seen.text.to_owned()).collect()
    };
    assert!(seen("WinHttp.WinHttpRequest.5").contains(&"WinHttp.WinHttpRequest.5".to_owned()), "third");
    assert!(seen("Deezer Podcasters/1.0").contains(&"Deezer Podcasters/1".to_owned()), "third, imported");
    assert_eq!(seen("Slackbot 1.0 (+https://api.slack.com/robots)"), ["Slackbot"]);
}
