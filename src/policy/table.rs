//! Policies turned on their side: for every condition and every value a fact can have, the set of policies that
//! match. Evaluating is then a few set operations per condition, whatever the number of policies.

mod build;

use super::attribute_filter::AttributeFilter;
use super::control::ControlSet;
use super::device_filter::Rule;
use super::model::Guests;
use super::path::PathPattern;
use super::result::Condition;
use super::rows::Rows;
use super::session_controls::SessionControls;
use crate::bits::Bits;
use crate::compiled::compiled;
use crate::detection::DetectionKind;
use crate::fact::Fact;

/// Lists of ids, as they are numbered in [`Table::ids`].
pub(super) mod list {
    pub(in crate::policy) const USERS: usize = 0;
    pub(in crate::policy) const WORKLOADS: usize = 2;
    pub(in crate::policy) const AGENTS: usize = 4;
    pub(in crate::policy) const AGENT_USERS: usize = 6;
}

/// Facts that are one of a few values: their place in [`Table::choices`], the condition and how many values.
pub(super) const CHOICES: [(Condition, Fact, usize); 10] = [
    (Condition::ClientType, Fact::ClientAppType, 5),
    (Condition::DevicePlatform, Fact::DevicePlatform, 7),
    (Condition::SignInRisk, Fact::SignInRisk, 4),
    (Condition::UserRisk, Fact::UserRisk, 4),
    (Condition::ServicePrincipalRisk, Fact::ServicePrincipalRisk, 4),
    (Condition::AgentRisk, Fact::AgentRisk, 4),
    (Condition::InsiderRisk, Fact::InsiderRisk, 4),
    (Condition::AuthenticationFlows, Fact::TransferMethod, 3),
    (Condition::AgentClass, Fact::HttpHeaders, 10),
    (Condition::AgentVerification, Fact::HttpHeaders, 5),
];

/// The facts that decide locations, in the order of [`Table::locations`].
pub(super) const LOCATION_FACTS: [Fact; 4] =
    [Fact::ClientIp, Fact::ClientCountry, Fact::GpsCountry, Fact::CompliantNetwork];

/// Policies by what they include and what they exclude.
pub(super) type Pair = [Bits; 2];

/// All policies, compiled. Numbers in [`Bits`] are places of policies.
#[derive(Debug, Clone)]
pub(super) struct Table {
    /// Policies that are not disabled.
    pub(super) active: Bits,
    /// Policies that are enforced.
    pub(super) enabled: Bits,
    pub(super) report_only: Bits,
    pub(super) block: Bits,
    pub(super) disable_resilience_defaults: Bits,
    /// Conditions that some active policy configures, in the order of [`Condition::ALL`].
    pub(super) conditions: Vec<Condition>,

    /// Includes or excludes everyone.
    pub(super) everyone: Pair,
    pub(super) all_agent_users: Pair,
    /// Lists of users, workloads, agents and agents' users; include, then exclude.
    pub(super) ids: Rows<8>,
    /// Policies that include, or exclude, every workload, agent and agent user.
    pub(super) all_ids: [Bits; 8],
    /// Filters of workloads, agents and agents' users, in the same lists.
    pub(super) principal_filters: Vec<(AttributeFilter, [Bits; 8])>,
    pub(super) groups: Rows<2>,
    pub(super) roles: Rows<2>,
    pub(super) guests: Vec<(Guests, Pair)>,

    /// Includes or excludes every application.
    pub(super) all_applications: Pair,
    pub(super) applications: Rows<2>,
    pub(super) application_groups: Rows<2>,
    pub(super) application_filters: Vec<(AttributeFilter, Pair)>,
    pub(super) user_actions: Rows<1>,
    pub(super) authentication_contexts: Rows<1>,

    /// For each of [`CHOICES`] and each of its values, the policies that match.
    pub(super) choices: [Vec<Bits>; 10],

    /// Policies without a location condition, or that include every location.
    pub(super) all_locations: Bits,
    pub(super) no_location: Bits,
    /// Policies that name a location of an address, of a country, of the position's country or the compliant network: in
    /// the order of the sets of [`NamedLocations`](crate::location::NamedLocations), so that a request does not look
    /// through its locations. All are empty if no policy names a location.
    pub(super) by_address: Vec<Pair>,
    pub(super) by_country: Vec<Pair>,
    pub(super) by_gps_country: Vec<Pair>,
    pub(super) by_network: Pair,
    /// Policies that name a location that the fact decides.
    pub(super) location_facts: [Pair; 4],

    /// Policies without a device filter.
    pub(super) any_device: Bits,
    pub(super) device_rules: Vec<(Rule, Pair)>,

    /// Policies that include every agent name.
    pub(super) any_name: Bits,
    pub(super) agent_names: Rows<2>,
    pub(super) any_detection: Bits,
    pub(super) detections: Vec<(DetectionKind, Bits)>,
    pub(super) any_path: Bits,
    pub(super) paths: Vec<(PathPattern, Bits)>,
    pub(super) any_method: Bits,
    pub(super) methods: Rows<1>,
    pub(super) undecidable: Bits,

    /// Different demands: the policies that have each.
    pub(super) clauses: Vec<(ControlSet, Bits)>,
    pub(super) sessions: Vec<(SessionControls, Bits)>,
    /// Controls that each fact tells to be met.
    pub(super) by_device_compliance: ControlSet,
    pub(super) by_device_trust: ControlSet,
    pub(super) by_methods: ControlSet,
    /// Sign-in frequencies, seconds.
    pub(super) by_age: Vec<(u32, ControlSet)>,
}

compiled!(Table {
    active,
    enabled,
    report_only,
    block,
    disable_resilience_defaults,
    conditions,
    everyone,
    all_agent_users,
    ids,
    all_ids,
    principal_filters,
    groups,
    roles,
    guests,
    all_applications,
    applications,
    application_groups,
    application_filters,
    user_actions,
    authentication_contexts,
    choices,
    all_locations,
    no_location,
    by_address,
    by_country,
    by_gps_country,
    by_network,
    location_facts,
    any_device,
    device_rules,
    any_name,
    agent_names,
    any_detection,
    detections,
    any_path,
    paths,
    any_method,
    methods,
    undecidable,
    clauses,
    sessions,
    by_device_compliance,
    by_device_trust,
    by_methods,
    by_age,
});

impl Table {
    /// Of no policies.
    pub(super) fn none() -> Self {
        let pair = [Bits::EMPTY; 2];
        Self {
            active: Bits::EMPTY,
            enabled: Bits::EMPTY,
            report_only: Bits::EMPTY,
            block: Bits::EMPTY,
            disable_resilience_defaults: Bits::EMPTY,
            conditions: vec![Condition::Users, Condition::Application],
            everyone: pair,
            all_agent_users: pair,
            ids: Rows::none(),
            all_ids: [Bits::EMPTY; 8],
            principal_filters: Vec::new(),
            groups: Rows::none(),
            roles: Rows::none(),
            guests: Vec::new(),
            all_applications: pair,
            applications: Rows::none(),
            application_groups: Rows::none(),
            application_filters: Vec::new(),
            user_actions: Rows::none(),
            authentication_contexts: Rows::none(),
            choices: CHOICES.map(|(_, _, values)| vec![Bits::EMPTY; values]),
            all_locations: Bits::EMPTY,
            no_location: Bits::EMPTY,
            by_address: Vec::new(),
            by_country: Vec::new(),
            by_gps_country: Vec::new(),
            by_network: pair,
            location_facts: [pair; 4],
            any_device: Bits::EMPTY,
            device_rules: Vec::new(),
            any_name: Bits::EMPTY,
            agent_names: Rows::none(),
            any_detection: Bits::EMPTY,
            detections: Vec::new(),
            any_path: Bits::EMPTY,
            paths: Vec::new(),
            any_method: Bits::EMPTY,
            methods: Rows::none(),
            undecidable: Bits::EMPTY,
            clauses: Vec::new(),
            sessions: Vec::new(),
            by_device_compliance: ControlSet::EMPTY,
            by_device_trust: ControlSet::EMPTY,
            by_methods: ControlSet::EMPTY,
            by_age: Vec::new(),
        }
    }
}
