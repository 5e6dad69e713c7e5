//! What loads and is likely not meant: each warning, and the nearest thing that is fine.

use serde_json::{Value, json};

use super::{policy, user, verdict};
use crate::policy::{PolicySet, Verdict};

#[test]
fn a_policy_that_can_never_apply_is_warned_of() {
    for conditions in [
        json!({"users": {"includeUsers": ["None"]}}),
        json!({"users": {"includeUsers": ["u1"], "excludeUsers": ["U1"]}}),
        json!({"applications": {"includeApplications": ["None"]}}),
        json!({"applications": {"includeApplications": ["a"], "excludeApplications": ["a"]}}),
        json!({"platforms": {"includePlatforms": ["iOS"], "excludePlatforms": ["iOS"]}}),
        json!({"locations": {"includeLocations": ["All"], "excludeLocations": ["All"]}}),
        json!({"edge": {"agentClasses": {"include": ["bot"], "exclude": ["bot"]}}}),
    ] {
        let policies = json!([policy("p", &conditions, &["mfa"])]);
        let (set, warnings) = PolicySet::parse(&policies.to_string(), "[]").unwrap();
        assert!(
            warnings.iter().any(|warning| warning.code == "never_applies"),
            "{conditions}: {warnings:#?}"
        );
        assert_eq!(verdict(&set, &user(&json!({}))), json!(Verdict::Allow), "{conditions}");
    }
}

#[test]
fn an_empty_list_of_client_app_types_is_warned_of() {
    let policies = json!([policy("p", &json!({"clientAppTypes": []}), &["mfa"])]).to_string();
    let (_, warnings) = PolicySet::parse(&policies, "[]").unwrap();
    let codes: Vec<_> = warnings.iter().map(|warning| (warning.code, warning.path.as_str())).collect();
    assert_eq!(codes, [("undecidable_condition", "policies[0].conditions.clientAppTypes")]);
}

#[test]
fn combinations_that_can_not_work_are_warned_of() {
    let with = |conditions: &Value, grant: Value, session: Value| {
        let mut policy = policy("p", conditions, &[]);
        policy["grantControls"] = grant;
        policy["sessionControls"] = session;
        policy
    };
    let either = |controls: &[&str]| json!({"operator": "OR", "builtInControls": controls});
    let both = |controls: &[&str]| json!({"operator": "AND", "builtInControls": controls});
    let none = || json!(null);
    let risky = json!({"userRiskLevels": ["high"]});
    for (policy, code) in [
        (with(&risky, both(&["mfa", "passwordChange"]), none()), ""),
        (
            with(
                &json!({"applications": {"includeApplications": ["a"]}}),
                both(&["mfa", "passwordChange"]),
                none(),
            ),
            "password_change_conditions",
        ),
        (with(&risky, both(&["compliantDevice", "passwordChange"]), none()), "password_change_controls"),
        (with(&risky, either(&["riskRemediation"]), none()), "risk_remediation_incomplete"),
        (
            with(&json!({}), either(&["approvedApplication", "compliantApplication"]), none()),
            "retired_control",
        ),
        (
            with(
                &json!({"users": {"includeUsers": ["None"]}, "clientApplications": {"includeServicePrincipals": ["w"]}}),
                either(&["mfa"]),
                none(),
            ),
            "workload_grant",
        ),
        (
            with(
                &json!({"platforms": {"includePlatforms": ["macOS"]}}),
                either(&["compliantApplication"]),
                none(),
            ),
            "app_control_on_desktop",
        ),
        (
            with(
                &json!({"platforms": {"includePlatforms": ["iOS"]}}),
                either(&["compliantApplication"]),
                none(),
            ),
            "",
        ),
        (
            with(
                &json!({"authenticationFlows": {"transferMethods": "deviceCodeFlow"}}),
                either(&["compliantDevice"]),
                none(),
            ),
            "device_code_flow_grant",
        ),
        (
            with(&json!({"clientAppTypes": ["exchangeActiveSync", "other"]}), either(&["mfa"]), none()),
            "legacy_client_grant",
        ),
        (with(&json!({"clientAppTypes": ["exchangeActiveSync", "other"]}), either(&["block"]), none()), ""),
        (with(&json!({}), either(&["mfa", "block"]), none()), "block_with_controls"),
        (
            with(
                &json!({"platforms": {"includePlatforms": ["all"]}}),
                none(),
                json!({"continuousAccessEvaluation": {"mode": "disabled"}}),
            ),
            "continuous_access_evaluation_scope",
        ),
        (
            with(
                &json!({"applications": {"includeApplications": ["a"]}}),
                none(),
                json!({"persistentBrowser": {"mode": "never"}}),
            ),
            "persistent_browser_scope",
        ),
        (with(&json!({}), none(), none()), "no_controls"),
        (
            with(
                &json!({}),
                json!({"operator": "AND", "builtInControls": ["mfa"], "authenticationStrength": {"id":
                    "00000000-0000-0000-0000-000000000002"}}),
                none(),
            ),
            "strength_with_mfa",
        ),
        (
            with(
                &json!({}),
                json!({"operator": "OR", "builtInControls": [], "authenticationStrength": {"id": "s",
                    "allowedCombinations": []}}),
                none(),
            ),
            "strength_never_met",
        ),
        (
            with(
                &json!({}),
                json!({"operator": "OR", "builtInControls": [], "authenticationStrength": {"id": "s"}}),
                none(),
            ),
            "unknown_strength",
        ),
        (
            with(
                &json!({"applications": {"includeUserActions": ["urn:user:registerdevice"]}}),
                either(&["compliantDevice"]),
                none(),
            ),
            "register_device_grant",
        ),
        (
            with(
                &json!({"applications": {"includeUserActions": ["urn:user:registerdevice"]},
                    "clientAppTypes": ["browser"]}),
                either(&["mfa"]),
                none(),
            ),
            "register_device_conditions",
        ),
        (
            with(&json!({"clientAppTypes": ["exchangeActiveSync"]}), either(&["block"]), none()),
            "exchange_active_sync_scope",
        ),
        (
            with(
                &json!({"clientAppTypes": ["exchangeActiveSync"], "applications": {"includeApplications":
                    ["00000002-0000-0ff1-ce00-000000000000"]}}),
                either(&["block"]),
                none(),
            ),
            "",
        ),
        (
            with(&json!({}), either(&["block"]), json!({"persistentBrowser": {"mode": "never"}})),
            "block_with_session_controls",
        ),
        (
            with(&json!({}), none(), json!({"applicationEnforcedRestrictions": {"isEnabled": true}})),
            "application_restrictions_scope",
        ),
        (
            with(
                &json!({"applications": {"includeApplications": ["Office365"]}}),
                none(),
                json!({"applicationEnforcedRestrictions": {"isEnabled": true}}),
            ),
            "",
        ),
        (
            with(&json!({}), none(), json!({"secureSignInSession": {"isEnabled": true}})),
            "token_protection_scope",
        ),
        (
            with(
                &json!({}),
                none(),
                json!({"signInFrequency": {"frequencyInterval": "everyTime", "value": 1, "type": "hours"}}),
            ),
            "frequency_ignored",
        ),
        (
            with(&json!({"users": {"includeGroups": ["// break glass"]}}), either(&["mfa"]), none()),
            "not_an_id",
        ),
        (
            with(
                &json!({"users": {"includeUsers": ["None"]}, "clientApplications": {"includeServicePrincipals":
                    ["My robot"]}}),
                either(&["block"]),
                none(),
            ),
            "not_an_id",
        ),
        (
            with(
                &json!({}),
                json!({"operator": "OR", "builtInControls": [], "termsOfUse": ["Terms (2026)"]}),
                none(),
            ),
            "not_an_id",
        ),
        (
            with(&json!({"locations": {"includeLocations": ["gone"]}}), either(&["mfa"]), none()),
            "unknown_location",
        ),
        (with(&json!({"users": {"includeGroups": ["<BreakGlass>"]}}), either(&["mfa"]), none()), "not_an_id"),
    ] {
        let (_, warnings) = PolicySet::parse(&json!([policy]).to_string(), "[]").unwrap();
        let codes: Vec<_> = warnings.iter().map(|warning| warning.code).collect();
        if code.is_empty() {
            assert!(codes.is_empty(), "{policy}: {codes:?}");
        } else {
            assert!(codes.contains(&code), "{code} in {codes:?} for {policy}");
        }
    }
}
