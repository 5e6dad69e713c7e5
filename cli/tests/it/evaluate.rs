//! `edgeward evaluate`

use serde_json::{Value, json};

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
fn what_would_be_deferred_is_settled_by_an_answer() {
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
}

#[test]
fn a_counterfactual_tells_what_would_have_made_the_risk_low() {
    let directory = Directory::new("evaluate-counterfactual");
    let bundle = directory.bundle(&json!([admins_need_mfa()]));
    let request = |asn: u32, country: &str, risk: Value| {
        json!({"principal": {"kind": "user", "id": "u", "groups": []}, "risk": risk,
            "client": {"asn": asn, "country": country, "proxy": if asn == 64500 { "none" } else { "vpn" }},
            "device": if asn == 64500 { json!({"deviceId": "d", "cookie": "current"}) } else { json!({"deviceId": "e", "cookie": "none"}) },
            "profile": {"count": 20, "asns": [64500], "countries": ["NO"], "devices": ["d"]}})
    };
    let lines = [
        request(64500, "NO", json!({})),
        request(64510, "BR", json!({"signIn": "high"})),
        request(64510, "BR", json!({})),
    ];
    let input = lines.map(|line| line.to_string()).join("\n");
    let told = |arguments: &[&str]| {
        let run = edgeward(&[&["evaluate", "--bundle", &bundle], arguments].concat(), input.clone());
        assert_eq!(run.status, 0, "{}", run.err);
        run.json()
    };
    let (plain, explained) = (told(&[]), told(&["--counterfactual"]));
    assert!(plain.iter().all(|decision| decision.get("counterfactual").is_none()), "only for those who ask");
    assert_eq!(explained[0]["counterfactual"]["changes"], json!([]));
    assert_eq!(explained[1]["counterfactual"], Value::Null);
    assert_eq!(explained[2]["counterfactual"]["changes"], json!(["knownDevice"]), "{}", explained[2]);
    assert_eq!(explained[2]["outcome"], plain[2]["outcome"]);
}

#[test]
fn an_explanation_tells_the_score_and_the_detections_in_words() {
    let directory = Directory::new("evaluate-explain");
    let bundle = directory.bundle(&json!([admins_need_mfa()]));
    let request = json!({"principal": {"kind": "user", "id": "u", "groups": []}, "client": {"proxy": "tor"}});
    let told = |arguments: &[&str]| {
        let run = edgeward(&[&["evaluate", "--bundle", &bundle], arguments].concat(), request.to_string());
        assert_eq!(run.status, 0, "{}", run.err);
        run.json().remove(0)
    };
    let (plain, explained) = (told(&[]), told(&["--explain"]));
    assert!(plain.get("explanation").is_none() && plain.get("notes").is_none(), "only for those who ask");
    assert_eq!(explained["explanation"][0]["text"], "The address is an exit of Tor.");
    let parts = explained["explanation"].as_array().unwrap();
    assert_eq!(parts.len(), plain["risk"]["contributions"].as_array().unwrap().len());
    assert_eq!(explained["notes"][0]["detection"], "anonymizedIPAddress");
    assert!(explained["notes"][0]["innocentCauses"].as_str().unwrap().contains("privacy"));
}

#[test]
fn an_outage_tells_who_is_locked_out_and_who_is_let_in() {
    let directory = Directory::new("evaluate-outage");
    let policy = |id: &str, conditions: Value, controls: Value, session: Value| {
        let mut all = json!({"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]},
            "clientAppTypes": ["all"]});
        all.as_object_mut().unwrap().extend(conditions.as_object().unwrap().clone());
        json!({"id": id, "displayName": id, "state": "enabled", "conditions": all, "sessionControls": session,
            "grantControls": {"operator": "OR", "builtInControls": controls}})
    };
    let bundle = directory.bundle(&json!([
        policy("risky", json!({"userRiskLevels": ["high"]}), json!(["block"]), json!(null)),
        policy(
            "vault",
            json!({"applications": {"includeApplications": ["vault"]}, "userRiskLevels": ["medium"]}),
            json!(["mfa"]),
            json!({"disableResilienceDefaults": true}),
        ),
    ]));
    let request = |application: &str, session: Value, risk: &str| {
        json!({"principal": {"kind": "user", "id": "u", "guestType": "none"}, "session": session,
            "resource": {"application": application, "applicationGroups": []}, "risk": {"user": risk}})
        .to_string()
    };
    let session = || json!({"id": "s", "amr": ["pwd"]});
    let new = || json!({"amr": ["pwd"]});
    let input = [
        request("mail", session(), "low"),
        request("mail", session(), "high"),
        request("vault", session(), "low"),
        request("mail", new(), "low"),
        String::new(),
        json!({"principal": {"kind": "user", "id": "v", "guestType": "none"}, "session": session()})
            .to_string(),
    ]
    .join("\n");
    let run = edgeward(&["evaluate", "--bundle", &bundle, "--outage", "scorer,geo"], &input);
    assert_eq!(run.status, 1, "{}", run.err);
    let lines = run.json();
    let (summary, lines) = lines.split_last().unwrap();
    let told: Vec<_> =
        lines.iter().map(|line| (line["line"].as_u64().unwrap(), line["change"].as_str().unwrap())).collect();
    assert_eq!(told, [(1, "none"), (2, "letIn"), (3, "lockedOut"), (4, "lockedOut"), (6, "unsettled")]);
    assert_eq!(lines[2]["normal"], json!({"outcome": "allow", "controls": []}));
    assert_eq!(
        lines[2]["outage"]["policies"],
        json!([{"id": "risky", "outage": "sessionContinues"}, {"id": "vault", "outage": "denied"}])
    );
    assert_eq!(
        summary["summary"],
        json!({"sources": ["scorer", "geo"], "requests": 5, "lockedOut": 2, "challenged": 0, "letIn": 1, "unsettled": 1,
            "same": 1, "transitions": {"allow -> allow": 1, "allow -> block": 2, "block -> allow": 1, "defer -> block": 1}})
    );
    let harmless =
        edgeward(&["evaluate", "--bundle", &bundle, "--outage", "bots"], request("mail", session(), "low"));
    assert_eq!(harmless.status, 0);
    let unknown = edgeward(&["evaluate", "--bundle", &bundle, "--outage", "power"], "");
    assert!(
        unknown.status == 2 && unknown.err.contains("scorer, geo, directory, devices, bots"),
        "{}",
        unknown.err
    );
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
    assert!(run.err.contains("broken.json:1: "), "{}", run.err);

    let bundle = directory.bundle(&json!([admins_need_mfa()]));
    let answer = directory.write("answer.json", r#"{"facts":{"userRisk":3}}"#);
    let run = edgeward(&["evaluate", "--bundle", &bundle, "--answer", &answer], ADMIN);
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    assert!(run.err.contains("answer.json:1: facts.userRisk: expected a string, found 3"), "{}", run.err);
}

#[test]
fn an_answer_that_means_nothing_is_a_mistake() {
    let directory = Directory::new("evaluate-answer");
    let bundle = directory.bundle(&json!([admins_need_mfa()]));
    let run = |answer: &Value| {
        let answer = directory.write("answer.json", answer.to_string());
        edgeward(&["evaluate", "--bundle", &bundle, "--answer", &answer], UNCLEAR)
    };
    for (answer, told) in [
        (json!({"foo": 1}), "foo: is not a member known here"),
        (json!({"facts": {"userRisk": "lo"}}), "facts.userRisk: \"lo\" is none of none, low, medium, high"),
        (
            json!({"facts": {"insiderRisk": "x"}}),
            "facts.insiderRisk: \"x\" is none of none, minor, moderate, elevated",
        ),
        (
            json!({"facts": {"userrisk": "low"}}),
            "facts.userrisk: is none of the facts that a scorer answers: signInRisk, ",
        ),
        (json!({"facts": {"client.country": "NO"}}), "facts.client.country: is none of the facts"),
        (json!({"profile": {"count": 3, "asn": []}}), "profile.asn: is not a member known here"),
        (
            json!({"profile": {"last": {"time": 3, "place": 4}}}),
            "profile.last.place: is not a member known here",
        ),
    ] {
        let run = run(&answer);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{answer}");
        assert!(run.err.contains(&format!("answer.json: {told}")), "{answer}: {}", run.err);
    }
    let all = json!({"ttlSeconds": 60, "facts": {"userRisk": "low", "insiderRisk": null, "principal.groups": [],
        "principal.guestType": "none", "device.trustType": "ServerAD", "device.isCompliant": true},
        "profile": {"count": 3, "networks": [], "asns": [64500], "counts": {"asns": [3]}, "last": {"time": 3}, "hours": []}});
    let run = run(&all);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
}
