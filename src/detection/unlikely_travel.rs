//! `unlikelyTravel`: a flight away from where the principal was last seen, in a network or country new to them.
//!
//! Most who do this are on holiday. So its level is none: it tells a person who looks into it how the distance and the time
//! go together, and raises nobody's risk. Known false positives: every first flight to a place. Relays, VPNs and
//! corporate egress are not judged at all (`signal::travel`).

use super::{Detection, DetectionKind, Observed, impossible_travel};
use crate::risk::RiskLevel;
use crate::signal::Travel;

/// Sign-ins before a place can be atypical: Entra learns fourteen days or ten of them.
const LEARNED: u32 = 10;

pub(super) fn detect<'r>(observed: Observed<'r, '_>) -> Option<Detection<'r>> {
    observed.request.profile.as_ref().filter(|profile| profile.count >= LEARNED)?;
    let history = &observed.signals.history;
    if !history.asn.is_new() && !history.country.is_new() {
        return None;
    }
    let evidence = impossible_travel::journey(observed, Travel::Flight)?;
    Some(Detection { kind: DetectionKind::UnlikelyTravel, level: RiskLevel::None, evidence })
}

#[cfg(test)]
mod tests {
    use super::super::tests::level_of;
    use super::*;

    fn sydney(hours: i64, count: u32, countries: &str) -> Option<RiskLevel> {
        let time = 1_790_000_000_000 + hours * 3_600_000;
        level_of(
            DetectionKind::UnlikelyTravel,
            &format!(
                r#"{{"time":{time},"client":{{"latitude":-33.87,"longitude":151.21,"country":"AU"}},
                    "profile":{{"count":{count},"countries":{countries},
                        "last":{{"time":1790000000000,"latitudeE6":59913900,"longitudeE6":10752200}}}}}}"#
            ),
        )
    }

    #[test]
    fn a_flight_to_a_new_country_is_told_and_not_held_against_anyone() {
        assert_eq!(sydney(30, 10, r#"["NO"]"#), Some(RiskLevel::None));
    }

    #[test]
    fn nothing_is_told_of_who_goes_where_they_went_before_or_by_land_or_is_new() {
        assert_eq!(sydney(30, 10, r#"["NO","AU"]"#), None);
        assert_eq!(sydney(300, 10, r#"["NO"]"#), None);
        assert_eq!(sydney(30, 9, r#"["NO"]"#), None);
        assert_eq!(sydney(1, 10, r#"["NO"]"#), None, "that is impossible travel");
    }
}
