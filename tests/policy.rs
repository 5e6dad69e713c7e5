//! Every documented rule of Conditional Access, from `tests/corpus/policy/rules.json`, and of its What If, from
//! `what_if.json` beside it.

use edgeward::detection::DetectionSet;
use edgeward::ffi;
use edgeward::policy::{Facts, PolicySet, Unknowns};
use edgeward::risk::LevelSet;
use edgeward::{Request, agent};
use serde_json::{Value, json};

const RULES: &str = include_str!("corpus/policy/rules.json");
const WHAT_IF: &str = include_str!("corpus/policy/what_if.json");

/// A whole Graph policy from what the corpus states of it.
fn whole(stated: &Value) -> Value {
    let mut conditions = json!({
        "users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]},
        "clientAppTypes": ["all"],
    });
    overlay(&mut conditions, &stated["conditions"]);
    let grant = match (&stated["grant"], &stated["controls"]) {
        (Value::Null, Value::Null) => Value::Null,
        (Value::Null, controls) => json!({"operator": "OR", "builtInControls": controls}),
        (grant, _) => grant.clone(),
    };
    json!({
        "id": stated["id"], "displayName": stated["id"], "state": stated["state"].as_str().unwrap_or("enabled"),
        "conditions": conditions, "grantControls": grant, "sessionControls": stated["session"],
    })
}

fn request(stated: &Value) -> Value {
    let mut request = json!({
        "time": 0,
        "http": {"method": "GET", "path": "/", "headers": [["user-agent",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"]]},
        "principal": {"kind": "user", "id": "u", "groups": [], "roles": [], "guestType": "none"},
        "resource": {"application": "app", "applicationGroups": []},
        "session": {"id": "s", "amr": ["pwd"], "authTime": 0, "transferMethod": "none"},
        "device": {"platform": "windows"},
        "risk": {"signIn": "none", "user": "none"},
    });
    overlay(&mut request, stated);
    request
}

fn overlay(base: &mut Value, stated: &Value) {
    for (name, value) in stated.as_object().into_iter().flatten() {
        base[name] = value.clone();
    }
}

#[test]
fn every_rule_of_the_corpus_holds() {
    let corpus: Value = serde_json::from_str(RULES).unwrap();
    for case in corpus["cases"].as_array().unwrap() {
        let rule = case["rule"].as_str().unwrap();
        assert!(case["source"].is_string(), "{rule} cites its source");
        let policies: Vec<Value> = case["policies"].as_array().unwrap().iter().map(whole).collect();
        let locations = case.get("namedLocations").cloned().unwrap_or_else(|| json!([]));
        if let Some(code) = case.get("refused") {
            let issues = PolicySet::parse(&json!(policies).to_string(), &locations.to_string()).unwrap_err();
            assert!(
                issues.iter().any(|issue| issue.is_error() && issue.code == *code),
                "{rule}: {issues:#?}"
            );
            continue;
        }
        let (set, _) = PolicySet::parse(&json!(policies).to_string(), &locations.to_string())
            .unwrap_or_else(|issues| panic!("{rule}: {issues:#?}"));
        let unknowns = if case["outage"] == true { Unknowns::Settle } else { Unknowns::Ask };
        for asked in case["tries"].as_array().unwrap() {
            let text = request(&asked["request"]).to_string();
            let request: Request<'_> = serde_json::from_str(&text).unwrap();
            let agent = agent::classify(&request);
            let sign_in_risk = LevelSet::from_fact(request.risk.sign_in);
            let facts =
                Facts { request: &request, agent: &agent, detections: DetectionSet::default(), sign_in_risk };
            let found = serde_json::to_value(set.evaluate(&facts, unknowns)).unwrap();
            for name in ["verdict", "controls", "needs", "sessionControls"] {
                if let Some(expected) = asked.get(name) {
                    assert_eq!(&found[name], expected, "{rule}: {name} of {}", asked["request"]);
                }
            }
            for (id, expected) in asked["results"].as_object().into_iter().flatten() {
                let result = found["policies"].as_array().unwrap().iter().find(|result| result["id"] == *id);
                let result = result.unwrap();
                let reason = result["reason"].as_str().map(|reason| format!(" {reason}")).unwrap_or_default();
                let said = format!("{}{reason}", result["result"].as_str().unwrap());
                assert_eq!(&json!(said), expected, "{rule}: {id} of {}", asked["request"]);
            }
        }
    }
}

#[test]
fn every_rule_of_what_if_holds() {
    let corpus: Value = serde_json::from_str(WHAT_IF).unwrap();
    for case in corpus["cases"].as_array().unwrap() {
        let rule = case["rule"].as_str().unwrap();
        assert!(case["source"].is_string(), "{rule} cites its source");
        let policies: Vec<Value> = case["policies"].as_array().unwrap().iter().map(whole).collect();
        let bundle = json!({
            "schema": 1, "version": "1", "policies": policies, "namedLocations": case["namedLocations"],
        });
        let answer = ffi::what_if(&bundle.to_string(), &case["body"].to_string());
        let answer: Value = serde_json::from_str(&answer).unwrap();
        let results = answer["value"].as_array().unwrap_or_else(|| panic!("{rule}: {answer}"));
        if let Some(only) = case.get("only") {
            let ids: Value = results.iter().map(|result| result["id"].clone()).collect();
            assert_eq!(&ids, only, "{rule}");
        }
        for (id, expected) in case["value"].as_object().unwrap() {
            let result = results.iter().find(|result| result["id"] == *id).unwrap();
            for (name, value) in expected.as_object().unwrap() {
                assert_eq!(&result[name], value, "{rule}: {name} of {id}");
            }
        }
        for (name, value) in case["combined"].as_object().unwrap() {
            assert_eq!(&answer["combined"][name], value, "{rule}: {name}");
        }
    }
}
