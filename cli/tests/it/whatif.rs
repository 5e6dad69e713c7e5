//! `edgeward whatif`

use serde_json::{Value, json};

use crate::edgeward;
use crate::fixture::{Directory, admins_need_mfa};

fn high_risk_is_blocked() -> Value {
    json!({
        "id": "6f1c0c3e-0000-4000-8000-0000000000c2",
        "displayName": "High risk is blocked",
        "state": "enabled",
        "conditions": {
            "users": {"includeUsers": ["All"]},
            "applications": {"includeApplications": ["All"]},
            "clientAppTypes": ["all"],
            "signInRiskLevels": ["high"],
        },
        "grantControls": {"operator": "OR", "builtInControls": ["block"]},
    })
}

/// A body of Graph's `POST /identity/conditionalAccess/evaluate`.
fn body(risk: &str) -> Value {
    json!({
        "signInIdentity": {
            "@odata.type": "#microsoft.graph.userSignIn",
            "userId": "6f1c0c3e-0000-4000-8000-000000000001",
        },
        "signInContext": {
            "@odata.type": "#microsoft.graph.applicationContext",
            "includeApplications": ["6f1c0c3e-0000-4000-8000-00000000000a"],
        },
        "signInConditions": {"clientAppType": "browser", "signInRiskLevel": risk},
    })
}

#[test]
fn each_body_gets_its_results_and_the_combined_verdict() {
    let directory = Directory::new("whatif");
    let bundle = directory.bundle(&json!([high_risk_is_blocked(), admins_need_mfa()]));
    // Bodies may be spread over lines, as people write them.
    let input = format!("{}\n{}", serde_json::to_string_pretty(&body("high")).unwrap(), body("low"));
    let run = edgeward(&["whatif", "--bundle", &bundle], input);
    assert_eq!(run.status, 0, "{}", run.err);
    let array = json!([body("high"), body("low")]).to_string();
    assert_eq!(edgeward(&["whatif", "--bundle", &bundle], array).out, run.out);
    let answers = run.json();
    assert_eq!(answers.len(), 2);
    assert_eq!(answers[0]["value"][0]["policyApplies"], true);
    assert_eq!(answers[0]["value"][0]["displayName"], "High risk is blocked");
    assert_eq!(answers[0]["value"][0]["grantControls"], high_risk_is_blocked()["grantControls"]);
    assert_eq!(answers[0]["combined"]["verdict"], "block");
    assert_eq!(answers[1]["value"][0]["policyApplies"], false);
    assert_eq!(answers[1]["value"][0]["analysisReasons"], "signInRisk");
}

#[test]
fn a_body_that_can_not_be_read_is_named() {
    let directory = Directory::new("whatif-bad");
    let bundle = directory.bundle(&json!([high_risk_is_blocked()]));
    let file = directory.write("body.json", body("extreme").to_string());
    let run = edgeward(&["whatif", "--bundle", &bundle, &file], "");
    assert_eq!((run.status, run.out.as_str()), (2, ""), "{}", run.out);
    assert!(run.err.contains("body.json") && run.err.contains("signInRiskLevel"), "{}", run.err);
    let cut = edgeward(&["whatif", "--bundle", &bundle], "{\"signInIdentity\":");
    assert_eq!(cut.status, 2);
}
