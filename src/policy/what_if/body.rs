//! The body of Graph's `evaluate`, and the requests it stands for.

use std::net::IpAddr;

use super::device::DeviceInfo;
use crate::location::Country;
use crate::read::record;
use crate::request::{ClientAppType, GuestType, Platform, PrincipalKind, Request, Text, TransferMethod};
use crate::risk::{InsiderRiskLevel, RiskLevel};
use crate::vocabulary::vocabulary;

/// Most applications one body may ask about.
pub const MAX_APPLICATIONS: usize = 100;

/// The body of Graph's `evaluate`.
#[derive(Debug, Clone, Default)]
pub struct WhatIfBody<'a> {
    sign_in_identity: Option<Identity<'a>>,
    sign_in_context: Option<Context<'a>>,
    sign_in_conditions: Conditions<'a>,
    pub(super) applied_policies_only: bool,
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
    kind: Option<Text<'a>>,
    user_id: Option<Text<'a>>,
    external_tenant_id: Option<Text<'a>>,
    external_user_type: Option<GuestType>,
    service_principal_id: Option<Text<'a>>,
    agent_service_principal_id: Option<Text<'a>>,
}

record!(strict Identity<'a> {
    "@odata.type" => Text(kind),
    "userId" => Text(user_id),
    "externalTenantId" => Text(external_tenant_id),
    "externalUserType" => Stated(external_user_type),
    "servicePrincipalId" => Text(service_principal_id),
    "agentServicePrincipalId" => Text(agent_service_principal_id),
} requires {});

#[derive(Debug, Clone, Default)]
struct Context<'a> {
    kind: Option<Text<'a>>,
    include_applications: Option<Vec<Text<'a>>>,
    authentication_context_value: Option<Text<'a>>,
    user_action: Option<UserAction>,
}

record!(strict Context<'a> {
    "@odata.type" => Text(kind),
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
    device_info: Option<DeviceInfo<'a>>,
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

record!(strict AuthenticationFlow {
    "transferMethod" => Stated(transfer_method),
} requires {});

/// What a body asks: about one request, or about one for each application.
pub(super) struct Question<'a> {
    pub(super) requests: Vec<Request<'a>>,
    /// Graph's name for the condition on what is asked for.
    pub(super) target: &'static str,
}

impl<'a> WhatIfBody<'a> {
    pub(super) fn into_question(self) -> Result<Question<'a>, String> {
        let mut request = self.request;
        begin(&mut request);
        self.sign_in_identity.unwrap_or_default().tell(&mut request)?;
        let context = self.sign_in_context.unwrap_or_default();
        context.check()?;
        self.sign_in_conditions.check()?;
        let target = match (&context.user_action, &context.authentication_context_value) {
            (Some(_), _) => "userActions",
            (None, Some(_)) => "authenticationContext",
            (None, None) => "application",
        };
        let applications = context.tell(&mut request);
        self.sign_in_conditions.tell(&mut request);
        let of_application = |application| {
            let mut request = request.clone();
            request.resource.application = Some(application);
            request
        };
        let mut requests: Vec<_> = applications.into_iter().map(of_application).collect();
        if requests.is_empty() {
            requests.push(request);
        }
        if requests.len() > MAX_APPLICATIONS {
            return Err(format!(
                "`signInContext.includeApplications` holds {}; the limit is {MAX_APPLICATIONS}",
                requests.len()
            ));
        }
        Ok(Question { requests, target })
    }
}

/// What is asked about is a sign-in: it starts with nothing proven, and what the request states as proven is proven in
/// it, unless the request says when. So no sign-in frequency is met in the first case, and every one in the second.
fn begin(request: &mut Request<'_>) {
    let session = &mut request.session;
    let is_proven = !session.amr.get_or_insert_default().is_empty();
    if session.auth_time.is_none() {
        let now = *request.time.get_or_insert_default();
        session.auth_time = Some(if is_proven { now } else { i64::MIN });
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
        let stated = match kind {
            PrincipalKind::Workload => "servicePrincipalSignIn",
            PrincipalKind::Agent => "agentSignIn",
            _ => "userSignIn",
        };
        agree(
            "signInIdentity",
            self.kind.as_deref(),
            stated,
            &["userSignIn", "servicePrincipalSignIn", "agentSignIn"],
        )?;
        principal.kind = Some(kind);
        principal.id = Some(id);
        fill(&mut principal.guest_type, self.external_user_type);
        fill(&mut principal.external_tenant, self.external_tenant_id);
        Ok(())
    }
}

impl<'a> Context<'a> {
    /// Graph has a type for each, so a context is one of them.
    fn check(&self) -> Result<(), String> {
        let applications = self.include_applications.as_ref().is_some_and(|named| !named.is_empty());
        let stated = [applications, self.authentication_context_value.is_some(), self.user_action.is_some()];
        if stated.into_iter().filter(|is_stated| *is_stated).count() > 1 {
            return Err("`signInContext` takes one of `includeApplications`, `authenticationContextValue` and \
                        `userAction`; an application beside a context is told by `request.resource.application`"
                .to_owned());
        }
        let stated = match (&self.user_action, &self.authentication_context_value) {
            (Some(_), _) => "userActionContext",
            (None, Some(_)) => "authContext",
            (None, None) => "applicationContext",
        };
        agree(
            "signInContext",
            self.kind.as_deref(),
            stated,
            &["userActionContext", "authContext", "applicationContext"],
        )
    }

    /// Answers the applications asked for.
    fn tell(self, request: &mut Request<'a>) -> Vec<Text<'a>> {
        let resource = &mut request.resource;
        fill(&mut resource.authentication_context, self.authentication_context_value);
        let action = self.user_action.map(|action| match action {
            UserAction::RegisterSecurityInformation => "urn:user:registersecurityinfo",
            UserAction::RegisterOrJoinDevices => "urn:user:registerdevice",
        });
        fill(&mut resource.user_action, action.map(Text::from));
        self.include_applications.unwrap_or_default()
    }
}

impl<'a> Conditions<'a> {
    /// A name of a country would be read as a country that nobody knows, and the answer as one about the country named.
    fn check(&self) -> Result<(), String> {
        let country = self.country.as_deref().unwrap_or_default();
        // Two letters, or what hosts report for Tor.
        if country.is_empty() || country == "T1" || Country::parse(country).is_some() {
            return Ok(());
        }
        Err(format!("`signInConditions.country`: `{country}` is not an ISO 3166-1 alpha-2 code, such as NO"))
    }

    fn tell(self, request: &mut Request<'a>) {
        fill(&mut request.client.ip, self.ip_address);
        fill(&mut request.client.country, self.country);
        fill(&mut request.client.app_type, self.client_app_type);
        if let Some(device) = self.device_info {
            request.device = device.into_facts();
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

/// A body that says it is of one type and has the members of another asks two questions. Types not known here, as the
/// abstract ones, say nothing.
fn agree(member: &str, kind: Option<&str>, stated: &str, kinds: &[&str]) -> Result<(), String> {
    let kind = kind.map(|kind| kind.trim_start_matches('#').trim_start_matches("microsoft.graph."));
    match kind.filter(|kind| kinds.contains(kind) && *kind != stated) {
        Some(kind) => {
            Err(format!("`{member}` is a `{kind}` by its `@odata.type` and a `{stated}` by its members"))
        }
        None => Ok(()),
    }
}

/// What the body states wins over the request it is laid over.
fn fill<T>(slot: &mut Option<T>, stated: Option<T>) {
    if stated.is_some() {
        *slot = stated;
    }
}
