//! What is wrong is named, with its place, and changes nothing.

use crate::support::{LIMA_EDGE, Service, edge};
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

const GUARDED: [(&str, &str); 6] = [
    ("POST", "/v1/assess"),
    ("POST", "/v1/receipts"),
    ("GET", "/v1/bundle"),
    ("GET", "/v1/state"),
    ("POST", "/v1/revocations"),
    ("PUT", "/v1/identities/u1"),
];

#[tokio::test]
async fn without_a_token_of_ours_nothing_is_told() {
    let service = Service::new();
    for (method, path) in GUARDED {
        let with = |authorization: Option<&str>| {
            let request = Request::builder().method(method).uri(path);
            let request = match authorization {
                Some(value) => request.header(header::AUTHORIZATION, value),
                None => request,
            };
            request.body(Body::empty()).unwrap()
        };
        let reply = service.send(with(None)).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{method} {path}");
        assert_eq!(reply.header("www-authenticate"), r#"Bearer realm="edgeward-scorer""#);
        assert_eq!(reply.header("content-type"), "application/problem+json");
        assert_eq!(reply.json()["code"], "missing_token");

        let reply = service.send(with(Some("Bearer token-of-another-scorer"))).await;
        assert_eq!((reply.status, &reply.json()["code"]), (StatusCode::UNAUTHORIZED, &json!("wrong_token")));
        assert!(reply.header("www-authenticate").contains("invalid_token"));

        let reply = service.send(with(Some(&format!("Bearer {LIMA_EDGE}")))).await;
        assert_ne!(reply.status, StatusCode::UNAUTHORIZED, "{method} {path}: every edge has its own");
    }
    let reply = service.send(Request::get("/healthz").body(Body::empty()).unwrap()).await;
    assert_eq!((reply.status, reply.json()), (StatusCode::OK, json!({"status":"ok"})));
}

#[tokio::test]
async fn where_there_are_operators_an_edge_decides_nothing() {
    const OPERATOR: &str = "token-of-an-operator";
    let service = Service::with_operator(OPERATOR);
    let sessions = json!({"sessions":[]});
    let decisions = [
        ("POST", "/v1/revocations", json!({"session":"s1"})),
        ("PUT", "/v1/identities/u1", json!({"kind":"user"})),
        ("POST", "/v1/identities/u1/confirmCompromised", sessions.clone()),
        ("POST", "/v1/identities/u1/dismiss", sessions),
        ("POST", "/v1/audit/resume", json!({})),
    ];
    for (method, path, body) in decisions {
        let reply = service.send_json(method, path, &body).await;
        assert_eq!((reply.status, &reply.json()["code"]), (StatusCode::FORBIDDEN, &json!("operators_only")));
        let request = |token: &str| {
            Request::builder()
                .method(method)
                .uri(path)
                .header(header::AUTHORIZATION, format!("Bearer {token}"))
                .header(header::CONTENT_TYPE, "application/json")
                .body(Body::from(body.to_string()))
                .unwrap()
        };
        assert_eq!(service.send(request("token-of-nobody-here")).await.status, StatusCode::UNAUTHORIZED);
        assert_eq!(service.send(request(OPERATOR)).await.status, StatusCode::NO_CONTENT, "{path}");
    }
    assert_eq!(service.get("/v1/identities/u1/risk").await.status, StatusCode::OK, "edges read");
    assert_eq!(service.get("/v1/audit").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_a_problem_quotes_is_bounded() {
    let service = Service::new();
    let needs = json!({"schema":1,"needs":["é".repeat(7_000)],"about":{},"bundleVersion":"1"});
    let problem = service.send_json("POST", "/v1/assess", &needs).await;
    assert!(problem.body.len() < 5_000, "{} bytes", problem.body.len());
    let detail = problem.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with("unknown variant") && detail.contains("at line 1 column"), "{detail}");
    let member = json!({"x".repeat(9_000): 1});
    assert!(service.send_json("POST", "/v1/revocations", &member).await.body.len() < 10_000);
}

#[tokio::test]
async fn bodies_that_are_not_what_they_should_be() {
    let service = Service::new();
    let assess =
        |about: Value| json!({"schema":1,"needs":["userRisk"],"about":about,"bundleVersion":"1"}).to_string();
    let long = "x".repeat(257);
    let cases = [
        ("/v1/assess", r#"{"schema":1,"#.to_owned(), "invalid_json", ""),
        ("/v1/assess", "{} {}".to_owned(), "invalid_value", ""),
        ("/v1/assess", assess(json!({"principal":7})), "invalid_value", "about.principal"),
        ("/v1/assess", assess(json!({"principalKind":"ghost"})), "invalid_value", "about.principalKind"),
        ("/v1/assess", assess(json!({"principal":long})), "invalid_value", "about.principal"),
        ("/v1/assess", assess(json!({"session":""})), "invalid_value", "about.session"),
        ("/v1/assess", assess(json!({"device":"a\nb"})), "invalid_value", "about.device"),
        ("/v1/assess", assess(json!({"country":"no"})), "invalid_value", "about.country"),
        ("/v1/assess", assess(json!({"agent":"x".repeat(1025)})), "invalid_value", "about.agent"),
        ("/v1/assess", assess(json!({"latitudeE6":90_000_001})), "invalid_value", "about.latitudeE6"),
        ("/v1/assess", assess(json!({"asn":-1})), "invalid_value", "about.asn"),
        (
            "/v1/assess",
            json!({"schema":1,"needs":["userRisk","mood"],"about":{},"bundleVersion":"1"}).to_string(),
            "invalid_value",
            "needs[1]",
        ),
        (
            "/v1/assess",
            json!({"schema":2,"needs":[],"about":{},"bundleVersion":"1"}).to_string(),
            "invalid_value",
            "schema",
        ),
        ("/v1/receipts", json!({"receipts":{}}).to_string(), "invalid_value", "receipts"),
        ("/v1/revocations", json!({"session":""}).to_string(), "invalid_value", "session"),
        ("/v1/revocations", json!({"sesion":"s1"}).to_string(), "invalid_value", "sesion"),
    ];
    for (path, body, code, place) in cases {
        let reply = service.send_text("POST", path, &body).await;
        let problem = reply.json();
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(
            (problem["code"].as_str(), problem["path"].as_str().unwrap_or("")),
            (Some(code), place),
            "{body}"
        );
        assert_eq!((&problem["status"], &problem["title"]), (&json!(400), &json!("Bad Request")));
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
    let problem = service.send_text("POST", "/v1/assess", "{\n  \"schema\": 1,,").await.json();
    assert!(problem["detail"].as_str().unwrap().contains("line 2 column 15"), "{problem}");

    let identity = json!({"kind":"user","groups":["g1",""]});
    let problem = service.send_json("PUT", "/v1/identities/u1", &identity).await.json();
    assert_eq!(problem["path"], "groups[1]");
    let problem = service.send_json("PUT", "/v1/identities/%FF", &json!({"kind":"user"})).await;
    assert_eq!((problem.status, &problem.json()["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_path")));
    let nobody = service.send_json("PUT", "/v1/identities/u1", &json!({"kind": "anonymous"})).await.json();
    assert_eq!(nobody["path"], "kind");
    assert!(nobody["detail"].as_str().unwrap().contains("user, agentUser, workload or agent"), "{nobody}");
    let reply = service.send_text("POST", "/v1/revocations", "{\"session\":\"\u{0}\"}").await;
    assert_eq!(reply.json()["code"], "invalid_json", "a raw control character");
    let request = edge("POST", "/v1/revocations").header(header::CONTENT_TYPE, "application/json");
    let reply = service.send(request.body(Body::from(b"{\"session\":\"\xff\"}".to_vec())).unwrap()).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "not UTF-8");
}

#[tokio::test]
async fn a_batch_is_taken_whole_or_not_at_all() {
    let service = Service::new();
    let good = service.receipt(&json!({"about":{"principalKind":"user","principal":"u1","asn":64500}}));
    let mut forged = service.receipt(&json!({"about":{"principalKind":"user","principal":"u1"}}));
    forged["outcome"] = json!("block");
    let mut foreign = good.clone();
    foreign["about"]["detections"] = json!([{"type":"telepathy","level":"high"}]);

    for (bad, place) in [(&forged, "receipts[1].digest"), (&foreign, "receipts[1].about.detections[0].type")]
    {
        let reply = service.send_json("POST", "/v1/receipts", &json!({"receipts":[good, bad]})).await;
        assert_eq!((reply.status, &reply.json()["path"]), (StatusCode::BAD_REQUEST, &json!(place)));
    }
    let profile = &service.answer(&[], &json!({"principal":"u1"})).await["profile"];
    assert_eq!(profile, &Value::Null, "the good half was not taken");

    let many = json!({"receipts":vec![good; 501]});
    let problem = service.send_json("POST", "/v1/receipts", &many).await.json();
    assert_eq!((&problem["path"], &problem["code"]), (&json!("receipts"), &json!("invalid_value")));
}

#[tokio::test]
async fn sizes_types_methods_and_addresses() {
    let service = Service::new();
    let huge = format!(r#"{{"session":"{}"}}"#, "x".repeat(20_000));
    let reply = service.send_text("POST", "/v1/revocations", &huge).await;
    assert_eq!(
        (reply.status, &reply.json()["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &json!("body_too_large"))
    );

    for content_type in ["text/plain", "application/jsonp", ""] {
        let request = edge("POST", "/v1/revocations").header(header::CONTENT_TYPE, content_type);
        let reply = service.send(request.body(Body::from(r#"{"session":"s1"}"#)).unwrap()).await;
        assert_eq!(reply.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{content_type}");
        assert_eq!(reply.json()["code"], "unsupported_content_type");
    }
    let request = edge("POST", "/v1/revocations")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_ENCODING, "gzip");
    let reply = service.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);

    let reply = service.get("/v1/assess").await;
    assert_eq!((reply.status, reply.header("allow")), (StatusCode::METHOD_NOT_ALLOWED, "POST"));
    assert_eq!(reply.json()["code"], "method_not_allowed");
    let reply = service.get("/v2/assess").await;
    assert_eq!((reply.status, &reply.json()["code"]), (StatusCode::NOT_FOUND, &json!("not_found")));

    for since in ["-1", "x", "9223372036854775808", ""] {
        let reply = service.get(&format!("/v1/state?since={since}")).await;
        assert_eq!((reply.status, &reply.json()["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_query")));
    }
    assert_eq!(service.get("/v1/state").await.json()["cursor"], 0);
    assert_eq!(service.get("/v1/bundle").await.json()["code"], "no_bundle");
}
