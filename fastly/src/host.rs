//! The service on its host: stores, backends, and one request after another.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fastly::http::request::{Request as Incoming, SendError};
use fastly::http::serve::Serve;
use fastly::http::{HeaderName, HeaderValue};
use fastly::secret_store::SecretStore;
use fastly::{ConfigStore, KVStore, Response};

use crate::answer::Answered;
use crate::asked::{Asked, header_bytes, header_text};
use crate::challenge::{Plan, refuse_undecided};
use crate::client;
use crate::edge::Edge;
use crate::origin::{Onward, SIGN_IN_HEADER, SignIn, is_ours};
use crate::scorer::BackendScorer;
use crate::settings::{Secrets, Settings, SettingsError};
use crate::store::{Scorer, Store, StoredBundle};

/// Name of the Config Store, Secret Store and KV Store.
const STORE: &str = "edgeward";
/// The protected application's backend.
const ORIGIN: &str = "origin";
/// The support code of every request while the settings are wrong.
const NO_SETTINGS: &str = "CONFIGURATION";
/// An instance that waits is paid for: it ends if no request comes.
const IDLE: Duration = Duration::from_secs(5);
/// An instance ends after this at the latest, so that settings and secrets are read anew.
const LIFETIME: Duration = Duration::from_secs(60);

/// Answers requests until the instance ends.
pub fn run() {
    let mut requests = 1;
    let mut edge = open().inspect(|(_, limit)| requests = *limit);
    Serve::new().with_max_requests(requests).with_timeout(IDLE).with_max_lifetime(LIFETIME).run(|incoming| {
        match &mut edge {
            Ok((edge, _)) => handle(edge, incoming),
            Err(error) => {
                eprintln!("edgeward: {error}; support code {NO_SETTINGS} (invalid_settings)");
                refuse(&incoming);
            }
        }
    });
}

/// The edge, and how many requests it may answer.
fn open() -> Result<(Edge, usize), SettingsError> {
    let at = |path: &str, why: &dyn std::fmt::Display| SettingsError::new(path, why.to_string());
    let config = ConfigStore::try_open(STORE).map_err(|why| at("config store", &why))?;
    let text = config.try_get("settings").map_err(|why| at("settings", &why))?;
    let settings = Settings::parse(&text.ok_or_else(|| at("settings", &"is not in the Config Store"))?)?;
    let requests = usize::from(settings.requests_per_instance.0.get());
    let secrets = secrets()?;
    let scorer = secrets.scorer_token.as_deref().map(BackendScorer::new);
    let scorer = scorer.map(|scorer| Box::new(scorer) as Box<dyn Scorer>);
    let kv = KVStore::open(STORE).map_err(|why| at("KV store", &why))?;
    let kv = kv.ok_or_else(|| at("KV store", &"there is none of this name"))?;
    Ok((Edge::new(settings, secrets, scorer, Box::new(KeyValues(kv)))?, requests))
}

fn secrets() -> Result<Secrets, SettingsError> {
    // A service without secrets needs no store for them.
    let Ok(store) = SecretStore::open(STORE) else { return Ok(Secrets::default()) };
    let secret = |name: &str| -> Result<Option<Vec<u8>>, SettingsError> {
        let at = |why: &dyn std::fmt::Display| SettingsError::new(name, why.to_string());
        let Some(secret) = store.try_get(name).map_err(|why| at(&why))? else { return Ok(None) };
        Ok(Some(secret.try_plaintext().map_err(|why| at(&why))?.to_vec()))
    };
    let text = |name: &str| -> Result<Option<String>, SettingsError> {
        let text = secret(name)?.map(String::from_utf8).transpose();
        text.map_err(|_| SettingsError::new(name, "is not text".to_owned()))
    };
    Ok(Secrets {
        scorer_token: text("scorer-token")?,
        origin_secret: secret("origin-secret")?,
        identifier_key: text("identifier-key")?,
    })
}

fn handle(edge: &mut Edge, incoming: Incoming) {
    let snapshot = Snapshot::of(&incoming);
    let (asked, facts) = (snapshot.asked(), client::facts(&incoming));
    edge.handle(&asked, facts, now(), |plan, onward| match plan {
        Plan::Pass => pass(incoming, &asked, onward),
        Plan::Answer(answered) => {
            respond(answered);
            None
        }
    });
}

/// The settings are wrong: every request is refused, and the log says why.
fn refuse(incoming: &Incoming) {
    respond(&refuse_undecided(NO_SETTINGS.to_owned(), &Snapshot::of(incoming).asked()));
}

/// The head of a request, kept while the request itself goes to the origin. Names and values are shared, not copied.
struct Snapshot {
    method: String,
    url: url::Url,
    version: Option<&'static str>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Snapshot {
    fn of(incoming: &Incoming) -> Self {
        Self {
            method: incoming.get_method_str().to_owned(),
            url: incoming.get_url().clone(),
            version: client::http_version(incoming),
            headers: incoming.get_headers().map(|(name, value)| (name.clone(), value.clone())).collect(),
        }
    }

    fn asked(&self) -> Asked<'_> {
        let headers = self.headers.iter();
        Asked {
            method: &self.method,
            url: &self.url,
            version: self.version,
            headers: headers.map(|(name, value)| (name.as_str(), header_text(value.as_bytes()))).collect(),
        }
    }
}

/// Sends the request to the origin as it came, body unread, with our headers instead of any the client called so, and
/// without tokens that do not count. Never from the cache: what was decided for one is not an answer for another.
fn pass(mut outgoing: Incoming, asked: &Asked<'_>, onward: &Onward) -> Option<SignIn> {
    // As it was read and judged: an origin would find another path in one with dots or backslashes.
    outgoing.set_url(asked.url);
    let ours: Vec<HeaderName> =
        outgoing.get_header_names().filter(|name| is_ours(name.as_str())).cloned().collect();
    for name in ours {
        outgoing.remove_header(name);
    }
    for (name, value) in &onward.headers {
        outgoing.set_header(*name, value);
    }
    for (name, left) in &onward.withheld {
        match left.as_deref().map(|left| HeaderValue::from_bytes(&header_bytes(left))) {
            Some(Ok(left)) => outgoing.set_header(*name, left),
            _ => drop(outgoing.remove_header(*name)),
        }
    }
    if let Some(host) = outgoing.get_header("host").cloned() {
        outgoing.set_header("x-forwarded-host", host);
    }
    if asked.is_upgrade() {
        // From here the platform carries the connection, and there is no response to read.
        if let Err(why) = outgoing.handoff_websocket(ORIGIN) {
            bad_gateway(&why);
        }
        return None;
    }
    match outgoing.with_pass(true).send(ORIGIN) {
        Ok(mut response) => {
            let sign_in = response.remove_header(SIGN_IN_HEADER);
            response.send_to_client();
            sign_in.as_ref().and_then(|value| SignIn::parse(&header_text(value.as_bytes())))
        }
        Err(why) => {
            bad_gateway(&why);
            None
        }
    }
}

fn bad_gateway(why: &SendError) {
    eprintln!("edgeward: the origin can not be reached: {} (origin_unreachable)", why.root_cause());
    Response::from_status(502).with_body("The origin can not be reached.\n").send_to_client();
}

fn respond(answered: &Answered) {
    let mut response = Response::from_status(answered.status);
    for (name, value) in &answered.headers {
        response.set_header(*name, value);
    }
    response.with_body(answered.body.as_str()).send_to_client();
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// `bundle`, `bundle-signature` and profiles in the KV Store.
struct KeyValues(KVStore);

impl KeyValues {
    fn text(&self, key: &str) -> Option<String> {
        String::from_utf8(self.0.lookup(key).ok()?.take_body_bytes()).ok()
    }
}

impl Store for KeyValues {
    fn bundle(&self) -> Option<StoredBundle> {
        Some(StoredBundle { text: self.text("bundle")?, signature: self.text("bundle-signature") })
    }

    fn profile(&self, key: &str) -> Option<String> {
        self.text(key)
    }

    fn keep_profile(&self, key: &str, profile: &str, ttl_seconds: u32) {
        let lifetime = Duration::from_secs(ttl_seconds.into());
        if let Err(why) = self.0.build_insert().time_to_live(lifetime).execute(key, profile) {
            eprintln!("edgeward: a profile can not be kept: {why} (profile_not_kept)");
        }
    }
}
