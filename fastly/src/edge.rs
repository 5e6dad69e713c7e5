//! The edge: what an instance keeps between requests, and the life of one request.
//!
//! An instance may end after any request, and a fresh one knows nothing: it reads its settings, the bundle and the
//! scorer's state before it decides. What is due afterwards is done once the client has its answer.

use std::cmp::Ordering;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::{Duration, Instant};

use edgeward::bundle::{Bundle, SignatureEnvelope};
use edgeward::decision::Outcome;
use edgeward::identifier::{IdentifierKind, Identifiers, encode_hex};
use edgeward::receipt::Circumstances;
use edgeward::{Engine, Request};

use crate::asked::Asked;
use crate::challenge::{Plan, plan, refuse_undecided};
use crate::judge::{Ruling, judge};
use crate::origin::{Header, Onward, SignIn, result_headers, sign};
use crate::receipts::Receipts;
use crate::report::{Reporter, report_undecided};
use crate::session::{Sessions, Withheld};
use crate::settings::{Links, OnNoBundle, Secrets, Settings, SettingsError};
use crate::state::State;
use crate::store::{Scorer, Store, StoredBundle};

/// How often a newer bundle is looked for: milliseconds.
const BUNDLE_INTERVAL_MS: i64 = 60_000;
/// While there is none, how soon the next request may look again: milliseconds.
const BUNDLE_RETRY_MS: i64 = 1_000;
/// How often revocations and risk levels are fetched: milliseconds.
const STATE_INTERVAL_MS: i64 = 2_000;
/// State older than this is fetched before the next decision instead of after it: milliseconds.
const STATE_MAX_AGE_MS: i64 = 30_000;
/// After state that was too old to decide by could not be had, how soon a request waits for it again: milliseconds.
const STALE_RETRY_MS: i64 = 5_000;
/// Pages of state read in one go; what is left follows at the next.
const PAGES_LIMIT: usize = 50;
/// After so long a request waits for no further page; the one under way has the time that the backend gives it, and what is
/// left follows the answer.
const STATE_PATIENCE: Duration = Duration::from_secs(1);

/// Of what is allowed without asking, one in so many is audited by the scorer.
const AUDIT_EVERY: u64 = 50;

/// One instance.
pub struct Edge {
    settings: Settings,
    links: Links,
    sessions: Option<Sessions>,
    identifiers: Identifiers,
    origin_secret: Option<Vec<u8>>,
    scorer: Option<Box<dyn Scorer>>,
    store: Box<dyn Store>,
    engine: Option<Engine>,
    stored: Option<StoredBundle>,
    bundle_at: Option<i64>,
    state: State,
    state_at: Option<i64>,
    state_tried_at: Option<i64>,
    receipts: Receipts,
    reporter: Reporter,
}

impl Edge {
    /// Takes the settings. `scorer` is there if its token is.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn new(
        mut settings: Settings,
        secrets: Secrets,
        scorer: Option<Box<dyn Scorer>>,
        store: Box<dyn Store>,
    ) -> Result<Self, SettingsError> {
        let identifiers = match &secrets.identifier_key {
            Some(key) => Identifiers::keyed(key)
                .map_err(|error| SettingsError::new("identifier-key", error.to_string()))?,
            None => Identifiers::plain(),
        };
        Ok(Self {
            links: settings.take_links(),
            sessions: settings.session.take().map(Sessions::new).transpose()?,
            settings,
            identifiers,
            origin_secret: secrets.origin_secret,
            scorer,
            store,
            engine: None,
            stored: None,
            bundle_at: None,
            state: State::default(),
            state_at: None,
            state_tried_at: None,
            receipts: Receipts::default(),
            reporter: Reporter::default(),
        })
    }

    /// Judges one request and has it answered; then does what is due. `host_facts` is what the platform vouches for,
    /// `now` milliseconds. `answer` carries out the plan, changing what goes to the origin as it is told, and tells how the
    /// request turned out if it was a sign-in.
    pub fn handle(
        &mut self,
        asked: &Asked<'_>,
        host_facts: Request<'_>,
        now: i64,
        answer: impl FnOnce(&Plan, &Onward) -> Option<SignIn>,
    ) {
        self.prepare(now);
        if self.decide(asked, host_facts, now, answer) {
            self.refresh(now);
        }
    }

    /// Tells whether there was a bundle to decide by.
    fn decide(
        &mut self,
        asked: &Asked<'_>,
        host_facts: Request<'_>,
        now: i64,
        answer: impl FnOnce(&Plan, &Onward) -> Option<SignIn>,
    ) -> bool {
        let Some(engine) = &self.engine else {
            let (code, passed) = (random_code(), self.settings.on_no_bundle == OnNoBundle::Allow);
            report_undecided(&code, passed, now);
            let plan = if passed { Plan::Pass } else { Plan::Answer(refuse_undecided(code, asked)) };
            answer(&plan, &Onward::default());
            return false;
        };
        let mut facts = Request { time: Some(now), http: asked.facts(), ..host_facts };
        let sessions = self.sessions.as_ref();
        let mut withheld =
            sessions.map_or_else(Withheld::new, |sessions| sessions.state(asked, now, &mut facts));
        facts.resource.application = self.settings.application.as_deref().map(Into::into);
        if self.state.state(&self.identifiers, &mut facts) {
            // Revoked is revoked at the origin, too.
            withheld = sessions.map_or_else(Withheld::new, |sessions| sessions.withhold(asked, &[]));
        }
        let key = facts.principal.id.as_deref().filter(|_| self.settings.profiles);
        let key = key.map(|id| profile_key(&self.identifiers, id));
        let profile = key.as_deref().and_then(|key| self.store.profile(key));
        facts.profile = profile.as_deref().and_then(|profile| serde_json::from_str(profile).ok());

        let (scorer, reporter, secret) = (self.scorer.as_deref(), &mut self.reporter, &self.origin_secret);
        let (links, store) = (&self.links, &self.store);
        let ask = |assessment: &str| match scorer?.assess(assessment) {
            Ok(answer) => Some(answer),
            Err(why) => {
                reporter.report(why.code(), &why.to_string(), now);
                None
            }
        };
        let previous = self.receipts.previous.take();
        let receipt = judge(engine, facts, ask, |facts, ruling| {
            let decision = &ruling.decision;
            let plan = plan(decision, asked, links);
            let onward = match plan {
                Plan::Pass => {
                    let headers = result_headers(decision, facts);
                    Onward { headers: signed(asked, headers, secret.as_deref(), now), withheld }
                }
                Plan::Answer(_) => Onward::default(),
            };
            let sign_in = answer(&plan, &onward);
            if let (Some(key), Some(learned)) = (&key, ruling.learned) {
                store.keep_profile(key, learned.profile, learned.ttl_seconds);
            }
            scorer?;
            let circumstances = circumstances(&ruling, sign_in, previous);
            let receipt = engine.receipt(facts, decision, &circumstances);
            let digest = receipt.digest.as_deref().map(str::to_owned);
            Some((serde_json::to_string(&receipt).ok()?, digest))
        });
        if let Some((receipt, digest)) = receipt {
            self.receipts.previous = digest;
            self.receipts.record(receipt);
        }
        true
    }

    /// Before a decision: waits for the bundle, and for state that is too old to decide by.
    fn prepare(&mut self, now: i64) {
        if self.engine.is_none() && is_due(self.bundle_at, BUNDLE_RETRY_MS, now) {
            self.load(now);
        }
        if is_due(self.state_at, STATE_MAX_AGE_MS, now) && is_due(self.state_tried_at, STALE_RETRY_MS, now) {
            self.read_state(now, Some(STATE_PATIENCE));
        }
    }

    /// After the answer: whatever is due.
    fn refresh(&mut self, now: i64) {
        if let Some(scorer) = self.scorer.as_deref()
            && let Err(why) = self.receipts.flush(scorer)
        {
            self.reporter.report(why.code(), &why.to_string(), now);
        }
        if is_due(self.state_tried_at, STATE_INTERVAL_MS, now) {
            self.read_state(now, None);
        }
        if is_due(self.bundle_at, BUNDLE_INTERVAL_MS, now) {
            self.load(now);
        }
    }

    /// Loads the stored bundle if it is another one. If it is refused, the one at work stays.
    fn load(&mut self, now: i64) {
        self.bundle_at = Some(now);
        let Some(stored) = self.store.bundle() else {
            self.reporter.report("no_bundle", "the store has no bundle", now);
            return;
        };
        if self.stored.as_ref() == Some(&stored) {
            return;
        }
        if let Err(why) = self.put_to_work(&stored) {
            self.reporter.report("bundle_refused", &why, now);
        }
        // Refused or taken, the same bytes are not tried again.
        self.stored = Some(stored);
    }

    fn put_to_work(&mut self, stored: &StoredBundle) -> Result<(), String> {
        let bytes = stored.text.as_bytes();
        let bundle = match &stored.signature {
            Some(signature) => {
                let envelope: SignatureEnvelope = serde_json::from_str(signature)
                    .map_err(|why| format!("signature is not valid: {why}"))?;
                Bundle::open(bytes, &envelope, &self.settings.public_keys)
            }
            None if self.settings.allow_unsigned => Bundle::unsigned(bytes),
            None => {
                return Err("bundle has no signature beside it, and `allowUnsigned` is not set".to_owned());
            }
        };
        let bundle = bundle.map_err(|error| error.to_string())?;
        match &mut self.engine {
            Some(engine) => engine.replace(bundle),
            empty => Engine::new(bundle, self.identifiers.clone()).map(|engine| *empty = Some(engine)),
        }
        .map_err(|error| error.to_string())?;
        self.heed();
        Ok(())
    }

    /// Reads pages until one brings nothing new: only then is all known that the scorer has to tell. Whoever loses
    /// patience leaves the rest to be read.
    fn read_state(&mut self, now: i64, patience: Option<Duration>) {
        if self.scorer.is_none() {
            return;
        }
        self.state_tried_at = Some(now);
        let began = Instant::now();
        let mut is_again = false;
        for _ in 0..PAGES_LIMIT {
            let cursor = self.state.cursor();
            if self.read_page(cursor, now).is_none() {
                return;
            }
            // With each page: the next one may not come.
            self.heed();
            match self.state.cursor().cmp(&cursor) {
                Ordering::Equal => {
                    self.state_at = Some(now);
                    return;
                }
                Ordering::Greater => {}
                Ordering::Less if is_again => {
                    let why = "/v1/state ran backwards twice: its replicas do not agree";
                    self.reporter.report("scorer_garbage", why, now);
                    return;
                }
                Ordering::Less => is_again = true,
            }
            if patience.is_some_and(|patience| began.elapsed() >= patience) {
                self.state_tried_at = None;
                return;
            }
        }
    }

    fn read_page(&mut self, cursor: u64, now: i64) -> Option<()> {
        match self.scorer.as_deref()?.state(cursor) {
            Ok(page) if self.state.apply(&page) => return Some(()),
            Ok(_) => self.reporter.report("scorer_garbage", "/v1/state answered what can not be used", now),
            Err(why) => self.reporter.report(why.code(), &why.to_string(), now),
        }
        None
    }

    /// Stops or starts relying on the model, as the scorer's audit says.
    fn heed(&mut self) {
        if let Some(engine) = &mut self.engine {
            engine.set_fail_safe(self.state.is_fail_safe());
        }
    }
}

fn signed(asked: &Asked<'_>, mut headers: Vec<Header>, secret: Option<&[u8]>, now: i64) -> Vec<Header> {
    if let Some(secret) = secret {
        headers.push(sign(secret, asked, &headers, now));
    }
    headers
}

fn circumstances(ruling: &Ruling<'_>, sign_in: Option<SignIn>, previous: Option<String>) -> Circumstances {
    let by_itself = ruling.decision.outcome == Outcome::Allow && ruling.asked.is_empty() && !ruling.outage;
    Circumstances {
        asked: ruling.asked.clone(),
        outage: ruling.outage,
        sign_in_succeeded: sign_in.as_ref().map(|sign_in| sign_in.succeeded),
        sign_in_principal: sign_in.and_then(|sign_in| sign_in.principal),
        previous,
        audited: (by_itself && random().is_multiple_of(AUDIT_EVERY)).then_some(true),
        ..Circumstances::default()
    }
}

/// What was done later than now was done before the clock was set back.
fn is_due(last: Option<i64>, interval: i64, now: i64) -> bool {
    last.is_none_or(|last| !(0..interval).contains(&(now - last)))
}

/// Whatever an id consists of, and even where identifiers leave the edge plain, the store sees a hash.
fn profile_key(identifiers: &Identifiers, principal: &str) -> String {
    let id = identifiers.of(IdentifierKind::Principal, principal);
    format!("profile/{}", encode_hex(&hmac_sha256::Hash::hash(id.as_bytes())))
}

/// No decision, no code of the engine: something a person can quote.
fn random_code() -> String {
    encode_hex(&random().to_be_bytes()).to_ascii_uppercase().chars().take(12).collect()
}

/// The keys of the standard library's hashers come from the host's random numbers.
fn random() -> u64 {
    std::hash::RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests;
