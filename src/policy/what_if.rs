//! Graph's What If: the body of `POST /identity/conditionalAccess/evaluate`, answered offline.
//!
//! Each policy gets Graph's `policyApplies` and `analysisReasons` beside its own members, and what
//! [`AppliedPolicy`] tells. What the body leaves open Graph takes not to match (Entra `what-if-tool.md`); here such a
//! policy is `notEnoughInformation` and named with the condition, and the combined verdict, which Graph does not
//! give, says which facts it depends on.
//!
//! A body may name several applications. A policy applies if it does for any of them; the combined verdict is that
//! of asking for all.

mod body;
mod device;

use std::fmt;

pub use body::{MAX_APPLICATIONS, WhatIfBody};

use super::applied::AppliedPolicy;
use super::source::Sources;
use super::{
    Condition, Control, Evaluation, Facts, PolicyOutcome, SessionControls, Unknowns, Verdict, Written,
};
use crate::agent;
use crate::detection::DetectionSet;
use crate::error::Error;
use crate::fact::FactSet;
use crate::request::{PrincipalKind, Request};
use crate::risk::LevelSet;
use crate::write::{self, Members, Value, Write, written};

/// The answer: one result for each policy, in their order, and what they come to together.
#[derive(Debug, Clone)]
pub struct WhatIf<'p> {
    /// Every policy, or only those that apply where the body asks for them alone.
    pub value: Vec<WhatIfResult<'p>>,
    /// The verdict of all.
    pub combined: Combined<'p>,
}

impl WhatIf<'_> {
    /// As JSON: `{"value":[…],"combined":{…}}`. The policies' own members are copied as they were written.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut text = String::from(r#"{"value":["#);
        for (index, result) in self.value.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            text.push('{');
            text.push_str(result.members);
            if !result.members.is_empty() {
                text.push(',');
            }
            text.push_str(write::json(Value::Object(result)).trim_start_matches('{'));
        }
        text.push_str(r#"],"combined":"#);
        text.push_str(&write::json(self.combined.value()));
        text.push('}');
        text
    }
}

/// Graph's `whatIfAnalysisResult`: the policy's own members, the two of the analysis, and why.
#[derive(Debug, Clone)]
pub struct WhatIfResult<'p> {
    /// Why, as sign-in logs tell it. Of several applications, for the first for which the policy applies.
    pub applied: AppliedPolicy<'p>,
    /// Whether it applies for certain.
    pub policy_applies: bool,
    /// Why it does not; `notSet` where it applies.
    pub analysis_reasons: AnalysisReasons,
    /// The policy's own members, as JSON text.
    members: &'p str,
}

impl Members for WhatIfResult<'_> {
    fn each(&self, put: &mut dyn FnMut(&'static str, Value<'_>)) {
        put("policyApplies", Value::Flag(self.policy_applies));
        put("analysisReasons", self.analysis_reasons.value());
        self.applied.explain(put);
    }
}

/// The verdict of all enabled policies for a sign-in that starts with nothing proven.
#[derive(Debug, Clone)]
pub struct Combined<'p> {
    /// The verdict.
    pub verdict: Verdict,
    /// Demands still to be met, in prompt order.
    pub controls: Vec<&'p Control>,
    /// Session controls of the policies that apply.
    pub session_controls: SessionControls,
    /// Facts an undetermined verdict depends on.
    pub needs: FactSet,
    /// Where the body names several applications, the verdict of each.
    pub applications: Option<Vec<CombinedApplication<'p>>>,
}

written!(Combined<'_> {
    "verdict" => verdict,
    "controls" => controls,
    "sessionControls" => session_controls,
    "needs" => needs,
    "applications" => ?applications,
});

/// The verdict for one of several applications.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "as in `Combined`")]
pub struct CombinedApplication<'p> {
    pub application: String,
    pub verdict: Verdict,
    pub controls: Vec<&'p Control>,
    pub needs: FactSet,
}

written!(CombinedApplication<'_> {
    "application" => application,
    "verdict" => verdict,
    "controls" => controls,
    "needs" => needs,
});

/// Graph's flags of that name, as text: `location`, or `notEnoughInformation,location`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnalysisReasons {
    is_unknown: bool,
    condition: &'static str,
}

impl fmt::Display for AnalysisReasons {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_unknown {
            formatter.write_str("notEnoughInformation,")?;
        }
        formatter.write_str(self.condition)
    }
}

written!(@shown AnalysisReasons);

/// Answers Graph's question. `sources` is of the text that the policies were read from.
///
/// ```
/// use edgeward::policy::{Sources, WhatIfBody, Written, what_if};
/// let (policies, _) = Written::parse("[]", "[]", None).unwrap();
/// let body: WhatIfBody = serde_json::from_str(r#"{
///     "signInIdentity": {"userId": "15dc174b-f34c-4588-ac45-61d6e05dce93"},
///     "signInContext": {"includeApplications": ["00000003-0000-0ff1-ce00-000000000000"]}
/// }"#).unwrap();
/// assert!(what_if(&policies, &Sources::of("[]"), body).unwrap().value.is_empty());
/// ```
///
/// # Errors
/// [`Error::Json`] naming the member that is not Graph's (a misspelt condition would silently answer another
/// question) or is missing, or what is past a limit.
pub fn what_if<'p>(
    policies: &'p Written,
    sources: &'p Sources,
    body: WhatIfBody<'_>,
) -> Result<WhatIf<'p>, Error> {
    let applied_only = body.applied_policies_only;
    let question = body.into_question().map_err(|why| Error::Json { input: "what-if body", why })?;
    let mut value: Vec<WhatIfResult<'p>> = Vec::new();
    let mut combined: Option<Combined<'p>> = None;
    let mut applications = Vec::new();
    for request in &question.requests {
        let (evaluation, applied) = explain(policies, request);
        let names = Names::of(request, question.target);
        let results = applied.into_iter().enumerate().map(|(index, applied)| {
            let (policy_applies, analysis_reasons) = names.analyse(&applied);
            WhatIfResult { applied, policy_applies, analysis_reasons, members: sources.members(index) }
        });
        if value.is_empty() {
            value = results.collect();
        } else {
            for (known, result) in value.iter_mut().zip(results) {
                if result.says_more_than(known) {
                    *known = result;
                }
            }
        }
        if question.requests.len() > 1 {
            applications.push(CombinedApplication {
                application: request.resource.application.as_deref().unwrap_or_default().to_owned(),
                verdict: evaluation.verdict,
                controls: evaluation.controls.clone(),
                needs: evaluation.needs,
            });
        }
        combined = Some(match combined {
            None => Combined::of(evaluation),
            Some(all) => all.and(Combined::of(evaluation)),
        });
    }
    let mut combined = combined.unwrap_or_else(Combined::of_nothing);
    combined.applications = (!applications.is_empty()).then_some(applications);
    value.retain(|result| result.policy_applies || !applied_only);
    Ok(WhatIf { value, combined })
}

fn explain<'p>(policies: &'p Written, request: &Request<'_>) -> (Evaluation<'p>, Vec<AppliedPolicy<'p>>) {
    let agent = agent::classify(request);
    let sign_in_risk = LevelSet::from_fact(request.risk.sign_in);
    let facts = Facts { request, agent: &agent, detections: DetectionSet::default(), sign_in_risk };
    policies.explain(&facts, Unknowns::Ask)
}

impl WhatIfResult<'_> {
    /// That a policy applies for some application says more than that it may, and that more than that it does not.
    fn says_more_than(&self, other: &Self) -> bool {
        let rank = |result: &Self| (result.policy_applies, result.analysis_reasons.is_unknown);
        rank(self) > rank(other)
    }
}

impl<'p> Combined<'p> {
    fn of(evaluation: Evaluation<'p>) -> Self {
        Self {
            verdict: evaluation.verdict,
            controls: evaluation.controls,
            session_controls: evaluation.session_controls,
            needs: evaluation.needs,
            applications: None,
        }
    }

    const fn of_nothing() -> Self {
        Self {
            verdict: Verdict::Allow,
            controls: Vec::new(),
            session_controls: SessionControls::NONE,
            needs: FactSet::EMPTY,
            applications: None,
        }
    }

    /// Both are asked for: a block of either blocks, and both demands are to be met.
    fn and(mut self, other: Self) -> Self {
        let strength = |verdict: Verdict| match verdict {
            Verdict::Allow => 0,
            Verdict::Challenge => 1,
            Verdict::Undetermined => 2,
            Verdict::Block => 3,
        };
        if strength(other.verdict) > strength(self.verdict) {
            self.verdict = other.verdict;
        }
        if self.verdict == Verdict::Block {
            return Self { verdict: Verdict::Block, ..Self::of_nothing() };
        }
        for control in other.controls {
            let asked = |known: &&Control| *known == control || is_frequency(known) && is_frequency(control);
            if !self.controls.iter().any(asked) {
                let place = self.controls.partition_point(|known| *known < control);
                self.controls.insert(place, control);
            }
        }
        self.session_controls = self.session_controls.merge(other.session_controls);
        self.needs = self.needs.union(other.needs);
        self
    }
}

const fn is_frequency(control: &Control) -> bool {
    matches!(control, Control::SignInFrequency(_))
}

/// Names of `analysisReasons` that depend on what was asked.
struct Names {
    users: &'static str,
    target: &'static str,
}

impl Names {
    const fn of(request: &Request<'_>, target: &'static str) -> Self {
        let users = match request.principal.kind {
            Some(PrincipalKind::Workload) => "workloadIdentities",
            Some(PrincipalKind::Agent) => "agentIdentities",
            _ => "users",
        };
        Self { users, target }
    }

    /// Whether the policy applies, and why not.
    fn analyse(&self, applied: &AppliedPolicy<'_>) -> (bool, AnalysisReasons) {
        let result = &applied.result;
        let is_unknown = result.result == PolicyOutcome::Unknown && result.reason.is_some();
        let applies = !is_unknown && result.result != PolicyOutcome::NotEnabled && result.reason.is_none();
        let condition = match result.reason {
            _ if result.result == PolicyOutcome::NotEnabled => "policyNotEnabled",
            None => "notSet",
            Some(Condition::Users) => self.users,
            Some(Condition::Application) => self.target,
            Some(Condition::ClientType) => "clientApps",
            Some(Condition::DeviceState) => "devices",
            Some(Condition::AuthenticationFlows) => "authenticationFlow",
            Some(Condition::AgentRisk) => "agentIdRisk",
            // The same as in results; of service principals, agents and HTTP Graph has no reason, so they are ours.
            Some(same) => same.name(),
        };
        (applies, AnalysisReasons { is_unknown, condition })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICIES: &str = r#"[
        {"id":"p1","displayName":"risk","state":"enabled","conditions":{"users":{"includeUsers":["All"]},
         "applications":{"includeApplications":["All"]},"clientAppTypes":["all"],"signInRiskLevels":["high"]},
         "grantControls":{"operator":"OR","builtInControls":["block"]}},
        {"id":"p2","state":"enabledForReportingButNotEnforced","conditions":{"users":{"includeUsers":["u1"]},
         "applications":{"includeApplications":["All"]},"clientAppTypes":["browser"]},
         "grantControls":{"operator":"OR","builtInControls":["mfa"]}},
        {"id":"p3","state":"disabled","conditions":{"users":{"includeUsers":["All"]},
         "applications":{"includeApplications":["All"]},"clientAppTypes":["all"]},
         "grantControls":{"operator":"OR","builtInControls":["mfa"]}}]"#;

    fn ask(body: &str) -> Result<String, String> {
        let (policies, _) = Written::parse(POLICIES, "[]", None).unwrap();
        let body: WhatIfBody<'_> = serde_json::from_str(body).map_err(|why| why.to_string())?;
        let sources = Sources::of(POLICIES);
        let answer = what_if(&policies, &sources, body).map_err(|why| why.to_string())?;
        Ok(answer.to_json())
    }

    fn user(conditions: &str) -> String {
        format!(
            r##"{{"signInIdentity":{{"@odata.type":"#microsoft.graph.userSignIn","userId":"u1"}},
            "signInContext":{{"includeApplications":["a1"]}},"signInConditions":{conditions}}}"##
        )
    }

    fn value(body: &str) -> serde_json::Value {
        serde_json::from_str(&ask(body).unwrap()).unwrap()
    }

    #[test]
    fn each_policy_says_whether_and_why_beside_its_own_members() {
        let answer = value(&user(r#"{"signInRiskLevel":"low","clientAppType":"browser"}"#));
        for (index, applies, reasons) in
            [(0, false, "signInRisk"), (1, true, "notSet"), (2, false, "policyNotEnabled")]
        {
            let result = &answer["value"][index];
            assert_eq!(
                (&result["policyApplies"], &result["analysisReasons"]),
                (&applies.into(), &reasons.into())
            );
            let policies: serde_json::Value = serde_json::from_str(POLICIES).unwrap();
            for (name, member) in policies[index].as_object().unwrap() {
                assert_eq!(&result[name], member, "{name} as it was written");
            }
        }
        assert_eq!(answer["combined"]["verdict"], "allow");
    }

    #[test]
    fn several_applications_are_asked_for_together_and_told_apart() {
        let policies = r#"[
            {"id":"mail","state":"enabled","conditions":{"users":{"includeUsers":["All"]},
             "applications":{"includeApplications":["a1"]},"clientAppTypes":["all"]},
             "grantControls":{"operator":"OR","builtInControls":["compliantApplication"]}},
            {"id":"vault","state":"enabled","conditions":{"users":{"includeUsers":["All"]},
             "applications":{"includeApplications":["a2"]},"clientAppTypes":["all"]},
             "grantControls":{"operator":"OR","builtInControls":["mfa"]}},
            {"id":"mine","state":"enabled","conditions":{"users":{"includeUsers":["All"]},
             "applications":{"includeApplications":["a3"]},"clientAppTypes":["all"]},
             "grantControls":{"operator":"OR","builtInControls":["block"]}}]"#;
        let (set, _) = Written::parse(policies, "[]", None).unwrap();
        let ask = |applications: &str| {
            let body = user("{}").replace(r#"["a1"]"#, applications);
            let body: WhatIfBody<'_> = serde_json::from_str(&body).unwrap();
            let answer = what_if(&set, &Sources::of(policies), body).unwrap().to_json();
            serde_json::from_str::<serde_json::Value>(&answer).unwrap()
        };
        let both = ask(r#"["a1","a2"]"#);
        let applies: Vec<_> = both["value"].as_array().unwrap().iter().map(|r| &r["policyApplies"]).collect();
        assert_eq!(applies, [true, true, false]);
        assert_eq!(both["combined"]["controls"], serde_json::json!(["mfa", "compliantApplication"]));
        assert_eq!(both["combined"]["applications"][1]["application"], "a2");
        assert_eq!(both["combined"]["applications"][1]["controls"], serde_json::json!(["mfa"]));
        let all = ask(r#"["a1","a2","a3"]"#);
        assert_eq!(
            (&all["combined"]["verdict"], &all["combined"]["controls"]),
            (&"block".into(), &serde_json::json!([]))
        );
        assert_eq!(ask(r#"["a1"]"#)["combined"].get("applications"), None);
    }

    #[test]
    fn what_is_left_open_is_not_enough_information() {
        for conditions in
            [r#"{"clientAppType":"browser"}"#, r#"{"clientAppType":"browser","signInRiskLevel":"hidden"}"#]
        {
            let answer = ask(&user(conditions)).unwrap();
            assert!(answer.contains(r#""analysisReasons":"notEnoughInformation,signInRisk""#), "{answer}");
            assert!(answer.contains(r#""verdict":"undetermined""#), "{answer}");
            assert!(answer.contains(r#""needs":["signInRisk"]"#), "{answer}");
        }
    }

    #[test]
    fn only_those_that_apply_when_asked() {
        let body = user(r#"{"signInRiskLevel":"high","clientAppType":"other"}"#).replacen(
            '{',
            r#"{"appliedPoliciesOnly":true,"#,
            1,
        );
        let answer = ask(&body).unwrap();
        assert!(answer.contains("p1") && !answer.contains("p2") && !answer.contains("p3"), "{answer}");
        assert!(answer.contains(r#""verdict":"block""#), "{answer}");
    }

    #[test]
    fn a_body_that_asks_something_else_is_refused() {
        for (body, why) in [
            (user(r#"{"signInRiskLvl":"low"}"#), "signInConditions.signInRiskLvl: is not a member"),
            (
                user(r#"{"signInRiskLevel":"extreme"}"#),
                "signInConditions.signInRiskLevel: `extreme` is none of none, low",
            ),
            (user(r#"{"ipAddress":"here"}"#), "`here` is not an IP address"),
            (
                user("{}").replace("userSignIn", "servicePrincipalSignIn"),
                "`signInIdentity` is a `servicePrincipalSignIn` by its `@odata.type`",
            ),
            (
                user("{}").replace(
                    r#""includeApplications""#,
                    r##""@odata.type":"#microsoft.graph.authContext","includeApplications""##,
                ),
                "`signInContext` is a `authContext`",
            ),
            (user(r#"{"country":"Norway"}"#), "`Norway` is not an ISO 3166-1"),
            (user(r#"{"deviceInfo":{"owner":"Company"}}"#), "deviceInfo.owner: is not a member"),
            (user(r#"{"deviceInfo":{"extensionAttribute16":"x"}}"#), "extensionAttribute16: is not a member"),
            (user(r#"{"deviceInfo":{"trustType":"joined"}}"#), "`joined` is none of AzureAD"),
            (
                user(r#"{"authenticationFlow":{"transfer":"none"}}"#),
                "authenticationFlow.transfer: is not a member",
            ),
            (
                user("{}").replace(r#"["a1"]"#, r#"["a1"],"userAction":"registerOrJoinDevices""#),
                "`signInContext` takes one of",
            ),
            (user("{}").replace(r#""userId":"u1""#, r#""userId":null"#), "needs exactly one of"),
            (user("{}").replace(r#"["a1"]"#, &format!("[{}1]", "1,".repeat(100))), "expected"),
            (
                user("{}").replace(r#"["a1"]"#, &format!("[{}\"a\"]", "\"a\",".repeat(100))),
                "holds 101; the limit is 100",
            ),
            ("{}".to_owned(), "signInIdentity: is missing"),
        ] {
            let error = ask(&body).unwrap_err();
            assert!(error.contains(why), "{why} in {error}");
        }
    }
}
