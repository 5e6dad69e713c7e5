//! A scorer on a temporary database, and edges that talk to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use edgeward::receipt::Receipt;
use edgeward::request::Text;
use edgeward_scorer::{BundleFile, Scorer, Sqlite, Tokens, router};
use serde_json::{Value, json};
use tower::ServiceExt as _;

pub const OSLO_EDGE: &str = "token-of-the-oslo-edge";
pub const LIMA_EDGE: &str = "token-of-the-lima-edge";
pub const HOUR: i64 = 60 * 60 * 1000;
pub const DAY: i64 = 24 * HOUR;

/// A scorer whose clock stands until it is turned.
pub struct Service {
    pub directory: tempfile::TempDir,
    pub clock: Arc<AtomicI64>,
    router: Router,
    sent: AtomicUsize,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

pub fn open(directory: &Path, clock: &Arc<AtomicI64>, bundle: Option<BundleFile>) -> Scorer {
    open_with(directory, clock, bundle, &[])
}

fn open_with(
    directory: &Path,
    clock: &Arc<AtomicI64>,
    bundle: Option<BundleFile>,
    operators: &[&str],
) -> Scorer {
    let store = Sqlite::open(&directory.join("scorer.db")).unwrap();
    let tokens = Tokens::new(&[OSLO_EDGE, LIMA_EDGE], operators).unwrap();
    let clock = Arc::clone(clock);
    Scorer::new(Box::new(store), tokens, bundle, Arc::new(move || clock.load(Ordering::Relaxed))).unwrap()
}

impl Service {
    pub fn new() -> Self {
        Self::with_bundle(|_| None)
    }

    /// One whose operators have a token of their own.
    pub fn with_operator(operator: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(1_790_000_000_000));
        let router = router(Arc::new(open_with(directory.path(), &clock, None, &[operator])));
        Self { directory, clock, router, sent: AtomicUsize::new(0) }
    }

    pub fn with_bundle(bundle: impl FnOnce(&Path) -> Option<BundleFile>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(1_790_000_000_000));
        let router = router(Arc::new(open(directory.path(), &clock, bundle(directory.path()))));
        Self { directory, clock, router, sent: AtomicUsize::new(0) }
    }

    /// The same database under a new process, as far as the scorer can tell.
    pub fn restarted(self) -> Self {
        let Self { directory, clock, router: before, sent } = self;
        drop(before);
        let router = router(Arc::new(open(directory.path(), &clock, None)));
        Self { directory, clock, router, sent }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn now(&self) -> i64 {
        self.clock.load(Ordering::Relaxed)
    }

    pub fn pass(&self, time: i64) {
        self.clock.fetch_add(time, Ordering::Relaxed);
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
        Reply { status: parts.status, headers: parts.headers, body }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(edge("GET", path).body(Body::empty()).unwrap()).await
    }

    pub async fn send_json(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.send_text(method, path, &body.to_string()).await
    }

    pub async fn send_text(&self, method: &str, path: &str, body: &str) -> Reply {
        let request = edge(method, path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_owned())).unwrap()).await
    }

    /// Asks for facts; the answer's facts.
    pub async fn ask(&self, needs: &[&str], about: &Value) -> Value {
        self.answer(needs, about).await["facts"].clone()
    }

    pub async fn answer(&self, needs: &[&str], about: &Value) -> Value {
        let question = json!({"schema":1,"needs":needs,"about":about,"bundleVersion":"1"});
        let reply = self.send_json("POST", "/v1/assess", &question).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
        reply.json()
    }

    /// Reports how requests turned out, each a change to an allowed one that was no sign-in.
    pub async fn report(&self, changes: &[Value]) -> Reply {
        let receipts: Vec<Value> = changes.iter().map(|change| self.receipt(change)).collect();
        self.send_json("POST", "/v1/receipts", &json!({"receipts":receipts})).await
    }

    /// A whole receipt with a digest of its own.
    pub fn receipt(&self, change: &Value) -> Value {
        let nth = self.sent.fetch_add(1, Ordering::Relaxed);
        let mut receipt = json!({
            "schema":1,"about":{},"outcome":"allow","controls":[],"policies":[],"contributions":[],"asked":[],
            "outage":false,"signInSucceeded":null,"signInPrincipal":null,
            "versions":{"engine":"0","bundle":"1","model":"0","data":"0"},
            "supportCode":format!("TEST-{nth}"),"previous":null
        });
        for (member, value) in change.as_object().unwrap() {
            receipt[member] = value.clone();
        }
        let text = receipt.to_string();
        let mut sealed: Receipt<'_> = serde_json::from_str(&text).unwrap();
        sealed.digest = Some(Text(sealed.compute_digest().into()));
        serde_json::to_value(&sealed).unwrap()
    }

    pub async fn state(&self, since: i64) -> Value {
        self.get(&format!("/v1/state?since={since}")).await.json()
    }
}

pub fn edge(method: &str, path: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("Bearer {OSLO_EDGE}"))
}

/// A subject with changes on top.
pub fn changed(about: &Value, changes: &Value) -> Value {
    let mut about = about.clone();
    for (member, value) in changes.as_object().unwrap() {
        about[member] = value.clone();
    }
    about
}
