//! A request for every bin that the shipped model gives points to, decided in both settings: `tests/corpus/bins`, which
//! every runtime answers too.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;

use edgeward::Request;
use edgeward::bundle::Bundle;
use edgeward::ffi::{Instance, Question};
use edgeward::identifier::Identifiers;
use edgeward::risk::{Model, Setting};
use edgeward::signal::{CATALOGUE, Signals};
use serde_json::{Value, json};

const SETTINGS: [(&str, Setting); 2] = [("standard", Setting::Standard), ("hardened", Setting::Hardened)];

fn corpus(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/bins").join(file)
}

fn read(file: &str) -> String {
    fs::read_to_string(corpus(file)).unwrap_or_else(|why| panic!("{file}: {why}"))
}

fn is_updating() -> bool {
    std::env::var_os("UPDATE_CORPUS").is_some()
}

/// What a file must be: written anew when asked to, compared line by line else.
fn settle(file: &str, lines: &[String]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    if is_updating() {
        fs::write(corpus(file), &text).unwrap();
    }
    let recorded = read(file);
    for (now, then) in lines.iter().zip(recorded.lines()) {
        assert_eq!(now, then, "{file}: UPDATE_CORPUS=1 writes it anew");
    }
    assert_eq!(lines.len(), recorded.lines().count(), "{file}: UPDATE_CORPUS=1 writes it anew");
}

/// The shipped model, as people read it.
fn shipped() -> Value {
    serde_json::from_str(include_str!("../data/model/learned.json")).unwrap()
}

/// Whether no request can reach a bin: what is rare is known of some dimensions only, and devices have no rarity.
fn is_out_of_reach(model: &Value, signal: &str, bin: &str) -> bool {
    bin == "distinctive" && model["rarity"][signal].is_null()
}

/// Signals and bins with points in either setting, in the order of the catalogue.
fn bins_with_points(model: &Value) -> Vec<(&'static str, &'static str)> {
    let all = CATALOGUE.iter().flat_map(|(signal, bins)| bins.iter().map(move |bin| (*signal, *bin)));
    let counts = |(signal, bin): &(&str, &str)| {
        SETTINGS.iter().any(|(setting, _)| model[setting]["signals"][signal][bin].as_i64().unwrap_or(0) != 0)
    };
    all.filter(counts).filter(|(signal, bin)| !is_out_of_reach(model, signal, bin)).collect()
}

/// One JSON document over another (RFC 7396).
fn merge(target: &mut Value, patch: &Value) {
    let (Some(target), Some(patch)) = (target.as_object_mut(), patch.as_object()) else {
        *target = patch.clone();
        return;
    };
    for (member, value) in patch {
        merge(target.entry(member.clone()).or_insert(Value::Null), value);
    }
}

/// Names of the bins that a request falls into, by signal.
fn bins_of(request: &Value, setting: Setting) -> Vec<(&'static str, &'static str)> {
    let text = request.to_string();
    let request: Request<'_> = serde_json::from_str(&text).unwrap();
    let agent = edgeward::agent::classify(&request);
    let model = Model::shipped(setting).unwrap();
    let mut bins = Vec::new();
    Signals::read(&request, &agent, &Identifiers::plain(), model.population()).each(|observed| {
        let (signal, names) = CATALOGUE[observed.signal];
        bins.push((signal, names[observed.bin]));
    });
    bins
}

#[test]
fn every_bin_with_points_has_its_request() {
    let (model, requests) = (shipped(), serde_json::from_str::<Value>(&read("requests.json")).unwrap());
    let mut wrong = Vec::new();
    for (signal, bins) in requests["requests"].as_object().unwrap() {
        for (bin, patch) in bins.as_object().unwrap() {
            let mut request = requests["base"].clone();
            merge(&mut request, patch);
            for (name, setting) in SETTINGS {
                let found = bins_of(&request, setting);
                if !found.contains(&(signal.as_str(), bin.as_str())) {
                    let found = found.iter().find(|(one, _)| one == signal);
                    wrong.push(format!("{signal}.{bin} in {name}: {found:?}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "requests that miss their bin:\n{}", wrong.join("\n"));

    let (mut cases, mut missing) = (Vec::new(), Vec::new());
    for (signal, bin) in bins_with_points(&model) {
        match requests["requests"][signal].get(bin) {
            None => missing.push(format!("{signal}.{bin}")),
            Some(patch) => {
                let mut request = requests["base"].clone();
                merge(&mut request, patch);
                cases.push(json!({ "name": format!("{signal}.{bin}"), "request": request }).to_string());
            }
        }
    }
    assert!(missing.is_empty(), "no request for {}", missing.join(", "));
    settle("cases.jsonl", &cases);
    decided_as_recorded(&model, &cases);
}

/// Part of the same test, because updating writes the cases first.
fn decided_as_recorded(model: &Value, cases: &[String]) {
    for (name, _) in SETTINGS {
        let mut instance = Instance::new(r#"{"allowUnsigned":true}"#).unwrap();
        let bundle = Bundle::compile(read(&format!("{name}.json")).as_bytes()).unwrap();
        let loaded = instance.load(&bundle.text, None);
        assert!(!loaded.contains("\"error\""), "{loaded}");
        let mut decisions = Vec::new();
        for case in cases {
            let case: Value = serde_json::from_str(case).unwrap();
            let bytes = instance.ask(Question::Evaluate, &case["request"].to_string());
            let decision: Value = serde_json::from_str(&bytes).unwrap();
            let (signal, bin) = case["name"].as_str().unwrap().split_once('.').unwrap();
            let contributions = decision["risk"]["contributions"].as_array().unwrap();
            let contributed = contributions.iter().find(|part| part["signal"] == signal);
            let points = model[name]["signals"][signal][bin].as_i64().unwrap_or(0);
            let expected = (points != 0).then(|| json!({ "signal": signal, "bin": bin, "points": points }));
            assert_eq!(contributed.cloned(), expected, "{signal}.{bin} in {name}");
            let sum: i64 = contributions.iter().map(|part| part["points"].as_i64().unwrap()).sum();
            assert_eq!(Some(sum), decision["risk"]["score"].as_i64(), "{signal}.{bin} in {name}");
            decisions.push(bytes);
        }
        settle(&format!("{name}.jsonl"), &decisions);
    }
}

#[test]
fn what_is_out_of_reach_is_out_of_reach() {
    let model = shipped();
    for (signal, bins) in CATALOGUE {
        for bin in bins.iter().filter(|bin| is_out_of_reach(&model, signal, bin)) {
            assert!(["asn", "device"].contains(signal), "{signal}.{bin}");
        }
    }
}
