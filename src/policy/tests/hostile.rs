//! Input that is wrong on purpose, or larger than it has any right to be: refused with code, path and what to do.

use serde_json::{Value, json};

use super::{policy, set};
use crate::policy::{Issue, MAX_INPUT_BYTES, MAX_POLICIES, PolicySet};

fn refused(policies: &str, locations: &str) -> Vec<Issue> {
    PolicySet::parse(policies, locations).map(|(set, _)| set.policies().len()).unwrap_err()
}

#[test]
fn every_error_has_a_code_a_path_and_a_fix() {
    let good = policy("p", &json!({}), &["mfa"]);
    let edit = |pointer: &str, value: Value| {
        let mut policies = json!([good]);
        let (object, name) = pointer.rsplit_once('/').unwrap();
        policies.pointer_mut(object).unwrap()[name] = value;
        policies.to_string()
    };
    let locations = |ranges: Value| json!([{"id": "l", "ipRanges": ranges}]).to_string();
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let filter = |rule: &str| json!({"deviceFilter": {"mode": "include", "rule": rule}});
    let nested = format!("{}device.model -eq a{}", "(".repeat(1000), ")".repeat(1000));
    let long = format!("device.model -eq \"{}\"", "x".repeat(4000));
    for (policies, named, code, path) in [
        (json!([good, good]).to_string(), "[]".to_owned(), "duplicate_id", "policies[1].id"),
        (
            "[]".to_owned(),
            json!([{"id": "l", "ipRanges": []}, {"id": "L", "ipRanges": []}]).to_string(),
            "duplicate_id",
            "namedLocations[1].id",
        ),
        (r#"[{"id":"p","id":"q"}]"#.to_owned(), "[]".to_owned(), "duplicate_member", "policies[0].id"),
        (
            "[]".to_owned(),
            locations(json!([{"cidrAddress": "10.0.0.0/8"}])),
            "invalid_cidr",
            "namedLocations[0].ipRanges[0]",
        ),
        (
            "[]".to_owned(),
            locations(json!([{"cidrAddress": "300.0.0.0/24"}])),
            "invalid_cidr",
            "namedLocations[0].ipRanges[0]",
        ),
        ("[]".to_owned(), locations(json!(vec!["192.0.2.1/32"; 2001])), "too_many_ranges", ".ipRanges"),
        (
            edit("/0/conditions/clientAppTypes", json!(["unknownFutureValue"])),
            "[]".to_owned(),
            "unknown_future_value",
            "policies[0].conditions.clientAppTypes[0]",
        ),
        (
            edit("/0/grantControls/builtInControls", json!(["unknownFutureValue"])),
            "[]".to_owned(),
            "unknown_future_value",
            "policies[0].grantControls.builtInControls[0]",
        ),
        (
            edit(
                "/0/grantControls/authenticationStrength",
                json!({"id": "s", "allowedCombinations": ["fido2", "password,telepathy"]}),
            ),
            "[]".to_owned(),
            "unknown_value",
            "policies[0].grantControls.authenticationStrength.allowedCombinations[1]",
        ),
        (
            edit("/0/conditions/insiderRiskLevels", json!("elevated,unheardOf")),
            "[]".to_owned(),
            "unknown_value",
            "policies[0].conditions.insiderRiskLevels",
        ),
        (
            edit("/0/conditions/applications/includeUserActions", json!(["urn:user:fly"])),
            "[]".to_owned(),
            "unknown_value",
            "policies[0].conditions.applications.includeUserActions",
        ),
        (edit("/0/conditions/devices", filter(&nested)), "[]".to_owned(), "invalid_device_filter", ".rule"),
        (edit("/0/conditions/devices", filter(&long)), "[]".to_owned(), "invalid_device_filter", ".rule"),
        (edit("/0/conditions/users", deep_node()), "[]".to_owned(), "invalid_json", "policies"),
        (deep, "[]".to_owned(), "invalid_json", "policies"),
        (" ".repeat(MAX_INPUT_BYTES + 1), "[]".to_owned(), "too_large", "policies"),
        ("[{".to_owned(), "[]".to_owned(), "invalid_json", "policies"),
        ("{}".to_owned(), "[]".to_owned(), "wrong_type", "policies"),
        (
            json!(vec![Value::Null; MAX_POLICIES + 1]).to_string(),
            "[]".to_owned(),
            "too_many_policies",
            "[256]",
        ),
    ] {
        let issues = refused(&policies, &named);
        let found = issues.iter().find(|issue| issue.code == code && issue.path.ends_with(path));
        assert!(found.is_some(), "{code} at {path} in {:#?}", issues.iter().take(3).collect::<Vec<_>>());
        for issue in issues.iter().filter(|issue| issue.is_error()) {
            assert!(!issue.path.is_empty() && issue.fix.is_some(), "{issue:?}");
        }
    }
}

/// An object deeper than the reader goes.
fn deep_node() -> Value {
    (0..200).fold(json!({}), |inner, _| json!({"x": inner}))
}

#[test]
fn ids_by_the_ten_thousand_are_compared_in_no_time_and_all_count() {
    let ids: Vec<String> =
        (0..60_000).map(|index| format!("{index:08x}-0000-4000-8000-000000000000")).collect();
    let (last, rest) = ids.split_last().unwrap();
    let users = json!({"includeGroups": ids, "excludeGroups": rest});
    let set = set(&json!([policy("p", &json!({"users": users}), &["block"])]));
    for (group, expected) in [(last, "block"), (&ids[7], "allow")] {
        let request =
            super::user(&json!({"principal": {"kind": "user", "id": "u", "groups": [group], "roles": [],
            "guestType": "none"}}));
        assert_eq!(super::verdict(&set, &request), expected, "{group}");
    }
}

#[test]
fn a_flood_of_mistakes_is_counted_and_still_refused() {
    let mut members = serde_json::Map::new();
    members.extend((0..1000).map(|index| (format!("m{index}"), json!(1))));
    let crowded = refused(&json!([members]).to_string(), "[]");
    assert_eq!((crowded[0].code, crowded[0].path.as_str()), ("too_large", "policies[0]"));
    let flood = json!([policy("p", &json!({"clientAppTypes": vec!["x"; 50_000]}), &["mfa"])]);
    let issues = refused(&flood.to_string(), "[]");
    let last = issues.last().unwrap();
    assert_eq!((issues.len(), last.code), (1001, "too_many_issues"));
    assert!(last.is_error() && last.message.starts_with("49000 more"), "{last:?}");
}
