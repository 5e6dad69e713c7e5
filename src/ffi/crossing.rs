//! What a host asks about single requests, packed: the same as in JSON, at a fraction of the price.
//!
//! What does not fit ([`packed`](crate::packed)), and what is malformed, is no error here: the JSON way decides it, or says
//! what is wrong.

use super::{Instance, bounded, json, read, recorded};
use crate::agent;
use crate::assess::Answer;
use crate::engine::Engine;
use crate::packed::{self, PackedRequest};
use crate::policy::Unknowns;
use crate::request::Request;

impl Instance {
    /// Decides a request ([`Self::evaluate`]); tells whether it fits.
    pub fn evaluate_packed(&self, request: PackedRequest<'_>, answer: &mut packed::Answer) -> bool {
        self.decide_packed(request, None, Unknowns::Ask, answer)
    }

    /// Decides a deferred request for good ([`Self::resume`]); tells whether it fits.
    pub fn resume_packed(
        &self,
        request: PackedRequest<'_>,
        scorer_answer: Option<&str>,
        answer: &mut packed::Answer,
    ) -> bool {
        self.decide_packed(request, scorer_answer, Unknowns::Settle, answer)
    }

    // One for both, because the module has a copy of `judge` for each of its callers.
    fn decide_packed(
        &self,
        request: PackedRequest<'_>,
        scorer_answer: Option<&str>,
        unknowns: Unknowns,
        answer: &mut packed::Answer,
    ) -> bool {
        let mut facts = Request::default();
        self.engine_for(request, scorer_answer, &mut facts)
            .is_some_and(|engine| engine.judge(&facts, unknowns, |judged| answer.write(judged, engine)))
    }

    /// What to ask the scorer about a deferred request ([`Self::assessment`]).
    #[must_use]
    pub fn assessment_packed(&self, request: PackedRequest<'_>) -> Option<String> {
        let mut facts = Request::default();
        let engine = self.engine_for(request, None, &mut facts)?;
        Some(json(&engine.assessment(&facts, &engine.decide(&facts))))
    }

    /// The record of a decision ([`Self::receipt`]).
    #[must_use]
    pub fn receipt_packed(
        &self,
        request: PackedRequest<'_>,
        scorer_answer: Option<&str>,
        circumstances: &str,
    ) -> Option<String> {
        let circumstances = read(circumstances, "circumstances").ok()?;
        let mut facts = Request::default();
        let engine = self.engine_for(request, scorer_answer, &mut facts)?;
        Some(recorded(engine, &facts, &circumstances))
    }

    /// Classifies a client of which only the user agent is known; tells whether that is text.
    pub fn classify_agent(&self, agent: &[u8], answer: &mut packed::Answer) -> bool {
        let agent = agent::classify_alone(agent);
        if let Some(agent) = &agent {
            answer.write_agent(agent);
        }
        agent.is_some()
    }

    /// The engine, if there is one, and the facts of a request, with those of the scorer's answer.
    fn engine_for<'a>(
        &self,
        request: PackedRequest<'a>,
        scorer_answer: Option<&'a str>,
        facts: &mut Request<'a>,
    ) -> Option<&Engine> {
        let engine = self.engine.as_ref()?;
        request.read(facts)?;
        if let Some(scorer_answer) = scorer_answer {
            bounded::<Answer<'_>>(scorer_answer, "answer").ok()?.merge_into(facts);
        }
        Some(engine)
    }
}

/// Classifies the client of a request ([`classify`](super::classify)); tells whether it fits.
#[must_use]
pub fn classify_packed(request: PackedRequest<'_>, answer: &mut packed::Answer) -> bool {
    let mut facts = Request::default();
    let fits = request.read(&mut facts).is_some();
    if fits {
        answer.write_agent(&agent::classify(&facts));
    }
    fits
}
