//! Rules of evaluation, each with the page of Microsoft's documentation that states it.

mod differential;
mod hostile;
mod interpret;
mod lints;
mod random;
mod references;
mod view;

use serde_json::{Value, json};

use super::{Facts, PolicySet, Unknowns};
use crate::agent::{Agent, classify};
use crate::detection::{DetectionKind, DetectionSet};
use crate::request::Request;
use crate::risk::LevelSet;

fn set_with(policies: &Value, locations: &Value) -> PolicySet {
    match PolicySet::parse(&policies.to_string(), &locations.to_string()) {
        Ok((set, _)) => set,
        Err(issues) => panic!("{issues:#?}"),
    }
}

fn set(policies: &Value) -> PolicySet {
    set_with(policies, &json!([]))
}

/// A policy for all users and all applications, with `more` over it (merged at the top and within conditions).
fn policy(id: &str, conditions: &Value, controls: &[&str]) -> Value {
    let mut all = json!({
        "users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]},
        "clientAppTypes": ["all"],
    });
    for (name, value) in conditions.as_object().unwrap() {
        all[name] = value.clone();
    }
    json!({
        "id": id, "displayName": id, "state": "enabled", "conditions": all,
        "grantControls": {"operator": "OR", "builtInControls": controls},
    })
}

fn evaluate(set: &PolicySet, request: &Value, unknowns: Unknowns) -> Value {
    let text = request.to_string();
    let request: Request<'_> = serde_json::from_str(&text).unwrap();
    let agent: Agent<'_> = classify(&request);
    let mut detections = DetectionSet::default();
    detections.insert(DetectionKind::AttackTool);
    let sign_in_risk = LevelSet::from_fact(request.risk.sign_in);
    let facts = Facts { request: &request, agent: &agent, detections, sign_in_risk };
    serde_json::to_value(set.evaluate(&facts, unknowns)).unwrap()
}

fn verdict(set: &PolicySet, request: &Value) -> Value {
    evaluate(set, request, Unknowns::Ask)["verdict"].clone()
}

fn user(more: &Value) -> Value {
    let mut request = json!({
        "time": 10_000_000,
        "http": {"method": "GET", "path": "/", "headers": [["user-agent", "Mozilla/5.0"]]},
        "principal": {"kind": "user", "id": "u1", "groups": ["g1"], "roles": [], "guestType": "none"},
        "resource": {"application": "app1", "applicationGroups": []},
        "session": {"id": "s1", "amr": ["pwd"], "authTime": 0, "transferMethod": "none"},
    });
    for (name, value) in more.as_object().unwrap() {
        request[name] = value.clone();
    }
    request
}

#[test]
fn exclude_beats_include() {
    let set = set(&json!([policy(
        "p",
        &json!({"users": {"includeUsers": ["All"], "excludeGroups": ["G1"]}}),
        &["block"]
    )]));
    let evaluation = evaluate(&set, &user(&json!({})), Unknowns::Ask);
    assert_eq!(evaluation["verdict"], "allow");
    assert_eq!(evaluation["policies"][0], json!({"id": "p", "result": "notApplied", "reason": "users"}));
}

#[test]
fn all_policies_that_apply_must_be_satisfied_and_block_ends_it() {
    let mut policies = vec![
        policy("device", &json!({}), &["compliantDevice"]),
        policy("mfa", &json!({}), &["mfa"]),
        policy("other", &json!({"users": {"includeUsers": ["u2"]}}), &["block"]),
    ];
    let request = user(&json!({"device": {"isCompliant": false}}));
    let evaluation = evaluate(&set(&json!(policies)), &request, Unknowns::Ask);
    assert_eq!(evaluation["verdict"], "challenge");
    assert_eq!(
        evaluation["controls"],
        json!(["mfa", "compliantDevice"]),
        "in prompt order, not policy order"
    );
    policies.push(policy("block", &json!({}), &["block"]));
    let evaluation = evaluate(&set(&json!(policies)), &request, Unknowns::Ask);
    assert_eq!((&evaluation["verdict"], &evaluation["controls"]), (&json!("block"), &json!([])));
}

#[test]
fn one_satisfied_alternative_is_enough() {
    let set = set(&json!([policy("p", &json!({}), &["mfa", "compliantDevice"])]));
    for (amr, compliant, expected, controls) in [
        (json!(["mfa"]), json!(null), "allow", json!([])),
        (json!(["pwd"]), json!(true), "allow", json!([])),
        (json!(["pwd"]), json!(false), "challenge", json!(["mfa"])),
        (json!(["pwd"]), json!(null), "undetermined", json!([])),
    ] {
        let request = user(&json!({"session": {"amr": amr}, "device": {"isCompliant": compliant}}));
        let evaluation = evaluate(&set, &request, Unknowns::Ask);
        assert_eq!(evaluation["verdict"], expected, "{amr} {compliant}");
        assert_eq!(evaluation["controls"], controls, "{amr} {compliant}");
    }
}

#[test]
fn unknown_facts_matter_only_if_they_could_change_the_verdict() {
    let risky = policy("risky", &json!({"signInRiskLevels": ["high"]}), &["mfa"]);
    let request = user(&json!({}));
    let alone = evaluate(&set(&json!([risky])), &request, Unknowns::Ask);
    assert_eq!(alone["verdict"], "undetermined");
    assert_eq!(alone["needs"], json!(["signInRisk"]));
    assert_eq!(alone["policies"][0], json!({"id": "risky", "result": "unknown", "reason": "signInRisk"}));
    let beside =
        evaluate(&set(&json!([risky, policy("mfa", &json!({}), &["mfa"])])), &request, Unknowns::Ask);
    assert_eq!((&beside["verdict"], &beside["needs"]), (&json!("challenge"), &json!([])));
}

/// A dozen groups have more selections than are looked at.
#[test]
fn what_no_policy_reads_is_not_asked_for_however_many_values_other_facts_have() {
    let of_group = |group: usize| {
        policy(
            &format!("p{group}"),
            &json!({"users": {"includeGroups": [format!("g{group}")]}}),
            &[["mfa", "block"][group % 2]],
        )
    };
    let request = json!({"principal": {"kind": "user", "id": "u1"}, "session": {"amr": ["pwd"]}});
    for groups in [2, 12] {
        let policies: Vec<_> = (0..groups).map(of_group).collect();
        let evaluation = evaluate(&set(&json!(policies)), &request, Unknowns::Ask);
        assert_eq!(evaluation["verdict"], "undetermined", "{groups}");
        assert_eq!(evaluation["needs"], json!(["principal.groups"]), "{groups}");
    }
}

#[test]
fn report_only_policies_are_judged_and_not_enforced() {
    let report = |id, controls| {
        let mut policy = policy(id, &json!({}), controls);
        policy["state"] = json!("enabledForReportingButNotEnforced");
        policy
    };
    let set = set(&json!([
        report("block", &["block"]),
        report("prompt", &["mfa"]),
        report("device", &["compliantDevice"]),
        report("either", &["mfa", "compliantDevice"]),
    ]));
    let evaluation = evaluate(&set, &user(&json!({"device": {"isCompliant": false}})), Unknowns::Ask);
    assert_eq!(evaluation["verdict"], "allow");
    let results: Vec<_> = evaluation["policies"].as_array().unwrap().iter().map(|p| &p["result"]).collect();
    assert_eq!(
        results,
        ["reportOnlyFailure", "reportOnlyInterrupted", "reportOnlyFailure", "reportOnlyInterrupted"]
    );
}

#[test]
fn all_users_covers_anonymous_visitors_and_nothing_else_does() {
    let anonymous = user(&json!({"principal": {"kind": "anonymous"}, "session": {}}));
    let all = set(&json!([policy("p", &json!({}), &["mfa"])]));
    assert_eq!(verdict(&all, &anonymous), "challenge");
    for users in [
        json!({"includeUsers": ["u1"]}),
        json!({"includeGroups": ["g1"]}),
        json!({"includeRoles": ["r1"]}),
        json!({"includeUsers": ["GuestsOrExternalUsers"]}),
    ] {
        let set = set(&json!([policy("p", &json!({"users": users}), &["mfa"])]));
        assert_eq!(verdict(&set, &anonymous), "allow", "{users}");
    }
    let workload = user(&json!({"principal": {"kind": "workload", "id": "w1"}}));
    assert_eq!(verdict(&all, &workload), "allow");
    let workloads = json!({"users": {"includeUsers": ["None"]},
        "clientApplications": {"includeServicePrincipals": ["ServicePrincipalsInMyTenant"]}});
    let set = set(&json!([policy("p", &workloads, &["block"])]));
    assert_eq!(verdict(&set, &workload), "block");
    assert_eq!(verdict(&set, &anonymous), "allow");
}

#[test]
fn locations_by_address_country_and_trust() {
    let locations = json!([
        {"@odata.type": "#microsoft.graph.ipNamedLocation", "id": "office", "displayName": "Office",
         "isTrusted": true, "ipRanges": [{"cidrAddress": "192.0.2.0/24"}]},
        {"@odata.type": "#microsoft.graph.countryNamedLocation", "id": "home", "displayName": "Home",
         "countriesAndRegions": ["NO"], "includeUnknownCountriesAndRegions": false},
    ]);
    let block = |locations: Value| json!([policy("p", &json!({"locations": locations}), &["block"])]);
    let away =
        set_with(&block(json!({"includeLocations": ["All"], "excludeLocations": ["home"]})), &locations);
    let untrusted = set_with(
        &block(json!({"includeLocations": ["All"], "excludeLocations": ["AllTrusted"]})),
        &locations,
    );
    for (set, client, expected) in [
        (&away, json!({"country": "NO"}), "allow"),
        (&away, json!({"country": "SE"}), "block"),
        (&away, json!({"country": "XX"}), "block"),
        (&away, json!({"ip": "192.0.2.1"}), "undetermined"),
        (&untrusted, json!({"ip": "192.0.2.1"}), "allow"),
        (&untrusted, json!({"ip": "198.51.100.1"}), "block"),
        (&untrusted, json!({"country": "NO"}), "undetermined"),
    ] {
        assert_eq!(verdict(set, &user(&json!({"client": client}))), expected, "{client}");
    }
}

#[test]
fn an_outage_falls_back_policy_by_policy() {
    let risky = policy("risky", &json!({"signInRiskLevels": ["high"]}), &["mfa"]);
    let mut strict = risky.clone();
    strict["sessionControls"] = json!({"disableResilienceDefaults": true});
    let session = user(&json!({}));
    let fresh = user(&json!({"session": {"amr": ["pwd"], "transferMethod": "none"}}));
    for (policy, request, expected, outage) in [
        (&risky, &session, "allow", "sessionContinues"),
        (&risky, &fresh, "challenge", "takenToApply"),
        (&strict, &session, "block", "denied"),
        (&strict, &fresh, "block", "denied"),
    ] {
        let evaluation = evaluate(&set(&json!([policy])), request, Unknowns::Settle);
        assert_eq!(evaluation["verdict"], expected);
        assert_eq!(evaluation["policies"][0]["outage"], outage);
        assert_eq!(evaluation["policies"][0]["result"], "unknown");
        assert_eq!(evaluation["needs"], json!([]));
    }
}

#[test]
fn edge_conditions_see_agent_detections_path_and_method() {
    for (edge, expected) in [
        (json!({"agentClasses": {"include": ["browser"]}}), "block"),
        (json!({"agentClasses": {"exclude": ["browser"]}}), "allow"),
        (json!({"agentNames": {"include": ["GPTBot"]}}), "allow"),
        (json!({"detections": ["attackTool"]}), "block"),
        (json!({"detections": ["impossible"]}), "error"),
        (json!({"detections": ["newCountry"]}), "allow"),
        (json!({"paths": ["/adm*"], "methods": ["GET"]}), "block"),
        (json!({"paths": ["/admin/x"]}), "block"),
        (json!({"paths": ["/adm"]}), "allow"),
        (json!({"methods": ["POST", "DELETE"]}), "allow"),
    ] {
        let policies = json!([policy("p", &json!({"edge": edge}), &["block"])]);
        match PolicySet::parse(&policies.to_string(), "[]") {
            Err(issues) => {
                assert_eq!(expected, "error");
                assert_eq!(issues[0].path, "policies[0].conditions.edge.detections[0]");
            }
            Ok((set, _)) => {
                let request = user(&json!({"http": {"method": "GET", "path": "/y/..//%61dmin/x",
                    "headers": [["user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"]]}}));
                assert_eq!(verdict(&set, &request), expected, "{edge}");
            }
        }
    }
}

#[test]
fn session_controls_merge_to_the_most_restrictive() {
    let with = |id: &str, session: Value| {
        let mut policy = policy(id, &json!({}), &["mfa"]);
        policy["sessionControls"] = session;
        policy
    };
    let set = set(&json!([
        with(
            "a",
            json!({"signInFrequency": {"value": 2, "type": "days", "isEnabled": true},
            "persistentBrowser": {"mode": "always", "isEnabled": true}})
        ),
        with(
            "b",
            json!({"signInFrequency": {"value": 4, "type": "hours", "frequencyInterval": "timeBased"},
            "persistentBrowser": {"mode": "never", "isEnabled": true}})
        ),
    ]));
    let fresh = json!({"id": "s", "amr": ["mfa"], "authTime": 9_000_000});
    let evaluation = evaluate(&set, &user(&json!({"session": fresh})), Unknowns::Ask);
    assert_eq!(evaluation["verdict"], "allow");
    assert_eq!(
        evaluation["sessionControls"],
        json!({"signInFrequency": {"isEnabled": true, "frequencyInterval": "timeBased", "type": "hours", "value": 4},
               "persistentBrowser": {"isEnabled": true, "mode": "never"}})
    );
    let stale = json!({"id": "s", "amr": ["mfa"], "authTime": 10_000_000 - 5 * 3_600_000});
    let evaluation = evaluate(&set, &user(&json!({"session": stale})), Unknowns::Ask);
    assert_eq!(evaluation["controls"], json!(["signInFrequency"]));
}

#[test]
fn what_is_not_enforced_is_refused_by_path() {
    let good = policy("p", &json!({}), &["mfa"]);
    let edit = |pointer: &str, name: &str, value: Value| {
        let mut policies = json!([good]);
        policies.pointer_mut(pointer).unwrap()[name] = value;
        policies
    };
    for (policies, code, path) in [
        (edit("/0", "state", json!("on")), "unknown_value", "policies[0].state"),
        (edit("/0", "state", json!(null)), "missing_member", "policies[0]"),
        (
            edit("/0/conditions", "userAgents", json!(["x"])),
            "unknown_member",
            "policies[0].conditions.userAgents",
        ),
        (
            edit("/0/conditions", "signInRiskLevels", json!("high")),
            "wrong_type",
            "policies[0].conditions.signInRiskLevels",
        ),
        (
            edit("/0/grantControls", "builtInControls", json!(["compliantNetwork"])),
            "unknown_value",
            "policies[0].grantControls.builtInControls[0]",
        ),
        (json!([good, good]), "duplicate_id", "policies[1].id"),
    ] {
        let issues = PolicySet::parse(&policies.to_string(), "[]").unwrap_err();
        let first = issues.iter().find(|issue| issue.is_error()).unwrap();
        assert_eq!((first.code, first.path.as_str()), (code, path), "{issues:#?}");
    }
    let annotated = edit("/0/conditions", "users@odata.context", json!("https://graph.example/"));
    assert!(PolicySet::parse(&annotated.to_string(), "[]").is_ok(), "annotations are no members");
}
