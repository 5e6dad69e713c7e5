//! Conditional Access: Graph policies in, three-valued verdicts out.
//!
//! A policy applies if all its conditions match; exclude beats include; all policies that apply must be satisfied;
//! one that blocks ends the matter (Entra `concept-conditional-access-policies.md`). Conditions are three-valued: a
//! fact that is not known leaves a condition undetermined. Policies only ever add demands, so if those that may
//! apply add nothing to those that do, the unknown facts can not matter, and the verdict is definite.

mod applied;
mod attribute_filter;
mod cases;
mod compiled;
mod control;
mod demand;
mod device_filter;
mod directory;
mod domain;
mod evaluate;
mod issue;
mod judge;
mod methods;
mod model;
mod parse;
mod path;
mod record;
mod result;
mod rows;
mod session_controls;
mod source;
mod state;
mod symbol;
mod table;
#[cfg(test)]
mod tests;
mod truth;
mod what_if;
mod wide;
mod written;

pub use applied::{AppliedPolicy, AppliedStrength, Conclusions, Rule, RuleSatisfied, StrengthResult};
pub use control::Control;
pub(crate) use control::MAX_CONTROLS;
pub use directory::{Directory, DirectoryError, DirectoryKind, MAX_DIRECTORY_BYTES};
pub use evaluate::Judgement;
pub use issue::{Issue, Severity};
pub use model::{Policy, PolicyState};
pub use parse::{MAX_INPUT_BYTES, MAX_POLICIES};
pub use result::{Condition, Outage, PolicyOutcome, PolicyResult};
pub use session_controls::{
    CloudAppSecurity, ContinuousAccessEvaluation, PersistentBrowser, SessionControls, SignInFrequency,
};
pub use source::Sources;
pub use what_if::{
    AnalysisReasons, Combined, CombinedApplication, MAX_APPLICATIONS, WhatIf, WhatIfBody, WhatIfResult,
    what_if,
};
pub use written::Written;

use crate::agent::Agent;
use crate::detection::DetectionSet;
use crate::fact::FactSet;
use crate::location::NamedLocations;
use crate::request::Request;
use crate::risk::LevelSet;
use crate::vocabulary::vocabulary;
use crate::write::written;

/// What policies see of a request: its facts, and what the engine has found out about it.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'r> {
    /// Facts the host reports; the scorer's answers are merged into them.
    pub request: &'r Request<'r>,
    /// The classified client.
    pub agent: &'r Agent<'r>,
    /// Names of the detections made.
    pub detections: DetectionSet,
    /// Sign-in risk: the levels still possible.
    pub sign_in_risk: LevelSet,
}

/// What to do with facts that are still unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknowns {
    /// They may still be asked for: answer `Undetermined` if they matter.
    Ask,
    /// Nobody can tell any more. Each undetermined policy falls back to its own outage mode
    /// (`disableResilienceDefaults`, Entra `resilience-defaults.md`).
    Settle,
}

vocabulary! {
    /// The combined verdict of all policies.
    pub enum Verdict {
        /// Nothing stands against it.
        Allow = "allow",
        /// Some requirement is not yet met.
        Challenge = "challenge",
        /// A policy blocks.
        Block = "block",
        /// Unknown facts could change the verdict.
        Undetermined = "undetermined",
    }
}

/// Policies and named locations, compiled: what deciding needs of them, and no more.
#[derive(Debug, Clone)]
pub struct PolicySet {
    policies: Vec<Policy>,
    /// Every control that some policy demands, in prompt order; [`control::ControlSet`] has a bit for each.
    controls: Vec<Control>,
    methods: methods::Methods,
    symbols: symbol::Symbols,
    locations: NamedLocations,
    table: table::Table,
}

impl PolicySet {
    /// Reads two JSON arrays: Graph `conditionalAccessPolicy` objects and Graph `namedLocation` objects. `null` and
    /// an absent member are the same; OData annotations are ignored. Warnings come with the set.
    ///
    /// # Errors
    /// Everything that is wrong, warnings included. One bad policy refuses the whole set: leaving it out would
    /// silently weaken the rest.
    ///
    /// ```
    /// use edgeward::policy::PolicySet;
    /// let issues = PolicySet::parse(r#"[{"id":"p","state":"on","conditions":{}}]"#, "[]").unwrap_err();
    /// assert_eq!((issues[0].code, &*issues[0].path), ("unknown_value", "policies[0].state"));
    /// ```
    pub fn parse(policies: &str, named_locations: &str) -> Result<(Self, Vec<Issue>), Vec<Issue>> {
        Written::parse(policies, named_locations, None).map(|(written, issues)| (written.set, issues))
    }

    /// [`Self::judge`], with what every policy came to.
    #[must_use]
    pub fn evaluate(&self, facts: &Facts<'_>, unknowns: Unknowns) -> Evaluation<'_> {
        self.judge(facts, unknowns).into()
    }

    /// The policies, in the order they were given.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// The conditions that some policy configures, in the order in which they are looked at.
    pub(crate) fn conditions(&self) -> &[Condition] {
        &self.table.conditions
    }

    /// Every control that some policy demands, in prompt order.
    pub(crate) fn controls(&self) -> &[Control] {
        &self.controls
    }
}

/// A [`Judgement`] with what every policy came to.
#[derive(Debug, Clone)]
pub struct Evaluation<'p> {
    /// As in [`Judgement::verdict`].
    pub verdict: Verdict,
    /// As in [`Judgement::controls`].
    pub controls: Vec<&'p Control>,
    /// As in [`Judgement::session_controls`].
    pub session_controls: SessionControls,
    /// What each policy came to, in the order of the policies.
    pub results: Vec<PolicyResult<'p>>,
    /// As in [`Judgement::needs`].
    pub needs: FactSet,
}

impl<'p> From<Judgement<'p>> for Evaluation<'p> {
    fn from(judgement: Judgement<'p>) -> Self {
        Self {
            verdict: judgement.verdict,
            session_controls: judgement.session_controls,
            results: judgement.results().collect(),
            needs: judgement.needs,
            controls: judgement.controls,
        }
    }
}

written!(Evaluation<'_> {
    "verdict" => verdict,
    "controls" => controls,
    "sessionControls" => session_controls,
    "policies" => results,
    "needs" => needs,
});
