//! What must hold of the learned model that ships (`data/model/learned.json`): read as an edge reads it, and its
//! points as they stand in the file.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use edgeward::risk::{Model, Setting};
use edgeward::signal::CATALOGUE;
use serde_json::Value;

const LEARNED: &str = include_str!("../data/model/learned.json");

/// The points of one card, as they stand in the file.
struct Points(Value);

impl Points {
    /// The cards of both settings.
    fn learned() -> [Self; 2] {
        let file: Value = serde_json::from_str(LEARNED).unwrap();
        ["standard", "hardened"].map(|setting| Self(file[setting].clone()))
    }

    /// A bin that is left out is worth nothing.
    fn of(&self, signal: &str, bin: &str) -> i64 {
        assert!(Self::bins(signal).contains(&bin), "{signal} {bin}");
        self.0["signals"][signal].get(bin).map_or(0, |points| points.as_i64().unwrap())
    }

    fn bins(signal: &str) -> &'static [&'static str] {
        CATALOGUE.iter().find(|(name, _)| *name == signal).unwrap().1
    }
}

#[test]
fn an_edge_reads_it_in_both_settings() {
    for setting in [Setting::Standard, Setting::Hardened] {
        assert!(Model::parse(LEARNED, setting).unwrap().id().starts_with("learned"));
    }
    assert!(LEARNED.len() <= 8_000, "{} bytes", LEARNED.len());
}

#[test]
fn honesty_is_never_punished() {
    Points::learned().iter().for_each(honest);
}

/// What a client says of itself adds up over these signals: what one says and another leaves out must not make the
/// second cheaper.
fn honest(points: &Points) {
    let client = |class, claims| points.of("agentClass", class) + points.of("claims", claims);
    for class in Points::bins("agentClass") {
        let [verified, honest, contradictory] =
            ["verified", "consistent", "contradictory"].map(|claims| client(class, claims));
        assert!(verified <= honest && honest <= contradictory, "{class}");
        assert!(client("missing", "consistent") <= contradictory, "{class}: a contradiction is cheaper");
    }
    // As new as the profile's length makes any client, of a system as new, of the oldest version: what `Signals` reads
    // where nothing is said.
    for novelty in ["early", "new", "strange"] {
        let silent = client("missing", "consistent")
            + points.of("agent", novelty)
            + points.of("system", novelty)
            + points.of("release", "old")
            + points.of("version", "older");
        for class in ["browser", "app", "searchCrawler", "aiBot", "bot", "library"] {
            for agent in ["distinctive", "known", novelty] {
                for system in ["distinctive", "known", "absent", novelty] {
                    for release in Points::bins("release") {
                        for version in Points::bins("version") {
                            let said = client(class, "consistent")
                                + points.of("agent", agent)
                                + points.of("system", system)
                                + points.of("release", release)
                                + points.of("version", version);
                            let what = format!("{class} {agent} {system} {release} {version}");
                            assert!(said <= silent, "{what}: silence is cheaper than honesty");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn leaving_the_user_agent_out_never_lowers_a_score() {
    let agents = [
        "Mozilla/5.0 (X11; Linux x86_64; rv:100.0) Gecko/20100101 Firefox/100.0",
        "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
        "MyApplication/3.1 CFNetwork/1410.1 Darwin/22.6.0",
        "curl/8.5.0",
    ];
    for count in [1, 3, 9, 40] {
        for known in [vec![], vec!["Firefox/linux/140"], vec!["Chrome/windows/141", "Safari/iOS/18"]] {
            let request = |headers: Value| {
                serde_json::json!({
                    "time": 1_790_000_000_000_i64, "principal": {"kind": "user", "id": "u"},
                    "client": {"asn": 64500, "country": "NO"}, "http": {"headers": headers},
                    "profile": {"count": count, "asns": [64500], "agents": known, "systems": ["X11; Linux x86_64"]},
                })
            };
            for setting in [Setting::Standard, Setting::Hardened] {
                for silent in [serde_json::json!([]), serde_json::json!([["user-agent", " "]])] {
                    let silent = score(&request(silent), setting);
                    for agent in agents {
                        let said = score(&request(serde_json::json!([["user-agent", agent]])), setting);
                        assert!(said <= silent, "{agent}, {known:?} in {count}: {said} and {silent}");
                    }
                }
            }
        }
    }
}

#[test]
fn what_a_thief_can_copy_relieves_little() {
    // Relief caps by how copyable a signal is, in natural units: copyable 0.7, half copyable 1.4, network 2.1, possession 2.8.
    Points::learned().iter().for_each(capped);
}

fn capped(points: &Points) {
    let most = |signal: &str| Points::bins(signal).iter().map(|bin| points.of(signal, bin)).min().unwrap();
    let capped = [
        (
            &[
                "agent",
                "hour",
                "sessionAgent",
                "tokenAge",
                "platformBot",
                "travel",
                "release",
                "system",
                "version",
            ][..],
            65,
        ),
        (
            &["country", "city", "tls", "sessionCountry", "sessionTls", "network", "claims", "roundTrip"][..],
            130,
        ),
        (&["address", "asn", "sessionAsn", "exit", "device"][..], 194),
        (&["possession", "deviceAndPlace"][..], 259),
        (&["agentClass", "userFailures", "addressUsers"][..], 0),
    ];
    let signals: usize = capped.iter().map(|(signals, _)| signals.len()).sum();
    assert_eq!(signals, CATALOGUE.len(), "every signal has its cap");
    for (signals, cap) in capped {
        for signal in signals {
            assert!(most(signal) >= -cap, "{signal} relieves by {}", most(signal));
        }
    }
}

#[test]
fn what_is_not_known_is_worth_nothing_and_novelty_is_never_a_relief() {
    Points::learned().iter().for_each(known);
}

fn known(points: &Points) {
    for (signal, bins) in CATALOGUE {
        for unknown in ["absent", "unknown", "unbound", "noProfile", "bound", "anonymous", "intermediary"] {
            if bins.contains(&unknown) {
                assert_eq!(points.of(signal, unknown), 0, "{signal}");
            }
        }
        if bins.contains(&"strange") {
            let steps = ["known", "early", "new", "strange"].map(|bin| points.of(signal, bin));
            assert!(steps.is_sorted() && steps[0] <= 0 && steps[1] >= 0, "{signal} {steps:?}");
            if bins.contains(&"distinctive") {
                assert!(points.of(signal, "distinctive") <= steps[0], "{signal}: what few have proves more");
            }
        }
    }
    // Where the direction is known, the points follow it through every bin.
    let ascending: [(&str, &[&str]); 11] = [
        ("address", &["known", "bound", "near", "early", "new", "strange"]),
        ("hour", &["habitual", "usual", "occasional", "unusual", "odd"]),
        ("roundTrip", &["quick", "short", "brisk", "moderate", "usual", "slow", "long", "immediate"]),
        ("travel", &["near", "unknown", "plausible", "flight", "impossible"]),
        ("claims", &["verified", "consistent", "stale", "incomplete", "contradictory"]),
        ("release", &["current", "behind", "old"]),
        ("version", &["newer", "same", "unknown", "older"]),
        ("platformBot", &["human", "absent", "likely", "automated"]),
        ("userFailures", &["none", "one", "two", "several", "many"]),
        ("addressUsers", &["few", "some", "many"]),
        ("possession", &["deviceCookie", "delegate", "noCookie", "forkedCookie"]),
    ];
    for (signal, bins) in ascending {
        assert!(bins.is_sorted_by_key(|bin| points.of(signal, bin)), "{signal}");
    }
    for signal in ["sessionAsn", "sessionCountry", "sessionAgent", "sessionTls"] {
        assert!(["same", "unbound", "changed"].is_sorted_by_key(|bin| points.of(signal, bin)), "{signal}");
    }
    assert!(points.of("possession", "forkedCookie") >= points.of("possession", "noCookie"));
}

/// Score of a request by the learned model.
fn score(request: &Value, setting: Setting) -> i32 {
    let text = request.to_string();
    let request: edgeward::Request<'_> = serde_json::from_str(&text).unwrap();
    let agent = edgeward::agent::classify(&request);
    let signals = edgeward::signal::Signals::read(
        &request,
        &agent,
        &edgeward::identifier::Identifiers::plain(),
        &edgeward::signal::Population::default(),
    );
    edgeward::risk::score(&Model::parse(LEARNED, setting).unwrap(), &signals, &[], None).score
}

#[test]
fn what_can_not_be_never_scores_below_what_is_not_known() {
    let base = serde_json::json!({
        "time": 1_790_000_000_000_i64, "principal": {"kind": "user", "id": "u"},
        "client": {"asn": 64500, "country": "NO", "latitude": 59.9, "longitude": 10.7},
        "session": {"binding": {"asn": 64500, "country": "NO"}},
        "profile": {"count": 9, "asns": [64500], "countries": ["NO"]},
    });
    // Each: the member at fault, and what it says.
    let impossible = [
        ("/session/establishedAt", serde_json::json!(1_890_000_000_000_i64)),
        ("/session/authTime", serde_json::json!(i64::MAX)),
        (
            "/profile/last",
            serde_json::json!({"time": i64::MAX, "latitudeE6": 59_900_000, "longitudeE6": 10_700_000}),
        ),
        (
            "/profile/last",
            serde_json::json!({"time": i64::MIN, "latitudeE6": i32::MAX, "longitudeE6": i32::MIN}),
        ),
        ("/profile/hours", serde_json::json!([u32::MAX, 0, 0, 0, 0, 0, 0, 0])),
        ("/profile/hours", serde_json::json!([9])),
        ("/velocity", serde_json::json!({"userFailures1h": u32::MAX, "ipUsers1h": u32::MAX})),
        ("/transport", serde_json::json!({"rttMs": u32::MAX})),
        ("/platformBot", serde_json::json!({"score": 0})),
        ("/tls", serde_json::json!({"ja4": ""})),
    ];
    for setting in [Setting::Standard, Setting::Hardened] {
        let unknown = score(&base, setting);
        for (path, value) in &impossible {
            let mut request = base.clone();
            let (parent, member) = path.rsplit_once('/').unwrap();
            request.pointer_mut(parent).unwrap()[member] = value.clone();
            assert!(score(&request, setting) >= unknown, "{path} {value}");
        }
    }
    for refused in [
        r#"{"client":{"latitude":91e99}}"#,
        r#"{"client":{"latitude":90.1}}"#,
        r#"{"client":{"latitude":-91}}"#,
        r#"{"client":{"longitude":181}}"#,
        r#"{"time":NaN}"#,
    ] {
        assert!(serde_json::from_str::<edgeward::Request<'_>>(refused).is_err(), "{refused}");
    }
}
