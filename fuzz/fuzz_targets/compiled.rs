//! Any bytes as compiled policies: refused, or policies that decide every request without a fault.
#![no_main]

use std::sync::LazyLock;

use base64ct::{Base64, Encoding as _};
use edgeward::bundle::Bundle;
use edgeward::identifier::Identifiers;
use edgeward::{Engine, Request};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// A bundle of which the input replaces the policies, behind the eight bytes that tell which engine they are for.
const SOURCE: &[u8] = include_bytes!("../../tests/corpus/decisions/bundle.json");
const CASES: &str = include_str!("../../tests/corpus/decisions/cases.jsonl");

static COMPILED: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&Bundle::compile(SOURCE).unwrap().text).unwrap());

fuzz_target!(|data: &[u8]| {
    let mut bundle = json!({"schema": 1, "version": "1"});
    let mut bytes = Base64::decode_vec(COMPILED["compiled"].as_str().unwrap()).unwrap();
    bytes.truncate(8);
    bytes.extend(data);
    bundle["compiled"] = Base64::encode_string(&bytes).into();
    let Ok(bundle) = Bundle::unsigned_compiled(bundle.to_string().as_bytes()) else { return };
    let engine = Engine::new(bundle, Identifiers::plain()).unwrap();
    for line in CASES.lines().step_by(9) {
        let case: Value = serde_json::from_str(line).unwrap();
        let request = case["request"].to_string();
        let request: Request<'_> = serde_json::from_str(&request).unwrap();
        assert!(!engine.decide(&request).versions.engine.is_empty());
        assert!(!engine.resume(&request).is_deferred());
    }
});
