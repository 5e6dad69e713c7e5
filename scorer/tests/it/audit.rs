//! What people decide of identities, copied device cookies, and the audit of what edges allow by themselves.

use crate::support::{DAY, HOUR, Service};
use axum::http::StatusCode;
use serde_json::{Value, json};

fn about(service: &Service, principal: &str, session: &str) -> Value {
    json!({"time":service.now(),"principalKind":"user","principal":principal,"session":session,
           "asn":64500,"country":"NO","agent":"Firefox/windows"})
}

async fn decide(service: &Service, id: &str, action: &str, sessions: &[&str]) -> StatusCode {
    let path = format!("/v1/identities/{id}/{action}");
    service.send_json("POST", &path, &json!({"sessions":sessions})).await.status
}

async fn risk(service: &Service, id: &str) -> (Value, Value) {
    let risk = service.get(&format!("/v1/identities/{id}/risk")).await.json();
    (risk["riskLevel"].clone(), risk["riskState"].clone())
}

/// Levels of the feed after a cursor, as `kind id level`, in order.
async fn levels(service: &Service, since: i64) -> Vec<String> {
    let state = service.state(since).await;
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    let entries = state["riskLevels"].as_array().unwrap().iter();
    let mut levels: Vec<String> =
        entries.map(|one| ["kind", "id", "level"].map(|name| text(one, name)).join(" ")).collect();
    levels.sort();
    levels
}

#[tokio::test]
async fn what_a_person_decides_holds_until_a_person_decides_otherwise() {
    let service = Service::new();
    assert_eq!(risk(&service, "u1").await, (json!("none"), json!("none")));
    assert_eq!(decide(&service, "u1", "confirmCompromised", &["s1"]).await, StatusCode::NO_CONTENT);
    assert_eq!(risk(&service, "u1").await, (json!("high"), json!("confirmedCompromised")));
    let state = service.state(0).await;
    assert_eq!(levels(&service, 0).await, ["agent u1 high", "servicePrincipal u1 high", "user u1 high"]);
    assert_eq!(state["revokedSessions"][0]["id"], "s1", "the session named was somebody else's");
    service.pass(400 * DAY);
    let service = service.restarted();
    assert_eq!(
        service.ask(&["userRisk"], &about(&service, "u1", "s2")).await["userRisk"],
        "high",
        "time heals nothing here"
    );

    let cursor = service.state(0).await["cursor"].as_i64().unwrap();
    assert_eq!(decide(&service, "u1", "dismiss", &[]).await, StatusCode::NO_CONTENT);
    assert_eq!(risk(&service, "u1").await, (json!("none"), json!("dismissed")));
    assert_eq!(levels(&service, cursor).await, ["agent u1 none", "servicePrincipal u1 none", "user u1 none"]);

    let detections = json!([{"type":"attackTool","level":"high"}]);
    let mut again = about(&service, "u1", "s3");
    again["detections"] = detections;
    service.report(&[json!({"about":again,"outcome":"block"})]).await;
    assert_eq!(
        risk(&service, "u1").await,
        (json!("medium"), json!("atRisk")),
        "what is found later counts again"
    );
    assert_eq!(decide(&service, "u1", "dismiss", &[]).await, StatusCode::NO_CONTENT);
    assert_eq!(risk(&service, "u1").await.0, "none");
}

#[tokio::test]
async fn decisions_that_are_none_are_refused_with_the_path() {
    let service = Service::new();
    let path = "/v1/identities/u1/confirmCompromised";
    for (body, place) in [
        (json!({"sessions":[""]}), "sessions[0]"),
        (json!({"sessions":vec!["s"; 101]}), "sessions"),
        (json!({"sessions":7}), "sessions"),
    ] {
        let reply = service.send_json("POST", path, &body).await;
        assert_eq!(
            (reply.status, &reply.json()["path"]),
            (StatusCode::BAD_REQUEST, &json!(place)),
            "{reply:?}"
        );
    }
    assert_eq!(service.send_json("POST", path, &json!({"users":[]})).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(service.send_text("POST", path, "{").await.json()["code"], "invalid_json");
    assert_eq!(service.get(path).await.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(risk(&service, "u1").await.0, "none", "nothing was decided");
}

#[tokio::test]
async fn a_copied_cookie_is_seen_across_edges() {
    let service = Service::new();
    let presented = |session: &str, counter: u32, stamp: &str| json!({"about":about(&service, "u1", session),"cookie":{"line":"0a0b0c0d","counter":counter,"stamp":stamp}});
    service.report(&[presented("s1", 4, "aa")]).await;
    service.pass(HOUR);
    service.report(&[presented("s1", 5, "bb")]).await;
    assert_eq!(service.state(0).await["forkedCookies"], json!([]));
    service.pass(HOUR);
    // Another edge hears of the copy, and of a cookie that only it has seen.
    service.report(&[presented("s2", 4, "aa")]).await;
    let state = service.state(0).await;
    assert_eq!(state["forkedCookies"], json!([{"principal":"u1","line":"0a0b0c0d"}]));
    assert_eq!(state["revokedSessions"][0]["id"], "s2");
    assert_eq!(state["riskLevels"], json!([{"kind":"user","id":"u1","level":"high"}]));
    let cursor = state["cursor"].as_i64().unwrap();
    service.report(&[presented("s3", 9, "cc")]).await;
    assert_eq!(service.state(cursor).await["forkedCookies"], json!([]), "told once");
    let late = json!({"about":about(&service, "u1", "s4"),"cookie":{"line":"","counter":4,"stamp":"aa"}});
    assert_eq!(service.report(&[late]).await.json()["path"], "receipts[0].cookie.line");
}

#[tokio::test]
async fn edges_that_let_attackers_in_are_told_to_ask() {
    let service = Service::new();
    let audited = |principal: &str, session: &str| {
        json!({"about":about(&service, principal, session),"audited":true,
               "versions":{"engine":"0","bundle":"1","model":"learned-7","data":"0"}})
    };
    let mut batch: Vec<Value> = (0..100).map(|n| audited(&format!("u{n}"), "s")).collect();
    batch.extend((0..20).map(|_| audited("u0", "s")));
    batch.push(json!({"about":about(&service, "asked", "s"),"audited":true,"asked":["signInRisk"]}));
    batch.push(json!({"about":about(&service, "blocked", "s"),"audited":true,"outcome":"block"}));
    service.report(&batch).await;
    let audit = service.get("/v1/audit").await.json();
    let counted =
        |audit: &Value| (audit["models"][0]["allows"].clone(), audit["models"][0]["attacks"].clone());
    assert_eq!(
        counted(&audit),
        (json!(100), json!(0)),
        "a session counts once; what was asked or blocked, not at all"
    );
    assert_eq!((&audit["models"][0]["model"], &audit["failSafe"]), (&json!("learned-7"), &json!(false)));
    assert!(audit["models"][0]["evidence"].as_f64().unwrap() < 1.0);

    decide(&service, "u1", "confirmCompromised", &["s"]).await;
    decide(&service, "u1", "confirmCompromised", &["s", "not-audited"]).await;
    assert_eq!(counted(&service.get("/v1/audit").await.json()).1, 1, "once");
    decide(&service, "u1", "dismiss", &["s"]).await;
    assert_eq!(counted(&service.get("/v1/audit").await.json()).1, 0, "taken back");
    decide(&service, "u1", "confirmCompromised", &[]).await;
    assert_eq!(counted(&service.get("/v1/audit").await.json()).1, 0, "nobody said which session it was");

    // Found by the scorer itself, and by people.
    let mut replayed = about(&service, "u2", "s");
    replayed["detections"] = json!([{"type":"anomalousToken","level":"high"}]);
    service.report(&[json!({"about":replayed,"outcome":"block"})]).await;
    assert_eq!(service.state(0).await["failSafe"], false);
    decide(&service, "u3", "confirmCompromised", &["s"]).await;
    let audit = service.get("/v1/audit").await.json();
    assert_eq!((&audit["failSafe"], counted(&audit).1), (&json!(true), json!(2)));
    assert!(audit["models"][0]["evidence"].as_f64() >= audit["threshold"].as_f64());
    let state = service.state(0).await;
    assert_eq!(state["failSafe"], true);

    decide(&service, "u3", "dismiss", &["s"]).await;
    let service = service.restarted();
    assert_eq!(service.state(0).await["failSafe"], true, "only a person lets them go on");
    assert_eq!(service.send_text("POST", "/v1/audit/resume", "").await.status, StatusCode::NO_CONTENT);
    let after = service.state(state["cursor"].as_i64().unwrap()).await;
    assert_eq!(after["failSafe"], false);
    assert!(
        after["cursor"].as_i64() > state["cursor"].as_i64(),
        "edges that keep the state see that it moved"
    );
    assert_eq!(service.get("/v1/audit").await.json()["models"], json!([]));
}

#[tokio::test]
async fn drift_is_told_per_signal() {
    let service = Service::new();
    assert_eq!(service.get("/v1/audit").await.json()["drift"], Value::Null);
    for week in 0..2 {
        let mut batch = Vec::new();
        for n in 0..500 {
            let familiar = if week == 0 { n % 10 > 0 } else { n % 2 > 0 };
            let part = |signal: &str, bin: &str| json!({"signal":signal,"bin":bin,"points":-1});
            batch.push(json!({"about":about(&service, &format!("u{n}"), "s"),"contributions":[
                part("asn", if familiar { "known" } else { "strange" }), part("country", "known"), part("moon", "full")]}));
        }
        assert_eq!(service.report(&batch).await.status, StatusCode::ACCEPTED);
        service.pass(7 * DAY);
    }
    service.pass(-DAY);
    let drift = service.get("/v1/audit").await.json()["drift"].clone();
    assert_eq!((&drift["referenceReceipts"], &drift["currentReceipts"]), (&json!(500), &json!(500)));
    let told: Vec<_> = drift["signals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["signal"].clone(), one["state"].clone()))
        .collect();
    assert_eq!(
        told,
        [(json!("asn"), json!("shifted")), (json!("country"), json!("stable"))],
        "and no word of an edge's own"
    );
}

#[tokio::test]
async fn who_was_never_at_risk_is_confirmed_as_what_it_is_or_may_be() {
    let service = Service::new();
    let mut robot = about(&service, "w1", "s1");
    robot["principalKind"] = json!("workload");
    service.report(&[json!({"about":robot})]).await;
    // Edges ask for the level of a service principal: that of a user of the same name would be nobody's.
    assert_eq!(decide(&service, "w1", "confirmCompromised", &[]).await, StatusCode::NO_CONTENT);
    assert_eq!(levels(&service, 0).await, ["agent w1 high", "servicePrincipal w1 high", "user w1 high"]);
    assert_eq!(decide(&service, "w1", "dismiss", &[]).await, StatusCode::NO_CONTENT);
    assert_eq!(levels(&service, 3).await, ["agent w1 none", "servicePrincipal w1 none", "user w1 none"]);

    service.send_json("PUT", "/v1/identities/a1", &json!({"kind":"agent"})).await;
    assert_eq!(decide(&service, "a1", "confirmCompromised", &[]).await, StatusCode::NO_CONTENT);
    assert_eq!(levels(&service, 6).await, ["agent a1 high"], "as was told");
}

#[tokio::test]
async fn saying_that_a_user_is_an_agent_takes_nothing_back() {
    let service = Service::new();
    let stolen = |kind: &str, found: &str| {
        let mut stolen = about(&service, "u1", "s1");
        stolen["principalKind"] = json!(kind);
        stolen["detections"] = json!([{"type":found,"level":"high"}]);
        json!({"about":stolen,"outcome":"block"})
    };
    service.report(&[stolen("user", "attackTool")]).await;
    service.report(&[stolen("agent", "attackTool")]).await;
    assert_eq!(
        levels(&service, 0).await,
        ["agent u1 medium", "user u1 medium"],
        "to an edge that starts now"
    );
    service.report(&[stolen("agent", "anomalousToken")]).await;
    assert_eq!(levels(&service, 0).await, ["agent u1 high", "user u1 high"]);
    service.pass(400 * DAY);
    assert_eq!(levels(&service, 0).await, ["agent u1 none", "user u1 none"]);
}

#[tokio::test]
async fn a_fork_is_announced_once() {
    let service = Service::new();
    let presented = |counter: u32, stamp: &str| {
        let cookie = json!({"line":"00000001","counter":counter,"stamp":stamp});
        json!({"about":about(&service, "u1", &format!("s-{stamp}")),"cookie":cookie})
    };
    service.report(&[presented(1, "aaaaaaaa"), presented(1, "bbbbbbbb")]).await;
    let first = service.state(0).await;
    assert_eq!(first["forkedCookies"], json!([{"principal":"u1","line":"00000001"}]));
    service.report(&[presented(1, "bbbbbbbb")]).await;
    assert_eq!(service.state(0).await["cursor"], first["cursor"], "nothing that edges have not heard");
}

#[tokio::test]
async fn a_session_is_revoked_up_to_the_edges_time_where_the_clock_here_is_behind() {
    let service = Service::new();
    let ahead = service.now() + HOUR / 2;
    for (principal, time, revoked_at) in [
        ("u1", ahead, ahead),
        ("u2", service.now() - HOUR, service.now()),
        ("u3", i64::MAX, service.now() + DAY),
    ] {
        let mut stolen = about(&service, principal, principal);
        stolen["time"] = json!(time);
        stolen["detections"] = json!([{"type":"anomalousToken","level":"high"}]);
        let cursor = service.state(0).await["cursor"].as_i64().unwrap();
        service.report(&[json!({"about":stolen,"outcome":"block"})]).await;
        let revoked = service.state(cursor).await["revokedSessions"].clone();
        assert_eq!(revoked, json!([{"id":principal,"revokedAt":revoked_at}]));
    }
}
