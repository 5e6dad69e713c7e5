//! What the scorer's own memory of an identity says about one request: the engine's history detections, run on
//! the profile that only the scorer has.

use std::borrow::Cow;
use std::net::IpAddr;

use edgeward::agent;
use edgeward::assess::{ReportedDetection, Subject};
use edgeward::detection::{self, DetectionKind, Observed};
use edgeward::identifier::{AddressPrefix, Identifiers};
use edgeward::profile::{Profile, Sighting};
use edgeward::request::{Client, Device, Principal, Request};
use edgeward::signal::{Familiarity, Population, Signals};

use crate::store::Habit;

/// Findings that rest on history alone. The others rest on what only the edge saw, and it reports them.
const FROM_HISTORY: [DetectionKind; 5] = [
    DetectionKind::ImpossibleTravel,
    DetectionKind::NewCountry,
    DetectionKind::UnfamiliarFeatures,
    DetectionKind::UnlikelyTravel,
    DetectionKind::SuspiciousSignIns,
];

/// What history says against a request. Ids are hashed on both sides, or on neither, so they compare as they are.
#[must_use]
pub fn detect(about: &Subject<'_>, profile: Option<&Profile<'_>>) -> Vec<ReportedDetection> {
    let request = Request {
        time: about.time,
        client: Client {
            asn: about.asn,
            country: about.country.clone(),
            latitude: about.latitude_e6,
            longitude: about.longitude_e6,
            ..Client::default()
        },
        principal: Principal {
            kind: about.principal_kind,
            id: about.principal.clone(),
            ..Principal::default()
        },
        device: Device { device_id: about.device.clone(), ..Device::default() },
        profile: profile.cloned(),
        ..Request::default()
    };
    let agent = agent::classify(&request);
    let mut signals = Signals::read(&request, &agent, &Identifiers::plain(), &Population::default());
    // The edge sent the key of the client it classified; there are no headers here to classify again.
    signals.history.agent = match (profile.filter(|profile| profile.count > 0), &about.agent) {
        (_, None) => Familiarity::Absent,
        (None, Some(_)) => Familiarity::NoProfile,
        (Some(profile), Some(key)) if profile.agents.contains(key) => Familiarity::Known,
        (Some(_), Some(_)) => Familiarity::New,
    };
    detection::detect(Observed { request: &request, agent: &agent, signals: &signals })
        .into_iter()
        .filter(|found| FROM_HISTORY.contains(&found.kind))
        .map(|found| ReportedDetection { kind: found.kind, level: found.level })
        .collect()
}

/// Whether the principal was seen on that network before.
#[must_use]
pub fn is_familiar_network(about: &Subject<'_>, profile: Option<&Profile<'_>>) -> bool {
    about.asn.zip(profile).is_some_and(|(asn, profile)| profile.asns.contains(&asn))
}

/// What one request teaches about its principal's habits.
#[must_use]
pub fn habit<'a>(about: &'a Subject<'_>, time: i64) -> Habit<'a> {
    Habit {
        time,
        session: about.session.as_deref(),
        asn: about.asn,
        country: about.country.as_deref(),
        agent: about.agent.as_deref(),
        tls: about.tls.as_deref(),
        network: about.address.as_deref().map(network),
        device: about.device.as_deref(),
        place: about.latitude_e6.zip(about.longitude_e6).map(|(latitude_e6, longitude_e6)| Sighting {
            time,
            latitude_e6,
            longitude_e6,
        }),
    }
}

/// The network of an address, written as profiles name it. Edges may be set to send addresses whole.
fn network(address: &str) -> Cow<'_, str> {
    address.parse().map_or(Cow::Borrowed(address), |ip: IpAddr| Cow::Owned(AddressPrefix::of(ip).to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use edgeward::risk::RiskLevel;

    fn profile() -> Profile<'static> {
        serde_json::from_str(
            r#"{"count":9,"asns":[64500],"countries":["NO"],"agents":["Firefox/windows"],"devices":["d1"],
                "last":{"time":1790000000000,"latitudeE6":60000000,"longitudeE6":10500000}}"#,
        )
        .unwrap()
    }

    fn compare(about: &str, profile: Option<&Profile<'_>>) -> Vec<(DetectionKind, RiskLevel)> {
        let about: Subject<'_> = serde_json::from_str(about).unwrap();
        detect(&about, profile).iter().map(|found| (found.kind, found.level)).collect()
    }

    #[test]
    fn home_is_familiar_and_says_nothing() {
        let home = r#"{"time":1790000100000,"principalKind":"user","principal":"u1","asn":64500,"country":"NO",
                       "agent":"Firefox/windows","device":"d1","latitudeE6":60000000,"longitudeE6":10500000}"#;
        assert_eq!(compare(home, Some(&profile())), []);
    }

    #[test]
    fn another_continent_in_an_hour_with_everything_new() {
        let away = r#"{"time":1790003600000,"principalKind":"user","principal":"u1","asn":64501,"country":"BR",
                       "agent":"Chrome/linux","latitudeE6":-23500000,"longitudeE6":-46500000}"#;
        let found = compare(away, Some(&profile()));
        assert_eq!(
            found.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(),
            [DetectionKind::ImpossibleTravel, DetectionKind::NewCountry, DetectionKind::UnfamiliarFeatures]
        );
    }

    #[test]
    fn a_new_agent_counts_as_new() {
        let about = |agent: &str| {
            format!(
                r#"{{"principalKind":"user","principal":"u1","asn":64501,"country":"BR","agent":"{agent}"}}"#
            )
        };
        let kinds = |agent: &str| compare(&about(agent), Some(&profile())).len();
        assert_eq!(
            kinds("Firefox/windows"),
            1,
            "two new things: the country is reported, unfamiliarity is not"
        );
        assert_eq!(kinds("Chrome/linux"), 2, "three new things");
    }

    #[test]
    fn a_flight_is_told_and_weighs_nothing() {
        let mut seasoned = profile();
        seasoned.count = 10;
        let abroad = r#"{"time":1790050000000,"principalKind":"user","principal":"u1","asn":64500,"country":"US",
                         "agent":"Firefox/windows","device":"d1","latitudeE6":40500000,"longitudeE6":-74000000}"#;
        assert_eq!(
            compare(abroad, Some(&seasoned)),
            [(DetectionKind::NewCountry, RiskLevel::Low), (DetectionKind::UnlikelyTravel, RiskLevel::None)]
        );
    }

    #[test]
    fn a_service_is_held_to_its_habits_more_closely() {
        let service = |agent: &str| {
            let about = format!(
                r#"{{"principalKind":"workload","principal":"w1","asn":64501,"country":"NO","agent":"{agent}"}}"#
            );
            compare(&about, Some(&profile()))
        };
        assert_eq!(service("curl"), [(DetectionKind::SuspiciousSignIns, RiskLevel::Medium)]);
        assert_eq!(service("Firefox/windows"), []);
    }

    #[test]
    fn without_a_profile_nothing_is_new() {
        let first =
            r#"{"time":1790003600000,"principalKind":"user","principal":"u2","asn":64501,"country":"BR"}"#;
        assert_eq!(compare(first, None), []);
    }
}
