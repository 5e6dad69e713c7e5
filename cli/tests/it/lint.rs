//! `edgeward lint`

use serde_json::json;

use crate::edgeward;
use crate::fixture::{Directory, admins_need_mfa, utf16};

#[test]
fn nothing_to_find() {
    let directory = Directory::new("lint-clean");
    let policies = directory.write("p.json", admins_need_mfa().to_string());
    let run = edgeward(&["lint", "--policies", &policies], "");
    assert_eq!((run.status, run.out.as_str(), run.err.as_str()), (0, "", ""));
}

#[test]
fn findings_say_which_file_and_where_in_it() {
    let directory = Directory::new("lint-files");
    let mut doubtful = admins_need_mfa();
    doubtful["id"] = json!("6f1c0c3e-0000-4000-8000-0000000000c2");
    doubtful["displayName"] = json!("Admins need MFA everywhere");
    doubtful["conditions"]["clientAppTypes"] = json!(["All"]);
    let mut wrong = admins_need_mfa();
    wrong["id"] = json!("6f1c0c3e-0000-4000-8000-0000000000c3");
    wrong["grantControls"]["builtInControls"] = json!(["teleportation"]);

    let first = directory.write("first.json", json!([admins_need_mfa()]).to_string());
    let second = directory.write("second.json", utf16(&json!({"value": [doubtful]}).to_string()));
    let run = edgeward(&["lint", "--policies", &first, &second], "");
    let findings = run.json();
    assert_eq!((run.status, findings.len()), (1, 1), "{}", run.out);
    assert_eq!(findings[0]["file"], json!(second));
    assert_eq!(findings[0]["severity"], "warning");
    assert_eq!(findings[0]["path"], "value[0].conditions.clientAppTypes[0]");
    assert_eq!(findings[0]["policy"], "Admins need MFA everywhere");

    let third = directory.write("third.json", wrong.to_string());
    let run = edgeward(&["lint", "--policies", &first, &second, &third], "");
    assert_eq!(run.status, 2);
    let error = run.json().into_iter().find(|finding| finding["severity"] == "error").unwrap();
    assert_eq!(error["file"], json!(third));
    assert_eq!(error["path"], "grantControls.builtInControls[0]");
    assert!(error["message"].as_str().unwrap().contains("teleportation"), "{error}");
}

#[test]
fn a_bundle_is_linted_as_an_edge_reads_it() {
    let directory = Directory::new("lint-bundle");
    let bundle = directory.bundle(&json!([admins_need_mfa()]));
    assert_eq!(edgeward(&["lint", "--bundle", &bundle], "").status, 0);
    let broken = directory.write("broken.json", r#"{"schema":1,"version":"1","policies":[{"state":"on"}]}"#);
    let run = edgeward(&["lint", "--bundle", &broken], "");
    assert_eq!(run.status, 2);
    assert!(run.json().iter().any(|finding| finding["path"] == "policies[0].state"), "{}", run.out);
    let compiled = directory.path("bundle.edge.json");
    assert_eq!(edgeward(&["bundle", "compile", &bundle, "--out", &compiled], "").status, 0);
    let run = edgeward(&["lint", "--bundle", &compiled], "");
    assert_eq!((run.status, run.out.as_str()), (2, ""), "it has no policies to look at");
    assert!(run.err.contains("take the source of the bundle"), "{}", run.err);
}

#[test]
fn what_is_to_be_checked_is_named_once() {
    let directory = Directory::new("lint-arguments");
    let bundle = directory.bundle(&json!([admins_need_mfa()]));
    let policies = directory.path("policies.json");
    let nothing = edgeward(&["lint"], "");
    assert_eq!(nothing.status, 2);
    assert!(nothing.err.contains("--bundle <FILE>|--policies <FILE>"), "{}", nothing.err);
    for other in ["--policies", "--locations"] {
        let run = edgeward(&["lint", "--bundle", &bundle, other, &policies], "");
        assert!(run.status == 2 && run.err.contains("cannot be used with"), "{other}: {}", run.err);
    }
    assert_eq!(edgeward(&["lint", "--locations", &policies], "").status, 2);
}

#[test]
fn a_file_that_is_no_json_is_named_with_the_place() {
    let directory = Directory::new("lint-json");
    let policies = directory.write("p.json", "[\n  {\"a\": }\n]");
    let run = edgeward(&["lint", "--policies", &policies], "");
    assert_eq!(run.status, 2);
    assert!(run.err.contains("p.json:2: "), "{}", run.err);
}

#[test]
fn what_a_directory_does_not_have_is_found() {
    let directory = Directory::new("lint-directory");
    let mut stale = admins_need_mfa();
    stale["conditions"]["users"] = json!({
        "includeGroups": ["6F1C0C3E-0000-4000-8000-00000000000A", "Staff"],
        "includeRoles": ["62e90394-69f5-4237-9190-012177145e10"],
    });
    let policies = directory.write("p.json", json!([stale]).to_string());
    let bundle = directory.bundle(&json!([stale]));
    let first = json!({
        "@odata.context": "https://graph.example/v1.0/$metadata#groups(id,displayName)",
        "@odata.nextLink": "https://graph.example/v1.0/groups?$skiptoken=2",
        "value": [{"id": "6f1c0c3e-0000-4000-8000-00000000000a", "displayName": "Board"}],
    });
    let last = json!({
        "@odata.context": "https://graph.example/v1.0/$metadata#groups(id,displayName)",
        "value": [{"id": "6f1c0c3e-0000-4000-8000-00000000000b", "displayName": "Staff"}],
    });
    let (first, last) = (
        directory.write("first.json", first.to_string()),
        directory.write("last.json", utf16(&last.to_string())),
    );
    for (source, path) in [("--policies", &policies), ("--bundle", &bundle)] {
        let run = edgeward(&["lint", source, path, "--directory", &first, &last], "");
        let findings = run.json();
        assert_eq!((run.status, findings.len()), (1, 1), "{}{}", run.out, run.err);
        assert_eq!(findings[0]["code"], "unknown_reference");
        assert!(findings[0]["path"].as_str().unwrap().ends_with("[0].conditions.users.includeGroups[1]"));
        assert_eq!(findings[0]["fix"], "write its id, `6f1c0c3e-0000-4000-8000-00000000000b`");
    }
    let run = edgeward(&["lint", "--policies", &policies, "--directory", &first], "");
    assert_eq!(run.status, 2);
    assert!(run.err.contains("first.json: @odata.nextLink: "), "{}", run.err);
}

#[test]
fn a_file_that_holds_no_policy_is_refused_once() {
    let directory = Directory::new("lint-stranger");
    let members: serde_json::Map<_, _> = (0..200).map(|index| (format!("m{index}"), json!(1))).collect();
    let stranger = directory.write("stranger.json", json!(members).to_string());
    let run = edgeward(&["lint", "--policies", &stranger], "");
    let findings = run.json();
    assert_eq!((run.status, findings.len()), (2, 1), "{}", run.out);
    assert_eq!((&findings[0]["code"], &findings[0]["file"]), (&json!("not_a_policy"), &json!(stranger)));
}
