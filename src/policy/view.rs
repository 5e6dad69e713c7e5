//! A request as policies see it: texts looked up as symbols, derived facts derived, each known or unknown.

use std::net::IpAddr;

use super::symbol::{Symbol, Symbols};
use super::{Facts, PolicySet};
use crate::agent::{AgentClass, Purpose, Verification};
use crate::location::{Country, LocationSet};
use crate::request::{ClientAppType, GuestType, Platform, PrincipalKind, Text, TransferMethod, TrustType};
use crate::risk::{InsiderRiskLevel, LevelSet, RiskLevel};

/// Facts as policies see them. `None` is unknown.
#[derive(Debug, Clone)]
pub(super) struct View<'f> {
    pub(super) kind: Option<PrincipalKind>,
    pub(super) id: Option<Symbol>,
    pub(super) groups: Option<Vec<Symbol>>,
    pub(super) roles: Option<Vec<Symbol>>,
    pub(super) guest_type: Option<GuestType>,
    pub(super) external_tenant: Option<Symbol>,
    pub(super) target: Target,
    pub(super) client_app_type: Option<ClientAppType>,
    pub(super) platform: Option<Platform>,
    pub(super) address: Option<LocationSet>,
    pub(super) country: Option<LocationSet>,
    pub(super) sign_in_risk: LevelSet,
    pub(super) user_risk: Option<RiskLevel>,
    pub(super) service_principal_risk: Option<RiskLevel>,
    pub(super) agent_risk: Option<RiskLevel>,
    pub(super) insider_risk: Option<InsiderRiskLevel>,
    pub(super) transfer_method: Option<TransferMethod>,
    pub(super) agent_class: Option<AgentClass>,
    pub(super) agent_name: Option<Symbol>,
    pub(super) agent_verification: Option<Verification>,
    pub(super) path: Option<&'f str>,
    pub(super) method: Option<Symbol>,
    pub(super) is_compliant: Option<bool>,
    pub(super) trust_type: Option<Option<TrustType>>,
    /// Authentication methods of the session.
    pub(super) amr: Option<&'f [Text<'f>]>,
    /// Seconds since the principal last authenticated; `Some(None)` is never.
    pub(super) sign_in_age: Option<Option<u32>>,
    /// The request belongs to a session that is already there.
    pub(super) has_session: bool,
}

/// What is asked for. A request asks for one of these; stating one tells that it is none of the others, except that
/// an authentication context is asked for within an application.
#[derive(Debug, Clone, Default)]
pub(super) struct Target {
    pub(super) application: Option<Symbol>,
    pub(super) groups: Option<Vec<Symbol>>,
    pub(super) user_action: Option<Symbol>,
    pub(super) authentication_context: Option<Symbol>,
}

impl<'f> View<'f> {
    pub(super) fn new(set: &PolicySet, facts: &Facts<'f>) -> Self {
        let request = facts.request;
        let symbols = &set.symbols;
        let (principal, session, device) = (&request.principal, &request.session, &request.device);
        let anonymous = principal.kind == Some(PrincipalKind::Anonymous);
        let unregistered = device.is_registered == Some(false);
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
            address: request.client.ip.map(|ip: IpAddr| set.locations.of_address(ip)),
            country: request
                .client
                .country
                .as_deref()
                .map(|code| set.locations.of_country(Country::of_request(code))),
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
            path: request.http.path.as_deref(),
            method: symbol(symbols, request.http.method.as_ref()),
            is_compliant: device.is_compliant.or(unregistered.then_some(false)),
            trust_type: device.trust_type.map(Some).or(unregistered.then_some(None)),
            amr: session.amr.as_deref().or(anonymous.then_some(&[])),
            sign_in_age: if anonymous { Some(None) } else { sign_in_age(facts) },
            has_session: !anonymous && (session.id.is_some() || session.established_at.is_some()),
        }
    }
}

impl Target {
    fn new(symbols: &Symbols, facts: &Facts<'_>) -> Self {
        let resource = &facts.request.resource;
        let application = symbol(symbols, resource.application.as_ref());
        let groups = list(symbols, resource.application_groups.as_deref());
        let user_action = symbol(symbols, resource.user_action.as_ref());
        let authentication_context = symbol(symbols, resource.authentication_context.as_ref());
        let none = Some(Symbol::OTHER);
        if user_action.is_some() {
            return Self {
                application: none,
                groups: Some(Vec::new()),
                user_action,
                authentication_context: none,
            };
        }
        if application.is_some() {
            let authentication_context = authentication_context.or(none);
            return Self { application, groups, user_action: none, authentication_context };
        }
        let user_action = authentication_context.and(none);
        Self { application, groups, user_action, authentication_context }
    }
}

/// Graph's client app type where only the user agent tells: what renders pages is a browser, what is known to speak
/// a legacy protocol is `other`, the rest speaks modern authentication. That holds for a missing or malformed user
/// agent too: legacy mail protocols do not reach an HTTP edge unnamed, health checks and MCP clients that send none
/// do all the time, and nobody further in could tell more, so "unknown" would only defer in vain.
fn client_app_type(facts: &Facts<'_>) -> Option<ClientAppType> {
    facts.request.http.headers.as_ref()?;
    if matches!(facts.agent.purpose, Some(Purpose::LegacyAuthentication)) {
        return Some(ClientAppType::Other);
    }
    Some(match facts.agent.class {
        AgentClass::Browser | AgentClass::Headless => ClientAppType::Browser,
        AgentClass::App
        | AgentClass::Library
        | AgentClass::SearchCrawler
        | AgentClass::AiBot
        | AgentClass::Bot
        | AgentClass::AttackTool
        | AgentClass::Malformed
        | AgentClass::Missing => ClientAppType::MobileAppsAndDesktopClients,
    })
}

/// A sign-in in the future is a clock that runs ahead: its age is zero.
fn sign_in_age(facts: &Facts<'_>) -> Option<Option<u32>> {
    let age = facts.request.time?.saturating_sub(facts.request.session.auth_time?) / 1000;
    Some(Some(u32::try_from(age.max(0)).unwrap_or(u32::MAX)))
}

fn symbol(symbols: &Symbols, text: Option<&Text<'_>>) -> Option<Symbol> {
    text.map(|text| symbols.of(text))
}

fn list(symbols: &Symbols, texts: Option<&[Text<'_>]>) -> Option<Vec<Symbol>> {
    let texts = texts?;
    Some(texts.iter().map(|text| symbols.of(text)).filter(|symbol| *symbol != Symbol::OTHER).collect())
}
