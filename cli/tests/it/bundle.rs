//! `edgeward bundle`

use serde_json::{Value, json};

use crate::edgeward;
use crate::fixture::{Directory, admins_need_mfa, utf16};

#[test]
fn the_same_parts_make_the_same_bytes() {
    let directory = Directory::new("bundle-canonical");
    let policy = admins_need_mfa();
    let locations = json!([{"@odata.type": "#microsoft.graph.countryNamedLocation", "id": "l1",
        "displayName": "Norden", "countriesAndRegions": ["NO", "SE"], "includeUnknownCountriesAndRegions": false}]);
    let array = directory.write("array.json", json!([policy]).to_string());
    let wrapped = directory.write(
        "wrapped.json",
        utf16(&serde_json::to_string_pretty(&json!({"@odata.context": "x", "value": [policy]})).unwrap()),
    );
    let single = directory.write("single.json", format!("\u{feff}{policy}"));
    let plain = directory.write("locations.json", locations.to_string());
    let combined = directory
        .write("combined.json", json!({"namedLocations": locations, "policies": [policy]}).to_string());

    let build = |policies: &str, locations: &[&str], out: &str| {
        let out_path = directory.path(out);
        let arguments = [
            &["bundle", "build", "--version", "2026.1", "--out", &out_path, "--policies", policies],
            locations,
        ]
        .concat();
        let run = edgeward(&arguments, "");
        assert_eq!(run.status, 0, "{}", run.err);
        assert_eq!(run.json()[0]["policies"], 1);
        directory.read(out)
    };
    let expected = build(&array, &["--locations", &plain], "a.json");
    for (policies, locations) in
        [(&wrapped, &["--locations", &plain][..]), (&single, &["--locations", &plain]), (&combined, &[])]
    {
        assert_eq!(build(policies, locations, "b.json"), expected, "{policies}");
    }
    let bundle: Value = serde_json::from_slice(&expected).unwrap();
    assert_eq!(bundle["policies"], json!([policy]), "Graph JSON is kept as it is");
}

#[test]
fn what_was_compiled_decides_as_its_source_and_explains_nothing() {
    let directory = Directory::new("bundle-compile");
    let source = directory.bundle(&json!([admins_need_mfa()]));
    let compiled = directory.path("bundle.edge.json");
    let run = edgeward(&["bundle", "compile", &source, "--out", &compiled], "");
    assert_eq!(run.status, 0, "{}", run.err);
    assert_eq!(run.json()[0]["version"], "1");

    let request = r#"{"principal":{"kind":"user","id":"u1","groups":["admins"]},"session":{"amr":["pwd"]}}"#;
    let decide = |bundle: &str| edgeward(&["evaluate", "--bundle", bundle], request).out;
    assert_eq!(decide(&compiled), decide(&source));
    let inspected = edgeward(&["bundle", "inspect", &compiled], "");
    assert_eq!(inspected.json()[0]["form"], "compiled");
    assert_eq!(inspected.json()[0]["policies"][0]["state"], "enabled");
    assert_eq!(
        inspected.json()[0]["settings"],
        edgeward(&["bundle", "inspect", &source], "").json()[0]["settings"]
    );

    let asked = edgeward(&["whatif", "--bundle", &compiled], "{}");
    assert_eq!(asked.status, 2);
    assert!(asked.err.contains("take the source of the bundle"), "{}", asked.err);
    assert_eq!(
        edgeward(&["bundle", "compile", &compiled, "--out", &compiled], "").status,
        2,
        "it is compiled"
    );
    let broken = directory.write("broken.json", r#"{"schema":1,"version":"1","policies":[{"state":"on"}]}"#);
    let run = edgeward(&["bundle", "compile", &broken, "--out", &directory.path("never.json")], "");
    assert_eq!(run.status, 2);
    assert!(run.err.contains("policies[0].state"), "{}", run.err);
    assert!(!std::path::Path::new(&directory.path("never.json")).exists());
}

#[test]
fn a_signed_bundle_is_believed_and_no_other() {
    let directory = Directory::new("bundle-sign");
    let bundle = directory.bundle(&json!([admins_need_mfa()]));
    assert_eq!(directory.keygen("keys").status, 0);
    let (key, public) = (directory.path("keys/bundle.key"), directory.path("keys/bundle.pub"));
    let signed = edgeward(&["bundle", "sign", "--key", &key, &bundle], "");
    assert_eq!(signed.status, 0, "{}", signed.err);
    assert!(
        signed.err.contains("bundle.json: is the source of a bundle, which no edge loads"),
        "{}",
        signed.err
    );
    let envelope: Value = serde_json::from_slice(&directory.read("bundle.json.sig")).unwrap();
    assert_eq!(envelope["algorithm"], "Ed25519");
    assert_eq!(envelope["keyId"], signed.json()[0]["keyId"]);
    assert_eq!(envelope["keyId"].as_str().unwrap().len(), 16);

    let verify = |public: &str| edgeward(&["bundle", "verify", "--public-key", public, &bundle], "");
    let verified = verify(&public);
    assert_eq!((verified.status, &verified.json()[0]), (0, &json!({"version": "1", "policies": 1})));
    assert!(verified.err.contains("which no edge loads"), "{}", verified.err);
    let compiled = directory.path("bundle.edge.json");
    assert_eq!(edgeward(&["bundle", "compile", &bundle, "--out", &compiled], "").status, 0);
    for command in [["sign", "--key", &key], ["verify", "--public-key", &public]] {
        let run = edgeward(&[&["bundle"], &command[..], &[&compiled]].concat(), "");
        assert_eq!((run.status, run.err.as_str()), (0, ""), "{command:?}");
    }

    directory.keygen("others");
    let foreign = verify(&directory.path("others/bundle.pub"));
    assert_eq!(foreign.status, 2);
    assert!(foreign.err.contains("not trusted"), "{}", foreign.err);

    let tampered =
        String::from_utf8(directory.read("bundle.json")).unwrap().replace("\"enabled\"", "\"disabled\"");
    directory.write("bundle.json", tampered);
    let run = verify(&public);
    assert_eq!(run.status, 2);
    assert!(run.err.contains("does not match"), "{}", run.err);
    let evaluated = edgeward(&["evaluate", "--bundle", &bundle, "--public-key", &public], "{}\n");
    assert_eq!((evaluated.status, evaluated.out.as_str()), (2, ""), "nothing is decided by it");
}

#[test]
fn a_private_key_is_its_owners_and_is_never_overwritten() {
    let directory = Directory::new("bundle-keygen");
    let first = directory.keygen("keys");
    assert_eq!(first.status, 0, "{}", first.err);
    let key = directory.read("keys/bundle.key");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(directory.path("keys/bundle.key")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let seed: Value = serde_json::from_slice(&key).unwrap();
    assert!(!first.out.contains(seed["seed"].as_str().unwrap()), "the secret is not printed");

    let second = directory.keygen("keys");
    assert_eq!(second.status, 2);
    assert!(second.err.contains("bundle.key: is there already"), "{}", second.err);
    assert_eq!(directory.read("keys/bundle.key"), key);
}

#[test]
fn what_no_edge_would_load_is_not_built_nor_signed() {
    let directory = Directory::new("bundle-bad");
    let mut policy = admins_need_mfa();
    policy["grantControls"]["builtInControls"] = json!(["mfaa"]);
    let policies =
        directory.write("policies.json", json!({"value": [admins_need_mfa(), policy]}).to_string());
    let out = directory.path("bundle.json");
    let run = edgeward(&["bundle", "build", "--policies", &policies, "--version", "1", "--out", &out], "");
    assert_eq!(run.status, 2);
    assert!(run.err.contains("policies.json: ") && run.err.contains("value[1].grantControls"), "{}", run.err);
    assert!(!std::path::Path::new(&out).exists());

    let good = directory.write("good.json", admins_need_mfa().to_string());
    let run = edgeward(&["bundle", "build", "--policies", &good, "--version", "v1", "--out", &out], "");
    assert_eq!(run.status, 2);
    assert!(run.err.contains("`v1`"), "{}", run.err);

    directory.keygen("keys");
    let broken = directory.write("broken.json", "{\"schema\":1}");
    let run = edgeward(&["bundle", "sign", "--key", &directory.path("keys/bundle.key"), &broken], "");
    assert_eq!(run.status, 2);
    assert!(!std::path::Path::new(&directory.path("broken.json.sig")).exists());
}

#[test]
fn a_bundle_without_policies_is_told_of() {
    let directory = Directory::new("bundle-empty");
    let policies = directory.write("arr.json", "[]");
    let out = directory.path("out.json");
    let run = edgeward(&["bundle", "build", "--policies", &policies, "--version", "1", "--out", &out], "");
    assert_eq!((run.status, &run.json()[0]["policies"]), (0, &json!(0)));
    assert_eq!(
        run.err,
        "--policies: there are none in these files, and the bundle asks nothing of anybody\n"
    );
}

#[test]
fn a_bundle_that_fails_its_own_test_is_not_built() {
    let directory = Directory::new("bundle-self-test");
    let policies = directory.write("policies.json", admins_need_mfa().to_string());
    let build = |outcome: &str| {
        let vectors = json!([{"name": "an admin", "outcome": outcome, "request": {"principal":
            {"kind": "user", "id": "u1", "groups": ["6f1c0c3e-0000-4000-8000-0000000000a1"]}, "session": {"amr": []}}}]);
        let vectors = directory.write("vectors.json", vectors.to_string());
        let out = directory.path("bundle.json");
        edgeward(
            &[
                "bundle",
                "build",
                "--policies",
                &policies,
                "--self-test",
                &vectors,
                "--version",
                "1",
                "--out",
                &out,
            ],
            "",
        )
    };
    let run = build("challenge");
    assert_eq!(run.status, 0, "{}", run.err);
    let run = build("allow");
    assert_eq!(run.status, 2);
    assert!(run.err.contains("an admin"), "{}", run.err);
}

#[test]
fn inspect_shows_what_is_inside() {
    let directory = Directory::new("bundle-inspect");
    let bundle = directory.bundle(&json!([admins_need_mfa()]));
    let run = edgeward(&["bundle", "inspect", &bundle], "");
    let shown = run.json().remove(0);
    assert_eq!(run.status, 0, "{}", run.err);
    assert_eq!(shown["policies"][0]["displayName"], "Admins need MFA");
    assert_eq!(shown["isCanonical"], true);
    assert_eq!(shown["signedWith"], Value::Null);
    assert_eq!(shown["settings"]["addresses"], "prefix", "as it is where nobody says");
    let missing = edgeward(&["bundle", "inspect", "no-such-bundle.json"], "");
    assert_eq!(missing.status, 2);
}

#[test]
fn agents_are_checked_before_a_bundle_is_written() {
    let directory = Directory::new("bundle-agents");
    let policies = directory.write("policies.json", json!([admins_need_mfa()]).to_string());
    let build = |agents: &Value| {
        let agents = directory.write("agents.json", agents.to_string());
        let out = directory.path("out.json");
        edgeward(
            &[
                "bundle",
                "build",
                "--version",
                "1",
                "--policies",
                &policies,
                "--agents",
                &agents,
                "--out",
                &out,
            ],
            "",
        )
    };
    let run = build(&json!({"directories": [{"url": "https://agent.example", "name": "A", "fetch": true}]}));
    assert_eq!(run.status, 0, "{}", run.err);
    let refused =
        build(&json!({"directories": [{"url": "https://agent.example/keys", "name": "A", "fetch": true}]}));
    assert_eq!(refused.status, 2);
    assert!(refused.err.contains("agents.json: directories[0].url"), "{}", refused.err);
}

#[test]
fn a_model_is_carried_compact_and_says_when_it_expires() {
    let directory = Directory::new("bundle-model");
    let policies = directory.write("policies.json", json!([admins_need_mfa()]).to_string());
    let model = directory.write("model.json", include_str!("../../../data/model/priors.json"));
    let out = directory.path("bundle.json");
    let base = ["bundle", "build", "--version", "1", "--out", &out, "--policies", &policies];
    let run =
        edgeward(&[&base[..], &["--model", &model, "--model-expires", "2027-01-01T00:00:00Z"]].concat(), "");
    assert_eq!(run.status, 0, "{}", run.err);
    let bundle: Value = serde_json::from_slice(&directory.read("bundle.json")).unwrap();
    assert_eq!(bundle["model"]["expires"], 1_798_761_600_000_i64);
    assert!(bundle["model"].to_string().len() <= 8_192 && bundle["model"]["notes"].is_null());
    let run = edgeward(&[&base[..], &["--model-expires", "2027-01-01T00:00:00Z"]].concat(), "");
    assert!(run.status == 2 && run.err.contains("--model"), "{}", run.err);
    let broken = directory.write("broken.json", json!({"schema": 1, "moon": 1}).to_string());
    let run = edgeward(&[&base[..], &["--model", &broken]].concat(), "");
    assert!(run.status == 2 && run.err.contains("broken.json:1: model"), "{}", run.err);
}
