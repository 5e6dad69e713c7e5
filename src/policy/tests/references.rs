//! What policies name, against what a directory holds.

use serde_json::{Value, json};

use super::policy;
use crate::policy::{Directory, MAX_DIRECTORY_BYTES, Severity, Written};

fn directory(documents: &[Value]) -> Directory {
    let documents: Vec<String> = documents.iter().map(Value::to_string).collect();
    Directory::read(&documents).unwrap()
}

/// Path (within the conditions) and fix of each reference that is not in the directory.
fn strangers(conditions: &Value, directory: &Directory) -> Vec<(String, String)> {
    let policies = json!([policy("p", conditions, &["mfa"])]).to_string();
    let (_, warnings) = Written::parse(&policies, "[]", Some(directory)).unwrap();
    assert!(warnings.iter().all(|warning| warning.severity == Severity::Warning));
    warnings
        .into_iter()
        .filter(|warning| warning.code == "unknown_reference")
        .map(|warning| (warning.path.replace("policies[0].conditions.", ""), warning.fix.unwrap_or_default()))
        .collect()
}

fn paths(conditions: &Value, directory: &Directory) -> Vec<String> {
    strangers(conditions, directory).into_iter().map(|(path, _)| path).collect()
}

#[test]
fn each_list_is_checked_against_the_things_it_names() {
    let directory = directory(&[
        json!([{"@odata.type": "#microsoft.graph.user", "id": "u1"}, {"UserPrincipalName": "b@example.org", "Id": "u2"}]),
        json!({"@odata.context": "https://graph.example/v1.0/$metadata#groups", "value": [{"id": "g1"}]}),
        json!({"@odata.type": "microsoft.graph.directoryRole", "id": "activated", "roleTemplateId": "r1"}),
        json!({"value": [{"servicePrincipalType": "Application", "id": "s1", "appId": "a1"}]}),
        json!([{"@odata.type": "#microsoft.graph.device", "id": "d1"}]),
    ]);
    let users = json!({"users": {
        "includeUsers": ["U1", "u2", "GuestsOrExternalUsers", "u3"],
        "excludeUsers": ["g1"],
        "includeGroups": ["g1", "g2"],
        "excludeGroups": ["G1"],
        "includeRoles": ["r1", "62e90394-69f5-4237-9190-012177145e10", "activated"],
        "excludeRoles": ["r2"],
    }});
    assert_eq!(
        paths(&users, &directory),
        [
            "users.includeUsers[3]",
            "users.includeGroups[1]",
            "users.includeRoles[2]",
            "users.excludeUsers[0]",
            "users.excludeRoles[0]",
        ]
    );
    let applications = json!({"applications": {
        "includeApplications": ["a1", "Office365", "MicrosoftAdminPortals", "s1"],
        "excludeApplications": ["None", "a2"],
    }});
    assert_eq!(
        paths(&applications, &directory),
        ["applications.includeApplications[3]", "applications.excludeApplications[1]"]
    );
    let workloads = json!({"users": null, "clientApplications": {
        "includeServicePrincipals": ["ServicePrincipalsInMyTenant", "s1", "a1"],
        "excludeServicePrincipals": ["s2"],
    }});
    assert_eq!(
        paths(&workloads, &directory),
        ["clientApplications.includeServicePrincipals[2]", "clientApplications.excludeServicePrincipals[0]",]
    );
    let agents = json!({"users": null, "agents": {"includeAgentUsers": ["All", "u1", "u4"]}});
    assert_eq!(paths(&agents, &directory), ["agents.includeAgentUsers[2]"]);
}

#[test]
fn only_kinds_that_were_exported_are_checked() {
    let conditions = json!({
        "users": {"includeUsers": ["u"], "includeGroups": ["g"], "includeRoles": ["r"]},
        "applications": {"includeApplications": ["a"]},
    });
    assert!(paths(&conditions, &directory(&[])).is_empty());
    // Registrations leave out the applications of other tenants.
    let registered = directory(&[json!([{"signInAudience": "AzureADMyOrg", "id": "o", "appId": "b"}])]);
    assert!(paths(&conditions, &registered).is_empty());
    let users = directory(&[json!([{"userPrincipalName": "v@example.org", "id": "v"}])]);
    assert_eq!(paths(&conditions, &users), ["users.includeUsers[0]"]);
}

#[test]
fn the_fix_names_the_id_that_was_meant() {
    let group = |id: &str, name: &str| json!({"groupTypes": [], "id": id, "displayName": name});
    let directory = directory(&[
        json!([group("g1", "Break glass"), group("g2", "Twice"), group("g3", "twice")]),
        json!([{"isBuiltIn": true, "id": "62e90394-69f5-4237-9190-012177145e10"}]),
        json!([{"servicePrincipalType": "Application", "id": "s1", "appId": "a1", "displayName": "Payroll"}]),
        json!([{"userPrincipalName": "v@example.org", "id": "v"}]),
    ]);
    let fixes = |conditions: Value| -> Vec<String> {
        strangers(&conditions, &directory).into_iter().map(|(_, fix)| fix).collect()
    };
    let groups = json!({"users": {"includeGroups": ["break GLASS", "Twice", "gone"]}});
    assert_eq!(
        fixes(groups),
        [
            "write its id, `g1`",
            "write the id of one of the 2 with that name",
            "remove it, or write the id of a group that exists",
        ]
    );
    // By its name, and by the one it had before.
    for name in ["Global Administrator", "Company Administrator"] {
        let roles = json!({"users": {"includeRoles": [name]}});
        assert_eq!(fixes(roles), ["write its id, `62e90394-69f5-4237-9190-012177145e10`"]);
    }
    assert_eq!(fixes(json!({"users": {"includeUsers": ["V@example.org"]}})), ["write its id, `v`"]);
    // The object id where the application id belongs.
    assert_eq!(fixes(json!({"applications": {"includeApplications": ["s1"]}})), ["write its id, `a1`"]);
    let workloads = json!({"users": null, "clientApplications": {"includeServicePrincipals": ["Payroll"]}});
    assert_eq!(fixes(workloads), ["write its id, `s1`"]);
}

#[test]
fn a_directory_that_can_not_be_read_says_where() {
    let page = json!({
        "@odata.context": "https://graph.example/v1.0/$metadata#users",
        "@odata.nextLink": "https://graph.example/v1.0/users?$skiptoken=2",
        "value": [{"id": "u"}],
    });
    for (document, path, what) in [
        ("{".to_owned(), "", "EOF"),
        ("7".to_owned(), "", "expected an array or an object"),
        (json!({"value": 7}).to_string(), "value", "expected an array"),
        (json!([[]]).to_string(), "[0]", "expected an object"),
        (json!({"value": [{"id": "x"}]}).to_string(), "value[0]", "nothing says what this is"),
        (json!([{"groupTypes": [], "id": 7}]).to_string(), "[0].id", "`id` is required"),
        (json!({"signInAudience": "x", "id": "o"}).to_string(), "appId", "`appId` is required"),
        (page.to_string(), "@odata.nextLink", "pages"),
        ("[".repeat(100_000), "", ""),
        (" ".repeat(MAX_DIRECTORY_BYTES + 1), "", "the limit is"),
    ] {
        let fine = json!([{"groupTypes": [], "id": "g"}]).to_string();
        let error = Directory::read(&[fine, document.clone()]).unwrap_err();
        assert_eq!((error.document, error.path.as_str()), (1, path), "{error}");
        assert!(error.message.contains(what), "{error}");
    }
    let last = json!({"@odata.context": page["@odata.context"], "value": [{"id": "v"}]});
    assert!(Directory::read(&[page.to_string(), last.to_string()]).is_ok());
}
