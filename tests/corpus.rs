//! Every case of `tests/corpus/decisions`, decided natively: as a person expects, and byte for byte as recorded.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::fs;
use std::path::PathBuf;

use edgeward::bundle::Bundle;
use edgeward::ffi::{Instance, Question};
use serde_json::Value;

fn corpus(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/decisions").join(file)
}

fn read(file: &str) -> String {
    fs::read_to_string(corpus(file)).unwrap_or_else(|why| panic!("{file}: {why}"))
}

/// Decides one case through the same surface that every binding uses.
fn decide(instance: &Instance, case: &Value) -> String {
    let request = case["request"].to_string();
    match (case.get("answer"), case.get("outage")) {
        (Some(answer), _) => instance.ask(Question::Resume(Some(&answer.to_string())), &request),
        (None, Some(_)) => instance.ask(Question::Resume(None), &request),
        (None, None) => instance.ask(Question::Evaluate, &request),
    }
}

/// What differs between a decision and what a person expects of it.
fn differences(decision: &Value, expect: &Value) -> Vec<String> {
    let names = |list: &Value, member: &str| -> Value {
        list.as_array().unwrap().iter().map(|one| one[member].clone()).collect()
    };
    let expect = expect.as_object().unwrap();
    expect
        .iter()
        .filter_map(|(member, wanted)| {
            let actual = match member.as_str() {
                "detections" => names(&decision["detections"], "type"),
                "agentClass" => decision["agent"]["class"].clone(),
                other => decision[other].clone(),
            };
            (actual != *wanted).then(|| format!("{member}: {actual}, expected {wanted}"))
        })
        .collect()
}

#[test]
fn every_case_is_decided_as_expected_and_as_recorded() {
    let mut instance = Instance::new(r#"{"allowUnsigned":true}"#).unwrap();
    let bundle = Bundle::compile(read("bundle.json").as_bytes()).unwrap();
    let loaded = instance.load(&bundle.text, None);
    assert!(!loaded.contains("\"error\""), "{loaded}");

    let (mut decided, mut wrong) = (String::new(), Vec::new());
    for line in read("cases.jsonl").lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let bytes = decide(&instance, &case);
        let decision: Value = serde_json::from_str(&bytes).unwrap();
        for difference in differences(&decision, &case["expect"]) {
            wrong.push(format!("{}: {difference}", case["name"]));
        }
        let contributions = decision["risk"]["contributions"].as_array();
        let sum: i64 = contributions.into_iter().flatten().map(|part| part["points"].as_i64().unwrap()).sum();
        if Some(sum) != decision["risk"]["score"].as_i64() {
            wrong.push(format!("{}: contributions sum to {sum}", case["name"]));
        }
        decided.push_str(&bytes);
        decided.push('\n');
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));

    if std::env::var_os("UPDATE_CORPUS").is_some() {
        fs::write(corpus("decisions.jsonl"), &decided).unwrap();
    }
    let recorded = read("decisions.jsonl");
    for (line, (now, then)) in decided.lines().zip(recorded.lines()).enumerate() {
        assert_eq!(now, then, "decisions.jsonl, line {}", line + 1);
    }
    assert_eq!(decided.lines().count(), recorded.lines().count());
}
