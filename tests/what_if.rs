//! Graph's What If through the surface that bindings share: a bundle and a body in, results in Microsoft's words out.

#![expect(clippy::unwrap_used, reason = "an answer that is no JSON fails the test")]

use edgeward::ffi;
use serde_json::{Value, json};

fn bundle() -> Value {
    json!({
        "schema": 1, "version": "1",
        "namedLocations": [{"id": "office", "isTrusted": true, "ipRanges": [{"cidrAddress": "192.0.2.0/24"}]}],
        "policies": [
            {
                "id": "admins", "displayName": "Admins", "state": "enabled", "templateId": null,
                "conditions": {
                    "users": {"includeUsers": ["u1"], "includeRoles": ["r1"], "excludeGroups": ["break-glass"]},
                    "applications": {"includeApplications": ["All"]},
                    "clientAppTypes": ["all"],
                    "platforms": {"includePlatforms": ["all"], "excludePlatforms": ["iOS"]},
                    "locations": {"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]},
                    "userRiskLevels": ["high"],
                },
                "grantControls": {"operator": "AND", "builtInControls": ["compliantDevice"], "authenticationStrength":
                    {"id": "00000000-0000-0000-0000-000000000002"}},
                "sessionControls": {"signInFrequency": {"value": 1, "type": "hours", "isEnabled": true},
                    "persistentBrowser": {"mode": "never", "isEnabled": true}},
            },
            {
                "id": "filtered", "displayName": "Filtered", "state": "enabledForReportingButNotEnforced",
                "conditions": {
                    "users": {"includeUsers": ["All"]},
                    "applications": {"includeApplications": ["Office365"], "excludeApplications": ["a1"]},
                    "clientAppTypes": ["browser"],
                    "devices": {"deviceFilter": {"mode": "include", "rule": "device.model -eq \"x\""}},
                    "authenticationFlows": {"transferMethods": "deviceCodeFlow"},
                },
                "grantControls": {"operator": "OR", "builtInControls": ["block"]},
            },
        ],
    })
}

fn body(conditions: &Value) -> Value {
    json!({
        "signInIdentity": {"@odata.type": "#microsoft.graph.userSignIn", "userId": "u1"},
        "signInContext": {"@odata.type": "#microsoft.graph.applicationContext", "includeApplications": ["a1"]},
        "signInConditions": conditions,
        "request": {"time": 10_000_000, "principal": {"groups": [], "roles": ["r1"], "guestType": "none"},
            "resource": {"applicationGroups": ["Office365"]},
            "session": {"amr": ["password"], "authTime": 0}},
    })
}

fn ask(body: &Value) -> Value {
    serde_json::from_str(&ffi::what_if(&bundle().to_string(), &body.to_string())).unwrap()
}

#[test]
fn a_policy_that_applies_says_by_which_rules_and_what_it_enforces() {
    let answer = ask(&body(&json!({
        "devicePlatform": "windows", "clientAppType": "browser", "userRiskLevel": "high", "ipAddress": "198.51.100.7",
        "deviceInfo": {"isCompliant": true, "model": "y"}, "authenticationFlow": {"transferMethod": "deviceCodeFlow"},
    })));
    let rule = |condition, rule| json!({"conditionalAccessCondition": condition, "ruleSatisfied": rule});
    let admins = &answer["value"][0];
    let expected = json!({
        "policyApplies": true, "analysisReasons": "notSet", "result": "failure",
        "conditionsSatisfied": "users,application,devicePlatform,location,userRisk",
        "conditionsNotSatisfied": "none", "conditionsUndetermined": "none",
        "includeRulesSatisfied": [
            rule("users", "userId"), rule("users", "roleId"), rule("application", "allApps"),
            rule("devicePlatform", "allDevicePlatforms"), rule("location", "allLocations"),
        ],
        "excludeRulesSatisfied": [],
        "enforcedGrantControls": ["compliantDevice", "authenticationStrength:00000000-0000-0000-0000-000000000002"],
        "enforcedSessionControls": ["signInFrequency", "persistentBrowser"],
        "sessionControlsNotSatisfied": ["signInFrequency"],
        "authenticationStrength": {
            "authenticationStrengthId": "00000000-0000-0000-0000-000000000002",
            "authenticationStrengthResult": "singleChallengeRequired",
        },
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&admins[name], value, "{name}");
    }
    assert_eq!(admins["templateId"], Value::Null, "the policy's own members are all there");
    assert_eq!(admins["conditions"], bundle()["policies"][0]["conditions"]);

    let filtered = &answer["value"][1];
    let expected = json!({
        "policyApplies": false, "analysisReasons": "application", "result": "reportOnlyNotApplied",
        "conditionsSatisfied": "users,clientType,authenticationFlows",
        "conditionsNotSatisfied": "application,deviceState",
        "includeRulesSatisfied": [
            rule("users", "allUsers"), rule("application", "office365"),
            rule("authenticationFlows", "deviceCodeFlow"),
        ],
        "excludeRulesSatisfied":
            [rule("application", "appId"), rule("deviceState", "deviceFilterIncludeRuleNotMatched")],
        "enforcedGrantControls": [], "enforcedSessionControls": [], "authenticationStrength": null,
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&filtered[name], value, "{name}");
    }
    assert_eq!(answer["combined"]["verdict"], "challenge");
    assert_eq!(
        answer["combined"]["controls"],
        json!(["signInFrequency", "authenticationStrength:00000000-0000-0000-0000-000000000002"])
    );
}

#[test]
fn what_is_left_open_is_named_and_what_excludes_is_told() {
    let answer = ask(&body(&json!({"devicePlatform": "iOS", "ipAddress": "192.0.2.9"})));
    let admins = &answer["value"][0];
    assert_eq!(admins["conditionsNotSatisfied"], "devicePlatform,location");
    assert_eq!(admins["conditionsUndetermined"], "userRisk");
    assert_eq!(admins["excludeRulesSatisfied"][1]["ruleSatisfied"], "allTrustedLocations");
    let open = ask(&body(&json!({"devicePlatform": "windows", "ipAddress": "198.51.100.7"})));
    assert_eq!(open["value"][0]["analysisReasons"], "notEnoughInformation,userRisk");
    assert_eq!(open["combined"]["verdict"], "undetermined");
    assert_eq!(open["combined"]["needs"], json!(["userRisk", "device.isCompliant"]));
}

#[test]
fn what_can_not_be_asked_is_refused_with_its_name() {
    let mut misspelt = body(&json!({}));
    misspelt["signInConditions"]["countries"] = json!("NO");
    let refused = ask(&misspelt);
    assert_eq!(refused["error"]["code"], "invalid_json", "{refused}");
    assert!(
        refused["error"]["message"].as_str().unwrap().contains("signInConditions.countries: "),
        "{refused}"
    );
    let no_bundle: Value = serde_json::from_str(&ffi::what_if("{}", "{}")).unwrap();
    assert!(no_bundle["error"]["message"].as_str().unwrap().contains("schema"), "{no_bundle}");
    let broken = json!({"schema": 1, "version": "1", "policies": [{"state": "on"}]}).to_string();
    let issues: Value = serde_json::from_str(&ffi::what_if(&broken, "{}")).unwrap();
    assert!(issues["issues"].as_array().unwrap().iter().any(|issue| issue["path"] == "policies[0].state"));
}
