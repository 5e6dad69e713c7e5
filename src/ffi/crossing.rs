//! What a host asks about every request, packed and answered packed: the same as in JSON, at a fraction of the price.
//!
//! What does not fit ([`packed`](crate::packed)), and what is malformed, is no error here: the JSON way decides it, or says
//! what is wrong.

use super::Instance;
use crate::agent;
use crate::packed::{self, PackedRequest};
use crate::policy::Unknowns;
use crate::request::Request;

impl Instance {
    /// Decides a request ([`Question::Evaluate`](super::Question::Evaluate)); tells whether it fits.
    pub fn evaluate_packed(&self, request: PackedRequest<'_>, answer: &mut packed::Answer) -> bool {
        self.decide_packed(request, None, Unknowns::Ask, answer)
    }

    /// Decides a deferred request for good ([`Question::Resume`](super::Question::Resume)); tells whether it fits.
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
        request
            .read(&mut facts)
            .and_then(|()| self.merged(scorer_answer, &mut facts).ok())
            .is_some_and(|engine| engine.judge(&facts, unknowns, |judged| answer.write(judged, engine)))
    }

    /// Classifies a client of which only the user agent is known; tells whether that is text.
    pub fn classify_agent(&self, agent: &[u8], answer: &mut packed::Answer) -> bool {
        let agent = agent::classify_alone(agent);
        if let Some(agent) = &agent {
            answer.write_agent(agent);
        }
        agent.is_some()
    }
}

/// Classifies the client of a request ([`Question::Classify`](super::Question::Classify)); tells whether it fits.
#[must_use]
pub fn classify_packed(request: PackedRequest<'_>, answer: &mut packed::Answer) -> bool {
    let mut facts = Request::default();
    let fits = request.read(&mut facts).is_some();
    if fits {
        answer.write_agent(&agent::classify(&facts));
    }
    fits
}
