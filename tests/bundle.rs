//! Bundles: what is believed, what is refused, and that the last good one stays.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use base64ct::{Base64, Encoding as _};
use ed25519_compact::{KeyPair, Seed};
use edgeward::bundle::{Bundle, PublicKey};
use edgeward::ffi::{self, Instance, Question};
use serde_json::{Value, json};

struct Signer(KeyPair);

impl Signer {
    fn new(seed: u8) -> Self {
        Self(KeyPair::from_seed(Seed::new([seed; 32])))
    }

    fn public(&self) -> PublicKey {
        PublicKey::new(&self.0.pk)
    }

    fn sign(&self, bytes: &str) -> String {
        let signature = Base64::encode_string(&*self.0.sk.sign(bytes, None));
        json!({"keyId": self.public().id, "algorithm": "Ed25519", "signature": signature}).to_string()
    }
}

fn trusting(signer: &Signer) -> Instance {
    Instance::new(&json!({"publicKeys": [signer.public()]}).to_string()).unwrap()
}

fn source(version: &str) -> Value {
    json!({"schema": 1, "version": version, "policies": [{
        "id": "block-everything", "displayName": "Block everything", "state": "enabled",
        "conditions": {"users": {"includeUsers": ["All"]}, "applications": {"includeApplications": ["All"]},
                       "clientAppTypes": ["all"]},
        "grantControls": {"operator": "OR", "builtInControls": ["block"]}}]})
}

/// What an edge loads.
fn bundle(version: &str) -> Value {
    let compiled = Bundle::compile(source(version).to_string().as_bytes()).unwrap();
    serde_json::from_str(&compiled.text).unwrap()
}

fn code(answer: &str) -> String {
    let answer: Value = serde_json::from_str(answer).unwrap();
    answer["error"]["code"].as_str().unwrap_or("none").to_owned()
}

fn version_at_work(instance: &Instance) -> Value {
    let decision: Value = serde_json::from_str(&instance.ask(Question::Evaluate, "{}")).unwrap();
    decision["versions"]["bundle"].clone()
}

#[test]
fn a_signed_bundle_is_believed_and_a_newer_one_replaces_it() {
    let signer = Signer::new(1);
    let mut edge = trusting(&signer);
    assert_eq!(code(&edge.ask(Question::Evaluate, "{}")), "no_bundle");
    for version in ["7", "7", "8.1"] {
        let text = bundle(version).to_string();
        assert_eq!(code(&edge.load(&text, Some(&signer.sign(&text)))), "none");
        assert_eq!(version_at_work(&edge), version);
    }
}

#[test]
fn nothing_bad_replaces_a_good_bundle() {
    let (signer, stranger) = (Signer::new(1), Signer::new(2));
    let mut edge = trusting(&signer);
    let good = bundle("7").to_string();
    assert_eq!(code(&edge.load(&good, Some(&signer.sign(&good)))), "none");

    let mut refused = |text: &str, signature: Option<&str>| code(&edge.load(text, signature));
    let newer = bundle("9").to_string();
    assert_eq!(refused(&newer, None), "bad_signature");
    assert_eq!(refused(&newer, Some(&signer.sign(&good))), "bad_signature", "signature of other bytes");
    assert_eq!(refused(&newer, Some(&stranger.sign(&newer))), "bad_signature", "a key nobody trusts");
    assert_eq!(refused(&newer, Some("{}")), "invalid_json");

    let signed = |value: &Value| (value.to_string(), signer.sign(&value.to_string()));
    let mut refused_value = |value: &Value| {
        let (text, signature) = signed(value);
        refused(&text, Some(&signature))
    };
    assert_eq!(refused_value(&bundle("6.9")), "older_bundle");
    let mut nine = bundle("9");
    nine["version"] = "nine".into();
    assert_eq!(refused_value(&nine), "invalid_bundle");
    assert_eq!(refused_value(&source("9")), "bundle_not_compiled");
    let mut newer = bundle("9");
    newer["schema"] = 2.into();
    assert_eq!(refused_value(&newer), "invalid_bundle");
    let mut damaged = bundle("9");
    for bytes in ["", "AAAA", "no base64"] {
        damaged["compiled"] = bytes.into();
        assert_eq!(refused_value(&damaged), "invalid_bundle", "{bytes}");
    }
    assert_eq!(version_at_work(&edge), "7", "the last good bundle stays");
}

#[test]
fn what_stands_beside_the_compiled_is_refused_by_name() {
    let mut edge = Instance::new(r#"{"allowUnsigned":true}"#).unwrap();
    let good = bundle("7").to_string();
    for (member, value) in [
        ("policies", "[]"),
        ("namedLocations", "null"),
        ("model", "{}"),
        ("settings", "{}"),
        ("agents", "{}"),
        ("selfTest", "[]"),
        ("extra", "1"),
        ("version", "\"8\""),
    ] {
        for text in [
            good.replace('{', &format!("{{\"{member}\":{value},")),
            good.replace('}', &format!(",\"{member}\":{value}}}")),
        ] {
            let answer = edge.load(&text, None);
            assert_eq!(code(&answer), "invalid_bundle", "{text}");
            assert!(answer.contains(&format!("`{member}` is more than")), "{answer}");
            let native = Bundle::unsigned(text.as_bytes()).unwrap_err().to_string();
            assert!(native.contains(&format!("`{member}` is more than")), "{native}");
        }
    }
    assert_eq!(code(&edge.load(&good, None)), "none");
}

#[test]
fn a_refusal_lists_every_issue_with_its_path() {
    let mut two = source("1");
    let first = two["policies"][0].clone();
    two["policies"][0]["state"] = "sometimes".into();
    two["policies"].as_array_mut().unwrap().push(first);
    two["policies"][1]["id"] = "second".into();
    two["policies"][1]["conditions"]["weather"] = "rain".into();
    let answer: Value = serde_json::from_str(&ffi::compile(&two.to_string())).unwrap();
    assert_eq!(answer["error"]["code"], "invalid_policies");
    let issues = answer["issues"].as_array().unwrap();
    for path in ["policies[0].state", "policies[1].conditions.weather"] {
        assert!(issues.iter().any(|issue| issue["path"] == path), "{path} in {answer}");
    }
}

#[test]
fn a_compiled_bundle_is_made_of_a_good_source_only_and_says_nothing_else() {
    let compile =
        |source: &Value| -> Value { serde_json::from_str(&ffi::compile(&source.to_string())).unwrap() };
    let mut whole = source("7");
    whole["settings"] = json!({"band": "hardened"});
    whole["agents"] = json!({"addresses": [{"operator": "Example", "ranges": ["192.0.2.0/24"]}]});
    whole["selfTest"] = json!([{"name": "closed door", "request": {}, "outcome": "block"}]);
    let made = compile(&whole);
    let compiled: Value = serde_json::from_str(made["bundle"].as_str().unwrap()).unwrap();
    let members: Vec<_> = compiled.as_object().unwrap().keys().collect();
    assert_eq!(members, ["compiled", "schema", "version"]);
    assert_eq!(compiled["version"], whole["version"]);
    assert!(made["warnings"].is_array());
    let read = |bundle: &Value| *Bundle::unsigned(bundle.to_string().as_bytes()).unwrap().settings();
    assert_eq!(read(&compiled), read(&whole));
    assert_eq!(compile(&compiled)["error"]["code"], "invalid_bundle", "it is compiled already");
    whole["selfTest"][0]["outcome"] = "allow".into();
    assert_eq!(compile(&whole)["error"]["code"], "self_test_failed");
    assert!(Bundle::lint(compiled.to_string().as_bytes(), None).unwrap_err().to_string().contains("source"));
    assert!(Bundle::written(&compiled.to_string()).unwrap_err().to_string().contains("source"));
}

/// A bundle of one policy about sign-in risk, with a model without a band changed.
fn with_model(edit: impl Fn(&mut serde_json::Value)) -> Result<edgeward::Engine, edgeward::Error> {
    let mut model: serde_json::Value =
        serde_json::from_str(include_str!("../data/model/priors.json")).unwrap();
    edit(&mut model);
    about_risk(&model, &json!({}))
}

/// A bundle of one policy about sign-in risk.
fn about_risk(model: &Value, settings: &Value) -> Result<edgeward::Engine, edgeward::Error> {
    let bundle = serde_json::json!({"schema":1,"version":"1","model":model,"settings":settings,"policies":[{
        "id":"risky","displayName":"risky","state":"enabled",
        "conditions":{"users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]},
            "clientAppTypes":["all"],"signInRiskLevels":["medium","high"]},
        "grantControls":{"operator":"OR","builtInControls":["block"]}}]});
    let bundle = edgeward::bundle::Bundle::unsigned(bundle.to_string().as_bytes())?;
    edgeward::Engine::new(bundle, edgeward::identifier::Identifiers::plain())
}

fn outcome(engine: &edgeward::Engine, time: &str, more: &str) -> &'static str {
    let json = format!(
        r#"{{{time}"client":{{"asn":64500,"country":"NO"}},"principal":{{"kind":"user","id":"u","groups":[]}},
            "resource":{{"application":"a"}},"profile":{{"count":9,"asns":[64500],"countries":["NO"]}}{more}}}"#
    );
    engine.decide(&serde_json::from_str(&json).unwrap()).outcome.name()
}

#[test]
fn an_expired_model_defers_and_never_allows() {
    let engine = with_model(|model| model["expires"] = 1_790_000_000_000_i64.into()).unwrap();
    assert_eq!(outcome(&engine, r#""time":1789999999999,"#, ""), "allow");
    assert_eq!(outcome(&engine, r#""time":1790000000000,"#, ""), "defer");
    assert_eq!(outcome(&engine, "", ""), "defer", "who does not know the time can not tell");
    let stated = r#","risk":{"signIn":"none"}"#;
    assert_eq!(outcome(&engine, r#""time":1790000000000,"#, stated), "allow", "somebody else knows the risk");
    let copied = r#","device":{"cookie":"forked"}"#;
    assert_eq!(outcome(&engine, r#""time":1790000000000,"#, copied), "block", "what was caught stays caught");
}

#[test]
fn dear_errors_are_asked_about_though_the_band_would_decide() {
    let model = serde_json::from_str(include_str!("../data/model/learned.json")).unwrap();
    let with = |costs: Value| about_risk(&model, &json!({ "costs": costs }));
    let dear = json!({"call": 1, "attack": 100_000, "alarm": 5});
    assert_eq!(outcome(&with(json!({})).unwrap(), "", ""), "allow");
    assert_eq!(outcome(&with(json!({"call": 1, "attack": 100, "alarm": 5})).unwrap(), "", ""), "allow");
    assert_eq!(outcome(&with(dear).unwrap(), "", ""), "defer");
    let common = json!({"call": 1, "attack": 100, "alarm": 5, "attacksPerMillion": 900_000});
    assert_eq!(outcome(&with(common).unwrap(), "", ""), "defer");
    for refused in [json!({"call": 1}), json!({"call": 5, "attack": 5, "alarm": 9}), json!({"calls": 1})] {
        let why = with(refused.clone()).map(|_| ()).unwrap_err().to_string();
        assert!(why.contains("costs"), "{refused}: {why}");
    }
}

#[test]
fn a_model_that_broke_its_promise_is_not_relied_on() {
    let mut engine = with_model(|_| ()).unwrap();
    assert_eq!(outcome(&engine, "", ""), "allow");
    engine.set_fail_safe(true);
    assert_eq!(outcome(&engine, "", ""), "defer");
    let newer = br#"{"schema":1,"version":"2","policies":[]}"#;
    engine.replace(edgeward::bundle::Bundle::unsigned(newer).unwrap()).unwrap();
    assert!(engine.is_fail_safe(), "a newer bundle is no answer to why");
}

#[test]
fn hostile_models_are_refused_by_name() {
    let refused = |edit: &dyn Fn(&mut serde_json::Value)| with_model(edit).map(|_| ()).unwrap_err();
    let huge = refused(&|model| model["notes"] = vec!["x".repeat(70_000)].into());
    assert_eq!(huge.code(), "too_large");
    assert_eq!(refused(&|model| model["schema"] = 99.into()).code(), "invalid_model", "of a newer engine");
    for (member, value) in
        [("expires", "soon"), ("check", "0000000000000000"), ("signals", "[]"), ("moon", "full")]
    {
        let why = refused(&|model| model[member] = value.into()).to_string();
        assert!(why.contains("model") && why.contains(member), "{why}");
    }
}
