//! A real engine at the other end: what it asks is answered, what it reports is learned, and what it hears next
//! time is different.

use edgeward::assess::Answer;
use edgeward::bundle::Bundle;
use edgeward::decision::Outcome;
use edgeward::identifier::{IdentifierKind, Identifiers};
use edgeward::receipt::Circumstances;
use edgeward::{Engine, Request};
use serde_json::{Value, json};

use crate::support::{DAY, HOUR, Service, changed};

/// Managed devices for everybody, a second factor when the sign-in is risky, nobody at high risk.
fn bundle() -> Value {
    let policy = |id: &str, conditions: Value, control: &str| {
        let everybody = json!({
            "users":{"includeUsers":["All"]},"applications":{"includeApplications":["All"]},"clientAppTypes":["all"]
        });
        json!({
            "id":id,"displayName":id,"state":"enabled","conditions":changed(&everybody, &conditions),
            "grantControls":{"operator":"OR","builtInControls":[control]}
        })
    };
    json!({"schema":1,"version":"1","policies":[
        policy("device", json!({}), "compliantDevice"),
        policy("sign-in", json!({"signInRiskLevels":["medium","high"]}), "mfa"),
        policy("user", json!({"userRiskLevels":["high"]}), "block"),
    ]})
}

fn engine() -> Engine {
    let identifiers = Identifiers::keyed("000102030405060708090a0b0c0d0e0f").unwrap();
    Engine::new(Bundle::unsigned(bundle().to_string().as_bytes()).unwrap(), identifiers).unwrap()
}

fn request(service: &Service, session: &str) -> Value {
    json!({
        "time":service.now(),
        "http":{"method":"GET","path":"/","headers":[["user-agent",
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:143.0) Gecko/20100101 Firefox/143.0"]]},
        "client":{"ip":"192.0.2.7","asn":64500,"country":"NO","latitude":59.9,"longitude":10.7,"proxy":"none"},
        "principal":{"kind":"user","id":"u1","groups":[],"roles":[],"guestType":"none"},
        "session":{"id":session,"amr":["pwd"],"transferMethod":"none"},
        "device":{"deviceId":"laptop-1"},
        "resource":{"application":"app1"}
    })
}

/// Decides a request as an adapter does: asks if need be, and reports. The outcome, and what was asked.
async fn decide(service: &Service, engine: &Engine, request: &Value) -> (Outcome, Vec<&'static str>) {
    let text = request.to_string();
    let mut request: Request<'_> = serde_json::from_str(&text).unwrap();
    let answered;
    let mut circumstances = Circumstances::default();
    let first = engine.decide(&request);
    if first.is_deferred() {
        let question = serde_json::to_value(engine.assessment(&request, &first)).unwrap();
        circumstances.asked = first.needs.iter().collect();
        let reply = service.send_json("POST", "/v1/assess", &question).await;
        answered = String::from_utf8(reply.body).unwrap();
        let answer: Answer<'_> = serde_json::from_str(&answered).unwrap();
        answer.merge_into(&mut request);
    }
    let decision = engine.resume(&request);
    let receipt = serde_json::to_value(engine.receipt(&request, &decision, &circumstances)).unwrap();
    let reply = service.send_json("POST", "/v1/receipts", &json!({"receipts":[receipt]})).await;
    assert_eq!(reply.json(), json!({"accepted":1,"duplicates":0}));
    (decision.outcome, circumstances.asked.iter().map(|fact| fact.name()).collect())
}

#[tokio::test]
async fn an_engine_is_answered_and_its_receipts_are_learned() {
    let (service, engine) = (Service::new(), engine());
    let hashed = |kind, value: &str| engine.identifiers().of(kind, value).to_string();
    let principal = hashed(IdentifierKind::Principal, "u1");

    // Nobody knows the device yet: a session that was let in before is let on.
    let (outcome, asked) = decide(&service, &engine, &request(&service, "s0")).await;
    assert_eq!(outcome, Outcome::Allow);
    assert!(asked.contains(&"device.isCompliant") && asked.contains(&"userRisk"), "{asked:?}");

    // Now the scorer is told, and the edge hears it when it asks.
    for (is_compliant, expected) in [(false, Outcome::Challenge), (true, Outcome::Allow)] {
        let device = json!({"id":hashed(IdentifierKind::Device, "laptop-1"),"isCompliant":is_compliant});
        let identity = json!({"kind":"user","devices":[device]});
        service.send_json("PUT", &format!("/v1/identities/{principal}"), &identity).await;
        assert_eq!(decide(&service, &engine, &request(&service, "s0")).await.0, expected);
    }
    for session in ["s1", "s2", "s3"] {
        service.pass(DAY);
        assert_eq!(decide(&service, &engine, &request(&service, session)).await.0, Outcome::Allow);
    }

    // A tunnel to another continent is no journey, and its exit does not become the place last seen.
    service.pass(HOUR);
    let exit = json!({"ip":"198.51.100.7","asn":64501,"country":"NO","latitude":-12.0,"longitude":-77.0,"proxy":"vpn"});
    let tunnelled = changed(&request(&service, "s3"), &json!({"client":exit}));
    assert_eq!(decide(&service, &engine, &tunnelled).await.0, Outcome::Allow);
    service.pass(HOUR);
    assert_eq!(
        decide(&service, &engine, &request(&service, "s3")).await.0,
        Outcome::Allow,
        "back from nowhere"
    );

    // The session is replayed by another browser elsewhere.
    service.pass(HOUR);
    let thief = json!({"ip":"203.0.113.9","asn":64510,"country":"PE","latitude":-12.0,"longitude":-77.0,"proxy":"none"});
    let minted = json!({"id":"s3","amr":["pwd"],"transferMethod":"none",
        "binding":{"asn":64500,"country":"NO","agent":"Chrome/macOS"}});
    let replayed = changed(&request(&service, "s3"), &json!({"client":thief,"session":minted}));
    assert_ne!(decide(&service, &engine, &replayed).await.0, Outcome::Allow);
    let state = service.state(0).await;
    assert_eq!(state["revokedSessions"][0]["id"], hashed(IdentifierKind::Session, "s3"));
    assert_eq!(state["riskLevels"], json!([{"kind":"user","id":principal,"level":"high"}]));

    // From now on nobody is this user.
    let (outcome, _) = decide(&service, &engine, &request(&service, "s4")).await;
    assert_eq!(outcome, Outcome::Block);
}

#[tokio::test]
async fn a_spray_over_an_edge_is_seen_by_whom_it_tries_and_names_nobody() {
    let (service, engine) = (Service::new(), engine());
    let text = changed(
        &request(&service, "s1"),
        &json!({"principal":{"kind":"anonymous"},"session":{},"device":{"isCompliant":true}}),
    )
    .to_string();
    let request: Request<'_> = serde_json::from_str(&text).unwrap();
    let decision = engine.resume(&request);
    let sign_in = |id: &str| Circumstances {
        sign_in_succeeded: Some(false),
        sign_in_principal: Some(id.to_owned()),
        ..Circumstances::default()
    };
    let tried: Vec<_> = ["u1", "u2", "u3", "u4", "u5"].into_iter().map(sign_in).collect();
    let receipts: Vec<_> =
        tried.iter().map(|circumstances| engine.receipt(&request, &decision, circumstances)).collect();
    let batch = json!({"receipts":receipts});
    assert!(!batch.to_string().contains("\"u1\""), "{batch}");
    assert_eq!(service.send_json("POST", "/v1/receipts", &batch).await.json()["accepted"], 5);

    let question = serde_json::to_value(engine.assessment(&request, &decision)).unwrap();
    assert_eq!(service.ask(&["signInRisk"], &question["about"]).await["signInRisk"], "high");
}
