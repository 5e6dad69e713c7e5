//! Graph's What If: the body of `POST /identity/conditionalAccess/evaluate`, answered offline.
//!
//! Each policy gets Graph's `policyApplies` and `analysisReasons`. What the body leaves open Graph takes not to match
//! (Entra `what-if-tool.md`); here such a policy is `notEnoughInformation` and named with the condition, and the
//! combined verdict, which Graph does not give, says which facts it depends on.

use std::fmt;
use std::net::IpAddr;

use super::{
    Condition, Control, Facts, PolicyOutcome, PolicyResult, PolicySet, SessionControls, Unknowns, Verdict,
};
use crate::agent;
use crate::detection::DetectionSet;
use crate::error::Error;
use crate::fact::FactSet;
use crate::read::record;
use crate::request::{
    ClientAppType, Device, GuestType, Platform, PrincipalKind, Request, Text, TransferMethod,
};
use crate::risk::{InsiderRiskLevel, LevelSet, RiskLevel};
use crate::vocabulary::vocabulary;
use crate::write::written;

/// The answer: one result for each policy, in their order, and what they come to together.
#[derive(Debug, Clone)]
pub struct WhatIf<'p> {
    /// Every policy, or only those that apply where the body asks for them alone.
    pub value: Vec<WhatIfResult<'p>>,
    /// The verdict of all.
    pub combined: Combined<'p>,
}

written!(WhatIf<'_> {
    "value" => value,
    "combined" => combined,
});

/// What Graph calls `whatIfAnalysisResult`, without the policy's own members.
#[derive(Debug, Clone)]
pub struct WhatIfResult<'p> {
    /// Place of the policy in the set.
    pub index: usize,
    /// Object id.
    pub id: &'p str,
    /// Display name.
    pub display_name: Option<&'p str>,
    /// Whether it applies for certain.
    pub policy_applies: bool,
    /// Why it does not; `notSet` where it applies.
    pub analysis_reasons: AnalysisReasons,
}

written!(WhatIfResult<'_> {
    "id" => id,
    "displayName" => display_name,
    "policyApplies" => policy_applies,
    "analysisReasons" => analysis_reasons,
});

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
}

written!(Combined<'_> {
    "verdict" => verdict,
    "controls" => controls,
    "sessionControls" => session_controls,
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

/// The body of Graph's `evaluate`.
#[derive(Debug, Clone, Default)]
pub struct WhatIfBody<'a> {
    sign_in_identity: Option<Identity<'a>>,
    sign_in_context: Option<Context<'a>>,
    sign_in_conditions: Conditions<'a>,
    applied_policies_only: bool,
    /// Ours: what Graph looks up by itself (groups, roles) or has no notion of (headers, path), as a request.
    request: Request<'a>,
}

record!(strict WhatIfBody<'a> {
    "signInIdentity" => Record(sign_in_identity),
    "signInContext" => Record(sign_in_context),
    "signInConditions" => Record(sign_in_conditions),
    "appliedPoliciesOnly" => Switch(applied_policies_only),
    "request" => Record(request),
} requires {
    "signInIdentity" => sign_in_identity,
    "signInContext" => sign_in_context,
});

#[derive(Debug, Clone, Default)]
struct Identity<'a> {
    user_id: Option<Text<'a>>,
    external_tenant_id: Option<Text<'a>>,
    external_user_type: Option<GuestType>,
    service_principal_id: Option<Text<'a>>,
    agent_service_principal_id: Option<Text<'a>>,
}

record!(strict Identity<'a> {
    "userId" => Text(user_id),
    "externalTenantId" => Text(external_tenant_id),
    "externalUserType" => Stated(external_user_type),
    "servicePrincipalId" => Text(service_principal_id),
    "agentServicePrincipalId" => Text(agent_service_principal_id),
} requires {});

#[derive(Debug, Clone, Default)]
struct Context<'a> {
    include_applications: Option<Vec<Text<'a>>>,
    authentication_context_value: Option<Text<'a>>,
    user_action: Option<UserAction>,
}

record!(strict Context<'a> {
    "includeApplications" => Texts(include_applications),
    "authenticationContextValue" => Text(authentication_context_value),
    "userAction" => OneOf(user_action),
} requires {});

vocabulary! {
    enum UserAction {
        /// Registering security information.
        RegisterSecurityInformation = "registerSecurityInformation",
        /// Registering or joining a device.
        RegisterOrJoinDevices = "registerOrJoinDevices",
    }
}

#[derive(Debug, Clone, Default)]
struct Conditions<'a> {
    device_platform: Option<Platform>,
    client_app_type: Option<ClientAppType>,
    sign_in_risk_level: Option<RiskLevel>,
    user_risk_level: Option<RiskLevel>,
    service_principal_risk_level: Option<RiskLevel>,
    agent_id_risk_level: Option<RiskLevel>,
    insider_risk_level: Option<InsiderRiskLevel>,
    country: Option<Text<'a>>,
    ip_address: Option<IpAddr>,
    device_info: Option<Device<'a>>,
    authentication_flow: AuthenticationFlow,
}

record!(strict Conditions<'a> {
    "devicePlatform" => Stated(device_platform),
    "clientAppType" => Stated(client_app_type),
    "signInRiskLevel" => Stated(sign_in_risk_level),
    "userRiskLevel" => Stated(user_risk_level),
    "servicePrincipalRiskLevel" => Stated(service_principal_risk_level),
    "agentIdRiskLevel" => Stated(agent_id_risk_level),
    "insiderRiskLevel" => Stated(insider_risk_level),
    "country" => Text(country),
    "ipAddress" => Address(ip_address),
    "deviceInfo" => Record(device_info),
    "authenticationFlow" => Record(authentication_flow),
} requires {});

#[derive(Debug, Clone, Copy, Default)]
struct AuthenticationFlow {
    transfer_method: Option<TransferMethod>,
}

record!(AuthenticationFlow {
    "transferMethod" => Stated(transfer_method),
});

/// Answers Graph's question.
///
/// ```
/// use edgeward::policy::{PolicySet, WhatIfBody, what_if};
/// let (policies, _) = PolicySet::parse("[]", "[]").unwrap();
/// let body: WhatIfBody = serde_json::from_str(r#"{
///     "signInIdentity": {"userId": "15dc174b-f34c-4588-ac45-61d6e05dce93"},
///     "signInContext": {"includeApplications": ["00000003-0000-0ff1-ce00-000000000000"]}
/// }"#).unwrap();
/// assert!(what_if(&policies, body).unwrap().value.is_empty());
/// ```
///
/// # Errors
/// [`Error::Json`] naming the member that is not Graph's (a misspelt condition would silently answer another
/// question), is missing, or can not be answered in one go.
pub fn what_if<'p>(policies: &'p PolicySet, body: WhatIfBody<'_>) -> Result<WhatIf<'p>, Error> {
    let applied_only = body.applied_policies_only;
    let context = body.sign_in_context.clone().unwrap_or_default();
    let asks_user_action = context.user_action.is_some();
    let asks_context = context.authentication_context_value.is_some();
    let request = body.into_request().map_err(|why| Error::Json { input: "what-if body", why })?;
    let agent = agent::classify(&request);
    let facts = Facts {
        request: &request,
        agent: &agent,
        detections: DetectionSet::default(),
        sign_in_risk: LevelSet::from_fact(request.risk.sign_in),
    };
    let evaluation = policies.evaluate(&facts, Unknowns::Ask);
    let names = Names {
        users: if request.principal.kind == Some(PrincipalKind::User) {
            "users"
        } else {
            "workloadIdentities"
        },
        application: match (asks_user_action, asks_context) {
            (true, _) => "userActions",
            (false, true) => "authenticationContext",
            (false, false) => "application",
        },
    };
    let value = evaluation
        .results
        .iter()
        .enumerate()
        .map(|(index, result)| names.analyse(index, result))
        .filter(|result| result.policy_applies || !applied_only)
        .collect();
    let combined = Combined {
        verdict: evaluation.verdict,
        controls: evaluation.controls,
        session_controls: evaluation.session_controls,
        needs: evaluation.needs,
    };
    Ok(WhatIf { value, combined })
}

impl<'a> WhatIfBody<'a> {
    fn into_request(self) -> Result<Request<'a>, String> {
        let mut request = self.request;
        // A sign-in starts with nothing proven.
        request.session.amr.get_or_insert_default();
        self.sign_in_identity.unwrap_or_default().tell(&mut request)?;
        self.sign_in_context.unwrap_or_default().tell(&mut request)?;
        self.sign_in_conditions.tell(&mut request);
        Ok(request)
    }
}

impl<'a> Identity<'a> {
    fn tell(self, request: &mut Request<'a>) -> Result<(), String> {
        let principal = &mut request.principal;
        let (kind, id) = match (self.user_id, self.service_principal_id, self.agent_service_principal_id) {
            (Some(id), None, None) => (PrincipalKind::User, id),
            (None, Some(id), None) => (PrincipalKind::Workload, id),
            (None, None, Some(id)) => (PrincipalKind::Agent, id),
            _ => {
                return Err("`signInIdentity` needs exactly one of `userId`, `servicePrincipalId` and \
                            `agentServicePrincipalId`"
                    .to_owned());
            }
        };
        principal.kind = Some(kind);
        principal.id = Some(id);
        fill(&mut principal.guest_type, self.external_user_type);
        fill(&mut principal.external_tenant, self.external_tenant_id);
        Ok(())
    }
}

impl<'a> Context<'a> {
    fn tell(self, request: &mut Request<'a>) -> Result<(), String> {
        let resource = &mut request.resource;
        let mut applications = self.include_applications.unwrap_or_default().into_iter();
        fill(&mut resource.application, applications.next());
        if applications.next().is_some() {
            return Err(
                "`signInContext.includeApplications` holds several: ask for one at a time, because a \
                        request goes to one"
                    .to_owned(),
            );
        }
        fill(&mut resource.authentication_context, self.authentication_context_value);
        let action = self.user_action.map(|action| match action {
            UserAction::RegisterSecurityInformation => "urn:user:registersecurityinfo",
            UserAction::RegisterOrJoinDevices => "urn:user:registerdevice",
        });
        fill(&mut resource.user_action, action.map(Text::from));
        Ok(())
    }
}

impl<'a> Conditions<'a> {
    fn tell(self, request: &mut Request<'a>) {
        fill(&mut request.client.ip, self.ip_address);
        fill(&mut request.client.country, self.country);
        fill(&mut request.client.app_type, self.client_app_type);
        if let Some(device) = self.device_info {
            request.device = device;
        }
        fill(&mut request.device.platform, self.device_platform);
        fill(&mut request.risk.sign_in, self.sign_in_risk_level);
        fill(&mut request.risk.user, self.user_risk_level);
        fill(&mut request.risk.service_principal, self.service_principal_risk_level);
        fill(&mut request.risk.agent, self.agent_id_risk_level);
        fill(&mut request.risk.insider, self.insider_risk_level);
        fill(&mut request.session.transfer_method, self.authentication_flow.transfer_method);
    }
}

/// What the body states wins over the request it is laid over.
fn fill<T>(slot: &mut Option<T>, stated: Option<T>) {
    if stated.is_some() {
        *slot = stated;
    }
}

/// Names of `analysisReasons` that depend on what was asked.
struct Names {
    users: &'static str,
    application: &'static str,
}

impl Names {
    fn analyse<'p>(&self, index: usize, result: &PolicyResult<'p>) -> WhatIfResult<'p> {
        let is_unknown = result.result == PolicyOutcome::Unknown && result.reason.is_some();
        let policy_applies =
            !is_unknown && result.result != PolicyOutcome::NotEnabled && result.reason.is_none();
        let condition = match result.reason {
            _ if result.result == PolicyOutcome::NotEnabled => "policyNotEnabled",
            None => "notSet",
            Some(Condition::Users) => self.users,
            Some(Condition::Application) => self.application,
            Some(Condition::ClientType) => "clientApps",
            Some(Condition::DevicePlatform) => "devicePlatform",
            Some(Condition::Location) => "location",
            Some(Condition::DeviceState) => "devices",
            Some(Condition::SignInRisk) => "signInRisk",
            Some(Condition::UserRisk) => "userRisk",
            Some(Condition::InsiderRisk) => "insiderRisk",
            Some(Condition::AuthenticationFlows) => "authenticationFlow",
            Some(Condition::AgentRisk) => "agentIdRisk",
            // Graph has no name for these: ours, as results name them.
            Some(Condition::ServicePrincipalRisk) => "servicePrincipalRisk",
            Some(Condition::AgentClass) => "agentClass",
            Some(Condition::AgentName) => "agentName",
            Some(Condition::AgentVerification) => "agentVerification",
            Some(Condition::Detection) => "detection",
            Some(Condition::Path) => "path",
            Some(Condition::Method) => "method",
            Some(Condition::Undecidable) => "undecidable",
        };
        WhatIfResult {
            index,
            id: result.policy.id(),
            display_name: result.policy.display_name(),
            policy_applies,
            analysis_reasons: AnalysisReasons { is_unknown, condition },
        }
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
        let (policies, _) = PolicySet::parse(POLICIES, "[]").unwrap();
        let body: WhatIfBody<'_> = serde_json::from_str(body).map_err(|why| why.to_string())?;
        let answer = what_if(&policies, body).map_err(|why| why.to_string())?;
        Ok(serde_json::to_string(&answer).unwrap())
    }

    fn user(conditions: &str) -> String {
        format!(
            r##"{{"signInIdentity":{{"@odata.type":"#microsoft.graph.userSignIn","userId":"u1"}},
            "signInContext":{{"includeApplications":["a1"]}},"signInConditions":{conditions}}}"##
        )
    }

    #[test]
    fn each_policy_says_whether_and_why() {
        let answer = ask(&user(r#"{"signInRiskLevel":"low","clientAppType":"browser"}"#)).unwrap();
        for part in [
            r#""id":"p1","displayName":"risk","policyApplies":false,"analysisReasons":"signInRisk""#,
            r#""id":"p2","displayName":null,"policyApplies":true,"analysisReasons":"notSet""#,
            r#""id":"p3","displayName":null,"policyApplies":false,"analysisReasons":"policyNotEnabled""#,
            r#""verdict":"allow""#,
        ] {
            assert!(answer.contains(part), "{part} in {answer}");
        }
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
            (user("{}").replace(r#""userId":"u1""#, r#""userId":null"#), "needs exactly one of"),
            (user("{}").replace(r#"["a1"]"#, r#"["a1","a2"]"#), "holds several"),
            ("{}".to_owned(), "signInIdentity: is missing"),
        ] {
            let error = ask(&body).unwrap_err();
            assert!(error.contains(why), "{why} in {error}");
        }
    }
}
