//! The model file: what the laboratory learned, in the form the engine reads.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use edgeward::risk::{Model, Setting};
use edgeward::signal::CATALOGUE;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::calibration::Calibration;
use crate::network::Networks;
use crate::population::Everybody;
use crate::rarity::Rarities;
use crate::scorecard::Scorecard;

/// Share of attacks the probabilities are stated at.
pub const PREVALENCE: f64 = 0.01;

/// Longest name of a model, bytes: every decision and every receipt states it.
pub const ID_LIMIT: usize = 64;

/// Names of the settings, as models write them.
pub const SETTINGS: [&str; 2] = ["standard", "hardened"];

/// Points of a bin, and between what they may still be once what is not known is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Points {
    points: i32,
    low: i32,
    high: i32,
}

/// The scorecard of one setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    points: Vec<Vec<Points>>,
    /// Probabilities.
    pub calibration: Calibration,
    /// Least scores of the levels low, medium and high.
    pub levels: [i32; 3],
    /// Highest score allowed and lowest stopped.
    pub band: Option<(i32, i32)>,
}

impl Card {
    /// A scorecard of which nothing is calibrated yet.
    #[must_use]
    pub fn uncalibrated(card: &Scorecard) -> Self {
        let whole = |points: &i32| Points { points: *points, low: *points, high: *points };
        let calibration = Calibration::none(PREVALENCE);
        let points = card.points.iter().map(|bins| bins.iter().map(whole).collect()).collect();
        Self { points, levels: calibration.levels(), calibration, band: None }
    }

    /// Its points.
    #[must_use]
    pub fn scorecard(&self) -> Scorecard {
        let points = self.points.iter().map(|bins| bins.iter().map(|bin| bin.points).collect()).collect();
        Scorecard { points }
    }
}

/// A model file.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFile {
    /// Name.
    pub id: String,
    /// Where its points come from.
    pub origin: String,
    /// For people.
    pub notes: Vec<String>,
    /// What it rests on.
    pub evidence: Value,
    /// SHA-256 of the events its points were learned from, in hexadecimal.
    pub training_digest: Option<String>,
    /// When it is no longer to be relied on, milliseconds since the Unix epoch.
    pub expires: Option<i64>,
    /// What it knows of everybody.
    pub everybody: Everybody,
    /// By setting; the second may be left out.
    pub cards: BTreeMap<String, Card>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FileJson {
    id: String,
    origin: String,
    #[serde(default)]
    notes: Vec<String>,
    #[serde(default)]
    evidence: Value,
    training_digest: Option<String>,
    expires: Option<i64>,
    #[serde(default)]
    rarity: Rarities,
    #[serde(default)]
    networks: Networks,
    standard: CardJson,
    hardened: Option<CardJson>,
}

#[derive(Deserialize)]
struct CardJson {
    calibration: Vec<KnotJson>,
    levels: LevelsJson,
    band: Option<BandJson>,
    signals: BTreeMap<String, BTreeMap<String, PointsJson>>,
}

#[derive(Deserialize)]
struct KnotJson {
    score: i32,
    points: i32,
}

#[derive(Deserialize)]
struct LevelsJson {
    low: i32,
    medium: i32,
    high: i32,
}

#[derive(Deserialize)]
struct BandJson {
    allow: i32,
    block: i32,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PointsJson {
    Known(i32),
    Open { points: i32, low: i32, high: i32 },
}

impl From<CardJson> for Card {
    fn from(json: CardJson) -> Self {
        let points = |signal: &str, bin: &str| match json.signals.get(signal).and_then(|bins| bins.get(bin)) {
            None => Points { points: 0, low: 0, high: 0 },
            Some(PointsJson::Known(points)) => Points { points: *points, low: *points, high: *points },
            Some(PointsJson::Open { points, low, high }) => {
                Points { points: *points, low: *low, high: *high }
            }
        };
        Self {
            points: CATALOGUE
                .iter()
                .map(|(signal, bins)| bins.iter().map(|bin| points(signal, bin)).collect())
                .collect(),
            calibration: Calibration {
                knots: json.calibration.iter().map(|knot| (knot.score, knot.points)).collect(),
            },
            levels: [json.levels.low, json.levels.medium, json.levels.high],
            band: json.band.map(|band| (band.allow, band.block)),
        }
    }
}

impl ModelFile {
    /// Checks a name.
    ///
    /// # Errors
    /// Why it is none, for people.
    pub fn check_id(id: &str) -> Result<(), String> {
        match id.len() {
            0 => Err("is empty".to_owned()),
            1..=ID_LIMIT => Ok(()),
            length => Err(format!("is {length} bytes long; {ID_LIMIT} is the limit")),
        }
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// What is wrong with the file, by path.
    pub fn read(text: &str) -> Result<Self, String> {
        Model::parse(text, Setting::Standard).map_err(|why| why.to_string())?;
        let file: FileJson = serde_json::from_str(text).map_err(|why| why.to_string())?;
        Self::check_id(&file.id).map_err(|why| format!("id: {why}"))?;
        let hardened = file.hardened.map(Card::from);
        let cards = SETTINGS.into_iter().zip([Some(Card::from(file.standard)), hardened]);
        Ok(Self {
            id: file.id,
            origin: file.origin,
            notes: file.notes,
            evidence: file.evidence,
            training_digest: file.training_digest,
            expires: file.expires,
            everybody: Everybody { rarity: file.rarity, networks: file.networks },
            cards: cards.filter_map(|(name, card)| Some((name.to_owned(), card?))).collect(),
        })
    }

    /// The file: one signal per line, members in order. A bin worth nothing is left out.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = String::from("{\n  \"schema\": 1,\n");
        let members = [
            ("id", Some(json!(self.id))),
            ("origin", Some(json!(self.origin))),
            ("notes", Some(json!(self.notes))),
            ("evidence", Some(self.evidence.clone())),
            ("trainingDigest", self.training_digest.as_ref().map(|digest| json!(digest))),
            ("expires", self.expires.map(|expires| json!(expires))),
            ("rarity", (!self.everybody.rarity.is_empty()).then(|| json!(self.everybody.rarity))),
            ("networks", (!self.everybody.networks.is_empty()).then(|| json!(self.everybody.networks))),
        ];
        for (name, value) in members.into_iter().filter_map(|(name, value)| Some((name, value?))) {
            let _ = writeln!(text, "  \"{name}\": {value},");
        }
        let cards = SETTINGS.iter().filter_map(|name| Some((name, self.cards.get(*name)?)));
        let cards: Vec<String> =
            cards.map(|(name, card)| format!("  \"{name}\": {}", card.to_json())).collect();
        let _ = writeln!(text, "{}\n}}", cards.join(",\n"));
        text
    }
}

impl Card {
    fn to_json(&self) -> String {
        let [low, medium, high] = self.levels;
        let knots: Vec<String> = self
            .calibration
            .knots
            .iter()
            .map(|(score, points)| format!("{{\"score\":{score},\"points\":{points}}}"))
            .collect();
        let mut text = format!("{{\n    \"calibration\": [{}],\n", knots.join(","));
        let _ =
            writeln!(text, "    \"levels\": {{ \"low\": {low}, \"medium\": {medium}, \"high\": {high} }},");
        if let Some((allow, block)) = self.band {
            let _ = writeln!(text, "    \"band\": {{ \"allow\": {allow}, \"block\": {block} }},");
        }
        text.push_str("    \"signals\": {\n");
        let signals: Vec<String> = CATALOGUE
            .iter()
            .zip(&self.points)
            .map(|((signal, bins), points)| {
                let all: Vec<(&&str, &Points)> = bins.iter().zip(points).collect();
                let counts =
                    |(_, points): &&(&&str, &Points)| (points.points, points.low, points.high) != (0, 0, 0);
                let mut stated: Vec<_> = all.iter().filter(counts).collect();
                if stated.is_empty() {
                    stated.extend(all.first());
                }
                let stated: Vec<String> = stated.iter().map(|(bin, points)| points.to_json(bin)).collect();
                format!("      \"{signal}\": {{ {} }}", stated.join(", "))
            })
            .collect();
        let _ = write!(text, "{}\n    }}\n  }}", signals.join(",\n"));
        text
    }
}

impl Points {
    fn to_json(self, bin: &str) -> String {
        let Self { points, low, high } = self;
        if (low, high) == (points, points) {
            format!("\"{bin}\": {points}")
        } else {
            format!("\"{bin}\": {{ \"points\": {points}, \"low\": {low}, \"high\": {high} }}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let priors = ModelFile::read(include_str!("../../data/model/priors.json")).unwrap();
        assert_eq!(ModelFile::read(&priors.to_json()).unwrap(), priors);
        let learned = ModelFile::read(include_str!("../../data/model/learned.json")).unwrap();
        assert_eq!(learned.to_json(), include_str!("../../data/model/learned.json"));
        assert!(ModelFile::read("{}").unwrap_err().contains("schema"));
        // The engine refuses an empty one itself.
        assert!(ModelFile::check_id("").is_err());
        for (length, told) in [(64, Ok(())), (65, Err("id: is 65 bytes long; 64 is the limit"))] {
            let named = ModelFile { id: "m".repeat(length), ..priors.clone() }.to_json();
            assert_eq!(ModelFile::read(&named).map(drop), told.map_err(str::to_owned));
        }
    }

    #[test]
    fn nothing_an_edge_reads_is_lost() {
        let mut file: Value = serde_json::from_str(include_str!("../../data/model/priors.json")).unwrap();
        file["expires"] = json!(1_790_000_000_000_i64);
        file["trainingDigest"] = json!("ab".repeat(32));
        let written = ModelFile::read(&file.to_string()).unwrap().to_json();
        let back: Value = serde_json::from_str(&written).unwrap();
        assert_eq!((&back["expires"], &back["trainingDigest"]), (&file["expires"], &file["trainingDigest"]));
        for setting in [Setting::Standard, Setting::Hardened] {
            assert_eq!(Model::parse(&written, setting), Model::parse(&file.to_string(), setting));
        }
    }
}
