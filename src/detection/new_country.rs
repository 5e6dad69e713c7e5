//! `newCountry`: a country the principal was never seen in.
//!
//! Known false positives: every first trip abroad, which is why it is low on its own.

use super::{Detection, DetectionKind, Evidence, Observed};
use crate::risk::RiskLevel;

/// Sign-ins before novelty means anything: with fewer, most things are new.
pub(super) const LEARNED: u32 = 3;

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    let profile = observed.request.profile.as_ref().filter(|profile| profile.count >= LEARNED)?;
    if !observed.signals.history.country.is_new() {
        return None;
    }
    let evidence = Evidence::default()
        .text("country", observed.request.client.country.as_deref())
        .number("signInsSeen", profile.count);
    Some(Detection { kind: DetectionKind::NewCountry, level: RiskLevel::Low, evidence })
}

#[cfg(test)]
mod tests {
    use super::super::tests::detected;
    use super::*;

    fn from(country: &str, count: u32) -> Vec<(DetectionKind, RiskLevel)> {
        detected(&format!(
            r#"{{"client":{{"country":"{country}"}},"profile":{{"count":{count},"countries":["NO","SE"]}}}}"#
        ))
    }

    #[test]
    fn only_a_learned_profile_knows_what_is_new() {
        assert_eq!(from("BR", 3), [(DetectionKind::NewCountry, RiskLevel::Low)]);
        assert_eq!(from("BR", 2), []);
        assert_eq!(from("SE", 30), []);
    }
}
