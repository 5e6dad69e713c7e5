//! Every case of `tests/corpus/decisions` and of `tests/corpus/bins`, decided by the service's own way to a decision: byte for
//! byte as recorded. Runs natively, and inside a Fastly instance (`cargo test --target wasm32-wasip1` under Viceroy).

use edgeward::bundle::Bundle;
use edgeward::identifier::Identifiers;
use edgeward::{Engine, Request};
use edgeward_fastly::judge::judge;
use serde_json::Value;

/// Bundle, cases, and the decisions recorded of them.
const CORPORA: [[&str; 3]; 3] = [
    [
        include_str!("../../tests/corpus/decisions/bundle.json"),
        include_str!("../../tests/corpus/decisions/cases.jsonl"),
        include_str!("../../tests/corpus/decisions/decisions.jsonl"),
    ],
    [
        include_str!("../../tests/corpus/bins/standard.json"),
        include_str!("../../tests/corpus/bins/cases.jsonl"),
        include_str!("../../tests/corpus/bins/standard.jsonl"),
    ],
    [
        include_str!("../../tests/corpus/bins/hardened.json"),
        include_str!("../../tests/corpus/bins/cases.jsonl"),
        include_str!("../../tests/corpus/bins/hardened.jsonl"),
    ],
];

#[test]
fn every_case_is_decided_as_recorded() {
    for [bundle, cases, decisions] in CORPORA {
        let engine = Engine::new(Bundle::unsigned(bundle.as_bytes()).unwrap(), Identifiers::plain()).unwrap();
        let mut compared = 0;
        for (line, recorded) in cases.lines().zip(decisions.lines()) {
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
        assert_eq!(compared, decisions.lines().count());
        assert!(compared > 0);
    }
}
