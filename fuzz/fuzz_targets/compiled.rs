//! Any bytes as compiled policies, and as a model: refused, or such that decide every request without a fault.
#![no_main]

use std::sync::LazyLock;

use base64ct::{Base64, Encoding as _};
use edgeward::bundle::Bundle;
use edgeward::identifier::Identifiers;
use edgeward::{Engine, Request};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// A bundle of which the input replaces the policies alone, and then the model behind them, too; the eight bytes in front, which
/// tell for which engine they are, stay.
const SOURCE: &[u8] = include_bytes!("../../tests/corpus/decisions/bundle.json");
const CASES: &str = include_str!("../../tests/corpus/decisions/cases.jsonl");

fn compiled(source: &[u8]) -> Vec<u8> {
    let bundle: Value = serde_json::from_str(&Bundle::compile(source).unwrap().text).unwrap();
    Base64::decode_vec(bundle["compiled"].as_str().unwrap()).unwrap()
}

/// Which engine it is for, and the model: what the bundle has in common with one of no policies.
static AROUND: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(|| {
    let mut bundle: Value = serde_json::from_slice(SOURCE).unwrap();
    let whole = compiled(SOURCE);
    bundle["policies"] = json!([]);
    let empty = compiled(bundle.to_string().as_bytes());
    let same = whole.iter().rev().zip(empty.iter().rev()).take_while(|(one, other)| one == other).count();
    (whole[..8].to_vec(), whole[whole.len() - same..].to_vec())
});

fuzz_target!(|data: &[u8]| {
    let (engine, model) = &*AROUND;
    for behind in [&[][..], model] {
        decide_by(&[engine, data, behind].concat());
    }
});

fn decide_by(bytes: &[u8]) {
    let bundle = json!({"schema": 1, "version": "1", "compiled": Base64::encode_string(bytes)});
    let Ok(bundle) = Bundle::unsigned_compiled(bundle.to_string().as_bytes()) else { return };
    let engine = Engine::new(bundle, Identifiers::plain()).unwrap();
    for line in CASES.lines().step_by(9) {
        let case: Value = serde_json::from_str(line).unwrap();
        let request = case["request"].to_string();
        let request: Request<'_> = serde_json::from_str(&request).unwrap();
        assert!(!engine.decide(&request).versions.engine.is_empty());
        assert!(!engine.resume(&request).is_deferred());
    }
}
