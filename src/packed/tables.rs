//! What the indices of a packed decision stand for.

use crate::agent::{AgentClass, Finding, Purpose, Verification};
use crate::decision::{Outcome, Versions};
use crate::engine::Engine;
use crate::fact::Fact;
use crate::policy::{Condition, Outage, PolicyOutcome};
use crate::request::Platform;
use crate::risk::RiskLevel;
use crate::signal::CATALOGUE;
use crate::write::written;

/// Names by index. They change with the bundle, so the host reads them after each load.
#[derive(Debug)]
#[expect(missing_docs, reason = "each is a list of the names of its kind")]
pub struct Tables<'e> {
    pub outcomes: &'static [Outcome],
    pub levels: &'static [RiskLevel],
    pub classes: &'static [AgentClass],
    pub verifications: &'static [Verification],
    pub purposes: &'static [Purpose],
    pub platforms: &'static [Platform],
    pub findings: &'static [Finding],
    pub signals: &'static [(&'static str, &'static [&'static str])],
    pub facts: &'static [Fact],
    pub policies: Vec<&'e str>,
    pub results: &'static [PolicyOutcome],
    pub reasons: &'static [Condition],
    pub outages: &'static [Outage],
    pub versions: Versions<'e>,
}

written!(Tables<'_> {
    "outcomes" => outcomes,
    "levels" => levels,
    "classes" => classes,
    "verifications" => verifications,
    "purposes" => purposes,
    "platforms" => platforms,
    "findings" => findings,
    "signals" => signals,
    "facts" => facts,
    "policies" => policies,
    "results" => results,
    "reasons" => reasons,
    "outages" => outages,
    "versions" => versions,
});

impl Engine {
    /// The tables of this engine and its bundle.
    #[must_use]
    pub fn tables(&self) -> Tables<'_> {
        Tables {
            outcomes: Outcome::ALL,
            levels: RiskLevel::ALL,
            classes: AgentClass::ALL,
            verifications: Verification::ALL,
            purposes: Purpose::ALL,
            platforms: Platform::ALL,
            findings: Finding::ALL,
            signals: CATALOGUE,
            facts: Fact::ALL,
            policies: self.bundle().policies().policies().iter().map(crate::policy::Policy::id).collect(),
            results: PolicyOutcome::ALL,
            reasons: Condition::ALL,
            outages: Outage::ALL,
            versions: self.versions(),
        }
    }
}
