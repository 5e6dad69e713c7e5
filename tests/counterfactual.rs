//! What a counterfactual promises, held against facts: the request is changed as it says, decided anew, and its risk is low.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use edgeward::bundle::Bundle;
use edgeward::identifier::Identifiers;
use edgeward::risk::{Change, LevelSet, RiskLevel};
use edgeward::{Engine, Request};
use serde_json::{Value, json};

const PRIORS: &str = include_str!("../data/model/priors.json");
const LEARNED: &str = include_str!("../data/model/learned.json");
const USUAL: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:133.0) Gecko/20100101 Firefox/133.0";
const OTHER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0";
const USUAL_TLS: &str = "t13d1715h2_5b57614c22b0_3d5424432f57";
const OTHER_TLS: &str = "t13d1613h2_46e7e9700bed_45f260be83e2";
const NOW: i64 = 1_735_689_600_000;

fn engine(model: &str, band: &str) -> Engine {
    let model: Value = serde_json::from_str(model).unwrap();
    let bundle =
        json!({"schema": 1, "version": "1", "model": model, "settings": {"band": band}, "policies": []});
    Engine::new(Bundle::unsigned(bundle.to_string().as_bytes()).unwrap(), Identifiers::plain()).unwrap()
}

fn client(user_agent: &str) -> Value {
    json!([
        ["user-agent", user_agent],
        ["accept", "*/*"],
        ["accept-language", "nb"],
        ["accept-encoding", "gzip, br"]
    ])
}

/// A person at home on the own device.
fn usual() -> Value {
    let mut request = json!({
        "time": NOW, "principal": {"kind": "user", "id": "u"}, "http": {"headers": client(USUAL)},
        "client": {"ip": "203.0.113.9", "asn": 64500, "country": "NO", "latitude": 59.9, "longitude": 10.7, "proxy": "none"},
        "tls": {"ja4": USUAL_TLS}, "device": {"deviceId": "d1", "cookie": "current", "isCompliant": false},
    });
    let text = request.to_string();
    let read: Request<'_> = serde_json::from_str(&text).unwrap();
    let key = edgeward::agent::classify(&read).key();
    request["profile"] = json!({"count": 20, "asns": [64500], "countries": ["NO"], "networks": ["203.0.113.0/24"],
        "agents": [key], "tls": ["t13d17h2_5b57614c22b0"], "devices": ["d1"],
        "last": {"time": NOW - 3_600_000, "latitudeE6": 59_900_000, "longitudeE6": 10_700_000}});
    request
}

/// Makes the change in the facts.
fn change(request: &mut Value, change: Change) {
    let usual = usual();
    match change {
        Change::KnownDevice => {
            request["device"]["deviceId"] = usual["device"]["deviceId"].clone();
            // A host that looks for no cookies sees none.
            if request["device"]["cookie"].is_string() {
                request["device"]["cookie"] = usual["device"]["cookie"].clone();
            }
        }
        Change::CompliantDevice => request["device"]["isCompliant"] = true.into(),
        Change::UsualNetwork => request["client"] = usual["client"].clone(),
        Change::UsualClient => {
            request["http"] = usual["http"].clone();
            request["tls"] = usual["tls"].clone();
        }
    }
}

/// What is otherwise, in every combination.
fn scenarios() -> Vec<Value> {
    let mut all = vec![usual()];
    let mut vary = |edits: &[&dyn Fn(&mut Value)]| {
        let edited = |request: &Value, edit: &dyn Fn(&mut Value)| {
            let mut request = request.clone();
            edit(&mut request);
            request
        };
        all = all.iter().flat_map(|request| edits.iter().map(|edit| edited(request, edit))).collect();
    };
    let abroad = |proxy: &'static str| {
        move |request: &mut Value| {
            request["client"] = json!({"ip": "198.51.100.7", "asn": 64510, "country": "BR", "latitude": -23.5,
                "longitude": -46.6, "proxy": proxy});
        }
    };
    vary(&[
        &|_| {},
        &|request| request["device"] = json!({"deviceId": "d9", "cookie": "none", "isCompliant": false}),
        &|request| request["device"] = json!({"deviceId": "d9"}),
    ]);
    vary(&[&|_| {}, &abroad("none"), &abroad("vpn"), &abroad("tor"), &abroad("hosting")]);
    vary(&[&|_| {}, &|request| {
        request["http"]["headers"] = client(OTHER);
        request["tls"]["ja4"] = OTHER_TLS.into();
    }]);
    vary(&[&|_| {}, &|request| request["profile"]["last"] = Value::Null]);
    vary(&[&|_| {}, &|request| request["velocity"] = json!({"userFailures1h": 9})]);
    vary(&[&|_| {}, &|request| {
        let key = request["profile"]["agents"][0].clone();
        request["session"] = json!({"id": "s", "establishedAt": NOW - 60_000,
            "binding": {"asn": 64500, "country": "NO", "ja4": USUAL_TLS, "agent": key}});
    }]);
    all
}

fn decided(engine: &Engine, request: &Value) -> (i32, LevelSet) {
    let text = request.to_string();
    let request: Request<'_> = serde_json::from_str(&text).unwrap();
    let risk = engine.decide(&request).risk;
    (risk.score, risk.levels)
}

/// Changes, score and levels.
fn counterfactual(engine: &Engine, request: &Value) -> Option<(Vec<Change>, i32, LevelSet)> {
    let text = request.to_string();
    let request: Request<'_> = serde_json::from_str(&text).unwrap();
    engine.counterfactual(&request).map(|found| (found.changes.iter().collect(), found.score, found.levels))
}

#[test]
fn the_changes_named_are_the_fewest_that_make_the_risk_low() {
    let is_low = |levels: LevelSet| levels.iter().all(|level| level <= RiskLevel::Low);
    let mut sets: Vec<Vec<Change>> = (0..16_u8)
        .map(|set| Change::ALL.iter().copied().filter(|change| set >> *change as u8 & 1 == 1).collect())
        .collect();
    sets.sort_by_key(Vec::len);
    let mut seen = std::collections::BTreeMap::<Option<usize>, usize>::new();
    // How rare a value is that the request does not show, nobody knows: the usual one may be worth more than promised.
    let mut plain: Value = serde_json::from_str(LEARNED).unwrap();
    plain.as_object_mut().unwrap().remove("rarity");
    let plain = plain.to_string();
    for (engine, knows_rarity) in [
        (engine(PRIORS, "standard"), false),
        (engine(&plain, "standard"), false),
        (engine(&plain, "hardened"), false),
        (engine(LEARNED, "standard"), true),
        (engine(LEARNED, "hardened"), true),
    ] {
        for request in scenarios() {
            let with = |set: &[Change]| {
                let mut changed = request.clone();
                set.iter().for_each(|one| change(&mut changed, *one));
                decided(&engine, &changed)
            };
            let found = counterfactual(&engine, &request);
            // Behind an intermediary nobody sees the place, and its being the usual one is not counted on.
            let is_hidden = request["client"]["proxy"] != "none" && request["profile"]["last"].is_object();
            if is_hidden || knows_rarity {
                let kept = found.iter().all(|(changes, score, _)| {
                    let (scored, levels) = with(changes);
                    is_low(levels) && scored <= *score
                });
                assert!(kept, "{found:?} {request}");
            } else {
                let by_facts = sets.iter().find_map(|set| {
                    let (score, levels) = with(set);
                    is_low(levels).then(|| (set.clone(), score, levels))
                });
                assert_eq!(found, by_facts, "{request}");
            }
            *seen.entry(found.map(|(changes, ..)| changes.len())).or_default() += 1;
        }
    }
    for size in [None, Some(0), Some(1), Some(2)] {
        assert!(seen.contains_key(&size), "{seen:?}: the scenarios show {size:?}");
    }
}

#[test]
fn a_known_device_would_do() {
    let mut request = usual();
    request["device"] = json!({"deviceId": "d9", "cookie": "none", "isCompliant": false});
    request["client"]["asn"] = 64501.into();
    request["client"]["ip"] = "198.51.100.7".into();
    request["velocity"] = json!({"userFailures1h": 9});
    let engine = engine(LEARNED, "standard");
    assert_eq!(counterfactual(&engine, &request).unwrap().0, [Change::KnownDevice]);
}

#[test]
fn nothing_is_promised_that_nobody_can_bring_about() {
    let mut engine = engine(PRIORS, "standard");
    let refused = |engine: &Engine, path: &str, value: Value| {
        let mut request = usual();
        let (parent, member) = path.rsplit_once('/').unwrap();
        request[parent][member] = value;
        counterfactual(engine, &request)
    };
    assert_eq!(refused(&engine, "device/cookie", json!("forked")), None, "a copied cookie stays copied");
    assert_eq!(refused(&engine, "risk/signIn", json!("high")), None, "somebody with a wider view says so");
    let stated = refused(&engine, "risk/signIn", json!("low")).unwrap();
    assert_eq!((stated.0, stated.2), (vec![], LevelSet::only(RiskLevel::Low)));
    engine.set_fail_safe(true);
    assert_eq!(counterfactual(&engine, &usual()), None, "a model that is not relied on promises nothing");
    // Whose past nobody tells has no usual network: what is not known stays so.
    let mut unknown = usual();
    unknown["profile"] = Value::Null;
    engine.set_fail_safe(false);
    assert!(
        !counterfactual(&engine, &unknown)
            .is_some_and(|(changes, ..)| changes.contains(&Change::UsualNetwork))
    );
}
