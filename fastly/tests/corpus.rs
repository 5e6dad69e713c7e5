//! Every case of `tests/corpus/decisions`, decided by the service's own way to a decision: byte for byte as recorded.
//! Runs natively, and inside a Fastly instance (`cargo test --target wasm32-wasip1` under Viceroy).

use edgeward::bundle::Bundle;
use edgeward::identifier::Identifiers;
use edgeward::{Engine, Request};
use edgeward_fastly::judge::judge;
use serde_json::Value;

const BUNDLE: &str = include_str!("../../tests/corpus/decisions/bundle.json");
const CASES: &str = include_str!("../../tests/corpus/decisions/cases.jsonl");
const DECISIONS: &str = include_str!("../../tests/corpus/decisions/decisions.jsonl");

#[test]
fn every_case_is_decided_as_recorded() {
    let engine = Engine::new(Bundle::unsigned(BUNDLE.as_bytes()).unwrap(), Identifiers::plain()).unwrap();
    let mut compared = 0;
    for (line, recorded) in CASES.lines().zip(DECISIONS.lines()) {
        let case: Value = serde_json::from_str(line).unwrap();
        let text = case["request"].to_string();
        let request: Request<'_> = serde_json::from_str(&text).unwrap();
        let (answer, outage) = (case.get("answer"), case.get("outage").is_some());
        let decided = if answer.is_none() && !outage {
            // What is recorded is the deferral itself.
            serde_json::to_string(&engine.decide(&request)).unwrap()
        } else {
            let answer = answer.map(Value::to_string);
            judge(
                &engine,
                request,
                |_| answer,
                |_, ruling| {
                    assert_eq!(ruling.outage, outage, "{}", case["name"]);
                    serde_json::to_string(&ruling.decision).unwrap()
                },
            )
        };
        assert_eq!(decided, recorded, "{}", case["name"]);
        compared += 1;
    }
    assert_eq!(compared, DECISIONS.lines().count());
    assert!(compared > 0);
}
