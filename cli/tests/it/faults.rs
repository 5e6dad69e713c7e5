//! How it is said what is wrong with an input: `name:line: path: reason`.

use serde_json::json;

use crate::edgeward;
use crate::fixture::{Directory, admins_need_mfa};

#[test]
fn a_place_is_told_one_way() {
    let directory = Directory::new("faults-places");
    let bundle = directory.bundle(&json!([admins_need_mfa()]));
    let policies = directory.path("policies.json");
    let cut = directory.write("cut.json", "\n{\"value\":\n[");
    let text = directory.write("text.json", b"{\"a\xff\":1}");
    let never = directory.path("never.json");
    let commands: [&[&str]; 7] = [
        &["lint", "--policies"],
        &["lint", "--bundle"],
        &["lint", "--policies", &policies, "--directory"],
        &["bundle", "inspect"],
        &["whatif", "--bundle", &bundle],
        &["evaluate", "--bundle", &bundle, "--answer"],
        &["calibrate", "--out", &never, "--model"],
    ];
    for command in commands {
        let said = |file: &str| {
            let run = edgeward(&[command, &[file]].concat(), "");
            assert_eq!((run.status, run.out.as_str()), (2, ""), "{command:?}");
            run.err
        };
        let err = said(&cut);
        let place = err.strip_prefix(&cut).unwrap();
        assert!(place.starts_with(":2: ") || place.starts_with(":3: "), "{command:?}: {err}");
        assert!(!err.contains("line") && !err.contains("column 0") && !err.contains('?'), "{err}");
        assert_eq!(said(&text), format!("{text}: is not UTF-8 from byte 3\n"), "{command:?}");
    }
    let rows = edgeward(&["import", "entra-signins"], "\n[{},\n{]");
    assert_eq!(rows.err, "standard input:3: key must be a string, column 2\n");
    let bodies = edgeward(&["whatif", "--bundle", &bundle], "\n{\"signInIdentity\":\n5}");
    assert!(bodies.status == 2 && bodies.err.starts_with("standard input:3: "), "{}", bodies.err);
    assert!(bodies.err.ends_with(", column 1\n"), "{}", bodies.err);
}

#[test]
fn policies_that_are_nested_too_deep_are_named() {
    let directory = Directory::new("faults-deep");
    let good = directory.write("good.json", admins_need_mfa().to_string());
    let deep = json!({"value": [admins_need_mfa(), {"id": "d"}]}).to_string();
    let deep = deep.replace("\"d\"", &format!("{}{}", "[".repeat(200), "]".repeat(200)));
    let deep = directory.write("deep.json", deep);
    let out = directory.path("out.json");
    for command in [&["lint"][..], &["bundle", "build", "--version", "1", "--out", &out]] {
        let run = edgeward(&[command, &["--policies", &good, &deep]].concat(), "");
        assert_eq!((run.status, run.out.as_str()), (2, ""));
        assert_eq!(run.err, format!("{deep}: value[1]: recursion limit exceeded\n"));
    }
}

#[test]
fn parts_of_a_bundle_are_named_by_their_own_files() {
    let directory = Directory::new("faults-parts");
    let policies = directory.write("policies.json", json!([admins_need_mfa()]).to_string());
    let out = directory.path("out.json");
    let build = |arguments: &[&str]| {
        let base = ["bundle", "build", "--policies", &policies, "--out", &out];
        let run = edgeward(&[&base[..], arguments].concat(), "");
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{arguments:?}");
        run.err
    };
    for (option, text, place, why) in [
        ("--settings", "{\n\"policies\": 1}", ":2: policies: ", "not a member known here, column 10\n"),
        ("--settings", "[]", ":1: ", "expected an object, found an array, column 2\n"),
        ("--settings", "{\"costs\":{\"attack\":-5}}", ":1: costs.attack: ", "found -5, column 21\n"),
        ("--agents", "\n{\"foo\": 1}", ":2: foo: ", "not a member known here, column 6\n"),
        (
            "--agents",
            "{\"directories\":[{\"url\":\"https://a.example/keys\",\"name\":\"A\"}]}",
            ": directories[0].url: ",
            "is not an origin, `https://agent.example`\n",
        ),
        (
            "--self-test",
            "[{\"name\":\"a\",\"outcome\":\"allow\"}]",
            ":1: request: ",
            "is missing, column 31\n",
        ),
        (
            "--self-test",
            "[{\"name\":\"a\",\"outcome\":\"allow\",\"request\":{\"principal\":{\"kind\":5}}}]",
            ": ",
            "own test `a`: principal.kind: expected a string, found 5\n",
        ),
        ("--model", "{\"schema\":1,\n\"moon\":1}", ":2: ", "moon: is not a member known here, column 6\n"),
    ] {
        let file = directory.write("part.json", text);
        let err = build(&["--version", "1", option, &file]);
        assert!(err.starts_with(&format!("{file}{place}")) && err.ends_with(why), "{option} {text}: {err}");
    }
    assert_eq!(
        build(&["--version", "v1"]),
        "--version: `v1` is not one to eight decimal numbers joined by dots\n"
    );
    let large = "1.99999999999999999999";
    assert_eq!(
        build(&["--version", large]),
        format!("--version: `{large}` has a number above 18446744073709551615\n")
    );
}
