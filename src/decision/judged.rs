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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged<'a, 's> {
    pub outcome: Outcome,
    pub agent: &'s Agent<'a>,
    pub signals: &'s Signals,
    pub detections: &'s [Detection<'a>],
    pub score: Score,
    pub judgement: &'s Judgement<'a>,
    pub support_code: SupportCode,
}

impl<'a> Judged<'a, '_> {
    pub fn to_decision(self, model: &Model, versions: Versions<'a>) -> Decision<'a> {
        Decision {
            outcome: self.outcome,
            reasons: reasons(self.outcome, self.judgement),
            controls: self.judgement.controls.clone(),
            session_controls: self.judgement.session_controls,
            risk: Risk::new(self.score, model, self.signals),
            agent: self.agent.clone(),
            detections: self.detections.to_vec(),
            policies: self.judgement.results().collect(),
            needs: self.judgement.needs,
            versions,
            support_code: self.support_code,
        }
    }
}
