//! `unlikelyTravel`: no faster than an aircraft, but to a country where the principal was never seen.
//!
//! Known false positives: whoever flies abroad for the first time, which is why it is low. A flight home, or to where
//! the principal has been, is not told.

use super::new_country::LEARNED;
use super::{Detection, DetectionKind, Evidence, Observed};
use crate::risk::RiskLevel;
use crate::signal::Travel;

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    observed.request.profile.as_ref().filter(|profile| profile.count >= LEARNED)?;
    let signals = observed.signals;
    let journey = signals.journey.filter(|_| signals.travel == Travel::Flight)?;
    if !signals.history.country.is_new() {
        return None;
    }
    let evidence = Evidence::default()
        .number("kilometres", journey.kilometres)
        .number("seconds", journey.seconds)
        .text("country", observed.request.client.country.as_deref());
    Some(Detection { kind: DetectionKind::UnlikelyTravel, level: RiskLevel::Low, evidence })
}

#[cfg(test)]
mod tests {
    use super::super::tests::detected;
    use super::*;

    #[test]
    fn a_flight_to_where_the_principal_never_was() {
        // Oslo to Lisbon in five hours.
        let to = |countries: &str| {
            let found = detected(&format!(
                r#"{{"time":1790018000000,"client":{{"latitude":38.72,"longitude":-9.14,"country":"PT"}},
                    "profile":{{"count":9,"countries":{countries},
                        "last":{{"time":1790000000000,"latitudeE6":59913900,"longitudeE6":10752200}}}}}}"#
            ));
            found.contains(&(DetectionKind::UnlikelyTravel, RiskLevel::Low))
        };
        assert!(to(r#"["NO"]"#));
        assert!(!to(r#"["NO","PT"]"#), "a flight home");
    }
}
