//! `mcasImpossibleTravel`: two places further apart than any aircraft flies in the time between.
//!
//! Known false positives: a phone whose carrier exits in another country, and wrong geolocation. Relays, VPNs
//! and corporate egress are not judged at all (`signal::travel`).

use super::{Detection, DetectionKind, Evidence, Observed};
use crate::risk::RiskLevel;
use crate::signal::Travel;

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    let evidence = journey(observed, Travel::Impossible)?;
    Some(Detection { kind: DetectionKind::ImpossibleTravel, level: RiskLevel::Medium, evidence })
}

/// The journey, if it is as fast as that.
pub(super) fn journey<'r>(observed: Observed<'r, '_>, travel: Travel) -> Option<Evidence<'r>> {
    let journey = observed.signals.journey.filter(|_| observed.signals.travel == travel)?;
    let evidence = Evidence::default()
        .number("kilometres", journey.kilometres)
        .number("seconds", journey.seconds)
        .number("kilometresPerHour", journey.speed());
    Some(evidence)
}

#[cfg(test)]
mod tests {
    use super::super::tests::detected;
    use super::*;

    #[test]
    fn oslo_to_sydney_in_an_hour() {
        let found = detected(
            r#"{"time":1790003600000,"client":{"latitude":-33.87,"longitude":151.21},
                "profile":{"count":3,"last":{"time":1790000000000,"latitudeE6":59913900,"longitudeE6":10752200}}}"#,
        );
        assert_eq!(found, [(DetectionKind::ImpossibleTravel, RiskLevel::Medium)]);
    }
}
