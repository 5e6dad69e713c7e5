//! What a risk score is made of and what was detected, in words: `data/model/words.json` and `data/detections.json`, which the
//! edge's module does without.

use std::collections::BTreeMap;

use edgeward::detection::{Detection, DetectionKind};
use edgeward::risk::Risk;
use serde::{Deserialize, Serialize};

/// What signals and detections say.
pub struct Words {
    /// A sentence for each bin of each signal.
    signals: BTreeMap<String, BTreeMap<String, String>>,
    detections: BTreeMap<DetectionKind, Meaning>,
}

/// What a detection says.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Meaning {
    means: String,
    innocent_causes: String,
}

/// A part of a score.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Part<'w> {
    /// Points, in 1/64 bit of log-odds; positive is riskier.
    pub points: i32,
    /// What they are for.
    pub text: &'w str,
}

/// A detection made, and what it says.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Note<'w> {
    /// Its name.
    detection: DetectionKind,
    #[serde(flatten)]
    meaning: &'w Meaning,
}

impl Words {
    /// The sentences that ship.
    pub fn load() -> Result<Self, String> {
        let signals = serde_json::from_str(include_str!("../../../data/model/words.json"));
        let detections = serde_json::from_str(include_str!("../../../data/detections.json"));
        signals
            .and_then(|signals| Ok(Self { signals, detections: detections? }))
            .map_err(|why| why.to_string())
    }

    fn of(&self, signal: &str, bin: &str) -> Option<&str> {
        Some(self.signals.get(signal)?.get(bin)?)
    }

    /// What was detected, in the order of the decision.
    pub fn notes(&self, detections: &[Detection<'_>]) -> Vec<Note<'_>> {
        let note = |kind| Some(Note { detection: kind, meaning: self.detections.get(&kind)? });
        detections.iter().filter_map(|found| note(found.kind)).collect()
    }

    /// The parts of a score, the heaviest first.
    pub fn explain(&self, risk: &Risk) -> Vec<Part<'_>> {
        let mut parts: Vec<_> = risk
            .contributions
            .iter()
            .filter_map(|part| Some(Part { points: part.points, text: self.of(part.signal, part.bin)? }))
            .collect();
        parts.sort_by_key(|part| std::cmp::Reverse(part.points.unsigned_abs()));
        parts
    }
}

#[cfg(test)]
mod tests {
    use edgeward::signal::CATALOGUE;

    use super::*;

    #[test]
    fn every_bin_has_a_sentence_and_no_other_has() {
        let words = Words::load().unwrap();
        for (signal, bins) in CATALOGUE {
            for bin in *bins {
                let text = words.of(signal, bin).unwrap_or_else(|| panic!("{signal}: {bin}"));
                assert!(text.ends_with('.') && text.len() > 10, "{signal}: {bin}");
            }
            assert_eq!(words.signals.get(*signal).unwrap().len(), bins.len(), "{signal}");
        }
        assert_eq!(words.signals.len(), CATALOGUE.len());
    }

    #[test]
    fn every_detection_has_its_sentences() {
        let words = Words::load().unwrap();
        for kind in DetectionKind::ALL {
            let meaning = words.detections.get(kind).unwrap_or_else(|| panic!("{}", kind.name()));
            assert!(
                meaning.means.ends_with('.') && meaning.innocent_causes.ends_with('.'),
                "{}",
                kind.name()
            );
        }
    }

    #[test]
    fn the_heaviest_part_comes_first() {
        let request = serde_json::from_str(
            r#"{"principal":{"kind":"user"},"http":{"headers":[["user-agent","sqlmap/1.8"]]},"client":{"proxy":"corporate"}}"#,
        )
        .unwrap();
        let bundle = br#"{"schema":1,"version":"1","policies":[]}"#;
        let engine =
            edgeward::Engine::new(edgeward::bundle::Bundle::unsigned(bundle).unwrap(), Default::default())
                .unwrap();
        let words = Words::load().unwrap();
        let parts = words.explain(&engine.decide(&request).risk);
        assert_eq!(parts.first().unwrap().text, "The client is an attack tool.");
        assert!(parts.is_sorted_by_key(|part| std::cmp::Reverse(part.points.unsigned_abs())));
    }
}
