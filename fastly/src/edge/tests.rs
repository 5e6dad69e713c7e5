//! The life of a request over a scorer and a store that are at hand.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use super::*;
use crate::asked::tests::{get, url};
use crate::judge::tests::BUNDLE;
use crate::store::Failure;
use crate::token::tests::{Issuer, NOW};
use serde_json::{Value, json};

/// What the edge's surroundings answer, and what they were told.
#[derive(Default)]
struct World {
    bundle: Option<StoredBundle>,
    answer: Option<String>,
    state: Option<String>,
    /// What is behind the first page of state can not be had.
    has_one_page: bool,
    /// So many pages of state, each of which takes a third of a request's patience.
    slow_pages: u64,
    /// Cursors of replicas that take turns in answering.
    replicas: Vec<u64>,
    profiles: HashMap<String, String>,
    asked: Vec<Value>,
    receipts: Vec<Value>,
    states_read: usize,
}

#[derive(Clone, Default)]
struct Surroundings(Rc<RefCell<World>>);

fn gone<T>() -> Result<T, Failure> {
    Err(Failure::Unreachable("not there".to_owned()))
}

impl Scorer for Surroundings {
    fn assess(&self, assessment: &str) -> Result<String, Failure> {
        let mut world = self.0.borrow_mut();
        world.asked.push(serde_json::from_str(assessment).unwrap());
        world.answer.clone().map_or_else(gone, Ok)
    }

    fn state(&self, since: u64) -> Result<String, Failure> {
        let mut world = self.0.borrow_mut();
        world.states_read += 1;
        if world.has_one_page && since > 0 {
            return gone();
        }
        if world.slow_pages > 0 {
            std::thread::sleep(STATE_PATIENCE / 3);
            let cursor = (since + 1).min(world.slow_pages);
            return Ok(json!({"cursor": cursor, "revokedSessions": [], "riskLevels": []}).to_string());
        }
        if let Some(cursor) = world.replicas.get(world.states_read % 2) {
            return Ok(json!({"cursor": cursor, "revokedSessions": [], "riskLevels": []}).to_string());
        }
        world.state.clone().map_or_else(gone, Ok)
    }

    fn record(&self, receipts: &str) -> Result<(), Failure> {
        let receipts: Value = serde_json::from_str(receipts).unwrap();
        self.0.borrow_mut().receipts.extend(receipts["receipts"].as_array().unwrap().iter().cloned());
        Ok(())
    }
}

impl Store for Surroundings {
    fn bundle(&self) -> Option<StoredBundle> {
        self.0.borrow().bundle.clone()
    }

    fn profile(&self, key: &str) -> Option<String> {
        self.0.borrow().profiles.get(key).cloned()
    }

    fn keep_profile(&self, key: &str, profile: &str, _ttl_seconds: u32) {
        self.0.borrow_mut().profiles.insert(key.to_owned(), profile.to_owned());
    }
}

fn surroundings() -> Surroundings {
    let surroundings = Surroundings::default();
    surroundings.0.borrow_mut().bundle = Some(StoredBundle { text: BUNDLE.to_owned(), signature: None });
    surroundings
}

fn settings(application: &str) -> Value {
    json!({"allowUnsigned": true, "application": application, "profiles": true, "session":
           {"issuer": "https://id.example", "audience": "app", "jwks": {"keys": [Issuer::new(5).jwk("k")]}}})
}

fn edge(settings: &Value, surroundings: &Surroundings) -> Edge {
    let secrets = Secrets { origin_secret: Some(b"secret".to_vec()), ..Secrets::default() };
    let scorer: Box<dyn Scorer> = Box::new(surroundings.clone());
    let settings = Settings::parse(&settings.to_string()).unwrap();
    Edge::new(settings, secrets, Some(scorer), Box::new(surroundings.clone())).unwrap()
}

fn token(id: &str) -> String {
    let claims = json!({"iss": "https://id.example", "aud": "app", "sub": id, "sid": "s1", "exp": NOW / 1000 + 600,
                        "iat": NOW / 1000 - 60, "amr": ["pwd"]});
    format!("Bearer {}", Issuer::new(5).issue(&json!({"alg": "ES256", "kid": "k"}), &claims))
}

/// What came of a request: a status, 200 if it was passed on, and what the origin is sent.
fn send(edge: &mut Edge, token: Option<&str>, now: i64, sign_in: Option<SignIn>) -> (u16, Onward) {
    let url = url("https://app.example/page?x=1");
    let headers: Vec<(&str, &str)> = token.map(|token| ("authorization", token)).into_iter().collect();
    let mut result = None;
    edge.handle(&get(&url, &headers), Request::default(), now, |plan, onward| {
        let status = match plan {
            Plan::Pass => 200,
            Plan::Answer(answer) => answer.status,
        };
        let Onward { headers, withheld } = onward;
        result = Some((status, Onward { headers: headers.clone(), withheld: withheld.clone() }));
        sign_in
    });
    result.expect("answered exactly once")
}

#[test]
fn a_deferred_request_is_decided_by_the_answer_and_teaches_the_store() {
    let world = surroundings();
    world.0.borrow_mut().answer =
        Some(r#"{"facts":{"userRisk":"low"},"profile":{"count":3},"ttlSeconds":60}"#.to_owned());
    let mut edge = edge(&settings("careful"), &world);
    let sign_in = SignIn { succeeded: true, principal: Some("u1".to_owned()) };
    let (status, onward) = send(&mut edge, Some(&token("u1")), NOW, Some(sign_in));
    assert_eq!((status, &onward.withheld), (200, &Withheld::new()));
    let header =
        |name: &str| onward.headers.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
    assert_eq!(header("edgeward-outcome"), Some("allow"));
    assert_eq!(header("edgeward-principal"), Some("u1"));
    assert!(header("edgeward-signature").unwrap().starts_with("t=1790000000000,v1="));

    let world = world.0.borrow();
    assert_eq!(world.asked[0]["needs"], json!(["userRisk"]));
    assert_eq!(world.profiles.values().collect::<Vec<_>>(), [r#"{"count":3}"#]);
    assert!(world.profiles.keys().all(|key| !key.contains("u1")), "the store sees no name");
    let receipt = &world.receipts[0];
    assert_eq!((receipt["outcome"].as_str(), receipt["outage"].as_bool()), (Some("allow"), Some(false)));
    assert_eq!(
        (receipt["signInSucceeded"].as_bool(), receipt["signInPrincipal"].as_str()),
        (Some(true), Some("u1"))
    );
}

#[test]
fn without_the_scorer_each_policy_has_its_outage_mode_and_the_receipts_wait() {
    let world = surroundings();
    let mut edge = edge(&settings("careful"), &world);
    assert_eq!(send(&mut edge, Some(&token("u1")), NOW, None).0, 403);
    assert_eq!(send(&mut edge, Some(&token("u1")), NOW + 1, None).0, 403);
    let world = world.0.borrow();
    assert!(world.receipts.iter().all(|receipt| receipt["outage"] == true));
    assert_eq!(world.receipts[1]["previous"], world.receipts[0]["digest"], "chained");
    assert_eq!(world.states_read, 1, "waited for once, not at every request");
}

#[test]
fn replicas_that_do_not_agree_are_read_from_the_start_once() {
    let world = surroundings();
    world.0.borrow_mut().replicas = vec![90, 100];
    send(&mut edge(&settings("free"), &world), None, NOW, None);
    let read = world.0.borrow().states_read;
    assert!(read <= 5, "{read} pages");
}

#[test]
fn a_request_waits_for_so_many_pages_and_what_is_left_follows_its_answer() {
    let world = surroundings();
    world.0.borrow_mut().slow_pages = 5;
    let mut edge = edge(&settings("free"), &world);
    let mut before = 0;
    edge.handle(&get(&url("https://app.example/"), &[]), Request::default(), NOW, |_, _| {
        before = world.0.borrow().states_read;
        None
    });
    assert_eq!((before, world.0.borrow().states_read), (3, 6));
    assert_eq!(edge.state_at, Some(NOW), "all of it was read");
}

#[test]
fn a_revoked_session_is_nobodys() {
    let world = surroundings();
    let state = json!({"cursor": 1, "revokedSessions": [{"id": "s1", "revokedAt": NOW}],
                       "riskLevels": [{"kind": "user", "id": "u1", "level": "high"}]});
    let mut before = edge(&settings("needs-mfa"), &world);
    assert_eq!(send(&mut before, Some(&token("u1")), NOW, None).0, 401);
    world.0.borrow_mut().state = Some(state.to_string());
    let mut edge = edge(&settings("free"), &world);
    let (status, Onward { headers, withheld }) = send(&mut edge, Some(&token("u1")), NOW, None);
    assert_eq!((status, withheld), (200, vec![("authorization", None)]), "nor the origin's");
    assert!(headers.contains(&("edgeward-principal-kind", "anonymous".to_owned())));
    assert!(!headers.iter().any(|(name, _)| matches!(*name, "edgeward-principal" | "edgeward-session")));
}

#[test]
fn known_risk_asks_nobody() {
    let world = surroundings();
    let state = json!({"cursor": 1, "revokedSessions": [], "riskLevels": [{"kind": "user", "id": "u1", "level": "high"}]});
    world.0.borrow_mut().state = Some(state.to_string());
    let mut edge = edge(&settings("careful"), &world);
    assert_eq!(send(&mut edge, Some(&token("u1")), NOW, None).0, 403);
    assert!(world.0.borrow().asked.is_empty());
    assert_eq!(world.0.borrow().receipts.len(), 1);
}

#[test]
fn an_edge_that_is_told_to_stops_relying_on_its_model() {
    let world = surroundings();
    let state = json!({"cursor": 1, "revokedSessions": [], "riskLevels": [], "failSafe": true});
    world.0.borrow_mut().state = Some(state.to_string());
    let mut first = edge(&settings("free"), &world);
    send(&mut first, None, NOW, None);
    assert_eq!(world.0.borrow().receipts[0]["failSafe"], true, "from the first decision on");
    world.0.borrow_mut().has_one_page = true;
    send(&mut edge(&settings("free"), &world), None, NOW, None);
    assert_eq!(
        world.0.borrow().receipts[1]["failSafe"],
        true,
        "although the rest of the state can not be had"
    );
}

#[test]
fn one_in_fifty_of_what_is_allowed_unasked_is_audited() {
    let world = surroundings();
    let mut edge = edge(&settings("free"), &world);
    (0..2_000).for_each(|after| drop(send(&mut edge, None, NOW + after, None)));
    let audited = world.0.borrow().receipts.iter().filter(|receipt| receipt["audited"] == true).count();
    // 40 are expected; fewer than 5 or more than 120 come once in 10¹² runs.
    assert!((5..=120).contains(&audited), "{audited}");
}

#[test]
fn without_a_bundle_nothing_passes_unless_told_to() {
    for (bundle, mode, status) in [
        (None, "deny", 403),
        (None, "allow", 200),
        (Some("{"), "deny", 403),
        (Some(BUNDLE), "deny", 403), // not signed
    ] {
        let world = Surroundings::default();
        world.0.borrow_mut().bundle =
            bundle.map(|text| StoredBundle { text: text.to_owned(), signature: None });
        let mut edge = edge(&json!({"onNoBundle": mode}), &world);
        assert_eq!(send(&mut edge, None, NOW, None), (status, Onward::default()), "{bundle:?}");
    }
}

#[test]
fn a_newer_bundle_is_put_to_work_and_a_worse_one_is_not() {
    let world = surroundings();
    let mut edge = edge(&settings("blocked"), &world);
    let offer = |text: String| world.0.borrow_mut().bundle = Some(StoredBundle { text, signature: None });
    assert_eq!(send(&mut edge, None, NOW, None).0, 403);
    offer(Bundle::compile(br#"{"schema":1,"version":"2","policies":[]}"#).unwrap().text);
    assert_eq!(send(&mut edge, None, NOW + 1_000, None).0, 403, "not due yet");
    send(&mut edge, None, NOW + 60_000, None);
    assert_eq!(send(&mut edge, None, NOW + 60_001, None).0, 200);
    for worse in [BUNDLE.to_owned(), "{".to_owned()] {
        offer(worse);
        send(&mut edge, None, NOW + 120_001, None);
        assert_eq!(send(&mut edge, None, NOW + 120_002, None).0, 200);
    }
}

#[test]
fn a_clock_that_is_set_back_puts_nothing_off() {
    assert!(is_due(None, 2_000, NOW) && is_due(Some(NOW), 2_000, NOW + 2_000));
    assert!(!is_due(Some(NOW), 2_000, NOW + 1_999));
    assert!(is_due(Some(NOW), 2_000, NOW - 3_600_000));
}

#[test]
fn settings_that_can_not_work_are_refused_at_start() {
    let secrets = Secrets { identifier_key: Some("short".to_owned()), ..Secrets::default() };
    let refused = Edge::new(Settings::default(), secrets, None, Box::new(surroundings())).err().unwrap();
    assert!(refused.to_string().contains("identifier-key"), "{refused}");
}
