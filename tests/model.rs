//! What must hold of the learned model that ships (`data/model/learned.json`): read as an edge reads it, and its
//! points as they stand in the file.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

use edgeward::risk::{Model, Setting};
use edgeward::signal::CATALOGUE;
use serde_json::Value;

const LEARNED: &str = include_str!("../data/model/learned.json");

struct Points(Value);

impl Points {
    fn learned() -> Self {
        Self(serde_json::from_str(LEARNED).unwrap())
    }

    fn of(&self, signal: &str, bin: &str) -> i64 {
        self.0["signals"][signal][bin].as_i64().unwrap()
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
    let bands = &Points::learned().0["bands"];
    assert!(bands["hardened"]["allow"].as_i64() <= bands["standard"]["allow"].as_i64());
}

#[test]
fn honesty_is_never_punished() {
    let points = Points::learned();
    let client = |class, claims| points.of("agentClass", class) + points.of("claims", claims);
    let missing = client("missing", "consistent");
    for class in Points::bins("agentClass") {
        let [verified, honest, contradictory] =
            ["verified", "consistent", "contradictory"].map(|claims| client(class, claims));
        assert!(verified <= honest && honest <= contradictory, "{class}");
        assert!(missing <= contradictory, "{class}: a contradiction is cheaper than silence");
        if ["browser", "app", "searchCrawler", "aiBot", "bot", "library"].contains(class) {
            assert!(honest <= missing, "{class}: silence is cheaper than honesty");
        }
    }
}

#[test]
fn what_a_thief_can_copy_relieves_little() {
    // Relief caps by how copyable a signal is, in natural units: copyable 0.7, half copyable 1.4, network 2.1, possession 2.8.
    let points = Points::learned();
    let most = |signal: &str| Points::bins(signal).iter().map(|bin| points.of(signal, bin)).min().unwrap();
    let capped = [
        (&["agent", "hour", "sessionAgent", "tokenAge", "platformBot", "travel"][..], 65),
        (&["country", "tls", "sessionCountry", "sessionTls", "network", "claims"][..], 130),
        (&["address", "asn", "sessionAsn", "exit", "device"][..], 194),
        (&["possession", "deviceAndPlace"][..], 259),
        (&["roundTrip", "agentClass", "userFailures", "addressUsers"][..], 0),
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
    let points = Points::learned();
    for (signal, bins) in CATALOGUE {
        for unknown in ["absent", "unknown", "unbound", "noProfile", "bound", "anonymous"] {
            if bins.contains(&unknown) {
                assert_eq!(points.of(signal, unknown), 0, "{signal}");
            }
        }
        if bins.contains(&"strange") {
            let steps = ["known", "early", "new", "strange"].map(|bin| points.of(signal, bin));
            assert!(steps.is_sorted() && steps[0] <= 0 && steps[1] >= 0, "{signal} {steps:?}");
        }
    }
    assert!(points.of("possession", "forkedCookie") >= points.of("possession", "noCookie"));
}
