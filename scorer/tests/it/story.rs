//! One story through every resource: a user at home, a thief, a spray, and what the edges hear of it.

use crate::support::{DAY, HOUR, Service, changed};
use axum::http::StatusCode;
use serde_json::{Value, json};

/// A day at home.
fn at_home(service: &Service) -> Value {
    json!({
        "time":service.now(),"principalKind":"user","principal":"u1","session":"s1","device":"d1",
        "address":"192.0.2.0/24","asn":64500,"country":"NO","latitudeE6":60000000,"longitudeE6":10500000,
        "agent":"Firefox/windows","agentClass":"browser","tls":"t13d15h2_8daaf6152771","score":-200
    })
}

/// Three sessions at home, a day each.
async fn learn_home(service: &Service) {
    for session in ["s-mon", "s-tue", "s-wed"] {
        service.pass(DAY);
        let about = changed(&at_home(service), &json!({"session":session}));
        let reply = service.report(&[json!({"about":about})]).await;
        assert_eq!(
            (reply.status, reply.json()),
            (StatusCode::ACCEPTED, json!({"accepted":1,"duplicates":0}))
        );
    }
    service.pass(HOUR);
}

#[tokio::test]
async fn a_story_from_first_sight_to_theft_and_back() {
    let service = Service::new();

    // Nobody is known yet, and what the scorer does not know it does not say.
    let everything = ["signInRisk", "userRisk", "principal.groups", "device.isCompliant", "http.path"];
    let answer = service.answer(&everything, &at_home(&service)).await;
    assert_eq!(answer["facts"], json!({"signInRisk":"low","userRisk":"none"}));
    assert_eq!(answer["profile"], Value::Null);

    // The directory tells.
    let identity = json!({
        "kind":"user","groups":["g1","g2"],"roles":[],"guestType":"none","insiderRisk":"minor",
        "devices":[{"id":"d1","isCompliant":true,"trustType":"AzureAD"}]
    });
    let reply = service.send_json("PUT", "/v1/identities/u1", &identity).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    let told = [
        "principal.groups",
        "principal.roles",
        "principal.guestType",
        "device.isCompliant",
        "device.trustType",
        "insiderRisk",
    ];
    assert_eq!(
        service.ask(&told, &at_home(&service)).await,
        json!({"principal.groups":["g1","g2"],"principal.roles":[],"principal.guestType":"none",
               "device.isCompliant":true,"device.trustType":"AzureAD","insiderRisk":"minor"})
    );
    let elsewhere = changed(&at_home(&service), &json!({"device":"d2"}));
    assert_eq!(service.ask(&["device.isCompliant"], &elsewhere).await, json!({}), "not a device of theirs");
    assert_eq!(service.ask(&[], &at_home(&service)).await, json!({}), "nothing asked, nothing told");

    // Habits are learned, and then home is no risk.
    learn_home(&service).await;
    let answer = service.answer(&["signInRisk", "userRisk"], &at_home(&service)).await;
    assert_eq!(answer["facts"], json!({"signInRisk":"none","userRisk":"none"}));
    assert_eq!(answer["ttlSeconds"], 300);
    assert_eq!(answer["profile"]["count"], 3);
    assert_eq!(answer["profile"]["countries"], json!(["NO"]));
    assert_eq!(answer["profile"]["networks"], json!(["192.0.2.0/24"]));
    assert_eq!(answer["profile"]["tls"], json!(["t13d15h2_8daaf6152771"]));
    let hours: u64 = answer["profile"]["hours"].as_array().unwrap().iter().filter_map(Value::as_u64).sum();
    assert_eq!(hours, 3, "a session counts once");

    // Lima, an hour after Oslo, with everything new.
    let in_lima = changed(
        &at_home(&service),
        &json!({"country":"PE","asn":64501,"latitudeE6":-12000000,"longitudeE6":-77000000,
                "agent":"Chrome/linux","device":null,"session":"s1"}),
    );
    let answer = service.answer(&["signInRisk"], &in_lima).await;
    assert_eq!((&answer["facts"]["signInRisk"], &answer["ttlSeconds"]), (&json!("high"), &json!(15)));
    assert_eq!(
        service.ask(&["signInRisk"], &at_home(&service)).await["signInRisk"],
        "none",
        "asking taught nothing"
    );

    // The session was replayed from there: the user is at risk, the session is over.
    let stolen = changed(&in_lima, &json!({"detections":[{"type":"anomalousToken","level":"high"}]}));
    service.report(&[json!({"about":stolen,"outcome":"block"})]).await;
    let state = service.state(0).await;
    assert_eq!(state["revokedSessions"], json!([{"id":"s1","revokedAt":service.now()}]));
    assert_eq!(state["riskLevels"], json!([{"kind":"user","id":"u1","level":"high"}]));
    let cursor = state["cursor"].as_i64().unwrap();
    assert_eq!(
        service.state(cursor).await,
        json!({"cursor":cursor,"revokedSessions":[],"riskLevels":[],"forkedCookies":[],"failSafe":false})
    );
    assert_eq!(service.ask(&["userRisk", "signInRisk"], &at_home(&service)).await["userRisk"], "high");
    let replayed = service.ask(&["signInRisk"], &at_home(&service)).await;
    assert_eq!(replayed["signInRisk"], "high", "a revoked session is no sign-in, wherever it comes from");
    let profile = service.answer(&[], &at_home(&service)).await["profile"].clone();
    assert_eq!(profile["countries"], json!(["NO"]), "the thief taught nothing");

    // A person revokes another session.
    let reply = service.send_json("POST", "/v1/revocations", &json!({"session":"s-tue"})).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    let state = service.state(cursor).await;
    assert_eq!(state["revokedSessions"][0]["id"], "s-tue");
    assert!(state["cursor"].as_i64().unwrap() > cursor);

    // Everything survives a restart.
    let service = service.restarted();
    assert_eq!(service.ask(&["userRisk"], &at_home(&service)).await["userRisk"], "high");
    assert_eq!(service.answer(&[], &at_home(&service)).await["profile"], profile);
    assert_eq!(service.state(0).await["revokedSessions"].as_array().unwrap().len(), 2);

    // Time heals, and the edges hear of it without asking about the user.
    let cursor = service.state(0).await["cursor"].as_i64().unwrap();
    let mut heard = Vec::new();
    for _ in 0..120 {
        service.pass(DAY);
        heard.extend(service.state(cursor).await["riskLevels"].as_array().unwrap().last().cloned());
    }
    heard.dedup();
    let levels: Vec<&Value> = heard.iter().map(|change| &change["level"]).collect();
    assert_eq!(levels, ["medium", "low", "none"]);
}

#[tokio::test]
async fn only_allowed_requests_of_known_principals_teach() {
    let service = Service::new();
    learn_home(&service).await;
    let away = |changes: Value| changed(&changed(&at_home(&service), &json!({"country":"PE"})), &changes);
    let high = json!([{"type":"anomalousToken","level":"high"}]);
    let poison = [
        json!({"about":away(json!({"session":"p1"})),"outcome":"block"}),
        json!({"about":away(json!({"session":"p2"})),"outcome":"challenge"}),
        json!({"about":away(json!({"session":"p3"})),"outage":true}),
        json!({"about":away(json!({"session":"p4"})),"signInSucceeded":false}),
        json!({"about":away(json!({"session":"p5","detections":high}))}),
        json!({"about":away(json!({"session":"p5"}))}),
        json!({"about":away(json!({"principalKind":"anonymous"}))}),
        json!({"about":away(json!({"principal":null}))}),
    ];
    assert_eq!(service.report(&poison).await.json()["accepted"], poison.len());
    let profile = &service.answer(&[], &at_home(&service)).await["profile"];
    assert_eq!((&profile["count"], &profile["countries"]), (&json!(3), &json!(["NO"])));

    service.report(&[json!({"about":away(json!({"session":"s-away"}))})]).await;
    let profile = &service.answer(&[], &at_home(&service)).await["profile"];
    assert_eq!((&profile["count"], &profile["countries"]), (&json!(4), &json!(["NO", "PE"])));
}

#[tokio::test]
async fn a_failed_sign_in_accuses_nobody_it_names() {
    let service = Service::new();
    let framed = changed(&at_home(&service), &json!({"detections":[{"type":"attackTool","level":"high"}]}));
    for _ in 0..50 {
        service.report(&[json!({"about":framed,"outcome":"block","signInSucceeded":false})]).await;
    }
    assert_eq!(service.ask(&["userRisk"], &at_home(&service)).await["userRisk"], "none");
    assert_eq!(service.state(0).await["riskLevels"], json!([]));
}

#[tokio::test]
async fn a_spray_is_seen_across_principals_and_edges() {
    let service = Service::new();
    learn_home(&service).await;
    let from = |principal: &str, address: &str| json!({"time":service.now(),"principalKind":"user","principal":principal,"address":address,"asn":64510});
    // A sign-in carries no identity yet; the origin says as whom it was tried.
    let attempt = |principal: &str, succeeded: bool| {
        let about =
            json!({"time":service.now(),"principalKind":"anonymous","address":"198.51.100.0/24","asn":64510});
        json!({"about":about,"signInSucceeded":succeeded,"signInPrincipal":principal})
    };

    // The guess that worked comes before the failures that give it away.
    service.report(&[attempt("v1", true)]).await;
    for principal in ["a", "b", "c", "d"] {
        service.report(&[attempt(principal, false), attempt(principal, false)]).await;
    }
    assert_eq!(service.ask(&["userRisk"], &from("v1", "198.51.100.0/24")).await["userRisk"], "none");
    service.report(&[attempt("e", false)]).await;
    assert_eq!(service.ask(&["userRisk"], &from("v1", "198.51.100.0/24")).await["userRisk"], "high");
    assert_eq!(service.state(0).await["riskLevels"], json!([{"kind":"user","id":"v1","level":"high"}]));

    // Whoever comes from there now is suspect, unless it is their own network; elsewhere nobody is.
    let stranger = from("z", "198.51.100.0/24");
    assert_eq!(service.ask(&["signInRisk"], &stranger).await["signInRisk"], "high");
    let resident = changed(&at_home(&service), &json!({"address":"198.51.100.0/24"}));
    assert_eq!(service.ask(&["signInRisk"], &resident).await["signInRisk"], "low");
    assert_eq!(service.ask(&["signInRisk"], &from("z", "203.0.113.0/24")).await["signInRisk"], "low");

    service.pass(2 * HOUR);
    assert_eq!(service.ask(&["signInRisk"], &stranger).await["signInRisk"], "low", "it is over");
}

#[tokio::test]
async fn risk_is_told_of_the_kind_that_was_asked() {
    let service = Service::new();
    let detections = json!([{"type":"attackTool","level":"high"}]);
    let workload = json!({"principalKind":"workload","principal":"w1","detections":detections});
    let agent = json!({"principalKind":"agent","principal":"a1"});
    service.report(&[json!({"about":workload,"outcome":"challenge"})]).await;
    let all = ["userRisk", "servicePrincipalRisk", "agentRisk", "insiderRisk"];
    assert_eq!(service.ask(&all, &workload).await, json!({"servicePrincipalRisk":"medium"}));
    assert_eq!(service.ask(&all, &agent).await, json!({"agentRisk":"none"}));
    assert_eq!(service.ask(&all, &json!({"principalKind":"anonymous"})).await, json!({}));
    let level = json!([{"kind":"servicePrincipal","id":"w1","level":"medium"}]);
    assert_eq!(service.state(0).await["riskLevels"], level);
}

#[tokio::test]
async fn faint_findings_are_remembered_and_not_announced() {
    let service = Service::new();
    let found = json!([{"type":"automation","level":"low"},{"type":"unlikelyTravel","level":"none"}]);
    let faint = changed(&at_home(&service), &json!({"detections":found}));
    service.report(&[json!({"about":faint})]).await;
    assert_eq!(
        service.state(0).await,
        json!({"cursor":0,"revokedSessions":[],"riskLevels":[],"forkedCookies":[],"failSafe":false})
    );
}

#[tokio::test]
async fn a_receipt_counts_once() {
    let service = Service::new();
    let receipt = service.receipt(&json!({"about":at_home(&service)}));
    let twice = json!({"receipts":[receipt, receipt]});
    let reply = service.send_json("POST", "/v1/receipts", &twice).await;
    assert_eq!(reply.json(), json!({"accepted":1,"duplicates":1}));
    let service = service.restarted();
    let reply = service.send_json("POST", "/v1/receipts", &twice).await;
    assert_eq!(reply.json(), json!({"accepted":0,"duplicates":2}));
}

#[tokio::test]
async fn what_an_identity_was_seen_with_is_named_for_people() {
    let service = Service::new();
    let agents = async || service.get("/v1/identities/anna/risk").await.json()["agents"].clone();
    assert_eq!(agents().await, json!([]), "nobody was seen yet");
    let about = json!({"time":service.now(),"principalKind":"user","principal":"anna","session":"s1","agent":"Chrome/windows"});
    service.report(&[json!({"about":about})]).await;
    assert_eq!(
        agents().await,
        json!([{"key":"Chrome/windows","displayName":"Chrome on Windows","vendor":"Google"}])
    );
}
