//! `agents`: draws names from public lists into `data/agents/imported/`, for a person to review as a diff.
//!
//! Only names, classes and addresses of documentation are drawn: facts, each file stating source, version and licence.
//! Hand-written entries win over imported ones when the tables are built, so nothing here needs editing afterwards.

#![expect(clippy::indexing_slicing, reason = "a JSON value that lacks a member is null there")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;
use serde_json::Value;

use crate::pattern;

/// One list, as `data/agents/sources.toml` describes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Source {
    /// Name of the file written.
    name: String,
    /// Package in the npm registry, or
    npm: Option<String>,
    /// address of a git repository.
    git: Option<String>,
    licence: String,
    /// How to read it.
    format: Format,
    file: String,
    /// Tokens not to take.
    #[serde(default)]
    skip: Vec<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
enum Format {
    /// When versions of browsers were released.
    Releases,
    /// Names of agents.
    #[serde(untagged)]
    Agents(AgentFormat),
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "camelCase")]
enum AgentFormat {
    CrawlerUserAgents,
    WellKnownBots,
    AiRobots,
    OpawgApps,
    OpawgBots,
    Patterns,
    UapCore,
    Lines,
}

#[derive(Deserialize)]
struct Sources {
    source: Vec<Source>,
}

/// What a list says of one name.
struct Drawn {
    tokens: Vec<String>,
    class: &'static str,
    purpose: Option<&'static str>,
    docs: Option<String>,
}

/// Draws every list, or from a folder where `NAME=FOLDER` says so.
pub fn refresh(folders: &[&str]) -> Result<()> {
    let data = root()?.join("data/agents");
    let sources: Sources = toml::from_str(&read(&data.join("sources.toml"))?)?;
    let folders: BTreeMap<&str, &str> = folders
        .iter()
        .map(|argument| argument.split_once('=').with_context(|| format!("`{argument}` is no NAME=FOLDER")))
        .collect::<Result<_>>()?;
    let mut taken = BTreeSet::new();
    for source in &sources.source {
        let (folder, version) = match folders.get(source.name.as_str()) {
            Some(folder) => (PathBuf::from(folder), version_in(Path::new(folder))?),
            None => fetch(source).with_context(|| format!("can not fetch {}", source.name))?,
        };
        let text = read(&folder.join(&source.file))?;
        let origin = source.npm.as_ref().map_or_else(
            || format!("{} {version}", source.git.as_deref().unwrap_or_default()),
            |package| format!("npm {package} {version}"),
        );
        let (target, text) = match source.format {
            Format::Releases => (data.join("releases.toml"), releases(&text, &origin, &source.licence)?),
            Format::Agents(format) => {
                let drawn = draw(format, &text).with_context(|| format!("can not read {}", source.name))?;
                ensure!(!drawn.is_empty(), "{} has no names: did its format change?", source.name);
                let target = data.join("imported").join(format!("{}.toml", source.name));
                (target, catalogue(drawn, &origin, source, &mut taken))
            }
        };
        fs::write(&target, text).with_context(|| format!("can not write {}", target.display()))?;
        eprintln!("{}", target.display());
    }
    Ok(())
}

fn root() -> Result<PathBuf> {
    let own = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").context("run it through cargo")?);
    Ok(own.parent().context("xtask has a parent")?.to_owned())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("can not read {}", path.display()))
}

fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("can not start {command:?}"))?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Fetches into `target/agents`; gives the folder and the version.
fn fetch(source: &Source) -> Result<(PathBuf, String)> {
    let folder = root()?.join("target/agents").join(&source.name);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    if let Some(package) = &source.npm {
        let archive = run(Command::new("npm").args(["pack", "--silent", package]).current_dir(&folder))?;
        run(Command::new("tar").args(["xzf", &archive]).current_dir(&folder))?;
        let folder = folder.join("package");
        let version = version_in(&folder)?;
        return Ok((folder, version));
    }
    let address = source.git.as_deref().context("a source is npm or git")?;
    run(Command::new("git").args(["clone", "--quiet", "--depth", "1", address, "."]).current_dir(&folder))?;
    let version = version_in(&folder)?;
    Ok((folder, version))
}

/// The version a package states, else the commit of a checkout.
fn version_in(folder: &Path) -> Result<String> {
    if let Ok(manifest) = read(&folder.join("package.json")) {
        let manifest: Value = serde_json::from_str(&manifest)?;
        if let Some(version) = manifest["version"].as_str() {
            return Ok(version.to_owned());
        }
    }
    run(Command::new("git").args(["rev-parse", "HEAD"]).current_dir(folder))
}

fn draw(format: AgentFormat, text: &str) -> Result<Vec<Drawn>> {
    let json = || -> Result<Value> { Ok(serde_json::from_str(text)?) };
    let entries = || -> Result<Vec<Value>> {
        let json = json()?;
        Ok(json.as_array().or_else(|| json["entries"].as_array()).cloned().unwrap_or_default())
    };
    let text_of = |value: &Value| value.as_str().map(str::to_owned);
    Ok(match format {
        AgentFormat::CrawlerUserAgents => entries()?
            .iter()
            .map(|entry| {
                let tag = entry["tags"][0].as_str().unwrap_or_default();
                let (class, purpose) = of_tag(tag);
                // The list calls everything `seo` that has no better tag, webhooks as well.
                let says = ["pattern", "url", "description"].map(|member| &entry[member]);
                let purpose = purpose.filter(|purpose| *purpose != "seo" || says.iter().any(is_seo));
                let tokens = pattern::tokens(entry["pattern"].as_str().unwrap_or_default());
                Drawn { tokens, class, purpose, docs: text_of(&entry["url"]) }
            })
            .collect(),
        AgentFormat::WellKnownBots => entries()?
            .iter()
            .map(|entry| {
                let tags: Vec<&str> =
                    entry["categories"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let tag = tags.iter().find(|tag| of_tag(tag) != ("bot", None)).copied().unwrap_or_default();
                let (class, purpose) = of_tag(tag);
                let patterns =
                    entry["pattern"]["accepted"].as_array().into_iter().flatten().filter_map(Value::as_str);
                Drawn {
                    tokens: patterns.flat_map(pattern::tokens).collect(),
                    class,
                    purpose,
                    docs: text_of(&entry["url"]),
                }
            })
            .collect(),
        AgentFormat::AiRobots => json()?
            .as_object()
            .context("is no object")?
            .iter()
            .map(|(name, entry)| {
                let function = entry["function"].as_str().unwrap_or_default();
                let purpose = if function.contains("Search") {
                    "search"
                } else if function.contains("Assistant") || function.contains("Agent") {
                    "userAction"
                } else {
                    "training"
                };
                Drawn { tokens: vec![name.clone()], class: "aiBot", purpose: Some(purpose), docs: None }
            })
            .collect(),
        // What only runs over Apple's network kit is recognised by the kit, and its names are everyday words.
        AgentFormat::OpawgApps => entries()?
            .iter()
            .filter(|entry| {
                let mut examples =
                    entry["examples"].as_array().into_iter().flatten().filter_map(Value::as_str);
                examples.any(|example| {
                    !["CFNetwork", "Android", "iOS", "iPhone"].iter().any(|kit| example.contains(kit))
                })
            })
            .map(|entry| {
                let tokens = pattern::tokens(entry["pattern"].as_str().unwrap_or_default());
                let tokens = tokens.into_iter().filter(|token| token.starts_with(['^', '='])).collect();
                Drawn { tokens, class: "app", purpose: None, docs: text_of(&entry["urls"][0]) }
            })
            .collect(),
        AgentFormat::OpawgBots => entries()?
            .iter()
            .map(|entry| Drawn {
                tokens: pattern::tokens(entry["pattern"].as_str().unwrap_or_default()),
                class: "bot",
                purpose: Some("feed"),
                docs: text_of(&entry["urls"][0]),
            })
            .collect(),
        AgentFormat::Patterns => {
            json()?.as_array().into_iter().flatten().filter_map(Value::as_str).map(bot).collect()
        }
        AgentFormat::UapCore => uap_core(text),
        AgentFormat::Lines => text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| Drawn {
                tokens: vec![line.to_owned()],
                class: "attackTool",
                purpose: Some("vulnerabilityScan"),
                docs: None,
            })
            .collect(),
    })
}

fn bot(pattern: &str) -> Drawn {
    Drawn { tokens: pattern::tokens(pattern), class: "bot", purpose: None, docs: None }
}

/// The expressions under the comments that say so name bots; the rest of the file names people's browsers.
fn uap_core(text: &str) -> Vec<Drawn> {
    let mut bots = false;
    let mut drawn = Vec::new();
    for line in text.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix('#') {
            bots = comment.trim_start().starts_with("Bots")
                && !comment.contains("General")
                && !comment.contains("containing");
        } else if let Some(pattern) = line.strip_prefix("- regex: '").and_then(|rest| rest.strip_suffix('\''))
            && bots
        {
            drawn.push(bot(pattern));
        }
    }
    drawn
}

/// Whether a text says that it is about how a site is found.
fn is_seo(text: &&Value) -> bool {
    let text = text.as_str().unwrap_or_default().to_lowercase();
    ["seo", "search engine optim", "backlink", "serp"].iter().any(|word| text.contains(word))
}

/// Classes and purposes of the tags that crawler-user-agents and well-known-bots use.
fn of_tag(tag: &str) -> (&'static str, Option<&'static str>) {
    match tag {
        "search-engine" => ("searchCrawler", Some("search")),
        "ai-crawler" | "ai" => ("aiBot", Some("training")),
        "monitoring" | "monitor" => ("bot", Some("monitoring")),
        "social-preview" | "preview" | "social" => ("bot", Some("preview")),
        "feed-reader" | "feedfetcher" => ("bot", Some("feed")),
        "seo" | "optimizer" => ("bot", Some("seo")),
        "advertising" | "programmatic" => ("bot", Some("advertising")),
        "archiver" | "archive" => ("bot", Some("archive")),
        "academic" => ("bot", Some("research")),
        "scanner" => ("attackTool", Some("security")),
        "http-library" | "tool" => ("library", None),
        "browser-automation" => ("headless", None),
        _ => ("bot", None),
    }
}

/// Writes a list; what an earlier list took is left out.
fn catalogue(drawn: Vec<Drawn>, origin: &str, source: &Source, taken: &mut BTreeSet<String>) -> String {
    let mut text = format!(
        "# Written by `cargo run -p xtask -- agents`; do not edit.\nsource = {origin:?}\nlicence = {:?}\nagents = [\n",
        source.licence
    );
    // Where a token counts, and a dot that a version left behind, are no part of the name: `Code/1.` is `Code/1`.
    let name = |token: &str| token.trim_matches(['^', '/', '=', '.']).to_lowercase();
    let skip: BTreeSet<String> = source.skip.iter().map(|token| name(token)).collect();
    for entry in drawn {
        let tokens: Vec<String> = entry
            .tokens
            .into_iter()
            .filter(|token| {
                let name = name(token);
                pattern::is_telling(token) && !skip.contains(&name) && taken.insert(name)
            })
            .collect();
        if tokens.is_empty() {
            continue;
        }
        let _ = write!(text, "  {{ class = {:?}", entry.class);
        if let Some(purpose) = entry.purpose {
            let _ = write!(text, ", purpose = {purpose:?}");
        }
        let _ = write!(text, ", tokens = {tokens:?}");
        if let Some(docs) = entry.docs {
            let _ = write!(text, ", docs = {docs:?}");
        }
        text.push_str(" },\n");
    }
    text.push_str("]\n");
    text
}

/// Families by the name the list gives them.
const FAMILIES: [(&str, &str); 6] = [
    ("chrome", "Chrome"),
    ("edge", "Edge"),
    ("firefox", "Firefox"),
    ("opera", "Opera"),
    ("safari", "Safari"),
    ("samsunginternet_android", "Samsung Internet"),
];

fn releases(text: &str, origin: &str, licence: &str) -> Result<String> {
    let json: Value = serde_json::from_str(text)?;
    let mut out = format!(
        "# When browser versions were released, for the age of a version at the time of a request.\n\
         # Written by `cargo run -p xtask -- agents`; do not edit.\nsource = {origin:?}\nlicence = {licence:?}\n"
    );
    for (key, family) in FAMILIES {
        let mut dates: BTreeMap<u32, &str> = BTreeMap::new();
        let releases = json["browsers"][key]["releases"].as_object().with_context(|| format!("no {key}"))?;
        for (version, release) in releases {
            let major = version.split('.').next().unwrap_or_default().parse();
            let released = matches!(release["status"].as_str(), Some("current" | "retired" | "esr"));
            if let (Ok(major), Some(date), true) = (major, release["release_date"].as_str(), released) {
                let first = dates.entry(major).or_insert(date);
                *first = date.min(*first);
            }
        }
        let _ = write!(out, "\n[families.{family:?}]\n");
        for (major, date) in dates {
            let _ = writeln!(out, "{major} = {date:?}");
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_that_is_listed_has_a_format() {
        let sources: Sources = toml::from_str(include_str!("../../data/agents/sources.toml")).unwrap();
        let releases = |source: &&Source| matches!(source.format, Format::Releases);
        assert_eq!(sources.source.iter().filter(releases).count(), 1);
        assert!(sources.source.len() > 1, "the others name agents");
        let odd = "[[source]]\nname = 'a'\nlicence = 'MIT'\nformat = 'odd'\nfile = 'a'\n";
        assert!(toml::from_str::<Sources>(odd).is_err());
    }

    #[test]
    fn only_bots_are_drawn_of_a_file_of_browsers() {
        let text = "# Browsers\n- regex: '(Chrome)/'\n# Bots\n- regex: '(Examplebot)/'\n# Bots General matcher\n- regex: 'bot'";
        let drawn = draw(AgentFormat::UapCore, text).unwrap();
        assert_eq!(drawn.iter().map(|one| one.tokens.join(" ")).collect::<Vec<_>>(), ["Examplebot/"]);
        let lines = draw(AgentFormat::Lines, "# tools\n\nsqlmap\n").unwrap();
        assert_eq!(lines.iter().map(|one| one.tokens.join(" ")).collect::<Vec<_>>(), ["sqlmap"]);
    }
}
