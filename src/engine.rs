//! The only orchestrator: facts in, decision out.

use crate::agent::{self, Agent};
use crate::assess::{Assessment, ReportedDetection, Subject, is_answerable};
use crate::bundle::{Addresses, Bundle};
use crate::decision::{Decision, Judged, Outcome, SupportCode, Versions};
use crate::detection::{self, Detection, Observed};
use crate::error::Error;
use crate::identifier::{AddressPrefix, IdentifierKind, Identifiers};
use crate::policy::{Facts, Unknowns, Verdict};
use crate::read::{self, Slot};
use crate::request::{Proxy, Request, Text};
use crate::risk::{self, Counterfactual, LevelSet, Score};
use crate::signal::Signals;
use crate::tls::TlsFamily;

/// Decides requests by one bundle. Holds no state of any request.
#[derive(Debug)]
pub struct Engine {
    bundle: Bundle,
    identifiers: Identifiers,
    fail_safe: bool,
}

impl Engine {
    /// Version of the engine.
    pub const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    /// Version of the facts compiled in (`data/`): the day they were last changed, and a number if that day had several.
    pub const DATA_VERSION: &'static str = include_str!("../data/VERSION").trim_ascii();

    /// Puts a bundle to work, once it answers its own test vectors right.
    ///
    /// # Errors
    /// [`Error::SelfTest`] naming the vector that was answered wrong.
    pub fn new(bundle: Bundle, identifiers: Identifiers) -> Result<Self, Error> {
        let engine = Self { bundle, identifiers, fail_safe: false };
        engine.self_test()?;
        Ok(engine)
    }

    /// Puts a newer bundle to work. If it is refused, the one at work stays.
    ///
    /// # Errors
    /// [`Error::OlderBundle`] unless its version is higher (the same version again is no change and accepted),
    /// [`Error::SelfTest`].
    pub fn replace(&mut self, bundle: Bundle) -> Result<(), Error> {
        if bundle.version < self.bundle.version {
            return Err(Error::OlderBundle {
                offered: bundle.version.to_string(),
                current: self.bundle.version.to_string(),
            });
        }
        let fail_safe = self.fail_safe;
        *self = Self::new(bundle, self.identifiers.clone())?;
        self.fail_safe = fail_safe;
        Ok(())
    }

    /// Stops or starts relying on the model: while it is not relied on, sign-in risk is what somebody states or not
    /// known at all, so that every verdict it could change is deferred. The scorer's audit says when.
    pub const fn set_fail_safe(&mut self, fail_safe: bool) {
        self.fail_safe = fail_safe;
    }

    /// Whether the model is not relied on.
    #[must_use]
    pub const fn is_fail_safe(&self) -> bool {
        self.fail_safe
    }

    /// The bundle at work.
    #[must_use]
    pub const fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// How identifiers leave the edge.
    #[must_use]
    pub const fn identifiers(&self) -> &Identifiers {
        &self.identifiers
    }

    /// Decides a request from what is known at the edge; defers if what is unknown could change the verdict, and
    /// there is something among it that the scorer may know. A country nobody can look up is settled at once.
    #[must_use]
    pub fn decide<'a>(&'a self, request: &'a Request<'a>) -> Decision<'a> {
        self.decided(request, Unknowns::Ask)
    }

    /// Decides a deferred request for good. The scorer's answer, if there was one, has been merged into the
    /// request ([`Answer::merge_into`](crate::assess::Answer::merge_into)); what is still unknown is settled by
    /// each policy's own outage mode, so this never defers.
    #[must_use]
    pub fn resume<'a>(&'a self, request: &'a Request<'a>) -> Decision<'a> {
        self.decided(request, Unknowns::Settle)
    }

    // One for both, because the module has a copy of `judge` for each of its callers.
    fn decided<'a>(&'a self, request: &'a Request<'a>, unknowns: Unknowns) -> Decision<'a> {
        self.judge(request, unknowns, |judged| judged.to_decision(&self.bundle.model, self.versions()))
    }

    /// Judges a request and shows `read` what it comes to, where it lies: an answer is large, and handing it back would copy
    /// each of its parts. If what is unknown may be asked for, but nobody could know any of it, it is settled.
    pub(crate) fn judge<'a, R>(
        &'a self,
        request: &'a Request<'a>,
        unknowns: Unknowns,
        read: impl FnOnce(&Judged<'a, '_>) -> R,
    ) -> R {
        let agent = agent::classify_known(request, &self.bundle.agents);
        let signals = Signals::read(request, &agent, &self.identifiers, self.bundle.model.population());
        let detections = detection::detect(Observed { request, agent: &agent, signals: &signals });
        let score = self.score(request, &signals, &detections);
        let facts = Facts {
            request,
            agent: &agent,
            detections: detection::kinds(&detections),
            sign_in_risk: score.levels,
        };
        let mut judgement = self.bundle.policies.judge(&facts, unknowns);
        if judgement.verdict == Verdict::Undetermined && !judgement.needs.iter().any(is_answerable) {
            judgement = self.bundle.policies.judge(&facts, Unknowns::Settle);
        }
        read(&Judged {
            outcome: judgement.verdict.into(),
            agent: &agent,
            signals: &signals,
            detections: &detections,
            score,
            judgement: &judgement,
            support_code: SupportCode::of(request),
        })
    }

    fn score(&self, request: &Request<'_>, signals: &Signals, detections: &[Detection<'_>]) -> Score {
        let mut score = risk::score(&self.bundle.model, signals, detections, request.risk.sign_in);
        let is_relied_on = !self.fail_safe && self.bundle.model.is_valid_at(request.time);
        if request.risk.sign_in.is_none() && !is_relied_on {
            score.levels = LevelSet::UNKNOWN.at_least(detection::worst(detections));
        }
        score
    }

    /// The fewest things an honest principal could change for the sign-in risk to be low at most, for those who ask
    /// after the decision. `None`: none of [`Change`](risk::Change) would do, or somebody stated the risk.
    #[must_use]
    pub fn counterfactual(&self, request: &Request<'_>) -> Option<Counterfactual> {
        let agent = agent::classify_known(request, &self.bundle.agents);
        let signals = Signals::read(request, &agent, &self.identifiers, self.bundle.model.population());
        let observed = Observed { request, agent: &agent, signals: &signals };
        risk::counterfactual(observed, |signals, detections| self.score(request, signals, detections))
    }

    pub(crate) fn versions(&self) -> Versions<'_> {
        Versions {
            engine: Self::VERSION,
            bundle: &self.bundle.version,
            model: self.bundle.model.id(),
            data: Self::DATA_VERSION,
        }
    }

    /// What to ask the scorer about a deferred request: the facts that matter, and no more about the principal
    /// than it takes to know them.
    #[must_use]
    pub fn assessment<'a>(&'a self, request: &'a Request<'a>, decision: &Decision<'a>) -> Assessment<'a> {
        Assessment {
            schema: 1,
            needs: decision.needs.iter().collect(),
            about: self.subject(request, decision),
            bundle_version: Text(self.bundle.version.to_string().into()),
        }
    }

    /// What may leave the edge about a request.
    pub(crate) fn subject<'a>(&'a self, request: &'a Request<'a>, decision: &Decision<'a>) -> Subject<'a> {
        let hashed = |kind, value: &'a Option<Text<'a>>| {
            value.as_deref().map(|value| self.identifiers.of(kind, value))
        };
        // Where an exit is must not become where the principal was last seen.
        let has_place = !request.client.proxy.is_some_and(Proxy::hides_place);
        let place = |degrees: Option<i32>| degrees.filter(|_| has_place).map(half_degree);
        Subject {
            time: request.time,
            principal_kind: request.principal.kind,
            principal: hashed(IdentifierKind::Principal, &request.principal.id),
            session: hashed(IdentifierKind::Session, &request.session.id),
            device: hashed(IdentifierKind::Device, &request.device.device_id),
            address: request.client.ip.map(|ip| match self.bundle.settings.addresses {
                Addresses::Prefix => Text(AddressPrefix::of(ip).to_string().into()),
                Addresses::Full => Text(ip.to_string().into()),
            }),
            asn: request.client.asn,
            country: request.client.country.as_deref().map(Text::from),
            latitude_e6: place(request.client.latitude),
            longitude_e6: place(request.client.longitude),
            agent: agent_key(&decision.agent),
            agent_class: Some(decision.agent.class),
            tls: request.tls.ja4.as_deref().map(|ja4| Text(TlsFamily::of(ja4).to_string().into())),
            application: request.resource.application.as_deref().map(Text::from),
            detections: decision
                .detections
                .iter()
                .map(|detection| ReportedDetection { kind: detection.kind, level: detection.level })
                .collect(),
            score: decision.risk.score,
        }
    }

    fn self_test(&self) -> Result<(), Error> {
        for vector in &self.bundle.self_test {
            let mut request = Request::default();
            read::from_json(&vector.request, Slot::Record(&mut request))
                .map_err(|why| Error::SelfTest { name: vector.name.clone(), why: why.to_string() })?;
            let outcome = self.decide(&request).outcome;
            if outcome.name() != vector.outcome {
                return Err(Error::SelfTest {
                    name: vector.name.clone(),
                    why: format!("expected `{}`, got `{}`", vector.outcome, outcome.name()),
                });
            }
        }
        Ok(())
    }
}

impl Decision<'_> {
    /// Whether the scorer has to be asked.
    #[must_use]
    pub fn is_deferred(&self) -> bool {
        self.outcome == Outcome::Defer
    }
}

fn agent_key<'a>(agent: &Agent<'_>) -> Option<Text<'a>> {
    agent.has_key().then(|| Text(agent.key().into()))
}

/// Half a degree is 55 km at most: enough for travel, too coarse for a home.
fn half_degree(micro_degrees: i32) -> i32 {
    const HALF: i32 = 500_000;
    (micro_degrees + HALF / 2).div_euclid(HALF) * HALF
}
