//! What a risk score is made of, in words: `data/model/words.json`, which the edge's module does without.

use std::collections::BTreeMap;

use edgeward::risk::Risk;
use serde::Serialize;

/// A sentence for each bin of each signal.
pub struct Words(BTreeMap<String, BTreeMap<String, String>>);

/// A part of a score.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Part<'w> {
    /// Points, in 1/64 bit of log-odds; positive is riskier.
    pub points: i32,
    /// What they are for.
    pub text: &'w str,
}

impl Words {
    /// The sentences that ship.
    pub fn load() -> Result<Self, String> {
        serde_json::from_str(include_str!("../../../data/model/words.json"))
            .map(Self)
            .map_err(|why| why.to_string())
    }

    fn of(&self, signal: &str, bin: &str) -> Option<&str> {
        Some(self.0.get(signal)?.get(bin)?)
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
            assert_eq!(words.0.get(*signal).unwrap().len(), bins.len(), "{signal}");
        }
        assert_eq!(words.0.len(), CATALOGUE.len());
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
