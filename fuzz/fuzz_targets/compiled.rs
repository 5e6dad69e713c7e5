//! Any bytes as a compiled bundle: refused, or such that decide every request without a fault.
#![no_main]

use std::sync::LazyLock;

use base64ct::{Base64, Encoding as _};
use edgeward::bundle::Bundle;
use edgeward::identifier::Identifiers;
use edgeward::{Engine, Request};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// A bundle of which the input replaces the policies alone, then all that is behind them, too, and then only what is behind the
/// model; the eight bytes in front, which tell for which engine they are, stay.
const SOURCE: &[u8] = include_bytes!("../../tests/corpus/decisions/bundle.json");
const CASES: &str = include_str!("../../tests/corpus/decisions/cases.jsonl");

fn compiled(source: &[u8]) -> Vec<u8> {
    let bundle: Value = serde_json::from_str(&Bundle::compile(source).unwrap().text).unwrap();
    Base64::decode_vec(bundle["compiled"].as_str().unwrap()).unwrap()
}

/// The bundle, and in it the place of the model and of what is behind it.
static WHOLE: LazyLock<(Vec<u8>, usize, usize)> = LazyLock::new(|| {
    let bundle: Value = serde_json::from_slice(SOURCE).unwrap();
    let whole = compiled(SOURCE);
    let with = |member: &str, value: Value| {
        let mut other = bundle.clone();
        other[member] = value;
        compiled(other.to_string().as_bytes())
    };
    let same = |one: &mut dyn Iterator<Item = &u8>, other: &mut dyn Iterator<Item = &u8>| {
        one.zip(other).take_while(|(one, other)| one == other).count()
    };
    let behind = same(&mut whole.iter().rev(), &mut with("policies", json!([])).iter().rev());
    // The settings are what is first behind the model.
    let settings = same(&mut whole.iter(), &mut with("settings", json!({"addresses": "full"})).iter());
    let model = whole.len() - behind;
    (whole, model, settings)
});

fuzz_target!(|data: &[u8]| {
    let (whole, model, settings) = &*WHOLE;
    for (front, behind) in
        [(&whole[..8], &[][..]), (&whole[..8], &whole[*model..]), (&whole[..*settings], &[])]
    {
        decide_by(&[front, data, behind].concat());
    }
});

fn decide_by(bytes: &[u8]) {
    let bundle = json!({"schema": 1, "version": "1", "compiled": Base64::encode_string(bytes)});
    let Ok(bundle) = Bundle::unsigned_compiled(bundle.to_string().as_bytes()) else { return };
    // Its own tests may say anything.
    let Ok(engine) = Engine::new(bundle, Identifiers::plain()) else { return };
    for line in CASES.lines().step_by(9) {
        let case: Value = serde_json::from_str(line).unwrap();
        let request = case["request"].to_string();
        let request: Request<'_> = serde_json::from_str(&request).unwrap();
        assert!(!engine.decide(&request).versions.engine.is_empty());
        assert!(!engine.resume(&request).is_deferred());
    }
}
