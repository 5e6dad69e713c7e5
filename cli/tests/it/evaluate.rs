//! `edgeward evaluate`

use serde_json::json;

use crate::edgeward;
use crate::fixture::{Directory, admins_need_mfa};

const ADMIN: &str = r#"{"principal":{"kind":"user","id":"u1","groups":["6f1c0c3e-0000-4000-8000-0000000000a1"]},"session":{"amr":["pwd"]}}"#;
const MEMBER: &str = r#"{"principal":{"kind":"user","id":"u2","groups":[]}}"#;
const UNCLEAR: &str = r#"{"principal":{"kind":"user","id":"u3"},"session":{"amr":["pwd"]}}"#;

#[test]
fn requests_are_decided_in_their_order() {
    let directory = Directory::new("evaluate-order");
    let bundle = directory.bundle(&json!([admins_need_mfa()]));
    let run = edgeward(&["evaluate", "--bundle", &bundle], format!("{ADMIN}\n\n{MEMBER}\n{UNCLEAR}"));
    let decisions = run.json();
    assert_eq!(run.status, 0, "{}", run.err);
    let outcomes: Vec<_> = decisions.iter().map(|decision| decision["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["challenge", "allow", "defer"]);
    assert_eq!(decisions[0]["controls"], json!(["mfa"]));
    assert_eq!(decisions[2]["needs"], json!(["principal.groups"]));
}

#[test]
fn what_would_be_deferred_is_settled_by_an_answer_or_an_outage() {
    let directory = Directory::new("evaluate-settle");
    let bundle = directory.bundle(&json!([admins_need_mfa()]));
    let answer = directory.write("answer.json", r#"{"facts":{"principal.groups":[]}}"#);
    let outcome = |arguments: &[&str]| {
        let run = edgeward(&[&["evaluate", "--bundle", &bundle], arguments].concat(), UNCLEAR);
        assert_eq!(run.status, 0, "{}", run.err);
        run.json()[0]["outcome"].clone()
    };
    assert_eq!(outcome(&[]), "defer");
    assert_eq!(outcome(&["--answer", &answer]), "allow");
    assert_eq!(outcome(&["--outage"]), "challenge", "a new session is taken to be in scope");
}

#[test]
fn a_bad_line_is_named_and_the_others_are_decided() {
    let directory = Directory::new("evaluate-bad");
    let bundle = directory.bundle(&json!([admins_need_mfa()]));
    let input = [
        ADMIN.as_bytes(),
        br#"{"client":{"ip":"not an address"}}"#,
        b"{\"http\":{\"path\":\"\xFF\"}}",
        br#"{"principal":{"kind":5}}"#,
        b"{} {}",
        MEMBER.as_bytes(),
    ]
    .join(&b'\n');
    let run = edgeward(&["evaluate", "--bundle", &bundle], input);
    assert_eq!((run.status, run.json().len()), (2, 2), "{}", run.err);
    let lines: Vec<&str> = run.err.lines().collect();
    for (line, start) in lines.iter().zip([
        "standard input:2: client.ip: `not an address` is not an IP address",
        "standard input:3: http.path: ",
        "standard input:4: principal.kind: expected a string, found 5",
        "standard input:5: ",
    ]) {
        assert!(line.starts_with(start), "{line}");
    }
    assert_eq!(lines.len(), 4, "{}", run.err);
}

#[test]
fn a_bundle_or_answer_that_can_not_be_read_is_named() {
    let directory = Directory::new("evaluate-no-bundle");
    let broken = directory.write("broken.json", "{\"schema\":1,");
    let run = edgeward(&["evaluate", "--bundle", &broken], ADMIN);
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    assert!(run.err.contains("broken.json: "), "{}", run.err);

    let bundle = directory.bundle(&json!([admins_need_mfa()]));
    let answer = directory.write("answer.json", r#"{"facts":{"userRisk":3}}"#);
    let run = edgeward(&["evaluate", "--bundle", &bundle, "--answer", &answer], ADMIN);
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    assert!(run.err.contains("answer.json: facts.userRisk: expected a string, found 3"), "{}", run.err);
}
