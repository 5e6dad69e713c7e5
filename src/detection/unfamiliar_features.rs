//! `unfamiliarFeatures`: several properties at once that the principal was never seen with.
//!
//! One new thing is everyday life: a new phone, a new home. Three together are rare for a person and typical
//! for somebody else with the password. Known false positives: moving, changing provider and phone in a week.

use super::new_country::LEARNED;
use super::{Detection, DetectionKind, Evidence, Observed};
use crate::risk::RiskLevel;

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    observed.request.profile.as_ref().filter(|profile| profile.count >= LEARNED)?;
    let history = &observed.signals.history;
    if history.new_count() < 3 {
        return None;
    }
    let dimensions = [
        ("asn", history.asn.is_new()),
        ("country", history.country.is_new()),
        ("agent", history.agent.is_new()),
        ("device", history.device.is_new()),
    ];
    let evidence = Evidence::default().such("new", &dimensions);
    Some(Detection { kind: DetectionKind::UnfamiliarFeatures, level: RiskLevel::Medium, evidence })
}

#[cfg(test)]
mod tests {
    use super::super::tests::detected;
    use super::*;

    #[test]
    fn three_new_things_at_once() {
        let with = |asn: u32| {
            detected(&format!(
                r#"{{"client":{{"asn":{asn},"country":"BR"}},"device":{{"deviceId":"d9"}},
                     "profile":{{"count":9,"asns":[64500],"countries":["NO"],"devices":["d1"]}}}}"#
            ))
        };
        assert!(with(64501).contains(&(DetectionKind::UnfamiliarFeatures, RiskLevel::Medium)));
        assert!(!with(64500).iter().any(|(kind, _)| *kind == DetectionKind::UnfamiliarFeatures));
    }
}
