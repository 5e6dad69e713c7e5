//! A request as the compiled policies see it: every fact as the policies that it matches, or unknown.

use super::attribute_filter::AttributeFilter;
use super::control::ControlSet;
use super::device_filter::Attributes;
use super::path;
use super::rows::{Rows, join};
use super::symbol::{Symbol, Symbols};
use super::table::{Pair, Table};
use super::{Facts, PolicySet};
use crate::agent::{AgentClass, Purpose};
use crate::bits::Bits;
use crate::detection::DetectionSet;
use crate::location::Country;
use crate::request::{
    CLOCK_SKEW, ClientAppType, GuestType, Platform, PrincipalKind, Request, Text, TransferMethod, TrustType,
};
use crate::risk::{InsiderRiskLevel, LevelSet, RiskLevel};

/// Values that an enumerated fact may still have, a bit each.
pub(super) type Possible = u16;

/// Kinds of principal, in the order of their bits.
pub(super) const KINDS: [PrincipalKind; 5] = [
    PrincipalKind::User,
    PrincipalKind::AgentUser,
    PrincipalKind::Workload,
    PrincipalKind::Agent,
    PrincipalKind::Anonymous,
];

/// Facts as policies see them. `None` is unknown.
#[derive(Debug, Clone)]
pub(super) struct State<'f> {
    /// Bits of [`KINDS`].
    pub(super) kinds: Possible,
    pub(super) id: Option<&'f [Bits; 8]>,
    pub(super) principal_filters: Option<&'f [Bits; 8]>,
    pub(super) groups: Option<&'f Pair>,
    pub(super) roles: Option<&'f Pair>,
    /// Bits of [`GuestType`].
    pub(super) guest_types: Possible,
    pub(super) external_tenant: Option<Symbol>,
    pub(super) application: Option<&'f Pair>,
    pub(super) application_groups: Option<&'f Pair>,
    pub(super) application_filters: Option<&'f Pair>,
    pub(super) user_action: Option<&'f [Bits; 1]>,
    pub(super) authentication_context: Option<&'f [Bits; 1]>,
    /// In the order of [`super::table::CHOICES`].
    pub(super) choices: [Possible; 10],
    /// In the order of [`super::table::LOCATION_FACTS`].
    pub(super) locations: [Option<&'f Pair>; 4],
    /// Only where policies read it. Elsewhere, because it is larger than all the rest.
    pub(super) device: Option<Box<Attributes<'f>>>,
    pub(super) agent_name: Option<&'f Pair>,
    pub(super) detections: DetectionSet,
    pub(super) path: Option<Bits>,
    pub(super) method: Option<&'f [Bits; 1]>,
    /// Policies whose undecidable conditions are taken to match, and those for which they are open.
    pub(super) undecidable: (Bits, Bits),
    /// Controls met by each fact.
    pub(super) by_methods: Option<ControlSet>,
    pub(super) by_age: Option<ControlSet>,
    pub(super) is_compliant: Option<bool>,
    pub(super) is_hybrid_joined: Option<bool>,
    /// The request belongs to a session that is already there.
    pub(super) has_session: bool,
}

/// Rows that come together for one request only: of several groups, of filters that hold. A state refers to them, and to
/// the table for all others, because rows are large and a state is copied for every case that is worked out.
#[derive(Debug, Default)]
pub(super) struct Unions {
    principal_filters: Option<[Bits; 8]>,
    groups: Option<Pair>,
    roles: Option<Pair>,
    application_groups: Option<Pair>,
    application_filters: Option<Pair>,
}

const ALL: Possible = Possible::MAX;

/// One value is left, or all of them.
fn known<T: Copy>(value: Option<T>, bit: impl Fn(T) -> u32) -> Possible {
    value.map_or(ALL, |value| 1 << bit(value))
}

impl<'f> State<'f> {
    /// The kind of principal, if only one is left.
    pub(super) fn kind(&self) -> Option<PrincipalKind> {
        (0..).zip(KINDS).find(|(bit, _)| self.kinds == 1 << bit).map(|(_, kind)| kind)
    }

    /// The platform, if it is known, as its bit.
    pub(super) fn platform(&self) -> Option<u32> {
        let [_, platforms, ..] = self.choices;
        (platforms.count_ones() == 1).then(|| platforms.trailing_zeros())
    }

    /// Whether the principal is known to be nobody.
    pub(super) fn is_anonymous(&self) -> bool {
        self.kind() == Some(PrincipalKind::Anonymous)
    }

    pub(super) fn new(set: &'f PolicySet, facts: &Facts<'f>, unions: &'f mut Unions) -> Self {
        let (table, symbols, request) = (&set.table, &set.symbols, facts.request);
        let (principal, session, device) = (&request.principal, &request.session, &request.device);
        // An anonymous visitor is known to have no session, no groups and no risk of its own.
        let anonymous = principal.kind == Some(PrincipalKind::Anonymous);
        let unregistered = device.is_registered == Some(false);
        let headers_known = request.http.headers.is_some();
        let kind = principal.kind.and_then(|kind| KINDS.iter().position(|known| *known == kind));
        let guest = principal.guest_type.or(anonymous.then_some(GuestType::None));
        let (groups, roles) = (principal.groups.as_deref(), principal.roles.as_deref());
        let attributes = principal.custom_security_attributes.as_deref();
        let target =
            Target::new(set, request, &mut unions.application_groups, &mut unions.application_filters);
        Self {
            kinds: kind.map_or((1 << KINDS.len()) - 1, |kind| 1 << kind),
            id: row_of(&table.ids, symbols, principal.id.as_deref()).or(anonymous.then_some(none())),
            principal_filters: filters(&table.principal_filters, attributes, &mut unions.principal_filters)
                .or(anonymous.then_some(none())),
            groups: many(&table.groups, symbols, groups, &mut unions.groups).or(anonymous.then_some(none())),
            roles: many(&table.roles, symbols, roles, &mut unions.roles).or(anonymous.then_some(none())),
            guest_types: known(guest, |guest| guest as u32),
            external_tenant: principal.external_tenant.as_ref().map(|tenant| symbols.of(tenant)),
            application: target.application,
            application_groups: target.application_groups,
            application_filters: target.application_filters,
            user_action: target.user_action,
            authentication_context: target.authentication_context,
            choices: choices(facts, anonymous, headers_known),
            locations: locations(set, request),
            device: (!table.device_rules.is_empty()).then(|| Box::new(Attributes::of(device))),
            agent_name: headers_known
                .then(|| row_of(&table.agent_names, symbols, facts.agent.name).unwrap_or(none())),
            detections: facts.detections,
            path: request.http.path.as_deref().map(|path| paths(table, path)),
            method: row_of(&table.methods, symbols, request.http.method.as_deref()),
            undecidable: (Bits::EMPTY, table.undecidable),
            by_methods: match &session.amr {
                Some(amr) => Some(set.methods.met(amr)),
                None => anonymous.then_some(ControlSet::EMPTY),
            },
            by_age: by_age(table, request).or(anonymous.then_some(ControlSet::EMPTY)),
            is_compliant: device.is_compliant.or(unregistered.then_some(false)),
            is_hybrid_joined: match device.trust_type {
                Some(trust) => Some(trust == TrustType::ServerAD),
                None => unregistered.then_some(false),
            },
            has_session: !anonymous && (session.id.is_some() || session.established_at.is_some()),
        }
    }
}

/// What is asked for.
struct Target<'f> {
    application: Option<&'f Pair>,
    application_groups: Option<&'f Pair>,
    application_filters: Option<&'f Pair>,
    user_action: Option<&'f [Bits; 1]>,
    authentication_context: Option<&'f [Bits; 1]>,
}

impl<'f> Target<'f> {
    /// A request asks for an application, a user action or an authentication context; stating one
    /// tells that it is none of the others, except that a context is asked for within an application.
    fn new(
        set: &'f PolicySet,
        request: &Request<'_>,
        groups: &'f mut Option<Pair>,
        filtered: &'f mut Option<Pair>,
    ) -> Self {
        let (table, symbols, resource) = (&set.table, &set.symbols, &request.resource);
        let (application, user_action) = (resource.application.as_deref(), resource.user_action.as_deref());
        let context = resource.authentication_context.as_deref();
        let user_action_row = row_of(&table.user_actions, symbols, user_action);
        let context_row = row_of(&table.authentication_contexts, symbols, context);
        if user_action.is_some() {
            return Self {
                application: Some(none()),
                application_groups: Some(none()),
                application_filters: Some(none()),
                user_action: user_action_row,
                authentication_context: Some(none()),
            };
        }
        let is_stated = application.is_some() || context.is_some();
        Self {
            application: row_of(&table.applications, symbols, application),
            application_groups: many(
                &table.application_groups,
                symbols,
                resource.application_groups.as_deref(),
                groups,
            ),
            application_filters: filters(
                &table.application_filters,
                resource.custom_security_attributes.as_deref(),
                filtered,
            ),
            user_action: is_stated.then_some(none()),
            authentication_context: context_row.or(application.is_some().then_some(none())),
        }
    }
}

/// Known to be in no list.
const fn none<'f, const N: usize>() -> &'f [Bits; N] {
    const { &[Bits::EMPTY; N] }
}

/// Policies of the filters that hold.
fn filters<'f, const N: usize>(
    filters: &[(AttributeFilter, [Bits; N])],
    attributes: Option<&[(Text<'_>, Text<'_>)]>,
    all: &'f mut Option<[Bits; N]>,
) -> Option<&'f [Bits; N]> {
    if filters.is_empty() {
        return Some(none());
    }
    attributes.map(|attributes| holding(filters, attributes, all))
}

#[inline(never)]
fn holding<'f, const N: usize>(
    filters: &[(AttributeFilter, [Bits; N])],
    attributes: &[(Text<'_>, Text<'_>)],
    all: &'f mut Option<[Bits; N]>,
) -> &'f [Bits; N] {
    let all = all.insert([Bits::EMPTY; N]);
    let holding = filters.iter().filter(|(filter, _)| filter.matches(attributes));
    holding.for_each(|(_, rows)| join(all, rows));
    all
}

fn row_of<'r, const N: usize>(
    rows: &'r Rows<N>,
    symbols: &Symbols,
    text: Option<&str>,
) -> Option<&'r [Bits; N]> {
    let text = text?;
    Some(if rows.is_empty() { none() } else { rows.of(symbols.of(text)) })
}

fn many<'f, const N: usize>(
    rows: &'f Rows<N>,
    symbols: &Symbols,
    texts: Option<&[Text<'_>]>,
    all: &'f mut Option<[Bits; N]>,
) -> Option<&'f [Bits; N]> {
    match texts? {
        _ if rows.is_empty() => Some(none()),
        [text] => Some(rows.of(symbols.of(text))),
        texts => {
            let all = all.insert([Bits::EMPTY; N]);
            texts.iter().for_each(|text| join(all, rows.of(symbols.of(text))));
            Some(all)
        }
    }
}

fn choices(facts: &Facts<'_>, anonymous: bool, headers_known: bool) -> [Possible; 10] {
    let (request, agent) = (facts.request, facts.agent);
    let risk = &request.risk;
    let none = anonymous.then_some(RiskLevel::None);
    let app = request.client.app_type.or_else(|| client_app_type(facts));
    // Entra reads the platform from the user agent, and so do we: one that names none is known to have none that a
    // policy can name.
    let platform = request.device.platform.or(agent.platform).or(headers_known.then_some(Platform::Other));
    let transfer = request.session.transfer_method.or(anonymous.then_some(TransferMethod::None));
    let insider = risk.insider.or(anonymous.then_some(InsiderRiskLevel::None));
    [
        known(app, |app: ClientAppType| app as u32),
        known(platform, |platform: Platform| platform as u32),
        levels(facts.sign_in_risk),
        known(risk.user.or(none), |level| level as u32),
        known(risk.service_principal, |level| level as u32),
        known(risk.agent, |level| level as u32),
        known(insider, |level| level as u32),
        known(transfer, |method| method as u32),
        known(headers_known.then_some(agent.class), |class| class as u32),
        known(headers_known.then_some(agent.verification), |verification| verification as u32),
    ]
}

fn levels(levels: LevelSet) -> Possible {
    levels.iter().fold(0, |possible, level| possible | 1 << level as u32)
}

/// Graph's client app type where only the user agent tells: what renders pages is a browser, what is known to speak
/// a legacy protocol is `other`, the rest speaks modern authentication. That holds for a missing or malformed user
/// agent too: legacy mail protocols do not reach an HTTP edge unnamed, health checks and MCP clients that send none
/// do all the time, and nobody further in could tell more, so "unknown" would only defer in vain.
pub(super) fn client_app_type(facts: &Facts<'_>) -> Option<ClientAppType> {
    facts.request.http.headers.as_ref()?;
    if facts.agent.purpose == Some(Purpose::LegacyAuthentication) {
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

fn locations<'f>(set: &'f PolicySet, request: &Request<'_>) -> [Option<&'f Pair>; 4] {
    let (table, client, named) = (&set.table, &request.client, &set.locations);
    if table.by_address.is_empty() {
        return [Some(none()); 4];
    }
    let row =
        |rows: &'f [Pair], place: Option<usize>| place.and_then(|place| rows.get(place)).unwrap_or(none());
    let country = |code: &Text<'_>| Country::of_request(code);
    let of_country = client.country.as_ref().map(|code| named.place_of_country(country(code)));
    let of_position = client.gps_country.as_ref().map(|code| named.place_of_gps_country(country(code)));
    [
        client.ip.map(|ip| row(&table.by_address, Some(named.place_of_address(ip)))),
        of_country.map(|place| row(&table.by_country, place)),
        of_position.map(|place| row(&table.by_gps_country, place)),
        client.compliant_network.map(|through| if through { &table.by_network } else { none() }),
    ]
}

/// Policies of which a pattern matches the path, as anybody may read it.
pub(super) fn paths(table: &Table, path: &str) -> Bits {
    if table.paths.is_empty() {
        return Bits::EMPTY;
    }
    let mut all = Bits::EMPTY;
    let is_read = path::readings(path, |reading| {
        let matching = table.paths.iter().filter(|(pattern, _)| pattern.matches(reading));
        matching.for_each(|(_, row)| all |= *row);
    });
    if is_read { all } else { table.paths.iter().fold(Bits::EMPTY, |all, (_, row)| all | *row) }
}

/// Controls met by the age of the sign-in. One in the near future is a clock that runs ahead, so its age is zero; a sign-in
/// that is yet to come is none.
fn by_age(table: &Table, request: &Request<'_>) -> Option<ControlSet> {
    if table.by_age.is_empty() {
        return Some(ControlSet::EMPTY);
    }
    let age = request.time?.saturating_sub(request.session.auth_time?);
    if age < -CLOCK_SKEW {
        return Some(ControlSet::EMPTY);
    }
    let age = age / 1000;
    Some(met_at_age(table, u32::try_from(age.max(0)).unwrap_or(u32::MAX)))
}

/// Sign-in frequencies that a sign-in of this age, in seconds, meets.
pub(super) fn met_at_age(table: &Table, age: u32) -> ControlSet {
    let met = table.by_age.iter().filter(|(oldest, _)| age <= *oldest);
    met.fold(ControlSet::EMPTY, |met, (_, control)| met.union(*control))
}
