//! What a host needs of a decision at once. The rest is worked out of it for those who ask.

use super::reason::reasons;
use super::{Decision, Outcome, SupportCode, Versions};
use crate::agent::Agent;
use crate::detection::Detection;
use crate::policy::Judgement;
use crate::risk::{Model, Risk, Score};
use crate::signal::Signals;

/// A decision before it is written out: what the score is made of is still in the signals, what each policy came to
/// in sets of policies.
#[derive(Debug)]
pub(crate) struct Judged<'a> {
    pub outcome: Outcome,
    pub agent: Agent<'a>,
    pub signals: Signals,
    pub detections: Vec<Detection<'a>>,
    pub score: Score,
    pub judgement: Judgement<'a>,
    pub support_code: SupportCode,
}

impl<'a> Judged<'a> {
    pub fn into_decision(self, model: &Model, versions: Versions<'a>) -> Decision<'a> {
        let policies = self.judgement.results().collect();
        let reasons = reasons(self.outcome, &self.judgement);
        Decision {
            outcome: self.outcome,
            reasons,
            controls: self.judgement.controls,
            session_controls: self.judgement.session_controls,
            risk: Risk::new(self.score, model, &self.signals),
            agent: self.agent,
            detections: self.detections,
            policies,
            needs: self.judgement.needs,
            versions,
            support_code: self.support_code,
        }
    }
}
