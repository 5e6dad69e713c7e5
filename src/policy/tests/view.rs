//! A request as policies see it: texts looked up as symbols, derived facts derived, each known or unknown.

use crate::agent::{AgentClass, Verification};
use crate::fact::Fact;
use crate::location::{Country, LocationSet};
use crate::policy::device_filter::Attributes;
use crate::policy::path::readings;
use crate::policy::state::client_app_type;
use crate::policy::symbol::{Symbol, Symbols};
use crate::policy::{Facts, PolicySet};
use crate::request::{ClientAppType, GuestType, Platform, PrincipalKind, Text, TransferMethod};
use crate::risk::{InsiderRiskLevel, LevelSet, RiskLevel};

/// Facts as policies see them. `None` is unknown.
#[derive(Debug, Clone)]
pub(in crate::policy) struct View<'f> {
    pub(in crate::policy) kind: Option<PrincipalKind>,
    pub(in crate::policy) id: Option<Symbol>,
    pub(in crate::policy) groups: Option<Vec<Symbol>>,
    pub(in crate::policy) roles: Option<Vec<Symbol>>,
    pub(in crate::policy) guest_type: Option<GuestType>,
    pub(in crate::policy) external_tenant: Option<Symbol>,
    pub(in crate::policy) target: Target<'f>,
    pub(in crate::policy) client_app_type: Option<ClientAppType>,
    pub(in crate::policy) platform: Option<Platform>,
    /// The locations that each fact is known to put the request in.
    pub(in crate::policy) locations: [(Fact, Option<LocationSet>); 4],
    pub(in crate::policy) device: Attributes<'f>,
    pub(in crate::policy) sign_in_risk: LevelSet,
    pub(in crate::policy) user_risk: Option<RiskLevel>,
    pub(in crate::policy) service_principal_risk: Option<RiskLevel>,
    pub(in crate::policy) agent_risk: Option<RiskLevel>,
    pub(in crate::policy) insider_risk: Option<InsiderRiskLevel>,
    pub(in crate::policy) transfer_method: Option<TransferMethod>,
    pub(in crate::policy) agent_class: Option<AgentClass>,
    pub(in crate::policy) agent_name: Option<Symbol>,
    pub(in crate::policy) agent_verification: Option<Verification>,
    /// What the path may be read as; `None` within: anything.
    pub(in crate::policy) path: Option<Option<Vec<String>>>,
    pub(in crate::policy) method: Option<Symbol>,
}

/// What is asked for. A request asks for one of these; stating one tells that it is none of the others, except that
/// an authentication context is asked for within an application.
#[derive(Debug, Clone, Default)]
pub(in crate::policy) struct Target<'f> {
    pub(in crate::policy) application: Option<Symbol>,
    pub(in crate::policy) groups: Option<Vec<Symbol>>,
    pub(in crate::policy) attributes: Option<Vec<(Text<'f>, Text<'f>)>>,
    pub(in crate::policy) user_action: Option<Symbol>,
    pub(in crate::policy) authentication_context: Option<Symbol>,
}

impl<'f> View<'f> {
    pub(in crate::policy) fn new(set: &PolicySet, facts: &Facts<'f>) -> Self {
        let request = facts.request;
        let symbols = &set.symbols;
        let (principal, session, device) = (&request.principal, &request.session, &request.device);
        let anonymous = principal.kind == Some(PrincipalKind::Anonymous);
        let headers_known = request.http.headers.is_some();
        let no_list = || anonymous.then(Vec::new);
        Self {
            kind: principal.kind,
            id: symbol(symbols, principal.id.as_ref()).or(anonymous.then_some(Symbol::OTHER)),
            groups: list(symbols, principal.groups.as_deref()).or_else(no_list),
            roles: list(symbols, principal.roles.as_deref()).or_else(no_list),
            guest_type: principal.guest_type.or(anonymous.then_some(GuestType::None)),
            external_tenant: symbol(symbols, principal.external_tenant.as_ref()),
            target: Target::new(symbols, facts),
            client_app_type: request.client.app_type.or_else(|| client_app_type(facts)),
            platform: device.platform.or(facts.agent.platform).or(headers_known.then_some(Platform::Other)),
            locations: locations_of(set, facts),
            device: Attributes::of(device),
            sign_in_risk: facts.sign_in_risk,
            user_risk: request.risk.user.or(anonymous.then_some(RiskLevel::None)),
            service_principal_risk: request.risk.service_principal,
            agent_risk: request.risk.agent,
            insider_risk: request.risk.insider.or(anonymous.then_some(InsiderRiskLevel::None)),
            transfer_method: session.transfer_method.or(anonymous.then_some(TransferMethod::None)),
            agent_class: headers_known.then_some(facts.agent.class),
            agent_name: headers_known
                .then(|| facts.agent.name.map_or(Symbol::OTHER, |name| symbols.of(name))),
            agent_verification: headers_known.then_some(facts.agent.verification),
            path: request.http.path.as_deref().map(|path| {
                let mut all = Vec::new();
                readings(path, |reading| all.push(reading.to_owned())).then_some(all)
            }),
            method: symbol(symbols, request.http.method.as_ref()),
        }
    }
}

fn locations_of(set: &PolicySet, facts: &Facts<'_>) -> [(Fact, Option<LocationSet>); 4] {
    let client = &facts.request.client;
    let named = &set.locations;
    [
        (Fact::ClientIp, client.ip.map(|ip| named.of_address(ip))),
        (
            Fact::ClientCountry,
            client.country.as_deref().map(|code| named.of_country(Country::of_request(code))),
        ),
        (
            Fact::GpsCountry,
            client.gps_country.as_deref().map(|code| named.of_gps_country(Country::of_request(code))),
        ),
        (
            Fact::CompliantNetwork,
            client
                .compliant_network
                .map(|through| if through { named.compliant_network() } else { LocationSet::EMPTY }),
        ),
    ]
}

impl<'f> Target<'f> {
    fn new(symbols: &Symbols, facts: &Facts<'f>) -> Self {
        let resource = &facts.request.resource;
        let application = symbol(symbols, resource.application.as_ref());
        let groups = list(symbols, resource.application_groups.as_deref());
        let attributes = resource.custom_security_attributes.clone();
        let user_action = symbol(symbols, resource.user_action.as_ref());
        let authentication_context = symbol(symbols, resource.authentication_context.as_ref());
        let none = Some(Symbol::OTHER);
        if user_action.is_some() {
            return Self {
                application: none,
                groups: Some(Vec::new()),
                attributes: Some(Vec::new()),
                user_action,
                authentication_context: none,
            };
        }
        if application.is_some() {
            let authentication_context = authentication_context.or(none);
            return Self { application, groups, attributes, user_action: none, authentication_context };
        }
        let user_action = authentication_context.and(none);
        Self { application, groups, attributes, user_action, authentication_context }
    }
}

fn symbol(symbols: &Symbols, text: Option<&Text<'_>>) -> Option<Symbol> {
    text.map(|text| symbols.of(text))
}

fn list(symbols: &Symbols, texts: Option<&[Text<'_>]>) -> Option<Vec<Symbol>> {
    let texts = texts?;
    Some(texts.iter().map(|text| symbols.of(text)).filter(|symbol| *symbol != Symbol::OTHER).collect())
}
