//! `-` in place of a file.

use serde_json::json;

use crate::edgeward;
use crate::fixture::{Directory, admins_need_mfa};

#[test]
fn every_file_that_is_read_may_be_standard_input() {
    let directory = Directory::new("standard-input");
    let source = directory.bundle(&json!([admins_need_mfa()]));
    let bundle = String::from_utf8(directory.read("bundle.json")).unwrap();
    let policies = directory.path("policies.json");
    let request = directory.write("request.jsonl", "{}\n");
    let body = r#"{"signInIdentity":{"userId":"u"},"signInContext":{"includeApplications":["a"]}}"#;
    let body = directory.write("body.json", body);
    let out = directory.path("out.json");
    let answer = directory.write("answer.json", "{}");
    let inputs: [(&[&str], &str); 10] = [
        (&["lint", "--policies"], &admins_need_mfa().to_string()),
        (&["lint", "--policies", &policies, "--locations"], "[]"),
        (&["lint", "--bundle"], &bundle),
        (&["lint", "--policies", &policies, "--directory"], r#"{"@odata.context":"x#users","value":[]}"#),
        (&["bundle", "inspect"], &bundle),
        (&["bundle", "compile", "--out", &out], &bundle),
        (
            &["bundle", "build", "--version", "1", "--out", &out, "--policies"],
            &format!("[{}]", admins_need_mfa()),
        ),
        (&["evaluate", &request, "--answer", &answer, "--bundle"], &bundle),
        (&["evaluate", &request, "--bundle", &source, "--answer"], "{}"),
        (&["whatif", &body, "--bundle"], &bundle),
    ];
    for (command, input) in inputs {
        let run = edgeward(&[command, &["-"]].concat(), input);
        assert_eq!((run.status, run.err.as_str()), (0, ""), "{command:?}");
    }
    let events = directory.write("events.jsonl", "");
    let model = include_str!("../../../data/model/priors.json");
    let run = edgeward(&["calibrate", "--events", &events, "--out", &out, "--model", "-"], model);
    assert!(run.err.starts_with(&format!("{events}: has no rows of the split")), "{}", run.err);
}

#[test]
fn it_can_be_read_once_and_has_no_signature_beside_it() {
    let directory = Directory::new("standard-input-once");
    let source = directory.bundle(&json!([admins_need_mfa()]));
    let bundle = directory.read("bundle.json");
    let twice = edgeward(&["evaluate", "--bundle", "-"], &bundle);
    assert_eq!((twice.status, twice.out.as_str()), (2, ""));
    assert_eq!(twice.err, "standard input: is asked for twice, and can be read once only\n");

    directory.keygen("keys");
    let (key, public) = (directory.path("keys/bundle.key"), directory.path("keys/bundle.pub"));
    let verify = ["bundle", "verify", "-", "--public-key", &public];
    for command in [&["bundle", "sign", "-", "--key", &key][..], &verify] {
        let run = edgeward(command, &bundle);
        assert_eq!((run.status, run.out.as_str()), (2, ""));
        assert!(run.err.contains("no file that a signature could stand beside"), "{}", run.err);
    }
    assert_eq!(edgeward(&["bundle", "sign", &source, "--key", &key], "").status, 0);
    let signature = format!("{source}.sig");
    let run = edgeward(&[&verify[..], &["--signature", &signature]].concat(), &bundle);
    assert_eq!(run.status, 0, "{}", run.err);
}
